/*
 * Events and blocks of a running network, by every kind of stream of the C client: from its
 * gateway, from its peers by several addresses, and without a gateway.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "heddle/heddle.h"
#include "lab.h"
#include "support/suite.h"

enum { TIMEOUT_S = 120, WAIT_MS = 20000, SENT = 5, PEERS_MOST = 8 };

static heddle_gateway *gateway;
static heddle_gateway *peers;   /* of the first organisation, each a gateway */
static heddle_gateway *without; /* no gateway: the same peers, found by discovery */
static heddle_identity *user;
static heddle_identity *foreign; /* of the second organisation */
static heddle_contract *contract;
static const char *channel;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void open_gateways(void)
{
    const char *targets[PEERS_MOST];
    char path[64];
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.tls_roots_file = lab_text("gateway.tlsRoot");
    options.target = lab_text("gateway.address");
    OK(heddle_gateway_open(&options, &gateway, &err));
    size_t count = lab_count("orgs.0.peers");
    ck_assert_uint_ge(count, 1);
    for (size_t i = 0; i < count && i < PEERS_MOST; i++) {
        snprintf(path, sizeof(path), "orgs.0.peers.%zu.address", i);
        targets[i] = lab_text(path);
    }
    options.target = NULL;
    options.targets = targets;
    options.target_count = count;
    options.tls_roots_file = lab_text("orgs.0.tlsRoot");
    OK(heddle_gateway_open(&options, &peers, &err));
}

static void open_network(void)
{
    heddle_network *network = NULL;
    heddle_node node = HEDDLE_NODE(lab_text("orgs.0.peers.0.address"));
    node.mspid = lab_text("orgs.0.mspId");
    node.tls_roots_file = lab_text("orgs.0.tlsRoot");
    OK(heddle_network_new(user, &network, &err));
    OK(heddle_network_add_peer(network, &node, &err));
    OK(heddle_network_open(network, NULL, &without, &err));
    heddle_network_free(network);
}

static void setup(void)
{
    channel = lab_text("channel");
    open_gateways();
    OK(heddle_identity_from_msp(lab_text("orgs.0.mspId"), lab_text("orgs.0.userMsp"), &user, &err));
    open_network();
    OK(heddle_identity_from_msp(lab_text("orgs.1.mspId"), lab_text("orgs.1.userMsp"), &foreign,
                                &err));
    OK(heddle_contract_new(gateway, user, channel, "interop:Ledger", &contract, &err));
}

static void teardown(void)
{
    heddle_contract_unref(contract);
    heddle_identity_unref(foreign);
    heddle_identity_unref(user);
    heddle_gateway_close(without);
    heddle_gateway_close(peers);
    heddle_gateway_close(gateway);
}

/* Set an event; the block it is in. */
static uint64_t emit(const char *name, char tx_id[65])
{
    heddle_outcome outcome;
    OK(heddle_submit(contract, HEDDLE_CALL("Emit", name, name, lab_fresh("key")), NULL, &outcome,
                     &err));
    uint64_t number = outcome.block_number;
    memcpy(tx_id, outcome.tx_id, sizeof(outcome.tx_id));
    heddle_outcome_done(&outcome);
    return number;
}

static heddle_gateway *gateway_at(int index)
{
    return index == 0 ? gateway : index == 1 ? peers : without;
}

static heddle_events_options up_to(uint64_t first, uint64_t last)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    options.start_block = first;
    options.has_stop = true;
    options.stop_block = last;
    return options;
}

static heddle_blocks *open_blocks(heddle_gateway *from, heddle_blocks_kind kind,
                                  const heddle_events_options *options)
{
    heddle_blocks *blocks = NULL;
    OK(heddle_blocks_open(from, user, channel, kind, options, &blocks, &err));
    return blocks;
}

START_TEST(whole_chain_of_every_kind)
{
    char tx_id[65];
    uint64_t last = emit("chain", tx_id);
    heddle_events_options options = up_to(0, last);
    heddle_block_event block;
    options.check_chain = true;
    for (int kind = HEDDLE_BLOCKS_FULL; kind <= HEDDLE_BLOCKS_PRIVATE; kind++) {
        heddle_blocks *blocks = open_blocks(gateway_at(_i), (heddle_blocks_kind)kind, &options);
        bool found = false;
        for (uint64_t number = 0; number <= last; number++) {
            OK(heddle_blocks_next(blocks, WAIT_MS, &block, &err));
            ck_assert_uint_eq(block.number, number);
            if (kind == HEDDLE_BLOCKS_FILTERED) {
                ck_assert_str_eq(block.channel, channel);
                for (size_t i = 0; i < block.tx_count; i++)
                    found = found || strcmp(block.txs[i].tx_id, tx_id) == 0;
            } else {
                ck_assert_uint_gt(block.bytes.len, 0);
            }
        }
        ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_E_END);
        ck_assert_int_eq(found, kind == HEDDLE_BLOCKS_FILTERED);
        heddle_blocks_close(blocks);
    }
}
END_TEST

