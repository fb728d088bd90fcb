/* Attempts: all of this runs on the feed's reactor. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "crypto/digest.h"
#include "events/feed_state.h"
#include "events/feed_verdict.h"
#include "wire/delivery.h"

enum {
    LEAST_BROKEN = 2,
    WORKED_MS = 30000 /* an attempt that lasts so long had a connection */
};

static void on_pause_over(void *user)
{
    events_feed_attempt(user);
}

static size_t node_count(const events_feed *feed)
{
    client_backend *backend = client_gateway_backend(feed->gateway);
    size_t count = backend->ops->node_count ? backend->ops->node_count(backend) : 1;
    return count ? count : 1;
}

/* Half of it to all of it, so that readers that were cut together do not come back together. */
static uint64_t pause_ms(const events_feed *feed)
{
    uint64_t delay = feed->options.backoff_min_ms;
    uint32_t random = 0;
    for (unsigned i = 1; i < feed->failures && delay < feed->options.backoff_max_ms; i++)
        delay *= 2;
    if (delay > feed->options.backoff_max_ms)
        delay = feed->options.backoff_max_ms;
    if (crypto_random((uint8_t *)&random, sizeof(random)))
        return delay;
    return delay - delay / 2 * random / UINT32_MAX;
}

static void finish_with(events_feed *feed, heddle_error *err)
{
    client_error_place(err, HEDDLE_STAGE_EVENTS, NULL);
    events_feed_finish(feed, err);
}

static void finish_at_end(events_feed *feed)
{
    heddle_error end;
    base_fail(&end, HEDDLE_E_END, "events: the last block that was asked for has been given");
    finish_with(feed, &end);
}

/* The last error of a feed that cannot go on by itself: where another one has to begin. */
static void finish_cut(events_feed *feed, heddle_error *err)
{
    const char *why = feed->is_sealed ? "a request that was signed elsewhere cannot ask again"
                                      : "reconnecting is off";
    heddle_error cut = *err;
    if (err->status == HEDDLE_E_CANCELLED)
        cut.status = HEDDLE_E_UNAVAILABLE;
    if (feed->reading.knows_due)
        snprintf(cut.message, sizeof(cut.message), "go on from block %" PRIu64 ", as %s: %.250s",
                 feed->reading.due, why, err->message);
    else
        snprintf(cut.message, sizeof(cut.message), "no block came before the cut; %s: %.250s", why,
                 err->message);
    finish_with(feed, &cut);
}

static bool has_given_up(const events_feed *feed)
{
    uint64_t limit = feed->options.give_up_ms;
    return limit && base_now_ms() - feed->failing_since_ms >= limit;
}

/* The identity was replaced since: a refusal of the one before says nothing of it. */
static bool is_asker_replaced(const events_feed *feed)
{
    if (!feed->asker)
        return false;
    base_auto(heddle_identity) heddle_identity *now = client_identity_hold(feed->identity);
    return now != feed->asker;
}

static bool is_final(events_feed *feed, client_verdict verdict)
{
    size_t nodes = node_count(feed);
    switch (verdict) {
    case CLIENT_VERDICT_FINAL:
        return true;
    case CLIENT_VERDICT_REFUSED:
        return !is_asker_replaced(feed) && ++feed->refusals >= nodes;
    case CLIENT_VERDICT_BROKEN:
        return ++feed->broken >= (nodes > LEAST_BROKEN ? nodes : LEAST_BROKEN);
    case CLIENT_VERDICT_AGAIN:
        break;
    }
    return false;
}

/* An attempt has ended because of @p err. */
static void after_attempt(events_feed *feed, client_verdict verdict, heddle_error *err)
{
    uint64_t now = base_now_ms();
    if (feed->node[0])
        base_error_prefix(err, "events from %.80s", feed->node);
    if (!feed->failing_since_ms || now - feed->began_ms > WORKED_MS) {
        feed->failing_since_ms = now ? now : 1;
        feed->failures = 0;
    }
    feed->failures++;
    bool once = feed->is_sealed || feed->options.no_reconnect;
    if ((once && verdict != CLIENT_VERDICT_AGAIN) || is_final(feed, verdict)) {
        finish_with(feed, err);
    } else if (once) {
        finish_cut(feed, err);
    } else if (has_given_up(feed)) {
        finish_with(feed, err);
    } else {
        client_queue_trouble(&feed->queue, err);
        if (rpc_timer_start(&feed->pause, feed->reactor, pause_ms(feed), on_pause_over, feed)) {
            base_fail_memory(err, "timer");
            finish_with(feed, err);
        }
    }
}

