/*
 * ChaincodeEvents: the blocks of a peer, read for the events of one chaincode. Each client has
 * a stream of its own, because each begins somewhere else; when a peer goes away the next one
 * goes on at the same block.
 *
 * The stream opens behind the transaction the client saw last, whatever became of that
 * transaction, by its place in the block and not by its events.
 */
#include "gateway/methods.h"

#include "base/fail.h"
#include "base/log.h"
#include "route/access.h"
#include "route/ledger.h"
#include "route/verdict.h"
#include "rpc/stream.h"
#include "wire/deliver.h"
#include "wire/gateway.h"
#include "wire/seek.h"
#include "wire/services.h"

struct events {
    route_request request;
    route_access access;
    wire_signed_message signed_request;
    wire_events_request message;
    wire_seek_position start; /* the next block to ask for */
    bool is_open;             /* behind the transaction seen last */

    route_upstream *peers[ROUTE_OWN_PEERS_MAX];
    size_t peer_count, at;
    route_place place;
    rpc_stream *stream;
    route_identity *asker; /* who the gateway was when it opened the stream */
};

static void open_stream(struct events *e);

/* Blocks. */

static bool matches(const struct events *e, const wire_event *event)
{
    return event->name.len && event->tx_id.len && event->chaincode.len &&
           base_view_equal(event->chaincode, e->message.chaincode);
}

/* The events of a block that the client is to see. */
static heddle_status collect(struct events *e, const wire_block *block, base_arena *arena,
                             wire_event *out, size_t *out_count, heddle_error *err)
{
    for (size_t i = 0; i < block->tx_count; i++) {
        wire_tx tx;
        if (!e->is_open) {
            wire_tx_read_header(block->envelopes[i], &tx);
            e->is_open = base_view_equal(tx.tx_id, e->message.after_tx_id);
            continue;
        }
        /* Anybody can order what is too large to decode; the peer calls it invalid. */
        if (wire_block_code(block, i) != WIRE_CODE_VALID)
            continue;
        BASE_TRY(wire_tx_read(block->envelopes[i], arena, &tx, err));
        const wire_event *event = &tx.action.result.event;
        if (tx.type != WIRE_TX_ENDORSER || !matches(e, event))
            continue;
        out[(*out_count)++] = *event;
    }
    return HEDDLE_OK;
}

static void on_sent(bool sent, void *user)
{
    struct events *e = user;
    if (sent && e->stream && !e->request.is_answered)
        rpc_stream_read(e->stream);
    route_request_unref(&e->request);
}

static heddle_status send_events(struct events *e, wire_event *events, size_t count,
                                 uint64_t number, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    wire_events_response response = {.events = events, .count = count, .block = number};
    if (wire_shape_write(&wire_events_response_shape, &response, &bytes) != HEDDLE_OK)
        return base_fail_memory(err, "events");
    route_request_ref(&e->request);
    heddle_status status =
        rpc_server_call_send(gw_call_of(&e->request), base_buffer_view(&bytes), on_sent, e, err);
    if (status != HEDDLE_OK)
        route_request_unref(&e->request);
    return status;
}

/* *out_sent: the next block is asked for when the client has got this one. */
static heddle_status take_block(struct events *e, heddle_view bytes, base_arena *arena,
                                bool *out_sent, heddle_error *err)
{
    wire_block block;
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    wire_event *events = base_arena_zalloc(arena, block.tx_count + 1, sizeof(*events));
    size_t count = 0;
    if (!events)
        return base_arena_fail(arena, err, "events");
    BASE_TRY(collect(e, &block, arena, events, &count, err));
    if (count)
        BASE_TRY(send_events(e, events, count, block.number, err));
    *out_sent = count > 0;
    e->start = (wire_seek_position){.place = WIRE_SEEK_NUMBER, .number = block.number + 1};
    e->at = 0; /* a peer that works: after it every one has its chance again */
    return HEDDLE_OK;
}

static heddle_status take_message(struct events *e, rpc_bytes *message, base_arena *arena,
                                  bool *out_sent, heddle_error *err)
{
    wire_deliver_response response = {0};
    BASE_TRY(wire_shape_read(&wire_deliver_response_shape, rpc_bytes_view(message), arena,
                             &response, err));
    if (!response.block.len)
        return base_fail(err, HEDDLE_E_REFUSED, "deliver status %d", response.status);
    return take_block(e, response.block, arena, out_sent, err);
}

