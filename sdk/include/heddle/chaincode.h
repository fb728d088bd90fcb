/*
 * Chaincode in C: contracts that run as a service which peers call.
 *
 *   static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
 *   {
 *       heddle_view value;
 *       heddle_status st = heddle_cc_get_state(stub, heddle_cc_arg(stub, 0), &value, err);
 *       if (st != HEDDLE_OK)
 *           return st;
 *       if (value.len == 0)
 *           return heddle_cc_fail(err, "no such asset");
 *       return heddle_cc_reply(stub, value, err);
 *   }
 *
 * A contract must be deterministic: every endorsing peer has to get the same writes, answer
 * and event for the same arguments and state.
 *
 * Blocking: functions that ask the peer wait for it, up to answer_timeout_ms of the server's
 *     options; their comments say so.
 * Threads: a stub and its iterators belong to the thread that runs the transaction; a server
 *     may be used from any thread.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied. What it gives out lives in the stub's memory until the transaction's
 *     end.
 * Errors: the status, with its reason in @p err if that is not NULL; outputs are untouched on
 *     failure. A transaction function passes a status on by returning it.
 */
#ifndef HEDDLE_CHAINCODE_H
#define HEDDLE_CHAINCODE_H

#include <stdbool.h>

#include "heddle/export.h"
#include "heddle/status.h"
#include "heddle/view.h"

HEDDLE_BEGIN_DECLS

/* Functions */

/**
 * One run of a transaction function. It belongs to the thread that runs the function and ends
 * with it. What its functions give out lives in the stub's memory until then.
 */
typedef struct heddle_cc_stub heddle_cc_stub;

/** The contracts of a program; see heddle/chaincode_contract.h. */
typedef struct heddle_cc_chaincode heddle_cc_chaincode;

/**
 * A transaction function. Runs on a worker thread, several at a time, so @p context needs
 * its own locks if it is written to. HEDDLE_OK: the answer is what heddle_cc_reply() was
 * given, or empty. Any other status: the transaction fails with status 500 and the message of
 * @p err, unless heddle_cc_set_status() said otherwise; nothing is written.
 */
typedef heddle_status heddle_cc_function(heddle_cc_stub *stub, void *context, heddle_error *err);

/** Put a text into @p err and give back HEDDLE_E_REFUSED. */
HEDDLE_API heddle_status heddle_cc_fail(heddle_error *err, const char *fmt, ...)
    HEDDLE_PRINTF(2, 3);

/* What was asked */

/** The name of the function that the client asks for, without the contract's. */
HEDDLE_API const char *heddle_cc_function_name(const heddle_cc_stub *stub);
/** How many arguments there are, without the function's name. */
HEDDLE_API size_t heddle_cc_arg_count(const heddle_cc_stub *stub);
/** An argument's bytes; empty beyond the last one. */
HEDDLE_API heddle_view heddle_cc_arg(const heddle_cc_stub *stub, size_t index);
/** An argument as a string; NULL beyond the last one, if it holds a NUL, or if it is not UTF-8. */
HEDDLE_API const char *heddle_cc_arg_text(heddle_cc_stub *stub, size_t index);
/** Fail unless there are exactly @p count arguments. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_expect_args(const heddle_cc_stub *stub,
                                                               size_t count, heddle_error *err);

/** The transaction's id, in hexadecimal. */
HEDDLE_API const char *heddle_cc_tx_id(const heddle_cc_stub *stub);
/** The channel's name. */
HEDDLE_API const char *heddle_cc_channel(const heddle_cc_stub *stub);

/** The client's clock when it made the proposal: the same on every peer. */
HEDDLE_API void heddle_cc_timestamp(const heddle_cc_stub *stub, int64_t *out_seconds,
                                    int32_t *out_nanos);

/** A member: the MSP's id and the certificate. */
typedef struct heddle_cc_identity {
    heddle_view msp_id;
    heddle_view cert_pem;
} heddle_cc_identity;

/** Who signed the proposal. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_creator(const heddle_cc_stub *stub,
                                                           heddle_cc_identity *out,
                                                           heddle_error *err);

/** An entry of the transient map; HEDDLE_E_NOT_FOUND. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_transient(const heddle_cc_stub *stub,
                                                             const char *name, heddle_view *out,
                                                             heddle_error *err);

/* The answer */

