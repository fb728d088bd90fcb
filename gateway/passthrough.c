/*
 * Methods of peers and orderers served at the gateway's address: messages go through byte
 * for byte, both ways, and so does the status at the end. One message is on its way in each
 * direction, so a slow side slows the other one.
 *
 * What a client binds to its own TLS connection (ChannelHeader.tls_cert_hash, the hash in a
 * discovery request) does not hold on the gateway's connection: peers that insist on it
 * refuse such requests.
 */
#include "gateway/methods.h"

#include <string.h>

#include "base/log.h"
#include "route/access.h"
#include "route/inquiry.h"
#include "route/verdict.h"
#include "rpc/stream.h"
#include "wire/envelope.h"
#include "wire/services.h"

struct pass {
    route_request request;
    route_access access;      /* of an orderer: the channel that the first message names */
    rpc_bytes *first;         /* that message, till there is a stream */
    route_upstream *upstream; /* counted */
    route_place place;
    const char *method;
    rpc_stream *stream;
};

static void on_sent_down(bool sent, void *user)
{
    struct pass *p = user;
    if (sent && p->stream && !p->request.is_answered)
        rpc_stream_read(p->stream);
    route_request_unref(&p->request);
}

static void on_message_down(rpc_stream *stream, rpc_bytes *message, void *user)
{
    struct pass *p = user;
    heddle_error err;
    if (p->request.is_answered)
        return;
    route_request_ref(&p->request);
    if (rpc_server_call_send_bytes(gw_call_of(&p->request), message, on_sent_down, p, &err) ==
        HEDDLE_OK)
        return;
    route_request_unref(&p->request);
    route_request_fail_status(&p->request, &err);
    rpc_stream_cancel(stream);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    struct pass *p = user;
    route_lease_release(&p->place.lease, route_outcome_of(status->code));
    rpc_stream_unref(base_steal(&p->stream));
    route_request_finish(&p->request, status);
    route_request_unref(&p->request);
}

static const rpc_stream_events stream_events = {.on_message = on_message_down, .on_end = on_end};

static void on_sent_up(bool sent, void *user)
{
    struct pass *p = user;
    if (sent && !p->request.is_answered)
        rpc_server_call_read(gw_call_of(&p->request));
    route_request_unref(&p->request);
}

static void send_up(struct pass *p, rpc_bytes *message)
{
    heddle_error err;
    route_request_ref(&p->request);
    if (rpc_stream_send_bytes(p->stream, message, on_sent_up, p, &err) != HEDDLE_OK)
        route_request_unref(&p->request); /* it has ended: on_end tells the client */
}

/* The place's hold on the request passes to the stream. */
static void open_placed(struct pass *p)
{
    heddle_error err;
    rpc_stream_options options = {
        .call = {.method = p->method,
                 .reactor = p->request.reactor,
                 .deadline_ms = rpc_server_call_deadline_ms(gw_call_of(&p->request))},
        .queue_limit = RPC_MAX_MESSAGE};
    if (rpc_stream_open(route_place_channel(&p->place), &options, &stream_events, p, &p->stream,
                        &err) != HEDDLE_OK) {
        route_lease_release(&p->place.lease, ROUTE_OUTCOME_UNKNOWN);
        route_request_fail_status(&p->request, &err);
        route_request_unref(&p->request);
        return;
    }
    rpc_stream_read(p->stream);
    if (p->first) {
        send_up(p, p->first);
        rpc_bytes_unref(base_steal(&p->first));
    } else {
        rpc_server_call_read(gw_call_of(&p->request));
    }
}

static void on_granted(route_place *place)
{
    struct pass *p = base_container_of(place, struct pass, place);
    if (place->lease.connection && !p->request.is_answered) {
        open_placed(p);
        return;
    }
    route_lease_release(&place->lease, ROUTE_OUTCOME_UNKNOWN);
    route_request_fail(&p->request, RPC_UNAVAILABLE, "no connection");
    route_request_unref(&p->request);
}

