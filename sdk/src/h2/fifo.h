/* Messages that wait, first in first out; guarded by their owner. */
#ifndef H2_FIFO_H
#define H2_FIFO_H

#include "base/blob.h"
#include "heddle/status.h"

typedef struct h2_letter {
    base_blob *message; /* a reference */
    size_t held;        /* received: bytes that are not given back to the sender's window */
} h2_letter;

/** Zero-initialised is empty. */
typedef struct h2_fifo {
    h2_letter *items; /* a ring */
    size_t first;
    size_t count;
    size_t cap;
} h2_fifo;

void h2_fifo_done(h2_fifo *fifo); /* releases the messages; empty again */
/** E_NO_MEMORY: as it was. */
HEDDLE_MUST_USE heddle_status h2_fifo_push(h2_fifo *fifo, h2_letter letter);
h2_letter h2_fifo_pop(h2_fifo *fifo); /* not of an empty one; the reference is the caller's */

static inline const h2_letter *h2_fifo_at(const h2_fifo *fifo, size_t i)
{
    return &fifo->items[(fifo->first + i) & (fifo->cap - 1)];
}

#endif
