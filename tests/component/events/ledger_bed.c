#include "ledger_bed.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/view.h"
#include "support/chain.h"
#include "wire/delivery.h"
#include "wire/envelope.h"
#include "wire/gateway.h"
#include "wire/seek.h"
#include "wire/services.h"

enum { LIMIT_S = 20, QUEUE_LIMIT = 1 << 30 };

#define MSP                                                                                        \
    HEDDLE_FIXTURES                                                                                \
    "/crypto-config/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp"

struct ledger_stream {
    ledger_node *node;
    rpc_server_call *call;
    int kind;
    uint64_t next;
    uint64_t stop;
    size_t sent;
    bool has_cut;
    ledger_cut cut;
    bool is_over;
};

/* The chain. */

void ledger_event_name(uint64_t number, size_t index, char out[65])
{
    snprintf(out, 65, "tx-%" PRIu64 "-%zu", number, index);
}

static wire_event event_of(const char *chaincode, const char *name)
{
    return (wire_event){.chaincode = heddle_view_str(chaincode),
                        .tx_id = heddle_view_str(name),
                        .name = heddle_view_str(name),
                        .payload = heddle_view_str(name)};
}

static void write_message(const wire_shape *shape, const void *message, base_buffer *out)
{
    ck_assert_int_eq(wire_shape_write(shape, message, out), HEDDLE_OK);
}

static void make_private(uint64_t number, const base_buffer *block, base_buffer *out)
{
    wire_write write = {.key = VIEW("key"), .value = VIEW("secret")};
    wire_private_collection collection = {.name = VIEW("c"),
                                          .kv = {.writes = &write, .write_count = 1}};
    wire_private_ns ns = {.name = VIEW("kv"), .collections = &collection, .collection_count = 1};
    wire_private_rwset rwset = {.namespaces = &ns, .namespace_count = 1};
    base_auto_buffer base_buffer bytes = {0}, inner = {0};
    ck_assert_int_eq(wire_private_rwset_write(&rwset, &bytes), HEDDLE_OK);
    wire_private_entry entries[] = {{.tx = 1, .rwset = base_buffer_view(&bytes)},
                                    {.rwset = base_buffer_view(&bytes)}};
    wire_private_delivery delivery = {
        .block = base_buffer_view(block), .entries = entries, .entry_count = number % 3};
    write_message(&wire_private_delivery_shape, &delivery, &inner);
    wire_delivery response = {.with_private = base_buffer_view(&inner)};
    write_message(&wire_delivery_shape, &response, out);
}

/* A block, and what of it each method sends. */
static void make_block(ledger_bed *bed, chain_maker *chain, int fork)
{
    enum { MOST = 3 };
    uint64_t number = chain->next;
    size_t count = number % (MOST + 1);
    char names[MOST][65], foreign[65], bad[65];
    wire_event events[MOST];
    wire_outline_action actions[MOST];
    wire_outline_tx txs[MOST + 2] = {0};
    base_auto_buffer base_buffer block = {0}, inner = {0};
    snprintf(foreign, sizeof(foreign), "foreign-%" PRIu64 "-%d", number, fork);
    snprintf(bad, sizeof(bad), "bad-%" PRIu64, number);
    wire_event other = event_of("other", foreign), invalid = event_of("kv", bad);
    chain_add_event(chain, WIRE_CODE_VALID, &other);
    txs[0] = (wire_outline_tx){.tx_id = other.tx_id, .type = WIRE_TX_ENDORSER};
    for (size_t i = 0; i < count; i++) {
        ledger_event_name(number, i, names[i]);
        events[i] = event_of("kv", names[i]);
        actions[i] = (wire_outline_action){.event = events[i]};
        chain_add_event(chain, WIRE_CODE_VALID, &events[i]);
        txs[i + 1] = (wire_outline_tx){.tx_id = events[i].tx_id,
                                       .type = WIRE_TX_ENDORSER,
                                       .actions = {.actions = &actions[i], .count = 1}};
    }
    chain_add_event(chain, WIRE_CODE_MVCC_READ_CONFLICT, &invalid);
    txs[count + 1] = (wire_outline_tx){
        .tx_id = invalid.tx_id, .type = WIRE_TX_ENDORSER, .code = WIRE_CODE_MVCC_READ_CONFLICT};
    chain_cut(chain, &block);
    wire_delivery full = {.block = base_buffer_view(&block)};
    write_message(&wire_delivery_shape, &full, &bed->messages[fork][HEDDLE_BLOCKS_FULL][number]);
    wire_outline outline = {
        .channel = VIEW("mychannel"), .number = number, .txs = txs, .tx_count = count + 2};
    write_message(&wire_outline_shape, &outline, &inner);
    wire_delivery filtered = {.filtered = base_buffer_view(&inner)};
    write_message(&wire_delivery_shape, &filtered,
                  &bed->messages[fork][HEDDLE_BLOCKS_FILTERED][number]);
    make_private(number, &block, &bed->messages[fork][HEDDLE_BLOCKS_PRIVATE][number]);
    wire_events_response response = {.events = events, .count = count, .block = number};
    if (count)
        write_message(&wire_events_response_shape, &response,
                      &bed->messages[fork][LEDGER_EVENTS][number]);
    if (fork == 0)
        ck_assert_int_eq(base_buffer_append(&bed->blocks[number], base_buffer_view(&block)), 0);
}

