/*
 * An asynchronous call of the SDK: one remote call, or several in a row ("steps").
 *
 * The chain of steps begins on the caller's thread and goes on in the reply functions, on a
 * reactor. A cancelled call takes no further step; its pending one ends with E_CANCELLED.
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "base/buffer.h"
#include "client/gateway.h"

/**
 * The answer to a step, exactly once, on a reactor: @p response borrowed, or NULL and
 * @p err, completely filled. Has to lead to another step or to client_call_finish().
 */
typedef void client_reply_fn(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user);

typedef struct client_step {
    heddle_stage stage;
    const char *method;
    const char *tx_id; /* copied */
    uint32_t limit_ms; /* if sooner than the limit of the stage; 0: that */
    client_reply_fn *fn;
    void *user;
} client_step;

/** Enter a call under @p gateway. @p options may be NULL. */
HEDDLE_MUST_USE heddle_status client_call_new(heddle_gateway *gateway,
                                              const heddle_call_options *options, heddle_call **out,
                                              heddle_error *err);

/** Start a step with the bytes of @p request (taken and emptied). On failure @p step->fn does
 *  not run and @p err is completely filled. */
HEDDLE_MUST_USE heddle_status client_call_step(heddle_call *call, const client_step *step,
                                               base_buffer *request, heddle_error *err);

/** The end of a pause, exactly once, on a reactor: @p err says E_CANCELLED, or is NULL. Has to
 *  lead to another step or to client_call_finish(). */
typedef void client_resume_fn(heddle_call *call, heddle_error *err, void *user);

/** Between steps, in the function that answers one: wait. On failure @p fn does not run. */
HEDDLE_MUST_USE heddle_status client_call_pause(heddle_call *call, uint32_t delay_ms,
                                                client_resume_fn *fn, void *user,
                                                heddle_error *err);

/**
 * A step that asks nobody: wait for client_call_wake(), a cancel, or the limit of the stage.
 * @p fn as that of a pause; of @p step its `fn` does not count. On failure @p fn does not run.
 */
HEDDLE_MUST_USE heddle_status client_call_wait(heddle_call *call, const client_step *step,
                                               client_resume_fn *fn, void *user, heddle_error *err);
/** End such a wait, or nothing. Any thread. */
void client_call_wake(heddle_call *call);
/** What is left for the present step; at least 1. */
uint32_t client_call_left_ms(const heddle_call *call);
/** Count it, as one that asked. */
void client_call_count(const heddle_call *call, bool failed);

/** The last word on a call, after its callback or instead of its first step: gives back the
 *  reference of client_call_new(). */
void client_call_finish(heddle_call *call);

heddle_call *client_call_ref(heddle_call *call);

/** Put stage and transaction id into @p err (may be NULL), and what the caller may do next. */
void client_error_place(heddle_error *err, heddle_stage stage, const char *tx_id);

/** E_BAD_STATE on a reactor, where nothing may wait. */
HEDDLE_MUST_USE heddle_status client_check_may_wait(heddle_error *err);

BASE_AUTO_DEFINE(heddle_call, heddle_call *, heddle_call_unref)

#endif
