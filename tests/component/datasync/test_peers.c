/* The source of blocks against peers that cut streams, refuse, and stay away. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "datasync/deliver.h"
#include "datasync/source.h"
#include "rpc/server.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/envelope.h"
#include "wire/services.h"

enum { GOLDEN_BLOCKS = 40, QUIET = -1, HANG_UP = 0, FOREVER = 1 << 20 };

/* A peer by script: so many blocks a stream, then a status, an end, or silence. */
typedef struct fake_peer {
    rpc_server *server;
    char address[64];
    atomic_int blocks_per_stream;
    int then; /* a status of Deliver, HANG_UP or QUIET */
    atomic_int streams;
    atomic_int sent;
    wire_seek last_seek;
    int32_t last_type;
} fake_peer;

static void put_varint(base_buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        ck_assert_int_eq(base_buffer_append_byte(out, (uint8_t)(value | 0x80)), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_byte(out, (uint8_t)value), HEDDLE_OK);
}

static void send_block(rpc_server_call *call, int number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", number);
    base_auto_buffer base_buffer block = fixture_read(path);
    base_auto_buffer base_buffer message = {0};
    put_varint(&message, 2 << 3 | WIRE_TYPE_BYTES);
    put_varint(&message, block.len);
    ck_assert_int_eq(base_buffer_append(&message, base_buffer_view(&block)), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_call_send(call, base_buffer_view(&message), NULL, NULL, NULL),
                     HEDDLE_OK);
}

static void send_status(rpc_server_call *call, int status)
{
    base_auto_buffer base_buffer message = {0};
    put_varint(&message, 1 << 3);
    put_varint(&message, (uint64_t)status);
    ck_assert_int_eq(rpc_server_call_send(call, base_buffer_view(&message), NULL, NULL, NULL),
                     HEDDLE_OK);
}

static void read_request(fake_peer *peer, rpc_bytes *message)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_envelope envelope;
    ck_assert_int_eq(wire_envelope_read(rpc_bytes_view(message), &envelope, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_seek_read(envelope.data, arena, &peer->last_seek, NULL), HEDDLE_OK);
    ck_assert(base_view_is(envelope.header.channel, "mychannel"));
    peer->last_type = envelope.header.type;
}

static void on_request(rpc_server_call *call, rpc_bytes *message, void *user)
{
    fake_peer *peer = user;
    if (!message)
        return;
    read_request(peer, message);
    int first = (int)peer->last_seek.start.number, then = peer->then;
    for (int n = first; n < GOLDEN_BLOCKS && n < first + peer->blocks_per_stream; n++) {
        send_block(call, n);
        atomic_fetch_add(&peer->sent, 1);
    }
    atomic_fetch_add(&peer->streams, 1);
    if (then > 0)
        send_status(call, then);
    if (then == HANG_UP)
        rpc_server_call_fail(call, RPC_UNAVAILABLE, "the peer goes away");
    else
        rpc_server_call_read(call);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    const fake_peer *peer = user;
    if (peer->then != HANG_UP)
        rpc_server_call_fail(call, RPC_CANCELLED, "cancelled");
}

static void handle(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = on_request, .on_cancel = on_cancel};
    rpc_server_call_listen(call, &events, user);
    rpc_server_call_read(call);
}

static void peer_open(fake_peer *peer, int blocks_per_stream, int then)
{
    *peer = (fake_peer){.blocks_per_stream = blocks_per_stream, .then = then};
    const rpc_method method = {
        .path = WIRE_DELIVER_FULL, .kind = RPC_METHOD_STREAM, .handler = handle, .user = peer};
    const rpc_server_options options = {
        .methods = &method, .method_count = 1, .queue_limit = 64 << 20};
    base_auto(rpc_server_creds) rpc_server_creds *creds = NULL;
    uint16_t port;
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&options, &peer->server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(peer->server, "127.0.0.1:0", creds, &port, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(peer->server, NULL), HEDDLE_OK);
    snprintf(peer->address, sizeof(peer->address), "127.0.0.1:%u", port);
}

