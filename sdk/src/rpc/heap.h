/* The armed timers of one reactor, earliest first. */
#ifndef RPC_HEAP_H
#define RPC_HEAP_H

#include "rpc/runtime.h"

/** Zero-initialised is empty. Guarded by its owner. */
typedef struct rpc_heap {
    rpc_timer **items; /* 1-based: a timer's position is its index */
    size_t count;
    size_t cap;
} rpc_heap;

void rpc_heap_done(rpc_heap *heap);
HEDDLE_MUST_USE heddle_status rpc_heap_push(rpc_heap *heap, rpc_timer *timer);
void rpc_heap_remove(rpc_heap *heap, rpc_timer *timer);
rpc_timer *rpc_heap_top(const rpc_heap *heap); /* NULL: empty */

#endif
