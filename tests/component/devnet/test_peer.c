/* Proposals, transactions and queries against a whole network with a scripted chaincode. */
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/material/signer.h"
#include "discovery/protocol.pb-c.h"
#include "orderer/ab.pb-c.h"
#include "peer/chaincode_shim.pb-c.h"
#include "peer/events.pb-c.h"
#include "rpc/call.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/scripted_chaincode.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/codec.h"
#include "wire/seek.h"
#include "wire/services.h"
#include "wire/transaction.h"

enum { PEERS = 2 };

static devnet *net;
static scripted_chaincode *chaincode;
static scripted_chaincode *other;
static dn_chaincode chaincodes[2];
static rpc_channel *channels[PEERS];
static dn_signer *user;
static dn_signer *user2;
static base_arena *arena;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static dn_signer *signer_of(const char *domain, const char *mspid)
{
    dn_signer *signer = NULL;
    check(dn_signer_load(devnet_msp(net, domain, "User1"), mspid, &signer, &err));
    return signer;
}

static rpc_channel *connect_to_peer(size_t i)
{
    rpc_channel *channel = NULL;
    const dn_endpoint *peer = dn_network_peer(devnet_network(net), i);
    base_auto_buffer base_buffer roots = {0};
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    check(base_read_file(peer->tls_ca, 0, &roots, &err));
    rpc_tls_client tls = {.roots_pem = base_buffer_view(&roots)};
    rpc_channel_options options = {.target = peer->address};
    check(rpc_client_creds_tls(&tls, &creds, &err));
    check(rpc_channel_open(&options, creds, &channel, &err));
    return channel;
}

static void connect_all(void)
{
    for (size_t i = 0; i < PEERS; i++)
        channels[i] = connect_to_peer(i);
}

static void disconnect_all(void)
{
    for (size_t i = 0; i < PEERS; i++)
        rpc_channel_close(channels[i]);
}

static void setup(void)
{
    dn_options options = devnet_options();
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    arena = base_arena_new(0);
    chaincode = scripted_chaincode_start(0);
    other = scripted_chaincode_start(0);
    chaincodes[0] = (dn_chaincode){.name = "cc", .address = scripted_chaincode_address(chaincode)};
    chaincodes[1] = (dn_chaincode){.name = "cc2",
                                   .address = scripted_chaincode_address(other),
                                   .policy = "OR('Org1MSP.peer','Org2MSP.peer')"};
    options.chaincodes = chaincodes;
    options.chaincode_count = 2;
    options.execute_timeout_ms = 4000;
    net = devnet_start(&options);
    user = signer_of("org1.example.com", "Org1MSP");
    user2 = signer_of("org2.example.com", "Org2MSP");
    connect_all();
}

static void teardown(void)
{
    disconnect_all();
    dn_signer_free(user);
    dn_signer_free(user2);
    devnet_free(net);
    scripted_chaincode_stop(chaincode);
    scripted_chaincode_stop(other);
    base_arena_free(arena);
    rpc_shutdown();
}

/* Proposals. */

typedef struct request {
    const char *channel;
    const char *chaincode;
    const dn_signer *signer;
    const char *args[6];
    bool spoil; /* the signature */
} request;

typedef struct proposed {
    heddle_view signed_bytes;
    wire_proposal proposal;
    char tx_id[WIRE_TX_ID_SIZE];
} proposed;