static void peer_close(fake_peer *peer)
{
    rpc_server_stop_blocking(peer->server, 0);
    rpc_server_free(peer->server);
}

/* What every test has. */
static sync_peer_conf peer_confs[2];
static sync_conf conf;
static sync_queue *queue;
static sync_source *source;
static sync_expiry expiry;

static void setup(void)
{
    ck_assert_int_eq(rpc_init(2, NULL), HEDDLE_OK);
    conf = (sync_conf){
        .channel = "mychannel",
        .blocks = "",
        .peer = {.address = ""},
        .peers = {.items = peer_confs},
        .identity = {.msp_id = "Org1MSP",
                     .msp_dir = HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com/"
                                                "users/User1@org1.example.com/msp",
                     .certificate = "",
                     .key = ""},
        .tls_certificate = "",
        .tls_key = "",
        .backoff_max_ms = 100,
    };
    queue = sync_queue_new(64 << 20);
}

static void teardown(void)
{
    sync_source_stop(source);
    sync_queue_free(queue);
    rpc_shutdown();
}

static void add_peer(const char *address)
{
    peer_confs[conf.peers.count++] =
        (sync_peer_conf){.address = address, .tls_roots = "", .name = ""};
}

static void start_source(uint64_t first)
{
    heddle_error err = {0};
    ck_assert_msg(sync_peers_start(&conf, first, queue, &expiry, &source, &err) == HEDDLE_OK, "%s",
                  err.message);
}

static void expect_block(uint64_t number)
{
    heddle_error end = {0};
    wire_block block;
    base_arena *arena = base_arena_new(0);
    sync_item *item = sync_queue_pop(queue, true, &end);
    ck_assert_msg(item != NULL, "%s", end.message);
    ck_assert_int_eq(wire_block_read(item->bytes, arena, &block, NULL), HEDDLE_OK);
    ck_assert_uint_eq(block.number, number);
    base_arena_free(arena);
    sync_item_free(item);
}

static void expect_end(heddle_status status)
{
    heddle_error end = {0};
    ck_assert_ptr_null(sync_queue_pop(queue, true, &end));
    ck_assert_msg(end.status == status, "%s: %s", heddle_status_name(end.status), end.message);
}

