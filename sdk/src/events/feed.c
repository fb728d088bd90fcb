#include "events/feed.h"

#include "base/clock.h"
#include "base/fail.h"
#include "events/feed_state.h"

enum {
    BACKOFF_MIN_MS = 100,
    BACKOFF_MAX_MS = 10000,
    QUEUE_BYTES = 8 << 20,
    PUMP_MOST = 64 /* callbacks in a row before others on the reactor have a turn */
};

/* Life. */

static events_feed *feed_ref(events_feed *feed)
{
    atomic_fetch_add_explicit(&feed->refs, 1, memory_order_relaxed);
    return feed;
}

static void feed_unref(events_feed *feed)
{
    if (atomic_fetch_sub_explicit(&feed->refs, 1, memory_order_acq_rel) != 1)
        return;
    client_queue_done(&feed->queue);
    base_buffer_done(&feed->request);
    heddle_checkpointer_unref(feed->options.checkpointer);
    heddle_identity_unref(feed->identity);
    heddle_identity_unref(feed->asker);
    client_gateway_unref(feed->gateway);
    base_free(feed->channel);
    base_free(feed->chaincode);
    pthread_mutex_destroy(&feed->lock);
    base_free(feed);
}

static events_feed *feed_of(client_activity *activity)
{
    return base_container_of(activity, events_feed, activity);
}

static void activity_cancel(client_activity *activity)
{
    events_feed_cancel(feed_of(activity));
}

static void activity_ref(client_activity *activity)
{
    feed_ref(feed_of(activity));
}

static void activity_unref(client_activity *activity)
{
    feed_unref(feed_of(activity));
}

/* The wake: everything that other threads want of the reactor. */

bool events_feed_is_cancelled(events_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool cancelled = feed->is_cancelled;
    pthread_mutex_unlock(&feed->lock);
    return cancelled;
}

/* The reactor's reference goes, and with it the activity. A wake on its way would come to a
 * reactor that may be gone by then: it does this in its place. */
static void retire(events_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool first = !feed->is_retired && !feed->is_waking;
    feed->is_retired = feed->is_retired || first;
    pthread_mutex_unlock(&feed->lock);
    if (!first)
        return;
    client_activity_end(feed->gateway, &feed->activity);
    feed_unref(feed);
}

static bool is_done(const events_feed *feed)
{
    return feed->is_over && (!feed->is_called_back || feed->has_told_end);
}

static void on_wake(void *user)
{
    events_feed *feed = user;
    pthread_mutex_lock(&feed->lock);
    feed->is_waking = false;
    bool cancelled = feed->is_cancelled;
    pthread_mutex_unlock(&feed->lock);
    if (cancelled)
        events_feed_stop(feed);
    else if (!feed->has_begun)
        events_feed_attempt(feed);
    else if (client_queue_has_room(&feed->queue))
        events_feed_read_on(feed);
    feed->has_begun = true;
    events_feed_pump(feed);
    if (is_done(feed))
        retire(feed);
    feed_unref(feed);
}

static void wake(events_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    if (!feed->is_waking && !feed->is_retired) {
        feed->is_waking = true;
        feed->wake = (rpc_task){.fn = on_wake, .user = feed_ref(feed)};
        rpc_post_task(feed->reactor, &feed->wake);
    }
    pthread_mutex_unlock(&feed->lock);
}

/* Callbacks. */

/* Whether the next one may be given now. */
static bool may_give(events_feed *feed, unsigned *out_let_go)
{
    pthread_mutex_lock(&feed->lock);
    bool may = !feed->is_held || feed->is_cancelled;
    *out_let_go = feed->let_go;
    pthread_mutex_unlock(&feed->lock);
    return may;
}

static void give(events_feed *feed, const client_item *item, size_t index, unsigned let_go)
{
    const events_feed_calls *calls = &feed->calls;
    heddle_flow flow = calls->on_event ? calls->on_event(&item->events[index], calls->user)
                                       : calls->on_block(&item->block, calls->user);
    if (flow == HEDDLE_FLOW_GO)
        return;
    /* Who was asked to hold may have been let go before the callback came back. */
    pthread_mutex_lock(&feed->lock);
    feed->is_held = feed->is_held || feed->let_go == let_go;
    pthread_mutex_unlock(&feed->lock);
}

static void tell_end(events_feed *feed, const heddle_error *err)
{
    feed->has_told_end = true;
    if (feed->calls.on_end)
        feed->calls.on_end(err, feed->calls.user);
}

