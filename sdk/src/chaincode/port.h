/*
 * Where a transaction's requests go: a peer's stream (call.h), a mock, a worker process's pipe,
 * a recording. A port may stand before another one.
 *
 * The stub that uses a port never has two requests with it: peers drop the second.
 * One thread at a time.
 */
#ifndef CC_PORT_H
#define CC_PORT_H

#include "chaincode/message.h"

typedef struct cc_port {
    /**
     * Make one request and wait for its answer, after everything that was posted. *out: the
     * RESPONSE's payload, which lives until the transaction's end. E_REFUSED: the peer said
     * ERROR, and *out may be all of its words; the next request may be made. Every other
     * failure is final.
     */
    heddle_status (*ask)(void *user, cc_type type, heddle_view payload, heddle_view *out,
                         heddle_error *err);
    /**
     * Make a write (payload copied) whose answer is awaited by settle(). Its failure comes out
     * of the next call of the port, and is final. NULL: writes are asked.
     */
    heddle_status (*post)(void *user, cc_type type, heddle_view payload, heddle_error *err);
    /** Wait for what was posted; the first failure. NULL together with post. */
    heddle_status (*settle)(void *user, heddle_error *err);
    void *user;
} cc_port;

enum { CC_DEFAULT_MEMORY = 256 * 1024 * 1024 };

/** What one transaction may use, and what the peer said in READY that it understands. */
typedef struct cc_limits {
    size_t memory; /* bytes of its own, of the peer's answers, of a batch; 0: the default */
    bool use_write_batch;
    uint32_t max_write_batch; /* records in one message */
    bool use_multi_get;
    uint32_t max_multi_get; /* keys in one message */
} cc_limits;

#endif
