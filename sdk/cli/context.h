/*
 * The file of contexts: which networks there are for this user, and as whom he works on them.
 * It holds no secret: keys are in wallets, MSP folders and tokens, PINs in files of their own.
 */
#ifndef CLI_CONTEXT_H
#define CLI_CONTEXT_H

#include "cli/document.h"
#include "conf/table.h"

/** Where an identity is: a label of the organisation's wallet, an MSP folder, two PEM files or a
 *  token. */
typedef struct cli_who {
    const char *label;
    const char *msp_dir;
    const char *certificate; /* with `key`, or with a token */
    const char *key;
    const char *pkcs11_module;
    const char *pkcs11_token;
    const char *pkcs11_key_label;
    const char *pkcs11_key_id;
    const char *pkcs11_pin_file;
} cli_who;

/** A peer, a gateway or an orderer. */
typedef struct cli_place {
    const char *name;
    const char *address;
    const char *tls_roots;
    const char *tls_name;
    bool plaintext;
    /* of an orderer */
    const char *mspid;
    const char *admin_url;
    const char *admin_tls_roots;
    const char *admin_tls_name;
    const char *admin_certificate;
    const char *admin_key;
} cli_place;

typedef struct cli_ca_place {
    const char *url;
    const char *name; /* of the CA within its server */
    const char *tls_roots;
    const char *tls_name;
    const char *certificate; /* for mutual TLS */
    const char *key;
} cli_ca_place;

typedef struct cli_organization {
    const char *name;
    const char *mspid;
    const char *profile;     /* a connection profile */
    const char *wallet;      /* folder */
    const char *certificate; /* for mutual TLS with peers and orderers */
    const char *key;
    cli_who identity;
    cli_who admin;
    cli_ca_place ca;
    conf_list gateways; /* cli_place */
    conf_list peers;    /* cli_place */
} cli_organization;

typedef struct cli_context {
    const char *name;
    const char *channel;
    const char *organization; /* who acts; "": the first */
    bool as_localhost;
    bool direct;             /* without a gateway */
    conf_list hosts;         /* conf_text_pair */
    conf_list organizations; /* cli_organization */
    conf_list orderers;      /* cli_place */
} cli_context;

typedef struct cli_contexts {
    const char *current;
    conf_list contexts; /* cli_context */
} cli_contexts;

/** Its keys drive reading, writing and the reference. */
extern const conf_table cli_context_table;

/** The file that --config (may be NULL), HEDDLE_CONFIG or the home folder say; in @p arena. */
HEDDLE_MUST_USE heddle_status cli_context_path(const char *option, base_arena *arena,
                                               const char **out, heddle_error *err);

/** Read the file; one that is not there holds no contexts. @p out is for
 *  conf_snapshot_free(); its values are a cli_contexts. */
HEDDLE_MUST_USE heddle_status cli_contexts_load(const char *path, conf_snapshot **out,
                                                heddle_error *err);

/** Put the file in place of the one there is, whole, with mode 0600. */
HEDDLE_MUST_USE heddle_status cli_contexts_save(const char *path, const cli_contexts *contexts,
                                                heddle_error *err);

/** What a context says, as an object of @p doc. */
void cli_context_describe(const cli_context *context, cli_document *doc);

const cli_context *cli_context_find(const cli_contexts *contexts, const char *name); /* or NULL */

/** A descriptor that keeps other processes of the user from changing the file; close() it. */
HEDDLE_MUST_USE heddle_status cli_contexts_lock(const char *path, int *out, heddle_error *err);

BASE_AUTO_DEFINE(conf_snapshot, conf_snapshot *, conf_snapshot_free)

#endif
