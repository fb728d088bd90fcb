/*
 * The same question to several peers that must agree: what one peer says of the ledger is only
 * as good as that peer.
 *
 *     heddle_agreement two = HEDDLE_AGREEMENT;
 *     two.min_answers = 2;
 *     heddle_peers_block(peers, 3, "mychannel", 17, &two, NULL, &block, answers, &err);
 *
 * As many peers as may be are asked at once, in the order in which they are given; those left
 * over take the places of peers that do not answer. Blocks agree if header, transactions and
 * verdicts do: who of the orderers signed a block, and in which order, may differ.
 *
 * Blocking: every function that asks waits for the network, and refuses to inside a callback of
 *     the library. Options may be NULL; the time-out in them is that of one question to one peer.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns; what it gives out is the
 *     caller's to free.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure. HEDDLE_E_POLICY: the peers do not agree; the message names each with the beginning
 *     of its answer's digest, or its height. HEDDLE_E_UNAVAILABLE: too few answered.
 *     HEDDLE_E_NOT_FOUND: all that answered say that it is not there. What each peer said is in
 *     @p answers (may be NULL), also on success.
 */
#ifndef HEDDLE_AGREEMENT_H
#define HEDDLE_AGREEMENT_H

#include "heddle/peer.h"

HEDDLE_BEGIN_DECLS

/** How many peers. Start with HEDDLE_AGREEMENT. NULL in place of it: all of them. */
typedef struct heddle_agreement {
    size_t size;
    size_t min_answers;        /* that must come, and agree; 0: as many as are asked at once */
    size_t max_targets;        /* that are asked at once; 0: all, and at least min_answers */
    uint64_t height_tolerance; /* of heddle_peers_info(): blocks that heights may lie apart */
} heddle_agreement;

#ifdef __cplusplus
static inline heddle_agreement heddle_agreement_init(void)
{
    heddle_agreement agreement = {};
    agreement.size = sizeof(agreement);
    return agreement;
}
#define HEDDLE_AGREEMENT heddle_agreement_init()
#else
#define HEDDLE_AGREEMENT                                                                           \
    {                                                                                              \
        .size = sizeof(heddle_agreement)                                                           \
    }
#endif

/** What one peer said. Strings live as the object they are from. */
typedef struct heddle_peer_answer {
    const char *address;
    heddle_status status; /* HEDDLE_OK: there is an answer */
    const char *message;  /* why there is none, or "" */
    char digest[65];      /* SHA-256 of what has to agree, hexadecimal; "" without an answer */
    uint64_t height;      /* of the chain, by heddle_peers_info(); else 0 */
} heddle_peer_answer;

/** What each peer said: hand it to a question. */
typedef struct heddle_answers heddle_answers;

/** Make an empty one. */
HEDDLE_API heddle_answers *heddle_answers_new(void);          /* NULL when memory is gone */
HEDDLE_API void heddle_answers_free(heddle_answers *answers); /* NULL is fine */
/** How many peers were asked. */
HEDDLE_API size_t heddle_answers_count(const heddle_answers *answers);
/** One of them, in the order of the asking; NULL past the last. */
HEDDLE_API const heddle_peer_answer *heddle_answers_at(const heddle_answers *answers, size_t index);

/** Any question whose answers must be the same byte for byte.
 *  @param out  the answer, yours to heddle_bytes_done() */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_peers_ask(heddle_peer *const *peers, size_t peer_count, const heddle_question *question,
                 const heddle_agreement *agreement, const heddle_call_options *options,
                 heddle_bytes *out, heddle_answers *answers, heddle_error *err);

/** How far the ledger goes. Peers of one height must have the same last block, one that is a
 *  block behind the block before it. @p out is that of the highest. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_peers_info(heddle_peer *const *peers, size_t peer_count, const char *channel,
                  const heddle_agreement *agreement, const heddle_call_options *options,
                  heddle_chain_info *out, heddle_answers *answers, heddle_error *err);

/** A block by its number: a common.Block with the metadata of one of the peers. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peers_block(
    heddle_peer *const *peers, size_t peer_count, const char *channel, uint64_t number,
    const heddle_agreement *agreement, const heddle_call_options *options, heddle_bytes *out,
    heddle_answers *answers, heddle_error *err);
/** A block by the hash of its header. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peers_block_by_hash(
    heddle_peer *const *peers, size_t peer_count, const char *channel, heddle_view hash,
    const heddle_agreement *agreement, const heddle_call_options *options, heddle_bytes *out,
    heddle_answers *answers, heddle_error *err);
/** The block with the first transaction of this id. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peers_block_by_tx(
    heddle_peer *const *peers, size_t peer_count, const char *channel, const char *tx_id,
    const heddle_agreement *agreement, const heddle_call_options *options, heddle_bytes *out,
    heddle_answers *answers, heddle_error *err);

/** The transaction of this id, and the verdict on it. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peers_transaction_by_id(
    heddle_peer *const *peers, size_t peer_count, const char *channel, const char *tx_id,
    const heddle_agreement *agreement, const heddle_call_options *options,
    heddle_ledger_transaction *out, heddle_answers *answers, heddle_error *err);

/** The last block that changed the channel's configuration. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_peers_config_block(heddle_peer *const *peers, size_t peer_count, const char *channel,
                          const heddle_agreement *agreement, const heddle_call_options *options,
                          heddle_bytes *out, heddle_answers *answers, heddle_error *err);
/** The common.Config in it, which is the channel's present configuration. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_peers_config(heddle_peer *const *peers, size_t peer_count, const char *channel,
                    const heddle_agreement *agreement, const heddle_call_options *options,
                    heddle_bytes *out, heddle_answers *answers, heddle_error *err);

HEDDLE_END_DECLS

#endif