static void make_chain(ledger_bed *bed, int fork)
{
    chain_maker chain;
    chain_init(&chain, "mychannel");
    for (int i = 0; i < LEDGER_BLOCKS; i++)
        make_block(bed, &chain, fork);
    chain_done(&chain);
}

/* Streams. Everything below runs under the bed's lock, on whatever thread. */

static void send_status(ledger_stream *stream, int status)
{
    wire_delivery response = {.status = status};
    base_auto_buffer base_buffer bytes = {0};
    write_message(&wire_delivery_shape, &response, &bytes);
    ck_assert_int_eq(rpc_server_call_send(stream->call, base_buffer_view(&bytes), NULL, NULL, NULL),
                     HEDDLE_OK);
}

static void finish(ledger_stream *stream, int status, int code)
{
    if (stream->is_over)
        return;
    stream->is_over = true;
    if (stream->node->waiting == stream)
        stream->node->waiting = NULL;
    if (status && !rpc_server_call_is_cancelled(stream->call))
        send_status(stream, status);
    rpc_server_call_fail(stream->call, code, "cut");
    pthread_cond_broadcast(&stream->node->bed->changed);
}

static void send_block(ledger_stream *stream, uint64_t number)
{
    const ledger_node *node = stream->node;
    uint64_t wanted = number + node->shift;
    if (wanted >= LEDGER_BLOCKS)
        wanted = number;
    const base_buffer *message = &node->bed->messages[node->is_forked][stream->kind][wanted];
    if (message->len && !rpc_server_call_is_cancelled(stream->call))
        (void)!rpc_server_call_send(stream->call, base_buffer_view(message), NULL, NULL, NULL);
    stream->sent += message->len > 0;
}

static void send_more(ledger_stream *stream)
{
    ledger_node *node = stream->node;
    for (; !stream->is_over; stream->next++) {
        if (stream->has_cut && stream->sent == stream->cut.after) {
            finish(stream, stream->cut.status, stream->cut.code);
            return;
        }
        if (stream->next > stream->stop) {
            finish(stream, WIRE_DELIVER_SUCCESS, RPC_OK);
            return;
        }
        if (stream->next >= node->height)
            break;
        send_block(stream, stream->next);
    }
    if (!stream->is_over)
        node->waiting = stream;
    pthread_cond_broadcast(&node->bed->changed);
}

static uint64_t place(const ledger_node *node, wire_seek_position position)
{
    switch (position.place) {
    case WIRE_SEEK_NUMBER:
        return position.number;
    case WIRE_SEEK_NEWEST:
        return node->height - 1;
    case WIRE_SEEK_OLDEST:
        return 0;
    default:
        return node->height;
    }
}

static bool is_probe(const ledger_stream *stream, const wire_seek *seek)
{
    return stream->kind == HEDDLE_BLOCKS_FILTERED && seek->start.place == WIRE_SEEK_NEWEST &&
           seek->stop.place == WIRE_SEEK_NEWEST;
}

static void answer_probe(ledger_stream *stream)
{
    ledger_node *node = stream->node;
    node->probes++;
    if (node->refuses_probe) {
        finish(stream, WIRE_DELIVER_FORBIDDEN, RPC_OK);
        return;
    }
    send_block(stream, node->height - 1);
    finish(stream, WIRE_DELIVER_SUCCESS, RPC_OK);
}

static void take_cut(ledger_stream *stream)
{
    ledger_node *node = stream->node;
    if (!node->cut_count)
        return;
    stream->has_cut = true;
    stream->cut = node->cuts[0];
    node->cuts_made++;
    if (node->cut_count > 1 || !node->cuts_for_ever) {
        node->cuts++;
        node->cut_count--;
    }
}

