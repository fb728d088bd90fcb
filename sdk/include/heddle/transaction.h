/*
 * The steps of a transaction, one by one, and signing elsewhere.
 *
 *   heddle_proposal     what to call, signed by the client      -> evaluate, endorse
 *   heddle_transaction  the proposal and its endorsements       -> submit
 *   heddle_commit       a transaction id to ask the ledger for  -> status
 *
 * Each is signed by its identity when it is first used. For signing elsewhere: take _bytes
 * to keep or carry the object, _digest to sign, then _set_signature on it, or on what
 * _from_bytes makes of the bytes in another process. The bytes are those of Fabric's own
 * client libraries, so that an object can go from one to the other. A signature is DER for
 * ECDSA (it need not be low-S), 64 bytes for Ed25519.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library.
 * Threads: an object belongs to one thread at a time; calls that were started keep what they
 *     need of it. Callbacks run on threads of the library and must not block.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_TRANSACTION_H
#define HEDDLE_TRANSACTION_H

#include "heddle/contract.h"

HEDDLE_BEGIN_DECLS

/** What to call, as a transaction with an id of its own. */
typedef struct heddle_proposal heddle_proposal;
/** A proposal with its endorsements. */
typedef struct heddle_transaction heddle_transaction;
/** A question for what the ledger made of a transaction. */
typedef struct heddle_commit heddle_commit;

/** How the ledger judged a transaction. */
typedef struct heddle_commit_status {
    char tx_id[65];
    int validation_code; /* Fabric's TxValidationCode; 0: valid */
    uint64_t block_number;
} heddle_commit_status;

/** "VALID", "MVCC_READ_CONFLICT", …; "UNKNOWN" for another number. Static storage. */
HEDDLE_API const char *heddle_validation_code_name(int code);

/* Proposals. */

/** A proposal of what @p request says, which is copied, with a new transaction id. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_new(heddle_contract *contract,
                                                             const heddle_request *request,
                                                             heddle_proposal **out,
                                                             heddle_error *err);
/** @p identity signs if no signature is set; it must be the one that made the proposal.
 *  NULL: a signature has to be set. It is referenced, as the gateway is. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_from_bytes(heddle_gateway *gateway,
                                                                    heddle_identity *identity,
                                                                    heddle_view bytes,
                                                                    heddle_proposal **out,
                                                                    heddle_error *err);
HEDDLE_API void heddle_proposal_free(heddle_proposal *proposal); /* NULL is fine */
/** Hexadecimal; lives as the proposal. */
HEDDLE_API const char *heddle_proposal_tx_id(const heddle_proposal *proposal);
/** All of it, with its signature if it has one, for heddle_proposal_from_bytes(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_bytes(const heddle_proposal *proposal,
                                                               heddle_bytes *out,
                                                               heddle_error *err);
/** By the hash of the identity that it was made with, SHA-256 if with none. E_BAD_STATE when
 *  that is HEDDLE_HASH_NONE, as for Ed25519: the message itself is signed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_digest(const heddle_proposal *proposal,
                                                                uint8_t out[HEDDLE_DIGEST_MAX],
                                                                size_t *out_len, heddle_error *err);
/** The message that the digest is of; lives as the proposal. */
HEDDLE_API heddle_view heddle_proposal_message(const heddle_proposal *proposal);
/** Use @p signature, made elsewhere, in place of the identity's. E_BAD_ARGUMENT: it is none of
 *  the kind of the creator's key. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_set_signature(heddle_proposal *proposal,
                                                                       heddle_view signature,
                                                                       heddle_error *err);

/** Ask one peer, as heddle_evaluate(). Blocks. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_proposal_evaluate(heddle_proposal *proposal, const heddle_call_options *options,
                         heddle_bytes *out, heddle_error *err);
/** Have peers run and sign it. Blocks. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_endorse(heddle_proposal *proposal,
                                                                 const heddle_call_options *options,
                                                                 heddle_transaction **out,
                                                                 heddle_error *err);

/** @p transaction is yours; NULL on failure. @p err is NULL on success. */
typedef void heddle_endorse_fn(heddle_transaction *transaction, const heddle_error *err,
                               void *user);

