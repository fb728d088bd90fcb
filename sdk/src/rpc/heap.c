#include "rpc/heap.h"

#include "base/alloc.h"

void rpc_heap_done(rpc_heap *heap)
{
    base_free(heap->items);
    *heap = (rpc_heap){0};
}

static void place(rpc_heap *heap, size_t at, rpc_timer *timer)
{
    heap->items[at] = timer;
    timer->position = at;
}

static void sift_up(rpc_heap *heap, size_t at, rpc_timer *timer)
{
    while (at > 1 && heap->items[at / 2]->due_ms > timer->due_ms) {
        place(heap, at, heap->items[at / 2]);
        at /= 2;
    }
    place(heap, at, timer);
}

static void sift_down(rpc_heap *heap, size_t at, rpc_timer *timer)
{
    for (size_t child = at * 2; child <= heap->count; child = at * 2) {
        if (child < heap->count && heap->items[child + 1]->due_ms < heap->items[child]->due_ms)
            child++;
        if (heap->items[child]->due_ms >= timer->due_ms)
            break;
        place(heap, at, heap->items[child]);
        at = child;
    }
    place(heap, at, timer);
}

heddle_status rpc_heap_push(rpc_heap *heap, rpc_timer *timer)
{
    if (heap->count + 2 > heap->cap) {
        size_t cap = heap->cap ? heap->cap * 2 : 64;
        rpc_timer **items = base_realloc(heap->items, cap * sizeof(rpc_timer *));
        if (!items)
            return HEDDLE_E_NO_MEMORY;
        heap->items = items;
        heap->cap = cap;
    }
    sift_up(heap, ++heap->count, timer);
    return HEDDLE_OK;
}

void rpc_heap_remove(rpc_heap *heap, rpc_timer *timer)
{
    size_t at = timer->position;
    rpc_timer *last = heap->items[heap->count--];
    timer->position = 0;
    if (last == timer)
        return;
    if (at > 1 && heap->items[at / 2]->due_ms > last->due_ms)
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

rpc_timer *rpc_heap_top(const rpc_heap *heap)
{
    return heap->count ? heap->items[1] : NULL;
}
