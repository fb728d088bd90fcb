#include "cli/program.h"

#include <stdio.h>

#include "base/fail.h"
#include "cli/complete.h"
#include "cli/exits.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/reference.h"
#include "cli/state.h"

static heddle_status show_version(cli_session *session, const void *values, heddle_error *err)
{
    cli_auto_document cli_document doc;
    (void)values;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "version", HEDDLE_VERSION);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

static const cli_command version_commands[] = {
    {.verb = "", .summary = "tell the version of this program", .run = show_version},
};

const cli_group cli_group_version = {
    .name = "version",
    .summary = "the version of this program",
    CLI_COMMANDS(version_commands),
};

static int usage_failed(cli_session *session, const cli_call *call, const heddle_error *err)
{
    base_auto_buffer base_buffer usage = {0};
    cli_failure_show(session, err);
    if (cli_help_usage(call, &usage) == HEDDLE_OK && usage.len)
        fprintf(stderr, "%.*s", BASE_VIEW_ARG(base_buffer_view(&usage)));
    return CLI_EXIT_USAGE;
}

static int show_help(cli_session *session, const cli_call *call)
{
    base_auto_buffer base_buffer text = {0};
    heddle_error err;
    base_error_clear(&err);
    heddle_status status = call->wants_reference ? cli_reference(call->group, &text)
                                                 : cli_help(call, session->out_colors, &text);
    if (status == HEDDLE_OK)
        status = cli_print_bytes(session, base_buffer_view(&text), &err);
    return status == HEDDLE_OK ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

static int run(cli_session *session, const cli_call *call)
{
    heddle_error err;
    base_error_clear(&err);
    heddle_status status = cli_interrupt_watch(session, &err);
    if (status == HEDDLE_OK)
        status = call->command->run(session, call->values, &err);
    if (status == HEDDLE_OK)
        return CLI_EXIT_OK;
    if (session->is_cut)
        return CLI_EXIT_CUT;
    err.status = status;
    cli_failure_show(session, &err);
    return cli_exit_of(&err)->code;
}

static int dispatch(cli_session *session, cli_call *call, heddle_status parsed,
                    const heddle_error *err)
{
    if (parsed != HEDDLE_OK)
        return usage_failed(session, call, err);
    if (call->wants_version)
        return show_version(session, NULL, NULL) == HEDDLE_OK ? CLI_EXIT_OK : CLI_EXIT_FAILED;
    if (call->wants_help || call->wants_reference)
        return show_help(session, call);
    return run(session, call);
}

static int complete(int argc, char *const argv[], base_arena *arena)
{
    base_auto_buffer base_buffer text = {0};
    if (cli_complete((const char *const *)argv + 2, (size_t)argc - 2, arena, &text) != HEDDLE_OK)
        return CLI_EXIT_LOCAL;
    if (text.len)
        fwrite(text.data, 1, text.len, stdout);
    return CLI_EXIT_OK;
}

int cli_main(int argc, char *const argv[])
{
    base_auto(arena) base_arena *arena = base_arena_new(1u << 30);
    heddle_error err;
    cli_call call;
    base_error_clear(&err);
    if (!arena)
        return CLI_EXIT_LOCAL;
    if (argc >= 2 && strcmp(argv[1], "__complete") == 0)
        return complete(argc, argv, arena);
    static const char *const explain[] = {"--help"};
    heddle_status parsed =
        argc < 2 ? cli_parse(explain, 1, arena, &call, &err)
                 : cli_parse((const char *const *)argv + 1, (size_t)argc - 1, arena, &call, &err);
    cli_session *session = cli_session_new(&call.common, arena);
    if (!session)
        return CLI_EXIT_LOCAL;
    int code = dispatch(session, &call, parsed, &err);
    cli_session_free(session);
    return code;
}
