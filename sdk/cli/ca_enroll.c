/* heddle ca enroll, reenroll and info. */
#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/ca.h"
#include "cli/certificate.h"
#include "cli/groups.h"
#include "cli/state.h"

BASE_AUTO_DEFINE(heddle_enrollment, heddle_enrollment *, heddle_enrollment_free)
BASE_AUTO_DEFINE(heddle_wallet, heddle_wallet *, heddle_wallet_close)

static const char *const key_kinds[] = {"p256", "p384", NULL};

/* What the certificate is to say, and where it goes. */
struct wanted {
    cli_ca_choice ca;
    const char *id;
    const char *password_file;
    const char *profile;
    cli_texts attributes;
    int key_kind;
    cli_texts hosts;
    const char *country;
    const char *province;
    const char *locality;
    const char *organization;
    const char *token_key;
    const char *label;
    const char *wallet;
    const char *msp;
    const char *mspid;
    bool node_ous;
    bool same_key;
};

#define CSR_ROWS                                                                                   \
    {.name = "profile",                                                                            \
     CLI_AT(struct wanted, profile),                                                               \
     .shown = "NAME",                                                                              \
     .help = "\"tls\" for a TLS certificate, or another profile of the CA"},                       \
        {.name = "attribute",                                                                      \
         .type = CLI_TEXTS,                                                                        \
         CLI_AT(struct wanted, attributes),                                                        \
         .flags = CLI_COMMAS,                                                                      \
         .shown = "NAME[:opt]",                                                                    \
         .help = "attribute to put into the certificate; with :opt it need not be there"},         \
        {.name = "key-kind",                                                                       \
         .type = CLI_CHOICE,                                                                       \
         CLI_AT(struct wanted, key_kind),                                                          \
         .choices = key_kinds,                                                                     \
         .shown = "KIND",                                                                          \
         .help = "kind of the new key"},                                                           \
        {.name = "host",                                                                           \
         .type = CLI_TEXTS,                                                                        \
         CLI_AT(struct wanted, hosts),                                                             \
         .flags = CLI_COMMAS,                                                                      \
         .shown = "NAME",                                                                          \
         .help = "DNS name or IP address to put into the certificate"},                            \
        {.name = "country", CLI_AT(struct wanted, country), .help = "of the subject"},             \
        {.name = "province", CLI_AT(struct wanted, province), .help = "of the subject"},           \
        {.name = "locality", CLI_AT(struct wanted, locality), .help = "of the subject"},           \
        {.name = "organization", CLI_AT(struct wanted, organization), .help = "of the subject"},   \
    {                                                                                              \
        .name = "token-key", CLI_AT(struct wanted, token_key), .shown = "LABEL",                   \
        .help = "make the key in the token of the context, under this label"                       \
    }

#define GOAL_ROWS                                                                                  \
    {.name = "label",                                                                              \
     CLI_AT(struct wanted, label),                                                                 \
     .completion = CLI_COMPLETE_LABEL,                                                             \
     .shown = "LABEL",                                                                             \
     .help = "label in the wallet, if it is not the id"},                                          \
        {.name = "wallet",                                                                         \
         .letter = 'w',                                                                            \
         CLI_AT(struct wanted, wallet),                                                            \
         .completion = CLI_COMPLETE_FOLDER,                                                        \
         .shown = "DIR",                                                                           \
         .help = "wallet to keep it in, in place of the context's"},                               \
        {.name = "msp",                                                                            \
         CLI_AT(struct wanted, msp),                                                               \
         .completion = CLI_COMPLETE_FOLDER,                                                        \
         .shown = "DIR",                                                                           \
         .help = "write an MSP folder in place of an entry of the wallet"},                        \
        {.name = "node-ous",                                                                       \
         .type = CLI_FLAG,                                                                         \
         CLI_AT(struct wanted, node_ous),                                                          \
         .help = "with --msp: also the config.yaml by which roles are told"},                      \
    {                                                                                              \
        .name = "mspid", CLI_AT(struct wanted, mspid), .shown = "MSPID",                           \
        .help = "MSP id of the identity; by default the acting organisation's"                     \
    }

