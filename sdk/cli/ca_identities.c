/* heddle ca register, and heddle ca identity: who may enrol. */
#include "base/fail.h"
#include "base/text.h"
#include "cli/ca.h"

struct identity {
    cli_ca_choice ca;
    const char *id;
    const char *type;
    const char *affiliation;
    const char *password_file;
    const char *password_out;
    const char *max_enrollments;
    cli_pairs attributes;
    bool force;
};

#define ID_ROW                                                                                     \
    {                                                                                              \
        .name = "ID", CLI_AT(struct identity, id), .flags = CLI_REQUIRED,                          \
        .help = "id of the identity"                                                               \
    }

#define PROPERTY_ROWS                                                                              \
    {.name = "type",                                                                               \
     CLI_AT(struct identity, type),                                                                \
     .shown = "TYPE",                                                                              \
     .help = "client, peer, orderer, admin or another"},                                           \
        {.name = "affiliation",                                                                    \
         CLI_AT(struct identity, affiliation),                                                     \
         .shown = "NAME",                                                                          \
         .help = "such as org1.department1; . is the top"},                                        \
        {.name = "attribute",                                                                      \
         .type = CLI_PAIRS,                                                                        \
         CLI_AT(struct identity, attributes),                                                      \
         .shown = "NAME=VALUE[:ecert]",                                                            \
         .help = "attribute; with :ecert it goes into certificates unasked"},                      \
        {.name = "max-enrollments",                                                                \
         CLI_AT(struct identity, max_enrollments),                                                 \
         .shown = "NUMBER",                                                                        \
         .help = "how often the password may be used, or \"unlimited\""},                          \
    {                                                                                              \
        .name = "password-file", CLI_AT(struct identity, password_file),                           \
        .completion = CLI_COMPLETE_FILE, .shown = "FILE",                                          \
        .help = "file with the password in its first line, - for standard input"                   \
    }

static const cli_option id_argument[] = {ID_ROW};
static const cli_option place_options[] = {CLI_CA_ROWS(struct identity)};
static const cli_option register_options[] = {
    PROPERTY_ROWS,
    {.name = "password-out",
     CLI_AT(struct identity, password_out),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "write the password to a file that only its owner may read, in place of showing it"},
    CLI_CA_ROWS(struct identity),
};
static const cli_option modify_options[] = {PROPERTY_ROWS, CLI_CA_ROWS(struct identity)};
static const cli_option remove_options[] = {
    {.name = "force",
     .type = CLI_FLAG,
     CLI_AT(struct identity, force),
     .help = "also when an identity removes itself"},
    CLI_CA_ROWS(struct identity),
};

static heddle_status read_max(const struct identity *given, int *out, heddle_error *err)
{
    uint64_t number;
    if (!given->max_enrollments)
        return HEDDLE_OK;
    if (strcmp(given->max_enrollments, "unlimited") == 0) {
        *out = HEDDLE_ENROLLMENTS_UNLIMITED;
        return HEDDLE_OK;
    }
    if (!base_parse_u64(heddle_view_str(given->max_enrollments), &number) || number < 1 ||
        number > INT32_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "--max-enrollments: must be a number from 1, or \"unlimited\", not \"%s\"",
                         given->max_enrollments);
    *out = (int)number;
    return HEDDLE_OK;
}

/* What every command begins with. */
static heddle_status begin(cli_session *session, const struct identity *given, heddle_ca **out_ca,
                           heddle_identity **out_registrar, heddle_error *err)
{
    BASE_TRY(cli_ca_open(session, &given->ca, out_ca, err));
    BASE_TRY(cli_ca_registrar(session, out_registrar, err));
    cli_progress(session, "asking the CA");
    return HEDDLE_OK;
}

/* register */

static heddle_status read_password(cli_session *session, const struct identity *given,
                                   const char **out, heddle_error *err)
{
    if (!given->password_file)
        return HEDDLE_OK;
    return cli_secret(session, given->password_file, NULL, "password", out, err);
}

static heddle_status give_password(cli_session *session, const struct identity *given,
                                   const heddle_secret *secret, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "id", given->id);
    if (given->password_out)
        cli_put_text(&doc, "password_file", given->password_out);
    else
        cli_put_text(&doc, "password", heddle_secret_text(secret));
    cli_end_object(&doc);
    heddle_status status = HEDDLE_OK;
    if (given->password_out)
        status = base_write_file(given->password_out, heddle_view_str(heddle_secret_text(secret)),
                                 0600, err);
    if (status != HEDDLE_OK)
        cli_hint(session,
                 "%s is registered, but its password is lost: set one with heddle ca identity "
                 "modify %s --password-file FILE",
                 given->id, given->id);
    if (status == HEDDLE_OK)
        status = cli_print(session, &doc, NULL, err);
    base_wipe(doc.text.data, doc.text.len);
    return status;
}

