#include "lifecycle/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

void heddle_definitions_free(heddle_definitions *definitions)
{
    if (!definitions)
        return;
    base_arena_free(definitions->arena);
    base_free(definitions);
}

size_t heddle_definitions_count(const heddle_definitions *definitions)
{
    return definitions->count;
}

const heddle_defined *heddle_definitions_at(const heddle_definitions *definitions, size_t index)
{
    return index < definitions->count ? &definitions->items[index] : NULL;
}

void heddle_readiness_free(heddle_readiness *readiness)
{
    if (!readiness)
        return;
    base_arena_free(readiness->arena);
    base_free(readiness);
}

size_t heddle_readiness_count(const heddle_readiness *readiness)
{
    return readiness->count;
}

const heddle_approval *heddle_readiness_at(const heddle_readiness *readiness, size_t index)
{
    return index < readiness->count ? &readiness->items[index] : NULL;
}

static int compare_approvals(const void *a, const void *b)
{
    return strcmp(((const heddle_approval *)a)->mspid, ((const heddle_approval *)b)->mspid);
}

void lifecycle_approvals_sort(heddle_approval *approvals, size_t count)
{
    if (count)
        qsort(approvals, count, sizeof(*approvals), compare_approvals);
}

heddle_status lifecycle_definitions_new(base_arena *arena, size_t count, heddle_definitions **out,
                                        heddle_error *err)
{
    heddle_definitions *definitions = base_calloc(1, sizeof(*definitions));
    if (!definitions)
        return base_fail_memory(err, "definitions");
    definitions->items = base_arena_zalloc(arena, count + 1, sizeof(*definitions->items));
    if (!definitions->items) {
        base_free(definitions);
        return base_arena_fail(arena, err, "definitions");
    }
    definitions->arena = arena;
    *out = definitions;
    return HEDDLE_OK;
}

heddle_status lifecycle_definitions_add(heddle_definitions *definitions,
                                        const lifecycle_terms *terms, const char *package_id,
                                        heddle_approval *approvals, size_t count, heddle_error *err)
{
    heddle_defined *item = &definitions->items[definitions->count];
    BASE_TRY(lifecycle_terms_tell(terms, definitions->arena, &item->definition, err));
    lifecycle_approvals_sort(approvals, count);
    item->package_id = package_id;
    item->approvals = approvals;
    item->approval_count = count;
    definitions->count++;
    return HEDDLE_OK;
}
