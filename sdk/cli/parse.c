#include "cli/parse.h"

#include <stdio.h>

#include "base/fail.h"
#include "cli/groups.h"
#include "cli/value.h"

static const char *const color_choices[] = {"auto", "always", "never", NULL};

const cli_option cli_common_options[] = {
    {.name = "context",
     CLI_AT(cli_common, context),
     .completion = CLI_COMPLETE_CONTEXT,
     .shown = "NAME",
     .help = "context to work in, in place of the current one ($HEDDLE_CONTEXT)"},
    {.name = "org",
     CLI_AT(cli_common, org),
     .completion = CLI_COMPLETE_ORG,
     .shown = "NAME",
     .help = "organisation of the context that acts, by its name or MSP id ($HEDDLE_ORG)"},
    {.name = "identity",
     .letter = 'i',
     CLI_AT(cli_common, identity),
     .completion = CLI_COMPLETE_LABEL,
     .shown = "LABEL",
     .help = "who acts: a label of the wallet, or an MSP folder"},
    {.name = "channel",
     .letter = 'C',
     CLI_AT(cli_common, channel),
     .shown = "NAME",
     .help = "channel, in place of the context's ($HEDDLE_CHANNEL)"},
    {.name = "output",
     .letter = 'o',
     .type = CLI_CHOICE,
     CLI_AT(cli_common, form),
     .value = "table",
     .choices = cli_forms,
     .shown = "FORM",
     .help = "form of the answer"},
    {.name = "timeout",
     .type = CLI_DURATION,
     CLI_AT(cli_common, timeout_ms),
     .max = UINT32_MAX,
     .help = "limit of each call to the network, such as 10s; 0: the library's own"},
    {.name = "config",
     CLI_AT(cli_common, config),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "file of contexts ($HEDDLE_CONFIG; default ~/.config/heddle/config.yaml)"},
    {.name = "color",
     .type = CLI_CHOICE,
     CLI_AT(cli_common, color),
     .value = "auto",
     .choices = color_choices,
     .shown = "WHEN",
     .help = "colours: on a terminal unless $NO_COLOR is set, or as is said here"},
    {.name = "verbose",
     .letter = 'v',
     .type = CLI_FLAG,
     CLI_AT(cli_common, verbose),
     .help = "what the library does by itself, on standard error"},
    {.name = "quiet",
     .letter = 'q',
     .type = CLI_FLAG,
     CLI_AT(cli_common, quiet),
     .help = "no notes and no progress on standard error"},
    {.name = "help",
     .letter = 'h',
     .type = CLI_FLAG,
     CLI_AT(cli_common, help),
     .help = "explain the command and stop"},
};
const size_t cli_common_option_count = BASE_COUNT(cli_common_options);

static const cli_option *find_in(const cli_option *rows, size_t count, heddle_view name)
{
    for (size_t i = 0; i < count; i++)
        if (base_view_is(name, rows[i].name) ||
            (name.len == 1 && rows[i].letter == (char)name.data[0]))
            return &rows[i];
    return NULL;
}

const cli_option *cli_option_find(const cli_command *command, heddle_view name)
{
    const cli_option *found = NULL;
    if (command)
        found = find_in(command->options, command->option_count, name);
    return found ? found : find_in(cli_common_options, cli_common_option_count, name);
}

/* Which command the words name. */

static bool is_word_of(const char *verb, const char *words)
{
    size_t len = strlen(words);
    return strncmp(verb, words, len) == 0 && (verb[len] == 0 || verb[len] == ' ');
}

/* Take @p word as the next one of a verb; false if no verb goes on like that. */
static bool take_verb(cli_path *path, const char *word)
{
    char verb[sizeof(path->verb)];
    int len = snprintf(verb, sizeof(verb), "%s%s%s", path->verb, path->verb[0] ? " " : "", word);
    if (len < 0 || (size_t)len >= sizeof(verb) || !word[0])
        return false;
    bool goes_on = false;
    const cli_command *command;
    for (size_t i = 0; (command = cli_command_at(path->group, i)); i++) {
        if (strcmp(command->verb, verb) == 0)
            path->command = command;
        goes_on = goes_on || is_word_of(command->verb, verb);
    }
    if (goes_on)
        memcpy(path->verb, verb, sizeof(verb));
    return goes_on;
}

