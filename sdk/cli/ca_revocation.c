/* heddle ca revoke, gencrl and certificate list. */
#include "base/fail.h"
#include "base/text.h"
#include "cli/ca.h"
#include "cli/certificate.h"

static const char *const reasons[] = {"unspecified",
                                      "keycompromise",
                                      "cacompromise",
                                      "affiliationchange",
                                      "superseded",
                                      "cessationofoperation",
                                      "certificatehold",
                                      "removefromcrl",
                                      "privilegewithdrawn",
                                      "aacompromise",
                                      NULL};

static heddle_status begin(cli_session *session, const cli_ca_choice *choice, heddle_ca **out_ca,
                           heddle_identity **out_registrar, heddle_error *err)
{
    BASE_TRY(cli_ca_open(session, choice, out_ca, err));
    BASE_TRY(cli_ca_registrar(session, out_registrar, err));
    cli_progress(session, "asking the CA");
    return HEDDLE_OK;
}

/* revoke */

struct revoke {
    cli_ca_choice ca;
    const char *id;
    const char *serial;
    const char *aki;
    const char *crl;
    int reason;
};

static const cli_option revoke_arguments[] = {
    {.name = "ID",
     CLI_AT(struct revoke, id),
     .help = "identity: all its certificates are revoked, and it can enrol no more"},
};
static const cli_option revoke_options[] = {
    {.name = "serial",
     CLI_AT(struct revoke, serial),
     .shown = "HEX",
     .help = "in place of ID one certificate: its serial number, with --aki"},
    {.name = "aki",
     CLI_AT(struct revoke, aki),
     .shown = "HEX",
     .help = "key identifier of its issuer"},
    {.name = "reason",
     .type = CLI_CHOICE,
     CLI_AT(struct revoke, reason),
     .value = "unspecified",
     .choices = reasons,
     .shown = "REASON",
     .help = "why"},
    {.name = "crl",
     CLI_AT(struct revoke, crl),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "write the revocation list to a file, for the channel's configuration"},
    CLI_CA_ROWS(struct revoke),
};

static heddle_status print_revoked(cli_session *session, const struct revoke *given,
                                   const heddle_revocation_result *result, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_revocation_result_count(result); i++) {
        const heddle_revoked *revoked = heddle_revocation_result_at(result, i);
        cli_begin_object(&doc, NULL);
        cli_put_text(&doc, "serial", revoked->serial);
        cli_put_text(&doc, "aki", revoked->aki);
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    if (given->crl)
        BASE_TRY(base_write_file(given->crl, heddle_revocation_result_crl_pem(result), 0644, err));
    BASE_TRY(cli_print(session, &doc, NULL, err));
    cli_note(session,
             "peers refuse them once the revocation list is in the channel's "
             "configuration%s",
             given->crl ? "" : ": heddle ca gencrl");
    return HEDDLE_OK;
}

static heddle_status run_revoke(cli_session *session, const void *values, heddle_error *err)
{
    const struct revoke *given = values;
    heddle_revocation revocation = HEDDLE_REVOCATION;
    heddle_revocation_result *result = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    if (!given->id == !given->serial || !given->serial != !given->aki)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "say what to revoke: an ID, or --serial and --aki of one certificate");
    BASE_TRY(begin(session, &given->ca, &ca, &registrar, err));
    revocation.id = given->id;
    revocation.serial = given->serial;
    revocation.aki = given->aki;
    revocation.reason = given->reason ? reasons[given->reason] : NULL;
    revocation.make_crl = given->crl != NULL;
    heddle_status status = heddle_ca_revoke(ca, registrar, &revocation, &result, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    status = print_revoked(session, given, result, err);
    heddle_revocation_result_free(result);
    return status;
}

/* gencrl */

struct crl {
    cli_ca_choice ca;
    const char *file;
    const char *revoked_after;
    const char *revoked_before;
    const char *expires_after;
    const char *expires_before;
};

static const cli_option crl_options[] = {
    {.name = "file",
     .letter = 'f',
     CLI_AT(struct crl, file),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "write it to a file in place of standard output"},
    {.name = "revoked-after",
     CLI_AT(struct crl, revoked_after),
     .shown = "TIME",
     .help = "only what was revoked after this time: 2027-01-31, now, -30d"},
    {.name = "revoked-before",
     CLI_AT(struct crl, revoked_before),
     .shown = "TIME",
     .help = "only what was revoked before"},
    {.name = "expires-after",
     CLI_AT(struct crl, expires_after),
     .shown = "TIME",
     .help = "only certificates that expire after; by default now"},
    {.name = "expires-before",
     CLI_AT(struct crl, expires_before),
     .shown = "TIME",
     .help = "only certificates that expire before"},
    CLI_CA_ROWS(struct crl),
};

