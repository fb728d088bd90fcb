/* A gate that one thread waits at and another opens: blocking calls are made of it. */
#ifndef RPC_LATCH_H
#define RPC_LATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct rpc_latch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned count;
} rpc_latch;

/** Opens after @p count calls of rpc_latch_down(). */
void rpc_latch_init(rpc_latch *latch, unsigned count);
void rpc_latch_done(rpc_latch *latch);
void rpc_latch_down(rpc_latch *latch);

/** Never on a reactor. */
void rpc_latch_wait(rpc_latch *latch);
/** False: not open after @p timeout_ms. */
bool rpc_latch_wait_ms(rpc_latch *latch, uint64_t timeout_ms);

#endif
