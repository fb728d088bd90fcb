#include "devnet/blockstore/blockstore.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "devnet/blockstore/record_log.h"

/* A block of the largest batch with its metadata. */
enum { MAX_BLOCK_BYTES = 256 * 1024 * 1024 };

struct dn_blockstore {
    dn_log *log;

    pthread_mutex_t lock; /* of height, interrupted */
    pthread_cond_t changed;
    uint64_t height; /* durable blocks; the log may be one ahead for a moment */
    bool interrupted;

    pthread_mutex_t watch_lock; /* of watches; held while they are told */
    base_list watches;
};

static void init_waiting(dn_blockstore *store)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->changed, &attr);
    pthread_mutex_init(&store->watch_lock, NULL);
    base_list_init(&store->watches);
    pthread_condattr_destroy(&attr);
}

static heddle_status open_log(const char *dir, dn_log **out, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    BASE_TRY(base_make_dirs(dir, 0700, err));
    if (base_buffer_printf(&path, "%s/blocks.log", dir) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    dn_log_options options = {
        .path = base_buffer_cstr(&path), .max_body = MAX_BLOCK_BYTES, .one_by_one = true};
    return dn_log_open(&options, out, err);
}

heddle_status dn_blockstore_open(const char *dir, dn_blockstore **out, heddle_error *err)
{
    dn_blockstore *store = base_calloc(1, sizeof(*store));
    if (!store)
        return base_fail_memory(err, "a block store");
    init_waiting(store);
    heddle_status status = open_log(dir, &store->log, err);
    if (status != HEDDLE_OK) {
        dn_blockstore_close(store);
        return status;
    }
    store->height = dn_log_next(store->log);
    *out = store;
    return HEDDLE_OK;
}

void dn_blockstore_close(dn_blockstore *store)
{
    if (!store)
        return;
    dn_log_close(store->log);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->watch_lock);
    base_free(store);
}

uint64_t dn_blockstore_height(const dn_blockstore *store)
{
    dn_blockstore *s = (dn_blockstore *)store;
    pthread_mutex_lock(&s->lock);
    uint64_t height = s->height;
    pthread_mutex_unlock(&s->lock);
    return height;
}

static void tell(dn_blockstore *store, uint64_t height)
{
    pthread_mutex_lock(&store->lock);
    store->height = height;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);

    pthread_mutex_lock(&store->watch_lock);
    base_list_each (link, &store->watches) {
        dn_blockstore_watch *watch = base_list_entry(link, dn_blockstore_watch, link);
        watch->grown(watch, height);
    }
    pthread_mutex_unlock(&store->watch_lock);
}

heddle_status dn_blockstore_append(dn_blockstore *store, uint64_t number, heddle_view block,
                                   heddle_error *err)
{
    uint64_t height = dn_blockstore_height(store);
    if (number != height)
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "block %llu does not follow block %lld",
                         (unsigned long long)number, (long long)height - 1);
    BASE_TRY(dn_log_append(store->log, block, err));
    heddle_status status = dn_log_sync(store->log, err);
    if (status != HEDDLE_OK) {
        heddle_status cut = dn_log_cut(store->log, number, NULL);
        (void)cut; /* the log refuses to go on in each case */
        return status;
    }
    tell(store, number + 1);
    return HEDDLE_OK;
}

heddle_status dn_blockstore_read(const dn_blockstore *store, uint64_t number, base_buffer *out,
                                 heddle_error *err)
{
    uint64_t height = dn_blockstore_height(store);
    if (number >= height)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no block %llu, the height is %llu",
                         (unsigned long long)number, (unsigned long long)height);
    return dn_log_read(store->log, number, out, err);
}

static struct timespec after_ms(uint64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/** Under the lock. */
static void wait_for_height(dn_blockstore *store, uint64_t number, uint64_t timeout_ms)
{
    int problem = 0;
    bool endless = timeout_ms == UINT64_MAX;
    struct timespec until = after_ms(endless ? 0 : timeout_ms);
    while (store->height <= number && !store->interrupted && problem != ETIMEDOUT)
        problem = endless ? pthread_cond_wait(&store->changed, &store->lock)
                          : pthread_cond_timedwait(&store->changed, &store->lock, &until);
}

heddle_status dn_blockstore_wait(dn_blockstore *store, uint64_t number, uint64_t timeout_ms,
                                 heddle_error *err)
{
    pthread_mutex_lock(&store->lock);
    wait_for_height(store, number, timeout_ms);
    bool interrupted = store->interrupted;
    bool there = store->height > number;
    pthread_mutex_unlock(&store->lock);
    if (interrupted)
        return base_fail(err, HEDDLE_E_CANCELLED, "stopped while waiting for block %llu",
                         (unsigned long long)number);
    if (!there)
        return base_fail(err, HEDDLE_E_TIMED_OUT, "no block %llu after %llu ms",
                         (unsigned long long)number, (unsigned long long)timeout_ms);
    return HEDDLE_OK;
}

void dn_blockstore_interrupt(dn_blockstore *store)
{
    pthread_mutex_lock(&store->lock);
    store->interrupted = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
}

void dn_blockstore_watch_add(dn_blockstore *store, dn_blockstore_watch *watch)
{
    pthread_mutex_lock(&store->watch_lock);
    base_list_append(&store->watches, &watch->link);
    pthread_mutex_unlock(&store->watch_lock);
}

void dn_blockstore_watch_remove(dn_blockstore *store, dn_blockstore_watch *watch)
{
    pthread_mutex_lock(&store->watch_lock);
    base_list_remove(&watch->link);
    pthread_mutex_unlock(&store->watch_lock);
}