static const cli_option enroll_arguments[] = {
    {.name = "ID",
     CLI_AT(struct wanted, id),
     .flags = CLI_REQUIRED,
     .help = "id that was registered with the CA"},
};
static const cli_option enroll_options[] = {
    {.name = "password-file",
     CLI_AT(struct wanted, password_file),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "file with the password in its first line, - for standard input; else "
             "$HEDDLE_PASSWORD, or asked for"},
    CSR_ROWS,
    GOAL_ROWS,
    CLI_CA_ROWS(struct wanted),
};

static const cli_option reenroll_arguments[] = {
    {.name = "LABEL",
     CLI_AT(struct wanted, id),
     .completion = CLI_COMPLETE_LABEL,
     .flags = CLI_REQUIRED,
     .help = "label of the identity in the wallet, which also gets the new certificate; or an MSP "
             "folder"},
};
static const cli_option reenroll_options[] = {
    {.name = "same-key",
     .type = CLI_FLAG,
     CLI_AT(struct wanted, same_key),
     .help = "a new certificate of the present key"},
    CSR_ROWS,
    GOAL_ROWS,
    CLI_CA_ROWS(struct wanted),
};

/* The request. */

static heddle_status read_attributes(cli_session *session, const struct wanted *wanted,
                                     const heddle_attribute_request **out, heddle_error *err)
{
    size_t count = wanted->attributes.count;
    heddle_attribute_request *made = base_arena_zalloc(session->arena, count + 1, sizeof(*made));
    if (!made)
        return base_fail_memory(err, "attributes");
    for (size_t i = 0; i < count; i++) {
        const char *text = wanted->attributes.items[i];
        size_t len = strcspn(text, ":");
        made[i].name = base_arena_str(session->arena, heddle_view_of(text, len));
        made[i].optional = strcmp(text + len, ":opt") == 0;
        if (text[len] && !made[i].optional)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "--attribute: \"%s\" ends with neither its name nor :opt", text);
        if (!made[i].name)
            return base_fail_memory(err, "attributes");
    }
    *out = made;
    return HEDDLE_OK;
}

static heddle_status read_csr(cli_session *session, const struct wanted *wanted, heddle_csr *csr,
                              heddle_error *err)
{
    cli_member *member;
    csr->country = wanted->country;
    csr->province = wanted->province;
    csr->locality = wanted->locality;
    csr->organization = wanted->organization;
    csr->hosts = wanted->hosts.items;
    csr->host_count = wanted->hosts.count;
    if (wanted->key_kind >= 0)
        csr->key_kind = (heddle_key_kind)wanted->key_kind;
    if (!wanted->token_key)
        return HEDDLE_OK;
    BASE_TRY(cli_member_find(session, NULL, &member, err));
    if (!member->settings->identity.pkcs11_module[0]) {
        cli_hint(session, "heddle context add … --pkcs11-module FILE");
        return base_fail(err, HEDDLE_E_CONFIG, "--token-key: organisation %s names no token",
                         member->settings->name);
    }
    BASE_TRY(cli_token_open(session, member, &member->settings->identity, err));
    csr->token = member->token;
    csr->token_key_label = wanted->token_key;
    return HEDDLE_OK;
}

/* Whether anything is said of the certificate; if not, reenrolling takes it from the present one.
 */
static bool has_csr(const struct wanted *wanted)
{
    return wanted->hosts.count || wanted->country || wanted->province || wanted->locality ||
           wanted->organization || wanted->key_kind >= 0 || wanted->token_key;
}

/* Keeping it. */

static heddle_status find_mspid(cli_session *session, const struct wanted *wanted, const char **out,
                                heddle_error *err)
{
    cli_org org;
    if (!wanted->mspid) {
        heddle_status status = cli_org_find(session, NULL, &org, err);
        if (status != HEDDLE_OK)
            cli_hint(session, "name the organisation with --mspid, or write an MSP folder with "
                              "--msp");
        BASE_TRY(status);
    }
    *out = wanted->mspid ? wanted->mspid : org.mspid;
    return HEDDLE_OK;
}

/* The wallet is opened before the CA is asked: a password can often be used only once. */
struct goal {
    const char *mspid;
    const char *label;
    const char *place; /* for people */
    heddle_wallet *wallet;
    heddle_wallet *own; /* to close */
};

