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

/** A JSON value; see heddle/chaincode_json.h. */
typedef struct heddle_cc_json heddle_cc_json;

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
/** The arguments as they were sent: the function's name is the first one. */
HEDDLE_API const heddle_view *heddle_cc_raw_args(const heddle_cc_stub *stub, size_t *out_count);
/** The bytes of these arguments, one after the other. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_args_joined(heddle_cc_stub *stub,
                                                               heddle_view *out, heddle_error *err);
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
/**
 * That time in UTC as text, "2026-11-21T06:09:02.728Z"; what is below milliseconds is dropped.
 * HEDDLE_E_BAD_ARGUMENT: it is not in the years from 1 to 9999.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_time_text(heddle_cc_stub *stub, const char **out,
                                                             heddle_error *err);
/** The same as milliseconds since 1970. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_time_ms(const heddle_cc_stub *stub, int64_t *out,
                                                           heddle_error *err);

/** A member: the MSP's id and the certificate. */
typedef struct heddle_cc_identity {
    heddle_view msp_id;
    heddle_view cert_pem;
} heddle_cc_identity;

/** Who signed the proposal. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_creator(const heddle_cc_stub *stub,
                                                           heddle_cc_identity *out,
                                                           heddle_error *err);

/** The bytes of the creator's identity (msp.SerializedIdentity) as they were sent. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_creator_bytes(const heddle_cc_stub *stub,
                                                                 heddle_view *out,
                                                                 heddle_error *err);
/** What binds further messages to this proposal: SHA-256 of its nonce, creator and epoch. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_binding(heddle_cc_stub *stub, heddle_view *out,
                                                           heddle_error *err);
/** The client's proposal (protos.Proposal) and its signature, as the peer got them. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_signed_proposal(const heddle_cc_stub *stub,
                                                                   heddle_view *out_proposal,
                                                                   heddle_view *out_signature,
                                                                   heddle_error *err);

/** An entry of the transient map; HEDDLE_E_NOT_FOUND. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_transient(const heddle_cc_stub *stub,
                                                             const char *name, heddle_view *out,
                                                             heddle_error *err);

/** How many entries the transient map has. */
HEDDLE_API size_t heddle_cc_transient_count(const heddle_cc_stub *stub);
/** One of them, in the order of the message; empty beyond the last one. */
HEDDLE_API void heddle_cc_transient_at(const heddle_cc_stub *stub, size_t index,
                                       heddle_view *out_name, heddle_view *out_value);

/** What a decorator of the peer added to the arguments; HEDDLE_E_NOT_FOUND. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_decoration(const heddle_cc_stub *stub,
                                                              const char *name, heddle_view *out,
                                                              heddle_error *err);
/** How many of them there are. */
HEDDLE_API size_t heddle_cc_decoration_count(const heddle_cc_stub *stub);
/** One of them, in the order of the message; empty beyond the last one. */
HEDDLE_API void heddle_cc_decoration_at(const heddle_cc_stub *stub, size_t index,
                                        heddle_view *out_name, heddle_view *out_value);

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

/** The answer of a chaincode: of another one, or of this one so far. */
typedef struct heddle_cc_response {
    int32_t status;
    heddle_view message;
    heddle_view payload;
} heddle_cc_response;

/** What has been replied so far, for functions that run after others; good until the next call. */
HEDDLE_API const heddle_cc_response *heddle_cc_answer(heddle_cc_stub *stub);

/*
 * State. HEDDLE_E_UNAVAILABLE, HEDDLE_E_TIMED_OUT: the peer is gone, give up; HEDDLE_E_REFUSED:
 * the peer's own words are in the error.
 *
 * Keys are UTF-8. Public writes do not wait: they go to the peer one after the other while the
 * function runs. If the peer refuses one, the next call that talks to the peer fails with its
 * words, and so does the transaction, whatever the function makes of it.
 */

/**
 * The committed value of a key; empty: there is none. What this transaction wrote is not to be
 * seen unless heddle_cc_see_own_writes() says so. Waits for the peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_state(heddle_cc_stub *stub, heddle_view key,
                                                             heddle_view *out, heddle_error *err);
/**
 * The committed values of @p count keys, into as many of @p out_values: with one request for many
 * of them on peers that know how to (3.1 and later), else one by one. Waits for the peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_states(heddle_cc_stub *stub,
                                                              const heddle_view *keys, size_t count,
                                                              heddle_view *out_values,
                                                              heddle_error *err);
/** Write a key when the transaction commits; an empty value deletes it. Copied. Does not wait. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_put_state(heddle_cc_stub *stub, heddle_view key,
                                                             heddle_view value, heddle_error *err);
/** Delete a key when the transaction commits; it need not exist. Does not wait. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_del_state(heddle_cc_stub *stub, heddle_view key,
                                                             heddle_error *err);

/** The endorsement policy of a key, as it was set; empty: the chaincode's. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_state_policy(heddle_cc_stub *stub,
                                                                    heddle_view key,
                                                                    heddle_view *out,
                                                                    heddle_error *err);
/** Set it, to the bytes of a SignaturePolicyEnvelope; empty: none. Does not wait. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_set_state_policy(heddle_cc_stub *stub,
                                                                    heddle_view key,
                                                                    heddle_view policy,
                                                                    heddle_error *err);

/**
 * Keep the writes that follow, private ones too, and send them many in one message: of each key
 * the last one, in the order of the first ones. A batch within a batch is the same batch. Peers
 * before 3.1 do not know this: then nothing changes.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_batch_begin(heddle_cc_stub *stub,
                                                               heddle_error *err);
/**
 * Send what was kept. The transaction's end does so too, also if its function fails: like writes
 * without a batch. Waits for the peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_batch_end(heddle_cc_stub *stub,
                                                             heddle_error *err);

/**
 * Whether reads show what this transaction wrote before: off at first, as everywhere in Fabric.
 * Switch it on before the first write; after one that it did not see, and after a batch that the
 * peer refused, reads fail with HEDDLE_E_BAD_STATE.
 *
 * Values, hashes, ranges and composite ranges show own writes, of public and of private state: an
 * iterator those from before it was opened. Policies are those that are committed. Queries,
 * histories and pages come from the peer alone and fail after a write with HEDDLE_E_BAD_STATE. A
 * key that the transaction wrote is answered without the peer, and so adds nothing to what the
 * transaction has read.
 */