static bool take_group(cli_path *path, const char *word)
{
    path->group = cli_group_find(word);
    if (path->group && !path->group->commands[0].verb[0])
        path->command = path->group->commands;
    return path->group != NULL;
}

static const cli_option *option_of_word(const cli_command *command, const char *word,
                                        const char **out_value)
{
    bool is_long = word[1] == '-';
    const char *name = word + 1 + is_long;
    size_t len = is_long ? strcspn(name, "=") : 1;
    const cli_option *option =
        len == 1 && is_long ? NULL : cli_option_find(command, heddle_view_of(name, len));
    *out_value = name[len] == 0 ? NULL : name + len + (name[len] == '=');
    return option;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != 0;
}

void cli_path_follow(cli_path *path, const char *word)
{
    const char *value;
    if (path->value) {
        path->value = NULL;
    } else if (!path->options_ended && strcmp(word, "--") == 0) {
        path->options_ended = true;
    } else if (!path->options_ended && is_option(word)) {
        const cli_option *option = option_of_word(path->command, word, &value);
        if (option && option->type != CLI_FLAG && !value)
            path->value = option;
    } else if (!path->group) {
        (void)take_group(path, word);
    } else if (!path->command) {
        (void)take_verb(path, word);
    } else {
        path->argument_count++;
    }
}

/* Reading. */

struct reader {
    const char *const *words;
    size_t count;
    size_t next;
    cli_path path;
    base_arena *arena;
    cli_call *call;
    heddle_error *err;
};

