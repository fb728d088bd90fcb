/* The inside of a submission, shared by its life (submission.c) and its way (way.c). */
#ifndef ONCE_STATE_H
#define ONCE_STATE_H

#include "client/proposal.h"
#include "heddle/ledger.h"
#include "once/submission.h"
#include "rpc/runtime.h"

struct once_submission {
    heddle_journal *journal;
    client_binding binding;
    heddle_contract *contract;
    base_arena *arena; /* what follows up to `limits` */
    const char *channel;
    heddle_view key;
    uint8_t fingerprint[JOURNAL_FINGERPRINT_LEN];
    heddle_request request;

    uint64_t deadline_ms;
    uint32_t attempts_left;
    uint32_t backoff_ms;     /* of the next pause */
    heddle_details *details; /* the caller's, or … */
    heddle_details *own_details;
    base_list waiters;

    uint32_t attempt;
    uint32_t sends;
    bool may_be_out; /* the present attempt is in the journal or on the ledger */
    heddle_transaction *transaction;
    heddle_bytes kept; /* of the transaction */
    heddle_ledger *ledger;
    heddle_outcome outcome;
    base_arena *row; /* what the journal said */
    rpc_reactor *reactor;
    journal_op op;
    void (*after)(journal_op *op); /* … what comes then, on the reactor */
    rpc_task task;
    rpc_timer timer;
};

/** Look for the key in the journal and take it from there to the end. */
void once_way_begin(once_submission *submission);

/** Forget the attempt at hand. */
void once_attempt_reset(once_submission *submission);

/** The end, on a reactor, after which there is no submission. @p err is NULL on success. */
void once_conclude(once_submission *submission, const heddle_error *err);
/** The end without a verdict. If the transaction may still become valid the error says so. */
void once_fail(once_submission *submission, const heddle_error *why);

#endif
