/* What to call, as it is given on the command line. */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli/session.h"
#include "heddle/contract.h"

typedef struct cli_request {
    const char *chaincode;
    const char *function;
    cli_texts args;
    cli_texts arg_files;
    cli_pairs transient;
    cli_pairs transient_files;
    cli_texts endorsing_orgs;
    bool is_init;
} cli_request;

enum { CLI_REQUEST_ARGUMENTS = 3 };

/* Rows of a struct @p values whose member @p member is a cli_request. */
#define CLI_REQUEST_ROWS(values, member)                                                           \
    {.name = "arg-file",                                                                           \
     .letter = 'f',                                                                                \
     .type = CLI_TEXTS,                                                                            \
     CLI_AT(values, member.arg_files),                                                             \
     .completion = CLI_COMPLETE_FILE,                                                              \
     .shown = "FILE",                                                                              \
     .help = "argument behind the others: the bytes of a file, or of standard input for -"},       \
        {.name = "transient",                                                                      \
         .letter = 't',                                                                            \
         .type = CLI_PAIRS,                                                                        \
         CLI_AT(values, member.transient),                                                         \
         .help = "what only the endorsers see"},                                                   \
    {                                                                                              \
        .name = "transient-file", .type = CLI_PAIRS, CLI_AT(values, member.transient_files),       \
        .completion = CLI_COMPLETE_FILE, .shown = "NAME=FILE", .help = "the same, from a file"     \
    }

#define CLI_REQUEST_PLACES(values, member)                                                         \
    {.name = "CHAINCODE",                                                                          \
     CLI_AT(values, member.chaincode),                                                             \
     .flags = CLI_REQUIRED,                                                                        \
     .help = "name of the chaincode, or CHAINCODE:CONTRACT"},                                      \
        {.name = "FUNCTION",                                                                       \
         CLI_AT(values, member.function),                                                          \
         .flags = CLI_REQUIRED,                                                                    \
         .help = "its function"},                                                                  \
    {                                                                                              \
        .name = "ARG", .type = CLI_TEXTS, CLI_AT(values, member.args),                             \
        .help = "arguments; behind -- also those that begin with -"                                \
    }

/** The request, in the session's memory. */
HEDDLE_MUST_USE heddle_status cli_request_read(cli_session *session, const cli_request *request,
                                               heddle_request *out, heddle_error *err);
/** The chaincode as the identity calls it; yours to heddle_contract_unref(). */
HEDDLE_MUST_USE heddle_status cli_request_contract(cli_session *session, const cli_request *request,
                                                   heddle_contract **out, heddle_error *err);

BASE_AUTO_DEFINE(heddle_contract, heddle_contract *, heddle_contract_unref)

#endif
