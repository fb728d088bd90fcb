#include "support/fault_alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "heddle/memory.h"

static atomic_size_t countdown;
static atomic_bool fired;
static atomic_long live;

static bool fails_now(void)
{
    size_t left = atomic_load(&countdown);
    if (left == 0)
        return false;
    if (atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    atomic_store(&fired, true);
    return true;
}

static void *counted_malloc(size_t size)
{
    void *block = fails_now() ? NULL : malloc(size);
    if (block)
        atomic_fetch_add(&live, 1);
    return block;
}

static void *counted_realloc(void *old, size_t size)
{
    if (fails_now())
        return NULL;
    void *block = realloc(old, size);
    if (block && !old)
        atomic_fetch_add(&live, 1);
    return block;
}

static void counted_free(void *block)
{
    if (block)
        atomic_fetch_sub(&live, 1);
    free(block);
}

void fault_alloc_arm(size_t nth)
{
    static const heddle_allocator counted = {counted_malloc, counted_realloc, counted_free};
    atomic_store(&live, 0);
    atomic_store(&fired, false);
    atomic_store(&countdown, nth);
    heddle_set_allocator(&counted);
}

bool fault_alloc_disarm(void)
{
    heddle_set_allocator(NULL);
    return atomic_load(&fired);
}

long fault_alloc_live(void)
{
    return atomic_load(&live);
}