static void begin(ledger_stream *stream, wire_seek_position start, wire_seek_position stop)
{
    ledger_node *node = stream->node;
    node->streams++;
    if (start.place == WIRE_SEEK_NUMBER)
        node->last_start = start.number;
    take_cut(stream);
    stream->next = place(node, start);
    stream->stop = stop.place == WIRE_SEEK_NONE ? UINT64_MAX : place(node, stop);
    /* As a peer does: it has no iterator that would wait for more than the next block. */
    if (stream->kind != LEDGER_EVENTS && stream->next > node->height)
        finish(stream, WIRE_DELIVER_NOT_FOUND, RPC_OK);
    else
        send_more(stream);
}

static void read_deliver(ledger_stream *stream, heddle_view payload)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_header header;
    heddle_view data;
    wire_seek seek;
    ck_assert_int_eq(wire_payload_read(payload, &header, &data, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_seek_read(data, arena, &seek, NULL), HEDDLE_OK);
    ck_assert(base_view_is(header.channel, "mychannel"));
    if (is_probe(stream, &seek))
        answer_probe(stream);
    else
        begin(stream, seek.start, seek.stop);
}

static void read_events(ledger_stream *stream, heddle_view message)
{
    wire_events_request request = {0};
    wire_seek_position start = {.place = WIRE_SEEK_NEXT_COMMIT}, never = {0};
    ck_assert_int_eq(wire_shape_read(&wire_events_request_shape, message, NULL, &request, NULL), 0);
    ck_assert(base_view_is(request.chaincode, "kv"));
    ck_assert(!request.start.has_newest && !request.start.has_oldest);
    if (request.start.has_number)
        start = (wire_seek_position){WIRE_SEEK_NUMBER, request.start.number};
    if (stream->node->has_no_events)
        finish(stream, 0, RPC_UNIMPLEMENTED);
    else
        begin(stream, start, never);
}

static void on_request(rpc_server_call *call, rpc_bytes *message, void *user)
{
    (void)call;
    ledger_stream *stream = user;
    wire_signed_message content = {0};
    if (!message)
        return;
    heddle_view bytes = rpc_bytes_view(message);
    ledger_bed *bed = stream->node->bed;
    pthread_mutex_lock(&bed->lock);
    ck_assert_int_eq(wire_shape_read(&wire_signed_message_shape, bytes, NULL, &content, NULL), 0);
    ck_assert_uint_gt(content.signature.len, 0);
    base_buffer_clear(&stream->node->asked);
    ck_assert_int_eq(base_buffer_append(&stream->node->asked, bytes), HEDDLE_OK);
    if (stream->kind == LEDGER_EVENTS)
        read_events(stream, content.bytes);
    else
        read_deliver(stream, content.bytes);
    pthread_mutex_unlock(&bed->lock);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)call;
    ledger_stream *stream = user;
    ledger_bed *bed = stream->node->bed;
    pthread_mutex_lock(&bed->lock);
    finish(stream, 0, RPC_CANCELLED);
    pthread_mutex_unlock(&bed->lock);
}

/* Not before whoever finished the call has let go of it. */
static void on_done(rpc_server_call *call, void *user)
{
    (void)call;
    ledger_stream *stream = user;
    pthread_mutex_t *lock = &stream->node->bed->lock;
    pthread_mutex_lock(lock);
    base_free(stream);
    pthread_mutex_unlock(lock);
}

static void serve(rpc_server_call *call, ledger_node *node, int kind)
{
    static const rpc_server_call_events handlers = {
        .on_message = on_request, .on_cancel = on_cancel, .on_done = on_done};
    ledger_stream *stream = base_calloc(1, sizeof(*stream));
    *stream = (ledger_stream){.node = node, .call = call, .kind = kind};
    rpc_server_call_listen(call, &handlers, stream);
    rpc_server_call_read(call);
}

static void serve_full(rpc_server_call *call, void *user)
{
    serve(call, user, HEDDLE_BLOCKS_FULL);
}

static void serve_filtered(rpc_server_call *call, void *user)
{
    serve(call, user, HEDDLE_BLOCKS_FILTERED);
}

static void serve_private(rpc_server_call *call, void *user)
{
    serve(call, user, HEDDLE_BLOCKS_PRIVATE);
}

static void serve_events(rpc_server_call *call, void *user)
{
    serve(call, user, LEDGER_EVENTS);
}

