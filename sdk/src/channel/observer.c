/*
 * The channels of a peer, read in turn by one thread.
 *
 * Vocabulary: a channel of the list is followed while it has a stream; one whose stream has ended
 * keeps its place in the list and is opened again later. An epoll descriptor gathers what there
 * is to do: the streams, a timer for the next question, and a wake that the answer to a question
 * and heddle_observer_cancel() write to.
 *
 * What the reactor's callback touches is under the lock; all else belongs to the reader.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "heddle/observer.h"

#include "base/clock.h"
#include "base/fail.h"
#include "channel/names.h"
#include "client/gateway.h"
#include "peer/peer.h"
#include "rpc/latch.h"
#include "rpc/runtime.h"

enum { INTERVAL_MS = 5000, RETRY_MS = 30000, CHANNELS_MAX = 10000 };

typedef struct followed {
    char *channel;
    heddle_blocks *blocks; /* NULL: it has ended */
    uint64_t due_ms;       /* when it is tried again */
    bool knows_next;
    uint64_t next; /* the block behind the last one given */
    bool is_listed;
} followed;

struct heddle_observer {
    heddle_peer *peer;
    heddle_identity *identity;
    heddle_observer_options options;
    int epoll, timer, wakes;
    followed *items;
    size_t count, at;
    bool has_asked;    /* a first list has come */
    bool is_asking;    /* a question is under way */
    heddle_call *call; /* it; NULL: none */
    uint64_t ask_due;  /* when the next one is asked */
    heddle_block_event block;
    heddle_error ended;
    heddle_error trouble; /* why the last question had no answer; status OK: it had */
    atomic_bool is_cancelled;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t over;
    bool is_answered;
    heddle_names *listed; /* NULL: `failed` says why */
    heddle_error failed;
};

static void wake(heddle_observer *o)
{
    uint64_t one = 1;
    while (write(o->wakes, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

static void drain(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
}

/* Descriptors. */

static bool watch(heddle_observer *o, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd >= 0 && epoll_ctl(o->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static heddle_status open_descriptors(heddle_observer *o, heddle_error *err)
{
    o->epoll = epoll_create1(EPOLL_CLOEXEC);
    o->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    o->wakes = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (o->epoll < 0 || !watch(o, o->timer) || !watch(o, o->wakes))
        return base_fail_errno(err, "observer");
    return HEDDLE_OK;
}

/* Wake up when the next thing is due; at once if that is past. */
static void set_timer(heddle_observer *o)
{
    uint64_t due = o->is_asking ? UINT64_MAX : o->ask_due;
    for (size_t i = 0; i < o->count; i++)
        if (!o->items[i].blocks && o->items[i].due_ms < due)
            due = o->items[i].due_ms;
    uint64_t now = base_now_ms();
    uint64_t left = due <= now ? 1 : due - now;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000}};
    if (due == UINT64_MAX)
        when.it_value = (struct timespec){0};
    timerfd_settime(o->timer, 0, &when, NULL);
}

/* Opening and closing. */

heddle_status heddle_observer_open(heddle_peer *peer, heddle_identity *identity,
                                   const heddle_observer_options *options, heddle_observer **out,
                                   heddle_error *err)
{
    heddle_observer *o = base_calloc(1, sizeof(*o));
    if (!o)
        return base_fail_memory(err, "observer");
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->over, NULL);
    o->epoll = o->timer = o->wakes = -1;
    o->peer = peer;
    o->identity = identity ? heddle_identity_ref(identity) : NULL;
    heddle_status status = client_options_copy(&o->options, sizeof(o->options), options,
                                               "HEDDLE_OBSERVER_OPTIONS", err);
    if (status == HEDDLE_OK && (!peer || !identity))
        status =
            base_fail(err, HEDDLE_E_BAD_ARGUMENT, "observer: a peer and an identity are wanted");
    if (status == HEDDLE_OK)
        status = open_descriptors(o, err);
    if (status) {
        heddle_observer_close(o);
        return status;
    }
    o->options.interval_ms = o->options.interval_ms ? o->options.interval_ms : INTERVAL_MS;
    o->options.retry_ms = o->options.retry_ms ? o->options.retry_ms : RETRY_MS;
    set_timer(o);
    *out = o;
    return HEDDLE_OK;
}

static void close_one(heddle_observer *o, followed *f)
{
    if (f->blocks) {
        epoll_ctl(o->epoll, EPOLL_CTL_DEL, heddle_blocks_fd(f->blocks), NULL);
        heddle_blocks_close(f->blocks);
    }
    f->blocks = NULL;
}

void heddle_observer_close(heddle_observer *o)
{
    if (!o)
        return;
    if (o->call)
        heddle_call_cancel(o->call);
    pthread_mutex_lock(&o->lock);
    while (o->is_asking && !o->is_answered)
        pthread_cond_wait(&o->over, &o->lock);
    pthread_mutex_unlock(&o->lock);
    for (size_t i = 0; i < o->count; i++) {
        close_one(o, &o->items[i]);
        base_free(o->items[i].channel);
    }
    base_free(o->items);
    heddle_call_unref(o->call);
    heddle_names_free(o->listed);
    for (int *fd = (int[]){o->epoll, o->timer, o->wakes}, i = 0; i < 3; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    heddle_identity_unref(o->identity);
    pthread_cond_destroy(&o->over);
    pthread_mutex_destroy(&o->lock);
    base_free(o);
}

void heddle_observer_cancel(heddle_observer *o)
{
    atomic_store(&o->is_cancelled, true);
    wake(o);
}

int heddle_observer_fd(heddle_observer *o)
{
    return o->epoll;
}

/* Asking for channels. */

static void on_channels(heddle_view payload, heddle_view response, const heddle_error *err,
                        void *user)
{
    heddle_observer *o = user;
    (void)response;
    pthread_mutex_lock(&o->lock);
    if (err)
        o->failed = *err;
    else
        err = channel_names_read(payload, &o->listed, &o->failed) ? &o->failed : NULL;
    o->is_answered = true;
    wake(o);
    pthread_cond_signal(&o->over); /* under the lock: the observer may go when it is given up */
    pthread_mutex_unlock(&o->lock);
}

static void ask(heddle_observer *o)
{
    heddle_question question = HEDDLE_QUESTION("cscc", "GetChannels");
    o->is_answered = false;
    o->is_asking = true;
    o->ask_due = base_now_ms() + o->options.interval_ms;
    if (heddle_peer_ask_start(o->peer, &question, NULL, on_channels, o, &o->call, &o->trouble))
        o->is_asking = false;
}

static followed *find(heddle_observer *o, const char *channel)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->items[i].channel, channel) == 0)
            return &o->items[i];
    return NULL;
}

