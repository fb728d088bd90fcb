#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/fail.h"

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 1024 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *older;
    size_t cap;
    size_t used;
    _Alignas(ALIGNMENT) uint8_t data[];
};

struct base_arena {
    struct block *newest;
    size_t limit;
    size_t taken; /* sum of the capacities of all blocks */
    size_t used;
    bool full;
};

base_arena *base_arena_new(size_t limit)
{
    base_arena *arena = base_calloc(1, sizeof(*arena));
    if (arena)
        arena->limit = limit ? limit : (size_t)256 << 20;
    return arena;
}

static void release_blocks(base_arena *arena, struct block *keep)
{
    while (arena->newest && arena->newest != keep) {
        struct block *older = arena->newest->older;
        arena->taken -= arena->newest->cap;
        base_free(arena->newest);
        arena->newest = older;
    }
}

void base_arena_free(base_arena *arena)
{
    if (!arena)
        return;
    release_blocks(arena, NULL);
    base_free(arena);
}

void base_arena_reset(base_arena *arena)
{
    struct block *first = arena->newest;
    while (first && first->older)
        first = first->older;
    release_blocks(arena, first);
    if (first)
        first->used = 0;
    arena->used = 0;
    arena->full = false;
}

static bool add_block(base_arena *arena, size_t size)
{
    size_t cap = arena->newest ? arena->newest->cap * 2 : FIRST_BLOCK;
    if (cap > LARGEST_STEP)
        cap = LARGEST_STEP;
    if (cap < size)
        cap = size;
    if (cap > arena->limit - arena->taken)
        cap = arena->limit - arena->taken;
    if (cap < size) {
        arena->full = true;
        return false;
    }
    struct block *block = base_malloc(sizeof(*block) + cap);
    if (!block)
        return false;
    *block = (struct block){.older = arena->newest, .cap = cap};
    arena->newest = block;
    arena->taken += cap;
    return true;
}

void *base_arena_alloc(base_arena *arena, size_t size)
{
    if (size > arena->limit) {
        arena->full = true;
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = arena->newest;
    if (!block || block->cap - block->used < size) {
        if (!add_block(arena, size))
            return NULL;
        block = arena->newest;
    }
    void *at = block->data + block->used;
    block->used += size;
    arena->used += size;
    return at;
}

void *base_arena_zalloc(base_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *at = base_arena_alloc(arena, total);
    if (at)
        memset(at, 0, total);
    return at;
}

char *base_arena_str(base_arena *arena, heddle_view text)
{
    char *copy = base_arena_alloc(arena, text.len + 1);
    if (!copy)
        return NULL;
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

char *base_arena_strdup(base_arena *arena, const char *text)
{
    return text ? base_arena_str(arena, heddle_view_str(text)) : NULL;
}

char *base_arena_printf(base_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = len < 0 ? NULL : base_arena_alloc(arena, (size_t)len + 1);
    if (!text)
        return NULL;
    va_start(args, fmt);
    vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    return text;
}

heddle_view base_arena_view(base_arena *arena, heddle_view bytes)
{
    if (!bytes.len)
        return heddle_view_of(NULL, 0);
    uint8_t *copy = base_arena_alloc(arena, bytes.len);
    if (!copy)
        return heddle_view_of(NULL, 0);
    memcpy(copy, bytes.data, bytes.len);
    return heddle_view_of(copy, bytes.len);
}

bool base_arena_is_full(const base_arena *arena)
{
    return arena->full;
}

size_t base_arena_used(const base_arena *arena)
{
    return arena->used;
}

heddle_status base_arena_fail(const base_arena *arena, heddle_error *err, const char *what)
{
    if (arena->full)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: needs more than %zu bytes of memory", what,
                         arena->limit);
    return base_fail_memory(err, what);
}
