/*
 * The frame of a daemon: configuration, the flags that only print, log, ready line, signals
 * and exit codes, the same for each of them.
 *
 *   int main(int argc, char **argv) { return conf_program_main(&program, argc, argv); }
 *
 * Vocabulary: a program is what is compiled in, a process is one run of it. Serving is one
 * function of the program: it starts, says that it is ready, waits for the end, and stops.
 *
 * SIGTERM and SIGINT end a process. SIGHUP reads the configuration again: a bad one changes
 * nothing, a good one gives the log's keys to the log and the rest to the reload function;
 * keys that need a restart are named in the log.
 */
#ifndef CONF_PROGRAM_H
#define CONF_PROGRAM_H

#include "conf/parts.h"

/** Exit codes that mean the same in every program; a program's own begin at 3. */
enum {
    CONF_EXIT_OK = 0,     /* stopped as asked */
    CONF_EXIT_FAILED = 1, /* anything without a code of its own */
    CONF_EXIT_CONFIG = 2  /* bad usage or configuration */
};

typedef struct conf_exit {
    int code;
    const char *meaning;
} conf_exit;

typedef struct conf_process conf_process;

typedef struct conf_program {
    const conf_table *table;
    size_t common_offset;   /* of the conf_common in the values */
    const conf_exit *exits; /* the program's own, ends with code 0; NULL: none */

    /** What the table alone cannot say; NULL: nothing. */
    heddle_status (*check)(const void *values, heddle_error *err);

    /** From start to stop. Takes @p snapshot, and keeps it until it returns. */
    heddle_status (*serve)(conf_process *process, conf_snapshot *snapshot, heddle_error *err);

    /** The exit code of an error; NULL: 2 for E_CONFIG and E_BAD_ARGUMENT, 1 for others. */
    int (*exit_of)(const heddle_error *err);
} conf_program;

/** The whole of main; the exit code. */
int conf_program_main(const conf_program *program, int argc, char *const argv[]);

/** --help and --reference: the keys, and the exit codes. */
HEDDLE_MUST_USE heddle_status conf_program_help(const conf_program *program, base_buffer *out);
HEDDLE_MUST_USE heddle_status conf_program_reference(const conf_program *program, base_buffer *out);

/**
 * Tell that the process serves: one line "ready name=value …" on standard output and, in
 * one piece, in ready_file. @p words is borrowed, without "ready" and without a newline.
 */
HEDDLE_MUST_USE heddle_status conf_process_ready(conf_process *process, heddle_view words,
                                                 heddle_error *err);

/** Takes @p snapshot, which was checked. On failure the process goes on as it was. */
typedef heddle_status conf_reload_fn(void *user, conf_snapshot *snapshot, heddle_error *err);

/**
 * Until a signal or conf_process_end() says to stop. @p reload NULL: nothing but the log
 * changes in a running process. In the thread that serve() was called in.
 */
HEDDLE_MUST_USE heddle_status conf_process_wait(conf_process *process, conf_reload_fn *reload,
                                                void *user, heddle_error *err);

/** Make conf_process_wait() return. Any thread. */
void conf_process_end(conf_process *process);

#endif
