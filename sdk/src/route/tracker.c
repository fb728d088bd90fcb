#include "route/tracker.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "route/channel.h"
#include "route/inquiry.h"
#include "route/verdict.h"
#include "route/watch.h"
#include "rpc/stream.h"
#include "wire/block.h"
#include "wire/deliver.h"
#include "wire/seek.h"
#include "wire/services.h"

enum {
    RETRY_MIN_MS = 200,
    RETRY_MAX_MS = 5000,
    HOME_PAUSE_MS = 30000 /* between two attempts to go home */
};

struct route_tracker {
    route_channel *channel;
    route_watch *watch;   /* NULL: the channel's own stream */
    route_upstream *only; /* of a watch: the one peer */
    atomic_bool is_started;
    atomic_bool is_stopped;
    rpc_task start_task, stop_task;

    /* Of the channel's reactor from here on. */
    rpc_timer timer;
    route_place place; /* of the stream */
    route_upstream *peers[ROUTE_OWN_PEERS_MAX];
    char *peer_name;
    size_t peer_count, at;
    rpc_stream *stream;
    bool is_live; /* a block has come through this stream */
    uint32_t failures;
    bool has_next;
    uint64_t next;
    uint64_t home_tried_ms;
};

route_tracker *route_tracker_new(route_channel *channel, route_watch *watch, route_upstream *only)
{
    route_tracker *tracker = base_calloc(1, sizeof(*tracker));
    if (!tracker)
        return NULL;
    tracker->channel = channel;
    tracker->watch = watch;
    tracker->only = only ? route_upstream_ref(only) : NULL;
    return tracker;
}

void route_tracker_free(route_tracker *tracker)
{
    if (!tracker)
        return;
    base_free(tracker->peer_name);
    route_upstream_unref(tracker->only);
    base_free(tracker);
}

static void open_stream(void *user);

static void drop_peers(route_tracker *tracker)
{
    for (size_t i = 0; i < tracker->peer_count; i++)
        route_upstream_unref(tracker->peers[i]);
    tracker->peer_count = 0;
}

/* The end of its running: the channel may go. */
static void let_go(route_tracker *tracker)
{
    drop_peers(tracker);
    route_channel_unref(tracker->channel);
}

static uint64_t retry_delay(route_tracker *tracker)
{
    uint64_t delay = RETRY_MIN_MS;
    for (uint32_t i = 1; i < tracker->failures && delay < RETRY_MAX_MS; i++)
        delay *= 2;
    uint8_t random = 0;
    if (crypto_random(&random, 1) != HEDDLE_OK)
        random = 0;
    return (delay > RETRY_MAX_MS ? RETRY_MAX_MS : delay) + random % 100;
}

static void tell_live(route_tracker *tracker, bool is_live)
{
    if (tracker->watch)
        route_watch_live(tracker->watch, is_live);
    else
        route_channel_stream(tracker->channel, is_live);
}

/* After a failure: the next peer at once, after the last one a pause. */
static void try_again(route_tracker *tracker)
{
    if (atomic_load(&tracker->is_stopped)) {
        let_go(tracker);
        return;
    }
    uint64_t delay = 0;
    if (tracker->watch)
        route_watch_live(tracker->watch, false);
    if (++tracker->at >= tracker->peer_count) {
        drop_peers(tracker);
        tracker->failures++;
        delay = retry_delay(tracker);
    }
    if (rpc_timer_start(&tracker->timer, route_channel_reactor(tracker->channel), delay,
                        open_stream, tracker) == HEDDLE_OK)
        return;
    log_at(LOG_ERROR, "tracker", "block stream given up: out of memory",
           LOG_VIEW("channel", route_channel_name(tracker->channel)));
    let_go(tracker);
}

/* @p is_config: a block that was not seen may have held a configuration. */
static void judge(route_tracker *tracker, const wire_filtered_block *block, bool is_config)
{
    route_txindex *index = route_channel_index(tracker->channel);
    /* Plans and heights first: who is told of a commit must not meet older ones. */
    for (size_t i = 0; i < block->tx_count; i++)
        is_config = is_config || block->txs[i].type == WIRE_TX_CONFIG;
    if (tracker->watch)
        route_channel_raise(tracker->channel, tracker->peer_name, block->number + 1);
    else
        route_channel_block(tracker->channel, block->number, tracker->peer_name, is_config);
    for (size_t i = 0; i < block->tx_count; i++) {
        const wire_filtered_tx *tx = &block->txs[i];
        if (!tx->tx_id.len)
            continue;
        route_txindex_judge(index, tx->tx_id,
                            (route_tx_verdict){.code = tx->code,
                                               .block = block->number,
                                               .is_repeat = tx->code == WIRE_CODE_DUPLICATE_TXID});
    }
    if (tracker->watch)
        route_watch_height(tracker->watch, block->number + 1);
}

