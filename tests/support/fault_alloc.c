#include "support/fault_alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "heddle/memory.h"

/* The hook stays in place from the program's start, before there are threads; arming and
 * disarming is safe beside the library's own. */
static atomic_bool is_armed;
static atomic_size_t countdown;
static atomic_bool fired;
static atomic_long live;

static bool fails_now(void)
{
    size_t left = atomic_load(&countdown);
    while (left && !atomic_compare_exchange_weak(&countdown, &left, left - 1))
        ;
    if (left == 1)
        atomic_store(&fired, true);
    return left == 1;
}

static void count(long change)
{
    if (atomic_load(&is_armed))
        atomic_fetch_add(&live, change);
}

static void *counted_malloc(size_t size)
{
    void *block = fails_now() ? NULL : malloc(size);
    if (block)
        count(1);
    return block;
}

static void *counted_realloc(void *old, size_t size)
{
    if (fails_now())
        return NULL;
    void *block = realloc(old, size);
    if (block && !old)
        count(1);
    return block;
}

static void counted_free(void *block)
{
    if (block)
        count(-1);
    free(block);
}

__attribute__((constructor)) static void install(void)
{
    static const heddle_allocator counted = {counted_malloc, counted_realloc, counted_free};
    heddle_set_allocator(&counted);
}

void fault_alloc_arm(size_t nth)
{
    atomic_store(&live, 0);
    atomic_store(&fired, false);
    atomic_store(&is_armed, true);
    atomic_store(&countdown, nth);
}

bool fault_alloc_disarm(void)
{
    atomic_store(&countdown, 0);
    atomic_store(&is_armed, false);
    return atomic_load(&fired);
}

long fault_alloc_live(void)
{
    return atomic_load(&live);
}