/* A channel that is not followed yet; its stream is opened when it is its turn. */
static heddle_status add(heddle_observer *o, const char *channel, heddle_error *err)
{
    if (o->count == CHANNELS_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "observer: more than %d channels", CHANNELS_MAX);
    followed *more = base_realloc(o->items, (o->count + 1) * sizeof(*more));
    if (more)
        o->items = more;
    char *copy = more ? base_strdup(channel) : NULL;
    if (!copy)
        return base_fail_memory(err, "observer");
    followed added = {.channel = copy, .is_listed = true};
    if (o->options.start && o->options.start(channel, &added.next, o->options.user))
        added.knows_next = true;
    else
        added.knows_next = o->options.from_oldest || o->has_asked;
    o->items[o->count++] = added;
    return HEDDLE_OK;
}

static void drop_unlisted(heddle_observer *o)
{
    size_t kept = 0;
    for (size_t i = 0; i < o->count; i++) {
        if (o->items[i].is_listed) {
            o->items[kept++] = o->items[i];
            continue;
        }
        close_one(o, &o->items[i]);
        base_free(o->items[i].channel);
    }
    o->count = kept;
}

static heddle_status take_list(heddle_observer *o, const heddle_names *names, heddle_error *err)
{
    for (size_t i = 0; i < o->count; i++)
        o->items[i].is_listed = false;
    for (size_t i = 0; i < heddle_names_count(names); i++) {
        followed *known = find(o, heddle_names_at(names, i));
        if (known)
            known->is_listed = true;
        else
            BASE_TRY(add(o, heddle_names_at(names, i), err));
    }
    drop_unlisted(o);
    o->has_asked = true;
    return HEDDLE_OK;
}

static heddle_status take_answer(heddle_observer *o, heddle_error *err)
{
    base_auto(heddle_names) heddle_names *names = NULL;
    pthread_mutex_lock(&o->lock);
    bool answered = o->is_asking && o->is_answered;
    if (answered) {
        names = base_steal(&o->listed);
        base_error_clear(&o->trouble);
        if (!names)
            o->trouble = o->failed;
        o->is_asking = false;
        heddle_call_unref(base_steal(&o->call));
    }
    pthread_mutex_unlock(&o->lock);
    return names ? take_list(o, names, err) : HEDDLE_OK;
}

/* Reading. */

