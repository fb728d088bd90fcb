/*
 * Each allocation made to fail once while a stream is opened, cut and read: it gives what comes,
 * in order, and ends with the error or goes on. And large blocks, of which no more are taken than
 * may wait. The server is another process, which has memory of its own.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger_bed.h"
#include "support/fault_alloc.h"
#include "support/process.h"
#include "wire/services.h"

enum { WAIT_MS = 15000, LARGE = 10 << 20, LARGE_BLOCKS = 20 };

static pid_t server;
static char target[32];
static heddle_gateway *gateway;
static heddle_identity *user;
static heddle_error err;

static void serve(int out)
{
    static const ledger_cut cut = {.after = 5, .code = RPC_UNAVAILABLE};
    ledger_bed *bed = ledger_start(1);
    ledger_cuts(&bed->nodes[0], &cut, 1, true);
    if (write(out, bed->nodes[0].target, sizeof(target)) != (ssize_t)sizeof(target))
        _exit(1);
    for (;;)
        pause();
}

static void start_with(void (*serve_it)(int out))
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0)
        serve_it(ends[1]);
    ck_assert_int_eq(read(ends[0], target, sizeof(target)), (ssize_t)sizeof(target));
    close(ends[0]);
    close(ends[1]);
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = target;
    options.plaintext = true;
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_from_msp(
                         "Org1MSP",
                         HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com/users/"
                                         "User1@org1.example.com/msp",
                         &user, &err),
                     HEDDLE_OK);
}

static void start(void)
{
    start_with(serve);
}

static void stop(void)
{
    heddle_identity_unref(user);
    heddle_gateway_close(gateway);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static heddle_events_options from_start(void)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    options.check_chain = true;
    options.backoff_min_ms = 1;
    options.backoff_max_ms = 2;
    return options;
}

/* Read all events; the status of what failed. */
static heddle_status read_events(void)
{
    heddle_events_options options = from_start();
    heddle_events *events = NULL;
    heddle_event event;
    heddle_status status =
        heddle_events_open(gateway, user, "mychannel", "kv", &options, &events, &err);
    for (uint64_t number = 0; number < LEDGER_BLOCKS && !status; number++)
        for (size_t i = 0; i < number % 4 && !status; i++) {
            char name[65];
            status = heddle_events_next(events, WAIT_MS, &event, &err);
            ledger_event_name(number, i, name);
            if (!status)
                ck_assert_str_eq(event.tx_id, name);
        }
    heddle_events_close(events);
    return status;
}

static heddle_status read_blocks(heddle_blocks_kind kind)
{
    heddle_events_options options = from_start();
    heddle_blocks *blocks = NULL;
    heddle_block_event block;
    options.has_stop = true;
    options.stop_block = LEDGER_BLOCKS - 1;
    heddle_status status =
        heddle_blocks_open(gateway, user, "mychannel", kind, &options, &blocks, &err);
    for (uint64_t number = 0; number < LEDGER_BLOCKS && !status; number++) {
        status = heddle_blocks_next(blocks, WAIT_MS, &block, &err);
        if (!status)
            ck_assert_uint_eq(block.number, number);
    }
    heddle_blocks_close(blocks);
    return status;
}

START_TEST(stream_survives_want_of_memory)
{
    bool fired = true;
    size_t whole = 0, nth;
    for (nth = 1; fired; nth++) {
        fault_alloc_arm(nth);
        heddle_status status = _i == LEDGER_EVENTS ? read_events() : read_blocks(_i);
        fired = fault_alloc_disarm();
        ck_assert_msg(status == HEDDLE_OK || (fired && status == HEDDLE_E_NO_MEMORY), "%zu: %s: %s",
                      nth, heddle_status_name(status), err.message);
        whole += status == HEDDLE_OK;
    }
    ck_assert_uint_gt(whole, 0);
    ck_assert_uint_gt(nth, 30);
}
END_TEST

/* A peer with large blocks, which sends one when the one before has gone. */
typedef struct flood {
    rpc_server_call *call;
    uint64_t next;
    base_buffer block;
} flood;

static _Atomic uint64_t *sent_bytes; /* shared with the server's process */

static void send_large(bool sent, void *flooding);

static void send_next(flood *f)
{
    uint8_t number[] = {0x12, 0, 0, 0, 0, 0x0a, 0x02, 0x08, (uint8_t)f->next++};
    if (f->next > LARGE_BLOCKS)
        return;
    memcpy(f->block.data + 5, number + 5, sizeof(number) - 5);
    if (rpc_server_call_send(f->call, base_buffer_view(&f->block), send_large, f, NULL))
        _exit(1);
}

