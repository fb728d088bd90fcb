/*
 * Each allocation made to fail once while a stream is opened, cut and read: it gives what comes,
 * in order, and ends with the error or goes on. The server is another process, which has memory.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger_bed.h"
#include "support/fault_alloc.h"

enum { WAIT_MS = 15000 };

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

static void start(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0)
        serve(ends[1]);
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

static TCase *memory_case(void)
{
    TCase *tc = tcase_create("memory");
    tcase_add_loop_test(tc, stream_survives_want_of_memory, 0, LEDGER_KINDS);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("client/feed_memory", memory_case())
