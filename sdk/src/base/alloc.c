#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static heddle_allocator hook = {malloc, realloc, free};

void heddle_set_allocator(const heddle_allocator *allocator)
{
    hook = allocator ? *allocator : (heddle_allocator){malloc, realloc, free};
}

void heddle_free(void *block)
{
    base_free(block);
}

void *base_malloc(size_t size)
{
    return hook.malloc_fn(size ? size : 1);
}

void *base_calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *block = base_malloc(total);
    if (block)
        memset(block, 0, total);
    return block;
}

void *base_realloc(void *old, size_t size)
{
    return hook.realloc_fn(old, size ? size : 1);
}

void base_free(void *block)
{
    if (block)
        hook.free_fn(block);
}

uint8_t *base_memdup(const void *data, size_t len)
{
    uint8_t *copy = base_malloc(len);
    if (copy && len)
        memcpy(copy, data, len);
    return copy;
}

char *base_strdup_view(heddle_view text)
{
    char *copy = base_malloc(text.len + 1);
    if (!copy)
        return NULL;
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

char *base_strdup(const char *text)
{
    return text ? base_strdup_view(heddle_view_str(text)) : NULL;
}

void base_wipe(void *data, size_t len)
{
    if (data && len)
        explicit_bzero(data, len);
}