static void open_stream(struct pass *p)
{
    p->method = base_arena_str(p->request.arena, rpc_server_call_method(gw_call_of(&p->request)));
    p->place.reactor = p->request.reactor;
    p->place.granted = on_granted;
    p->place.lease.is_stream = p->method && strcmp(p->method, WIRE_ENDORSER_PROCESS_PROPOSAL) != 0;
    route_request_ref(&p->request);
    route_acquire got =
        p->method ? route_place_acquire(&p->place, p->upstream) : ROUTE_NO_CONNECTION;
    if (got == ROUTE_ACQUIRED) {
        open_placed(p);
    } else if (got != ROUTE_QUEUED) {
        route_request_fail(&p->request, RPC_UNAVAILABLE, "no connection");
        route_request_unref(&p->request);
    }
}

static void message(route_request *request, rpc_bytes *bytes)
{
    struct pass *p = (struct pass *)request;
    if (bytes)
        send_up(p, bytes);
    else
        rpc_stream_half_close(p->stream);
}

/* To a peer: the home peer, or the first one that is well. */
static void start_peer(route_request *request)
{
    struct pass *p = (struct pass *)request;
    route_upstream *peers[ROUTE_OWN_PEERS_MAX];
    size_t count = route_own_peers(request->engine, NULL, peers, NULL), best = 0;
    while (best < count && route_upstream_rank(peers[best]))
        best++;
    if (best == count)
        best = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == best)
            p->upstream = peers[i];
        else
            route_upstream_unref(peers[i]);
    }
    if (p->upstream)
        open_stream(p);
    else
        route_request_fail(request, RPC_UNAVAILABLE, "no peer is known");
}

/* To an orderer of the channel that the first message names. */

static void ready(route_access *access)
{
    struct pass *p = base_container_of(access, struct pass, access);
    const route_orderer *orderers;
    size_t count = route_topology_orderers(access->topology, &orderers);
    route_upstream *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (orderers[i].upstream &&
            (!best || route_upstream_rank(orderers[i].upstream) < route_upstream_rank(best)))
            best = orderers[i].upstream;
    if (best) {
        p->upstream = route_upstream_ref(best);
        open_stream(p);
    } else {
        route_request_fail(&p->request, RPC_UNAVAILABLE, "no orderer nodes available");
    }
}

static void failed(route_access *access, const heddle_error *err)
{
    route_request_fail_status(access->request, err);
}

static void orderer_message(route_request *request, rpc_bytes *bytes)
{
    struct pass *p = (struct pass *)request;
    if (p->stream) {
        message(request, bytes);
        return;
    }
    wire_envelope envelope;
    heddle_error err;
    if (!bytes) {
        rpc_status end = {.code = RPC_OK};
        route_request_finish(request, &end);
        return;
    }
    if (wire_envelope_read(rpc_bytes_view(bytes), &envelope, &err) != HEDDLE_OK) {
        route_request_fail(request, RPC_INVALID_ARGUMENT, err.message);
        return;
    }
    p->first = rpc_bytes_ref(bytes);
    route_access_begin(&p->access, request, envelope.header.channel, false, ready, failed);
}

static void start_orderer(route_request *request)
{
    rpc_server_call_read(gw_call_of(request));
}

static void cancel(route_request *request)
{
    struct pass *p = (struct pass *)request;
    bool is_late = route_request_cancel_code(request) == RPC_DEADLINE_EXCEEDED;
    route_request_fail(request, is_late ? RPC_DEADLINE_EXCEEDED : RPC_CANCELLED,
                       is_late ? "context deadline exceeded" : "context canceled");
    if (p->stream)
        rpc_stream_cancel(p->stream);
    else if (p->place.lease.upstream && route_lease_abandon(&p->place.lease))
        route_request_unref(request);
}

static void dispose(route_request *request)
{
    struct pass *p = (struct pass *)request;
    rpc_bytes_unref(p->first);
    route_upstream_unref(p->upstream);
    route_access_done(&p->access);
}

const route_request_kind gw_pass_peer_kind = {.method = GW_METHOD_PASS,
                                              .name = "passthrough",
                                              .size = sizeof(struct pass),
                                              .start = start_peer,
                                              .message = message,
                                              .cancel = cancel,
                                              .dispose = dispose};

const route_request_kind gw_pass_orderer_kind = {.method = GW_METHOD_PASS,
                                                 .name = "passthrough",
                                                 .size = sizeof(struct pass),
                                                 .start = start_orderer,
                                                 .message = orderer_message,
                                                 .cancel = cancel,
                                                 .dispose = dispose};
