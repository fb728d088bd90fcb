/*
 * Chaincode events. Messages of the stream wait in a short queue; while it is full no more
 * are asked for, so a slow reader holds back the gateway and not its own memory.
 */
#include "heddle/events.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "client/call.h"
#include "client/identity.h"
#include "client/proposal.h"
#include "wire/gateway.h"
#include "wire/services.h"

enum { QUEUE_MAX = 16 };

struct heddle_events {
    atomic_int refs; /* the reader's and the stream's */
    heddle_gateway *gateway;
    client_activity activity;

    /* The reader's own. */
    base_arena *arena;
    rpc_bytes *message;
    wire_events_response block;
    size_t position;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    client_stream *stream; /* set once */
    bool is_cancelled;
    rpc_bytes *queue[QUEUE_MAX];
    size_t head, count;
    bool is_reading; /* a message was asked for */
    bool is_ended;
    heddle_error end;
};

static heddle_events *events_ref(heddle_events *events)
{
    atomic_fetch_add_explicit(&events->refs, 1, memory_order_relaxed);
    return events;
}

static void events_unref(heddle_events *events)
{
    if (atomic_fetch_sub_explicit(&events->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (; events->count; events->count--, events->head++)
        rpc_bytes_unref(events->queue[events->head % QUEUE_MAX]);
    rpc_bytes_unref(events->message);
    base_arena_free(events->arena);
    client_stream_unref(events->stream);
    client_gateway_unref(events->gateway);
    pthread_cond_destroy(&events->changed);
    pthread_mutex_destroy(&events->lock);
    base_free(events);
}

static heddle_events *events_of(client_activity *activity)
{
    return base_container_of(activity, heddle_events, activity);
}

static void activity_cancel(client_activity *activity)
{
    heddle_events *events = events_of(activity);
    pthread_mutex_lock(&events->lock);
    events->is_cancelled = true;
    client_stream *stream = events->stream;
    pthread_mutex_unlock(&events->lock);
    if (stream)
        client_stream_cancel(stream);
}

static void activity_ref(client_activity *activity)
{
    events_ref(events_of(activity));
}

static void activity_unref(client_activity *activity)
{
    events_unref(events_of(activity));
}

static void on_message(client_stream *stream, rpc_bytes *message, void *user)
{
    heddle_events *events = user;
    pthread_mutex_lock(&events->lock);
    events->queue[(events->head + events->count++) % QUEUE_MAX] = rpc_bytes_ref(message);
    bool more = events->count < QUEUE_MAX;
    events->is_reading = more;
    pthread_cond_signal(&events->changed);
    pthread_mutex_unlock(&events->lock);
    if (more)
        client_stream_read(stream);
}

static void on_end(client_stream *stream, heddle_error *err, void *user)
{
    (void)stream;
    heddle_events *events = user;
    heddle_error end;
    if (err)
        end = *err;
    else
        base_fail(&end, HEDDLE_E_END, "events: the gateway ended the stream");
    client_error_place(&end, HEDDLE_STAGE_EVENTS, NULL);
    pthread_mutex_lock(&events->lock);
    events->end = end;
    events->is_ended = true;
    pthread_cond_signal(&events->changed);
    pthread_mutex_unlock(&events->lock);
    client_activity_end(events->gateway, &events->activity);
    events_unref(events);
}

static heddle_events *events_new(heddle_gateway *gateway)
{
    heddle_events *events = base_calloc(1, sizeof(*events));
    if (!events)
        return NULL;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&events->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&events->lock, NULL);
    atomic_init(&events->refs, 1);
    events->gateway = client_gateway_ref(gateway);
    events->activity =
        (client_activity){.cancel = activity_cancel, .ref = activity_ref, .unref = activity_unref};
    base_list_init(&events->activity.link);
    events->arena = base_arena_new(0);
    if (!events->arena) {
        events_unref(events);
        return NULL;
    }
    return events;
}

static heddle_status write_request(const heddle_identity *identity, const char *channel,
                                   const char *chaincode, const heddle_events_options *options,
                                   base_buffer *out, heddle_error *err)
{
    wire_events_request request = {.channel = heddle_view_str(channel),
                                   .chaincode = heddle_view_str(chaincode),
                                   .identity = client_identity_creator(identity),
                                   .start = {.number = options->start_block,
                                             .has_number = options->from_block,
                                             .has_next_commit = !options->from_block},
                                   .after_tx_id = heddle_view_str(options->after_tx)};
    base_auto_buffer base_buffer inner = {0};
    client_sealed sealed = {0};
    BASE_TRY(client_write(&wire_events_request_shape, &request, &inner, err));
    sealed.message = base_buffer_view(&inner);
    BASE_TRY(client_seal(&sealed, identity, err));
    wire_signed_message content = client_sealed_view(&sealed);
    return client_write(&wire_signed_message_shape, &content, out, err);
}

/* Under the lock: a close of the gateway comes before it, and nothing is opened, or after it,
 * and finds the stream to cancel. */
static heddle_status open_stream(heddle_events *events, heddle_view request, heddle_error *err)
{
    static const client_stream_events handlers = {.on_message = on_message, .on_end = on_end};
    client_stream_options options = {.method = WIRE_GATEWAY_CHAINCODE_EVENTS, .request = request};
    if (events->is_cancelled)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the gateway is closed");
    return client_stream_open(events->gateway, &options, &handlers, events, &events->stream, err);
}

static heddle_status start(heddle_events *events, heddle_view request, heddle_error *err)
{
    BASE_TRY(client_activity_begin(events->gateway, &events->activity, err));
    events_ref(events);
    pthread_mutex_lock(&events->lock);
    heddle_status status = open_stream(events, request, err);
    events->is_reading = status == HEDDLE_OK;
    pthread_mutex_unlock(&events->lock);
    if (status) {
        client_activity_end(events->gateway, &events->activity);
        events_unref(events);
        return status;
    }
    client_stream_read(events->stream);
    return HEDDLE_OK;
}

heddle_status heddle_events_open(heddle_gateway *gateway, heddle_identity *identity,
                                 const char *channel, const char *chaincode,
                                 const heddle_events_options *given, heddle_events **out,
                                 heddle_error *err)
{
    heddle_events_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_EVENTS_OPTIONS", err));
    if (!gateway || !identity || !channel || !*channel || !chaincode || !*chaincode)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "events: gateway, identity, channel and chaincode are required");
    base_auto_buffer base_buffer request = {0};
    BASE_TRY(write_request(identity, channel, chaincode, &options, &request, err));
    heddle_events *events = events_new(gateway);
    if (!events)
        return base_fail_memory(err, "events");
    heddle_status status = start(events, base_buffer_view(&request), err);
    if (status) {
        events_unref(events);
        return status;
    }
    *out = events;
    return HEDDLE_OK;
}

