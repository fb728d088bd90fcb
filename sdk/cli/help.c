#include "cli/help.h"

#include <stdio.h>

#include "base/fail.h"
#include "cli/groups.h"

static const char *shown(const cli_option *row)
{
    static const char *const by_type[] = {
        [CLI_TEXT] = "TEXT",         [CLI_FLAG] = "",         [CLI_NUMBER] = "NUMBER",
        [CLI_DURATION] = "DURATION", [CLI_CHOICE] = "CHOICE", [CLI_TEXTS] = "TEXT",
        [CLI_PAIRS] = "NAME=VALUE"};
    return row->shown ? row->shown : by_type[row->type];
}

heddle_status cli_help_term(const cli_option *row, bool is_option, base_buffer *out)
{
    if (!is_option)
        return base_buffer_append_str(out, row->name);
    if (row->letter)
        BASE_TRY(base_buffer_printf(out, "-%c, ", row->letter));
    return base_buffer_printf(out, "--%s%s%s", row->name, shown(row)[0] ? " " : "", shown(row));
}

heddle_status cli_help_meaning(const cli_option *row, base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, row->help));
    if (row->choices) {
        BASE_TRY(base_buffer_append_str(out, ": "));
        for (int i = 0; row->choices[i]; i++)
            BASE_TRY(base_buffer_printf(out, "%s%s", i ? ", " : "", row->choices[i]));
    }
    bool is_option = row->name[0] >= 'a';
    if (is_option && (row->type == CLI_TEXTS || row->type == CLI_PAIRS))
        BASE_TRY(base_buffer_append_str(out, row->flags & CLI_COMMAS
                                                 ? "; several with commas, or given again"
                                                 : "; may be given again"));
    if (row->value && row->value[0])
        BASE_TRY(base_buffer_printf(out, " (default %s)", row->value));
    return HEDDLE_OK;
}

static heddle_status put_argument(const cli_option *row, base_buffer *out)
{
    bool is_list = row->type == CLI_TEXTS || row->type == CLI_PAIRS;
    bool is_required = row->flags & CLI_REQUIRED;
    return base_buffer_printf(out, " %s%s%s%s", is_required ? "" : "[", row->name,
                              is_list ? "…" : "", is_required ? "" : "]");
}

heddle_status cli_help_synopsis(const cli_group *group, const cli_command *command,
                                base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "heddle %s%s%s", group->name, command->verb[0] ? " " : "",
                                command->verb));
    for (size_t i = 0; i < command->argument_count; i++)
        BASE_TRY(put_argument(&command->arguments[i], out));
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].flags & CLI_REQUIRED)
            BASE_TRY(base_buffer_printf(out, " --%s %s", command->options[i].name,
                                        shown(&command->options[i])));
    return HEDDLE_OK;
}

static heddle_status put_title(const char *title, bool bold, base_buffer *out)
{
    return base_buffer_printf(out, "\n%s%s%s\n", bold ? "\033[1m" : "", title,
                              bold ? "\033[0m" : "");
}

/* Terms in one column, meanings beside them, or below a term that is too long. */
static heddle_status put_row(const char *term, const char *meaning, base_buffer *out)
{
    enum { COLUMN = 28 };
    int len = (int)strlen(term);
    if (len + 2 > COLUMN)
        return base_buffer_printf(out, "  %s\n%*s%s\n", term, COLUMN + 2, "", meaning);
    return base_buffer_printf(out, "  %-*s%s\n", COLUMN, term, meaning);
}

static heddle_status put_rows(const char *title, const cli_option *rows, size_t count,
                              bool is_option, bool bold, base_buffer *out)
{
    if (!count)
        return HEDDLE_OK;
    BASE_TRY(put_title(title, bold, out));
    for (size_t i = 0; i < count; i++) {
        base_auto_buffer base_buffer term = {0};
        base_auto_buffer base_buffer meaning = {0};
        if (is_option && !rows[i].letter)
            BASE_TRY(base_buffer_append_str(&term, "    "));
        BASE_TRY(cli_help_term(&rows[i], is_option, &term));
        BASE_TRY(cli_help_meaning(&rows[i], &meaning));
        const char *term_text = base_buffer_cstr(&term);
        const char *meaning_text = base_buffer_cstr(&meaning);
        if (!term_text || !meaning_text)
            return HEDDLE_E_NO_MEMORY;
        BASE_TRY(put_row(term_text, meaning_text, out));
    }
    return HEDDLE_OK;
}

