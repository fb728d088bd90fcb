/* What the commands of heddle ca share. */
#ifndef CLI_CA_H
#define CLI_CA_H

#include "cli/command.h"
#include "cli/session.h"
#include "heddle/ca.h"

/** Which CA: that of the acting organisation, or one named by hand. */
typedef struct cli_ca_choice {
    const char *url;
    const char *ca_name;
    const char *tls_roots;
    const char *tls_name;
    bool insecure;
} cli_ca_choice;

/* Rows of a struct @p values that begins with a cli_ca_choice `ca`. */
#define CLI_CA_ROWS(values)                                                                        \
    {.name = "url",                                                                                \
     CLI_AT(values, ca.url),                                                                       \
     .shown = "URL",                                                                               \
     .help = "the CA, in place of the context's: https://HOST:PORT"},                              \
        {.name = "ca-name",                                                                        \
         CLI_AT(values, ca.ca_name),                                                               \
         .shown = "NAME",                                                                          \
         .help = "one of several CAs of that server"},                                             \
        {.name = "tls-roots",                                                                      \
         CLI_AT(values, ca.tls_roots),                                                             \
         .completion = CLI_COMPLETE_FILE,                                                          \
         .shown = "FILE",                                                                          \
         .help = "PEM file of the CAs that its TLS certificate leads to"},                         \
        {.name = "tls-name",                                                                       \
         CLI_AT(values, ca.tls_name),                                                              \
         .shown = "NAME",                                                                          \
         .help = "name in that certificate, if it is not the host"},                               \
    {                                                                                              \
        .name = "insecure", .type = CLI_FLAG, CLI_AT(values, ca.insecure),                         \
        .help = "any TLS certificate will do, and http too: whoever answers gets the password"     \
    }

/** The CA; the session's. */
HEDDLE_MUST_USE heddle_status cli_ca_open(cli_session *session, const cli_ca_choice *choice,
                                          heddle_ca **out, heddle_error *err);
/** Who asks: --identity, or "admin" of the wallet, or the context's administrator. The session's.
 */
HEDDLE_MUST_USE heddle_status cli_ca_registrar(cli_session *session, heddle_identity **out,
                                               heddle_error *err);
/** Say what usually puts a refusal right; gives @p status. */
heddle_status cli_ca_explain(cli_session *session, heddle_status status, const heddle_error *err);

/** NAME=VALUE, or NAME=VALUE:ecert, as fabric-ca-client has it; in the session's memory. */
HEDDLE_MUST_USE heddle_status cli_ca_attributes(cli_session *session, const cli_pairs *pairs,
                                                const heddle_attribute **out, heddle_error *err);

/** A time of the command line: "2027-01-31", "2027-01-31T10:00:00Z", "now", "+30d", "-24h"; NULL
 *  is 0. */
HEDDLE_MUST_USE heddle_status cli_ca_time(const char *option, const char *text, int64_t *out,
                                          heddle_error *err);

/* Commands of the group, a file each. */
extern const cli_group cli_ca_revocation;
extern const cli_group cli_ca_identities;
extern const cli_group cli_ca_affiliations;

#endif