/** The answer's bytes (copied); the last one counts. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_reply(heddle_cc_stub *stub, heddle_view bytes,
                                                         heddle_error *err);
/** The same from a C string. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_reply_text(heddle_cc_stub *stub,
                                                              const char *text, heddle_error *err);

/**
 * The answer's status and message (copied, may be NULL) instead of 200 or 500. From 400 on
 * peers do not endorse.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_set_status(heddle_cc_stub *stub, int status,
                                                              const char *message,
                                                              heddle_error *err);

/** The transaction's event; there is at most one, the last one counts. Copied. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_set_event(heddle_cc_stub *stub, const char *name,
                                                             heddle_view payload,
                                                             heddle_error *err);

/* State. These wait for the peer. HEDDLE_E_UNAVAILABLE: the peer is gone, give up;
 * HEDDLE_E_REFUSED: the peer's own words are in the error. */

/**
 * The committed value of a key; empty: there is none. What this transaction wrote is not yet
 * to be seen. Waits for the peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_state(heddle_cc_stub *stub, heddle_view key,
                                                             heddle_view *out, heddle_error *err);
/** Write a key when the transaction commits. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_put_state(heddle_cc_stub *stub, heddle_view key,
                                                             heddle_view value, heddle_error *err);
/** Delete a key when the transaction commits; it need not exist. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_del_state(heddle_cc_stub *stub, heddle_view key,
                                                             heddle_error *err);

/* Composite keys: an object type and attributes in one key, for range queries by prefix. */

/** A key of these parts, which must be UTF-8 without U+0000 and U+10FFFF. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_composite_key(heddle_cc_stub *stub,
                                                                 heddle_view object_type,
                                                                 const heddle_view *attributes,
                                                                 size_t count, heddle_view *out_key,
                                                                 heddle_error *err);
/** The parts of such a key. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_split_composite_key(
    heddle_cc_stub *stub, heddle_view key, heddle_view *out_object_type,
    const heddle_view **out_attributes, size_t *out_count, heddle_error *err);

/* Ranges */

/** A range of keys that is being read. */
typedef struct heddle_cc_iterator heddle_cc_iterator;

/** A key and its committed value; both live as the stub. */
typedef struct heddle_cc_entry {
    heddle_view key;
    heddle_view value;
} heddle_cc_entry;

/**
 * The keys from @p start up to, not including, @p end, in byte order; empty: from the first,
 * to the last. Composite keys are not among them. Iterators still open are closed with the
 * transaction. Waits for the peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_range_open(heddle_cc_stub *stub,
                                                              heddle_view start, heddle_view end,
                                                              heddle_cc_iterator **out,
                                                              heddle_error *err);
/** The composite keys that begin with these parts. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_composite_open(
    heddle_cc_stub *stub, heddle_view object_type, const heddle_view *attributes, size_t count,
    heddle_cc_iterator **out, heddle_error *err);

/** The next key; HEDDLE_E_END after the last one (@p err is not filled then). Waits for the peer
 *  when what it sent is used up. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_iterator_next(heddle_cc_iterator *iterator,
                                                                 heddle_cc_entry *out,
                                                                 heddle_error *err);
/** End the range; waits for the peer if it has more of it. NULL is fine. */
HEDDLE_API void heddle_cc_iterator_close(heddle_cc_iterator *iterator);

/* Memory and logs */

/** Memory that lives as long as the stub; NULL past the limit of one transaction. */
HEDDLE_API void *heddle_cc_alloc(heddle_cc_stub *stub, size_t size);
/** A text in that memory. */
HEDDLE_API char *heddle_cc_printf(heddle_cc_stub *stub, const char *fmt, ...) HEDDLE_PRINTF(2, 3);

/** How much a line matters. */
typedef enum heddle_cc_log_level {
    HEDDLE_CC_LOG_DEBUG,
    HEDDLE_CC_LOG_INFO,
    HEDDLE_CC_LOG_WARN,
    HEDDLE_CC_LOG_ERROR
} heddle_cc_log_level;

/** A line in the server's log with channel and transaction id. No private data. */
HEDDLE_API void heddle_cc_log(heddle_cc_stub *stub, heddle_cc_log_level level, const char *fmt, ...)
    HEDDLE_PRINTF(3, 4);

HEDDLE_END_DECLS

#include "heddle/chaincode_contract.h"
#include "heddle/chaincode_server.h"

#endif
