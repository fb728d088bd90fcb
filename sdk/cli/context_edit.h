/* Making and changing contexts. */
#ifndef CLI_CONTEXT_EDIT_H
#define CLI_CONTEXT_EDIT_H

#include "cli/context.h"
#include "cli/session.h"

/** The file as it is; lives as the session. */
HEDDLE_MUST_USE heddle_status cli_contexts_read(cli_session *session, const cli_contexts **out,
                                                heddle_error *err);
/** The context of this name; E_NOT_FOUND names those there are. */
HEDDLE_MUST_USE heddle_status cli_contexts_must_have(cli_session *session, const cli_contexts *all,
                                                     const char *name, const cli_context **out,
                                                     heddle_error *err);

typedef heddle_status cli_contexts_fn(cli_session *session, cli_contexts *all, const void *values,
                                      heddle_error *err);
/** Read the file, have @p change change it, and write it, while nobody else does. */
HEDDLE_MUST_USE heddle_status cli_contexts_change(cli_session *session, cli_contexts_fn *change,
                                                  const void *values, heddle_error *err);
/** A cli_contexts_fn: put the cli_context @p values there, in place of the one of its name, and
 *  make it the current one. */
heddle_status cli_contexts_put(cli_session *session, cli_contexts *all, const void *values,
                               heddle_error *err);

/** Put @p org there, in place of the one of its name. */
HEDDLE_MUST_USE heddle_status cli_context_put_organization(cli_session *session,
                                                           cli_context *context,
                                                           const cli_organization *org,
                                                           heddle_error *err);
/** Put @p place behind those of a list. */
HEDDLE_MUST_USE heddle_status cli_context_put_place(cli_session *session, conf_list *places,
                                                    const cli_place *place, heddle_error *err);

/** An organisation, and a node, of which nothing is known yet. */
cli_organization cli_organization_none(void);
cli_place cli_place_none(void);

/** A context of the folder of a devnet; lives as the session. */
HEDDLE_MUST_USE heddle_status cli_devnet_context(cli_session *session, const char *dir,
                                                 const char *name, const cli_context **out,
                                                 heddle_error *err);

/** @p path from the root of the file system; "" for NULL. It has to be there. */
HEDDLE_MUST_USE heddle_status cli_absolute(cli_session *session, const char *path, const char **out,
                                           heddle_error *err);

/* heddle context add */

typedef struct cli_add {
    const char *name;
    const char *mspid;
    const char *profile;
    const char *wallet;
    const char *label;
    const char *msp;
    const char *certificate;
    const char *key;
    const char *admin_label;
    const char *admin_msp;
    const char *pkcs11_module;
    const char *pkcs11_token;
    const char *pkcs11_key_label;
    const char *pkcs11_key_id;
    const char *pkcs11_pin_file;
    cli_texts gateways;
    cli_texts peers;
    cli_texts orderers;
    const char *tls_roots;
    const char *orderer_tls_roots;
    const char *orderer_admin;
    const char *orderer_admin_tls_roots;
    const char *orderer_admin_certificate;
    const char *orderer_admin_key;
    bool plaintext;
    const char *tls_certificate;
    const char *tls_key;
    const char *ca_url;
    const char *ca_name;
    const char *ca_tls_roots;
    bool as_localhost;
    bool direct;
    cli_pairs hosts;
} cli_add;

enum { CLI_ADD_ARGUMENTS = 1, CLI_ADD_OPTIONS = 32 };
extern const cli_option cli_add_arguments[CLI_ADD_ARGUMENTS];
extern const cli_option cli_add_options[CLI_ADD_OPTIONS];
heddle_status cli_add_run(cli_session *session, const void *values, heddle_error *err);

#endif
