#include "cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/form.h"
#include "cli/state.h"
#include "heddle/log.h"

enum { COLOR_AUTO, COLOR_ALWAYS, MAX_INPUT = 100 << 20 };

static bool wants_colors(const cli_common *common, int fd)
{
    const char *no_color = getenv("NO_COLOR");
    if (common->color != COLOR_AUTO)
        return common->color == COLOR_ALWAYS;
    const char *terminal = getenv("TERM");
    return isatty(fd) && !(no_color && no_color[0]) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static void print_log(heddle_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    fprintf(stderr, "%s\n", line);
}

cli_session *cli_session_new(const cli_common *common, base_arena *arena)
{
    cli_session *session = base_calloc(1, sizeof(*session));
    heddle_details *details = heddle_details_new();
    if (!session || !details) {
        base_free(session);
        heddle_details_free(details);
        return NULL;
    }
    session->common = *common;
    session->arena = arena;
    session->details = details;
    session->out_colors = wants_colors(common, STDOUT_FILENO);
    session->err_colors = wants_colors(common, STDERR_FILENO);
    session->err_terminal = isatty(STDERR_FILENO);
    pthread_mutex_init(&session->lock, NULL);
    if (common->verbose)
        heddle_log_set(print_log, NULL, HEDDLE_LOG_DEBUG);
    return session;
}

static void close_member(cli_member *member)
{
    heddle_gateway_close(member->gateway);
    heddle_gateway_close(member->network);
    heddle_ca_close(member->ca);
    heddle_identity_unref(member->identity);
    heddle_identity_unref(member->admin);
    heddle_wallet_close(member->wallet);
    heddle_pkcs11_close(member->token);
    heddle_profile_free(member->profile);
}

static void forget_secrets(cli_session *session)
{
    while (session->secrets) {
        cli_secret_text *secret = session->secrets;
        session->secrets = secret->next;
        base_wipe(secret->text, strlen(secret->text));
        base_free(secret->text);
        base_free(secret);
    }
}

void cli_session_free(cli_session *session)
{
    if (!session)
        return;
    cli_progress_end(session);
    for (size_t i = 0; i < session->member_count; i++)
        close_member(&session->members[i]);
    heddle_ca_close(session->named_ca);
    heddle_identity_unref(session->named_identity);
    heddle_details_free(session->details);
    forget_secrets(session);
    conf_snapshot_free(session->contexts);
    cli_interrupt_done(session); /* until here Ctrl-C also ends a close that lasts */
    heddle_log_set(NULL, NULL, HEDDLE_LOG_ERROR);
    pthread_mutex_destroy(&session->lock);
    base_free(session);
}

const cli_common *cli_session_common(const cli_session *session)
{
    return &session->common;
}

base_arena *cli_session_arena(cli_session *session)
{
    return session->arena;
}

/* Output. */

heddle_status cli_print_bytes(cli_session *session, heddle_view bytes, heddle_error *err)
{
    cli_progress_end(session);
    if ((!bytes.len || fwrite(bytes.data, 1, bytes.len, stdout) == bytes.len) &&
        fflush(stdout) == 0)
        return HEDDLE_OK;
    session->is_cut = errno == EPIPE;
    return base_fail_errno(err, "standard output");
}

heddle_status cli_print_words(cli_session *session, heddle_view text, heddle_error *err)
{
    base_auto_buffer base_buffer shown = {0};
    if (!isatty(STDOUT_FILENO))
        return cli_print_bytes(session, text, err);
    if (cli_form_shown(text, &shown) != HEDDLE_OK)
        return base_fail_memory(err, "the answer");
    return cli_print_bytes(session, base_buffer_view(&shown), err);
}

heddle_status cli_print(cli_session *session, cli_document *doc, const char *columns,
                        heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    cli_form form = (cli_form)session->common.form;
    BASE_TRY(cli_document_write(doc, form, columns, session->out_colors, &text, err));
    if (form == CLI_TABLE && !text.len)
        cli_note(session, "nothing found");
    return cli_print_bytes(session, base_buffer_view(&text), err);
}

heddle_status cli_print_next(cli_session *session, cli_document *doc, const char *columns,
                             heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    base_auto(json_document) json_document *parsed = NULL;
    cli_form form = (cli_form)session->common.form;
    heddle_status status = doc->writer.status;
    if (status == HEDDLE_OK)
        BASE_TRY(json_document_parse(base_buffer_view(&doc->text), doc->text.len, &parsed, err));
    if (status == HEDDLE_OK && form == CLI_YAML)
        status = base_buffer_append_str(&text, "---\n");
    if (status == HEDDLE_OK) {
        const json_item *root = json_document_root(parsed);
        status = form == CLI_JSON   ? cli_form_json(root, false, &text)
                 : form == CLI_YAML ? cli_form_yaml(root, &text)
                                    : cli_form_line(root, columns, &text);
    }
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "the answer");
    return cli_print_bytes(session, base_buffer_view(&text), err);
}

/* Input. */

static heddle_status read_all(FILE *file, base_buffer *out, heddle_error *err)
{
    uint8_t block[4096];
    size_t len;
    out->limit = MAX_INPUT;
    while ((len = fread(block, 1, sizeof(block), file)) > 0)
        if (base_buffer_append(out, heddle_view_of(block, len)) != HEDDLE_OK)
            return base_fail(err, HEDDLE_E_TOO_LARGE, "standard input: more than %d bytes",
                             MAX_INPUT);
    return ferror(file) ? base_fail_errno(err, "standard input") : HEDDLE_OK;
}

heddle_status cli_read_file(cli_session *session, const char *path, heddle_view *out,
                            heddle_error *err)
{
    base_auto_buffer base_buffer content = {0};
    BASE_TRY(strcmp(path, "-") == 0 ? read_all(stdin, &content, err)
                                    : base_read_file(path, MAX_INPUT, &content, err));
    heddle_view view = base_arena_view(session->arena, base_buffer_view(&content));
    if (content.len && !view.data)
        return base_fail_memory(err, path);
    *out = view;
    return HEDDLE_OK;
}

heddle_call_options cli_call_options(cli_session *session)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = session->details;
    options.timeout_ms = (uint32_t)session->common.timeout_ms;
    return options;
}
