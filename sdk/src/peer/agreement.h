/*
 * Asking several peers, and comparing what they say.
 *
 * Vocabulary: a target is a peer that is asked now; an answer's essence is what has to agree of
 * it. Peers that fail are replaced by the next ones; of the answers that came one is kept, of
 * the others only what tells them apart.
 */
#ifndef PEER_AGREEMENT_H
#define PEER_AGREEMENT_H

#include "crypto/digest.h"
#include "heddle/agreement.h"
#include "peer/peer.h"

enum { PEER_ESSENCE_PARTS = 4 };

/** The parts of @p answer that have to agree, borrowed from it; E_DECODE for none. */
typedef heddle_status peer_essence_fn(heddle_view answer, heddle_view parts[PEER_ESSENCE_PARTS],
                                      size_t *out_count, heddle_error *err);

/** What is asked of all of them. */
typedef struct peer_survey {
    heddle_peer *const *peers;
    size_t peer_count;
    const heddle_question *question;
    const heddle_agreement *agreement;  /* as given; may be NULL */
    const heddle_call_options *options; /* as given; may be NULL */
    peer_essence_fn *essence;           /* NULL: heights and hashes of chains are compared */
    bool by_hash;                       /* a block is asked for by its hash */
    heddle_answers *answers;            /* may be NULL */
} peer_survey;

/** Ask; one of the answers that agree is appended to @p out. */
HEDDLE_MUST_USE heddle_status peer_survey_run(const peer_survey *survey, base_buffer *out,
                                              heddle_error *err);

/** Parts that are the whole answer, or what of a block does not depend on who tells it. */
heddle_status peer_essence_all(heddle_view answer, heddle_view parts[PEER_ESSENCE_PARTS],
                               size_t *out_count, heddle_error *err);
heddle_status peer_essence_block(heddle_view answer, heddle_view parts[PEER_ESSENCE_PARTS],
                                 size_t *out_count, heddle_error *err);

/** SHA-256 of one part; of several, that of their digests: bytes moved from one part to the next
 *  make a difference. */
HEDDLE_MUST_USE heddle_status peer_essence_digest(const heddle_view *parts, size_t count,
                                                  uint8_t out[CRYPTO_SHA256_LEN]);

#endif
