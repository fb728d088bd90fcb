/*
 * Private data: state that only the members of a collection hold. Included by
 * heddle/chaincode.h.
 *
 * As with public state, and with the same rules for keys; but each write waits for the peer,
 * unless a batch is open: whether the client may write is told at once.
 *
 * Blocking: all of these wait for the peer, up to answer_timeout_ms of the server's options;
 *     writes in a batch do not.
 * Threads: a stub belongs to the thread that runs the transaction.
 * Ownership: what a function is given is borrowed until it returns, also @p collection, the name
 *     of a collection of the chaincode's definition. What it gives out lives in the stub's memory
 *     until the transaction's end.
 * Errors: HEDDLE_E_BAD_ARGUMENT without a collection's name; HEDDLE_E_REFUSED with the peer's
 *     words, as for a collection that the client may not read; the reason in @p err if that is
 *     not NULL; outputs are untouched on failure.
 */
#ifndef HEDDLE_CHAINCODE_PRIVATE_H
#define HEDDLE_CHAINCODE_PRIVATE_H

#include "heddle/chaincode.h"

HEDDLE_BEGIN_DECLS

/** The committed value of a key; empty: there is none, or none at this peer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_private(heddle_cc_stub *stub,
                                                               const char *collection,
                                                               heddle_view key, heddle_view *out,
                                                               heddle_error *err);
/** Those of @p count keys, as heddle_cc_get_states(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_get_privates(heddle_cc_stub *stub, const char *collection, const heddle_view *keys,
                       size_t count, heddle_view *out_values, heddle_error *err);
/** The SHA-256 of a committed value, which every peer of the channel has; empty: there is none. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_private_hash(heddle_cc_stub *stub,
                                                                    const char *collection,
                                                                    heddle_view key,
                                                                    heddle_view *out,
                                                                    heddle_error *err);
/**
 * Write a key when the transaction commits. What clients must not see does not belong into
 * arguments: heddle_cc_transient() has it.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_put_private(heddle_cc_stub *stub,
                                                               const char *collection,
                                                               heddle_view key, heddle_view value,
                                                               heddle_error *err);
/** Delete a key when the transaction commits. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_del_private(heddle_cc_stub *stub,
                                                               const char *collection,
                                                               heddle_view key, heddle_error *err);
/** Delete a key and its past values from the private data of all peers (2.5 and later). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_purge_private(heddle_cc_stub *stub,
                                                                 const char *collection,
                                                                 heddle_view key,
                                                                 heddle_error *err);

/** A range of keys, as heddle_cc_range_open(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_private_range_open(heddle_cc_stub *stub, const char *collection, heddle_view start,
                             heddle_view end, heddle_cc_iterator **out, heddle_error *err);
/** The composite keys that begin with these parts. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_private_composite_open(
    heddle_cc_stub *stub, const char *collection, heddle_view object_type,
    const heddle_view *attributes, size_t count, heddle_cc_iterator **out, heddle_error *err);
/** The entries that a query finds, as heddle_cc_query_open(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_private_query_open(heddle_cc_stub *stub,
                                                                      const char *collection,
                                                                      heddle_view query,
                                                                      heddle_cc_iterator **out,
                                                                      heddle_error *err);

/** The endorsement policy of a key, as it was set; empty: the collection's or chaincode's. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_private_policy(heddle_cc_stub *stub,
                                                                      const char *collection,
                                                                      heddle_view key,
                                                                      heddle_view *out,
                                                                      heddle_error *err);
/** Set it, to the bytes of a SignaturePolicyEnvelope; empty: none. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_set_private_policy(heddle_cc_stub *stub,
                                                                      const char *collection,
                                                                      heddle_view key,
                                                                      heddle_view policy,
                                                                      heddle_error *err);

HEDDLE_END_DECLS

#endif