static void went_live(route_tracker *tracker)
{
    tracker->is_live = true;
    tracker->failures = 0;
    log_at(LOG_INFO, "tracker", "block stream is up",
           LOG_VIEW("channel", route_channel_name(tracker->channel)),
           LOG_STR("peer", tracker->peer_name), LOG_U64("block", tracker->next));
}

/* A stream begins with the last block seen, or anywhere, and leaves none out. */
static bool is_due(const route_tracker *tracker, uint64_t number)
{
    if (!tracker->has_next)
        return number < UINT64_MAX;
    return number == (tracker->is_live ? tracker->next : tracker->next - 1);
}

static void take_block(route_tracker *tracker, const wire_filtered_block *block)
{
    bool is_very_first = !tracker->has_next;
    bool is_new = is_very_first || block->number == tracker->next;
    bool is_first = !tracker->is_live;
    if (is_new) {
        tracker->has_next = true;
        tracker->next = block->number + 1;
    }
    if (is_first)
        went_live(tracker);
    if (is_new)
        judge(tracker, block, is_very_first);
    if (is_first)
        tell_live(tracker, true);
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    route_tracker *tracker = user;
    heddle_error err;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_deliver_response response = {0};
    heddle_status status = arena ? wire_shape_read(&wire_deliver_response_shape,
                                                   rpc_bytes_view(message), arena, &response, &err)
                                 : base_fail_memory(&err, "block");
    bool is_block = status == HEDDLE_OK && response.has_filtered;
    if (is_block && is_due(tracker, response.filtered.number)) {
        take_block(tracker, &response.filtered);
        rpc_stream_read(stream);
        return;
    }
    if (is_block)
        base_fail(&err, HEDDLE_E_BROKEN_CHAIN, "block %" PRIu64 " came where %" PRIu64 " was due",
                  response.filtered.number, tracker->next - !tracker->is_live);
    else if (status == HEDDLE_OK)
        base_fail(&err, HEDDLE_E_REFUSED, "deliver status %d", response.status);
    log_at(LOG_WARN, "tracker", "peer gives no block stream",
           LOG_VIEW("channel", route_channel_name(tracker->channel)),
           LOG_STR("peer", tracker->peer_name), LOG_ERR(&err));
    rpc_stream_cancel(stream);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    route_tracker *tracker = user;
    route_lease_release(&tracker->place.lease, route_outcome_of(status->code));
    rpc_stream_unref(base_steal(&tracker->stream));
    if (!atomic_load(&tracker->is_stopped))
        log_at(LOG_WARN, "tracker", "block stream is down",
               LOG_VIEW("channel", route_channel_name(tracker->channel)),
               LOG_STR("peer", tracker->peer_name), LOG_STR("code", rpc_code_name(status->code)),
               LOG_VIEW("error", status->message));
    if (tracker->is_live) {
        tell_live(tracker, false);
        drop_peers(tracker); /* choose anew */
        tracker->at = 0;
    }
    tracker->is_live = false;
    try_again(tracker);
}

static const rpc_stream_events stream_events = {.on_message = on_message, .on_end = on_end};

static heddle_status send_seek(route_tracker *tracker, base_arena *arena, heddle_error *err)
{
    route_engine *engine = route_channel_engine(tracker->channel);
    wire_seek seek = {.start = {.place = WIRE_SEEK_NEWEST}};
    /* From the last block seen, which exists: a quiet channel would say nothing of the next. */
    if (tracker->has_next)
        seek.start = (wire_seek_position){.place = WIRE_SEEK_NUMBER, .number = tracker->next - 1};
    rpc_stream_options options = {.call = {.method = WIRE_DELIVER_FILTERED,
                                           .reactor = route_channel_reactor(tracker->channel)},
                                  .has_request = true};
    base_auto(route_identity) route_identity *own = route_engine_identity(engine);
    BASE_TRY(route_identity_seek(own, route_channel_name(tracker->channel), &seek, arena,
                                 &options.request, err));
    return rpc_stream_open(route_place_channel(&tracker->place), &options, &stream_events, tracker,
                           &tracker->stream, err);
}

