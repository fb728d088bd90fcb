/*
 * The ways to be given events: callbacks that hold and go on, a descriptor to poll, and the end
 * from any side at any time.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "base/view.h"
#include "ledger_bed.h"

enum { WAIT_MS = 15000, EVENTS = 18, LIMIT_S = 20 };

static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

/* What callbacks saw. */
typedef struct seen {
    heddle_events *events;
    sem_t given;
    sem_t ended;
    atomic_size_t count;
    atomic_int ends;
    atomic_int inside; /* callbacks under way */
    size_t hold_each;  /* hold after so many */
    bool cancels;      /* in the first callback */
    heddle_status status;
    char last[65];
    uint64_t blocks;
} seen;

static void seen_init(seen *s)
{
    *s = (seen){0};
    sem_init(&s->given, 0, 0);
    sem_init(&s->ended, 0, 0);
}

static void await(sem_t *what)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LIMIT_S;
    ck_assert_int_eq(sem_timedwait(what, &until), 0);
}

static heddle_flow on_event(const heddle_event *event, void *user)
{
    seen *s = user;
    ck_assert_int_eq(atomic_fetch_add(&s->inside, 1), 0);
    ck_assert_int_eq(atomic_load(&s->ends), 0);
    memcpy(s->last, event->tx_id, strlen(event->tx_id) + 1);
    size_t count = atomic_fetch_add(&s->count, 1) + 1;
    if (s->cancels)
        heddle_events_cancel(s->events);
    atomic_fetch_sub(&s->inside, 1);
    sem_post(&s->given);
    return s->hold_each && count % s->hold_each == 0 ? HEDDLE_FLOW_HOLD : HEDDLE_FLOW_GO;
}

static heddle_flow on_block(const heddle_block_event *block, void *user)
{
    seen *s = user;
    ck_assert_uint_eq(block->number, s->blocks);
    s->blocks++;
    return HEDDLE_FLOW_GO;
}

static void on_end(const heddle_error *why, void *user)
{
    seen *s = user;
    s->status = why->status;
    atomic_fetch_add(&s->ends, 1);
    sem_post(&s->ended);
}

static heddle_events_options whole(void)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    options.has_stop = true;
    options.stop_block = LEDGER_BLOCKS - 1;
    options.backoff_min_ms = 1;
    options.backoff_max_ms = 2;
    return options;
}

static void start_events(ledger_bed *bed, seen *s, const heddle_events_options *options)
{
    OK(heddle_events_start(bed->gateway, bed->user, "mychannel", "kv", options, on_event, on_end, s,
                           &s->events, &err));
}

START_TEST(callbacks_are_given_all_and_then_the_end)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cut = {.after = 2, .code = RPC_UNAVAILABLE};
    heddle_events_options options = whole();
    heddle_blocks *blocks = NULL;
    seen s, b;
    seen_init(&s);
    seen_init(&b);
    ledger_cuts(&bed->nodes[0], &cut, 1, true);
    start_events(bed, &s, &options);
    OK(heddle_blocks_start(bed->gateway, bed->user, "mychannel", HEDDLE_BLOCKS_FILTERED, &options,
                           on_block, on_end, &b, &blocks, &err));
    await(&s.ended);
    await(&b.ended);
    ck_assert_uint_eq(atomic_load(&s.count), EVENTS);
    ck_assert_str_eq(s.last, "tx-11-2");
    ck_assert_int_eq(s.status, HEDDLE_E_END);
    ck_assert_uint_eq(b.blocks, LEDGER_BLOCKS);
    ck_assert_int_eq(b.status, HEDDLE_E_END);
    heddle_event event;
    ck_assert_int_eq(heddle_events_next(s.events, 0, &event, &err), HEDDLE_E_BAD_STATE);
    ck_assert_int_eq(heddle_events_fd(s.events), -1);
    heddle_events_close(s.events);
    heddle_blocks_close(blocks);
    ledger_stop(bed);
    ck_assert_int_eq(atomic_load(&s.ends), 1);
}
END_TEST

START_TEST(held_callbacks_wait_for_resume)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    heddle_checkpoint at;
    seen s;
    seen_init(&s);
    s.hold_each = 1;
    start_events(bed, &s, &options);
    for (size_t i = 1; i <= EVENTS; i++) {
        await(&s.given);
        OK(heddle_events_position(s.events, &at, &err));
        ck_assert_uint_eq(atomic_load(&s.count), i);
        heddle_events_resume(s.events);
    }
    await(&s.ended);
    ck_assert_int_eq(s.status, HEDDLE_E_END);
    heddle_events_close(s.events);
    ledger_stop(bed);
}
END_TEST

/* Resumed by another thread before the callback that said hold has returned. */
static heddle_flow resumes_itself(const heddle_event *event, void *user)
{
    (void)event;
    seen *s = user;
    atomic_fetch_add(&s->count, 1);
    heddle_events_resume(s->events);
    return HEDDLE_FLOW_HOLD;
}

