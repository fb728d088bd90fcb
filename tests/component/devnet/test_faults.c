/* What a network does when it is told to do wrong. */
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "common/ledger.pb-c.h"
#include "devnet/material/signer.h"
#include "orderer/ab.pb-c.h"
#include "rpc/call.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/scripted_chaincode.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/codec.h"
#include "wire/deliver.h"
#include "wire/seek.h"
#include "wire/services.h"
#include "wire/transaction.h"

#define PEER0    "peer0.org1.example.com"
#define PEER1    "peer1.org1.example.com"
#define ORDERER  "orderer.example.com"
#define ORDERER2 "orderer2.example.com"

enum { PEERS = 2, WAIT_MS = 20000, SOME_MS = 150, AN_HOUR_MS = 3600000 };

static devnet *net;
static scripted_chaincode *chaincode;
static dn_chaincode definition;
static dn_signer *user;
static rpc_channel *channels[PEERS];
static bool is_impatient; /* a peer that is not there fails a call */
static base_arena *arena;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static dn_network *network(void)
{
    return devnet_network(net);
}

static rpc_channel *connect_to(const dn_endpoint *peer)
{
    rpc_channel *channel = NULL;
    base_auto_buffer base_buffer roots = {0};
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    check(base_read_file(peer->tls_ca, 0, &roots, &err));
    rpc_tls_client tls = {.roots_pem = base_buffer_view(&roots)};
    rpc_channel_options options = {.target = peer->address};
    check(rpc_client_creds_tls(&tls, &creds, &err));
    check(rpc_channel_open(&options, creds, &channel, &err));
    return channel;
}

static void setup(void)
{
    dn_options options = devnet_options();
    check(rpc_init(2, &err));
    arena = base_arena_new(0);
    chaincode = scripted_chaincode_start(0);
    definition = (dn_chaincode){.name = "cc",
                                .address = scripted_chaincode_address(chaincode),
                                .policy = "OR('Org1MSP.peer')"};
    options.chaincodes = &definition;
    options.chaincode_count = 1;
    options.org_count = 1;
    options.peers_per_org = PEERS;
    options.orderer_count = 2;
    net = devnet_start(&options);
    check(dn_signer_load(devnet_msp(net, "org1.example.com", "User1"), "Org1MSP", &user, &err));
    for (size_t i = 0; i < PEERS; i++)
        channels[i] = connect_to(dn_network_peer(network(), i));
}

static void teardown(void)
{
    for (size_t i = 0; i < PEERS; i++)
        rpc_channel_close(channels[i]);
    dn_signer_free(user);
    devnet_free(net);
    scripted_chaincode_stop(chaincode);
    base_arena_free(arena);
    rpc_shutdown();
}

static void fault(dn_fault wanted)
{
    check(dn_network_fault_set(network(), &wanted, &err));
}

static void heal(const char *node)
{
    check(dn_network_fault_clear(network(), node, &err));
}

/* Proposals. */

static heddle_status call(size_t peer, const char *method, heddle_view request, uint64_t ms,
                          heddle_view *out)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    rpc_call_options options = {
        .method = method, .deadline_ms = base_now_ms() + ms, .wait_for_ready = !is_impatient};
    BASE_TRY(rpc_call_blocking(channels[peer], &options, request, &bytes, &err));
    *out = base_arena_view(arena, rpc_bytes_view(bytes));
    return HEDDLE_OK;
}

typedef struct proposed {
    heddle_view signed_bytes;
    wire_proposal proposal;
} proposed;

static proposed propose(const char *to, const char *const *texts, size_t count)
{
    static unsigned counter;
    char tx_id[WIRE_TX_ID_SIZE];
    proposed p;
    heddle_view args[4], bytes;
    crypto_signature signature;
    for (size_t i = 0; i < count; i++)
        args[i] = heddle_view_str(texts[i]);
    char *nonce = base_arena_printf(arena, "%u-%lld", ++counter, (long long)base_now_ms());
    wire_proposal_draft draft = {.channel = VIEW("mychannel"),
                                 .chaincode = heddle_view_str(to),
                                 .creator = dn_signer_identity(user),
                                 .nonce = heddle_view_str(nonce),
                                 .time = base_wall_now(),
                                 .args = args,
                                 .arg_count = count};
    check(wire_proposal_write(&draft, arena, &bytes, tx_id, &err));
    check(dn_signer_sign(user, &bytes, 1, &signature, &err));
    check(wire_signed_proposal_write(bytes, crypto_signature_view(&signature), arena,
                                     &p.signed_bytes, &err));
    check(wire_proposal_read(bytes, arena, &p.proposal, &err));
    return p;
}