static void expect(heddle_events *events, char names[][64], char tx_ids[][65])
{
    heddle_event event;
    for (int i = 0; i < SENT; i++) {
        OK(heddle_events_next(events, WAIT_MS, &event, &err));
        ck_assert_str_eq(event.name, names[i]);
        ck_assert_str_eq(event.tx_id, tx_ids[i]);
        ck_assert_str_eq(event.chaincode, "interop");
        ck_assert_uint_eq(event.payload.len, strlen(names[i]));
        ck_assert_mem_eq(event.payload.data, names[i], event.payload.len);
    }
}

/* By the gateway's own method, made of blocks because of the stop, and in filtered blocks. */
START_TEST(events_are_the_same_by_every_way)
{
    char names[SENT][64], tx_ids[SENT][65];
    heddle_events *live = NULL, *again = NULL, *made = NULL;
    heddle_event event;
    heddle_block_event block;
    heddle_gateway *from = gateway_at(_i);
    uint64_t first = 0, last = 0;
    size_t seen = 0;
    OK(heddle_events_open(from, user, channel, "interop", NULL, &live, &err));
    /* The stream begins at the block that is next once it is placed, and that has to be before
     * the first event. */
    heddle_checkpoint at;
    time_t end = time(NULL) + 20;
    while (heddle_events_position(live, &at, &err) == HEDDLE_E_NOT_FOUND)
        ck_assert_int_lt(time(NULL), end);
    for (int i = 0; i < SENT; i++) {
        snprintf(names[i], sizeof(names[i]), "%s", lab_fresh("event"));
        last = emit(names[i], tx_ids[i]);
        first = i ? first : last;
    }
    expect(live, names, tx_ids);
    heddle_events_options options = up_to(first, last);
    OK(heddle_events_open(from, user, channel, "interop", &options, &made, &err));
    expect(made, names, tx_ids);
    ck_assert_int_eq(heddle_events_next(made, WAIT_MS, &event, &err), HEDDLE_E_END);
    heddle_blocks *blocks = open_blocks(from, HEDDLE_BLOCKS_FILTERED, &options);
    while (heddle_blocks_next(blocks, WAIT_MS, &block, &err) == HEDDLE_OK)
        for (size_t i = 0; i < block.tx_count; i++)
            for (size_t e = 0; e < block.txs[i].event_count; e++, seen++) {
                ck_assert_str_eq(block.txs[i].tx_id, tx_ids[seen]);
                ck_assert_str_eq(block.txs[i].events[e].name, names[seen]);
            }
    ck_assert_uint_eq(seen, SENT);
    options.has_stop = false;
    OK(heddle_events_open(from, user, channel, "interop", &options, &again, &err));
    expect(again, names, tx_ids);
    heddle_events_close(live);
    heddle_events_close(again);
    heddle_events_close(made);
    heddle_blocks_close(blocks);
}
END_TEST

START_TEST(newest_block_first)
{
    char tx_id[65];
    uint64_t last = emit("newest", tx_id);
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_block_event block;
    options.from_newest = true;
    heddle_blocks *blocks = open_blocks(gateway, HEDDLE_BLOCKS_FULL, &options);
    OK(heddle_blocks_next(blocks, WAIT_MS, &block, &err));
    ck_assert_uint_eq(block.number, last);
    heddle_blocks_close(blocks);
}
END_TEST

/* Put one secret in two collections; the block it is in. */
static uint64_t put_secret(const char *key)
{
    static const heddle_transient secret[] = {{"value", {(const uint8_t *)"hush", 4}}};
    const char *args[] = {key};
    const char *orgs[] = {lab_text("orgs.0.mspId"), lab_text("orgs.1.mspId")};
    heddle_request request = HEDDLE_REQUEST("PutAll");
    heddle_contract *secured = NULL;
    heddle_outcome outcome;
    char name[128];
    request.texts = args;
    request.arg_count = 1;
    request.transient = secret;
    request.transient_count = 1;
    request.endorsing_orgs = orgs;
    request.endorsing_org_count = 2;
    snprintf(name, sizeof(name), "%s:Private", lab_text("secured"));
    OK(heddle_contract_new(gateway, user, channel, name, &secured, &err));
    OK(heddle_submit(secured, &request, NULL, &outcome, &err));
    uint64_t number = outcome.block_number;
    heddle_outcome_done(&outcome);
    heddle_contract_unref(secured);
    return number;
}