static void node_start(ledger_bed *bed, ledger_node *node)
{
    const rpc_method methods[] = {
        {WIRE_DELIVER_FULL, RPC_METHOD_STREAM, serve_full, node},
        {WIRE_DELIVER_FILTERED, RPC_METHOD_STREAM, serve_filtered, node},
        {WIRE_DELIVER_PRIVATE, RPC_METHOD_STREAM, serve_private, node},
        {WIRE_GATEWAY_CHAINCODE_EVENTS, RPC_METHOD_STREAM, serve_events, node},
    };
    rpc_server_options options = {
        .methods = methods, .method_count = BASE_COUNT(methods), .queue_limit = QUEUE_LIMIT};
    base_auto(rpc_server_creds) rpc_server_creds *creds = NULL;
    uint16_t port = 0;
    *node = (ledger_node){.bed = bed, .height = LEDGER_BLOCKS};
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&options, &node->server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(node->server, "127.0.0.1:0", creds, &port, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(node->server, NULL), HEDDLE_OK);
    snprintf(node->target, sizeof(node->target), "127.0.0.1:%u", port);
}

static void connect_all(ledger_bed *bed)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    const char *targets[LEDGER_NODES];
    heddle_error err = {0};
    for (size_t i = 0; i < bed->node_count; i++)
        targets[i] = bed->nodes[i].target;
    options.targets = targets;
    options.target_count = bed->node_count;
    options.plaintext = true;
    options.backoff_ms = 1;
    options.backoff_max_ms = 2;
    ck_assert_msg(heddle_gateway_open(&options, &bed->gateway, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert_msg(heddle_identity_from_msp("Org1MSP", MSP, &bed->user, &err) == HEDDLE_OK, "%s",
                  err.message);
}

ledger_bed *ledger_start(size_t nodes)
{
    ledger_bed *bed = base_calloc(1, sizeof(*bed));
    ck_assert_int_eq(rpc_init(2, NULL), HEDDLE_OK);
    pthread_mutex_init(&bed->lock, NULL);
    pthread_cond_init(&bed->changed, NULL);
    make_chain(bed, 0);
    make_chain(bed, 1);
    bed->node_count = nodes;
    for (size_t i = 0; i < nodes; i++)
        node_start(bed, &bed->nodes[i]);
    connect_all(bed);
    return bed;
}

void ledger_stop(ledger_bed *bed)
{
    heddle_gateway_close(bed->gateway);
    heddle_identity_unref(bed->user);
    for (size_t i = 0; i < bed->node_count; i++) {
        if (bed->nodes[i].server)
            rpc_server_stop_blocking(bed->nodes[i].server, 0);
        rpc_server_free(bed->nodes[i].server);
        base_buffer_done(&bed->nodes[i].asked);
    }
    for (int i = 0; i < LEDGER_BLOCKS; i++) {
        base_buffer_done(&bed->blocks[i]);
        for (int kind = 0; kind < LEDGER_KINDS; kind++)
            for (int fork = 0; fork < 2; fork++)
                base_buffer_done(&bed->messages[fork][kind][i]);
    }
    pthread_cond_destroy(&bed->changed);
    pthread_mutex_destroy(&bed->lock);
    base_free(bed);
    rpc_shutdown();
}

void ledger_cuts(ledger_node *node, const ledger_cut *cuts, size_t count, bool for_ever)
{
    pthread_mutex_lock(&node->bed->lock);
    node->cuts = cuts;
    node->cut_count = count;
    node->cuts_for_ever = for_ever;
    node->cuts_made = 0;
    pthread_mutex_unlock(&node->bed->lock);
}

void ledger_grow(ledger_node *node, size_t height)
{
    pthread_mutex_lock(&node->bed->lock);
    node->height = height;
    if (node->waiting)
        send_more(node->waiting);
    pthread_mutex_unlock(&node->bed->lock);
}

static bool wait_for_change(ledger_bed *bed)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LIMIT_S;
    return pthread_cond_timedwait(&bed->changed, &bed->lock, &until) == 0;
}

void ledger_await_streams(ledger_node *node, size_t count)
{
    pthread_mutex_lock(&node->bed->lock);
    while (node->streams < count)
        ck_assert(wait_for_change(node->bed));
    pthread_mutex_unlock(&node->bed->lock);
}

void ledger_await_tip(ledger_node *node)
{
    pthread_mutex_lock(&node->bed->lock);
    while (!node->waiting)
        ck_assert(wait_for_change(node->bed));
    pthread_mutex_unlock(&node->bed->lock);
}