static void on_block(rpc_stream *stream, rpc_bytes *message, void *user)
{
    struct events *e = user;
    heddle_error err;
    bool is_sent = false;
    if (e->request.is_answered)
        return;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_status status =
        arena ? take_message(e, message, arena, &is_sent, &err) : base_fail_memory(&err, "block");
    if (status == HEDDLE_OK && !is_sent)
        rpc_stream_read(stream);
    if (status == HEDDLE_OK)
        return;
    log_at(LOG_WARN, "events", "block cannot be used",
           LOG_VIEW("channel", route_channel_name(e->access.channel)), LOG_ERR(&err));
    if (status == HEDDLE_E_REFUSED)
        rpc_stream_cancel(stream); /* another peer may have the channel */
    else {
        route_request_fail(&e->request, RPC_ABORTED, err.message);
        rpc_stream_cancel(stream);
    }
}

/* Streams. */

/* A peer ends streams of a certificate that has expired: then it is asked once more. */
static bool is_asker_replaced(struct events *e)
{
    base_auto(route_identity) route_identity *now = route_engine_identity(e->request.engine);
    bool replaced = e->asker && e->asker != now;
    route_identity_unref(base_steal(&e->asker));
    return replaced;
}

static void try_next_peer(struct events *e)
{
    e->at += !is_asker_replaced(e);
    open_stream(e);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    struct events *e = user;
    route_lease_release(&e->place.lease, route_outcome_of(status->code));
    rpc_stream_unref(base_steal(&e->stream));
    if (!e->request.is_answered)
        try_next_peer(e);
    route_request_unref(&e->request);
}

static const rpc_stream_events stream_events = {.on_message = on_block, .on_end = on_end};

static heddle_status send_seek(struct events *e, heddle_error *err)
{
    wire_seek seek = {.start = e->start};
    rpc_stream_options options = {
        .call = {.method = WIRE_DELIVER_FULL, .reactor = e->request.reactor}, .has_request = true};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "block stream");
    route_identity_unref(e->asker);
    e->asker = route_engine_identity(e->request.engine);
    BASE_TRY(
        route_identity_seek(e->asker, e->message.channel, &seek, arena, &options.request, err));
    return rpc_stream_open(route_place_channel(&e->place), &options, &stream_events, e, &e->stream,
                           err);
}

/* The place's hold on the request passes to the stream. */
static void open_placed(struct events *e)
{
    heddle_error err;
    if (send_seek(e, &err) == HEDDLE_OK) {
        rpc_stream_read(e->stream);
        return;
    }
    route_lease_release(&e->place.lease, ROUTE_OUTCOME_UNKNOWN);
    route_request_fail_status(&e->request, &err);
    route_request_unref(&e->request);
}

static void on_granted(route_place *place)
{
    struct events *e = base_container_of(place, struct events, place);
    if (place->lease.connection && !e->request.is_answered) {
        open_placed(e);
        return;
    }
    route_lease_release(&place->lease, ROUTE_OUTCOME_UNKNOWN);
    if (!e->request.is_answered)
        try_next_peer(e);
    route_request_unref(&e->request);
}

static void open_stream(struct events *e)
{
    e->place.reactor = e->request.reactor;
    e->place.granted = on_granted;
    e->place.lease.is_stream = true;
    for (; e->at < e->peer_count; e->at++) {
        route_acquire got = route_place_acquire(&e->place, e->peers[e->at]);
        if (got == ROUTE_ACQUIRED || got == ROUTE_QUEUED)
            route_request_ref(&e->request);
        if (got == ROUTE_ACQUIRED)
            open_placed(e);
        if (got == ROUTE_ACQUIRED || got == ROUTE_QUEUED)
            return;
    }
    route_request_fail(&e->request, RPC_UNAVAILABLE,
                       "no peer of the gateway's organization delivers blocks of the channel");
}

/* Where to begin. */

static void begin_at_position(struct events *e)
{
    const wire_events_start *start = &e->message.start;
    uint64_t height = route_channel_height(e->access.channel);
    e->start = (wire_seek_position){.place = WIRE_SEEK_NEXT_COMMIT};
    if (start->has_number)
        e->start = (wire_seek_position){WIRE_SEEK_NUMBER, start->number};
    else if (height)
        e->start = (wire_seek_position){WIRE_SEEK_NUMBER, height};
    open_stream(e);
}