#define PROPOSE(to, ...)                                                                           \
    propose(to, (const char *[]){__VA_ARGS__},                                                     \
            sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static heddle_status endorse(size_t peer, const proposed *p, uint64_t ms,
                             wire_proposal_response *out)
{
    heddle_view bytes;
    BASE_TRY(call(peer, WIRE_ENDORSER_PROCESS_PROPOSAL, p->signed_bytes, ms, &bytes));
    check(wire_proposal_response_read(bytes, out, &err));
    return HEDDLE_OK;
}

static wire_proposal_response endorsed_by(size_t peer, const proposed *p)
{
    wire_proposal_response response = {0};
    check(endorse(peer, p, WAIT_MS, &response));
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    return response;
}

static void assert_refused(size_t peer, int code, const char *text)
{
    wire_proposal_response response;
    proposed p = PROPOSE("cc", "get", "k");
    ck_assert_int_ne(endorse(peer, &p, WAIT_MS, &response), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, code);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
}

static bool has_value(size_t peer, const char *value)
{
    proposed p = PROPOSE("cc", "get", "k");
    return base_view_is(endorsed_by(peer, &p).result, value);
}

static void assert_value(size_t peer, const char *value)
{
    ck_assert_msg(has_value(peer, value), "not \"%s\"", value);
}

/* Ordering. */

static stream_client *open_stream(const dn_endpoint *at, const char *method)
{
    stream_client_options options = {
        .address = at->address, .tls_ca = at->tls_ca, .method = method};
    return stream_client_open(&options);
}

static stream_client *broadcast_at(size_t orderer)
{
    return open_stream(dn_network_orderer_at(network(), orderer), WIRE_ORDERER_BROADCAST);
}

static heddle_view envelope_of_call(proposed p)
{
    heddle_view payload, envelope;
    crypto_signature signature;
    wire_proposal_response response = endorsed_by(0, &p);
    check(wire_transaction_write(&p.proposal, &response, 1, arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    return envelope;
}

static heddle_view envelope_of(const char *value)
{
    return envelope_of_call(PROPOSE("cc", "put", "k", value));
}

/* The status that the next answer has; 0: the stream has ended. */
static int next_status(stream_client *client, char **info)
{
    Orderer__BroadcastResponse *response = NULL;
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    if (!bytes)
        return 0;
    check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response, &err));
    if (info)
        *info = response->info;
    return (int)response->status;
}

static void order_at(size_t orderer, heddle_view envelope)
{
    stream_client *client = broadcast_at(orderer);
    stream_client_send(client, envelope);
    ck_assert_int_eq(next_status(client, NULL), 200);
    stream_client_close(client);
}

static void await_height(size_t peer, uint64_t height)
{
    check(dn_network_wait_peer_height(network(), peer, height, WAIT_MS, &err));
}

static void put(const char *value)
{
    uint64_t before = dn_network_ordered_height(network());
    order_at(0, envelope_of(value));
    await_height(0, before + 1);
}

/* Blocks. */

static void seek(stream_client *client, wire_seek_position start, wire_seek_position stop)
{
    heddle_view data, payload, envelope;
    crypto_signature signature;
    wire_seek wanted = {.start = start, .stop = stop};
    wire_header header = {.type = 5, /* DELIVER_SEEK_INFO */
                          .time = base_wall_now(),
                          .channel = VIEW("mychannel"),
                          .creator = dn_signer_identity(user),
                          .nonce = VIEW("nonce")};
    check(wire_seek_write(&wanted, arena, &data, &err));
    check(wire_payload_write(&header, data, arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    stream_client_send(client, envelope);
}

static stream_client *blocks_of(const dn_endpoint *at, const char *method)
{
    stream_client *client = open_stream(at, method);
    seek(client, (wire_seek_position){.place = WIRE_SEEK_OLDEST}, (wire_seek_position){0});
    return client;
}

/* True: a block; false: the end, or a status in *out_status. */
static bool next_block(stream_client *client, int *out_status)
{
    wire_deliver_response response = {0};
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    *out_status = 0;
    if (!bytes)
        return false;
    check(wire_shape_read(&wire_deliver_response_shape, rpc_bytes_view(bytes), arena, &response,
                          &err));
    *out_status = response.status;
    return response.status == 0;
}

static unsigned count_blocks(stream_client *client, int *out_status)
{
    unsigned count = 0;
    while (next_block(client, out_status))
        count++;
    return count;
}

/* Calls. */

START_TEST(a_call_is_refused_so_often_and_then_served)
{
    fault((dn_fault){.node = PEER0,
                     .method = "ProcessProposal",
                     .kind = DN_FAULT_REFUSE,
                     .code = RPC_RESOURCE_EXHAUSTED,
                     .text = "too many requests",
                     .times = 2});
    for (unsigned i = 0; i < 2; i++)
        assert_refused(0, RPC_RESOURCE_EXHAUSTED, "too many requests");
    assert_value(0, "");
    assert_value(1, "");
}
END_TEST

START_TEST(every_call_of_a_node_is_dropped_until_it_is_cleared)
{
    heddle_view ignored;
    fault((dn_fault){.node = PEER0, .kind = DN_FAULT_DROP});
    assert_refused(0, RPC_UNAVAILABLE, "cut off by a fault");
    ck_assert_int_ne(call(0, WIRE_HEALTH_CHECK, VIEW(""), WAIT_MS, &ignored), HEDDLE_OK);
    ck_assert_int_ne(call(0, WIRE_DISCOVERY_DISCOVER, VIEW(""), WAIT_MS, &ignored), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, RPC_UNAVAILABLE);
    assert_value(1, "");
    heal(PEER0);
    assert_value(0, "");
}
END_TEST

START_TEST(a_call_is_answered_late_or_later_than_its_deadline)
{
    wire_proposal_response response;
    proposed p = PROPOSE("cc", "get", "k");
    dn_fault late = {.node = PEER0, .method = "ProcessProposal", .kind = DN_FAULT_DELAY};
    late.times = 1;
    late.delay_ms = SOME_MS;
    fault(late);
    uint64_t before = base_now_ms();
    endorsed_by(0, &p);
    ck_assert_uint_ge(base_now_ms() - before, SOME_MS);
    late.delay_ms = AN_HOUR_MS;
    fault(late);
    ck_assert_int_eq(endorse(0, &p, SOME_MS, &response), HEDDLE_E_TIMED_OUT);
    heal(PEER0);
    endorsed_by(0, &p);
}
END_TEST

START_TEST(a_network_stops_while_a_call_is_delayed)
{
    wire_proposal_response response;
    proposed p = PROPOSE("cc", "get", "k");
    fault((dn_fault){.node = PEER0, .kind = DN_FAULT_DELAY, .delay_ms = AN_HOUR_MS});
    stream_client *blocks = blocks_of(dn_network_peer(network(), 0), WIRE_DELIVER_FULL);
    ck_assert_int_ne(endorse(0, &p, SOME_MS, &response), HEDDLE_OK);
    devnet_restart(net);
    stream_client_close(blocks);
    assert_value(0, "");
}
END_TEST

START_TEST(a_peer_that_disagrees_endorses_something_else)
{
    wire_endorsed a, b;
    proposed p = PROPOSE("cc", "put", "k", "v");
    dn_fault other = {.node = PEER1, .method = "ProcessProposal", .kind = DN_FAULT_DISAGREE};
    wire_proposal_response honest = endorsed_by(0, &p);
    fault(other);
    wire_proposal_response altered = endorsed_by(1, &p);
    ck_assert(altered.has_endorsement);
    ck_assert(!base_view_equal(honest.payload, altered.payload));
    check(wire_endorsed_read(honest.payload, &a, &err));
    check(wire_endorsed_read(altered.payload, &b, &err));
    ck_assert(base_view_equal(a.result, b.result));
    ck_assert(!base_view_equal(a.results, b.results));
    ck_assert_ptr_nonnull(memmem(b.results.data, b.results.len, "v, says " PEER1, 30));
    heal(NULL);
    snprintf(other.text, sizeof(other.text), "response");
    fault(other);
    altered = endorsed_by(1, &p);
    check(wire_endorsed_read(altered.payload, &b, &err));
    ck_assert(base_view_equal(a.results, b.results));
    ck_assert(!base_view_equal(a.result, b.result));
}
END_TEST

START_TEST(a_peer_that_disagrees_about_a_query_writes)
{
    proposed p = PROPOSE("cc", "get", "k");
    fault((dn_fault){
        .node = PEER1, .method = "ProcessProposal", .kind = DN_FAULT_DISAGREE, .times = 1});
    wire_proposal_response honest = endorsed_by(0, &p), altered = endorsed_by(1, &p);
    ck_assert(!base_view_equal(honest.payload, altered.payload));
    altered = endorsed_by(1, &p);
    ck_assert(base_view_equal(honest.payload, altered.payload));
}
END_TEST

/* Heights. */

static uint64_t told_height(size_t peer)
{
    Common__BlockchainInfo *info = NULL;
    proposed p = PROPOSE("qscc", "GetChainInfo", "mychannel");
    wire_proposal_response response = endorsed_by(peer, &p);
    check(wire_decode(common__blockchain_info, response.result, arena, &info, &err));
    return info->height;
}

START_TEST(a_peer_that_is_held_serves_what_was_until_it_may_go_on)
{
    put("old");
    await_height(1, 2);
    fault((dn_fault){.node = PEER1, .kind = DN_FAULT_HOLD, .height = 2});
    put("new");
    put("newer");
    assert_value(0, "newer");
    assert_value(1, "old");
    ck_assert_uint_eq(told_height(0), 4);
    ck_assert_uint_eq(told_height(1), 2);
    heal(PEER1);
    await_height(1, 4);
    assert_value(1, "newer");
}
END_TEST

START_TEST(a_peer_lags_behind_by_so_many_blocks)
{
    fault((dn_fault){.node = PEER1, .kind = DN_FAULT_LAG, .height = 2});
    put("1");
    put("2");
    put("3");
    await_height(1, 2);
    ck_assert_uint_eq(dn_network_peer_height(network(), 1), 2);
    put("4");
    await_height(1, 3);
    assert_value(1, "2");
    heal(PEER1);
    await_height(1, 5);
}
END_TEST

START_TEST(commits_of_a_peer_can_be_slow)
{
    fault(
        (dn_fault){.node = PEER0, .method = "commit", .kind = DN_FAULT_DELAY, .delay_ms = SOME_MS});
    uint64_t before = base_now_ms();
    put("1");
    ck_assert_uint_ge(base_now_ms() - before, SOME_MS);
}
END_TEST

START_TEST(a_peer_may_tell_a_height_that_it_does_not_have)
{
    fault((dn_fault){.node = PEER0, .kind = DN_FAULT_HEIGHT, .height = 77});
    ck_assert_uint_eq(told_height(0), 77);
    ck_assert_uint_eq(told_height(1), 1);
    ck_assert_uint_eq(dn_network_peer_height(network(), 0), 1);
}
END_TEST

/* Streams of blocks. */

START_TEST(a_stream_is_cut_after_any_number_of_blocks)
{
    static const char *const methods[][2] = {{"Deliver", WIRE_DELIVER_FULL},
                                             {"DeliverFiltered", WIRE_DELIVER_FILTERED},
                                             {"DeliverWithPrivateData", WIRE_DELIVER_PRIVATE}};
    put("1");
    put("2");
    for (unsigned after = 0; after <= 3; after++) {
        for (size_t i = 0; i < BASE_COUNT(methods); i++) {
            int status;
            dn_fault cut = {.node = PEER0, .kind = DN_FAULT_DROP, .after = after};
            snprintf(cut.method, sizeof(cut.method), "%s", methods[i][0]);
            fault(cut);
            stream_client *client = blocks_of(dn_network_peer(network(), 0), methods[i][1]);
            ck_assert_uint_eq(count_blocks(client, &status), after);
            ck_assert_int_eq(stream_client_code(client), RPC_UNAVAILABLE);
            stream_client_close(client);
            heal(PEER0);
        }
    }
}
END_TEST

START_TEST(a_stream_that_waits_is_cut_when_the_fault_comes)
{
    int status;
    stream_client *client = blocks_of(dn_network_orderer(network()), WIRE_ORDERER_DELIVER);
    ck_assert(next_block(client, &status));
    fault((dn_fault){.node = ORDERER,
                     .method = "Deliver",
                     .kind = DN_FAULT_REFUSE,
                     .code = RPC_INTERNAL,
                     .times = 1});
    ck_assert(!next_block(client, &status));
    ck_assert_int_eq(stream_client_code(client), RPC_INTERNAL);
    stream_client_close(client);
}
END_TEST

START_TEST(a_stream_ends_with_a_status_of_fabric)
{
    int status;
    fault((dn_fault){.node = PEER0, .method = "Deliver", .kind = DN_FAULT_STATUS, .code = 403});
    stream_client *client = blocks_of(dn_network_peer(network(), 0), WIRE_DELIVER_FULL);
    ck_assert_uint_eq(count_blocks(client, &status), 0);
    ck_assert_int_eq(status, 403);
    stream_client_close(client);
}
END_TEST

START_TEST(each_block_of_a_stream_is_late)
{
    int status;
    put("1");
    uint64_t before = base_now_ms();
    fault((dn_fault){
        .node = PEER0, .method = "Deliver", .kind = DN_FAULT_DELAY, .delay_ms = SOME_MS});
    stream_client *client = blocks_of(dn_network_peer(network(), 0), WIRE_DELIVER_FULL);
    ck_assert(next_block(client, &status) && next_block(client, &status));
    ck_assert_uint_ge(base_now_ms() - before, 2 * SOME_MS);
    stream_client_close(client);
}
END_TEST

/* Ordering. */

START_TEST(an_envelope_is_refused_with_a_status)
{
    char *info;
    heddle_view envelope = envelope_of("v");
    fault((dn_fault){.node = ORDERER,
                     .method = "Broadcast",
                     .kind = DN_FAULT_STATUS,
                     .text = "no Raft leader",
                     .times = 1});
    stream_client *client = broadcast_at(0);
    stream_client_send(client, envelope);
    ck_assert_int_eq(next_status(client, &info), 503);
    ck_assert_str_eq(info, "no Raft leader");
    ck_assert_int_eq(next_status(client, NULL), 0);
    ck_assert_int_eq(stream_client_code(client), RPC_OK);
    stream_client_close(client);
    order_at(1, envelope);
    await_height(0, 2);
}
END_TEST

START_TEST(an_envelope_is_lost_although_it_was_taken)
{
    fault((dn_fault){.node = ORDERER, .method = "Broadcast", .kind = DN_FAULT_LOSE, .times = 1});
    order_at(0, envelope_of("lost"));
    put("kept");
    assert_value(0, "kept");
    ck_assert_uint_eq(dn_network_ordered_height(network()), 2);
}
END_TEST

START_TEST(an_envelope_is_ordered_although_nobody_says_so)
{
    fault((dn_fault){.node = ORDERER, .method = "Broadcast", .kind = DN_FAULT_SWALLOW, .times = 1});
    stream_client *client = broadcast_at(0);
    stream_client_send(client, envelope_of("v"));
    ck_assert_int_eq(next_status(client, NULL), 0);
    ck_assert_int_eq(stream_client_code(client), RPC_UNAVAILABLE);
    stream_client_close(client);
    await_height(0, 2);
    assert_value(0, "v");
}
END_TEST

START_TEST(a_broadcast_is_cut_after_so_many_envelopes)
{
    heddle_view first = envelope_of("1"), second = envelope_of("2");
    fault((dn_fault){.node = ORDERER, .method = "Broadcast", .kind = DN_FAULT_DROP, .after = 1});
    stream_client *client = broadcast_at(0);
    stream_client_send(client, first);
    ck_assert_int_eq(next_status(client, NULL), 200);
    stream_client_send(client, second);
    ck_assert_int_eq(next_status(client, NULL), 0);
    ck_assert_int_eq(stream_client_code(client), RPC_UNAVAILABLE);
    stream_client_close(client);
}
END_TEST

START_TEST(envelopes_that_are_late_keep_their_order)
{
    heddle_view envelopes[] = {envelope_of("1"), envelope_of("2")};
    fault((dn_fault){.node = ORDERER,
                     .method = "Broadcast",
                     .kind = DN_FAULT_DELAY,
                     .delay_ms = SOME_MS,
                     .times = 1});
    stream_client *client = broadcast_at(0);
    for (size_t i = 0; i < BASE_COUNT(envelopes); i++)
        stream_client_send(client, envelopes[i]);
    for (size_t i = 0; i < BASE_COUNT(envelopes); i++)
        ck_assert_int_eq(next_status(client, NULL), 200);
    stream_client_close(client);
    await_height(0, 2);
    if (!has_value(0, "2"))
        await_height(0, 3); /* the second had a block of its own */
    assert_value(0, "2");
}
END_TEST

START_TEST(an_orderer_that_is_held_takes_envelopes_and_cuts_no_block)
{
    heddle_view first = envelope_of("1"), second = envelope_of("2");
    fault((dn_fault){.node = ORDERER, .kind = DN_FAULT_HOLD, .height = 2});
    order_at(0, first);
    await_height(0, 2);
    order_at(0, second);
    order_at(1, envelope_of("3"));
    ck_assert_uint_eq(dn_network_ordered_height(network()), 2);
    heal(ORDERER);
    await_height(0, 3);
}
END_TEST

START_TEST(a_block_can_be_cut_late)
{
    fault((dn_fault){
        .node = ORDERER, .method = "cut", .kind = DN_FAULT_DELAY, .delay_ms = SOME_MS, .times = 1});
    uint64_t before = base_now_ms();
    put("1");
    ck_assert_uint_ge(base_now_ms() - before, SOME_MS);
    put("2");
    assert_value(0, "2");
}
END_TEST

/* Going away. */

START_TEST(a_peer_goes_away_comes_back_and_catches_up)
{
    put("old");
    int status;
    stream_client *blocks = blocks_of(dn_network_peer(network(), 1), WIRE_DELIVER_FULL);
    ck_assert(next_block(blocks, &status));
    fault((dn_fault){.node = PEER1, .kind = DN_FAULT_AWAY});
    count_blocks(blocks, &status);
    stream_client_close(blocks);
    is_impatient = true;
    assert_refused(1, RPC_UNAVAILABLE, "");
    is_impatient = false;
    put("new");
    ck_assert_uint_le(dn_network_peer_height(network(), 1), 2);
    heal(PEER1);
    await_height(1, 3);
    assert_value(1, "new");
}
END_TEST

START_TEST(where_one_orderer_is_away_another_takes_envelopes)
{
    int status;
    heddle_view envelope = envelope_of("v");
    stream_client *gone = broadcast_at(0);
    stream_client_send(gone, envelope_of("u"));
    ck_assert_int_eq(next_status(gone, NULL), 200);
    await_height(0, 2);
    fault((dn_fault){.node = ORDERER, .kind = DN_FAULT_AWAY});
    ck_assert_int_eq(next_status(gone, NULL), 0);
    stream_client_close(gone);
    order_at(1, envelope);
    await_height(0, 3);
    heal(NULL);
    stream_client *blocks = blocks_of(dn_network_orderer(network()), WIRE_ORDERER_DELIVER);
    ck_assert(next_block(blocks, &status) && next_block(blocks, &status));
    stream_client_close(blocks);
}
END_TEST

START_TEST(a_network_stops_while_nodes_are_away)
{
    fault((dn_fault){.node = PEER0, .kind = DN_FAULT_AWAY});
    fault((dn_fault){.node = ORDERER, .kind = DN_FAULT_AWAY});
    devnet_restart(net);
    put("v");
}
END_TEST

START_TEST(orderers_have_ports_of_their_own_and_one_chain)
{
    int status;
    ck_assert_uint_eq(dn_network_orderer_count(network()), 2);
    const dn_endpoint *second = dn_network_orderer_at(network(), 1);
    ck_assert_str_eq(second->name, ORDERER2);
    ck_assert_uint_ne(second->port, dn_network_orderer(network())->port);
    order_at(1, envelope_of("v"));
    for (size_t i = 0; i < 2; i++) {
        stream_client *blocks =
            blocks_of(dn_network_orderer_at(network(), i), WIRE_ORDERER_DELIVER);
        ck_assert(next_block(blocks, &status) && next_block(blocks, &status));
        stream_client_close(blocks);
    }
    devnet_restart(net);
    ck_assert_str_eq(dn_network_orderer_at(network(), 1)->name, ORDERER2);
    order_at(1, envelope_of("w"));
}
END_TEST

START_TEST(faults_of_no_node_and_of_the_wrong_one_are_refused)
{
    dn_fault wrong = {.node = "peer9.org1.example.com", .kind = DN_FAULT_AWAY}, found;
    ck_assert_int_eq(dn_network_fault_set(network(), &wrong, &err), HEDDLE_E_NOT_FOUND);
    ck_assert_ptr_nonnull(
        strstr(err.message, "no node peer9.org1.example.com; there are " ORDERER));
    ck_assert_int_eq(dn_network_fault_clear(network(), wrong.node, &err), HEDDLE_E_NOT_FOUND);
    wrong = (dn_fault){.node = ORDERER, .kind = DN_FAULT_LAG};
    ck_assert_int_eq(dn_network_fault_set(network(), &wrong, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "\"lag\" is only of peers"));
    ck_assert(!dn_network_fault_at(network(), 0, &found));
}
END_TEST

/* Events. */

typedef struct found {
    unsigned count;
    char text[256];
} found;

static void note(const dn_event *event, void *at)
{
    found *f = at;
    size_t len = strlen(f->text);
    f->count++;
    ck_assert_uint_eq(strlen(event->tx_id), WIRE_TX_ID_SIZE - 1);
    snprintf(f->text + len, sizeof(f->text) - len, "%llu.%llu %s;",
             (unsigned long long)event->block, (unsigned long long)event->position, event->name);
}

static void assert_events(size_t peer, const char *of, uint64_t block, const char *text)
{
    found f = {0};
    dn_network_events(network(), peer, of, block, note, &f);
    ck_assert_str_eq(f.text, text);
}

static void emit(const char *name)
{
    uint64_t before = dn_network_ordered_height(network());
    order_at(0, envelope_of_call(PROPOSE("cc", "event", name, "data")));
    await_height(0, before + 1);
}

START_TEST(events_are_found_from_any_block_on)
{
    fault((dn_fault){.node = PEER1, .kind = DN_FAULT_HOLD, .height = 2});
    emit("one");
    put("nothing");
    emit("two");
    assert_events(0, "cc", 0, "1.0 one;3.0 two;");
    assert_events(0, "cc", 2, "3.0 two;");
    assert_events(0, "cc", 4, "");
    assert_events(0, "other", 0, "");
    await_height(1, 2);
    assert_events(1, "cc", 0, "1.0 one;");
    devnet_restart(net);
    assert_events(0, "cc", 0, "1.0 one;3.0 two;");
}
END_TEST

static TCase *with_network(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("devnet/faults");
    suite_add_tcase(suite,
                    with_network(SUITE_CASE("calls", a_call_is_refused_so_often_and_then_served,
                                            every_call_of_a_node_is_dropped_until_it_is_cleared,
                                            a_call_is_answered_late_or_later_than_its_deadline,
                                            a_network_stops_while_a_call_is_delayed,
                                            a_peer_that_disagrees_endorses_something_else,
                                            a_peer_that_disagrees_about_a_query_writes)));
    suite_add_tcase(suite, with_network(SUITE_CASE(
                               "heights", a_peer_that_is_held_serves_what_was_until_it_may_go_on,
                               a_peer_lags_behind_by_so_many_blocks, commits_of_a_peer_can_be_slow,
                               a_peer_may_tell_a_height_that_it_does_not_have,
                               events_are_found_from_any_block_on)));
    suite_add_tcase(suite,
                    with_network(SUITE_CASE("blocks", a_stream_is_cut_after_any_number_of_blocks,
                                            a_stream_that_waits_is_cut_when_the_fault_comes,
                                            a_stream_ends_with_a_status_of_fabric,
                                            each_block_of_a_stream_is_late)));
    suite_add_tcase(
        suite, with_network(SUITE_CASE("ordering", an_envelope_is_refused_with_a_status,
                                       an_envelope_is_lost_although_it_was_taken,
                                       an_envelope_is_ordered_although_nobody_says_so,
                                       a_broadcast_is_cut_after_so_many_envelopes,
                                       envelopes_that_are_late_keep_their_order,
                                       an_orderer_that_is_held_takes_envelopes_and_cuts_no_block,
                                       a_block_can_be_cut_late)));
    suite_add_tcase(suite,
                    with_network(SUITE_CASE("away", a_peer_goes_away_comes_back_and_catches_up,
                                            where_one_orderer_is_away_another_takes_envelopes,
                                            a_network_stops_while_nodes_are_away,
                                            orderers_have_ports_of_their_own_and_one_chain,
                                            faults_of_no_node_and_of_the_wrong_one_are_refused)));
    return suite_run(suite);
}