static heddle_status run_register(cli_session *session, const void *values, heddle_error *err)
{
    const struct identity *given = values;
    heddle_registration registration = HEDDLE_REGISTRATION;
    heddle_identity *registrar;
    heddle_secret *secret = NULL;
    heddle_ca *ca;
    BASE_TRY(read_max(given, &registration.max_enrollments, err));
    BASE_TRY(cli_ca_attributes(session, &given->attributes, &registration.attributes, err));
    BASE_TRY(read_password(session, given, &registration.secret, err));
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    registration.id = given->id;
    registration.type = given->type;
    registration.affiliation = given->affiliation;
    registration.attribute_count = given->attributes.count;
    heddle_status status = heddle_ca_register(ca, registrar, &registration, &secret, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    status = give_password(session, given, secret, err);
    heddle_secret_free(secret);
    return status;
}

/* identity … */

static void put_identity(cli_document *doc, const heddle_ca_identity *identity)
{
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "id", identity->id);
    cli_put_text(doc, "type", identity->type);
    cli_put_text(doc, "affiliation", identity->affiliation);
    cli_put_integer(doc, "max_enrollments", identity->max_enrollments);
    cli_begin_list(doc, "attributes");
    for (size_t i = 0; i < identity->attribute_count; i++) {
        cli_begin_object(doc, NULL);
        cli_put_text(doc, "name", identity->attributes[i].name);
        cli_put_text(doc, "value", identity->attributes[i].value);
        cli_put_truth(doc, "ecert", identity->attributes[i].ecert);
        cli_end_object(doc);
    }
    cli_end_list(doc);
    cli_end_object(doc);
}

static heddle_status print_one(cli_session *session, heddle_ca_identities *found, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    if (heddle_ca_identities_count(found))
        put_identity(&doc, heddle_ca_identities_at(found, 0));
    else
        cli_put_text(&doc, NULL, NULL);
    heddle_ca_identities_free(found);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status run_list(cli_session *session, const void *values, heddle_error *err)
{
    cli_auto_document cli_document doc;
    heddle_ca_identities *found = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    cli_document_init(&doc);
    BASE_TRY(begin(session, values, &ca, &registrar, err));
    BASE_TRY(cli_ca_explain(session, heddle_ca_list_identities(ca, registrar, &found, err), err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_ca_identities_count(found); i++)
        put_identity(&doc, heddle_ca_identities_at(found, i));
    cli_end_list(&doc);
    heddle_ca_identities_free(found);
    return cli_print(session, &doc, "id type affiliation max_enrollments", err);
}

static heddle_status run_get(cli_session *session, const void *values, heddle_error *err)
{
    const struct identity *given = values;
    heddle_ca_identities *found = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    heddle_status status = heddle_ca_get_identity(ca, registrar, given->id, &found, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    return print_one(session, found, err);
}

static heddle_status run_modify(cli_session *session, const void *values, heddle_error *err)
{
    const struct identity *given = values;
    heddle_identity_change change = HEDDLE_IDENTITY_CHANGE;
    heddle_ca_identities *found = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(read_max(given, &change.max_enrollments, err));
    BASE_TRY(cli_ca_attributes(session, &given->attributes, &change.attributes, err));
    BASE_TRY(read_password(session, given, &change.secret, err));
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    change.type = given->type;
    change.affiliation = given->affiliation;
    change.attribute_count = given->attributes.count;
    heddle_status status =
        heddle_ca_modify_identity(ca, registrar, given->id, &change, &found, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    return print_one(session, found, err);
}

static heddle_status run_remove(cli_session *session, const void *values, heddle_error *err)
{
    const struct identity *given = values;
    heddle_ca_identities *found = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    heddle_status status =
        heddle_ca_remove_identity(ca, registrar, given->id, given->force, &found, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    return print_one(session, found, err);
}

static const cli_command commands[] = {
    {.verb = "register",
     .summary = "make an identity known to the CA, so that it can enrol",
     .details = "Without --password-file the CA makes up the password, which is shown or written "
                "to a file.",
     .example = "heddle ca register alice --affiliation org1.department1\n"
                "heddle ca register peer7 --type peer --password-out peer7.pw\n"
                "heddle ca register auditor --attribute role=auditor:ecert",
     CLI_ARGUMENTS(id_argument),
     CLI_OPTIONS(register_options),
     .size = sizeof(struct identity),
     .run = run_register},
    {.verb = "identity list",
     .summary = "list the identities that the registrar may see",
     CLI_OPTIONS(place_options),
     .size = sizeof(struct identity),
     .run = run_list},
    {.verb = "identity get",
     .summary = "show an identity with its attributes",
     CLI_ARGUMENTS(id_argument),
     CLI_OPTIONS(place_options),
     .size = sizeof(struct identity),
     .run = run_get},
    {.verb = "identity modify",
     .summary = "change an identity",
     .details = "What is not given stays. An attribute with an empty value is removed.",
     .example = "heddle ca identity modify alice --attribute role=auditor:ecert --type admin",
     CLI_ARGUMENTS(id_argument),
     CLI_OPTIONS(modify_options),
     .size = sizeof(struct identity),
     .run = run_modify},
    {.verb = "identity remove",
     .summary = "remove an identity and revoke its certificates; the CA must allow that",
     CLI_ARGUMENTS(id_argument),
     CLI_OPTIONS(remove_options),
     .size = sizeof(struct identity),
     .run = run_remove},
};

const cli_group cli_ca_identities = {
    .name = "ca",
    CLI_COMMANDS(commands),
    .more = &cli_ca_affiliations,
};
