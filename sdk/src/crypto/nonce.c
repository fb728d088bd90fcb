/*
 * A call of OpenSSL's generator costs nearly the same for one nonce as for many, and a
 * thirtieth of a signature. So a thread draws some in advance, and hands each out once. After a
 * fork the child draws anew: the generation tells.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "crypto/digest.h"

enum { POOL_SIZE = 32 * CRYPTO_NONCE_MAX };

struct pool {
    unsigned generation;
    size_t left;
    uint8_t bytes[POOL_SIZE];
};

static _Thread_local struct pool pool;
static atomic_uint generation = 1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fork(void)
{
    atomic_fetch_add(&generation, 1);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, on_fork);
}

heddle_status crypto_nonce(uint8_t *out, size_t len)
{
    if (len > CRYPTO_NONCE_MAX)
        return HEDDLE_E_BAD_ARGUMENT;
    pthread_once(&once, watch_forks);
    unsigned now = atomic_load(&generation);
    if (pool.generation != now || pool.left < len) {
        pool.left = 0;
        heddle_status status = crypto_random(pool.bytes, sizeof(pool.bytes));
        if (status)
            return status;
        pool.left = sizeof(pool.bytes);
        pool.generation = now;
    }
    pool.left -= len;
    memcpy(out, pool.bytes + pool.left, len);
    return HEDDLE_OK;
}