static heddle_status open_goal(cli_session *session, const struct wanted *wanted, const char *label,
                               struct goal *goal, heddle_error *err)
{
    cli_member *member;
    *goal = (struct goal){.label = wanted->label ? wanted->label : label, .place = wanted->msp};
    if (wanted->msp)
        return base_make_dirs(wanted->msp, 0755, err);
    BASE_TRY(find_mspid(session, wanted, &goal->mspid, err));
    if (!wanted->wallet) {
        BASE_TRY(cli_member_find(session, NULL, &member, err));
        goal->place = member->wallet_dir;
        return cli_wallet(session, NULL, &goal->wallet, err);
    }
    goal->place = wanted->wallet;
    BASE_TRY(heddle_wallet_open(wanted->wallet, &goal->own, err));
    goal->wallet = goal->own;
    return HEDDLE_OK;
}

static heddle_status print_enrollment(cli_session *session, const struct wanted *wanted,
                                      const struct goal *goal, const heddle_enrollment *enrollment,
                                      heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    if (!wanted->msp)
        cli_put_text(&doc, "label", goal->label);
    cli_put_text(&doc, wanted->msp ? "msp" : "wallet", goal->place);
    cli_put_text(&doc, "ca", heddle_enrollment_ca_name(enrollment));
    BASE_TRY(cli_put_certificate(&doc, heddle_enrollment_cert_pem(enrollment), err));
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status keep(cli_session *session, const struct wanted *wanted,
                          const struct goal *goal, const heddle_enrollment *enrollment,
                          heddle_error *err)
{
    BASE_TRY(wanted->msp ? heddle_enrollment_to_msp(enrollment, wanted->msp, wanted->node_ous, err)
                         : heddle_enrollment_to_wallet(enrollment, goal->mspid, goal->wallet,
                                                       goal->label, err));
    return print_enrollment(session, wanted, goal, enrollment, err);
}

/* enroll */

static heddle_status enroll(cli_session *session, const struct wanted *wanted, heddle_ca *ca,
                            heddle_enrollment **out, heddle_error *err)
{
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    BASE_TRY(read_csr(session, wanted, &csr, err));
    BASE_TRY(read_attributes(session, wanted, &options.attributes, err));
    BASE_TRY(cli_secret(session, wanted->password_file, "HEDDLE_PASSWORD",
                        base_arena_printf(session->arena, "password of %s", wanted->id),
                        &options.secret, err));
    options.id = wanted->id;
    options.profile = wanted->profile;
    options.attribute_count = wanted->attributes.count;
    options.csr = &csr;
    cli_progress(session, "enrolling %s", wanted->id);
    heddle_status status = heddle_ca_enroll(ca, &options, out, err);
    if (status == HEDDLE_E_DENIED)
        cli_hint(session, "a CA does not tell which: a wrong id or password, no enrolments left, "
                          "or revoked");
    return cli_ca_explain(session, status, err);
}

static heddle_status run_enroll(cli_session *session, const void *values, heddle_error *err)
{
    const struct wanted *wanted = values;
    base_auto(heddle_enrollment) heddle_enrollment *enrollment = NULL;
    struct goal goal;
    heddle_ca *ca;
    BASE_TRY(cli_ca_open(session, &wanted->ca, &ca, err));
    BASE_TRY(open_goal(session, wanted, wanted->id, &goal, err));
    base_auto(heddle_wallet) heddle_wallet *own = goal.own;
    BASE_TRY(enroll(session, wanted, ca, &enrollment, err));
    return keep(session, wanted, &goal, enrollment, err);
}

/* reenroll */

static heddle_status present(cli_session *session, const struct wanted *wanted, heddle_ca **out_ca,
                             heddle_identity **out, heddle_error *err)
{
    session->common.identity = wanted->id;
    BASE_TRY(cli_ca_open(session, &wanted->ca, out_ca, err));
    return cli_identity(session, NULL, out, err);
}

static heddle_status run_reenroll(cli_session *session, const void *values, heddle_error *err)
{
    const struct wanted *wanted = values;
    base_auto(heddle_enrollment) heddle_enrollment *enrollment = NULL;
    heddle_reenroll_options options = HEDDLE_REENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    heddle_identity *identity;
    struct goal goal;
    heddle_ca *ca;
    if (strchr(wanted->id, '/') && !wanted->msp && !wanted->label)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "say where the new certificate of an MSP folder goes: --msp or --label");
    BASE_TRY(present(session, wanted, &ca, &identity, err));
    BASE_TRY(open_goal(session, wanted, wanted->id, &goal, err));
    base_auto(heddle_wallet) heddle_wallet *own = goal.own;
    BASE_TRY(read_csr(session, wanted, &csr, err));
    BASE_TRY(read_attributes(session, wanted, &options.attributes, err));
    options.same_key = wanted->same_key;
    options.profile = wanted->profile;
    options.attribute_count = wanted->attributes.count;
    options.csr = has_csr(wanted) ? &csr : NULL;
    cli_progress(session, "reenrolling %s", wanted->id);
    heddle_status status = heddle_ca_reenroll(ca, identity, &options, &enrollment, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    return keep(session, wanted, &goal, enrollment, err);
}

/* info */

struct info {
    cli_ca_choice ca;
    const char *chain;
};

static const cli_option info_options[] = {
    {.name = "chain",
     CLI_AT(struct info, chain),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "write the certificate of the CA, and those above it, to a file"},
    CLI_CA_ROWS(struct info),
};

static heddle_status run_info(cli_session *session, const void *values, heddle_error *err)
{
    const struct info *asked = values;
    cli_auto_document cli_document doc;
    heddle_ca_info *info = NULL;
    heddle_ca *ca;
    cli_document_init(&doc);
    BASE_TRY(cli_ca_open(session, &asked->ca, &ca, err));
    cli_progress(session, "asking the CA");
    BASE_TRY(cli_ca_explain(session, heddle_ca_get_info(ca, &info, err), err));
    heddle_view chain = heddle_ca_info_chain_pem(info);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "name", heddle_ca_info_name(info));
    cli_put_text(&doc, "version", heddle_ca_info_version(info));
    heddle_status status = cli_put_certificate(&doc, chain, err);
    cli_put_view(&doc, "chain", chain);
    cli_end_object(&doc);
    if (status == HEDDLE_OK && asked->chain)
        status = base_write_file(asked->chain, chain, 0644, err);
    if (status == HEDDLE_OK)
        status = cli_print(session, &doc, "name version subject issuer expires state", err);
    heddle_ca_info_free(info);
    return status;
}

