#include "fake_peer.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/view.h"
#include "ledger/queryresult/kv_query_result.pb-c.h"
#include "wire/services.h"

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    fake_peer *peer = user;
    pthread_mutex_lock(&peer->lock);
    ck_assert_uint_lt(peer->received, FAKE_PEER_INBOX);
    peer->inbox[peer->received++] = rpc_bytes_ref(message);
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
    rpc_stream_read(stream);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    fake_peer *peer = user;
    pthread_mutex_lock(&peer->lock);
    peer->ended = true;
    peer->end_code = status->code;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
}

void fake_peer_connect(fake_peer *peer, unsigned port)
{
    rpc_client_creds *creds = NULL;
    ck_assert_int_eq(rpc_init(1, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_client_creds_insecure(&creds, NULL), HEDDLE_OK);
    fake_peer_connect_as(peer, port, creds);
    rpc_client_creds_free(creds);
    rpc_shutdown();
}

void fake_peer_connect_as(fake_peer *peer, unsigned port, rpc_client_creds *creds)
{
    static const rpc_stream_events events = {.on_message = on_message, .on_end = on_end};
    char target[32];
    ck_assert_int_eq(rpc_init(1, NULL), HEDDLE_OK);
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    *peer = (fake_peer){.arena = base_arena_new(0), .state = base_map_new()};
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    rpc_channel_options options = {.target = target};
    rpc_stream_options stream = {.call = {.method = WIRE_CHAINCODE_CONNECT}};
    ck_assert_int_eq(rpc_channel_open(&options, creds, &peer->channel, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_stream_open(peer->channel, &stream, &events, peer, &peer->stream, NULL),
                     HEDDLE_OK);
    rpc_stream_read(peer->stream);
}

static void free_text(void *text)
{
    base_free(text);
}

void fake_peer_disconnect(fake_peer *peer)
{
    rpc_stream_cancel(peer->stream);
    while (fake_peer_take(peer))
        continue;
    rpc_stream_unref(peer->stream);
    rpc_channel_close(peer->channel);
    base_map_free(peer->state, free_text);
    base_arena_free(peer->arena);
    base_free(peer->page_from);
    rpc_shutdown();
}

Protos__ChaincodeMessage *fake_peer_take(fake_peer *peer)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    int e = 0;
    pthread_mutex_lock(&peer->lock);
    while (peer->taken == peer->received && !peer->ended && e != ETIMEDOUT)
        e = pthread_cond_timedwait(&peer->changed, &peer->lock, &until);
    rpc_bytes *bytes = peer->taken < peer->received ? peer->inbox[peer->taken++] : NULL;
    bool ended = peer->ended;
    pthread_mutex_unlock(&peer->lock);
    ck_assert_msg(bytes || ended, "the chaincode sent nothing within ten seconds");
    Protos__ChaincodeMessage *message = NULL;
    if (bytes)
        ck_assert_int_eq(wire_decode(protos__chaincode_message, rpc_bytes_view(bytes), peer->arena,
                                     &message, NULL),
                         HEDDLE_OK);
    rpc_bytes_unref(bytes);
    return message;
}

void fake_peer_send_raw(fake_peer *peer, heddle_view bytes)
{
    heddle_status st = rpc_stream_send(peer->stream, bytes, NULL, NULL, NULL);
    ck_assert(st == HEDDLE_OK || st == HEDDLE_E_BAD_STATE);
}

static void send_message(fake_peer *peer, const ProtobufCMessage *message)
{
    base_buffer buf = {0};
    ck_assert_int_eq(wire_encode(message, &buf, NULL), HEDDLE_OK);
    fake_peer_send_raw(peer, base_buffer_view(&buf));
    base_buffer_done(&buf);
}

void fake_peer_send(fake_peer *peer, Protos__ChaincodeMessage__Type type, const char *tx_id,
                    heddle_view payload)
{
    Protos__ChaincodeMessage m = PROTOS__CHAINCODE_MESSAGE__INIT;
    m.type = type;
    m.txid = wire_text(tx_id);
    m.channel_id = wire_text(tx_id[0] ? "mychannel" : "");
    m.payload = wire_bytes(payload);
    send_message(peer, &m.base);
}

void fake_peer_greet(fake_peer *peer, const char *chaincode_id)
{
    Protos__ChaincodeMessage *m = fake_peer_take(peer);
    Protos__ChaincodeID *id;
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(REGISTER));
    ck_assert_int_eq(
        wire_decode(protos__chaincode_id, wire_view(m->payload), peer->arena, &id, NULL),
        HEDDLE_OK);
    ck_assert_str_eq(id->name, chaincode_id);
    fake_peer_send(peer, FAKE_PEER_TYPE(REGISTERED), "", VIEW(""));
    fake_peer_send(peer, FAKE_PEER_TYPE(READY), "", VIEW(""));
}