static proposed propose(const request *r)
{
    static unsigned counter;
    proposed p;
    heddle_view args[6], bytes;
    size_t count = 0;
    crypto_signature signature;
    const dn_signer *signer = r->signer ? r->signer : user;
    char *nonce =
        base_arena_printf(arena, "nonce-%u-%lld", ++counter, (long long)base_wall_now().nanos);
    while (count < 6 && r->args[count]) {
        args[count] = heddle_view_str(r->args[count]);
        count++;
    }
    wire_proposal_draft draft = {.channel = heddle_view_str(r->channel ? r->channel : "mychannel"),
                                 .chaincode = heddle_view_str(r->chaincode ? r->chaincode : "cc"),
                                 .creator = dn_signer_identity(signer),
                                 .nonce = heddle_view_str(nonce),
                                 .time = base_wall_now(),
                                 .args = args,
                                 .arg_count = count};
    check(wire_proposal_write(&draft, arena, &bytes, p.tx_id, &err));
    check(dn_signer_sign(signer, &bytes, 1, &signature, &err));
    if (r->spoil)
        check(dn_signer_sign(signer, &bytes, 0, &signature, &err));
    check(wire_signed_proposal_write(bytes, crypto_signature_view(&signature), arena,
                                     &p.signed_bytes, &err));
    check(wire_proposal_read(bytes, arena, &p.proposal, &err));
    return p;
}

static heddle_status endorse(size_t peer, const proposed *p, wire_proposal_response *out)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    rpc_call_options options = {.method = WIRE_ENDORSER_PROCESS_PROPOSAL,
                                .deadline_ms = base_now_ms() + 20000,
                                .wait_for_ready = true};
    heddle_status status =
        rpc_call_blocking(channels[peer], &options, p->signed_bytes, &bytes, &err);
    if (status != HEDDLE_OK)
        return status;
    heddle_view kept = base_arena_view(arena, rpc_bytes_view(bytes));
    check(wire_proposal_response_read(kept, out, &err));
    return HEDDLE_OK;
}

static wire_proposal_response evaluate(const request *r)
{
    wire_proposal_response response;
    proposed p = propose(r);
    check(endorse(0, &p, &response));
    return response;
}

#define CALL(...) evaluate(&(request){.args = {__VA_ARGS__}})

static void assert_response(const wire_proposal_response *response, int status, const char *text)
{
    ck_assert_msg(response->status == status, "%d %.*s", response->status,
                  BASE_VIEW_ARG(response->message));
    char *message = base_arena_str(arena, response->message);
    ck_assert_msg(strstr(message, text) != NULL, "%s", message);
    ck_assert(response->has_endorsement == (status < 400));
}

static void assert_call_fails(const request *r, const char *text)
{
    wire_proposal_response response;
    proposed p = propose(r);
    ck_assert_int_ne(endorse(0, &p, &response), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, RPC_UNKNOWN);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
}

/* Transactions. */

static heddle_view assemble(const proposed *p, size_t peer_count)
{
    wire_proposal_response responses[PEERS];
    heddle_view payload, envelope;
    crypto_signature signature;
    for (size_t i = 0; i < peer_count; i++)
        check(endorse(i, p, &responses[i]));
    check(wire_transaction_write(&p->proposal, responses, peer_count, arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    return envelope;
}

/* Order envelopes; the height of the chain when they are all in blocks. */
static void order(const heddle_view *envelopes, size_t count)
{
    const dn_endpoint *orderer = dn_network_orderer(devnet_network(net));
    stream_client_options options = {
        .address = orderer->address, .tls_ca = orderer->tls_ca, .method = WIRE_ORDERER_BROADCAST};
    stream_client *client = stream_client_open(&options);
    for (size_t i = 0; i < count; i++)
        stream_client_send(client, envelopes[i]);
    for (size_t i = 0; i < count; i++) {
        Orderer__BroadcastResponse *response;
        rpc_bytes *bytes = stream_client_next(client);
        check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response,
                          &err));
        ck_assert_int_eq((int)response->status, 200);
        rpc_bytes_unref(bytes);
    }
    stream_client_close(client);
}

/* The code that every peer gave the transaction, the first copy of it. */
static int code_on(size_t peer, const char *tx_id)
{
    for (;;) {
        request r = {.chaincode = "qscc", .args = {"GetTransactionByID", "mychannel", tx_id}};
        wire_proposal_response response;
        uint64_t before = dn_network_peer_height(devnet_network(net), peer);
        proposed p = propose(&r);
        check(endorse(peer, &p, &response));
        if (response.status == 200) {
            wire_reader reader = wire_reader_of(response.result);
            wire_field field;
            int code = 0;
            while (wire_reader_next(&reader, &field)) {
                if (field.number == 2)
                    code = (int)field.varint;
            }
            return code;
        }
        check(dn_network_wait_height(devnet_network(net), before + 1, 20000, &err));
    }
}

