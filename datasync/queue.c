#include "datasync/queue.h"

#include <pthread.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fail.h"

struct sync_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    base_list items;
    size_t bytes;
    size_t limit;
    bool stopped;
    bool ended;
    bool starving; /* the producer was told that there is no room */
    heddle_error end;
    void (*on_room)(void *user);
    void *user;
};

sync_item *sync_item_new(heddle_view bytes, void *owner, void (*release)(void *owner))
{
    sync_item *item = base_malloc(sizeof(*item));
    if (!item) {
        release(owner);
        return NULL;
    }
    *item = (sync_item){.bytes = bytes, .owner = owner, .release = release};
    base_list_init(&item->link);
    return item;
}

void sync_item_free(sync_item *item)
{
    if (!item)
        return;
    item->release(item->owner);
    base_free(item);
}

sync_queue *sync_queue_new(size_t limit)
{
    sync_queue *queue = base_calloc(1, sizeof(*queue));
    if (!queue)
        return NULL;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&queue->lock, NULL);
    base_list_init(&queue->items);
    queue->limit = limit;
    return queue;
}

void sync_queue_free(sync_queue *queue)
{
    if (!queue)
        return;
    for (base_list *link; (link = base_list_pop(&queue->items));)
        sync_item_free(base_list_entry(link, sync_item, link));
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    base_free(queue);
}

bool sync_queue_push(sync_queue *queue, sync_item *item)
{
    pthread_mutex_lock(&queue->lock);
    bool taken = !queue->stopped && !queue->ended;
    if (taken) {
        base_list_append(&queue->items, &item->link);
        queue->bytes += item->bytes.len;
        queue->starving = queue->bytes >= queue->limit;
        pthread_cond_broadcast(&queue->changed);
    }
    bool room = taken && !queue->starving;
    pthread_mutex_unlock(&queue->lock);
    if (!taken)
        sync_item_free(item);
    return room;
}

bool sync_queue_wait_room(sync_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->stopped && queue->bytes >= queue->limit)
        pthread_cond_wait(&queue->changed, &queue->lock);
    bool running = !queue->stopped;
    pthread_mutex_unlock(&queue->lock);
    return running;
}

void sync_queue_on_room(sync_queue *queue, void (*fn)(void *user), void *user)
{
    pthread_mutex_lock(&queue->lock);
    queue->on_room = fn;
    queue->user = user;
    pthread_mutex_unlock(&queue->lock);
}

void sync_queue_end(sync_queue *queue, const heddle_error *err)
{
    pthread_mutex_lock(&queue->lock);
    if (!queue->ended) {
        queue->ended = true;
        queue->end = *err;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
}

/* Under the lock. Half empty is room: the producer is not called for every block. */
static bool wants_call(sync_queue *queue)
{
    if (!queue->starving || queue->bytes > queue->limit / 2)
        return false;
    queue->starving = false;
    return queue->on_room != NULL;
}

static void tell_end(const sync_queue *queue, heddle_error *out_end)
{
    if (queue->stopped)
        base_fail(out_end, HEDDLE_E_CANCELLED, "stopped");
    else
        *out_end = queue->end;
}

sync_item *sync_queue_pop(sync_queue *queue, bool wait, heddle_error *out_end)
{
    sync_item *item = NULL;
    bool call = false;
    pthread_mutex_lock(&queue->lock);
    while (wait && !queue->stopped && !queue->ended && base_list_is_empty(&queue->items))
        pthread_cond_wait(&queue->changed, &queue->lock);
    base_list *link = queue->stopped ? NULL : base_list_pop(&queue->items);
    if (link) {
        item = base_list_entry(link, sync_item, link);
        queue->bytes -= item->bytes.len;
        call = wants_call(queue);
        pthread_cond_broadcast(&queue->changed);
    } else if (wait) {
        tell_end(queue, out_end);
    }
    void (*fn)(void *) = queue->on_room;
    void *user = queue->user;
    pthread_mutex_unlock(&queue->lock);
    if (call)
        fn(user);
    return item;
}

void sync_queue_stop(sync_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

bool sync_queue_is_stopped(sync_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool stopped = queue->stopped;
    pthread_mutex_unlock(&queue->lock);
    return stopped;
}

bool sync_queue_pause(sync_queue *queue, uint64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&queue->lock);
    int rc = 0;
    while (!queue->stopped && rc == 0)
        rc = pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
    bool stopped = queue->stopped;
    pthread_mutex_unlock(&queue->lock);
    return stopped;
}

size_t sync_queue_bytes(sync_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t bytes = queue->bytes;
    pthread_mutex_unlock(&queue->lock);
    return bytes;
}