static const cli_command commands[] = {
    {
        .verb = "info",
        .summary = "tell what a CA says of itself",
        CLI_OPTIONS(info_options),
        .size = sizeof(struct info),
        .run = run_info,
    },

    {
        .verb = "enroll",
        .summary = "get a certificate for an id and its password",
        .details = "The key is made here, or in a token, and never leaves. The identity goes into "
                   "the wallet "
                   "under its\nid, or into an MSP folder. The password is read from a file, from "
                   "the variable "
                   "HEDDLE_PASSWORD, or\nasked for at the terminal; it is no argument.",
        .example = "heddle ca enroll admin\n"
                   "heddle ca enroll peer0 --password-file peer0.pw --msp peer0/msp --node-ous\n"
                   "heddle ca enroll peer0 --profile tls --host peer0.example.com --msp peer0/tls",
        CLI_ARGUMENTS(enroll_arguments),
        CLI_OPTIONS(enroll_options),
        .size = sizeof(struct wanted),
        .run = run_enroll,
    },

    {
        .verb = "reenroll",
        .summary = "get a new certificate for an identity whose present one is valid",
        .example = "heddle ca reenroll alice\nheddle ca reenroll alice --same-key",
        CLI_ARGUMENTS(reenroll_arguments),
        CLI_OPTIONS(reenroll_options),
        .size = sizeof(struct wanted),
        .run = run_reenroll,
    },
};

const cli_group cli_group_ca = {
    .name = "ca",
    .summary = "certificates and identities of a Fabric CA",
    .details =
        "The CA is that of the acting organisation, or the one of --url. What a registrar does is "
        "asked for by\n--identity, by \"admin\" of the wallet if there is one, or by the "
        "organisation's administrator.",
    CLI_COMMANDS(commands),
    .more = &cli_ca_identities,
};