START_TEST(blocks_come_in_order_though_every_stream_is_cut)
{
    fake_peer peer;
    peer_open(&peer, 7, HANG_UP);
    add_peer(peer.address);
    start_source(0);
    for (uint64_t n = 0; n < GOLDEN_BLOCKS; n++)
        expect_block(n);
    ck_assert_int_ge(atomic_load(&peer.streams), 6);
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

START_TEST(next_peer_takes_over_where_the_first_stopped)
{
    char nobody[32];
    fake_peer peer;
    snprintf(nobody, sizeof(nobody), "127.0.0.1:%u", process_free_port());
    peer_open(&peer, FOREVER, QUIET);
    add_peer(nobody);
    add_peer(peer.address);
    start_source(5);
    for (uint64_t n = 5; n < GOLDEN_BLOCKS; n++)
        expect_block(n);
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

START_TEST(once_ends_at_the_tip)
{
    fake_peer peer;
    peer_open(&peer, FOREVER, SYNC_DELIVER_NOT_FOUND);
    conf.once = true;
    add_peer(peer.address);
    start_source(38);
    expect_block(38);
    expect_block(39);
    expect_end(HEDDLE_OK);
    ck_assert(peer.last_seek.fail_if_not_ready);
    ck_assert_int_eq(peer.last_type, 5);
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

START_TEST(refusal_of_every_peer_ends_it)
{
    static const struct {
        int status;
        heddle_status end;
    } cases[] = {{SYNC_DELIVER_FORBIDDEN, HEDDLE_E_DENIED},
                 {SYNC_DELIVER_BAD_REQUEST, HEDDLE_E_REFUSED},
                 {SYNC_DELIVER_NOT_FOUND, HEDDLE_E_NOT_FOUND}};
    fake_peer one, two;
    peer_open(&one, 0, cases[_i].status);
    peer_open(&two, 0, cases[_i].status);
    add_peer(one.address);
    add_peer(two.address);
    start_source(0);
    expect_end(cases[_i].end);
    ck_assert_int_eq(atomic_load(&one.streams) + atomic_load(&two.streams), 2);
    sync_source_stop(base_steal(&source));
    peer_close(&one);
    peer_close(&two);
}
END_TEST

static bool both_were_asked_twice(void *user)
{
    fake_peer *peers = user;
    return atomic_load(&peers[0].streams) > 2 && atomic_load(&peers[1].streams) > 2;
}

START_TEST(peers_that_are_behind_are_waited_for)
{
    fake_peer peers[2];
    peer_open(&peers[0], 0, SYNC_DELIVER_NOT_FOUND);
    peer_open(&peers[1], 0, SYNC_DELIVER_NOT_FOUND);
    add_peer(peers[0].address);
    add_peer(peers[1].address);
    start_source(30);
    ck_assert(process_until(both_were_asked_twice, peers, 10000));
    atomic_store(&peers[1].blocks_per_stream, 1);
    expect_block(30);
    sync_source_stop(base_steal(&source));
    peer_close(&peers[0]);
    peer_close(&peers[1]);
}
END_TEST

START_TEST(once_gives_up_when_nobody_is_there)
{
    char nobody[32];
    snprintf(nobody, sizeof(nobody), "127.0.0.1:%u", process_free_port());
    conf.once = true;
    add_peer(nobody);
    start_source(0);
    expect_end(HEDDLE_E_UNAVAILABLE);
}
END_TEST

START_TEST(silent_stream_is_opened_anew)
{
    fake_peer peer;
    peer_open(&peer, 1, QUIET);
    conf.idle_timeout_ms = 50;
    add_peer(peer.address);
    start_source(0);
    for (uint64_t n = 0; n < 4; n++)
        expect_block(n);
    ck_assert_int_ge(atomic_load(&peer.streams), 4);
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

static bool queue_holds_a_block(void *user)
{
    (void)user;
    return sync_queue_bytes(queue) > 0;
}

START_TEST(full_queue_holds_the_stream_and_room_lets_it_go_on)
{
    fake_peer peer;
    peer_open(&peer, FOREVER, QUIET);
    sync_queue_free(queue);
    queue = sync_queue_new(1);
    add_peer(peer.address);
    start_source(0);
    for (uint64_t n = 0; n < GOLDEN_BLOCKS; n++) {
        ck_assert(process_until(queue_holds_a_block, NULL, 10000));
        size_t bytes = sync_queue_bytes(queue);
        expect_block(n);
        ck_assert_uint_lt(bytes, 64 << 10);
    }
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

static bool block_and_stream_are_there(void *user)
{
    fake_peer *peer = user;
    return sync_queue_bytes(queue) > 0 && atomic_load(&peer->streams) > 0;
}

static bool time_is_over(void *user)
{
    return base_now_ms() > *(uint64_t *)user;
}

START_TEST(stream_held_for_want_of_room_is_not_idle)
{
    fake_peer peer;
    peer_open(&peer, FOREVER, QUIET);
    sync_queue_free(queue);
    queue = sync_queue_new(1);
    conf.idle_timeout_ms = 200;
    add_peer(peer.address);
    start_source(0);
    ck_assert(process_until(block_and_stream_are_there, &peer, 10000));
    int streams = atomic_load(&peer.streams);
    size_t bytes = sync_queue_bytes(queue);
    uint64_t until = base_now_ms() + 3 * conf.idle_timeout_ms;
    ck_assert(process_until(time_is_over, &until, 10000));
    ck_assert_int_eq(atomic_load(&peer.streams), streams);
    ck_assert_uint_eq(sync_queue_bytes(queue), bytes);
    for (uint64_t n = 0; n < GOLDEN_BLOCKS; n++)
        expect_block(n);
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

START_TEST(new_credentials_leave_no_gap_and_bring_nothing_twice)
{
    fake_peer peer;
    heddle_error err = {0};
    int64_t not_after_s = 0;
    peer_open(&peer, 10, QUIET);
    add_peer(peer.address);
    start_source(0);
    ck_assert_int_gt(expiry.identity_s, 0);
    for (uint64_t n = 0; n < GOLDEN_BLOCKS; n++) {
        expect_block(n);
        if (n % 10 == 9) /* the stream at hand says nothing more */
            ck_assert_msg(sync_source_reload(source, (sync_credential)(n / 10 % 3), &not_after_s,
                                             &err) == HEDDLE_OK,
                          "%s", err.message);
    }
    ck_assert_int_le(atomic_load(&peer.streams), 1 + GOLDEN_BLOCKS / 10);
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

static bool was_asked(void *user)
{
    const fake_peer *peer = user;
    return atomic_load(&peer->streams) > 0;
}

START_TEST(refusals_of_credentials_before_do_not_count)
{
    fake_peer one, two;
    heddle_error err = {0};
    int64_t not_after_s;
    peer_open(&one, 0, SYNC_DELIVER_FORBIDDEN);
    peer_open(&two, 0, QUIET);
    add_peer(one.address);
    add_peer(two.address);
    start_source(0);
    ck_assert(process_until(was_asked, &two, 10000));
    two.then = SYNC_DELIVER_FORBIDDEN;
    one.then = QUIET;
    one.blocks_per_stream = FOREVER;
    ck_assert_int_eq(sync_source_reload(source, SYNC_CREDENTIAL_IDENTITY, &not_after_s, &err),
                     HEDDLE_OK);
    expect_block(0);
    sync_source_stop(base_steal(&source));
    peer_close(&one);
    peer_close(&two);
}
END_TEST

START_TEST(credentials_that_are_bad_leave_the_stream_alone)
{
    fake_peer peer;
    heddle_error err = {0};
    int64_t not_after_s = 7;
    peer_open(&peer, 5, QUIET);
    add_peer(peer.address);
    start_source(0);
    expect_block(0);
    conf.identity.msp_dir = "/nowhere/msp";
    ck_assert_int_ne(sync_source_reload(source, SYNC_CREDENTIAL_IDENTITY, &not_after_s, &err),
                     HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/msp"));
    ck_assert_int_eq(not_after_s, 7);
    for (uint64_t n = 1; n < 5; n++)
        expect_block(n);
    ck_assert_int_eq(atomic_load(&peer.streams), 1);
    sync_source_stop(base_steal(&source));
    peer_close(&peer);
}
END_TEST

START_TEST(identity_and_files_that_are_missing_are_configuration_errors)
{
    heddle_error err;
    add_peer("127.0.0.1:1");
    peer_confs[0].tls_roots = "/nowhere/ca.pem";
    ck_assert_int_eq(sync_peers_start(&conf, 0, queue, &expiry, &source, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/ca.pem"));
    peer_confs[0].tls_roots = "";
    conf.identity.msp_dir = "/nowhere/msp";
    ck_assert_int_eq(sync_peers_start(&conf, 0, queue, &expiry, &source, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/msp"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasync/peers");
    TCase *tcase = SUITE_CASE("peers", blocks_come_in_order_though_every_stream_is_cut,
                              next_peer_takes_over_where_the_first_stopped, once_ends_at_the_tip,
                              once_gives_up_when_nobody_is_there, silent_stream_is_opened_anew,
                              peers_that_are_behind_are_waited_for,
                              full_queue_holds_the_stream_and_room_lets_it_go_on,
                              stream_held_for_want_of_room_is_not_idle,
                              identity_and_files_that_are_missing_are_configuration_errors,
                              new_credentials_leave_no_gap_and_bring_nothing_twice,
                              refusals_of_credentials_before_do_not_count,
                              credentials_that_are_bad_leave_the_stream_alone);
    tcase_add_loop_test(tcase, refusal_of_every_peer_ends_it, 0, 3);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
