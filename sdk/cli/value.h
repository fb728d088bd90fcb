/* One value of an option or an argument, checked and put into its struct. */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "cli/command.h"

/** Put @p text there; of lists one more. @p where names it in errors: "--arg-file", "FUNCTION". */
HEDDLE_MUST_USE heddle_status cli_value_put(const cli_option *option, const char *where,
                                            const char *text, base_arena *arena, void *values,
                                            heddle_error *err);
/** Put the default of each row there. */
HEDDLE_MUST_USE heddle_status cli_value_defaults(const cli_option *rows, size_t count,
                                                 base_arena *arena, void *values,
                                                 heddle_error *err);
/** Whether a required row got nothing. */
bool cli_value_is_missing(const cli_option *option, const void *values);

/** The text of @p count that is most like @p word; NULL if none is like it. */
const char *cli_nearest(const char *word, const char *const *texts, size_t count);

#endif
