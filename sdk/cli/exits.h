/* Exit codes by class of failure; the same for every command. */
#ifndef CLI_EXITS_H
#define CLI_EXITS_H

#include "heddle/status.h"

enum {
    CLI_EXIT_OK = 0,
    CLI_EXIT_FAILED = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_NOT_FOUND = 3,
    CLI_EXIT_DENIED = 4,
    CLI_EXIT_EXISTS = 5,
    CLI_EXIT_UNAVAILABLE = 6,
    CLI_EXIT_TIMED_OUT = 7,
    CLI_EXIT_INVALID = 8,
    CLI_EXIT_REFUSED = 9,
    CLI_EXIT_OPEN = 10,
    CLI_EXIT_IDENTITY = 11,
    CLI_EXIT_DATA = 12,
    CLI_EXIT_LOCAL = 13,
    CLI_EXIT_INTERRUPTED = 130,
    CLI_EXIT_CUT = 141
};

typedef struct cli_exit {
    int code;
    const char *meaning;
    const char *next; /* what may put it right; NULL: the message says so */
} cli_exit;

/** All of them, in the order of their codes; it ends with CLI_EXIT_CUT. */
extern const cli_exit cli_exits[];

/** The class of a failure. */
const cli_exit *cli_exit_of(const heddle_error *err);

#endif
