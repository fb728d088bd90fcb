/* The handle behind heddle_lifecycle, and how the chaincode _lifecycle is called. */
#ifndef LIFECYCLE_LIFECYCLE_H
#define LIFECYCLE_LIFECYCLE_H

#include "heddle/lifecycle.h"
#include "lifecycle/definition.h"
#include "wire/codec.h"

struct heddle_lifecycle {
    _Atomic int refs;
    char *channel;
    heddle_identity *identity;
    heddle_contract *contract; /* _lifecycle */
};

/** A call of _lifecycle with one message as its argument. */
typedef struct lifecycle_ask {
    const char *function;
    const ProtobufCMessage *args;
    const char *name;        /* of the chaincode that it is about, for errors; may be NULL */
    uint64_t sequence;       /* likewise; 0: none */
    const char *const *orgs; /* MSP ids whose peers are asked; none: as it comes */
    size_t org_count;
    const heddle_call_options *options; /* may be NULL */
    bool may_be_done; /* "with unchanged content" is no failure of it; never of an evaluation */
} lifecycle_ask;

/** By evaluating; the answer, in @p arena. What the peers say against it is put into words. */
HEDDLE_MUST_USE heddle_status lifecycle_evaluate(heddle_lifecycle *lifecycle,
                                                 const lifecycle_ask *ask, base_arena *arena,
                                                 heddle_view *out, heddle_error *err);
/** By a transaction, until it is on the ledger. @p out may be NULL. */
HEDDLE_MUST_USE heddle_status lifecycle_submit(heddle_lifecycle *lifecycle,
                                               const lifecycle_ask *ask, heddle_outcome *out,
                                               heddle_error *err);

/* What became of a failed call; HEDDLE_OK: nothing had to be done. */

/** @p details: what each peer said. Fills @p err (never NULL) anew, from what it was. */
HEDDLE_MUST_USE heddle_status lifecycle_judge(const heddle_lifecycle *lifecycle,
                                              const lifecycle_ask *ask,
                                              const heddle_details *details, heddle_error *err);

#endif
