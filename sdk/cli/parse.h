/* The words of a command line, by the tables of commands. */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include "cli/session.h"

/** The options that stand with every command, and with none. */
extern const cli_option cli_common_options[];
extern const size_t cli_common_option_count;

typedef struct cli_call {
    const cli_group *group;     /* NULL: none was named */
    const cli_command *command; /* NULL: only a group, or not even that */
    void *values;               /* of the command; in the arena */
    cli_common common;
    bool wants_help;
    bool wants_version;
    bool wants_reference;
} cli_call;

/**
 * @p words without the program's name. Options may stand anywhere; "--" ends them. Whoever asks
 * for help need not give what is required. E_BAD_ARGUMENT says what is wrong; *out has what was
 * understood up to there, also on failure.
 */
HEDDLE_MUST_USE heddle_status cli_parse(const char *const *words, size_t count, base_arena *arena,
                                        cli_call *out, heddle_error *err);

/** How far the words lead into the tables; for completions. */
typedef struct cli_path {
    const cli_group *group;
    const cli_command *command;
    char verb[64];           /* the words of a verb that is not complete yet: "identity" */
    size_t argument_count;   /* given so far */
    const cli_option *value; /* the option whose value comes next */
    bool options_ended;
} cli_path;

/** Follow the words, leaving aside what is wrong with them. */
void cli_path_follow(cli_path *path, const char *word);
/** The option of this name, of the command or of every command; NULL: there is none. */
const cli_option *cli_option_find(const cli_command *command, heddle_view name);

#endif