static int submit_to(const request *r, size_t peer_count)
{
    proposed p = propose(r);
    heddle_view envelope = assemble(&p, peer_count);
    order(&envelope, 1);
    int code = code_on(0, p.tx_id);
    ck_assert_int_eq(code_on(1, p.tx_id), code);
    return code;
}

#define SUBMIT(...) submit_to(&(request){.args = {__VA_ARGS__}}, PEERS)

START_TEST(a_transaction_is_endorsed_ordered_and_committed)
{
    ck_assert_int_eq(SUBMIT("put", "k", "v1"), WIRE_CODE_VALID);
    wire_proposal_response response = CALL("get", "k");
    assert_response(&response, 200, "");
    ck_assert(base_view_is(response.result, "v1"));
    ck_assert_int_eq(SUBMIT("put", "k", ""), WIRE_CODE_VALID);
    response = CALL("get", "k");
    ck_assert_uint_eq(response.result.len, 0);
}
END_TEST

START_TEST(peers_give_equal_payloads_and_name_the_policies_needed)
{
    wire_proposal_response a, b;
    heddle_view call, name;
    request r = {.args = {"incr", "n"}};
    proposed p = propose(&r);
    check(endorse(0, &p, &a));
    check(endorse(1, &p, &b));
    ck_assert(base_view_equal(a.payload, b.payload));
    ck_assert(!base_view_equal(a.endorser, b.endorser));
    ck_assert(wire_field_find(a.interest, 1, &call));
    ck_assert(wire_field_find(call, 1, &name) && base_view_is(name, "cc"));
}
END_TEST

START_TEST(of_two_increments_that_read_the_same_one_is_valid)
{
    proposed p[2];
    heddle_view envelopes[2];
    for (int i = 0; i < 2; i++) {
        request r = {.args = {"incr", "n"}};
        p[i] = propose(&r);
        envelopes[i] = assemble(&p[i], PEERS);
    }
    order(envelopes, 2);
    ck_assert_int_eq(code_on(0, p[0].tx_id), WIRE_CODE_VALID);
    ck_assert_int_eq(code_on(0, p[1].tx_id), WIRE_CODE_MVCC_READ_CONFLICT);
    ck_assert_int_eq(code_on(1, p[1].tx_id), WIRE_CODE_MVCC_READ_CONFLICT);
}
END_TEST

START_TEST(a_range_with_a_new_key_is_a_phantom)
{
    ck_assert_int_eq(SUBMIT("put", "r1", "v"), WIRE_CODE_VALID);
    request scan = {.args = {"range", "r", "s"}}, put = {.args = {"put", "r2", "v"}};
    proposed a = propose(&scan), b = propose(&put);
    heddle_view late = assemble(&a, PEERS), first = assemble(&b, PEERS);
    order(&first, 1);
    ck_assert_int_eq(code_on(0, b.tx_id), WIRE_CODE_VALID);
    order(&late, 1);
    ck_assert_int_eq(code_on(0, a.tx_id), WIRE_CODE_PHANTOM_READ_CONFLICT);
}
END_TEST

START_TEST(an_envelope_sent_twice_counts_once)
{
    request r = {.args = {"put", "k", "v"}};
    proposed p = propose(&r);
    heddle_view envelope = assemble(&p, PEERS);
    heddle_view both[2] = {envelope, envelope};
    order(both, 2);
    ck_assert_int_eq(code_on(0, p.tx_id), WIRE_CODE_VALID);
    uint64_t before = dn_network_ordered_height(devnet_network(net));
    order(&envelope, 1);
    check(dn_network_wait_height(devnet_network(net), before + 1, 20000, &err));
    ck_assert_int_eq(code_on(0, p.tx_id), WIRE_CODE_VALID);
    wire_proposal_response response;
    ck_assert_int_ne(endorse(0, &p, &response), HEDDLE_OK);
    char *text = base_arena_printf(arena, "duplicate transaction found [%s]. Creator [", p.tx_id);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
}
END_TEST

