/* The objects that tell what the ledger has. */
#ifndef LIFECYCLE_ANSWER_H
#define LIFECYCLE_ANSWER_H

#include "lifecycle/definition.h"

struct heddle_definitions {
    base_arena *arena; /* holds all that follows */
    heddle_defined *items;
    size_t count;
};

struct heddle_readiness {
    base_arena *arena;
    heddle_approval *items;
    size_t count;
};

/** Room for @p count, none of which is there yet. */
HEDDLE_MUST_USE heddle_status lifecycle_definitions_new(base_arena *arena, size_t count,
                                                        heddle_definitions **out,
                                                        heddle_error *err);

/** One more; what is in @p terms lives in the arena. @p approvals are sorted here. */
HEDDLE_MUST_USE heddle_status lifecycle_definitions_add(heddle_definitions *definitions,
                                                        const lifecycle_terms *terms,
                                                        const char *package_id,
                                                        heddle_approval *approvals, size_t count,
                                                        heddle_error *err);

void lifecycle_approvals_sort(heddle_approval *approvals, size_t count);

BASE_AUTO_DEFINE(heddle_definitions, heddle_definitions *, heddle_definitions_free)
BASE_AUTO_DEFINE(heddle_readiness, heddle_readiness *, heddle_readiness_free)

#endif
