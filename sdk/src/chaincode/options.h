/* The options of a server: from arguments, from variables, checked. */
#ifndef CC_OPTIONS_H
#define CC_OPTIONS_H

#include "base/buffer.h"
#include "heddle/chaincode_server.h"

/** What a program is asked to do. */
typedef enum cc_command {
    CC_COMMAND_SERVE,
    CC_COMMAND_HELP,
    CC_COMMAND_VERSION,
    CC_COMMAND_METADATA,
    CC_COMMAND_REPLAY /* of the files that follow the command */
} cc_command;

/**
 * Fill @p options from "--name value", "--name=value" and the same with one dash (peers launch
 * with that). The strings belong to @p argv. *out_at: the place of the command in it.
 * E_BAD_ARGUMENT names the argument.
 */
HEDDLE_MUST_USE heddle_status cc_options_from_args(int argc, char *const *argv,
                                                   heddle_cc_server_options *options,
                                                   cc_command *out_command, int *out_at,
                                                   heddle_error *err);

/**
 * What a program gave that knows less of the options, or as much: the rest is 0. E_BAD_ARGUMENT: it
 * knows more.
 */
HEDDLE_MUST_USE heddle_status cc_options_take(const heddle_cc_server_options *given,
                                              heddle_cc_server_options *out, heddle_error *err);

/** E_CONFIG: they contradict each other, or something is missing. */
HEDDLE_MUST_USE heddle_status cc_options_check(const heddle_cc_server_options *options,
                                               heddle_error *err);

/** The options that are 0 or NULL get their defaults. */
heddle_cc_server_options cc_options_complete(const heddle_cc_server_options *options);

/** A table of all arguments and variables. */
HEDDLE_MUST_USE heddle_status cc_options_help(const char *program, base_buffer *out);

/** A file of PEM, or of base64 of it, as some shims are given it. NULL: nothing. */
HEDDLE_MUST_USE heddle_status cc_pem_read(const char *file, base_buffer *out, heddle_error *err);

#endif
