/* Memory, through the hook of heddle/memory.h. Code of Heddle calls malloc nowhere else. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "heddle/memory.h"
#include "heddle/view.h"

void *base_malloc(size_t size);
void *base_calloc(size_t count, size_t size); /* zeroed; NULL on overflow */
void *base_realloc(void *old, size_t size);
void base_free(void *block);

char *base_strdup(const char *text);      /* NULL for NULL */
char *base_strdup_view(heddle_view text); /* adds the NUL */
uint8_t *base_memdup(const void *data, size_t len);

/** Overwrite in a way the compiler keeps. */
void base_wipe(void *data, size_t len);

/** Give *slot away: yields the pointer and leaves NULL. */
#define base_steal(slot)                                                                           \
    ({                                                                                             \
        __auto_type stolen_ = *(slot);                                                             \
        *(slot) = NULL;                                                                            \
        stolen_;                                                                                   \
    })

/** Defines the cleanup function behind base_auto(tag) for a pointer type. */
#define BASE_AUTO_DEFINE(tag, type, release)                                                       \
    static inline void tag##_auto_release(type *slot)                                              \
    {                                                                                              \
        if (*slot)                                                                                 \
            release(*slot);                                                                        \
    }
#define base_auto(tag) __attribute__((cleanup(tag##_auto_release), unused))

static inline void base_bytes_release_(void *block)
{
    base_free(block);
}
BASE_AUTO_DEFINE(bytes, uint8_t *, base_bytes_release_)
BASE_AUTO_DEFINE(chars, char *, base_bytes_release_)

#define base_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define BASE_COUNT(array)                    (sizeof(array) / sizeof((array)[0]))

#endif