/* Give one thing; whether there may be another. */
static bool pump_one(events_feed *feed)
{
    client_item *item;
    size_t index;
    unsigned let_go;
    bool room;
    heddle_error err;
    if (feed->has_told_end || !may_give(feed, &let_go))
        return false;
    heddle_status status = client_queue_take(&feed->queue, 0, &item, &index, &room, &err);
    if (status == HEDDLE_OK) {
        give(feed, item, index, let_go);
        if (room)
            events_feed_read_on(feed);
    } else if (status != HEDDLE_E_TIMED_OUT && feed->is_over) {
        tell_end(feed, &err);
    }
    return status == HEDDLE_OK;
}

void events_feed_pump(events_feed *feed)
{
    if (!feed->is_called_back)
        return;
    for (int i = 0; i < PUMP_MOST; i++)
        if (!pump_one(feed))
            return;
    wake(feed);
}

void events_feed_finish(events_feed *feed, const heddle_error *err)
{
    feed->is_over = true;
    client_queue_end(&feed->queue, err);
    events_feed_pump(feed);
    if (is_done(feed))
        retire(feed);
}

/* Options. */

heddle_status events_feed_options(const heddle_events_options *given, heddle_events_options *out,
                                  heddle_error *err)
{
    heddle_events_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_EVENTS_OPTIONS", err));
    if (!options.backoff_min_ms)
        options.backoff_min_ms = BACKOFF_MIN_MS;
    if (!options.backoff_max_ms)
        options.backoff_max_ms = BACKOFF_MAX_MS;
    if (options.backoff_max_ms < options.backoff_min_ms)
        options.backoff_max_ms = options.backoff_min_ms;
    if (!options.queue_bytes)
        options.queue_bytes = QUEUE_BYTES;
    if (options.from_block && options.from_newest)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "events: both start_block and the newest block are to be the start");
    if (options.after_tx && strlen(options.after_tx) > 64)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "events: after_tx is longer than a transaction id");
    *out = options;
    return HEDDLE_OK;
}

heddle_status events_feed_start(const heddle_events_options *options, wire_seek_position *out,
                                char *out_after, heddle_error *err)
{
    heddle_checkpoint kept = {.block_number = options->start_block};
    bool by_number = options->from_block;
    if (options->checkpointer) {
        heddle_status status = heddle_checkpointer_load(options->checkpointer, &kept, err);
        if (status != HEDDLE_OK && status != HEDDLE_E_NOT_FOUND)
            return status;
        by_number = by_number || status == HEDDLE_OK;
    }
    if (!kept.tx_id[0] && options->from_block && kept.block_number == options->start_block)
        memcpy(kept.tx_id, options->after_tx ? options->after_tx : "",
               options->after_tx ? strlen(options->after_tx) + 1 : 1);
    memcpy(out_after, kept.tx_id, sizeof(kept.tx_id));
    if (by_number)
        *out = (wire_seek_position){WIRE_SEEK_NUMBER, kept.block_number};
    else
        *out = (wire_seek_position){.place = options->from_newest ? WIRE_SEEK_NEWEST
                                                                  : WIRE_SEEK_NEXT_COMMIT};
    return HEDDLE_OK;
}

/* Opening. */

static events_feed *feed_new(heddle_gateway *gateway, heddle_identity *identity,
                             const events_feed_spec *spec, const events_feed_calls *calls)
{
    events_feed *feed = base_calloc(1, sizeof(*feed));
    if (!feed)
        return NULL;
    atomic_init(&feed->refs, 1);
    pthread_mutex_init(&feed->lock, NULL);
    client_queue_init(&feed->queue, spec->options.queue_bytes);
    feed->reactor = rpc_reactor_next();
    feed->gateway = client_gateway_ref(gateway);
    feed->identity = identity ? heddle_identity_ref(identity) : NULL;
    feed->options = spec->options;
    feed->options.after_tx = NULL;
    if (feed->options.checkpointer)
        heddle_checkpointer_ref(feed->options.checkpointer);
    feed->activity =
        (client_activity){.cancel = activity_cancel, .ref = activity_ref, .unref = activity_unref};
    base_list_init(&feed->activity.link);
    if (calls) {
        feed->calls = *calls;
        feed->is_called_back = true;
    }
    feed->channel = base_strdup(spec->channel);
    feed->chaincode = base_strdup(spec->chaincode ? spec->chaincode : "");
    if (!feed->channel || !feed->chaincode) {
        feed_unref(feed);
        return NULL;
    }
    return feed;
}

