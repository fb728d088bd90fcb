#include "fakes.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include "support/process.h"
#include "wire/proposal.h"
#include "wire/reader.h"
#include "wire/seek.h"
#include "wire/services.h"
#include "wire/transaction.h"

static void reply(rpc_server_call *call, base_buffer *bytes)
{
    rpc_server_call_reply(call, base_buffer_view(bytes));
    base_buffer_done(bytes);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)user;
    rpc_server_call_fail(call, RPC_CANCELLED, "cancelled");
}

static const rpc_server_call_events until_cancelled = {.on_cancel = on_cancel};

/* Discovery. */

static void handle_discover(rpc_server_call *call, void *user)
{
    bed_peer *peer = user;
    heddle_view payload;
    base_buffer response = {0};
    ck_assert(wire_field_find(rpc_bytes_view(rpc_server_call_request(call)), 1, &payload));
    pthread_mutex_lock(&peer->bed->lock);
    peer->discoveries++;
    fake_discovery_answer(peer->bed, payload, &response);
    pthread_mutex_unlock(&peer->bed->lock);
    reply(call, &response);
}

/* Proposals. */

static void put_response(base_buffer *out, int32_t status, const char *text, heddle_view result)
{
    base_buffer response = {0};
    pb_number(&response, 1, (uint64_t)status);
    pb_text(&response, 2, text ? text : "");
    pb_bytes(&response, 3, result);
    pb_bytes(out, 4, base_buffer_view(&response));
    base_buffer_done(&response);
}

static void put_payload(bed_peer *peer, base_buffer *out)
{
    const bed_answer *answer = &peer->answer;
    wire_endorsed endorsed = {
        .proposal_hash = VIEW("hash"),
        .results = heddle_view_str(answer->write ? answer->write : ""),
        .status = answer->status ? answer->status : 200,
        .message = heddle_view_str(answer->text),
        .result = heddle_view_str(answer->result ? answer->result : "done"),
        .chaincode = VIEW("basic"),
    };
    heddle_view payload;
    heddle_error err;
    ck_assert_int_eq(wire_endorsed_write(&endorsed, peer->bed->fake_arena, &payload, &err),
                     HEDDLE_OK);
    pb_bytes(out, 5, payload);
}

static void put_endorsement(bed_peer *peer, base_buffer *out)
{
    base_buffer endorsement = {0};
    pb_text(&endorsement, 1, peer->endpoint);
    pb_text(&endorsement, 2, "signed");
    pb_bytes(out, 6, base_buffer_view(&endorsement));
    base_buffer_done(&endorsement);
}

static void answer_basic(bed_peer *peer, rpc_server_call *call, heddle_view request)
{
    const bed_answer *answer = &peer->answer;
    base_buffer response = {0};
    peer->proposals++;
    base_buffer_clear(&peer->proposal);
    ck_assert_int_eq(base_buffer_append(&peer->proposal, request), HEDDLE_OK);
    if (answer->is_silent) {
        rpc_server_call_listen(call, &until_cancelled, NULL);
        return;
    }
    if (answer->rpc_code) {
        rpc_server_call_fail(call, answer->rpc_code, answer->text);
        return;
    }
    put_response(&response, answer->status ? answer->status : 200, answer->text, VIEW("other"));
    if (!answer->without_payload) {
        put_payload(peer, &response);
        put_endorsement(peer, &response);
    }
    if (peer->bed->interest.len)
        pb_bytes(&response, 7, base_buffer_view(&peer->bed->interest));
    reply(call, &response);
}

static void answer_ledger(bed_peer *peer, rpc_server_call *call, const wire_proposal *proposal)
{
    base_buffer response = {0};
    bool is_config = base_view_is(proposal->spec_chaincode, "cscc");
    heddle_view result =
        is_config ? fake_config_block(peer->bed) : base_buffer_view(&peer->bed->ledger_block);
    peer->ledger_queries += !is_config;
    if (result.len)
        put_response(&response, 200, "", result);
    else
        put_response(&response, 500, "no such transaction ID in index", VIEW(""));
    reply(call, &response);
}

