#include "events/feed_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "client/call.h"

void client_queue_init(client_queue *queue, size_t limit)
{
    pthread_condattr_t monotonic;
    *queue = (client_queue){.limit = limit, .fd = -1};
    base_list_init(&queue->items);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void drop_items(client_queue *queue)
{
    for (base_list *link; (link = base_list_pop(&queue->items));)
        client_item_free(base_list_entry(link, client_item, link));
    queue->bytes = 0;
}

void client_queue_done(client_queue *queue)
{
    drop_items(queue);
    client_item_free(queue->current);
    if (queue->fd >= 0)
        close(queue->fd);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
}

static bool has_more_of_current(const client_queue *queue)
{
    return queue->current && queue->given < queue->current->count;
}

/* Under the lock, as all that follow. */
static bool is_ready(const client_queue *queue)
{
    return queue->is_cancelled || has_more_of_current(queue) ||
           !base_list_is_empty(&queue->items) || queue->is_ended;
}

static void show(client_queue *queue)
{
    uint64_t one = 1;
    bool ready = is_ready(queue);
    if (queue->fd < 0 || ready == queue->fd_is_set)
        return;
    ssize_t done = ready ? write(queue->fd, &one, sizeof(one)) : read(queue->fd, &one, sizeof(one));
    queue->fd_is_set = done == (ssize_t)sizeof(one) ? ready : queue->fd_is_set;
}

static void tell(client_queue *queue)
{
    show(queue);
    pthread_cond_signal(&queue->changed);
}

bool client_queue_push(client_queue *queue, client_item *item, uint64_t number)
{
    pthread_mutex_lock(&queue->lock);
    queue->reached = number < UINT64_MAX ? number + 1 : number;
    if (!queue->is_placed) {
        queue->position = (heddle_checkpoint){.block_number = number};
        queue->is_placed = true;
    }
    queue->trouble.status = HEDDLE_OK;
    if (item && queue->is_cancelled) {
        client_item_free(item);
    } else if (item) {
        base_list_append(&queue->items, &item->link);
        queue->bytes += client_item_cost(item);
        tell(queue);
    }
    queue->is_starved = queue->bytes >= queue->limit;
    bool room = !queue->is_starved;
    pthread_mutex_unlock(&queue->lock);
    return room;
}

bool client_queue_has_room(client_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool room = !queue->is_starved;
    pthread_mutex_unlock(&queue->lock);
    return room;
}

void client_queue_place(client_queue *queue, const heddle_checkpoint *start)
{
    pthread_mutex_lock(&queue->lock);
    if (!queue->is_placed) {
        queue->position = *start;
        queue->reached = start->block_number;
        queue->is_placed = true;
    }
    pthread_mutex_unlock(&queue->lock);
}

void client_queue_end(client_queue *queue, const heddle_error *err)
{
    pthread_mutex_lock(&queue->lock);
    if (!queue->is_ended) {
        queue->end = *err;
        queue->is_ended = true;
        tell(queue);
    }
    pthread_mutex_unlock(&queue->lock);
}

void client_queue_trouble(client_queue *queue, const heddle_error *err)
{
    pthread_mutex_lock(&queue->lock);
    if (err)
        queue->trouble = *err;
    else
        queue->trouble.status = HEDDLE_OK;
    pthread_mutex_unlock(&queue->lock);
}

void client_queue_cancel(client_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_cancelled = true;
    drop_items(queue);
    tell(queue);
    pthread_mutex_unlock(&queue->lock);
}

static struct timespec after_ms(uint32_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

static heddle_status fail_timed_out(const client_queue *queue, uint32_t timeout_ms,
                                    heddle_error *err)
{
    heddle_status status =
        queue->trouble.status
            ? base_fail(err, HEDDLE_E_TIMED_OUT, "events: none within %" PRIu32 " ms; %s",
                        timeout_ms, queue->trouble.message)
            : base_fail(err, HEDDLE_E_TIMED_OUT, "events: none within %" PRIu32 " ms", timeout_ms);
    client_error_place(err, HEDDLE_STAGE_EVENTS, NULL);
    return status;
}

static heddle_status fail_cancelled(heddle_error *err)
{
    heddle_status status = base_fail(err, HEDDLE_E_CANCELLED, "events: cancelled");
    client_error_place(err, HEDDLE_STAGE_EVENTS, NULL);
    return status;
}

static void next_item(client_queue *queue)
{
    base_list *link = base_list_pop(&queue->items);
    client_item_free(queue->current);
    queue->current = base_list_entry(link, client_item, link);
    queue->given = 0;
    queue->bytes -= client_item_cost(queue->current);
}

static void move_position(client_queue *queue, const client_item *item, size_t index)
{
    heddle_checkpoint *position = &queue->position;
    *position = (heddle_checkpoint){.block_number = item->number};
    if (item->events)
        snprintf(position->tx_id, sizeof(position->tx_id), "%s", item->events[index].tx_id);
    else
        position->block_number = item->number < UINT64_MAX ? item->number + 1 : item->number;
}

static heddle_status take_locked(client_queue *queue, uint32_t timeout_ms, client_item **out,
                                 size_t *out_index, heddle_error *err)
{
    if (queue->is_cancelled)
        return fail_cancelled(err);
    if (!is_ready(queue))
        return fail_timed_out(queue, timeout_ms, err);
    if (!has_more_of_current(queue) && base_list_is_empty(&queue->items)) {
        if (err)
            *err = queue->end;
        return queue->end.status;
    }
    if (!has_more_of_current(queue))
        next_item(queue);
    *out = queue->current;
    *out_index = queue->given++;
    move_position(queue, *out, *out_index);
    return HEDDLE_OK;
}

heddle_status client_queue_take(client_queue *queue, uint32_t timeout_ms, client_item **out,
                                size_t *out_index, bool *out_room, heddle_error *err)
{
    int waited = timeout_ms ? 0 : -1;
    struct timespec until = after_ms(timeout_ms);
    pthread_mutex_lock(&queue->lock);
    while (waited == 0 && !is_ready(queue))
        waited = pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
    heddle_status status = take_locked(queue, timeout_ms, out, out_index, err);
    *out_room = queue->is_starved && queue->bytes < queue->limit;
    if (*out_room)
        queue->is_starved = false;
    show(queue);
    pthread_mutex_unlock(&queue->lock);
    return status;
}

int client_queue_fd(client_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    if (queue->fd < 0) {
        queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        show(queue);
    }
    int fd = queue->fd;
    pthread_mutex_unlock(&queue->lock);
    return fd;
}

/* All that arrived has been given: the blocks that held nothing are behind, too. */
static bool is_all_given(const client_queue *queue)
{
    return !has_more_of_current(queue) && base_list_is_empty(&queue->items) && !queue->is_cancelled;
}

bool client_queue_position(client_queue *queue, heddle_checkpoint *out)
{
    pthread_mutex_lock(&queue->lock);
    bool known = queue->is_placed;
    if (known)
        *out = queue->position;
    if (known && is_all_given(queue) && queue->reached > out->block_number)
        *out = (heddle_checkpoint){.block_number = queue->reached};
    pthread_mutex_unlock(&queue->lock);
    return known;
}
