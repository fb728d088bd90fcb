/* A transaction while its function runs; it knows no transport, only a port. */
#ifndef CC_STUB_H
#define CC_STUB_H

#include "base/blob.h"
#include "base/map.h"
#include "chaincode/contract.h"
#include "chaincode/overlay.h"
#include "chaincode/payload.h"
#include "chaincode/port.h"
#include "heddle/chaincode.h"
#include "wire/proposal.h"

/** Writes that go to the peer together: the last one of each key, in the order of the first. */
typedef struct cc_batch_place {
    size_t at;
    size_t len;
} cc_batch_place;

typedef struct cc_batch_log {
    base_map *index; /* of collection, key and whether it is metadata, to a place's number + 1 */
    base_buffer records; /* as they are sent, and some that were replaced */
    cc_batch_place *places;
    size_t count;
    size_t cap;
} cc_batch_log;

struct heddle_cc_stub {
    base_arena *arena;
    const cc_port *port;
    cc_limits limits;
    cc_message start; /* INIT or TRANSACTION, borrowed */
    const char *tx_id;
    const char *channel;
    const char *function;      /* as asked: "Function" or "Contract:Function" */
    const char *function_name; /* the part behind the contract's name */
    cc_invocation invocation;
    cc_input input;
    wire_proposal proposal;
    bool has_proposal;
    heddle_view signature; /* of the proposal */
    base_buffer scratch;   /* the payload that is being written */
    cc_batch_log *batch;   /* NULL: none is open */
    cc_overlay *overlay;   /* own writes; NULL: none */
    bool sees_own_writes;
    bool keeps_own_writes; /* since it was first to see them */
    bool wrote;
    bool wrote_unkept;
    bool lost_batch; /* one was not taken, or not all of it */
    wire_response response;
    heddle_error failure;      /* of the function; not in the arena, which may be full */
    heddle_cc_response answer; /* what heddle_cc_answer() gave out */
    bool status_set;
    wire_event event;
    const struct cc_client *client; /* who asks; NULL until it was asked for */
};

/** For a message of type INIT or TRANSACTION, whose bytes live longer; so does @p port. */
HEDDLE_MUST_USE heddle_status cc_stub_new(const cc_message *start, const cc_port *port,
                                          const cc_limits *limits, heddle_cc_stub **out,
                                          heddle_error *err);
void cc_stub_free(heddle_cc_stub *stub); /* NULL is fine */

/**
 * Run the function that @p start names. *out: what the peer is to be told in the end, COMPLETED
 * or ERROR; its views live as long as the stub. Once.
 */
HEDDLE_MUST_USE heddle_status cc_stub_run(heddle_cc_stub *stub,
                                          const heddle_cc_chaincode *chaincode,
                                          cc_message *out_last, heddle_error *err);

/** Make a request with the struct at @p in, and wait. *out lives until the transaction's end; with
 *  E_REFUSED it may be all of the peer's words. */
HEDDLE_MUST_USE heddle_status cc_stub_ask(heddle_cc_stub *stub, cc_type type,
                                          const wire_shape *shape, const void *in, heddle_view *out,
                                          heddle_error *err);
/** The same without waiting, where the port can. A failure of the peer is then final. */
HEDDLE_MUST_USE heddle_status cc_stub_post(heddle_cc_stub *stub, cc_type type,
                                           const wire_shape *shape, const void *in,
                                           heddle_error *err);

/** A copy that lives as long as the stub. */
HEDDLE_MUST_USE heddle_status cc_stub_copy(heddle_cc_stub *stub, heddle_view bytes,
                                           heddle_view *out, const char *what, heddle_error *err);

/* Keys */

/** Of a key that is read or deleted: UTF-8. */
HEDDLE_MUST_USE heddle_status cc_key_check(heddle_view key, heddle_error *err);
/** Of a key that is written: not empty, too, and with U+0000 first only if it is composite. */
HEDDLE_MUST_USE heddle_status cc_written_key_check(heddle_view key, heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_collection_of(const char *name, heddle_view *out,
                                               heddle_error *err);
/** The range of simple keys as it is asked for: an empty start is the first of them. */
HEDDLE_MUST_USE heddle_status cc_simple_range(heddle_view start, heddle_view end, cc_range *out,
                                              heddle_error *err);
/** The range of the composite keys that begin with these parts, in the stub's memory. */
HEDDLE_MUST_USE heddle_status cc_composite_range(heddle_cc_stub *stub, heddle_view object_type,
                                                 const heddle_view *attributes, size_t count,
                                                 cc_range *out, heddle_error *err);

/* Reads and writes of a collection; empty: public state. */

HEDDLE_MUST_USE heddle_status cc_state_get(heddle_cc_stub *stub, heddle_view collection,
                                           heddle_view key, heddle_view *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_state_get_all(heddle_cc_stub *stub, heddle_view collection,
                                               const heddle_view *keys, size_t count,
                                               heddle_view *out_values, heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_state_get_policy(heddle_cc_stub *stub, heddle_view collection,
                                                  heddle_view key, heddle_view *out,
                                                  heddle_error *err);
/** By way of the batch if one is open. */
HEDDLE_MUST_USE heddle_status cc_state_write(heddle_cc_stub *stub, const cc_write *write,
                                             heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_range_open(heddle_cc_stub *stub, const cc_range *range,
                                            heddle_cc_iterator **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_query_open(heddle_cc_stub *stub, const cc_query *query,
                                            heddle_cc_iterator **out, heddle_error *err);

/* Batches */

/** Takes the place of an earlier write of the same. Copied. */
HEDDLE_MUST_USE heddle_status cc_batch_add(heddle_cc_stub *stub, const cc_write *write,
                                           heddle_error *err);
/** Send what is in the open batch, if there is one, and close it. */
HEDDLE_MUST_USE heddle_status cc_batch_flush(heddle_cc_stub *stub, heddle_error *err);
void cc_batch_drop(heddle_cc_stub *stub);

/* Own writes */

/** HEDDLE_OK with *out NULL: the peer is to be asked. E_BAD_STATE: there are unkept writes. */
HEDDLE_MUST_USE heddle_status cc_own_find(const heddle_cc_stub *stub, heddle_view collection,
                                          heddle_view key, const cc_own **out, heddle_error *err);
/** E_BAD_STATE if the transaction sees its writes and has written: @p what shows none of them. */
HEDDLE_MUST_USE heddle_status cc_own_refuse(const heddle_cc_stub *stub, const char *what,
                                            heddle_error *err);

/**
 * A transaction from its first message to its last: the seam between a link and what runs
 * functions. @p start is the whole ChaincodeMessage, INIT or TRANSACTION; *out_last the whole
 * last one, COMPLETED or ERROR, ready to be sent. A failure is told to the peer in an ERROR.
 */
typedef heddle_status cc_execute(const void *user, heddle_view start, const cc_port *port,
                                 const cc_limits *limits, base_blob **out_last, heddle_error *err);

/** In this thread; @p user is the heddle_cc_chaincode. */
cc_execute cc_execute_here;

#endif