START_TEST(resume_is_not_lost_when_it_comes_first)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    seen s;
    seen_init(&s);
    OK(heddle_events_start(bed->gateway, bed->user, "mychannel", "kv", &options, resumes_itself,
                           on_end, &s, &s.events, &err));
    await(&s.ended);
    ck_assert_uint_eq(atomic_load(&s.count), EVENTS);
    heddle_events_close(s.events);
    ledger_stop(bed);
}
END_TEST

START_TEST(held_stream_can_be_cancelled)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    seen s;
    seen_init(&s);
    s.hold_each = 3;
    start_events(bed, &s, &options);
    for (int i = 0; i < 3; i++)
        await(&s.given);
    heddle_events_close(s.events);
    await(&s.ended);
    ck_assert_int_eq(s.status, HEDDLE_E_CANCELLED);
    ck_assert_uint_eq(atomic_load(&s.count), 3);
    ledger_stop(bed);
}
END_TEST

START_TEST(callback_may_cancel)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    seen s;
    seen_init(&s);
    s.cancels = true;
    start_events(bed, &s, &options);
    await(&s.ended);
    ck_assert_int_eq(s.status, HEDDLE_E_CANCELLED);
    ck_assert_uint_eq(atomic_load(&s.count), 1);
    heddle_events_close(s.events);
    ledger_stop(bed);
}
END_TEST

START_TEST(pause_from_outside)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    seen s;
    seen_init(&s);
    bed->nodes[0].height = 1;
    options.has_stop = false;
    start_events(bed, &s, &options);
    heddle_events_pause(s.events);
    ledger_grow(&bed->nodes[0], LEDGER_BLOCKS);
    ck_assert_uint_eq(atomic_load(&s.count), 0);
    heddle_events_resume(s.events);
    for (int i = 0; i < EVENTS; i++)
        await(&s.given);
    heddle_events_close(s.events);
    await(&s.ended);
    ledger_stop(bed);
}
END_TEST

/* A callback form may be closed by whoever has it, and the gateway after it at once. */
START_TEST(gateway_is_closed_at_any_moment)
{
    for (int i = 0; i < 30; i++) {
        ledger_bed *bed = ledger_start(1);
        heddle_events_options options = whole();
        heddle_events *pulled = NULL;
        seen s;
        seen_init(&s);
        s.hold_each = (size_t)i % 5;
        const ledger_cut cut = {.after = (size_t)i % 3, .code = RPC_UNAVAILABLE};
        ledger_cuts(&bed->nodes[0], &cut, 1, true);
        start_events(bed, &s, &options);
        OK(heddle_events_open(bed->gateway, bed->user, "mychannel", "kv", &options, &pulled, &err));
        if (i % 2)
            ledger_await_streams(&bed->nodes[0], (size_t)i % 7);
        heddle_gateway_close(bed->gateway);
        bed->gateway = NULL;
        ck_assert_int_eq(atomic_load(&s.ends), 1);
        heddle_event event;
        heddle_status status = heddle_events_next(pulled, 0, &event, &err);
        ck_assert(status == HEDDLE_E_CANCELLED || status == HEDDLE_OK);
        heddle_events_close(s.events);
        heddle_events_close(pulled);
        ledger_stop(bed);
    }
}
END_TEST

START_TEST(descriptor_is_readable_as_long_as_there_is_something)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    heddle_events *events = NULL;
    heddle_event event;
    size_t given = 0;
    heddle_status status;
    bed->nodes[0].height = 2;
    OK(heddle_events_open(bed->gateway, bed->user, "mychannel", "kv", &options, &events, &err));
    struct pollfd fd = {.fd = heddle_events_fd(events), .events = POLLIN};
    ck_assert_int_ge(fd.fd, 0);
    ck_assert_int_eq(heddle_events_fd(events), fd.fd);
    ck_assert_int_eq(poll(&fd, 1, WAIT_MS), 1);
    OK(heddle_events_next(events, 0, &event, &err));
    ck_assert_int_eq(poll(&fd, 1, 0), 0);
    ck_assert_int_eq(heddle_events_next(events, 0, &event, &err), HEDDLE_E_TIMED_OUT);
    ledger_grow(&bed->nodes[0], LEDGER_BLOCKS);
    do {
        ck_assert_int_eq(poll(&fd, 1, WAIT_MS), 1);
        status = heddle_events_next(events, 0, &event, &err);
        given += status == HEDDLE_OK;
    } while (status == HEDDLE_OK);
    ck_assert_int_eq(status, HEDDLE_E_END);
    ck_assert_uint_eq(given, EVENTS - 1);
    ck_assert_int_eq(poll(&fd, 1, 0), 1);
    heddle_events_close(events);
    ledger_stop(bed);
}
END_TEST

