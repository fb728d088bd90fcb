/*
 * Streams of events and blocks while the gateway and the network are killed under them and come
 * back: at the end each has had every block once, in order.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "heddle/heddle.h"
#include "rpc/runtime.h"
#include "support/fixture.h"
#include "support/stack.h"
#include "support/suite.h"

enum { BACK_MS = 90000, SHORT_MS = 3000, WAIT_MS = 30000, ROUNDS = 3, MOST = 4096 };

static stack *s;
static heddle_gateway *gateway;
static heddle_gateway *both; /* heddle-gateway and the peer, which has blocks only */
static heddle_identity *user;
static heddle_contract *assets;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

/* What a stream gave. */
typedef struct record {
    pthread_mutex_t lock;
    uint64_t blocks[MOST];
    char tx_ids[MOST][65];
    size_t count;
    bool is_broken; /* a block that does not follow */
    heddle_status end;
    sem_t ended;
} record;

static record events_seen, full_seen, filtered_seen;

static void set_up(void)
{
    s = stack_start(HEDDLE_BIN);
    OK(rpc_init(2, &err));
    const char *targets[] = {stack_gateway(s), stack_peer(s)};
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = stack_gateway(s);
    options.tls_roots_file = stack_gateway_ca(s);
    options.backoff_max_ms = 1000;
    OK(heddle_gateway_open(&options, &gateway, &err));
    options.target = NULL;
    options.targets = targets;
    options.target_count = 2;
    OK(heddle_gateway_open(&options, &both, &err));
    OK(heddle_identity_from_msp("Org1MSP", stack_user_msp(s), &user, &err));
    OK(heddle_contract_new(gateway, user, "mychannel", "basic", &assets, &err));
}

static void tear_down(void)
{
    heddle_contract_unref(assets);
    heddle_identity_unref(user);
    heddle_gateway_close(both);
    heddle_gateway_close(gateway);
    rpc_shutdown();
    stack_free(s);
}

static void keep(record *r, uint64_t number, const char *tx_id)
{
    pthread_mutex_lock(&r->lock);
    if (r->count < MOST) {
        r->blocks[r->count] = number;
        snprintf(r->tx_ids[r->count++], 65, "%s", tx_id);
    }
    pthread_mutex_unlock(&r->lock);
}

static heddle_flow on_event(const heddle_event *event, void *user_)
{
    keep(user_, event->block_number, event->tx_id);
    return HEDDLE_FLOW_GO;
}

static heddle_flow on_block(const heddle_block_event *block, void *user_)
{
    record *r = user_;
    r->is_broken = r->is_broken || block->number != r->count;
    keep(r, block->number, "");
    return HEDDLE_FLOW_GO;
}

static void on_end(const heddle_error *why, void *user_)
{
    record *r = user_;
    r->end = why->status;
    sem_post(&r->ended);
}

static heddle_events_options from_start(void)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    options.check_chain = true;
    options.backoff_max_ms = 500;
    return options;
}

static heddle_blocks *start_blocks(heddle_blocks_kind kind, record *r)
{
    heddle_events_options options = from_start();
    heddle_blocks *blocks = NULL;
    sem_init(&r->ended, 0, 0);
    pthread_mutex_init(&r->lock, NULL);
    OK(heddle_blocks_start(both, user, "mychannel", kind, &options, on_block, on_end, r, &blocks,
                           &err));
    return blocks;
}

static heddle_events *start_events(record *r)
{
    heddle_events_options options = from_start();
    heddle_events *events = NULL;
    sem_init(&r->ended, 0, 0);
    pthread_mutex_init(&r->lock, NULL);
    OK(heddle_events_start(both, user, "mychannel", "basic", &options, on_event, on_end, r, &events,
                           &err));
    return events;
}

/* A new asset at each attempt: one that failed may have come through all the same. */
static uint64_t last_block;

static bool creates(void *unused)
{
    (void)unused;
    static unsigned attempt;
    char id[32];
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_outcome outcome;
    options.timeout_ms = SHORT_MS;
    snprintf(id, sizeof(id), "asset-%u", ++attempt);
    if (heddle_submit(assets, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"), &options,
                      &outcome, &err))
        return false;
    last_block = outcome.block_number;
    heddle_outcome_done(&outcome);
    return true;
}

static void create_some(void)
{
    for (int i = 0; i < 3; i++)
        ck_assert_msg(process_until(creates, NULL, BACK_MS), "%s", err.message);
}

static bool has_last_block(void *user_)
{
    record *r = user_;
    pthread_mutex_lock(&r->lock);
    bool has = r->count && r->blocks[r->count - 1] >= last_block;
    pthread_mutex_unlock(&r->lock);
    return has;
}

/* The events of the whole ledger, read at one go. */
static void compare_events(void)
{
    heddle_events_options options = from_start();
    heddle_events *events = NULL;
    heddle_event event;
    heddle_status status;
    size_t at = 0;
    options.has_stop = true;
    options.stop_block = last_block;
    OK(heddle_events_open(gateway, user, "mychannel", "basic", &options, &events, &err));
    for (; (status = heddle_events_next(events, WAIT_MS, &event, &err)) == HEDDLE_OK; at++) {
        ck_assert_uint_lt(at, events_seen.count);
        ck_assert_uint_eq(events_seen.blocks[at], event.block_number);
        ck_assert_str_eq(events_seen.tx_ids[at], event.tx_id);
    }
    ck_assert_msg(status == HEDDLE_E_END, "%s", err.message);
    ck_assert_uint_eq(at, events_seen.count);
    ck_assert_uint_ge(at, 6 * ROUNDS);
    heddle_events_close(events);
}

START_TEST(no_gap_and_no_double_through_kills)
{
    heddle_events *events = start_events(&events_seen);
    heddle_blocks *full = start_blocks(HEDDLE_BLOCKS_FULL, &full_seen);
    heddle_blocks *filtered = start_blocks(HEDDLE_BLOCKS_FILTERED, &filtered_seen);
    for (int i = 0; i < ROUNDS; i++) {
        create_some();
        stack_kill(s, STACK_GATEWAY);
        stack_resume(s, STACK_GATEWAY);
        create_some();
        stack_kill(s, STACK_DEVNET);
        stack_resume(s, STACK_DEVNET);
    }
    create_some();
    ck_assert(process_until(has_last_block, &events_seen, BACK_MS));
    ck_assert(process_until(has_last_block, &full_seen, BACK_MS));
    ck_assert(process_until(has_last_block, &filtered_seen, BACK_MS));
    heddle_events_close(events);
    heddle_blocks_close(full);
    heddle_blocks_close(filtered);
    sem_wait(&events_seen.ended);
    sem_wait(&full_seen.ended);
    sem_wait(&filtered_seen.ended);
    ck_assert_int_eq(events_seen.end, HEDDLE_E_CANCELLED);
    ck_assert(!full_seen.is_broken && !filtered_seen.is_broken);
    compare_events();
}
END_TEST

static TCase *streams_case(void)
{
    TCase *tc = SUITE_CASE("streams", no_gap_and_no_double_through_kills);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    return tc;
}

SUITE_MAIN("system/streams", streams_case())