/* How many collections the reader is shown the secret of. */
static size_t count_secrets(heddle_identity *reader, uint64_t number, const char *key)
{
    heddle_events_options options = up_to(number, number);
    heddle_blocks *blocks = NULL;
    heddle_block_event block;
    size_t found = 0;
    OK(heddle_blocks_open(gateway, reader, channel, HEDDLE_BLOCKS_PRIVATE, &options, &blocks,
                          &err));
    OK(heddle_blocks_next(blocks, WAIT_MS, &block, &err));
    for (size_t i = 0; i < block.private_tx_count; i++)
        for (size_t w = 0; w < block.private_txs[i].write_count; w++) {
            const heddle_private_write *write = &block.private_txs[i].writes[w];
            if (write->key.len != strlen(key) || memcmp(write->key.data, key, write->key.len) != 0)
                continue;
            ck_assert_str_eq(write->chaincode, lab_text("secured"));
            ck_assert_uint_eq(write->value.len, 4);
            ck_assert_mem_eq(write->value.data, "hush", 4);
            ck_assert(!write->is_delete);
            found++;
        }
    heddle_blocks_close(blocks);
    return found;
}

START_TEST(private_data_is_shown_to_members)
{
    const char *key = lab_fresh("secret");
    uint64_t number = put_secret(key);
    ck_assert_uint_eq(count_secrets(user, number, key), 2);
    ck_assert_uint_eq(count_secrets(foreign, number, key), 1);
}
END_TEST

START_TEST(unknown_channel_is_told)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_events *events = NULL;
    heddle_blocks *blocks = NULL;
    heddle_event event;
    heddle_block_event block;
    options.from_block = true;
    options.start_block = _i ? 5 : 0;
    OK(heddle_blocks_open(gateway, user, "nosuch", HEDDLE_BLOCKS_FULL, &options, &blocks, &err));
    heddle_status status = heddle_blocks_next(blocks, WAIT_MS, &block, &err);
    ck_assert_msg(status == HEDDLE_E_NOT_FOUND, "%s", err.message);
    OK(heddle_events_open(gateway, user, "nosuch", "interop", &options, &events, &err));
    status = heddle_events_next(events, WAIT_MS, &event, &err);
    ck_assert_msg(status == HEDDLE_E_NOT_FOUND || status == HEDDLE_E_DENIED, "%s", err.message);
    heddle_blocks_close(blocks);
    heddle_events_close(events);
}
END_TEST

/* A certificate of the network with a key that is not its own. */
static heddle_status sign_wrongly(heddle_view digest, uint8_t *signature, size_t *len, void *user_,
                                  heddle_error *why)
{
    return heddle_identity_sign(user_, digest, signature, len, why);
}

START_TEST(wrong_signature_is_refused)
{
    heddle_identity *impostor = NULL;
    heddle_events_options options = up_to(0, 0);
    heddle_blocks *blocks = NULL;
    heddle_events *events = NULL;
    heddle_block_event block;
    heddle_event event;
    OK(heddle_identity_with_signer(heddle_identity_mspid(user), heddle_identity_cert_pem(user),
                                   sign_wrongly, foreign, NULL, &impostor, &err));
    OK(heddle_blocks_open(gateway, impostor, channel, HEDDLE_BLOCKS_FILTERED, &options, &blocks,
                          &err));
    ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_E_DENIED);
    options.has_stop = false;
    OK(heddle_events_open(gateway, impostor, channel, "interop", &options, &events, &err));
    ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_DENIED);
    heddle_blocks_close(blocks);
    heddle_events_close(events);
    heddle_identity_unref(impostor);
}
END_TEST

static heddle_identity *without_key(void)
{
    heddle_identity *absent = NULL;
    OK(heddle_identity_with_signer(heddle_identity_mspid(user), heddle_identity_cert_pem(user),
                                   NULL, NULL, NULL, &absent, &err));
    return absent;
}

