#include "cli/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cli/exits.h"
#include "cli/groups.h"

enum { DAY_S = 86400, MONTH_S = 30 * DAY_S, SKEW_WARNING_S = 5, SKEW_PROBLEM_S = 300 };

static const char *const verdict_names[] = {"ok", "skipped", "warning", "problem"};

/* In a table the lines stand in columns, and an arrow leads to the remedy. */
static void put_padded(const doctor *d, cli_document *doc, const char *name, int width,
                       const char *text)
{
    char padded[96];
    bool is_table = cli_session_common(d->session)->form == CLI_TABLE;
    snprintf(padded, sizeof(padded), "%-*s", width, text);
    cli_put_text(doc, name, is_table && strlen(text) < sizeof(padded) ? padded : text);
}

static void put_remedy(const doctor *d, cli_document *doc, const char *remedy)
{
    char line[256];
    bool is_table = cli_session_common(d->session)->form == CLI_TABLE;
    snprintf(line, sizeof(line), "→ %s", remedy);
    cli_put_text(doc, "remedy", is_table ? line : remedy);
}

static void write_finding(doctor *d, doctor_verdict verdict, const char *check, const char *subject,
                          const char *remedy, const char *text)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    put_padded(d, &doc, "result", 7, verdict_names[verdict]);
    put_padded(d, &doc, "check", 13, check);
    put_padded(d, &doc, "subject", 24, subject);
    cli_put_text(&doc, "finding", text);
    if (remedy)
        put_remedy(d, &doc, remedy);
    cli_end_object(&doc);
    if (d->output == HEDDLE_OK)
        d->output = cli_print_next(d->session, &doc,
                                   remedy ? "result check subject finding remedy"
                                          : "result check subject finding",
                                   &d->output_error);
}

void doctor_say(doctor *d, doctor_verdict verdict, const char *check, const char *subject,
                const char *remedy, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    d->counts[verdict]++;
    write_finding(d, verdict, check, subject, remedy, text);
}

void doctor_fail(doctor *d, const char *check, const char *subject, const char *remedy,
                 const heddle_error *why)
{
    doctor_say(d, DOCTOR_PROBLEM, check, subject, remedy ? remedy : cli_exit_of(why)->next, "%s",
               why->message);
}

void doctor_expiry(doctor *d, const char *check, const char *subject, const char *remedy,
                   int64_t not_after_s)
{
    int64_t left_s = not_after_s - base_wall_now().seconds;
    if (left_s <= 0)
        doctor_say(d, DOCTOR_PROBLEM, check, subject, remedy,
                   "the certificate expired %" PRId64 " days ago", -left_s / DAY_S);
    else
        doctor_say(d, left_s < MONTH_S ? DOCTOR_WARNING : DOCTOR_FINE, check, subject,
                   left_s < MONTH_S ? remedy : NULL, "the certificate is good for %" PRId64 " days",
                   left_s / DAY_S);
}

void doctor_clock(doctor *d, const char *subject, int64_t theirs_s)
{
    int64_t skew_s = theirs_s - base_wall_now().seconds;
    int64_t size_s = skew_s < 0 ? -skew_s : skew_s;
    doctor_verdict verdict = size_s > SKEW_PROBLEM_S   ? DOCTOR_PROBLEM
                             : size_s > SKEW_WARNING_S ? DOCTOR_WARNING
                                                       : DOCTOR_FINE;
    if (verdict == DOCTOR_FINE)
        doctor_say(d, verdict, "clock", subject, NULL, "its clock is this machine's");
    else
        doctor_say(d, verdict, "clock", subject, "set both clocks by a time server (NTP)",
                   "its clock is %" PRId64 " s %s this machine's", size_s,
                   skew_s < 0 ? "behind" : "ahead of");
}

static heddle_status examine(doctor *d, heddle_error *err)
{
    BASE_TRY(cli_orgs(d->session, &d->orgs, &d->org_count, err));
    BASE_TRY(doctor_nodes_open(d, err));
    if (cli_channel(d->session, &d->channel, NULL))
        doctor_say(d, DOCTOR_SKIPPED, "channel", "", "name one with --channel or in the context",
                   "no channel is named: only the nodes are looked at");
    doctor_identities(d);
    doctor_nodes(d);
    doctor_authorities(d);
    if (d->channel) {
        doctor_channel(d);
        doctor_chaincodes(d);
    }
    return cli_interrupt_check(d->session, err);
}

static heddle_status verdict_of(const doctor *d, heddle_error *err)
{
    size_t problems = d->counts[DOCTOR_PROBLEM];
    if (d->output) {
        if (err)
            *err = d->output_error;
        return d->output;
    }
    cli_note(d->session, "%zu checks are fine, %zu warnings, %zu problems", d->counts[DOCTOR_FINE],
             d->counts[DOCTOR_WARNING], problems);
    if (!problems)
        return HEDDLE_OK;
    cli_hint(d->session, "what puts each right stands behind its arrow");
    return base_fail(err, HEDDLE_E_BAD_STATE, "%zu %s found", problems,
                     problems == 1 ? "problem was" : "problems were");
}

static heddle_status run_doctor(cli_session *session, const void *values, heddle_error *err)
{
    (void)values;
    doctor d = {.session = session};
    heddle_status status = examine(&d, err);
    if (status == HEDDLE_OK)
        status = verdict_of(&d, err);
    doctor_nodes_close(&d);
    wire_bundle_unref(d.bundle);
    return status;
}

static const cli_command commands[] = {
    {.verb = "",
     .summary = "look for what keeps the context's network from being used",
     .details =
         "A line for each check: of the identities (certificate, key, expiry), of peers, orderers "
         "and CAs (reachability, TLS names, roots and expiry, clocks), of the channel (joined "
         "peers, their heights, the identities' membership) and of its chaincodes (approved and "
         "installed packages, whether they answer). A problem is followed by what would put it "
         "right. Nothing is changed.\n\nExit code 1: there are problems.",
     .example = "heddle doctor\nheddle doctor --output json | jq 'select(.result==\"problem\")'",
     .run = run_doctor},
};

const cli_group cli_group_doctor = {
    .name = "doctor",
    .summary = "look for what keeps the context's network from being used",
    CLI_COMMANDS(commands),
};