static void begin_at(events_feed *feed, const events_feed_spec *spec)
{
    bool is_events = spec->what == EVENTS_FEED_EVENTS;
    bool by_number = feed->start.place == WIRE_SEEK_NUMBER;
    feed->reading = (client_reading){.what = spec->what,
                                     .from_gateway = is_events && !feed->options.has_stop,
                                     .may_skip = is_events && !feed->options.has_stop,
                                     .chaincode = feed->chaincode,
                                     .after_tx = feed->after,
                                     .after_block = feed->start.number,
                                     .knows_due = by_number,
                                     .due = feed->start.number,
                                     .check_chain = feed->options.check_chain};
    feed->wants_probe = !by_number && !feed->is_sealed &&
                        (!feed->options.no_reconnect ||
                         (feed->reading.from_gateway && feed->start.place == WIRE_SEEK_NEWEST));
    if (by_number) {
        heddle_checkpoint start = {.block_number = feed->start.number};
        memcpy(start.tx_id, feed->after, sizeof(start.tx_id));
        client_queue_place(&feed->queue, &start);
    }
}

static heddle_status set_start(events_feed *feed, const events_feed_spec *spec, heddle_error *err)
{
    feed->is_sealed = spec->sealed.len > 0;
    if (feed->is_sealed) {
        feed->start = spec->sealed_start;
        feed->stop = spec->sealed_stop;
        memcpy(feed->after, spec->sealed_after ? spec->sealed_after : "",
               spec->sealed_after ? strlen(spec->sealed_after) + 1 : 1);
        if (base_buffer_append(&feed->request, spec->sealed))
            return base_fail_memory(err, "request for events");
    } else {
        BASE_TRY(events_feed_start(&spec->options, &feed->start, feed->after, err));
        if (feed->options.has_stop)
            feed->stop = (wire_seek_position){WIRE_SEEK_NUMBER, feed->options.stop_block};
    }
    if (feed->options.has_stop && feed->start.place == WIRE_SEEK_NUMBER &&
        feed->start.number > feed->options.stop_block)
        return base_fail(err, HEDDLE_E_END, "events: the start is behind the stop block");
    begin_at(feed, spec);
    return HEDDLE_OK;
}

static heddle_status begin(events_feed *feed, const events_feed_spec *spec, heddle_error *err)
{
    BASE_TRY(set_start(feed, spec, err));
    /* Made here and not by the reactor, so that the opener is told of a key that cannot sign. */
    if (!feed->request.len)
        BASE_TRY(events_feed_prepare(feed, &feed->request, err));
    return client_activity_begin(feed->gateway, &feed->activity, err);
}

heddle_status events_feed_open(heddle_gateway *gateway, heddle_identity *identity,
                               const events_feed_spec *spec, const events_feed_calls *calls,
                               events_feed **out, heddle_error *err)
{
    events_feed *feed = feed_new(gateway, identity, spec, calls);
    if (!feed)
        return base_fail_memory(err, "events");
    /* The reactor's reference first: once it has begun, the close of the gateway may end it. */
    feed_ref(feed);
    heddle_status status = begin(feed, spec, err);
    if (status) {
        feed_unref(feed);
        feed_unref(feed);
        return status;
    }
    *out = feed;
    wake(feed);
    return HEDDLE_OK;
}

/* The user's side. */

heddle_status events_feed_take(events_feed *feed, uint32_t timeout_ms, client_item **out,
                               size_t *out_index, heddle_error *err)
{
    bool room = false;
    if (feed->is_called_back)
        return base_fail(err, HEDDLE_E_BAD_STATE, "events: this stream calls back");
    if (timeout_ms)
        BASE_TRY(client_check_may_wait(err));
    heddle_status status = client_queue_take(&feed->queue, timeout_ms, out, out_index, &room, err);
    if (room)
        wake(feed);
    return status;
}

int events_feed_fd(events_feed *feed)
{
    return feed->is_called_back ? -1 : client_queue_fd(&feed->queue);
}

heddle_status events_feed_position(events_feed *feed, heddle_checkpoint *out, heddle_error *err)
{
    if (client_queue_position(&feed->queue, out))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_NOT_FOUND, "events: no block of the stream is known yet");
}

void events_feed_cancel(events_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool first = !feed->is_cancelled;
    feed->is_cancelled = true;
    pthread_mutex_unlock(&feed->lock);
    if (!first)
        return;
    client_queue_cancel(&feed->queue);
    wake(feed);
}

void events_feed_close(events_feed *feed)
{
    if (!feed)
        return;
    events_feed_cancel(feed);
    feed_unref(feed);
}

void events_feed_hold(events_feed *feed, bool hold)
{
    pthread_mutex_lock(&feed->lock);
    feed->is_held = hold;
    feed->let_go += !hold;
    pthread_mutex_unlock(&feed->lock);
    if (!hold)
        wake(feed);
}
