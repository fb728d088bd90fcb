/*
 * Blocks between the source and the worker, bounded in bytes.
 *
 * One producer, one consumer. When the queue is full the producer is told so and waits, or
 * is called when there is room again: so a slow database slows the stream of blocks.
 */
#ifndef SYNC_QUEUE_H
#define SYNC_QUEUE_H

#include <stdbool.h>

#include "base/list.h"
#include "heddle/status.h"
#include "heddle/view.h"

/** The bytes of a block, and who owns them. */
typedef struct sync_item {
    base_list link;
    heddle_view bytes;
    void *owner;
    void (*release)(void *owner);
} sync_item;

/** Takes @p owner also when it fails: NULL when memory is gone. */
sync_item *sync_item_new(heddle_view bytes, void *owner, void (*release)(void *owner));
void sync_item_free(sync_item *item);

typedef struct sync_queue sync_queue;

sync_queue *sync_queue_new(size_t limit); /* NULL when memory is gone */
void sync_queue_free(sync_queue *queue);  /* NULL is fine */

/** Takes @p item. True: there is room for another. Never waits. */
bool sync_queue_push(sync_queue *queue, sync_item *item);

/** Wait for room; false when stopping. */
bool sync_queue_wait_room(sync_queue *queue);

/** On the consumer's thread, when there is room again after a push that said false. Set it
 *  while no producer runs. */
void sync_queue_on_room(sync_queue *queue, void (*fn)(void *user), void *user);

/** The source has no more: HEDDLE_OK at the tip, else why (copied). The first call counts. */
void sync_queue_end(sync_queue *queue, const heddle_error *err);

/**
 * The next block; waits for it if @p wait. NULL: none is there, or, having waited, the source
 * ended (then *out_end, status OK at the tip) or the queue was stopped (E_CANCELLED).
 */
sync_item *sync_queue_pop(sync_queue *queue, bool wait, heddle_error *out_end);

/** Wake everybody up; from now on pops and waits end at once. */
void sync_queue_stop(sync_queue *queue);
bool sync_queue_is_stopped(sync_queue *queue);

/** Sleep; true: the queue was stopped. */
bool sync_queue_pause(sync_queue *queue, uint64_t ms);

size_t sync_queue_bytes(sync_queue *queue);

#endif
