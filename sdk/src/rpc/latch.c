#include "rpc/latch.h"

#include <time.h>

void rpc_latch_init(rpc_latch *latch, unsigned count)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&latch->lock, NULL);
    pthread_cond_init(&latch->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    latch->count = count;
}

void rpc_latch_done(rpc_latch *latch)
{
    pthread_cond_destroy(&latch->changed);
    pthread_mutex_destroy(&latch->lock);
}

/* Signalled under the lock: the waiter may destroy the latch as soon as it is through. */
void rpc_latch_down(rpc_latch *latch)
{
    pthread_mutex_lock(&latch->lock);
    if (latch->count && --latch->count == 0)
        pthread_cond_broadcast(&latch->changed);
    pthread_mutex_unlock(&latch->lock);
}

void rpc_latch_wait(rpc_latch *latch)
{
    pthread_mutex_lock(&latch->lock);
    while (latch->count)
        pthread_cond_wait(&latch->changed, &latch->lock);
    pthread_mutex_unlock(&latch->lock);
}

bool rpc_latch_wait_ms(rpc_latch *latch, uint64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&latch->lock);
    while (latch->count && pthread_cond_timedwait(&latch->changed, &latch->lock, &until) == 0)
        continue;
    bool open = latch->count == 0;
    pthread_mutex_unlock(&latch->lock);
    return open;
}