static heddle_status open_stream(heddle_observer *o, followed *f, heddle_error *err)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = f->knows_next;
    options.start_block = f->next;
    options.queue_bytes = o->options.queue_bytes;
    options.check_chain = o->options.check_chain;
    BASE_TRY(heddle_blocks_open(o->peer->gateway, o->identity, f->channel, o->options.kind,
                                &options, &f->blocks, err));
    if (watch(o, heddle_blocks_fd(f->blocks)))
        return HEDDLE_OK;
    base_fail_errno(err, "observer");
    heddle_blocks_close(f->blocks);
    f->blocks = NULL;
    return HEDDLE_E_IO;
}

/* The end of a stream is told once, and the channel waits for its next try. */
static void end_stream(heddle_observer *o, followed *f, heddle_observed *out)
{
    heddle_checkpoint position;
    if (f->blocks && heddle_blocks_position(f->blocks, &position, NULL) == HEDDLE_OK) {
        f->knows_next = true;
        f->next = position.block_number;
    }
    close_one(o, f);
    f->due_ms = base_now_ms() + o->options.retry_ms;
    *out = (heddle_observed){.size = out->size, .channel = f->channel, .ended = &o->ended};
}

/* True: *out is filled. */
static bool read_one(heddle_observer *o, followed *f, heddle_observed *out)
{
    heddle_status status = HEDDLE_OK;
    if (!f->blocks && base_now_ms() < f->due_ms)
        return false;
    if (!f->blocks)
        status = open_stream(o, f, &o->ended);
    if (status == HEDDLE_OK)
        status = heddle_blocks_next(f->blocks, 0, &o->block, &o->ended);
    if (status == HEDDLE_E_TIMED_OUT)
        return false;
    if (status)
        end_stream(o, f, out);
    else
        *out = (heddle_observed){.size = out->size, .channel = f->channel, .block = &o->block};
    return true;
}

/* Each channel in turn, beginning behind the one that was read last. */
static bool read_any(heddle_observer *o, heddle_observed *out)
{
    for (size_t i = 0; i < o->count; i++) {
        o->at = (o->at + 1) % o->count;
        if (read_one(o, &o->items[o->at], out))
            return true;
    }
    return false;
}

static heddle_status nothing_yet(const heddle_observer *o, heddle_error *err)
{
    if (o->trouble.status)
        return base_fail(err, HEDDLE_E_TIMED_OUT, "the channels are not known: %.300s",
                         o->trouble.message);
    return base_fail(err, HEDDLE_E_TIMED_OUT, "no block yet");
}

static heddle_status step(heddle_observer *o, bool *out_has, heddle_observed *out,
                          heddle_error *err)
{
    if (atomic_load(&o->is_cancelled))
        return base_fail(err, HEDDLE_E_CANCELLED, "observer: cancelled");
    BASE_TRY(take_answer(o, err));
    if (!o->is_asking && base_now_ms() >= o->ask_due)
        ask(o);
    *out_has = read_any(o, out);
    set_timer(o);
    return HEDDLE_OK;
}

heddle_status heddle_observer_next(heddle_observer *o, uint32_t timeout_ms, heddle_observed *out,
                                   heddle_error *err)
{
    uint64_t until = base_now_ms() + timeout_ms;
    heddle_observed seen = HEDDLE_OBSERVED;
    if (timeout_ms && rpc_on_reactor())
        return base_fail(err, HEDDLE_E_BAD_STATE, "observer: not to be waited for in a callback");
    for (;;) {
        bool has = false;
        struct epoll_event events[16];
        BASE_TRY(step(o, &has, &seen, err));
        if (has)
            return client_options_give(out, &seen, sizeof(seen), "HEDDLE_OBSERVED", err);
        uint64_t now = base_now_ms();
        if (now >= until)
            return nothing_yet(o, err);
        int count = epoll_wait(o->epoll, events, BASE_COUNT(events), (int)(until - now));
        for (int i = 0; i < count; i++)
            if (events[i].data.fd == o->timer || events[i].data.fd == o->wakes)
                drain(events[i].data.fd);
    }
}

heddle_status heddle_observer_channels(heddle_observer *o, heddle_names **out, heddle_error *err)
{
    base_auto(heddle_names) heddle_names *names = channel_names_new(o->count);
    if (!names)
        return base_fail_memory(err, "channels");
    for (size_t i = 0; i < o->count; i++)
        if (o->items[i].blocks && !channel_names_add(names, o->items[i].channel))
            return base_fail_memory(err, "channels");
    channel_names_sort(names);
    *out = base_steal(&names);
    return HEDDLE_OK;
}