HEDDLE_API void heddle_cc_see_own_writes(heddle_cc_stub *stub, bool on);

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

/** A range of keys, or the answer to a query, that is being read. */
typedef struct heddle_cc_iterator heddle_cc_iterator;

/** A key and its value; both live as the stub. */
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
/** End it early, so that the peer can forget it; HEDDLE_E_END comes then. NULL is fine. */
HEDDLE_API void heddle_cc_iterator_close(heddle_cc_iterator *iterator);

/*
 * Pages: some entries from a bookmark on, for functions that only read. The bookmark of the
 * first page is empty, that of each other one is told by the page before. What a page shows is
 * not checked again when the transaction commits, and so peers refuse writes beside it.
 */

/** The first @p page_size keys of a range. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_range_page_open(
    heddle_cc_stub *stub, heddle_view start, heddle_view end, int32_t page_size,
    heddle_view bookmark, heddle_cc_iterator **out, heddle_error *err);
/** The first @p page_size composite keys that begin with these parts. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_composite_page_open(
    heddle_cc_stub *stub, heddle_view object_type, const heddle_view *attributes, size_t count,
    int32_t page_size, heddle_view bookmark, heddle_cc_iterator **out, heddle_error *err);
/** The first @p page_size composite keys of all object types. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_all_composite_page_open(heddle_cc_stub *stub,
                                                                           int32_t page_size,
                                                                           heddle_view bookmark,
                                                                           heddle_cc_iterator **out,
                                                                           heddle_error *err);
/** How many entries the page has. */
HEDDLE_API int32_t heddle_cc_iterator_fetched(const heddle_cc_iterator *iterator);
/** Where the next page begins; empty after the last one. */
HEDDLE_API heddle_view heddle_cc_iterator_bookmark(const heddle_cc_iterator *iterator);

/* Queries */

/**
 * The entries that a query finds, in the language of the peer's database: a selector of CouchDB.
 * Peers with another database refuse. What it shows is not checked again when the transaction
 * commits. Waits for the peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_query_open(heddle_cc_stub *stub,
                                                              heddle_view query,
                                                              heddle_cc_iterator **out,
                                                              heddle_error *err);
/** A page of them. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_query_page_open(heddle_cc_stub *stub, heddle_view query, int32_t page_size,
                          heddle_view bookmark, heddle_cc_iterator **out, heddle_error *err);

/* History */

/** The committed changes of a key that are being read. */
typedef struct heddle_cc_history heddle_cc_history;

/** A change of a key; its parts live as the stub. */
typedef struct heddle_cc_modification {
    const char *tx_id;
    heddle_view value;
    int64_t seconds; /* the transaction's time */
    int32_t nanos;
    bool is_delete;
} heddle_cc_modification;

/** The changes of a key, the newest first. Waits for the peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_history_open(heddle_cc_stub *stub,
                                                                heddle_view key,
                                                                heddle_cc_history **out,
                                                                heddle_error *err);
/** The next change; HEDDLE_E_END after the last one (@p err is not filled then). Waits for the
 *  peer when what it sent is used up. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_history_next(heddle_cc_history *history,
                                                                heddle_cc_modification *out,
                                                                heddle_error *err);
/** End it early, as heddle_cc_iterator_close(). NULL is fine. */
HEDDLE_API void heddle_cc_history_close(heddle_cc_history *history);

/* Other chaincode */

/**
 * Call a chaincode with these arguments (the function's name is the first one), on @p channel
 * (NULL: this one). What it writes on this channel belongs to this transaction; what it writes on
 * another one is dropped. @p out tells its answer whatever the status in it: a call that the peer
 * refuses has status 500 and the peer's words as message and as payload. Waits for the peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_call(heddle_cc_stub *stub, const char *chaincode,
                                                        const char *channel,
                                                        const heddle_view *args, size_t count,
                                                        heddle_cc_response *out, heddle_error *err);

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
#include "heddle/chaincode_private.h"
#include "heddle/chaincode_server.h"

#endif
