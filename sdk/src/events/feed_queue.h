/*
 * What has arrived and waits to be given: the place where the reactor that reads a stream and
 * the thread that uses it meet. Bounded by bytes: when the writer is told that there is no
 * room it stops, and the reader that makes room says so.
 */
#ifndef EVENTS_FEED_QUEUE_H
#define EVENTS_FEED_QUEUE_H

#include <pthread.h>

#include "events/feed_item.h"

typedef struct client_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    base_list items;
    size_t bytes; /* of items */
    size_t limit;
    bool is_starved; /* the writer waits for room */
    int fd;          /* -1: nobody asked for it */
    bool fd_is_set;
    bool is_ended;
    bool is_cancelled;
    heddle_error end;
    heddle_error trouble; /* why the stream is being made anew; status OK: it is not */

    client_item *current;       /* the one that is being given */
    size_t given;               /* of it */
    bool is_placed;             /* the next two are known */
    heddle_checkpoint position; /* behind what was given */
    uint64_t reached;           /* the block after the last one that arrived */
} client_queue;

void client_queue_init(client_queue *queue, size_t limit);
void client_queue_done(client_queue *queue);

/* The writer. */

/** Takes @p item; NULL: the block that arrived holds nothing. False: wait for room. */
bool client_queue_push(client_queue *queue, client_item *item, uint64_t number);
/** Whether the writer, once told to wait, may go on. */
bool client_queue_has_room(client_queue *queue);
/** Where the stream begins, once that is known. */
void client_queue_place(client_queue *queue, const heddle_checkpoint *start);
/** Nothing more comes. */
void client_queue_end(client_queue *queue, const heddle_error *err);
/** What keeps the stream from going on, for who waits in vain; NULL: nothing. */
void client_queue_trouble(client_queue *queue, const heddle_error *err);

/* The reader. */

/** Drop what waits; the reader is told E_CANCELLED. Any thread. */
void client_queue_cancel(client_queue *queue);

/**
 * The next thing to give: *out_index of *out, which lives until the next call. Waits up to
 * @p timeout_ms. E_TIMED_OUT: nothing yet; else the end. *out_room: a starved writer may go on.
 */
HEDDLE_MUST_USE heddle_status client_queue_take(client_queue *queue, uint32_t timeout_ms,
                                                client_item **out, size_t *out_index,
                                                bool *out_room, heddle_error *err);

/** Readable as long as client_queue_take() would not wait; -1 and errno: none to be had. */
int client_queue_fd(client_queue *queue);

/** Behind what was given; false: not known yet. */
bool client_queue_position(client_queue *queue, heddle_checkpoint *out);

#endif