static heddle_status run_gencrl(cli_session *session, const void *values, heddle_error *err)
{
    const struct crl *given = values;
    heddle_crl_options options = HEDDLE_CRL_OPTIONS;
    heddle_bytes pem = {0};
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(cli_ca_time("revoked-after", given->revoked_after, &options.revoked_after_s, err));
    BASE_TRY(cli_ca_time("revoked-before", given->revoked_before, &options.revoked_before_s, err));
    BASE_TRY(cli_ca_time("expires-after", given->expires_after, &options.expires_after_s, err));
    BASE_TRY(cli_ca_time("expires-before", given->expires_before, &options.expires_before_s, err));
    BASE_TRY(begin(session, &given->ca, &ca, &registrar, err));
    heddle_status status = heddle_ca_make_crl(ca, registrar, &options, &pem, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    heddle_view text = heddle_view_of(pem.data, pem.len);
    status = given->file ? base_write_file(given->file, text, 0644, err)
                         : cli_print_words(session, text, err);
    heddle_bytes_done(&pem);
    return status;
}

/* certificate list */

struct list {
    cli_ca_choice ca;
    const char *id;
    const char *serial;
    const char *aki;
    const char *revoked_from;
    const char *revoked_to;
    const char *expires_from;
    const char *expires_to;
    bool not_revoked;
    bool not_expired;
};

static const cli_option list_arguments[] = {
    {.name = "ID", CLI_AT(struct list, id), .help = "only those of this identity"},
};
static const cli_option list_options[] = {
    {.name = "serial", CLI_AT(struct list, serial), .shown = "HEX", .help = "serial number"},
    {.name = "aki",
     CLI_AT(struct list, aki),
     .shown = "HEX",
     .help = "key identifier of the issuer"},
    {.name = "revoked-from",
     CLI_AT(struct list, revoked_from),
     .shown = "TIME",
     .help = "revoked at this time or later: 2027-01-31, now, -30d"},
    {.name = "revoked-to",
     CLI_AT(struct list, revoked_to),
     .shown = "TIME",
     .help = "revoked at this time or earlier"},
    {.name = "expires-from",
     CLI_AT(struct list, expires_from),
     .shown = "TIME",
     .help = "expires at this time or later"},
    {.name = "expires-to",
     CLI_AT(struct list, expires_to),
     .shown = "TIME",
     .help = "expires at this time or earlier: +30d"},
    {.name = "not-revoked",
     .type = CLI_FLAG,
     CLI_AT(struct list, not_revoked),
     .help = "without those that are revoked"},
    {.name = "not-expired",
     .type = CLI_FLAG,
     CLI_AT(struct list, not_expired),
     .help = "without those that have expired"},
    CLI_CA_ROWS(struct list),
};

static heddle_status read_filter(const struct list *given, heddle_certificate_filter *filter,
                                 heddle_error *err)
{
    filter->id = given->id;
    filter->serial = given->serial;
    filter->aki = given->aki;
    filter->not_revoked = given->not_revoked;
    filter->not_expired = given->not_expired;
    BASE_TRY(cli_ca_time("revoked-from", given->revoked_from, &filter->revoked_from_s, err));
    BASE_TRY(cli_ca_time("revoked-to", given->revoked_to, &filter->revoked_to_s, err));
    BASE_TRY(cli_ca_time("expires-from", given->expires_from, &filter->expires_from_s, err));
    return cli_ca_time("expires-to", given->expires_to, &filter->expires_to_s, err);
}

static heddle_status print_certificates(cli_session *session, const heddle_certificates *found,
                                        heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_certificates_count(found); i++) {
        heddle_view pem = heddle_certificates_at(found, i);
        cli_begin_object(&doc, NULL);
        BASE_TRY(cli_put_certificate(&doc, pem, err));
        cli_put_view(&doc, "certificate", pem);
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    return cli_print(session, &doc, "subject serial aki expires state", err);
}

static heddle_status run_list(cli_session *session, const void *values, heddle_error *err)
{
    const struct list *given = values;
    heddle_certificate_filter filter = HEDDLE_CERTIFICATE_FILTER;
    heddle_certificates *found = NULL;
    heddle_identity *registrar;
    heddle_ca *ca;
    BASE_TRY(read_filter(given, &filter, err));
    BASE_TRY(begin(session, &given->ca, &ca, &registrar, err));
    heddle_status status = heddle_ca_list_certificates(ca, registrar, &filter, &found, err);
    BASE_TRY(cli_ca_explain(session, status, err));
    status = print_certificates(session, found, err);
    heddle_certificates_free(found);
    return status;
}

static const cli_command commands[] = {
    {.verb = "revoke",
     .summary = "revoke an identity or one certificate",
     .example = "heddle ca revoke alice --reason keycompromise --crl crl.pem\n"
                "heddle ca revoke --serial 3a9f… --aki 71bc…",
     CLI_ARGUMENTS(revoke_arguments),
     CLI_OPTIONS(revoke_options),
     .size = sizeof(struct revoke),
     .run = run_revoke},
    {.verb = "gencrl",
     .summary = "make the list of revoked certificates",
     CLI_OPTIONS(crl_options),
     .size = sizeof(struct crl),
     .run = run_gencrl},
    {.verb = "certificate list",
     .summary = "list certificates that the CA issued",
     CLI_ARGUMENTS(list_arguments),
     CLI_OPTIONS(list_options),
     .size = sizeof(struct list),
     .run = run_list},
};

const cli_group cli_ca_revocation = {.name = "ca", CLI_COMMANDS(commands)};
