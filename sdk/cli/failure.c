/* A failure as the user sees it: what is wrong, who said so, what to do next. */
#include <stdio.h>

#include "cli/exits.h"
#include "cli/state.h"
#include "heddle/transaction.h"

void cli_words_show(const char *words)
{
    for (const unsigned char *c = (const unsigned char *)words; *c; c++) {
        bool is_c1 = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
        if (is_c1)
            c++;
        fputc(is_c1 || (*c < 0x20 && *c != '\n') || *c == 0x7f ? ' ' : *c, stderr);
    }
}

static void show_details(const cli_session *session)
{
    for (size_t i = 0; i < heddle_details_count(session->details); i++) {
        const heddle_detail *detail = heddle_details_at(session->details, i);
        fputs("  ", stderr);
        cli_words_show(detail->address);
        if (detail->mspid[0]) {
            fputs(" (", stderr);
            cli_words_show(detail->mspid);
            fputs(")", stderr);
        }
        fputs(": ", stderr);
        cli_words_show(detail->message);
        fputs("\n", stderr);
    }
}

static void show_transaction(const heddle_error *err)
{
    if (!err->tx_id[0] || err->stage == HEDDLE_STAGE_EVALUATE)
        return;
    fprintf(stderr, "  transaction %s", err->tx_id);
    if (err->validation_code >= 0)
        fprintf(stderr, ", %s", heddle_validation_code_name(err->validation_code));
    if (err->stage != HEDDLE_STAGE_NONE)
        fprintf(stderr, ", stage %s", heddle_stage_name(err->stage));
    fputs("\n", stderr);
}

static const char *next_step(const cli_session *session, const heddle_error *err)
{
    if (session->hint[0])
        return session->hint;
    if (err->retry == HEDDLE_RETRY_ASK_STATUS && err->tx_id[0])
        return "it may still take effect: ask with heddle tx status before submitting it again";
    if (err->retry == HEDDLE_RETRY_NEW_TX)
        return "another transaction was faster: submit it again";
    return cli_exit_of(err)->next;
}

void cli_failure_show(cli_session *session, const heddle_error *err)
{
    cli_progress_end(session);
    fprintf(stderr, "%sheddle:%s ", session->err_colors ? "\033[1;31m" : "",
            session->err_colors ? "\033[0m" : "");
    bool is_interrupted = cli_interrupted(session) && err->status == HEDDLE_E_CANCELLED;
    cli_words_show(is_interrupted    ? "interrupted"
                   : err->message[0] ? err->message
                                     : heddle_status_text(err->status));
    fputs("\n", stderr);
    show_details(session);
    show_transaction(err);
    const char *next = next_step(session, err);
    if (!next)
        return;
    fputs("  → ", stderr);
    cli_words_show(next);
    fputs("\n", stderr);
}