START_TEST(blocks_are_held_polled_and_cancelled_as_events_are)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    heddle_blocks *blocks = NULL, *called = NULL;
    heddle_block_event block;
    heddle_checkpoint at;
    seen s;
    seen_init(&s);
    OK(heddle_blocks_open(bed->gateway, bed->user, "mychannel", HEDDLE_BLOCKS_FULL, &options,
                          &blocks, &err));
    struct pollfd fd = {.fd = heddle_blocks_fd(blocks), .events = POLLIN};
    ck_assert_int_eq(poll(&fd, 1, WAIT_MS), 1);
    OK(heddle_blocks_next(blocks, 0, &block, &err));
    OK(heddle_blocks_position(blocks, &at, &err));
    ck_assert_uint_eq(at.block_number, 1);
    ck_assert_str_eq(at.tx_id, "");
    heddle_blocks_cancel(blocks);
    ck_assert_int_eq(poll(&fd, 1, 0), 1);
    ck_assert_int_eq(heddle_blocks_next(blocks, 0, &block, &err), HEDDLE_E_CANCELLED);
    heddle_blocks_close(blocks);
    OK(heddle_blocks_start(bed->gateway, bed->user, "mychannel", HEDDLE_BLOCKS_FULL, &options,
                           on_block, on_end, &s, &called, &err));
    heddle_blocks_pause(called);
    ck_assert_int_eq(heddle_blocks_next(called, 0, &block, &err), HEDDLE_E_BAD_STATE);
    heddle_blocks_resume(called);
    await(&s.ended);
    ck_assert_int_eq(s.status, HEDDLE_E_END);
    ck_assert_uint_eq(s.blocks, LEDGER_BLOCKS);
    heddle_blocks_close(called);
    ledger_stop(bed);
}
END_TEST

static void *cancel_soon(void *user)
{
    heddle_events_cancel(user);
    return NULL;
}

START_TEST(another_thread_cancels_a_reader_that_waits)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    for (int i = 0; i < 50; i++) {
        heddle_events *events = NULL;
        heddle_event event;
        pthread_t thread;
        OK(heddle_events_open(bed->gateway, bed->user, "mychannel", "kv", &options, &events, &err));
        ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, events), 0);
        ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_CANCELLED);
        pthread_join(thread, NULL);
        heddle_events_close(events);
    }
    ledger_stop(bed);
}
END_TEST

/* Smaller than any message: they come one by one, and all come. */
START_TEST(queue_of_one_byte_is_enough)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = whole();
    heddle_blocks *blocks = NULL;
    heddle_block_event block;
    options.queue_bytes = 1;
    OK(heddle_blocks_open(bed->gateway, bed->user, "mychannel", HEDDLE_BLOCKS_FULL, &options,
                          &blocks, &err));
    for (uint64_t i = 0; i < LEDGER_BLOCKS; i++) {
        OK(heddle_blocks_next(blocks, WAIT_MS, &block, &err));
        ck_assert_uint_eq(block.number, i);
    }
    ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_E_END);
    heddle_blocks_close(blocks);
    seen s;
    seen_init(&s);
    s.hold_each = 2;
    start_events(bed, &s, &options);
    for (size_t i = 1; i <= EVENTS; i++) {
        await(&s.given);
        if (i % 2 == 0)
            heddle_events_resume(s.events);
    }
    await(&s.ended);
    heddle_events_close(s.events);
    ledger_stop(bed);
}
END_TEST

/* Thirty-two readers and their checkpoints, on one gateway. */
static void *read_whole(void *user)
{
    ledger_bed *bed = user;
    heddle_events_options options = whole();
    heddle_events *events = NULL;
    heddle_event event;
    size_t given = 0;
    if (heddle_events_open(bed->gateway, bed->user, "mychannel", "kv", &options, &events, NULL))
        return NULL;
    while (heddle_events_next(events, WAIT_MS, &event, NULL) == HEDDLE_OK)
        given++;
    heddle_events_close(events);
    return given == EVENTS ? user : NULL;
}

START_TEST(many_threads_read_at_once)
{
    enum { THREADS = 32 };
    ledger_bed *bed = ledger_start(2);
    const ledger_cut cut = {.after = 5, .code = RPC_UNAVAILABLE};
    pthread_t threads[THREADS];
    ledger_cuts(&bed->nodes[0], &cut, 1, true);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_whole, bed), 0);
    for (int i = 0; i < THREADS; i++) {
        void *done = NULL;
        pthread_join(threads[i], &done);
        ck_assert_ptr_eq(done, bed);
    }
    ledger_stop(bed);
}
END_TEST

SUITE_MAIN("client/feed_calls",
           SUITE_CASE("callbacks", callbacks_are_given_all_and_then_the_end,
                      held_callbacks_wait_for_resume, resume_is_not_lost_when_it_comes_first,
                      held_stream_can_be_cancelled, callback_may_cancel, pause_from_outside,
                      gateway_is_closed_at_any_moment),
           SUITE_CASE("pull", descriptor_is_readable_as_long_as_there_is_something,
                      blocks_are_held_polled_and_cancelled_as_events_are,
                      another_thread_cancels_a_reader_that_waits, queue_of_one_byte_is_enough,
                      many_threads_read_at_once))