static void handle_proposal(rpc_server_call *call, void *user)
{
    bed_peer *peer = user;
    heddle_view request = rpc_bytes_view(rpc_server_call_request(call)), bytes, signature;
    wire_proposal proposal;
    heddle_error err;
    pthread_mutex_lock(&peer->bed->lock);
    ck_assert_int_eq(wire_signed_proposal_read(request, &bytes, &signature, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_proposal_read(bytes, peer->bed->fake_arena, &proposal, &err), HEDDLE_OK);
    if (base_view_is(proposal.spec_chaincode, "cscc") ||
        base_view_is(proposal.spec_chaincode, "qscc"))
        answer_ledger(peer, call, &proposal);
    else
        answer_basic(peer, call, request);
    pthread_mutex_unlock(&peer->bed->lock);
}

/* Filtered blocks. */

static void put_block(bed *b, const char *tx_id, int32_t code, base_buffer *out)
{
    base_buffer block = {0}, tx = {0};
    pb_text(&block, 1, "mychannel");
    pb_number(&block, 2, b->height - 1);
    if (tx_id[0]) {
        pb_text(&tx, 1, tx_id);
        pb_number(&tx, 2, 3);
        pb_number(&tx, 3, (uint64_t)code);
        pb_bytes(&block, 4, base_buffer_view(&tx));
    }
    pb_bytes(out, 3, base_buffer_view(&block));
    base_buffer_done(&tx);
    base_buffer_done(&block);
}

static void send_block(bed *b, rpc_server_call *call, const char *tx_id, int32_t code)
{
    base_buffer message = {0};
    put_block(b, tx_id, code, &message);
    (void)!rpc_server_call_send(call, base_buffer_view(&message), NULL, NULL, NULL);
    base_buffer_done(&message);
}

static void on_seek(rpc_server_call *call, rpc_bytes *message, void *user)
{
    bed_peer *peer = user;
    if (!message)
        return;
    pthread_mutex_lock(&peer->bed->lock);
    ck_assert_uint_lt(peer->stream_count, BED_STREAMS);
    peer->streams[peer->stream_count++] = rpc_server_call_ref(call);
    if (!peer->bed->is_quiet)
        send_block(peer->bed, call, "", 0); /* the newest there is */
    pthread_mutex_unlock(&peer->bed->lock);
}

static void on_filtered_cancel(rpc_server_call *call, void *user)
{
    bed_peer *peer = user;
    pthread_mutex_lock(&peer->bed->lock);
    for (size_t i = 0; i < peer->stream_count; i++) {
        if (peer->streams[i] != call)
            continue;
        peer->streams[i] = peer->streams[--peer->stream_count];
        rpc_server_call_unref(call);
        break;
    }
    pthread_mutex_unlock(&peer->bed->lock);
    rpc_server_call_fail(call, RPC_CANCELLED, "cancelled");
}

static void handle_filtered(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = on_seek,
                                                  .on_cancel = on_filtered_cancel};
    rpc_server_call_listen(call, &events, user);
    rpc_server_call_read(call);
}

void bed_commit(bed *b, const char *tx_id, int32_t code)
{
    pthread_mutex_lock(&b->lock);
    b->height++;
    for (size_t i = 0; i < b->peer_count; i++)
        for (size_t j = 0; j < b->peers[i].stream_count; j++)
            send_block(b, b->peers[i].streams[j], tx_id, code);
    pthread_mutex_unlock(&b->lock);
}

/* Full blocks: those of the recorded channel, then nothing more. */

enum { RECORDED_BLOCKS = 40 };

static void send_recorded(rpc_server_call *call, uint64_t number)
{
    char path[64];
    base_buffer message = {0};
    snprintf(path, sizeof(path), "golden-blocks/block_%u.pb", (unsigned)number);
    base_buffer block = fixture_read_at(HEDDLE_FIXTURES, path);
    pb_bytes(&message, 2, base_buffer_view(&block));
    (void)!rpc_server_call_send(call, base_buffer_view(&message), NULL, NULL, NULL);
    base_buffer_done(&block);
    base_buffer_done(&message);
}

static uint64_t wanted_start(heddle_view message)
{
    wire_envelope envelope;
    wire_seek seek;
    base_arena *arena = base_arena_new(0);
    ck_assert_int_eq(wire_envelope_read(message, &envelope, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_seek_read(envelope.data, arena, &seek, NULL), HEDDLE_OK);
    base_arena_free(arena);
    return seek.start.place == WIRE_SEEK_NUMBER ? seek.start.number : RECORDED_BLOCKS;
}

static void on_full_seek(rpc_server_call *call, rpc_bytes *message, void *user)
{
    bed_peer *peer = user;
    if (!message)
        return;
    pthread_mutex_lock(&peer->bed->lock);
    peer->full_streams++;
    uint64_t end = peer->dies_at ? peer->dies_at : RECORDED_BLOCKS;
    bool dies = peer->dies_at != 0;
    pthread_mutex_unlock(&peer->bed->lock);
    for (uint64_t i = wanted_start(rpc_bytes_view(message)); i < end; i++)
        send_recorded(call, i);
    if (dies)
        rpc_server_call_fail(call, RPC_UNAVAILABLE, "going away");
}

static void handle_full(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = on_full_seek,
                                                  .on_cancel = on_cancel};
    rpc_server_call_listen(call, &events, user);
    rpc_server_call_read(call);
}

/* Life of a peer. */

