/* What differs between two endorsers' answers, for the log. */
#ifndef ROUTE_COMPARE_H
#define ROUTE_COMPARE_H

#include "base/buffer.h"
#include "wire/transaction.h"

/** Write to the log in which keys, event or response @p other (of @p peer) differs. */
void route_compare_log(const wire_proposal_response *first, const wire_proposal_response *other,
                       const char *peer, heddle_view tx_id);

/** How much of it is written. */
typedef enum route_depth {
    ROUTE_DEPTH_KEYS,  /* names only: what a log may hold */
    ROUTE_DEPTH_VALUES /* and what each side has there, for the client itself */
} route_depth;

/** The same as text: "write of ns/key; response", appended to @p out. */
HEDDLE_MUST_USE heddle_status route_compare(heddle_view first_payload, heddle_view other_payload,
                                            route_depth depth, base_arena *arena, base_buffer *out,
                                            heddle_error *err);

#define ROUTE_MISMATCH "ProposalResponsePayloads do not match"

/** ROUTE_MISMATCH, and in what, as deep as values; without the latter if it cannot be told. */
const char *route_compare_text(heddle_view first, heddle_view other, base_arena *arena);

#endif
