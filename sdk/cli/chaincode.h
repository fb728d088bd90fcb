/* What the commands of heddle chaincode have in common. */
#ifndef CLI_CHAINCODE_H
#define CLI_CHAINCODE_H

#include "cli/session.h"
#include "heddle/lifecycle.h"
#include "heddle/package.h"

/** A definition, as it is given on the command line. */
typedef struct cli_terms {
    const char *name;
    const char *version;
    uint64_t sequence; /* 0: the next */
    const char *policy;
    const char *channel_policy;
    const char *collections;
    bool init_required;
    const char *endorsement_plugin;
    const char *validation_plugin;
} cli_terms;

/* Rows of a struct @p values whose member @p member is a cli_terms. */
#define CLI_TERMS_PLACES(values, member)                                                           \
    {                                                                                              \
        .name = "NAME", CLI_AT(values, member.name), .flags = CLI_REQUIRED,                        \
        .help = "name of the chaincode on the channel"                                             \
    }

#define CLI_TERMS_ROWS(values, member)                                                             \
    {.name = "version",                                                                            \
     CLI_AT(values, member.version),                                                               \
     .value = "1.0",                                                                               \
     .help = "version of the definition, as its organisations agree to call it"},                  \
        {.name = "sequence",                                                                       \
         .type = CLI_NUMBER,                                                                       \
         CLI_AT(values, member.sequence),                                                          \
         .min = 1,                                                                                 \
         .max = INT64_MAX,                                                                         \
         .help = "number of the definition; by default the next one"},                             \
        {.name = "policy",                                                                         \
         CLI_AT(values, member.policy),                                                            \
         .shown = "POLICY",                                                                        \
         .help = "who has to endorse: \"AND('Org1MSP.peer','Org2MSP.peer')\""},                    \
        {.name = "channel-policy",                                                                 \
         CLI_AT(values, member.channel_policy),                                                    \
         .shown = "PATH",                                                                          \
         .help = "the same by a policy of the channel; by default "                                \
                 "/Channel/Application/Endorsement"},                                              \
        {.name = "collections",                                                                    \
         CLI_AT(values, member.collections),                                                       \
         .completion = CLI_COMPLETE_FILE,                                                          \
         .shown = "FILE",                                                                          \
         .help = "private data, a collections_config.json"},                                       \
        {.name = "init-required",                                                                  \
         .type = CLI_FLAG,                                                                         \
         CLI_AT(values, member.init_required),                                                     \
         .help = "the first call must be the initialisation"},                                     \
        {.name = "endorsement-plugin",                                                             \
         CLI_AT(values, member.endorsement_plugin),                                                \
         .shown = "NAME",                                                                          \
         .help = "in place of escc"},                                                              \
    {                                                                                              \
        .name = "validation-plugin", CLI_AT(values, member.validation_plugin), .shown = "NAME",    \
        .help = "in place of vscc"                                                                 \
    }

/** What a package is made of, as it is given on the command line. */
typedef struct cli_recipe {
    const char *label;
    const char *address;
    const char *dial_timeout;
    const char *tls_roots;
    const char *client_cert;
    const char *client_key;
    const char *connection;
    const char *indexes;
    const char *type;
    const char *code;
} cli_recipe;

#define CLI_RECIPE_ROWS(values, member)                                                            \
    {.name = "address",                                                                            \
     CLI_AT(values, member.address),                                                               \
     .shown = "HOST:PORT",                                                                         \
     .help = "where the peers find the chaincode, which runs as a service"},                       \
        {.name = "dial-timeout",                                                                   \
         CLI_AT(values, member.dial_timeout),                                                      \
         .shown = "DURATION",                                                                      \
         .help = "how long they wait for it; by default 10s"},                                     \
        {.name = "tls-roots",                                                                      \
         CLI_AT(values, member.tls_roots),                                                         \
         .completion = CLI_COMPLETE_FILE,                                                          \
         .shown = "FILE",                                                                          \
         .help = "the service has TLS, by these CAs"},                                             \
        {.name = "client-cert",                                                                    \
         CLI_AT(values, member.client_cert),                                                       \
         .completion = CLI_COMPLETE_FILE,                                                          \
         .shown = "FILE",                                                                          \
         .help = "certificate that the peers show to it; it becomes a part of the package, …"},    \
        {.name = "client-key",                                                                     \
         CLI_AT(values, member.client_key),                                                        \
         .completion = CLI_COMPLETE_FILE,                                                          \
         .shown = "FILE",                                                                          \
         .help = "… as its key does"},                                                             \
        {.name = "connection",                                                                     \
         CLI_AT(values, member.connection),                                                        \
         .completion = CLI_COMPLETE_FILE,                                                          \
         .shown = "FILE",                                                                          \
         .help = "a connection.json, in place of these"},                                          \
        {.name = "meta-inf",                                                                       \
         CLI_AT(values, member.indexes),                                                           \
         .completion = CLI_COMPLETE_FOLDER,                                                        \
         .shown = "DIR",                                                                           \
         .help = "a folder META-INF, with the indexes of CouchDB"},                                \
        {.name = "type",                                                                           \
         CLI_AT(values, member.type),                                                              \
         .help = "of a package that is built by the peers: what their builder takes"},             \
    {                                                                                              \
        .name = "code", CLI_AT(values, member.code), .completion = CLI_COMPLETE_FILE,              \
        .shown = "FILE", .help = "its code, a tar.gz"                                              \
    }

