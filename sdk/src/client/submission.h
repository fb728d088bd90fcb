/*
 * One transaction on its whole way: endorse, submit, commit status, as steps of one call. What
 * becomes of a failure, the end or another try, is up to its owner.
 */
#ifndef CLIENT_SUBMISSION_H
#define CLIENT_SUBMISSION_H

#include "client/proposal.h"

typedef struct client_submission client_submission;
struct client_submission {
    client_binding binding;
    char tx_id[65];
    heddle_proposal *proposal;
    heddle_transaction *transaction;
    heddle_commit *commit;
    heddle_outcome outcome;
    bool repeats;          /* a step may be taken again, of the same proposal or transaction */
    uint32_t ask_limit_ms; /* for the next question of status; 0: that of the stage */
    /** The last step, or a failure: @p err is completely filled, NULL on success. Has to lead to
     *  another step or to client_call_finish(). */
    void (*done)(client_submission *s, heddle_call *call, heddle_error *err);
};

/** Begin with @p proposal, taken; also to begin anew. */
void client_submission_set(client_submission *s, heddle_proposal *proposal);
void client_submission_done(client_submission *s);

/* One step each. When it cannot be started, client_submission.done follows all the same, before
 * the function returns: not for the starting thread. */

void client_submission_endorse(client_submission *s, heddle_call *call);
void client_submission_send(client_submission *s, heddle_call *call);
void client_submission_ask(client_submission *s, heddle_call *call);

/** Make the call, and endorse as its first step. On failure `done` does not run. */
HEDDLE_MUST_USE heddle_status client_submission_launch(client_submission *s,
                                                       const heddle_call_options *options,
                                                       heddle_call **out_call, heddle_error *err);

#endif