static heddle_status fail_group(struct reader *reader, const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (const cli_group *group; count < BASE_COUNT(names) && (group = cli_group_at(count));)
        names[count++] = group->name;
    const char *nearest = cli_nearest(word, names, count);
    return base_fail(reader->err, HEDDLE_E_BAD_ARGUMENT, "there is no command \"%s\"%s%s%s", word,
                     nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

static heddle_status fail_verb(struct reader *reader, const char *word)
{
    const cli_group *group = reader->path.group;
    const char *verbs[64];
    size_t count = 0;
    char whole[160];
    snprintf(whole, sizeof(whole), "%s%s%s", reader->path.verb, reader->path.verb[0] ? " " : "",
             word);
    for (const cli_command *command;
         count < BASE_COUNT(verbs) && (command = cli_command_at(group, count));)
        verbs[count++] = command->verb;
    const char *nearest = cli_nearest(whole, verbs, count);
    return base_fail(reader->err, HEDDLE_E_BAD_ARGUMENT, "there is no command \"%s %s\"%s%s%s%s%s",
                     group->name, whole, nearest ? "; did you mean \"" : "",
                     nearest ? group->name : "", nearest ? " " : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

/* The struct of values is there as soon as the command is. */
static heddle_status begin_command(struct reader *reader)
{
    cli_call *call = reader->call;
    const cli_command *command = reader->path.command;
    call->group = reader->path.group;
    if (!command || call->command)
        return HEDDLE_OK;
    call->command = command;
    call->values = base_arena_zalloc(reader->arena, 1, command->size ? command->size : 1);
    if (!call->values)
        return base_fail_memory(reader->err, command->verb);
    BASE_TRY(cli_value_defaults(command->options, command->option_count, reader->arena,
                                call->values, reader->err));
    return cli_value_defaults(command->arguments, command->argument_count, reader->arena,
                              call->values, reader->err);
}

static heddle_status read_argument(struct reader *reader, const char *word)
{
    const cli_command *command = reader->call->command;
    size_t index = reader->path.argument_count++;
    if (index >= command->argument_count && command->argument_count) {
        const cli_option *last = &command->arguments[command->argument_count - 1];
        if (last->type == CLI_TEXTS || last->type == CLI_PAIRS)
            index = command->argument_count - 1;
    }
    if (index >= command->argument_count)
        return base_fail(reader->err, HEDDLE_E_BAD_ARGUMENT, "\"%s\" is one argument too many",
                         word);
    const cli_option *row = &command->arguments[index];
    return cli_value_put(row, row->name, word, reader->arena, reader->call->values, reader->err);
}

static heddle_status read_word(struct reader *reader, const char *word)
{
    if (reader->call->command)
        return read_argument(reader, word);
    if (!reader->path.group) {
        if (strcmp(word, "help") == 0 && !reader->call->wants_help) {
            reader->call->wants_help = true;
            return HEDDLE_OK;
        }
        if (!take_group(&reader->path, word))
            return fail_group(reader, word);
    } else if (!take_verb(&reader->path, word)) {
        return fail_verb(reader, word);
    }
    return begin_command(reader);
}

static heddle_status fail_option(struct reader *reader, const char *word)
{
    const cli_command *command = reader->call->command;
    const char *names[96];
    size_t count = 0;
    for (size_t i = 0; command && i < command->option_count && count < 64; i++)
        names[count++] = command->options[i].name;
    for (size_t i = 0; i < cli_common_option_count; i++)
        names[count++] = cli_common_options[i].name;
    char name[64];
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const char *nearest = word[1] == '-' ? cli_nearest(name, names, count) : NULL;
    return base_fail(reader->err, HEDDLE_E_BAD_ARGUMENT, "there is no option %.*s%s%s%s",
                     (int)strcspn(word, "="), word, nearest ? "; did you mean --" : "",
                     nearest ? nearest : "", nearest ? "?" : "");
}

static bool is_common(const cli_option *option)
{
    return option >= cli_common_options && option < cli_common_options + cli_common_option_count;
}

static heddle_status read_option(struct reader *reader, const char *word)
{
    const char *value;
    char where[80];
    if (strcmp(word, "--version") == 0 && !reader->path.group) {
        reader->call->wants_version = true;
        return HEDDLE_OK;
    }
    if (strcmp(word, "--reference") == 0) {
        reader->call->wants_reference = true;
        return HEDDLE_OK;
    }
    const cli_option *option = option_of_word(reader->call->command, word, &value);
    if (!option || (option->type == CLI_FLAG && value && word[1] != '-'))
        return fail_option(reader, word);
    snprintf(where, sizeof(where), "--%s", option->name);
    if (option->type == CLI_FLAG && !value)
        value = "true";
    if (!value && reader->next >= reader->count)
        return base_fail(reader->err, HEDDLE_E_BAD_ARGUMENT, "%s: its value is missing", where);
    if (!value)
        value = reader->words[reader->next++];
    return cli_value_put(option, where, value, reader->arena,
                         is_common(option) ? (void *)&reader->call->common : reader->call->values,
                         reader->err);
}

static heddle_status read_words(struct reader *reader)
{
    while (reader->next < reader->count) {
        const char *word = reader->words[reader->next++];
        if (!reader->path.options_ended && strcmp(word, "--") == 0)
            reader->path.options_ended = true;
        else if (!reader->path.options_ended && is_option(word))
            BASE_TRY(read_option(reader, word));
        else
            BASE_TRY(read_word(reader, word));
    }
    return HEDDLE_OK;
}

static heddle_status check_complete(const cli_call *call, heddle_error *err)
{
    const cli_command *command = call->command;
    if (!call->group)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no command was given");
    if (!command)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%s\" wants a command behind it",
                         call->group->name);
    for (size_t i = 0; i < command->argument_count; i++)
        if (cli_value_is_missing(&command->arguments[i], call->values))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s is missing",
                             command->arguments[i].name);
    for (size_t i = 0; i < command->option_count; i++)
        if (cli_value_is_missing(&command->options[i], call->values))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--%s is missing",
                             command->options[i].name);
    return HEDDLE_OK;
}

heddle_status cli_parse(const char *const *words, size_t count, base_arena *arena, cli_call *out,
                        heddle_error *err)
{
    struct reader reader = {
        .words = words, .count = count, .arena = arena, .call = out, .err = err};
    *out = (cli_call){0};
    BASE_TRY(
        cli_value_defaults(cli_common_options, cli_common_option_count, arena, &out->common, err));
    BASE_TRY(read_words(&reader));
    out->wants_help = out->wants_help || out->common.help;
    bool only_tells = out->wants_help || out->wants_version || out->wants_reference;
    return only_tells ? HEDDLE_OK : check_complete(out, err);
}