/* End the attempt at hand; why is in feed->why. */
static void give_up_attempt(events_feed *feed)
{
    feed->has_failed = true;
    client_stream_cancel(feed->stream);
}

static void has_progressed(events_feed *feed)
{
    feed->failing_since_ms = 0;
    feed->failures = feed->refusals = feed->broken = 0;
    feed->exists = true;
}

void events_feed_read_on(events_feed *feed)
{
    if (!feed->waits_for_room || !feed->stream)
        return;
    feed->waits_for_room = false;
    client_stream_read(feed->stream);
}

static void take_block(events_feed *feed, client_arrival *arrival)
{
    const heddle_events_options *options = &feed->options;
    bool is_behind = options->has_stop && arrival->number > options->stop_block;
    has_progressed(feed);
    feed->is_ending = options->has_stop && arrival->number >= options->stop_block;
    if (is_behind) {
        client_item_free(arrival->item);
    } else {
        feed->reading.knows_due = true;
        feed->reading.due = arrival->number + 1;
        feed->waits_for_room = !client_queue_push(&feed->queue, arrival->item, arrival->number);
    }
    if (feed->is_ending)
        client_stream_cancel(feed->stream);
    else if (!feed->waits_for_room)
        client_stream_read(feed->stream);
    events_feed_pump(feed);
}

/* A channel whose block 5 is not there may have four blocks, or not be there either. */
static bool may_be_behind(events_feed *feed, int status)
{
    if (status != WIRE_DELIVER_NOT_FOUND || feed->exists || feed->has_doubted || feed->is_sealed ||
        feed->options.no_reconnect || !feed->reading.knows_due || feed->reading.due == 0)
        return false;
    feed->has_doubted = feed->wants_probe = true;
    return true;
}

static void take_status(events_feed *feed, int status)
{
    if (status == WIRE_DELIVER_SUCCESS && feed->is_sealed) {
        feed->is_ending = true;
        client_stream_cancel(feed->stream);
        return;
    }
    bool behind = !feed->is_probing && may_be_behind(feed, status);
    feed->verdict = client_verdict_of_status(status, feed->exists || behind, &feed->why);
    feed->has_verdict = true;
    give_up_attempt(feed);
}

static void take_probe(events_feed *feed, rpc_bytes *message)
{
    client_reading reading = {.what = EVENTS_FEED_FILTERED};
    client_arrival arrival = {0};
    if (client_item_read(&reading, message, &arrival, &feed->why)) {
        give_up_attempt(feed);
    } else if (arrival.status) {
        take_status(feed, arrival.status);
    } else {
        client_item_free(arrival.item);
        feed->has_probed = true;
        feed->newest = arrival.number;
        client_stream_cancel(feed->stream);
    }
}

static void on_message(client_stream *stream, rpc_bytes *message, void *user)
{
    (void)stream;
    events_feed *feed = user;
    client_arrival arrival = {0};
    if (feed->has_failed || feed->has_probed || feed->is_ending || events_feed_is_cancelled(feed))
        return;
    if (feed->is_probing)
        take_probe(feed, message);
    else if (client_item_read(&feed->reading, message, &arrival, &feed->why))
        give_up_attempt(feed);
    else if (arrival.status)
        take_status(feed, arrival.status);
    else
        take_block(feed, &arrival);
}

/* The probe is over: the start is a number now, or the channel is known to exist. */
static void after_probe(events_feed *feed)
{
    client_reading *reading = &feed->reading;
    heddle_error err;
    feed->exists = true;
    if (!reading->knows_due) {
        reading->due = feed->start.place == WIRE_SEEK_NEWEST ? feed->newest : feed->newest + 1;
        reading->knows_due = true;
        const heddle_checkpoint start = {.block_number = reading->due};
        client_queue_place(&feed->queue, &start);
    } else if (feed->newest < UINT64_MAX && feed->newest + 1 < reading->due) {
        base_fail(&err, HEDDLE_E_UNAVAILABLE,
                  "the peer has %" PRIu64 " blocks, and block %" PRIu64 " is asked for",
                  feed->newest + 1, reading->due);
        after_attempt(feed, CLIENT_VERDICT_AGAIN, &err);
        return;
    }
    feed->wants_probe = false;
    events_feed_attempt(feed);
}

static bool is_no_access(const heddle_error *err)
{
    return err->status == HEDDLE_E_DENIED || err->status == HEDDLE_E_REFUSED ||
           err->grpc_code == RPC_UNIMPLEMENTED;
}