/* Paragraphs, each line indented. */
static heddle_status put_indented(const char *text, base_buffer *out)
{
    while (text[0]) {
        size_t len = strcspn(text, "\n");
        BASE_TRY(base_buffer_printf(out, "%s%.*s\n", len ? "  " : "", (int)len, text));
        text += len + (text[len] == '\n');
    }
    return HEDDLE_OK;
}

static heddle_status help_command(const cli_group *group, const cli_command *command, bool bold,
                                  base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "%s\n", command->summary));
    BASE_TRY(put_title("Usage", bold, out));
    BASE_TRY(base_buffer_append_str(out, "  "));
    BASE_TRY(cli_help_synopsis(group, command, out));
    BASE_TRY(base_buffer_append_str(out, " [OPTION…]\n"));
    if (command->details)
        BASE_TRY(base_buffer_printf(out, "\n%s\n", command->details));
    BASE_TRY(put_rows("Arguments", command->arguments, command->argument_count, false, bold, out));
    BASE_TRY(put_rows("Options", command->options, command->option_count, true, bold, out));
    BASE_TRY(put_rows("Options of every command", cli_common_options, cli_common_option_count, true,
                      bold, out));
    if (!command->example)
        return HEDDLE_OK;
    BASE_TRY(put_title("Examples", bold, out));
    return put_indented(command->example, out);
}

static heddle_status help_group(const cli_group *group, bool bold, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "%s\n", group->summary));
    if (group->details)
        BASE_TRY(base_buffer_printf(out, "\n%s\n", group->details));
    BASE_TRY(put_title("Commands", bold, out));
    const cli_command *command;
    for (size_t i = 0; (command = cli_command_at(group, i)); i++)
        BASE_TRY(put_row(command->verb, command->summary, out));
    return base_buffer_printf(out, "\nheddle %s COMMAND --help explains each of them.\n",
                              group->name);
}

static heddle_status help_program(bool bold, base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(
        out, "heddle: identities, channels, chaincode and transactions of Hyperledger Fabric\n"));
    BASE_TRY(put_title("Usage", bold, out));
    BASE_TRY(base_buffer_append_str(out, "  heddle COMMAND … [OPTION…]\n"));
    BASE_TRY(put_title("Commands", bold, out));
    const cli_group *group;
    for (size_t i = 0; (group = cli_group_at(i)); i++)
        if (group->summary)
            BASE_TRY(put_row(group->name, group->summary, out));
    BASE_TRY(put_rows("Options of every command", cli_common_options, cli_common_option_count, true,
                      bold, out));
    return base_buffer_append_str(out, "\nheddle COMMAND --help explains each of them.\n");
}

heddle_status cli_help(const cli_call *call, bool bold, base_buffer *out)
{
    if (call->command)
        return help_command(call->group, call->command, bold, out);
    return call->group ? help_group(call->group, bold, out) : help_program(bold, out);
}

heddle_status cli_help_usage(const cli_call *call, base_buffer *out)
{
    if (!call->command)
        return base_buffer_printf(out, "heddle %s%s--help shows the commands.\n",
                                  call->group ? call->group->name : "", call->group ? " " : "");
    BASE_TRY(base_buffer_append_str(out, "usage: "));
    BASE_TRY(cli_help_synopsis(call->group, call->command, out));
    return base_buffer_printf(out, " [OPTION…]\nheddle %s%s%s --help explains it.\n",
                              call->group->name, call->command->verb[0] ? " " : "",
                              call->command->verb);
}