static rpc_server *serve(const rpc_method *methods, size_t count, uint16_t *port)
{
    rpc_server_options options = {.methods = methods, .method_count = count};
    rpc_server *server = NULL;
    rpc_server_creds *creds = NULL;
    heddle_error err;
    char address[32];
    if (!*port)
        *port = process_free_port(); /* kept over restarts */
    snprintf(address, sizeof(address), "127.0.0.1:%u", *port);
    ck_assert_int_eq(rpc_server_new(&options, &server, &err), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, &err), HEDDLE_OK);
    heddle_status status = rpc_server_listen(server, address, creds, port, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    rpc_server_creds_free(creds);
    ck_assert_int_eq(rpc_server_start(server, &err), HEDDLE_OK);
    return server;
}

void fake_peer_start(bed_peer *peer)
{
    const rpc_method methods[] = {
        {WIRE_DISCOVERY_DISCOVER, RPC_METHOD_UNARY, handle_discover, peer},
        {WIRE_ENDORSER_PROCESS_PROPOSAL, RPC_METHOD_UNARY, handle_proposal, peer},
        {WIRE_DELIVER_FILTERED, RPC_METHOD_STREAM, handle_filtered, peer},
        {WIRE_DELIVER_FULL, RPC_METHOD_STREAM, handle_full, peer},
    };
    rpc_server *server = serve(methods, BASE_COUNT(methods), &peer->port);
    pthread_mutex_lock(&peer->bed->lock);
    peer->server = server;
    snprintf(peer->endpoint, sizeof(peer->endpoint), "127.0.0.1:%u", peer->port);
    pthread_mutex_unlock(&peer->bed->lock);
}

void fake_peer_stop(bed_peer *peer)
{
    if (!peer->server)
        return;
    rpc_server_stop_blocking(peer->server, 0);
    rpc_server_free(peer->server);
    peer->server = NULL;
    base_buffer_done(&peer->proposal);
}

/* Orderers. */

static void on_envelope(rpc_server_call *call, rpc_bytes *message, void *user)
{
    bed_orderer *orderer = user;
    static const rpc_status end = {.code = RPC_OK};
    if (!message) {
        if (!rpc_server_call_is_cancelled(call))
            rpc_server_call_finish(call, &end);
        return;
    }
    base_buffer response = {0};
    pthread_mutex_lock(&orderer->bed->lock);
    orderer->envelopes++;
    base_buffer_clear(&orderer->envelope);
    ck_assert_int_eq(base_buffer_append(&orderer->envelope, rpc_bytes_view(message)), HEDDLE_OK);
    bool is_silent = orderer->is_silent;
    bool is_good = !orderer->status || orderer->envelopes <= orderer->refuses_after;
    pb_number(&response, 1, is_good ? 200 : (uint64_t)orderer->status);
    pb_text(&response, 2, is_good || !orderer->info ? "" : orderer->info);
    pthread_mutex_unlock(&orderer->bed->lock);
    if (!is_silent)
        (void)!rpc_server_call_send(call, base_buffer_view(&response), NULL, NULL, NULL);
    base_buffer_done(&response);
    if (is_good || is_silent)
        rpc_server_call_read(call);
    else
        rpc_server_call_finish(call, &end); /* as Fabric's does behind a refusal */
}

static void handle_broadcast(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = on_envelope,
                                                  .on_cancel = on_cancel};
    bed_orderer *orderer = user;
    pthread_mutex_lock(&orderer->bed->lock);
    orderer->streams++;
    pthread_mutex_unlock(&orderer->bed->lock);
    rpc_server_call_listen(call, &events, user);
    rpc_server_call_read(call);
}

void fake_orderer_start(bed_orderer *orderer)
{
    const rpc_method methods[] = {
        {WIRE_ORDERER_BROADCAST, RPC_METHOD_STREAM, handle_broadcast, orderer},
    };
    orderer->server = serve(methods, BASE_COUNT(methods), &orderer->port);
}

void fake_orderer_stop(bed_orderer *orderer)
{
    if (!orderer->server)
        return;
    rpc_server_stop_blocking(orderer->server, 0);
    rpc_server_free(orderer->server);
    orderer->server = NULL;
    base_buffer_done(&orderer->envelope);
}

/* Waiting. */

void bed_await_stream(bed *b)
{
    bed_outcome out;
    /* Any transaction makes the gateway follow the channel; the peer's first block is there
     * when the status of a made-up one that is committed then comes back. */
    bed_call_start(b, WIRE_GATEWAY_COMMIT_STATUS, bed_status_request(b, "mychannel", "warm", false),
                   20000, &out);
    for (int i = 0; i < 2000 && !rpc_latch_wait_ms(&out.latch, 10); i++) {
        pthread_mutex_lock(&b->lock);
        size_t streams = 0;
        for (size_t p = 0; p < b->peer_count; p++)
            streams += b->peers[p].stream_count;
        pthread_mutex_unlock(&b->lock);
        if (streams)
            bed_commit(b, "warm", 0);
    }
    bed_wait(&out);
    ck_assert_int_eq(out.code, RPC_OK);
    bed_outcome_done(&out);
}
