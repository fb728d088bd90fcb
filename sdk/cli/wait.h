/*
 * Waiting for an asynchronous call of the library, so that Ctrl-C ends it cleanly.
 *
 *   cli_wait wait;
 *   cli_wait_init(session, &wait);
 *   heddle_call *call = NULL;
 *   status = heddle_evaluate_start(…, on_end, &wait, &call, err);
 *   status = cli_wait_for(&wait, status, call, err);
 *   cli_wait_done(&wait);
 *
 * where on_end() keeps what it is given and calls cli_wait_end().
 */
#ifndef CLI_WAIT_H
#define CLI_WAIT_H

#include <pthread.h>

#include "cli/session.h"

typedef struct cli_wait {
    cli_session *session;
    heddle_call *call; /* NULL: not started yet */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_over;
    heddle_status status;
    heddle_error err;
} cli_wait;

/** From here on Ctrl-C cancels the call, also one that starts later. */
void cli_wait_init(cli_session *session, cli_wait *wait);
/** From here on Ctrl-C is only remembered: cli_interrupt_check(). */
void cli_wait_done(cli_wait *wait);

/** Of the callback, as the last thing it does; @p err NULL: success. */
void cli_wait_end(cli_wait *wait, const heddle_error *err);

/** @p started is what the start gave: if that failed nothing is waited for. @p call is taken. */
HEDDLE_MUST_USE heddle_status cli_wait_for(cli_wait *wait, heddle_status started, heddle_call *call,
                                           heddle_error *err);

#endif