static void open_placed(route_tracker *tracker)
{
    heddle_error err;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_status status =
        arena ? send_seek(tracker, arena, &err) : base_fail_memory(&err, "block stream");
    if (status == HEDDLE_OK) {
        rpc_stream_read(tracker->stream);
        if (atomic_load(&tracker->is_stopped))
            rpc_stream_cancel(tracker->stream);
        return;
    }
    route_lease_release(&tracker->place.lease, ROUTE_OUTCOME_UNKNOWN);
    log_at(LOG_WARN, "tracker", "block stream cannot be opened",
           LOG_VIEW("channel", route_channel_name(tracker->channel)), LOG_ERR(&err));
    try_again(tracker);
}

static void on_granted(route_place *place)
{
    route_tracker *tracker = base_container_of(place, route_tracker, place);
    if (place->lease.connection) {
        open_placed(tracker);
        return;
    }
    route_lease_release(&place->lease, ROUTE_OUTCOME_UNKNOWN);
    try_again(tracker);
}

static void choose_peers(route_tracker *tracker)
{
    tracker->at = 0;
    if (tracker->only) {
        tracker->peers[0] = route_upstream_ref(tracker->only);
        tracker->peer_count = 1;
        return;
    }
    route_topology *topology = route_channel_topology_now(tracker->channel);
    tracker->peer_count =
        route_own_peers(route_channel_engine(tracker->channel), topology, tracker->peers, NULL);
    route_topology_unref(topology);
}

static void open_stream(void *user)
{
    route_tracker *tracker = user;
    if (atomic_load(&tracker->is_stopped)) {
        let_go(tracker);
        return;
    }
    if (!tracker->peer_count)
        choose_peers(tracker);
    base_free(tracker->peer_name);
    tracker->peer_name =
        base_strdup(tracker->peer_count ? route_upstream_key(tracker->peers[tracker->at]) : "");
    tracker->place.reactor = route_channel_reactor(tracker->channel);
    tracker->place.granted = on_granted;
    tracker->place.lease.is_stream = true;
    route_acquire got = tracker->peer_count && tracker->peer_name
                            ? route_place_acquire(&tracker->place, tracker->peers[tracker->at])
                            : ROUTE_NO_CONNECTION;
    if (got == ROUTE_ACQUIRED)
        open_placed(tracker);
    else if (got != ROUTE_QUEUED)
        try_again(tracker);
}

void route_tracker_start(route_tracker *tracker)
{
    if (atomic_load_explicit(&tracker->is_started, memory_order_acquire) ||
        atomic_load(&tracker->is_stopped) || atomic_exchange(&tracker->is_started, true))
        return;
    route_channel_ref(tracker->channel);
    tracker->start_task = (rpc_task){.fn = open_stream, .user = tracker};
    rpc_post_task(route_channel_reactor(tracker->channel), &tracker->start_task);
}

void route_tracker_go_home(route_tracker *tracker)
{
    const char *home = route_conf_now(route_channel_engine(tracker->channel))->home_peer;
    uint64_t now = base_now_ms();
    if (!tracker->is_live || strcmp(tracker->peer_name, home) == 0 ||
        now - tracker->home_tried_ms < HOME_PAUSE_MS)
        return;
    route_topology *topology = route_channel_topology_now(tracker->channel);
    const route_member *member =
        topology ? route_topology_member(topology, heddle_view_str(home)) : NULL;
    if (member && !route_upstream_rank(member->upstream)) {
        tracker->home_tried_ms = now;
        rpc_stream_cancel(tracker->stream); /* its end chooses anew, the home peer first */
    }
    route_topology_unref(topology);
}

static void stop(void *user)
{
    route_tracker *tracker = user;
    route_channel *channel = tracker->channel;
    if (tracker->stream)
        rpc_stream_cancel(tracker->stream);
    else if (rpc_timer_cancel(&tracker->timer))
        let_go(tracker);
    route_channel_unref(channel);
}

void route_tracker_stop(route_tracker *tracker)
{
    if (atomic_exchange(&tracker->is_stopped, true))
        return;
    route_channel_ref(tracker->channel); /* the task's */
    tracker->stop_task = (rpc_task){.fn = stop, .user = tracker};
    rpc_post_task(route_channel_reactor(tracker->channel), &tracker->stop_task);
}