static void send_large(bool sent, void *flooding)
{
    flood *f = flooding;
    if (!sent)
        return;
    atomic_fetch_add(sent_bytes, LARGE);
    send_next(f);
}

/* DeliverResponse.block of LARGE bytes: a header with the number, and data. */
static void make_large(base_buffer *out)
{
    size_t inner = LARGE - 5, data = inner - 4 - 5;
    const uint8_t head[] = {0x12,
                            (uint8_t)(inner | 0x80),
                            (uint8_t)(inner >> 7 | 0x80),
                            (uint8_t)(inner >> 14 | 0x80),
                            (uint8_t)(inner >> 21),
                            0x0a,
                            0x02,
                            0x08,
                            0,
                            0x12,
                            (uint8_t)(data | 0x80),
                            (uint8_t)(data >> 7 | 0x80),
                            (uint8_t)(data >> 14 | 0x80),
                            (uint8_t)(data >> 21)};
    if (base_buffer_reserve(out, LARGE))
        _exit(1);
    memset(out->data, 0, LARGE);
    memcpy(out->data, head, sizeof(head));
    out->len = LARGE;
}

static void on_large_request(rpc_server_call *call, rpc_bytes *message, void *flooding)
{
    flood *f = flooding;
    if (!message)
        return;
    f->call = call;
    send_next(f);
}

static void serve_large(rpc_server_call *call, void *flooding)
{
    static const rpc_server_call_events handlers = {.on_message = on_large_request};
    rpc_server_call_listen(call, &handlers, flooding);
    rpc_server_call_read(call);
}

static void serve_flood(int out)
{
    static flood f;
    const rpc_method method = {WIRE_DELIVER_FULL, RPC_METHOD_STREAM, serve_large, &f};
    rpc_server_options options = {
        .methods = &method, .method_count = 1, .queue_limit = 2 * (size_t)LARGE};
    rpc_server *peer = NULL;
    rpc_server_creds *creds = NULL;
    uint16_t port = 0;
    make_large(&f.block);
    if (rpc_init(1, NULL) || rpc_server_creds_insecure(&creds, NULL) ||
        rpc_server_new(&options, &peer, NULL) ||
        rpc_server_listen(peer, "127.0.0.1:0", creds, &port, NULL) || rpc_server_start(peer, NULL))
        _exit(1);
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    if (write(out, target, sizeof(target)) != (ssize_t)sizeof(target))
        _exit(1);
    for (;;)
        pause();
}

static void start_flood(void)
{
    sent_bytes =
        mmap(NULL, sizeof(*sent_bytes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(sent_bytes, MAP_FAILED);
    start_with(serve_flood);
}

/* Whether nothing more was sent for many looks. */
static bool has_stalled(void *seen)
{
    enum { LOOKS = 50 };
    static int same;
    uint64_t *last = seen, now = atomic_load(sent_bytes);
    same = now && now == *last ? same + 1 : 0;
    *last = now;
    return same == LOOKS;
}

START_TEST(slow_reader_holds_back_the_sender)
{
    enum { QUEUE = 25 << 20, TRANSPORT = 16 << 20 };
    heddle_events_options options = from_start();
    heddle_blocks *blocks = NULL;
    heddle_block_event block;
    uint64_t last = 0;
    options.check_chain = false;
    options.queue_bytes = QUEUE;
    ck_assert_int_eq(
        heddle_blocks_open(gateway, user, "mychannel", HEDDLE_BLOCKS_FULL, &options, &blocks, &err),
        HEDDLE_OK);
    ck_assert(process_until(has_stalled, &last, WAIT_MS));
    ck_assert_uint_lt(last, QUEUE + 2 * LARGE + TRANSPORT);
    for (uint64_t number = 0; number < LARGE_BLOCKS; number++) {
        ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_OK);
        ck_assert_uint_eq(block.number, number);
    }
    heddle_blocks_close(blocks);
}
END_TEST

static TCase *failing_case(void)
{
    TCase *tc = tcase_create("memory");
    tcase_add_loop_test(tc, stream_survives_want_of_memory, 0, LEDGER_KINDS);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

static TCase *large_case(void)
{
    TCase *tc = SUITE_CASE("large blocks", slow_reader_holds_back_the_sender);
    tcase_add_checked_fixture(tc, start_flood, stop);
    return tc;
}

SUITE_MAIN("client/feed_memory", failing_case(), large_case())
