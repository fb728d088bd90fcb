/*
 * One peer's stream: the chaincode's side of the protocol, without the transport.
 *
 * Vocabulary: a link goes NEW -> REGISTERED -> READY, or is lost. A stub is one transaction
 * that runs. At most one of its requests is with the peer; RESPONSE and ERROR answer it.
 *
 * Threads: messages come in one at a time; stubs run on workers. The link's lock guards its
 * state and the table of stubs; a stub's lock guards its answer and is taken inside.
 */
#ifndef CC_LINK_H
#define CC_LINK_H

#include "chaincode/message.h"
#include "chaincode/pool.h"
#include "heddle/chaincode.h"
#include "rpc/bytes.h"

/** What all links of a server share; outlives them. */
typedef struct cc_host {
    const char *chaincode_id;
    const heddle_cc_contract *contract;
    cc_pool *pool;
    size_t memory_limit;
    uint64_t answer_timeout_ms;
} cc_host;

/** Where a link's messages go. */
typedef struct cc_outlet {
    /** Takes @p bytes (base/alloc.h). Any thread. */
    heddle_status (*send)(void *user, uint8_t *bytes, size_t len, heddle_error *err);
    /** The peer broke the protocol; called by cc_link_receive(), once. */
    void (*close)(void *user, const char *why);
    /** The link needs @p user no more. */
    void (*release)(void *user);
    void *user;
} cc_outlet;

typedef struct cc_link cc_link; /* counted */

cc_link *cc_link_new(const cc_host *host, const cc_outlet *outlet);
cc_link *cc_link_ref(cc_link *link);
void cc_link_unref(cc_link *link);

/** Send REGISTER. */
HEDDLE_MUST_USE heddle_status cc_link_register(cc_link *link, heddle_error *err);

/** A message of the peer. */
void cc_link_receive(cc_link *link, rpc_bytes *message);

/** The peer is gone: wake every stub that waits. Harmless when repeated. */
void cc_link_lost(cc_link *link);

/* For stubs. */

const cc_host *cc_link_host(const cc_link *link);
HEDDLE_MUST_USE heddle_status cc_link_send(cc_link *link, const cc_message *message,
                                           heddle_error *err);
/** Take @p stub out of the table. */
void cc_link_forget(cc_link *link, heddle_cc_stub *stub);

#endif