static void on_found(void *user, const route_tx_found *found, const heddle_error *err)
{
    struct events *e = user;
    if (!e->request.is_answered && !found)
        route_request_fail(&e->request, RPC_UNAVAILABLE, err->message);
    else if (!e->request.is_answered && found->is_found) {
        e->start = (wire_seek_position){WIRE_SEEK_NUMBER, found->block};
        open_stream(e);
    } else if (!e->request.is_answered)
        begin_at_position(e);
    route_request_unref(&e->request);
}

static void begin_after(struct events *e)
{
    route_tx_verdict verdict;
    heddle_error err;
    heddle_view tx_id = e->message.after_tx_id;
    if (route_txindex_find(route_channel_index(e->access.channel), tx_id, &verdict)) {
        e->start = (wire_seek_position){WIRE_SEEK_NUMBER, verdict.block};
        open_stream(e);
        return;
    }
    route_request_ref(&e->request);
    if (route_ledger_find(e->request.engine, e->message.channel, tx_id, e->request.reactor,
                          e->access.topology, on_found, e, &err) == HEDDLE_OK)
        return;
    route_request_fail_status(&e->request, &err);
    route_request_unref(&e->request);
}

static void ready(route_access *access)
{
    struct events *e = base_container_of(access, struct events, access);
    const wire_events_start *start = &e->message.start;
    if (!route_access_check(access, "gateway/ChaincodeEvents", e->signed_request.bytes,
                            e->message.identity, e->signed_request.signature))
        return;
    if (start->has_oldest || start->has_newest) {
        route_request_failf(&e->request, RPC_INVALID_ARGUMENT,
                            "invalid start position type: *orderer.SeekPosition_%s",
                            start->has_oldest ? "Oldest" : "Newest");
        return;
    }
    e->peer_count = route_own_peers(e->request.engine, access->topology, e->peers, NULL);
    e->is_open = !e->message.after_tx_id.len;
    if (e->is_open)
        begin_at_position(e);
    else
        begin_after(e);
}

static bool read_request(struct events *e, heddle_error *err)
{
    route_request *request = &e->request;
    base_error_clear(err);
    if (wire_shape_read(&wire_signed_message_shape, route_request_bytes(request), request->arena,
                        &e->signed_request, err) != HEDDLE_OK) {
        route_request_undecodable(request, err);
        return false;
    }
    if (!e->signed_request.bytes.len)
        base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a chaincode events request is required");
    else if (wire_shape_read(&wire_events_request_shape, e->signed_request.bytes, request->arena,
                             &e->message, err) != HEDDLE_OK)
        base_error_prefix(err, "invalid chaincode events request");
    return err->status == HEDDLE_OK;
}

static void message(route_request *request, rpc_bytes *bytes)
{
    struct events *e = (struct events *)request;
    heddle_error err;
    request->body = bytes ? rpc_bytes_ref(bytes) : NULL;
    if (read_request(e, &err))
        route_access_begin(&e->access, request, e->message.channel, true, ready,
                           route_access_denied);
    else
        route_request_fail(request, RPC_INVALID_ARGUMENT, err.message);
}

static void start(route_request *request)
{
    rpc_server_call_read(gw_call_of(request));
}

static void cancel(route_request *request)
{
    struct events *e = (struct events *)request;
    bool is_late = route_request_cancel_code(request) == RPC_DEADLINE_EXCEEDED;
    route_request_fail(request, is_late ? RPC_DEADLINE_EXCEEDED : RPC_CANCELLED,
                       is_late ? "context deadline exceeded" : "context canceled");
    if (e->stream)
        rpc_stream_cancel(e->stream);
    else if (e->place.lease.upstream && route_lease_abandon(&e->place.lease))
        route_request_unref(request);
}

static void dispose(route_request *request)
{
    struct events *e = (struct events *)request;
    for (size_t i = 0; i < e->peer_count; i++)
        route_upstream_unref(e->peers[i]);
    route_identity_unref(e->asker);
    route_access_done(&e->access);
}

const route_request_kind gw_chaincode_events_kind = {.method = GW_METHOD_CHAINCODE_EVENTS,
                                                     .name = "ChaincodeEvents",
                                                     .size = sizeof(struct events),
                                                     .start = start,
                                                     .message = message,
                                                     .cancel = cancel,
                                                     .dispose = dispose};