/* Who may not probe goes without; the gateway's own method knows no newest block, though. */
static bool goes_without_probe(events_feed *feed, const heddle_error *err)
{
    if (!is_no_access(err) || (feed->reading.from_gateway && feed->start.place == WIRE_SEEK_NEWEST))
        return false;
    feed->wants_probe = false;
    return true;
}

/* A backend without the gateway's method has blocks. */
static bool changes_to_blocks(events_feed *feed, const heddle_error *err)
{
    if (!feed->reading.from_gateway || err->grpc_code != RPC_UNIMPLEMENTED || feed->is_sealed)
        return false;
    feed->reading.from_gateway = feed->reading.may_skip = false;
    return true;
}

static void judge(events_feed *feed, heddle_error *err)
{
    bool was_probe = feed->is_probing;
    if ((was_probe && goes_without_probe(feed, err)) ||
        (!was_probe && changes_to_blocks(feed, err))) {
        events_feed_attempt(feed);
        return;
    }
    after_attempt(feed, feed->has_verdict ? feed->verdict : client_verdict_of_error(err), err);
}

static void finish_cancelled(events_feed *feed)
{
    heddle_error err;
    base_fail(&err, HEDDLE_E_CANCELLED, "events: cancelled");
    finish_with(feed, &err);
}

static void on_end(client_stream *stream, heddle_error *said, void *user)
{
    events_feed *feed = user;
    heddle_error err;
    if (feed->has_failed)
        err = feed->why;
    else if (said)
        err = *said;
    else
        base_fail(&err, HEDDLE_E_UNAVAILABLE, "the stream was ended by the other side");
    snprintf(feed->node, sizeof(feed->node), "%s", client_stream_node(stream));
    client_stream_unref(feed->stream);
    feed->stream = NULL;
    feed->waits_for_room = false;
    if (events_feed_is_cancelled(feed))
        finish_cancelled(feed);
    else if (feed->is_ending)
        finish_at_end(feed);
    else if (feed->is_probing && feed->has_probed)
        after_probe(feed);
    else
        judge(feed, &err);
}

static void fill_query(const events_feed *feed, client_query *out)
{
    const client_reading *reading = &feed->reading;
    *out = (client_query){.what = reading->what,
                          .from_gateway = reading->from_gateway,
                          .channel = feed->channel,
                          .chaincode = feed->chaincode,
                          .start = feed->start,
                          .stop = feed->stop};
    if (feed->wants_probe) {
        out->what = EVENTS_FEED_FILTERED;
        out->from_gateway = false;
        out->start = out->stop = (wire_seek_position){.place = WIRE_SEEK_NEWEST};
    } else if (reading->knows_due) {
        out->start = (wire_seek_position){WIRE_SEEK_NUMBER, reading->due};
    }
}

heddle_status events_feed_prepare(events_feed *feed, base_buffer *out, heddle_error *err)
{
    client_query query;
    uint8_t tls_hash[CRYPTO_SHA256_LEN];
    fill_query(feed, &query);
    if (client_gateway_tls_hash(feed->gateway, tls_hash))
        query.tls_hash = heddle_view_of(tls_hash, sizeof(tls_hash));
    heddle_identity_unref(feed->asker);
    feed->asker = client_identity_hold(feed->identity);
    return client_query_write(&query, feed->asker, out, err);
}

static heddle_status open_stream(events_feed *feed, heddle_error *err)
{
    static const client_stream_events events = {.on_message = on_message, .on_end = on_end};
    client_query query;
    fill_query(feed, &query);
    if (!feed->request.len)
        BASE_TRY(events_feed_prepare(feed, &feed->request, err));
    const client_stream_options options = {.method = client_query_method(&query),
                                           .request = base_buffer_view(&feed->request),
                                           .avoid = feed->node[0] ? feed->node : NULL};
    heddle_status status =
        client_stream_open(feed->gateway, &options, &events, feed, &feed->stream, err);
    base_buffer_done(&feed->request);
    return status;
}

void events_feed_attempt(events_feed *feed)
{
    heddle_error err;
    base_error_clear(&err);
    base_error_clear(&feed->why);
    feed->has_failed = feed->has_verdict = feed->has_probed = false;
    feed->is_probing = feed->wants_probe;
    feed->began_ms = base_now_ms();
    if (open_stream(feed, &err))
        judge(feed, &err);
    else
        client_stream_read(feed->stream);
}

void events_feed_stop(events_feed *feed)
{
    if (feed->is_over)
        return;
    if (feed->stream) {
        client_stream_cancel(feed->stream);
    } else {
        rpc_timer_cancel(&feed->pause);
        finish_cancelled(feed);
    }
}