START_TEST(too_few_endorsements_fail_the_policy)
{
    ck_assert_int_eq(submit_to(&(request){.args = {"put", "k", "v"}}, 1),
                     WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(submit_to(&(request){.chaincode = "cc2", .args = {"put", "k", "v"}}, 1),
                     WIRE_CODE_VALID);
}
END_TEST

START_TEST(who_may_not_propose_is_told_so)
{
    assert_call_fails(
        &(request){.args = {"get", "k"}, .spoil = true},
        "error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]");
    wire_proposal_response response = evaluate(&(request){.channel = "nope", .args = {"get"}});
    assert_response(&response, 500, "channel 'nope' not found");
    response = evaluate(&(request){.chaincode = "nope", .args = {"get"}});
    assert_response(&response, 500,
                    "make sure the chaincode nope has been successfully defined on channel "
                    "mychannel and try again: chaincode nope not found");
    proposed broken = {.signed_bytes = VIEW("\xff\xff")};
    ck_assert_int_ne(endorse(0, &broken, &response), HEDDLE_OK);
}
END_TEST

START_TEST(a_chaincode_s_refusal_is_not_endorsed)
{
    wire_proposal_response response = CALL("status", "404", "nothing here");
    assert_response(&response, 404, "nothing here");
    ck_assert_uint_eq(response.payload.len, 0);
    response = CALL("status", "500", "boom");
    assert_response(&response, 500, "boom");
    ck_assert_uint_gt(response.payload.len, 0);
    response = CALL("error", "bang");
    assert_response(&response, 500, "error in simulation: transaction returned with failure: bang");
}
END_TEST

START_TEST(an_event_carries_the_peer_s_names)
{
    wire_endorsed endorsed;
    heddle_view name;
    wire_proposal_response response = CALL("event", "E", "data");
    check(wire_endorsed_read(response.payload, &endorsed, &err));
    ck_assert(wire_field_find(endorsed.event, 1, &name) && base_view_is(name, "cc"));
    ck_assert(wire_field_find(endorsed.event, 3, &name) && base_view_is(name, "E"));
    ck_assert_int_eq(SUBMIT("event", "E", "data"), WIRE_CODE_VALID);
}
END_TEST

START_TEST(chaincodes_call_each_other_but_not_themselves)
{
    Protos__ChaincodeMessage *message;
    wire_proposal_response response = CALL("call", "cc2", "get", "k");
    assert_response(&response, 200, "");
    check(wire_decode(protos__chaincode_message, response.result, arena, &message, &err));
    ck_assert_int_eq((int)message->type, PROTOS__CHAINCODE_MESSAGE__TYPE__COMPLETED);
    ck_assert_int_eq(SUBMIT("call", "cc2", "put", "shared", "v"), WIRE_CODE_VALID);
    response = evaluate(&(request){.chaincode = "cc2", .args = {"get", "shared"}});
    ck_assert(base_view_is(response.result, "v"));
    response = CALL("call", "cc", "get", "k");
    assert_response(&response, 500, "(mychannel) exists");
    response = CALL("call", "nope", "get", "k");
    assert_response(&response, 500, "execute failed: invalid invocation: [channel mychannel]");
    response = CALL("call", "cc2/elsewhere", "get", "k");
    assert_response(&response, 500, "Failed to get policy manager for channel [elsewhere]");
}
END_TEST

START_TEST(a_chaincode_may_call_those_of_the_peer)
{
    Protos__ChaincodeMessage *message;
    heddle_view bytes;
    wire_proposal_response response = CALL("call", "_lifecycle", "QueryChaincodeDefinitions", "");
    assert_response(&response, 200, "");
    check(wire_decode(protos__chaincode_message, response.result, arena, &message, &err));
    ck_assert(wire_field_find(wire_view(message->payload), 3, &bytes));
    ck_assert_ptr_nonnull(memmem(bytes.data, bytes.len, "cc2", 3));
    response = CALL("call", "cscc", "GetConfigBlock", "mychannel");
    assert_response(&response, 200, "");
    ck_assert_ptr_nonnull(memmem(response.result.data, response.result.len, "Rejecting", 9));
    response = CALL("call", "qscc", "GetChainInfo", "mychannel");
    assert_response(&response, 200, "");
    ck_assert_ptr_nonnull(memmem(response.result.data, response.result.len, "deadlocks", 9));
    response = CALL("call", "qscc/elsewhere", "GetChainInfo", "elsewhere");
    assert_response(&response, 500, "failed to find ledger for channel: elsewhere");
}
END_TEST

START_TEST(a_chaincode_that_breaks_the_protocol_loses_its_stream_only)
{
    static const char *const breaks[] = {"die", "garbage", "unknown"};
    for (size_t i = 0; i < BASE_COUNT(breaks); i++) {
        wire_proposal_response response = CALL(breaks[i]);
        assert_response(&response, 500, "error sending: chaincode stream terminated");
        response = CALL("get", "k");
        assert_response(&response, 200, "");
    }
    wire_proposal_response response = CALL("stranger", "k");
    assert_response(&response, 500,
                    "GET_STATE failed: transaction ID: stranger: no ledger context");
}
END_TEST

START_TEST(a_chaincode_that_never_answers_is_given_up)
{
    wire_proposal_response response = CALL("hang");
    assert_response(&response, 500, "error sending: timeout expired while executing transaction");
    response = CALL("get", "k");
    assert_response(&response, 200, "");
}
END_TEST

START_TEST(a_chaincode_may_be_away_and_come_back)
{
    uint16_t port = scripted_chaincode_port(chaincode);
    wire_proposal_response response = CALL("put", "k", "v");
    assert_response(&response, 200, "");
    scripted_chaincode_stop(chaincode);
    chaincode = NULL;
    response = CALL("get", "k");
    assert_response(&response, 500, "could not launch chaincode cc:1.0");
    chaincode = scripted_chaincode_start(port);
    response = CALL("get", "k");
    assert_response(&response, 200, "");
}
END_TEST

START_TEST(a_restarted_peer_has_every_block_and_its_state)
{
    ck_assert_int_eq(SUBMIT("put", "k", "v1"), WIRE_CODE_VALID);
    uint64_t height = dn_network_ordered_height(devnet_network(net));
    disconnect_all();
    devnet_restart(net);
    connect_all();
    check(dn_network_wait_height(devnet_network(net), height, 20000, &err));
    wire_proposal_response response = CALL("get", "k");
    ck_assert(base_view_is(response.result, "v1"));
    ck_assert_int_eq(SUBMIT("incr", "n"), WIRE_CODE_VALID);
}
END_TEST

/* System chaincodes. */

START_TEST(the_chain_can_be_asked_about)
{
    heddle_view hash;
    wire_block block;
    ck_assert_int_eq(SUBMIT("put", "k", "v"), WIRE_CODE_VALID);
    wire_proposal_response response =
        evaluate(&(request){.chaincode = "qscc", .args = {"GetBlockByNumber", "mychannel", "1"}});
    assert_response(&response, 200, "");
    check(wire_block_read(response.result, arena, &block, &err));
    ck_assert_uint_eq(block.number, 1);
    ck_assert_int_eq(wire_block_code(&block, 0), WIRE_CODE_VALID);
    response = evaluate(&(request){.chaincode = "qscc", .args = {"GetChainInfo", "mychannel"}});
    ck_assert(wire_field_find(response.result, 2, &hash));
    response =
        evaluate(&(request){.chaincode = "qscc", .args = {"GetBlockByNumber", "mychannel", "9"}});
    assert_response(&response, 500, "no such block number [9] in index");
    response = evaluate(&(request){.chaincode = "qscc", .args = {"GetChainInfo", "other"}});
    assert_response(&response, 500, "Invalid chain ID, other");
    response = evaluate(&(request){.chaincode = "cscc", .args = {"GetConfigBlock", "mychannel"}});
    check(wire_block_read(response.result, arena, &block, &err));
    ck_assert_uint_eq(block.number, 0);
    response = evaluate(&(request){.chaincode = "cscc", .args = {"GetChannels"}, .signer = user2});
    assert_response(&response, 500, "access denied for [GetChannels]");
}
END_TEST

/* Deliver. */

START_TEST(filtered_blocks_follow_the_chain)
{
    const dn_endpoint *peer = dn_network_peer(devnet_network(net), 1);
    stream_client_options options = {
        .address = peer->address, .tls_ca = peer->tls_ca, .method = WIRE_DELIVER_FILTERED};
    Protos__DeliverResponse *response;
    ck_assert_int_eq(SUBMIT("event", "E", "secret"), WIRE_CODE_VALID);
    wire_seek seek = {.start = {WIRE_SEEK_OLDEST, 0}};
    heddle_view data, payload, envelope;
    crypto_signature signature;
    wire_header header = {.type = 5,
                          .time = base_wall_now(),
                          .channel = VIEW("mychannel"),
                          .creator = dn_signer_identity(user),
                          .nonce = VIEW("nonce")};
    check(wire_seek_write(&seek, arena, &data, &err));
    check(wire_payload_write(&header, data, arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    stream_client *client = stream_client_open(&options);
    stream_client_send(client, envelope);
    for (uint64_t n = 0; n < 2; n++) {
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        check(wire_decode(protos__deliver_response, rpc_bytes_view(bytes), arena, &response, &err));
        ck_assert_int_eq((int)response->type_case, PROTOS__DELIVER_RESPONSE__TYPE_FILTERED_BLOCK);
        ck_assert_uint_eq(response->filtered_block->number, n);
    }
    const Protos__FilteredTransaction *tx = response->filtered_block->filtered_transactions[0];
    const Protos__ChaincodeEvent *event =
        tx->transaction_actions->chaincode_actions[0]->chaincode_event;
    ck_assert_str_eq(event->event_name, "E");
    ck_assert_uint_eq(event->payload.len, 0);
    stream_client_close(client);
}
END_TEST

/* Discovery. */

static char *user_tls(const char *file)
{
    return base_arena_printf(
        arena,
        "%s/crypto-config/peerOrganizations/org1.example.com/users/User1@org1.example.com/tls/%s",
        devnet_dir(net), file);
}

/* A channel to the first peer that shows a certificate. */
static rpc_channel *connect_with_certificate(base_buffer *cert)
{
    rpc_channel *channel = NULL;
    const dn_endpoint *peer = dn_network_peer(devnet_network(net), 0);
    base_auto_buffer base_buffer roots = {0};
    base_auto_buffer base_buffer key = {0};
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    check(base_read_file(peer->tls_ca, 0, &roots, &err));
    check(base_read_file(user_tls("client.crt"), 0, cert, &err));
    check(base_read_file(user_tls("client.key"), 0, &key, &err));
    rpc_tls_client tls = {base_buffer_view(&roots), base_buffer_view(cert), base_buffer_view(&key)};
    rpc_channel_options options = {.target = peer->address};
    check(rpc_client_creds_tls(&tls, &creds, &err));
    check(rpc_channel_open(&options, creds, &channel, &err));
    return channel;
}

static heddle_view discovery_request(Discovery__Query **queries, size_t count, heddle_view tls_hash)
{
    Discovery__Request inner = DISCOVERY__REQUEST__INIT;
    Discovery__AuthInfo auth = DISCOVERY__AUTH_INFO__INIT;
    Discovery__SignedRequest outer = DISCOVERY__SIGNED_REQUEST__INIT;
    crypto_signature signature;
    heddle_view payload, bytes;
    auth.client_identity = wire_bytes(dn_signer_identity(user));
    auth.client_tls_cert_hash = wire_bytes(tls_hash);
    inner.authentication = &auth;
    inner.queries = queries;
    inner.n_queries = count;
    check(wire_encode_arena(&inner.base, arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    outer.payload = wire_bytes(payload);
    outer.signature = wire_bytes(crypto_signature_view(&signature));
    check(wire_encode_arena(&outer.base, arena, &bytes, &err));
    return bytes;
}

static Discovery__Response *discover(Discovery__Query **queries, size_t count)
{
    base_auto_buffer base_buffer pem = {0};
    base_auto(rpc_channel) rpc_channel *channel = connect_with_certificate(&pem);
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    Discovery__Response *response;
    rpc_call_options options = {.method = WIRE_DISCOVERY_DISCOVER,
                                .deadline_ms = base_now_ms() + 20000,
                                .wait_for_ready = true};
    check(crypto_cert_parse(base_buffer_view(&pem), &cert, &err));
    heddle_view asked =
        discovery_request(queries, count, heddle_view_of(crypto_cert_sha256(cert), 32));
    check(rpc_call_blocking(channel, &options, asked, &bytes, &err));
    check(wire_decode(discovery__response, rpc_bytes_view(bytes), arena, &response, &err));
    ck_assert_uint_eq(response->n_results, count);
    return response;
}

static Discovery__QueryResult *ask_endorsers(const char *a, const char *b)
{
    Discovery__Query query = DISCOVERY__QUERY__INIT, *queries[] = {&query};
    Discovery__ChaincodeQuery of = DISCOVERY__CHAINCODE_QUERY__INIT;
    Protos__ChaincodeInterest interest = PROTOS__CHAINCODE_INTEREST__INIT,
                              *interests[] = {&interest};
    Protos__ChaincodeCall first = PROTOS__CHAINCODE_CALL__INIT;
    Protos__ChaincodeCall second = PROTOS__CHAINCODE_CALL__INIT, *calls[] = {&first, &second};
    first.name = wire_text(a);
    second.name = wire_text(b ? b : "");
    interest.chaincodes = calls;
    interest.n_chaincodes = b ? 2 : 1;
    of.interests = interests;
    of.n_interests = 1;
    query.channel = wire_text("mychannel");
    query.query_case = DISCOVERY__QUERY__QUERY_CC_QUERY;
    query.cc_query = &of;
    return discover(queries, 1)->results[0];
}

static void assert_layouts(const Discovery__QueryResult *result, size_t layouts, size_t groups)
{
    ck_assert_int_eq((int)result->result_case, DISCOVERY__QUERY_RESULT__RESULT_CC_QUERY_RES);
    const Discovery__EndorsementDescriptor *d = result->cc_query_res->content[0];
    ck_assert_uint_eq(d->n_layouts, layouts);
    ck_assert_uint_eq(d->layouts[0]->n_quantities_by_group, groups);
    ck_assert_uint_eq(d->layouts[0]->quantities_by_group[0]->value, 1);
    ck_assert_uint_eq(d->n_endorsers_by_groups, 2);
}

START_TEST(layouts_follow_the_policies_of_all_chaincodes_called)
{
    assert_layouts(ask_endorsers("cc", NULL), 1, 2);
    assert_layouts(ask_endorsers("cc2", NULL), 2, 1);
    assert_layouts(ask_endorsers("cc", "cc2"), 1, 2);
    const Discovery__QueryResult *missing = ask_endorsers("nope", NULL);
    ck_assert_str_eq(missing->error->content,
                     "failed constructing descriptor for chaincodes:<name:\"nope\" > ");
}
END_TEST

START_TEST(peers_and_configuration_are_told_to_writers)
{
    Discovery__Query peers = DISCOVERY__QUERY__INIT, config = peers, local = peers,
                     elsewhere = peers;
    Discovery__Query *queries[] = {&peers, &config, &local, &elsewhere};
    Discovery__PeerMembershipQuery peer_query = DISCOVERY__PEER_MEMBERSHIP_QUERY__INIT;
    Discovery__ConfigQuery config_query = DISCOVERY__CONFIG_QUERY__INIT;
    Discovery__LocalPeerQuery local_query = DISCOVERY__LOCAL_PEER_QUERY__INIT;
    peers.channel = config.channel = wire_text("mychannel");
    elsewhere.channel = wire_text("other");
    peers.query_case = DISCOVERY__QUERY__QUERY_PEER_QUERY;
    peers.peer_query = &peer_query;
    config.query_case = elsewhere.query_case = DISCOVERY__QUERY__QUERY_CONFIG_QUERY;
    config.config_query = elsewhere.config_query = &config_query;
    local.query_case = DISCOVERY__QUERY__QUERY_LOCAL_PEERS;
    local.local_peers = &local_query;
    const Discovery__Response *response = discover(queries, 4);
    ck_assert_uint_eq(response->results[0]->members->n_peers_by_org, 2);
    const Discovery__Peer *peer = response->results[0]->members->peers_by_org[1]->value->peers[0];
    ck_assert(peer->state_info && peer->membership_info && peer->identity.len);
    ck_assert_uint_eq(response->results[1]->config_result->n_msps, 3);
    ck_assert_uint_eq(response->results[1]->config_result->orderers[0]->value->endpoint[0]->port,
                      dn_network_orderer(devnet_network(net))->port);
    ck_assert_str_eq(response->results[2]->error->content, "access denied");
    ck_assert_str_eq(response->results[3]->error->content, "access denied");
}
END_TEST

START_TEST(discovery_is_bound_to_the_connection)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    base_auto_buffer base_buffer pem = {0};
    base_auto(rpc_channel) rpc_channel *channel = connect_with_certificate(&pem);
    rpc_call_options options = {.method = WIRE_DISCOVERY_DISCOVER,
                                .deadline_ms = base_now_ms() + 20000,
                                .wait_for_ready = true};
    heddle_view asked = discovery_request(NULL, 0, VIEW("wrong"));
    ck_assert_int_ne(rpc_call_blocking(channels[0], &options, asked, &bytes, &err), HEDDLE_OK);
    ck_assert(strstr(err.message, "client didn't send a TLS certificate") != NULL);
    ck_assert_int_ne(rpc_call_blocking(channel, &options, asked, &bytes, &err), HEDDLE_OK);
    ck_assert(strstr(err.message, "client claimed TLS hash doesn't match") != NULL);
}
END_TEST

START_TEST(a_peer_says_that_it_serves)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    rpc_call_options options = {
        .method = WIRE_HEALTH_CHECK, .deadline_ms = base_now_ms() + 20000, .wait_for_ready = true};
    check(rpc_call_blocking(channels[0], &options, VIEW(""), &bytes, &err));
    ck_assert(base_view_equal(rpc_bytes_view(bytes), VIEW("\x08\x01")));
    options.method = WIRE_GATEWAY_EVALUATE;
    ck_assert_int_ne(rpc_call_blocking(channels[0], &options, VIEW(""), &bytes, &err), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, RPC_UNIMPLEMENTED);
}
END_TEST

static TCase *peer_case(void)
{
    TCase *tcase = SUITE_CASE(
        "peer", a_transaction_is_endorsed_ordered_and_committed,
        peers_give_equal_payloads_and_name_the_policies_needed,
        of_two_increments_that_read_the_same_one_is_valid, a_range_with_a_new_key_is_a_phantom,
        an_envelope_sent_twice_counts_once, too_few_endorsements_fail_the_policy,
        who_may_not_propose_is_told_so, a_chaincode_s_refusal_is_not_endorsed,
        an_event_carries_the_peer_s_names, chaincodes_call_each_other_but_not_themselves,
        a_chaincode_may_call_those_of_the_peer,
        a_chaincode_that_breaks_the_protocol_loses_its_stream_only,
        a_chaincode_that_never_answers_is_given_up, a_chaincode_may_be_away_and_come_back,
        a_restarted_peer_has_every_block_and_its_state, the_chain_can_be_asked_about,
        filtered_blocks_follow_the_chain, layouts_follow_the_policies_of_all_chaincodes_called,
        peers_and_configuration_are_told_to_writers, discovery_is_bound_to_the_connection,
        a_peer_says_that_it_serves);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/peer", peer_case())
