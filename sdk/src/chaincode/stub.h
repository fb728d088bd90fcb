/* A transaction while its function runs. */
#ifndef CC_STUB_H
#define CC_STUB_H

#include <pthread.h>

#include "base/list.h"
#include "base/map.h"
#include "chaincode/link.h"
#include "wire/proposal.h"

typedef struct cc_kept {
    struct cc_kept *next;
    rpc_bytes *bytes;
} cc_kept;

struct heddle_cc_stub {
    cc_job job;
    cc_link *link;
    base_arena *arena;
    rpc_bytes *start_bytes;
    cc_message start; /* INIT or TRANSACTION, borrows start_bytes */
    heddle_view table_key;
    const char *tx_id;
    const char *channel;
    const char *function;
    cc_input input;
    wire_proposal proposal;
    bool has_proposal;
    cc_kept *kept;       /* answers whose bytes were given out */
    base_list iterators; /* open ones */
    wire_response response;
    bool status_set;
    wire_event event;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    rpc_bytes *answer;
    bool waiting;
    bool lost; /* no request can be made any more */
};

/** For a message of type INIT or TRANSACTION; references @p bytes and @p link. */
HEDDLE_MUST_USE heddle_status cc_stub_new(cc_link *link, rpc_bytes *bytes, const cc_message *start,
                                          heddle_cc_stub **out, heddle_error *err);
void cc_stub_free(heddle_cc_stub *stub);

/** Run the function, answer the peer, free. */
void cc_stub_run(heddle_cc_stub *stub);

/** The peer's answer to the request under way, if there is one. */
void cc_stub_answer(heddle_cc_stub *stub, rpc_bytes *bytes);
void cc_stub_lost(heddle_cc_stub *stub);

/** Ask the peer and wait. *out borrows bytes that the stub keeps. */
HEDDLE_MUST_USE heddle_status cc_stub_request(heddle_cc_stub *stub, cc_type type,
                                              heddle_view payload, heddle_view *out,
                                              heddle_error *err);

/** The key of a transaction in a link's table, in @p arena; data NULL: no memory. */
heddle_view cc_table_key(base_arena *arena, heddle_view channel, heddle_view tx_id);

/** Run the contract's function that the stub's first argument names. */
heddle_status cc_contract_run(heddle_cc_stub *stub, const heddle_cc_contract *contract, bool init,
                              heddle_error *err);

void cc_iterators_close(heddle_cc_stub *stub);

#endif