void heddle_events_close(heddle_events *events)
{
    if (!events)
        return;
    activity_cancel(&events->activity);
    events_unref(events);
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

/* The next message of the stream, with its reference; *out_more: the stream is to be asked
 * for another one. */
static heddle_status take_message(heddle_events *events, uint32_t timeout_ms, rpc_bytes **out,
                                  bool *out_more, heddle_error *err)
{
    struct timespec until = after_ms(timeout_ms);
    heddle_status status = HEDDLE_OK;
    int waited = 0;
    pthread_mutex_lock(&events->lock);
    while (!events->count && !events->is_ended && waited == 0)
        waited = pthread_cond_timedwait(&events->changed, &events->lock, &until);
    if (events->count) {
        *out = events->queue[events->head++ % QUEUE_MAX];
        events->count--;
        *out_more = !events->is_reading && !events->is_ended;
        events->is_reading = events->is_reading || *out_more;
    } else if (events->is_ended) {
        status = events->end.status;
        if (err)
            *err = events->end;
    } else {
        status = base_fail(err, HEDDLE_E_TIMED_OUT, "events: none within %u ms", timeout_ms);
        client_error_place(err, HEDDLE_STAGE_EVENTS, NULL);
    }
    pthread_mutex_unlock(&events->lock);
    return status;
}

static heddle_status next_block(heddle_events *events, uint32_t timeout_ms, heddle_error *err)
{
    rpc_bytes *message = NULL;
    bool more = false;
    BASE_TRY(take_message(events, timeout_ms, &message, &more, err));
    if (more)
        client_stream_read(events->stream);
    rpc_bytes_unref(events->message);
    events->message = message;
    events->position = 0;
    events->block = (wire_events_response){0};
    base_arena_reset(events->arena);
    return wire_shape_read(&wire_events_response_shape, rpc_bytes_view(message), events->arena,
                           &events->block, err);
}

static heddle_status give(heddle_events *events, const wire_event *event, heddle_event *out,
                          heddle_error *err)
{
    heddle_event given = {.block_number = events->block.block,
                          .tx_id = base_arena_str(events->arena, event->tx_id),
                          .chaincode = base_arena_str(events->arena, event->chaincode),
                          .name = base_arena_str(events->arena, event->name),
                          .payload = event->payload};
    if (!given.tx_id || !given.chaincode || !given.name)
        return base_arena_fail(events->arena, err, "event");
    *out = given;
    return HEDDLE_OK;
}

heddle_status heddle_events_next(heddle_events *events, uint32_t timeout_ms, heddle_event *out,
                                 heddle_error *err)
{
    BASE_TRY(client_check_may_wait(err));
    while (events->position >= events->block.count)
        BASE_TRY(next_block(events, timeout_ms, err));
    return give(events, &events->block.events[events->position++], out, err);
}
