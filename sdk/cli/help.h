/* What --help prints, and the reference pages. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/parse.h"

/** --help of the command, the group or the program. */
HEDDLE_MUST_USE heddle_status cli_help(const cli_call *call, bool bold, base_buffer *out);
/** The line of usage, and where there is more. */
HEDDLE_MUST_USE heddle_status cli_help_usage(const cli_call *call, base_buffer *out);
/** "heddle tx submit CHAINCODE FUNCTION [ARG…]". */
HEDDLE_MUST_USE heddle_status cli_help_synopsis(const cli_group *group, const cli_command *command,
                                                base_buffer *out);
/** "--arg-file FILE"; without dashes for an argument. */
HEDDLE_MUST_USE heddle_status cli_help_term(const cli_option *row, bool is_option,
                                            base_buffer *out);
/** Its meaning with choices and default. */
HEDDLE_MUST_USE heddle_status cli_help_meaning(const cli_option *row, base_buffer *out);

#endif