void fake_peer_invoke(fake_peer *peer, Protos__ChaincodeMessage__Type type, const char *tx_id,
                      const char *const *args)
{
    ProtobufCBinaryData data[16];
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    base_buffer buf = {0};
    for (; args[input.n_args]; input.n_args++)
        data[input.n_args] = wire_bytes(heddle_view_str(args[input.n_args]));
    input.args = data;
    ck_assert_int_eq(wire_encode(&input.base, &buf, NULL), HEDDLE_OK);
    fake_peer_send(peer, type, tx_id, base_buffer_view(&buf));
    base_buffer_done(&buf);
}

bool fake_peer_is(ProtobufCBinaryData bytes, const char *text)
{
    return base_view_is(wire_view(bytes), text);
}

static void respond(fake_peer *peer, const Protos__ChaincodeMessage *to, heddle_view payload)
{
    fake_peer_send(peer, FAKE_PEER_TYPE(RESPONSE), to->txid, payload);
}

/* The smallest key that is at least @p from and less than @p end. */
static bool next_key(fake_peer *peer, heddle_view from, heddle_view end, heddle_view *out)
{
    size_t cursor = 0;
    heddle_view key;
    void *value;
    bool found = false;
    while (base_map_next(peer->state, &cursor, &key, &value)) {
        if (base_view_compare(key, from) < 0 || (end.len && base_view_compare(key, end) >= 0))
            continue;
        if (!found || base_view_compare(key, *out) < 0)
            *out = key;
        found = true;
    }
    return found;
}

static void add_result(fake_peer *peer, heddle_view key, Protos__QueryResponse *page)
{
    Queryresult__KV kv = QUERYRESULT__KV__INIT;
    heddle_view bytes;
    kv.key = wire_bytes(key);
    kv.value = wire_bytes(heddle_view_str(base_map_get(peer->state, key)));
    ck_assert_int_eq(wire_encode_arena(&kv.base, peer->arena, &bytes, NULL), HEDDLE_OK);
    Protos__QueryResultBytes *result = wire_new(protos__query_result_bytes, peer->arena);
    result->resultbytes = wire_bytes(bytes);
    page->results[page->n_results++] = result;
}

/* One page; the rest follows on QUERY_STATE_NEXT for "more:<end>". */
static void send_page(fake_peer *peer, const Protos__ChaincodeMessage *to, heddle_view from,
                      heddle_view end)
{
    Protos__QueryResponse page = PROTOS__QUERY_RESPONSE__INIT;
    Protos__QueryResultBytes *results[FAKE_PEER_PAGE];
    heddle_view key, bytes;
    page.results = results;
    page.id = base_arena_printf(peer->arena, "more:%.*s", BASE_VIEW_ARG(end));
    while (page.n_results < FAKE_PEER_PAGE && next_key(peer, from, end, &key)) {
        add_result(peer, key, &page);
        uint8_t *after = base_arena_zalloc(peer->arena, key.len + 1, 1);
        memcpy(after, key.data, key.len);
        from = heddle_view_of(after, key.len + 1);
    }
    page.has_more = next_key(peer, from, end, &key);
    base_free(peer->page_from);
    peer->page_from = page.has_more ? base_strdup_view(key) : NULL;
    ck_assert_int_eq(wire_encode_arena(&page.base, peer->arena, &bytes, NULL), HEDDLE_OK);
    respond(peer, to, bytes);
}

