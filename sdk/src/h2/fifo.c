#include "h2/fifo.h"

enum { FIRST_CAP = 8 };

void h2_fifo_done(h2_fifo *fifo)
{
    while (fifo->count)
        base_blob_unref(h2_fifo_pop(fifo).message);
    base_free(fifo->items);
    *fifo = (h2_fifo){0};
}

static heddle_status grow(h2_fifo *fifo)
{
    size_t cap = fifo->cap ? fifo->cap * 2 : FIRST_CAP;
    h2_letter *items = base_malloc(cap * sizeof(*items));
    if (!items)
        return HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < fifo->count; i++)
        items[i] = *h2_fifo_at(fifo, i);
    base_free(fifo->items);
    fifo->items = items;
    fifo->first = 0;
    fifo->cap = cap;
    return HEDDLE_OK;
}

heddle_status h2_fifo_push(h2_fifo *fifo, h2_letter letter)
{
    if (fifo->count == fifo->cap && grow(fifo) != HEDDLE_OK)
        return HEDDLE_E_NO_MEMORY;
    fifo->items[(fifo->first + fifo->count) & (fifo->cap - 1)] = letter;
    fifo->count++;
    return HEDDLE_OK;
}

h2_letter h2_fifo_pop(h2_fifo *fifo)
{
    h2_letter letter = *h2_fifo_at(fifo, 0);
    fifo->first = (fifo->first + 1) & (fifo->cap - 1);
    fifo->count--;
    return letter;
}
