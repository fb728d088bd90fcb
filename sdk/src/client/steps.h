/* Starting a call with its first step, and waiting for the end of one. */
#ifndef CLIENT_STEPS_H
#define CLIENT_STEPS_H

#include "client/call.h"
#include "heddle/contract.h"
#include "rpc/latch.h"

/** Make a call under @p gateway and start its first step. On failure nothing is left, the
 *  step's function will not run, and @p err is completely filled. */
HEDDLE_MUST_USE heddle_status client_launch(heddle_gateway *gateway,
                                            const heddle_call_options *options,
                                            const client_step *step, base_buffer *request,
                                            heddle_call **out_call, heddle_error *err);

/** What a blocking function waits for. */
typedef struct client_wait {
    rpc_latch latch;
    heddle_status status;
    heddle_error *err; /* the caller's; may be NULL */
    void *out;         /* where the callback puts the result; its own business */
} client_wait;

void client_wait_init(client_wait *wait, void *out, heddle_error *err);
/** In the callback, last: @p err is NULL on success. */
void client_wait_end(client_wait *wait, const heddle_error *err);
/** A heddle_submit_fn: ends the client_wait @p user, whose `out` (may be NULL) gets a copy. */
void client_wait_keep_outcome(const heddle_outcome *outcome, const heddle_error *err, void *user);
/** Wait if @p started is HEDDLE_OK; gives the status of the whole. */
HEDDLE_MUST_USE heddle_status client_wait_join(client_wait *wait, heddle_status started);

#endif
