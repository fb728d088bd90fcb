#include "cli/reference.h"

#include "base/fail.h"
#include "cli/context.h"
#include "cli/exits.h"
#include "cli/groups.h"
#include "cli/help.h"

static heddle_status put_row(const cli_option *row, bool is_option, base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, "| `"));
    BASE_TRY(cli_help_term(row, is_option, out));
    BASE_TRY(base_buffer_append_str(out, "` | "));
    BASE_TRY(cli_help_meaning(row, out));
    return base_buffer_append_str(out, " |\n");
}

static heddle_status put_rows(const char *title, const cli_option *rows, size_t count,
                              bool is_option, base_buffer *out)
{
    if (!count)
        return HEDDLE_OK;
    BASE_TRY(base_buffer_printf(out, "\n| %s | meaning |\n| --- | --- |\n", title));
    for (size_t i = 0; i < count; i++)
        BASE_TRY(put_row(&rows[i], is_option, out));
    return HEDDLE_OK;
}

/* A sentence of what begins small and has no full stop. */
static heddle_status put_sentence(const char *text, base_buffer *out)
{
    uint8_t first = (uint8_t)text[0];
    BASE_TRY(base_buffer_append_byte(out, first >= 'a' && first <= 'z' ? first - 32 : first));
    return base_buffer_printf(out, "%s.\n", text + 1);
}

static heddle_status put_command(const cli_group *group, const cli_command *command,
                                 base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, "\n### "));
    BASE_TRY(cli_help_synopsis(group, command, out));
    BASE_TRY(base_buffer_append_str(out, "\n\n"));
    BASE_TRY(put_sentence(command->summary, out));
    if (command->details)
        BASE_TRY(base_buffer_printf(out, "\n%s\n", command->details));
    BASE_TRY(put_rows("argument", command->arguments, command->argument_count, false, out));
    BASE_TRY(put_rows("option", command->options, command->option_count, true, out));
    if (!command->example)
        return HEDDLE_OK;
    return base_buffer_printf(out, "\n```\n%s\n```\n", command->example);
}

static heddle_status put_group(const cli_group *group, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "# heddle-%s: %s\n\nMade by `heddle %s --reference`.\n",
                                group->name, group->summary, group->name));
    if (group->details)
        BASE_TRY(base_buffer_printf(out, "\n%s\n", group->details));
    BASE_TRY(base_buffer_append_str(out, "\n## Commands\n"));
    const cli_command *command;
    for (size_t i = 0; (command = cli_command_at(group, i)); i++)
        BASE_TRY(put_command(group, command, out));
    return base_buffer_append_str(
        out, "\n## See also\n\nheddle(1), for the options of every command, contexts and exit "
             "codes.\n");
}

static heddle_status put_groups(base_buffer *out)
{
    const cli_group *group;
    BASE_TRY(
        base_buffer_append_str(out, "\n## Commands\n\n| command | meaning |\n| --- | --- |\n"));
    for (size_t i = 0; (group = cli_group_at(i)); i++)
        BASE_TRY(base_buffer_printf(out, "| `heddle %s` | %s; see heddle-%s(1) |\n", group->name,
                                    group->summary, group->name));
    return HEDDLE_OK;
}

static heddle_status put_exits(base_buffer *out)
{
    BASE_TRY(
        base_buffer_append_str(out, "\n## Exit codes\n\n| exit code | meaning |\n| --- | --- |\n"));
    for (const cli_exit *row = cli_exits;; row++) {
        BASE_TRY(base_buffer_printf(out, "| %d | %s |\n", row->code, row->meaning));
        if (row->code == CLI_EXIT_CUT)
            return HEDDLE_OK;
    }
}

static heddle_status put_context_row(const conf_key *key, const char *before, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "| `%s%s` | %s |\n", before, key->name, key->help));
    for (size_t i = 0; key->type == CONF_ITEMS && i < key->item_count; i++) {
        base_auto_buffer base_buffer name = {0};
        BASE_TRY(base_buffer_printf(&name, "%s%s[].", before, key->name));
        const char *below = base_buffer_cstr(&name);
        if (!below)
            return HEDDLE_E_NO_MEMORY;
        BASE_TRY(put_context_row(&key->items[i], below, out));
    }
    return HEDDLE_OK;
}

static heddle_status put_contexts(base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(
        out, "\n## The file of contexts\n\nYAML, at ~/.config/heddle/config.yaml, or where "
             "`$HEDDLE_CONFIG` or `--config` say. `heddle context` writes it; relative paths are "
             "taken from its folder.\n\n| key | meaning |\n| --- | --- |\n"));
    for (size_t i = 0; i < cli_context_table.count; i++)
        BASE_TRY(put_context_row(&cli_context_table.keys[i], "", out));
    return HEDDLE_OK;
}

static heddle_status put_program(base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(
        out, "# heddle: identities, channels, chaincode and transactions of Hyperledger Fabric\n\n"
             "Made by `heddle --reference`. Commands are a word and a verb, `heddle tx submit`; "
             "`--help` explains each of them.\n"));
    BASE_TRY(put_groups(out));
    BASE_TRY(base_buffer_append_str(out, "\n## Options of every command\n"));
    BASE_TRY(put_rows("option", cli_common_options, cli_common_option_count, true, out));
    BASE_TRY(base_buffer_append_str(
        out,
        "\nAnswers go to standard output; notes, progress and errors to standard error. Progress "
        "is shown on a terminal only. Passwords and PINs are no arguments: they are read from "
        "files, from `$HEDDLE_PASSWORD` and `$HEDDLE_PIN`, or asked for at the terminal.\n"));
    BASE_TRY(put_exits(out));
    return put_contexts(out);
}

heddle_status cli_reference(const cli_group *group, base_buffer *out)
{
    return group ? put_group(group, out) : put_program(out);
}