/** The same without waiting, as heddle_evaluate_start(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_evaluate_start(
    heddle_proposal *proposal, const heddle_call_options *options, heddle_evaluate_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);
/** The same without waiting: @p fn runs exactly once if this succeeds, otherwise never. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_proposal_endorse_start(
    heddle_proposal *proposal, const heddle_call_options *options, heddle_endorse_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);

/* Transactions. */

/** As heddle_proposal_from_bytes(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_transaction_from_bytes(heddle_gateway *gateway,
                                                                       heddle_identity *identity,
                                                                       heddle_view bytes,
                                                                       heddle_transaction **out,
                                                                       heddle_error *err);
HEDDLE_API void heddle_transaction_free(heddle_transaction *transaction); /* NULL is fine */
/** Hexadecimal; lives as the transaction. */
HEDDLE_API const char *heddle_transaction_tx_id(const heddle_transaction *transaction);
/** The function's answer as the endorsers gave it; lives as the transaction. */
HEDDLE_API heddle_view heddle_transaction_result(const heddle_transaction *transaction);
/** All of it, with its signature if it has one, for heddle_transaction_from_bytes(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_transaction_bytes(
    const heddle_transaction *transaction, heddle_bytes *out, heddle_error *err);
/** As heddle_proposal_digest(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_transaction_digest(const heddle_transaction *transaction, uint8_t out[HEDDLE_DIGEST_MAX],
                          size_t *out_len, heddle_error *err);
/** The message that the digest is of; lives as the transaction. */
HEDDLE_API heddle_view heddle_transaction_message(const heddle_transaction *transaction);
/** As heddle_proposal_set_signature(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_transaction_set_signature(
    heddle_transaction *transaction, heddle_view signature, heddle_error *err);

/** Hand it to the orderers. Blocks. HEDDLE_OK: they took it, which does not yet make it valid. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_transaction_submit(heddle_transaction *transaction, const heddle_call_options *options,
                          heddle_commit **out, heddle_error *err);

/** @p commit is yours; NULL on failure. @p err is NULL on success. */
typedef void heddle_commit_fn(heddle_commit *commit, const heddle_error *err, void *user);

HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_transaction_submit_start(
    heddle_transaction *transaction, const heddle_call_options *options, heddle_commit_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);

/* Commits. */

/** Ask for any transaction by its id, e.g. after a failure whose outcome is unknown. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_commit_new(heddle_gateway *gateway,
                                                           heddle_identity *identity,
                                                           const char *channel, const char *tx_id,
                                                           heddle_commit **out, heddle_error *err);
/** As heddle_proposal_from_bytes(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_commit_from_bytes(heddle_gateway *gateway,
                                                                  heddle_identity *identity,
                                                                  heddle_view bytes,
                                                                  heddle_commit **out,
                                                                  heddle_error *err);
HEDDLE_API void heddle_commit_free(heddle_commit *commit); /* NULL is fine */
/** Hexadecimal; lives as the commit. */
HEDDLE_API const char *heddle_commit_tx_id(const heddle_commit *commit);
/** All of it, with its signature if it has one, for heddle_commit_from_bytes(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_commit_bytes(const heddle_commit *commit,
                                                             heddle_bytes *out, heddle_error *err);
/** As heddle_proposal_digest(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_commit_digest(const heddle_commit *commit,
                                                              uint8_t out[HEDDLE_DIGEST_MAX],
                                                              size_t *out_len, heddle_error *err);
/** The message that the digest is of; lives as the commit. */
HEDDLE_API heddle_view heddle_commit_message(const heddle_commit *commit);
/** As heddle_proposal_set_signature(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_commit_set_signature(heddle_commit *commit,
                                                                     heddle_view signature,
                                                                     heddle_error *err);

/** Wait until the transaction is in a block. HEDDLE_OK also for an invalid one: see
 *  out->validation_code. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_commit_wait(heddle_commit *commit,
                                                            const heddle_call_options *options,
                                                            heddle_commit_status *out,
                                                            heddle_error *err);

/** @p status is borrowed, NULL on failure; @p err is NULL on success. */
typedef void heddle_commit_status_fn(const heddle_commit_status *status, const heddle_error *err,
                                     void *user);

HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_commit_wait_start(
    heddle_commit *commit, const heddle_call_options *options, heddle_commit_status_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);

HEDDLE_END_DECLS

#endif
