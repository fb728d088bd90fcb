/* heddle ca affiliation: the tree of departments. */
#include "base/fail.h"
#include "cli/ca.h"

struct affiliation {
    cli_ca_choice ca;
    const char *name;
    const char *new_name;
    bool force;
};

static const cli_option place_options[] = {CLI_CA_ROWS(struct affiliation)};
static const cli_option name_argument[] = {
    {.name = "NAME",
     CLI_AT(struct affiliation, name),
     .flags = CLI_REQUIRED,
     .help = "full name of the affiliation: org1.department1"},
};
static const cli_option list_argument[] = {
    {.name = "NAME", CLI_AT(struct affiliation, name), .help = "only this one and those below it"},
};
static const cli_option modify_arguments[] = {
    {.name = "NAME",
     CLI_AT(struct affiliation, name),
     .flags = CLI_REQUIRED,
     .help = "full name of the affiliation"},
    {.name = "NEW-NAME",
     CLI_AT(struct affiliation, new_name),
     .flags = CLI_REQUIRED,
     .help = "its full name from now on"},
};
static const cli_option force_options[] = {
    {.name = "force",
     .type = CLI_FLAG,
     CLI_AT(struct affiliation, force),
     .help = "add: also those above it; modify and remove: also with identities in it"},
    CLI_CA_ROWS(struct affiliation),
};

static heddle_status begin(cli_session *session, const struct affiliation *given,
                           heddle_ca **out_ca, heddle_identity **out_registrar, heddle_error *err)
{
    BASE_TRY(cli_ca_open(session, &given->ca, out_ca, err));
    BASE_TRY(cli_ca_registrar(session, out_registrar, err));
    cli_progress(session, "asking the CA");
    return HEDDLE_OK;
}

static heddle_status run_list(cli_session *session, const void *values, heddle_error *err)
{
    const struct affiliation *given = values;
    cli_auto_document cli_document doc;
    heddle_ca_affiliations *found = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    cli_document_init(&doc);
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    heddle_status status = given->name
                               ? heddle_ca_get_affiliation(ca, registrar, given->name, &found, err)
                               : heddle_ca_list_affiliations(ca, registrar, &found, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_ca_affiliations_count(found); i++)
        cli_put_text(&doc, NULL, heddle_ca_affiliations_at(found, i));
    cli_end_list(&doc);
    heddle_ca_affiliations_free(found);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status run_add(cli_session *session, const void *values, heddle_error *err)
{
    const struct affiliation *given = values;
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    heddle_status status = heddle_ca_add_affiliation(ca, registrar, given->name, given->force, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    cli_note(session, "affiliation %s is added", given->name);
    return HEDDLE_OK;
}

/* What a change touched. */
static heddle_status print_touched(cli_session *session, heddle_ca_affiliations *touched,
                                   heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_begin_list(&doc, "affiliations");
    for (size_t i = 0; i < heddle_ca_affiliations_count(touched); i++)
        cli_put_text(&doc, NULL, heddle_ca_affiliations_at(touched, i));
    cli_end_list(&doc);
    cli_begin_list(&doc, "identities");
    for (size_t i = 0; i < heddle_ca_affiliations_identity_count(touched); i++)
        cli_put_text(&doc, NULL, heddle_ca_affiliations_identity_at(touched, i));
    cli_end_list(&doc);
    cli_end_object(&doc);
    heddle_ca_affiliations_free(touched);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status run_modify(cli_session *session, const void *values, heddle_error *err)
{
    const struct affiliation *given = values;
    heddle_ca_affiliations *touched = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    heddle_status status = heddle_ca_modify_affiliation(ca, registrar, given->name, given->new_name,
                                                        given->force, &touched, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    return print_touched(session, touched, err);
}

static heddle_status run_remove(cli_session *session, const void *values, heddle_error *err)
{
    const struct affiliation *given = values;
    heddle_ca_affiliations *touched = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(begin(session, given, &ca, &registrar, err));
    heddle_status status =
        heddle_ca_remove_affiliation(ca, registrar, given->name, given->force, &touched, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    return print_touched(session, touched, err);
}

static const cli_command commands[] = {
    {.verb = "affiliation list",
     .summary = "list affiliations",
     CLI_ARGUMENTS(list_argument),
     CLI_OPTIONS(place_options),
     .size = sizeof(struct affiliation),
     .run = run_list},
    {.verb = "affiliation add",
     .summary = "add an affiliation",
     CLI_ARGUMENTS(name_argument),
     CLI_OPTIONS(force_options),
     .size = sizeof(struct affiliation),
     .run = run_add},
    {.verb = "affiliation modify",
     .summary = "rename an affiliation and those below it",
     CLI_ARGUMENTS(modify_arguments),
     CLI_OPTIONS(force_options),
     .size = sizeof(struct affiliation),
     .run = run_modify},
    {.verb = "affiliation remove",
     .summary = "remove an affiliation; the CA must allow that",
     CLI_ARGUMENTS(name_argument),
     CLI_OPTIONS(force_options),
     .size = sizeof(struct affiliation),
     .run = run_remove},
};

const cli_group cli_ca_affiliations = {
    .name = "ca",
    CLI_COMMANDS(commands),
    .more = &cli_ca_revocation,
};
