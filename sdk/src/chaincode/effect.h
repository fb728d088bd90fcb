/*
 * What a transaction did, from its recording, in an order that does not depend on that of its
 * requests: what it read and asked for, what it wrote in the end, what it answered. Two runs of
 * a deterministic contract on the same state have equal effects.
 */
#ifndef CC_EFFECT_H
#define CC_EFFECT_H

#include "chaincode/payload.h"
#include "chaincode/recording.h"

typedef enum cc_effect_kind {
    CC_EFFECT_READ,
    CC_EFFECT_READ_HASH,
    CC_EFFECT_READ_POLICY,
    CC_EFFECT_HISTORY,
    CC_EFFECT_RANGE,
    CC_EFFECT_QUERY,
    CC_EFFECT_NEXT, /* a further batch of one of the three */
    CC_EFFECT_CALL,
    CC_EFFECT_WRITE, /* an empty value deletes */
    CC_EFFECT_PURGE,
    CC_EFFECT_WRITE_POLICY
} cc_effect_kind;

typedef struct cc_effect {
    cc_effect_kind kind;
    heddle_view collection;
    heddle_view key;   /* or, of a query or call, the request */
    heddle_view value; /* of a write */
    size_t place;      /* among the transaction's requests */
} cc_effect;

/** Sorted by kind, collection and key; each read once, of each key the last write. */
typedef struct cc_effects {
    cc_effect *items;
    size_t count;
    wire_response response;
    wire_event event;
} cc_effects;

/** Borrows what the recording borrows; arrays are in @p arena. E_DECODE. */
HEDDLE_MUST_USE heddle_status cc_effects_read(const cc_recording *recording, base_arena *arena,
                                              cc_effects *out, heddle_error *err);

int cc_effect_compare(const cc_effect *a, const cc_effect *b);

/** Sentences on how one run differs from another. Zero-initialised but for the first three. */
typedef struct cc_differences {
    base_arena *arena;
    const char *who;  /* "the second run" */
    const char *whom; /* "the first one" */
    bool ignores_missing_reads;
    const char **items;
    size_t count;
    size_t cap;
} cc_differences;

enum { CC_DIFFERENCES_LIMIT = 100 };

/** In what @p now differs from @p then. */
HEDDLE_MUST_USE heddle_status cc_differences_find(cc_differences *differences,
                                                  const cc_effects *then, const cc_effects *now,
                                                  heddle_error *err);

#endif
