/*
 * Commands by one table: a row a command drives parsing, --help, the completions of bash and
 * zsh, the reference pages and the manual pages.
 *
 *   heddle GROUP VERB [ARGUMENT …] [--OPTION VALUE …]
 *
 * A command declares a struct for its values and rows that say where each of them goes; its
 * function gets the struct, filled and checked, and the session (cli/session.h), through which
 * it reaches the network and writes its answer (cli/document.h):
 *
 *   struct status { const char *tx_id; bool wait; };
 *   static const cli_option arguments[] = {
 *       {.name = "TXID", CLI_AT(struct status, tx_id), .flags = CLI_REQUIRED,
 *        .help = "the transaction's id"}};
 *   static const cli_option options[] = {
 *       {.name = "wait", .type = CLI_FLAG, CLI_AT(struct status, wait), .help = "…"}};
 *   static const cli_command commands[] = {
 *       {.verb = "status", .summary = "what became of a transaction", CLI_ARGUMENTS(arguments),
 *        CLI_OPTIONS(options), .size = sizeof(struct status), .run = run_status}};
 *   const cli_group cli_group_tx = {.name = "tx", .summary = "…", CLI_COMMANDS(commands)};
 *
 * A group is then named in groups.h and groups.c, and that is all.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/alloc.h"
#include "base/arena.h"

typedef enum cli_type {
    CLI_TEXT,     /* const char *; NULL when not given and without a default */
    CLI_FLAG,     /* bool; an option without a value */
    CLI_NUMBER,   /* uint64_t, within min and max */
    CLI_DURATION, /* uint64_t of milliseconds, written 250ms, 10s, 2m, 1h */
    CLI_CHOICE,   /* int: index into choices; -1 when not given and without a default */
    CLI_TEXTS,    /* cli_texts; the option is repeated, or the arguments go on to the end */
    CLI_PAIRS     /* cli_pairs; NAME=VALUE, repeated as above */
} cli_type;

typedef struct cli_texts {
    size_t count;
    const char *const *items;
} cli_texts;

typedef struct cli_pair {
    const char *name;
    const char *value;
} cli_pair;

typedef struct cli_pairs {
    size_t count;
    const cli_pair *items;
} cli_pairs;

/** What a shell offers for the value, beside the choices. */
typedef enum cli_completion {
    CLI_COMPLETE_NOTHING,
    CLI_COMPLETE_FILE,
    CLI_COMPLETE_FOLDER,
    CLI_COMPLETE_CONTEXT, /* names of contexts */
    CLI_COMPLETE_ORG,     /* organisations of the context */
    CLI_COMPLETE_LABEL,   /* of the wallet */
    CLI_COMPLETE_PEER,    /* peers of the context */
    CLI_COMPLETE_ORDERER
} cli_completion;

enum {
    CLI_REQUIRED = 1, /* must be given, and not be empty */
    CLI_COMMAS = 2    /* of CLI_TEXTS: one value may hold several, with commas between */
};

/** An option, or an argument by its place. */
typedef struct cli_option {
    const char *name; /* of an option "arg-file", of an argument "FILE" */
    char letter;      /* "-f" for short; 0: none */
    cli_type type;
    size_t offset;
    const char *value; /* the default, as it would be given */
    uint64_t min;
    uint64_t max;               /* 0: no bound */
    const char *const *choices; /* ends with NULL */
    cli_completion completion;
    unsigned flags;
    const char *shown; /* stands for the value in --help: "FILE"; NULL: by the type */
    const char *help;  /* begins small, without a full stop */
} cli_option;

#define CLI_AT(type, member) .offset = offsetof(type, member)

typedef struct cli_session cli_session;

/** Does the command. What it fails with goes to the terminal and decides the exit code. */
typedef heddle_status cli_run_fn(cli_session *session, const void *values, heddle_error *err);

typedef struct cli_command {
    const char *verb; /* one word or several: "identity list"; "" for a group that is a command */
    const char *summary; /* one line, begins small, without a full stop */
    const char *details; /* paragraphs for --help and the manual; may be NULL */
    const char *example; /* lines of shell; may be NULL */
    const cli_option *arguments;
    size_t argument_count;
    const cli_option *options;
    size_t option_count;
    size_t size; /* of the struct of values */
    cli_run_fn *run;
} cli_command;

#define CLI_ARGUMENTS(rows) .arguments = (rows), .argument_count = BASE_COUNT(rows)
#define CLI_OPTIONS(rows)   .options = (rows), .option_count = BASE_COUNT(rows)

typedef struct cli_group {
    const char *name;    /* "tx" */
    const char *summary; /* as of a command */
    const char *details; /* paragraphs for the manual page; may be NULL */
    const cli_command *commands;
    size_t command_count;
    const struct cli_group *more; /* its commands, from another file, come behind; may be NULL */
} cli_group;

/** One of its commands, in their order; NULL past the end. */
const cli_command *cli_command_at(const cli_group *group, size_t index);

#define CLI_COMMANDS(rows) .commands = (rows), .command_count = BASE_COUNT(rows)

#endif
