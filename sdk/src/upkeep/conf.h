/* What programs that keep their credentials fresh are told: where a CA is, and how often to look.
 */
#ifndef UPKEEP_CONF_H
#define UPKEEP_CONF_H

#include "conf/parts.h"

typedef struct upkeep_conf {
    uint64_t interval_ms; /* between two looks at the files; 0: only at SIGHUP */
    const char *ca_url;   /* "": nothing is renewed */
    const char *ca_name;
    const char *ca_tls_roots;
    const char *ca_tls_name;
    const char *tls_ca_url; /* of TLS certificates; "": the same CA */
    const char *tls_ca_name;
    const char *tls_ca_tls_roots;
    conf_list certificates; /* const char *: "identity", "tls" */
    uint64_t life_left_percent;
    bool same_key;
    uint64_t retry_ms;
    uint64_t retry_max_ms;
    const char *id;
    const char *secret_file;
} upkeep_conf;

/* Rows of a table whose struct @p values has the upkeep_conf @p member. */
#define UPKEEP_CONF_KEYS(values, member)                                                           \
    {.name = "credentials.interval",                                                               \
     .type = CONF_DURATION,                                                                        \
     CONF_AT(values, member.interval_ms),                                                          \
     .value = "10s",                                                                               \
     .flags = CONF_LIVE,                                                                           \
     .max = 86400000,                                                                              \
     .help = "how often the files of certificates and keys are looked at, and taken over if they " \
             "changed; 0: only at SIGHUP"},                                                        \
        {.name = "renewal.ca_url",                                                                 \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.ca_url),                                                           \
         .help = "Fabric CA that renews certificates before they expire: "                         \
                 "https://ca.example.com:7054; empty: nothing is renewed"},                        \
        {.name = "renewal.ca_name",                                                                \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.ca_name),                                                          \
         .help = "one of several CAs of the server; empty: its first"},                            \
        {.name = "renewal.ca_tls_roots",                                                           \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.ca_tls_roots),                                                     \
         .flags = CONF_PATH,                                                                       \
         .help = "PEM file of the CA certificates that the CA's TLS certificate leads to"},        \
        {.name = "renewal.ca_tls_name",                                                            \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.ca_tls_name),                                                      \
         .help = "name in the CA's TLS certificate, if it is not the host of the URL"},            \
        {.name = "renewal.tls_ca_url",                                                             \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.tls_ca_url),                                                       \
         .help = "the same for tls.certificate, if it comes from another server"},                 \
        {.name = "renewal.tls_ca_name",                                                            \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.tls_ca_name),                                                      \
         .help = "the CA that tls.certificate comes from, if it is another than ca_name"},         \
        {.name = "renewal.tls_ca_tls_roots",                                                       \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.tls_ca_tls_roots),                                                 \
         .flags = CONF_PATH,                                                                       \
         .help = "its ca_tls_roots, if they are others"},                                          \
        {.name = "renewal.certificates",                                                           \
         .type = CONF_TEXTS,                                                                       \
         CONF_AT(values, member.certificates),                                                     \
         .value = "identity",                                                                      \
         .help = "which are renewed: identity, tls"},                                              \
        {.name = "renewal.life_left",                                                              \
         .type = CONF_NUMBER,                                                                      \
         CONF_AT(values, member.life_left_percent),                                                \
         .value = "33",                                                                            \
         .min = 1,                                                                                 \
         .max = 99,                                                                                \
         .help = "renew when so much of a certificate's life is left, in percent"},                \
        {.name = "renewal.same_key",                                                               \
         .type = CONF_BOOL,                                                                        \
         CONF_AT(values, member.same_key),                                                         \
         .help = "have the key that there is certified again, and make no new one"},               \
        {.name = "renewal.retry",                                                                  \
         .type = CONF_DURATION,                                                                    \
         CONF_AT(values, member.retry_ms),                                                         \
         .value = "10s",                                                                           \
         .min = 100,                                                                               \
         .max = 3600000,                                                                           \
         .help = "how long to wait after a first failure"},                                        \
        {.name = "renewal.retry_max",                                                              \
         .type = CONF_DURATION,                                                                    \
         CONF_AT(values, member.retry_max_ms),                                                     \
         .value = "10m",                                                                           \
         .min = 100,                                                                               \
         .max = 86400000,                                                                          \
         .help = "how long at most, doubled with each failure"},                                   \
        {.name = "renewal.id",                                                                     \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.id),                                                               \
         .help = "id to enrol the identity with when there is no certificate, or an expired one"}, \
    {                                                                                              \
        .name = "renewal.secret_file", .type = CONF_TEXT, CONF_AT(values, member.secret_file),     \
        .flags = CONF_PATH, .help = "file that has the password of renewal.id"                     \
    }

/** E_CONFIG says what does not go together. */
HEDDLE_MUST_USE heddle_status upkeep_conf_check(const upkeep_conf *conf, bool has_tls,
                                                heddle_error *err);

/** Whether the certificate of this name is to be renewed. */
bool upkeep_conf_renews(const upkeep_conf *conf, const char *name);

#endif
