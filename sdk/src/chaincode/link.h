/*
 * One peer's stream: the chaincode's side of the protocol, without the transport.
 *
 * Vocabulary: a link goes NEW -> REGISTERED -> READY, or is lost. A call is one transaction
 * that runs. At most one of its requests is with the peer; RESPONSE and ERROR answer it.
 *
 * Threads: messages come in one at a time; calls run on workers. The link's lock guards its
 * state and the table of calls; a call's lock is taken inside it, and neither while sending.
 */
#ifndef CC_LINK_H
#define CC_LINK_H

#include "base/blob.h"
#include "chaincode/pool.h"
#include "chaincode/stub.h"

/** What all links of a server share; outlives them. */
typedef struct cc_host {
    const char *chaincode_id;
    const heddle_cc_chaincode *chaincode;
    cc_pool *pool;
    size_t memory_limit;
    uint64_t answer_timeout_ms;
    cc_execute *execute; /* runs each transaction; NULL: cc_execute_here with the chaincode */
    const void *execute_user;
} cc_host;

/** Where a link's messages go. */
typedef struct cc_outlet {
    /** Borrows @p message. Any thread. */
    heddle_status (*send)(void *user, base_blob *message, heddle_error *err);
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

/** A message of the peer; borrowed. */
void cc_link_receive(cc_link *link, base_blob *message);

/** The peer is gone: wake every call that waits. Harmless when repeated. */
void cc_link_lost(cc_link *link);

/** Whether the peer has said READY, and is not lost. Any thread. */
bool cc_link_is_ready(cc_link *link);

/* For calls. */

const cc_host *cc_link_host(const cc_link *link);
HEDDLE_MUST_USE heddle_status cc_link_send(cc_link *link, const cc_message *message,
                                           heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_link_send_blob(cc_link *link, base_blob *message,
                                                heddle_error *err);
/** Take the call of this key out of the table. */
void cc_link_forget(cc_link *link, heddle_view key);

#endif
