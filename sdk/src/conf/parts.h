/* Keys that several programs have, with one spelling and one meaning. */
#ifndef CONF_PARTS_H
#define CONF_PARTS_H

#include "conf/table.h"

/** What every daemon has. */
typedef struct conf_common {
    const char *ready_file;
    int log_level; /* base_log_level */
    bool log_json;
} conf_common;

extern const char *const conf_log_levels[];

/* Rows of a table whose struct @p values has the conf_common @p member. */
#define CONF_COMMON_KEYS(values, member)                                                           \
    {.name = "ready_file",                                                                         \
     .type = CONF_TEXT,                                                                            \
     CONF_AT(values, member.ready_file),                                                           \
     .flags = CONF_PATH,                                                                           \
     .help = "file that gets the ready line, with the addresses in use, once the program "         \
             "serves"},                                                                            \
        {.name = "log.level",                                                                      \
         .type = CONF_CHOICE,                                                                      \
         CONF_AT(values, member.log_level),                                                        \
         .value = "info",                                                                          \
         .choices = conf_log_levels,                                                               \
         .flags = CONF_LIVE,                                                                       \
         .help = "least severe level of the log lines on standard error"},                         \
    {                                                                                              \
        .name = "log.json", .type = CONF_BOOL, CONF_AT(values, member.log_json), .value = "false", \
        .flags = CONF_LIVE, .help = "log lines as JSON"                                            \
    }

/** Who signs: an MSP folder, or a certificate and its key. */
typedef struct conf_identity {
    const char *msp_id;
    const char *msp_dir;
    const char *certificate;
    const char *key;
} conf_identity;

#define CONF_IDENTITY_KEYS(values, member)                                                         \
    {.name = "identity.msp_id",                                                                    \
     .type = CONF_TEXT,                                                                            \
     CONF_AT(values, member.msp_id),                                                               \
     .help = "MSP id of the identity that signs the program's own requests"},                      \
        {.name = "identity.msp_dir",                                                               \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.msp_dir),                                                          \
         .flags = CONF_PATH,                                                                       \
         .help = "its MSP folder, with signcerts and keystore; or else certificate and key"},      \
        {.name = "identity.certificate",                                                           \
         .type = CONF_TEXT,                                                                        \
         CONF_AT(values, member.certificate),                                                      \
         .flags = CONF_PATH,                                                                       \
         .help = "its PEM certificate, if there is no identity.msp_dir"},                          \
    {                                                                                              \
        .name = "identity.key", .type = CONF_TEXT, CONF_AT(values, member.key),                    \
        .flags = CONF_PATH, .help = "PEM private key of identity.certificate"                      \
    }

/** E_CONFIG unless there is an MSP id and exactly one of the two forms. */
HEDDLE_MUST_USE heddle_status conf_identity_check(const conf_identity *identity, heddle_error *err);

/** A peer to connect to; the items of a list `peers`. */
typedef struct conf_peer {
    const char *address;   /* host:port */
    const char *tls_roots; /* PEM file; "": no TLS */
    const char *name;      /* that its certificate bears; "": the host of the address */
} conf_peer;

enum { CONF_PEER_KEYS = 3 };
extern const conf_key conf_peer_keys[CONF_PEER_KEYS];

/**
 * What is wrong with a file that @p key names is wrong with the configuration: name the key and
 * make it E_CONFIG, unless @p status is OK or E_NO_MEMORY. Gives the status.
 */
heddle_status conf_blame(const char *key, heddle_status status, heddle_error *err);

/** Whether @p address is host:port with a number for a port. */
bool conf_is_address(const char *address);

/** E_CONFIG naming @p key unless @p address is host:port. */
HEDDLE_MUST_USE heddle_status conf_address_check(const char *key, const char *address,
                                                 heddle_error *err);

/** E_CONFIG "A and B go together" unless both are given, or none. */
HEDDLE_MUST_USE heddle_status conf_pair_check(const char *a, const char *a_value, const char *b,
                                              const char *b_value, heddle_error *err);

#endif