/** The definition, in the session's memory. With @p sequence 0 it is left at 0. */
HEDDLE_MUST_USE heddle_status cli_terms_read(cli_session *session, const cli_terms *terms,
                                             heddle_definition *out, heddle_error *err);
/** Give a definition without one the next sequence of the channel, as @p lifecycle sees it. */
HEDDLE_MUST_USE heddle_status cli_terms_number(cli_session *session, heddle_lifecycle *lifecycle,
                                               heddle_definition *definition, heddle_error *err);

/** Make a package; its bytes in the session's memory. */
HEDDLE_MUST_USE heddle_status cli_recipe_make(cli_session *session, const cli_recipe *recipe,
                                              heddle_view *out, heddle_error *err);
/** Whether a service or code was given. */
bool cli_recipe_is_given(const cli_recipe *recipe);

/** A package file, read and checked; both live as the session. */
HEDDLE_MUST_USE heddle_status cli_package_open(cli_session *session, const char *path,
                                               heddle_view *out_bytes, const char **out_id,
                                               heddle_error *err);
/** Check bytes, and tell the package's id. */
HEDDLE_MUST_USE heddle_status cli_package_id(cli_session *session, heddle_view bytes,
                                             const char **out_id, heddle_error *err);

/** The definitions of the channel as the administrator of @p org (NULL: of the one that acts) sees
 *  them; yours to heddle_lifecycle_unref(). */
HEDDLE_MUST_USE heddle_status cli_lifecycle(cli_session *session, const char *org,
                                            heddle_lifecycle **out, heddle_error *err);
/** A peer, asked by the administrator of its organisation; yours to heddle_peer_close(). */
HEDDLE_MUST_USE heddle_status cli_peer_open(cli_session *session, const cli_node *node,
                                            heddle_peer **out, heddle_error *err);

/** Of several organisations by name or MSP id; none: all of the context. */
HEDDLE_MUST_USE heddle_status cli_orgs_chosen(cli_session *session, const cli_texts *names,
                                              const cli_org **out, size_t *out_count,
                                              heddle_error *err);

/** A definition as members of an object that has begun. */
void cli_put_definition(cli_document *doc, const heddle_definition *definition);
/** {"Org1MSP": true, …} */
void cli_put_approvals(cli_document *doc, const heddle_approval *approvals, size_t count);
/** "Org1MSP, Org2MSP": those that have approved, or have not; "" for nobody. */
const char *cli_approvals_text(cli_session *session, const heddle_approval *approvals, size_t count,
                               bool approved);

/* What the commands are given. */

typedef struct cli_package_made {
    cli_recipe recipe;
    const char *file;
} cli_package_made;

typedef struct cli_package_files {
    cli_texts files;
} cli_package_files;

typedef struct cli_package_place {
    const char *file;
    const char *id;
    const char *to;
    cli_texts peers;
} cli_package_place;

typedef struct cli_definition_step {
    cli_terms terms;
    const char *package_id;
    const char *package;
    cli_texts endorsing_orgs;
} cli_definition_step;

typedef struct cli_definition_query {
    const char *name;
    uint64_t sequence;
} cli_definition_query;

typedef struct cli_deploy {
    cli_terms terms;
    const char *package;
    cli_recipe recipe;
    cli_texts orgs;
    bool no_check;
} cli_deploy;

typedef struct cli_chaincode_new {
    const char *name;
    const char *folder;
    const char *address;
} cli_chaincode_new;

cli_run_fn cli_run_new;
cli_run_fn cli_run_package, cli_run_id, cli_run_install, cli_run_installed, cli_run_fetch;
cli_run_fn cli_run_approve, cli_run_check, cli_run_commit, cli_run_approved, cli_run_committed;
cli_run_fn cli_run_deploy, cli_run_chaincode_status;

BASE_AUTO_DEFINE(heddle_lifecycle, heddle_lifecycle *, heddle_lifecycle_unref)
BASE_AUTO_DEFINE(heddle_peer, heddle_peer *, heddle_peer_close)
BASE_AUTO_DEFINE(heddle_definitions, heddle_definitions *, heddle_definitions_free)
BASE_AUTO_DEFINE(heddle_readiness, heddle_readiness *, heddle_readiness_free)
BASE_AUTO_DEFINE(heddle_installed, heddle_installed *, heddle_installed_free)
BASE_AUTO_DEFINE(heddle_package, heddle_package *, heddle_package_free)

#endif