/* Sign with the key that is elsewhere. */
#define SIGN(noun, request)                                                                        \
    do {                                                                                           \
        uint8_t digest_[HEDDLE_DIGEST_MAX], signature_[HEDDLE_SIGNATURE_MAX];                      \
        size_t digest_len_ = 0, len_ = 0;                                                          \
        OK(heddle_##noun##_request_digest(request, digest_, &digest_len_, &err));                  \
        OK(heddle_identity_sign(user, heddle_view_of(digest_, digest_len_), signature_, &len_,     \
                                &err));                                                            \
        OK(heddle_##noun##_request_set_signature(request, heddle_view_of(signature_, len_),        \
                                                 &err));                                           \
    } while (0)

START_TEST(requests_are_signed_elsewhere)
{
    char tx_id[65];
    const char *name = lab_fresh("event");
    uint64_t number = emit(name, tx_id);
    heddle_identity *absent = without_key();
    heddle_events_options options = up_to(number, number);
    heddle_block_event block;
    heddle_event event;
    for (int kind = HEDDLE_BLOCKS_FULL; kind <= HEDDLE_BLOCKS_PRIVATE; kind++) {
        heddle_blocks_request *request = NULL;
        heddle_blocks *blocks = NULL;
        OK(heddle_blocks_request_new(gateway, absent, channel, (heddle_blocks_kind)kind, &options,
                                     &request, &err));
        SIGN(blocks, request);
        OK(heddle_blocks_request_open(request, NULL, &blocks, &err));
        OK(heddle_blocks_next(blocks, WAIT_MS, &block, &err));
        ck_assert_uint_eq(block.number, number);
        ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_E_END);
        heddle_blocks_close(blocks);
        heddle_blocks_request_free(request);
    }
    heddle_events_request *request = NULL;
    heddle_events *events = NULL;
    options.has_stop = false;
    OK(heddle_events_request_new(gateway, absent, channel, "interop", &options, &request, &err));
    SIGN(events, request);
    OK(heddle_events_request_open(request, NULL, &events, &err));
    OK(heddle_events_next(events, WAIT_MS, &event, &err));
    ck_assert_str_eq(event.name, name);
    heddle_events_close(events);
    heddle_events_request_free(request);
    heddle_identity_unref(absent);
}
END_TEST

typedef struct called {
    sem_t given;
    sem_t ended;
    char name[64];
    heddle_status status;
} called;

static heddle_flow on_event(const heddle_event *event, void *user_)
{
    called *c = user_;
    snprintf(c->name, sizeof(c->name), "%s", event->name);
    sem_post(&c->given);
    return HEDDLE_FLOW_HOLD;
}

static void on_end(const heddle_error *why, void *user_)
{
    called *c = user_;
    c->status = why->status;
    sem_post(&c->ended);
}

START_TEST(calls_back_and_goes_on_from_a_checkpoint)
{
    char first[64], second[64], tx_id[65];
    called c = {0};
    heddle_checkpointer *kept = NULL;
    heddle_events *events = NULL;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    sem_init(&c.given, 0, 0);
    sem_init(&c.ended, 0, 0);
    snprintf(first, sizeof(first), "%s", lab_fresh("event"));
    snprintf(second, sizeof(second), "%s", lab_fresh("event"));
    uint64_t number = emit(first, tx_id);
    OK(heddle_checkpointer_memory(&kept, &err));
    OK(heddle_checkpointer_save_tx(kept, number, tx_id, &err));
    (void)emit(second, tx_id);
    options.checkpointer = kept;
    OK(heddle_events_start(gateway, user, channel, "interop", &options, on_event, on_end, &c,
                           &events, &err));
    sem_wait(&c.given);
    ck_assert_str_eq(c.name, second);
    heddle_events_close(events);
    sem_wait(&c.ended);
    ck_assert_int_eq(c.status, HEDDLE_E_CANCELLED);
    heddle_checkpointer_unref(kept);
}
END_TEST

static TCase *streams_case(void)
{
    TCase *tc = SUITE_CASE("streams", newest_block_first, private_data_is_shown_to_members,
                           wrong_signature_is_refused, requests_are_signed_elsewhere,
                           calls_back_and_goes_on_from_a_checkpoint);
    tcase_add_loop_test(tc, whole_chain_of_every_kind, 0, 3);
    tcase_add_loop_test(tc, events_are_the_same_by_every_way, 0, 3);
    tcase_add_loop_test(tc, unknown_channel_is_told, 0, 2);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, TIMEOUT_S);
    return tc;
}

SUITE_MAIN("interop/streams", streams_case())