static void serve_get(fake_peer *peer, const Protos__ChaincodeMessage *m)
{
    Protos__GetState *get;
    ck_assert_int_eq(wire_decode(protos__get_state, wire_view(m->payload), peer->arena, &get, NULL),
                     HEDDLE_OK);
    respond(peer, m, heddle_view_str(base_map_get(peer->state, wire_view(get->key))));
}

static void serve_put(fake_peer *peer, const Protos__ChaincodeMessage *m)
{
    Protos__PutState *put;
    void *old = NULL;
    ck_assert_int_eq(wire_decode(protos__put_state, wire_view(m->payload), peer->arena, &put, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(base_map_put(peer->state, wire_view(put->key),
                                  base_strdup_view(wire_view(put->value)), &old),
                     HEDDLE_OK);
    base_free(old);
    respond(peer, m, VIEW(""));
}

static void serve_del(fake_peer *peer, const Protos__ChaincodeMessage *m)
{
    Protos__DelState *del;
    ck_assert_int_eq(wire_decode(protos__del_state, wire_view(m->payload), peer->arena, &del, NULL),
                     HEDDLE_OK);
    base_free(base_map_remove(peer->state, wire_view(del->key)));
    respond(peer, m, VIEW(""));
}

static void serve_range(fake_peer *peer, const Protos__ChaincodeMessage *m)
{
    Protos__GetStateByRange *range;
    ck_assert_int_eq(
        wire_decode(protos__get_state_by_range, wire_view(m->payload), peer->arena, &range, NULL),
        HEDDLE_OK);
    send_page(peer, m, wire_view(range->startkey), wire_view(range->endkey));
}

static void serve_next(fake_peer *peer, const Protos__ChaincodeMessage *m)
{
    Protos__QueryStateNext *next;
    ck_assert_int_eq(
        wire_decode(protos__query_state_next, wire_view(m->payload), peer->arena, &next, NULL),
        HEDDLE_OK);
    ck_assert(base_view_starts(heddle_view_str(next->id), VIEW("more:")));
    char *from = base_steal(&peer->page_from);
    ck_assert_ptr_nonnull(from);
    send_page(peer, m, heddle_view_str(from), heddle_view_str(next->id + 5));
    base_free(from);
}

Protos__ChaincodeMessage *fake_peer_serve(fake_peer *peer)
{
    for (;;) {
        Protos__ChaincodeMessage *m = fake_peer_take(peer);
        if (!m)
            return NULL;
        switch ((int)m->type) {
        case FAKE_PEER_TYPE(GET_STATE):
            serve_get(peer, m);
            break;
        case FAKE_PEER_TYPE(PUT_STATE):
            serve_put(peer, m);
            break;
        case FAKE_PEER_TYPE(DEL_STATE):
            serve_del(peer, m);
            break;
        case FAKE_PEER_TYPE(GET_STATE_BY_RANGE):
            serve_range(peer, m);
            break;
        case FAKE_PEER_TYPE(QUERY_STATE_NEXT):
            serve_next(peer, m);
            break;
        case FAKE_PEER_TYPE(QUERY_STATE_CLOSE):
            base_free(base_steal(&peer->page_from));
            respond(peer, m, VIEW(""));
            break;
        default:
            return m;
        }
    }
}

Protos__Response *fake_peer_call(fake_peer *peer, const char *tx_id, const char *const *args)
{
    Protos__Response *response = NULL;
    fake_peer_invoke(peer, FAKE_PEER_TYPE(TRANSACTION), tx_id, args);
    Protos__ChaincodeMessage *m = fake_peer_serve(peer);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(COMPLETED));
    ck_assert_str_eq(m->txid, tx_id);
    ck_assert_str_eq(m->channel_id, "mychannel");
    ck_assert_int_eq(
        wire_decode(protos__response, wire_view(m->payload), peer->arena, &response, NULL),
        HEDDLE_OK);
    return response;
}
