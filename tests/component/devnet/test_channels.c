/*
 * A network of two channels, and a third that orderers and peers join while it runs: by the
 * orderers' channel participation API and by cscc.
 */
#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/genesis/genesis.h"
#include "discovery/protocol.pb-c.h"
#include "http/client.h"
#include "orderer/ab.pb-c.h"
#include "peer/query.pb-c.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/proposer.h"
#include "support/scripted_chaincode.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/codec.h"
#include "wire/envelope.h"
#include "wire/services.h"

enum { ORGS = 2, ORDERERS = 2, WAIT_MS = 20000, NOT_THERE = 404 };

#define API  "/participation/v1/channels"
#define ANY  "OR('Org1MSP.peer','Org2MSP.peer')"
#define FORM "--b\r\nContent-Disposition: form-data; name=\"config-block\"; filename=\"b\"\r\n\r\n"

static devnet *net;
static scripted_chaincode *server;
static dn_chaincode chaincodes[2];
static rpc_channel *peers[ORGS];
static dn_signer *user; /* of the first organisation */
static dn_signer *users[ORGS];
static dn_signer *admin;
static http_client *apis[ORDERERS];
static http_answer answer;
static base_buffer third; /* the genesis block */
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

static const dn_endpoint *orderer(size_t index)
{
    return dn_network_orderer_at(network(), index);
}

/* The network. */

static base_buffer read_below(const char *path)
{
    base_buffer bytes = {0};
    char *whole = base_arena_printf(arena, "%s/%s", devnet_dir(net), path);
    check(base_read_file(whole, 0, &bytes, &err));
    return bytes;
}

#define ORDERER_ADMIN "crypto-config/ordererOrganizations/example.com/users/Admin@example.com/tls/"

static http_client *open_api(size_t index, const char *cert, const char *key)
{
    http_client *client = NULL;
    base_auto_buffer base_buffer roots = {0}, cert_pem = {0}, key_pem = {0};
    check(base_read_file(orderer(index)->tls_ca, 0, &roots, &err));
    if (cert) {
        cert_pem = read_below(cert);
        key_pem = read_below(key);
    }
    http_client_options options = {
        .url = base_arena_printf(arena, "https://%s", orderer(index)->admin_address),
        .tls_roots_pem = base_buffer_view(&roots),
        .client_cert_pem = base_buffer_view(&cert_pem),
        .client_key_pem = base_buffer_view(&key_pem)};
    check(http_client_new(&options, &client, &err));
    return client;
}

static void connect_all(void)
{
    for (size_t i = 0; i < ORGS; i++)
        peers[i] = proposer_connect(dn_network_peer(network(), i));
    for (size_t i = 0; i < ORDERERS; i++)
        apis[i] = open_api(i, ORDERER_ADMIN "client.crt", ORDERER_ADMIN "client.key");
}

static void disconnect_all(void)
{
    for (size_t i = 0; i < ORGS; i++)
        rpc_channel_close(peers[i]);
    for (size_t i = 0; i < ORDERERS; i++)
        http_client_free(apis[i]);
}

static void restart(void)
{
    disconnect_all();
    devnet_restart(net);
    connect_all();
}

/** Block 0 of a channel of all organisations, with another batch size than the others. */
static base_buffer make_genesis(const char *name)
{
    dn_material *material;
    base_buffer block = {0};
    uint16_t ports[ORDERERS] = {orderer(0)->port, orderer(1)->port};
    dn_material_options keys = {.dir = devnet_dir(net),
                                .host = "localhost",
                                .orderer_count = ORDERERS,
                                .org_count = ORGS,
                                .peers_per_org = 1};
    check(dn_material_open(&keys, &material, &err));
    dn_genesis_options options = {.channel = name,
                                  .material = material,
                                  .host = "localhost",
                                  .orderer_ports = ports,
                                  .peer_ports = ports,
                                  .batch_timeout_ms = 20,
                                  .batch_max_messages = 3,
                                  .batch_preferred_bytes = 1 << 20,
                                  .batch_absolute_bytes = 1 << 20};
    check(dn_genesis_make(&options, &block, &err));
    dn_material_free(material);
    return block;
}

static void setup(void)
{
    static const char *const more[] = {"second"};
    dn_options options = devnet_options();
    check(rpc_init(2, &err));
    arena = base_arena_new(0);
    server = scripted_chaincode_start(0);
    for (int i = 0; i < 2; i++)
        chaincodes[i] = (dn_chaincode){.channel = i ? "second" : NULL,
                                       .name = i ? "other" : "cc",
                                       .address = scripted_chaincode_address(server),
                                       .policy = ANY};
    scripted_chaincode_name(server, "cc:1.0");
    options.channel = "mychannel";
    options.more_channels = more;
    options.more_channel_count = 1;
    options.orderer_count = ORDERERS;
    options.chaincodes = chaincodes;
    options.chaincode_count = 2;
    net = devnet_start(&options);
    connect_all();
    for (int i = 0; i < ORGS; i++) {
        const char *domain = base_arena_printf(arena, "org%d.example.com", i + 1);
        const char *mspid = base_arena_printf(arena, "Org%dMSP", i + 1);
        check(dn_signer_load(devnet_msp(net, domain, "User1"), mspid, &users[i], &err));
    }
    user = users[0];
    check(dn_signer_load(devnet_msp(net, "org1.example.com", "Admin"), "Org1MSP", &admin, &err));
    third = make_genesis("third");
}

static void teardown(void)
{
    base_buffer_done(&third);
    http_answer_done(&answer);
    disconnect_all();
    for (size_t i = 0; i < ORGS; i++)
        dn_signer_free(users[i]);
    dn_signer_free(admin);
    devnet_free(net);
    scripted_chaincode_stop(server);
    base_arena_free(arena);
    rpc_shutdown();
}

/* Proposals. */

static wire_proposal_response propose(size_t org, const proposer_request *request, proposed *out)
{
    *out = proposer_propose(request, arena);
    return proposer_endorse(peers[org], out, arena);
}

static wire_proposal_response call(size_t org, const proposer_request *request)
{
    proposed p;
    return propose(org, request, &p);
}

static void assert_refused(wire_proposal_response r, const char *text)
{
    char *message = base_arena_str(arena, r.message);
    ck_assert_int_eq(r.status, 500);
    ck_assert_msg(strstr(message, text) != NULL, "%s", message);
}

/** Ask qscc how high a channel is on a peer. */
static wire_proposal_response ask_height(size_t org, const char *channel)
{
    return call(org, &(proposer_request){.signer = users[org],
                                         .channel = "",
                                         .chaincode = "qscc",
                                         .args = {"GetChainInfo", channel}});
}

static wire_proposal_response join_peer(size_t org, const dn_signer *by, heddle_view block)
{
    return call(org, &(proposer_request){.signer = by,
                                         .channel = "",
                                         .chaincode = "cscc",
                                         .args = {"JoinChain"},
                                         .last = block});
}

static void join_first_peer(void)
{
    wire_proposal_response r = join_peer(0, admin, base_buffer_view(&third));
    ck_assert_msg(r.status == 200, "%.*s", BASE_VIEW_ARG(r.message));
}

static void assert_channels(size_t org, const char *const *names, size_t count)
{
    Protos__ChannelQueryResponse *list;
    wire_proposal_response r = call(org, &(proposer_request){.signer = users[org],
                                                             .channel = "",
                                                             .chaincode = "cscc",
                                                             .args = {"GetChannels"}});
    ck_assert_int_eq(r.status, 200);
    check(wire_decode(protos__channel_query_response, r.result, arena, &list, &err));
    ck_assert_uint_eq(list->n_channels, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(list->channels[i]->channel_id, names[i]);
}

/* Envelopes and blocks. */

/** An envelope of a channel that any orderer of it takes, whatever a peer thinks of it. */
static heddle_view make_envelope_of(int type, const char *channel)
{
    heddle_view payload, bytes;
    crypto_signature signature;
    wire_header header = {.type = type,
                          .channel = heddle_view_str(channel),
                          .creator = dn_signer_identity(user),
                          .nonce = VIEW("nonce")};
    check(wire_payload_write(&header, VIEW("nothing"), arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &bytes, &err));
    return bytes;
}

static heddle_view make_envelope(const char *channel)
{
    return make_envelope_of(COMMON__HEADER_TYPE__ENDORSER_TRANSACTION, channel);
}

static int broadcast(size_t index, const char *channel, const char **out_info)
{
    stream_client_options options = {.address = orderer(index)->address,
                                     .tls_ca = orderer(index)->tls_ca,
                                     .method = WIRE_ORDERER_BROADCAST};
    Orderer__BroadcastResponse *response;
    stream_client *client = stream_client_open(&options);
    stream_client_send(client, make_envelope(channel));
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response, &err));
    stream_client_close(client);
    *out_info = response->info;
    return (int)response->status;
}

static stream_client *seek(const dn_endpoint *node, const char *method, const char *channel,
                           uint64_t first, uint64_t last)
{
    stream_client_options options = {
        .address = node->address, .tls_ca = node->tls_ca, .method = method};
    stream_client *client = stream_client_open(&options);
    stream_client_send(client, proposer_seek_on(channel, user, first, last, arena));
    return client;
}

/** The next status of a Deliver stream, past its blocks. */
static int next_status(stream_client *client)
{
    Orderer__DeliverResponse *response;
    do {
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        ck_assert_ptr_nonnull(bytes);
        check(
            wire_decode(orderer__deliver_response, rpc_bytes_view(bytes), arena, &response, &err));
    } while (response->type_case != ORDERER__DELIVER_RESPONSE__TYPE_STATUS);
    return (int)response->status;
}

static int deliver_status(const dn_endpoint *node, const char *method, const char *channel)
{
    stream_client *client = seek(node, method, channel, 0, 0);
    int status = next_status(client);
    stream_client_close(client);
    return status;
}

/* The participation API. */

static void ask_api(size_t index, const char *method, const char *path, const char *type,
                    heddle_view body)
{
    const char *headers[] = {type};
    http_request request = {.method = method,
                            .path = path,
                            .headers = headers,
                            .header_count = type ? 1 : 0,
                            .has_body = type != NULL,
                            .body = body};
    http_answer_done(&answer);
    check(http_client_ask(apis[index], &request, &answer, &err));
}

static void get(size_t index, const char *path)
{
    ask_api(index, "GET", path, NULL, VIEW(""));
}

static void post(size_t index, heddle_view body)
{
    ask_api(index, "POST", API, "Content-Type: multipart/form-data; boundary=b", body);
}

static base_buffer make_form(const char *key, heddle_view content)
{
    base_buffer body = {0};
    ck_assert_int_eq(base_buffer_printf(&body,
                                        "--b\r\nContent-Disposition: form-data; name=\"%s\"; "
                                        "filename=\"f\"\r\n\r\n",
                                        key),
                     HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&body, content), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&body, "\r\n--b--\r\n"), HEDDLE_OK);
    return body;
}

static void post_block(size_t index, heddle_view block)
{
    base_auto_buffer base_buffer body = make_form("config-block", block);
    post(index, base_buffer_view(&body));
}

static void put_update(size_t index, heddle_view envelope)
{
    base_auto_buffer base_buffer body = make_form("config-update-envelope", envelope);
    ask_api(index, "PUT", API, "Content-Type: multipart/form-data; boundary=b",
            base_buffer_view(&body));
}

static void assert_answer(long status, const char *text)
{
    const char *body = base_buffer_cstr(&answer.body);
    ck_assert_msg(answer.status == status && strstr(body, text), "%ld %s", answer.status, body);
}

static void join_orderer(size_t index)
{
    post_block(index, base_buffer_view(&third));
    assert_answer(201, "{\"name\":\"third\",\"url\":\"" API
                       "/third\",\"consensusRelation\":\"consenter\",\"status\":\"active\","
                       "\"height\":");
}

static void leave_orderer(size_t index)
{
    ask_api(index, "DELETE", API "/third", NULL, VIEW(""));
    assert_answer(204, "");
}

static void wait_height(size_t org, const char *channel, uint64_t height)
{
    check(dn_network_wait_peer_height_of(network(), org, channel, height, WAIT_MS, &err));
}

/* Two channels. */

#define SUBMIT(channel, nonce, chaincode, ...)                                                     \
    submit(&(proposer_request){user, channel, nonce, chaincode, {__VA_ARGS__}, {0}, false})

static const char *submit(const proposer_request *request)
{
    proposed p;
    uint64_t block;
    wire_proposal_response r = propose(0, request, &p);
    ck_assert_msg(r.status == 200, "%.*s", BASE_VIEW_ARG(r.message));
    heddle_view envelope = proposer_assemble(&p, &r, 1, arena);
    proposer_order(orderer(1), &envelope, 1, arena);
    for (size_t i = 0; i < ORGS; i++)
        ck_assert_int_eq(proposer_code_on(request->channel, dn_network_peer(network(), i), user,
                                          p.tx_id, arena, &block),
                         0);
    return base_arena_strdup(arena, p.tx_id);
}

static void assert_value(const char *channel, const char *chaincode, const char *value)
{
    wire_proposal_response r = call(
        1, &(proposer_request){
               .signer = user, .channel = channel, .chaincode = chaincode, .args = {"get", "key"}});
    ck_assert_msg(r.status == 200, "%.*s", BASE_VIEW_ARG(r.message));
    ck_assert_msg(base_view_is(r.result, value), "%.*s", BASE_VIEW_ARG(r.result));
}

START_TEST(channels_have_ledgers_of_their_own)
{
    ck_assert_str_eq(dn_network_channel_at(network(), 1), "second");
    SUBMIT("mychannel", NULL, "cc", "put", "key", "one");
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "mychannel"), 2);
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "second"), 1);
    ck_assert_uint_eq(dn_network_peer_height_of(network(), 1, "mychannel"), 2);
    ck_assert_uint_eq(dn_network_peer_height_of(network(), 1, "second"), 1);
    assert_value("mychannel", "cc", "one");
}
END_TEST

START_TEST(a_chaincode_is_on_the_channel_it_was_given_for)
{
    const proposer_request wrong = {
        .signer = user, .channel = "second", .chaincode = "cc", .args = {"get", "key"}};
    assert_refused(call(0, &wrong), "make sure the chaincode cc has been successfully defined on "
                                    "channel second and try again: chaincode cc not found");
    scripted_chaincode_name(server, "other:1.0");
    SUBMIT("second", NULL, "other", "put", "key", "two");
    assert_value("second", "other", "two");
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "mychannel"), 1);
}
END_TEST

START_TEST(channels_may_have_transactions_of_one_id)
{
    const char *first = SUBMIT("mychannel", "the same", "cc", "put", "key", "one");
    scripted_chaincode_name(server, "other:1.0");
    const char *second = SUBMIT("second", "the same", "other", "put", "key", "two");
    ck_assert_str_eq(first, second);
}
END_TEST

static void assert_called(const char *target, const char *fn, const char *value)
{
    wire_proposal_response r = call(
        0, &(proposer_request){
               .signer = user, .chaincode = "cc", .args = {"call", target, fn, "key", "changed"}});
    char *result = base_arena_str(arena, r.result);
    ck_assert_msg(r.status == 200, "%.*s", BASE_VIEW_ARG(r.message));
    ck_assert_msg(memmem(r.result.data, r.result.len, value, strlen(value)) != NULL, "%s", result);
}

START_TEST(a_chaincode_reads_on_another_channel)
{
    assert_value("mychannel", "cc", "");
    scripted_chaincode_name(server, "other:1.0");
    SUBMIT("second", NULL, "other", "put", "key", "the other's");
    assert_called("other/second", "get", "the other's");
    SUBMIT("mychannel", NULL, "cc", "call", "other/second", "put", "key", "changed");
    assert_value("second", "other", "the other's");
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "second"), 2);
    assert_refused(call(0, &(proposer_request){.signer = user,
                                               .chaincode = "cc",
                                               .args = {"call", "other/third", "get", "key"}}),
                   "Failed to get policy manager for channel [third]");
}
END_TEST

/* Whoever asks one stream for both gets the answers in the order of the requests. */
START_TEST(one_stream_takes_envelopes_of_several_channels)
{
    stream_client_options options = {.address = orderer(0)->address,
                                     .tls_ca = orderer(0)->tls_ca,
                                     .method = WIRE_ORDERER_BROADCAST};
    stream_client *client = stream_client_open(&options);
    for (int i = 0; i < 20; i++)
        stream_client_send(client, make_envelope(i % 3 ? "mychannel" : "second"));
    stream_client_send(client, make_envelope("elsewhere"));
    for (int i = 0; i <= 20; i++) {
        Orderer__BroadcastResponse *response;
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response,
                          &err));
        ck_assert_int_eq((int)response->status,
                         i < 20 ? COMMON__STATUS__SUCCESS : COMMON__STATUS__BAD_REQUEST);
    }
    stream_client_close(client);
}
END_TEST

START_TEST(an_unknown_channel_is_refused_everywhere)
{
    const char *info;
    const proposer_request request = {
        .signer = user, .channel = "elsewhere", .chaincode = "cc", .args = {"get", "key"}};
    assert_refused(call(0, &request), "channel 'elsewhere' not found");
    assert_refused(ask_height(0, "elsewhere"), "Invalid chain ID, elsewhere");
    ck_assert_int_eq(broadcast(0, "elsewhere", &info), COMMON__STATUS__BAD_REQUEST);
    ck_assert_str_eq(info, "channel does not exist");
    ck_assert_int_eq(deliver_status(orderer(0), WIRE_ORDERER_DELIVER, "elsewhere"), NOT_THERE);
    ck_assert_int_eq(deliver_status(dn_network_peer(network(), 0), WIRE_DELIVER_FULL, "elsewhere"),
                     NOT_THERE);
}
END_TEST

/* Joining. */

START_TEST(an_orderer_joins_and_leaves_a_channel)
{
    const char *info;
    get(0, API "/third");
    assert_answer(404, "{\"error\":\"channel does not exist\"}");
    join_orderer(0);
    get(0, API);
    assert_answer(200,
                  "{\"systemChannel\":null,\"channels\":[{\"name\":\"mychannel\",\"url\":\"" API
                  "/mychannel\"},{\"name\":\"second\",\"url\":\"" API
                  "/second\"},{\"name\":\"third\",\"url\":\"" API "/third\"}]}");
    ck_assert_int_eq(broadcast(0, "third", &info), COMMON__STATUS__SUCCESS);
    ck_assert_int_eq(broadcast(1, "third", &info), COMMON__STATUS__BAD_REQUEST);
    ck_assert_int_eq(deliver_status(orderer(1), WIRE_ORDERER_DELIVER, "third"), NOT_THERE);
    post_block(0, base_buffer_view(&third));
    assert_answer(405, "cannot join: channel already exists");
    leave_orderer(0);
    ask_api(0, "DELETE", API "/third", NULL, VIEW(""));
    assert_answer(404, "cannot remove: channel does not exist");
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "third"), 0);
    join_orderer(0);
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "third"), 1);
}
END_TEST

START_TEST(orderers_share_the_chain_they_serve)
{
    const char *info;
    base_auto_buffer base_buffer other = make_genesis("third");
    join_orderer(0);
    ck_assert_int_eq(broadcast(0, "third", &info), COMMON__STATUS__SUCCESS);
    post_block(1, base_buffer_view(&other));
    assert_answer(400, "cannot join: another channel third is there");
    join_orderer(1);
    leave_orderer(0);
    ck_assert_int_eq(broadcast(1, "third", &info), COMMON__STATUS__SUCCESS);
    ck_assert_int_eq(broadcast(0, "third", &info), COMMON__STATUS__BAD_REQUEST);
    get(1, API "/third/blocks/oldest");
    ck_assert_int_eq(answer.status, 200);
    ck_assert(base_view_equal(base_buffer_view(&answer.body), base_buffer_view(&third)));
}
END_TEST

START_TEST(streams_of_a_channel_that_is_left_end)
{
    join_orderer(0);
    stream_client *client = seek(orderer(0), WIRE_ORDERER_DELIVER, "third", 0, UINT64_MAX);
    base_auto(rpc_bytes) rpc_bytes *genesis = stream_client_next(client);
    ck_assert_ptr_nonnull(genesis);
    leave_orderer(0);
    ck_assert_int_eq(next_status(client), COMMON__STATUS__SERVICE_UNAVAILABLE);
    stream_client_close(client);
}
END_TEST

START_TEST(a_peer_joins_and_takes_what_was_ordered)
{
    static const char *const two[] = {"mychannel", "second"};
    static const char *const three[] = {"mychannel", "second", "third"};
    const char *info;
    join_orderer(0);
    ck_assert_int_eq(broadcast(0, "third", &info), COMMON__STATUS__SUCCESS);
    join_first_peer();
    wait_height(0, "third", 2);
    ck_assert_int_eq(ask_height(0, "third").status, 200);
    assert_channels(0, three, 3);
    assert_channels(1, two, 2);
    assert_refused(ask_height(1, "third"), "Invalid chain ID, third");
    ck_assert_int_eq(deliver_status(dn_network_peer(network(), 0), WIRE_DELIVER_FULL, "third"),
                     COMMON__STATUS__SUCCESS);
    ck_assert_int_eq(deliver_status(dn_network_peer(network(), 1), WIRE_DELIVER_FULL, "third"),
                     NOT_THERE);
}
END_TEST

START_TEST(a_peer_may_join_before_an_orderer)
{
    const char *info;
    join_first_peer();
    ck_assert_uint_eq(dn_network_peer_height_of(network(), 0, "third"), 1);
    join_orderer(1);
    ck_assert_int_eq(broadcast(1, "third", &info), COMMON__STATUS__SUCCESS);
    wait_height(0, "third", 2);
}
END_TEST

START_TEST(joining_is_for_administrators_and_once)
{
    wire_proposal_response r = join_peer(0, user, base_buffer_view(&third));
    assert_refused(r, "access denied for [JoinChain]: [Failed verifying that proposal's creator "
                      "satisfies local MSP principal during channelless check policy with policy "
                      "[Admins]");
    join_first_peer();
    assert_refused(join_peer(0, admin, base_buffer_view(&third)),
                   "cannot create ledger from genesis block: ledger [third] already exists with "
                   "state [ACTIVE]");
    assert_refused(join_peer(0, admin, VIEW("no block")),
                   "\"JoinChain\" failed because of validation of configuration block");
    assert_refused(call(0, &(proposer_request){.signer = admin,
                                               .channel = "",
                                               .chaincode = "cscc",
                                               .args = {"JoinChainBySnapshot", "/tmp"}}),
                   "JoinChainBySnapshot is not supported");
}
END_TEST

START_TEST(what_was_joined_is_there_after_a_restart)
{
    static const char *const three[] = {"mychannel", "second", "third"};
    const char *info;
    join_orderer(1);
    join_first_peer();
    ck_assert_int_eq(broadcast(1, "third", &info), COMMON__STATUS__SUCCESS);
    wait_height(0, "third", 2);
    restart();
    assert_channels(0, three, 3);
    get(0, API "/third");
    ck_assert_int_eq(answer.status, 404);
    ck_assert_int_eq(broadcast(1, "third", &info), COMMON__STATUS__SUCCESS);
    wait_height(0, "third", 3);
    leave_orderer(1);
    restart();
    assert_channels(0, three, 3);
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "third"), 0);
}
END_TEST

/* Before there were several channels the only ledger stood where their folders stand now. */
START_TEST(a_folder_of_one_channel_is_taken_over)
{
    static const char *const files[] = {"journal.log", "blocks.log"};
    SUBMIT("mychannel", NULL, "cc", "put", "key", "one");
    disconnect_all();
    const char *dir = devnet_dir(net);
    for (size_t i = 0; i < BASE_COUNT(files); i++) {
        char *from = base_arena_printf(arena, "%s/orderer/mychannel/%s", dir, files[i]);
        ck_assert_int_eq(rename(from, base_arena_printf(arena, "%s/orderer/%s", dir, files[i])), 0);
    }
    char *from =
        base_arena_printf(arena, "%s/peers/peer0.org1.example.com/mychannel/blocks.log", dir);
    char *to = base_arena_printf(arena, "%s/peers/peer0.org1.example.com/blocks.log", dir);
    ck_assert_int_eq(rename(from, to), 0);
    devnet_restart(net);
    connect_all();
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "mychannel"), 2);
    ck_assert_uint_eq(dn_network_peer_height_of(network(), 0, "mychannel"), 2);
    assert_value("mychannel", "cc", "one");
}
END_TEST

/* What is wrong with a request. */

START_TEST(a_client_shows_a_certificate_of_the_orderers)
{
    static const char *const others[][2] = {
        {NULL, NULL},
        {"crypto-config/peerOrganizations/org1.example.com/users/Admin@org1.example.com/tls/"
         "client.crt",
         "crypto-config/peerOrganizations/org1.example.com/users/Admin@org1.example.com/tls/"
         "client.key"}};
    for (size_t i = 0; i < BASE_COUNT(others); i++) {
        base_auto(http_client) http_client *stranger = open_api(0, others[i][0], others[i][1]);
        http_request request = {.method = "GET", .path = API};
        http_answer_done(&answer);
        ck_assert_int_ne(http_client_ask(stranger, &request, &answer, &err), HEDDLE_OK);
    }
    get(0, API);
    ck_assert_int_eq(answer.status, 200);
}
END_TEST

START_TEST(requests_that_are_none_are_refused)
{
    ask_api(0, "PATCH", API, NULL, VIEW(""));
    assert_answer(405, "invalid request method: PATCH");
    ask_api(0, "POST", API "/third", "Content-Type: text/plain", VIEW("x"));
    assert_answer(405, "invalid request method: POST");
    ask_api(0, "POST", API, "Content-Type: text/plain", VIEW("x"));
    assert_answer(400, "unsupported Content-Type: [text/plain]");
    ask_api(0, "POST", API, "Content-Type: multipart/form-data", VIEW(FORM "x\r\n--b--\r\n"));
    assert_answer(400, "cannot read form from request body");
    get(0, API "/Third");
    assert_answer(400, "invalid channel ID");
    get(0, API "/mychannel/blocks/last");
    assert_answer(400, "not equal <newest|oldest|config|(number)>");
    get(0, API "/mychannel/blocks/7");
    ck_assert_int_eq(answer.status, 404);
    get(0, "/metrics");
    ck_assert_int_eq(answer.status, 404);
    get(0, "/participation/v1/");
    ck_assert_int_eq(answer.status, 302);
}
END_TEST

START_TEST(bodies_that_are_no_form_are_refused)
{
    static const struct {
        const char *body;
        const char *text;
    } cases[] = {
        {"", "multipart: NextPart: EOF"},
        {"--b", "multipart: NextPart: the line of a boundary goes on"},
        {"--b\r\n", "multipart: NextPart: EOF"},
        {FORM, "multipart: NextPart: unexpected EOF"},
        {FORM "cut off", "multipart: NextPart: unexpected EOF"},
        {"--b--", "form does not contains part key: config-block"},
        {"--b\r\nContent-Disposition: form-data; name=\"other\"; filename=\"b\"\r\n\r\nx\r\n--b--",
         "form does not contains part key: config-block"},
        {"--b\r\nContent-Disposition: form-data; name=\"config-block\"\r\n\r\nx\r\n--b--",
         "form does not contains part key: config-block"},
        {FORM "x\r\n" FORM "x\r\n--b--", "form contains too many parts"},
        {FORM "x\r\n--b--", "invalid join block: "},
        {FORM "\r\n--b--", "invalid join block: "},
        {"\r\n" FORM "x\r\n--b--", "invalid join block: "},
        {"to be passed over\r\n" FORM "x\r\n--b--", "invalid join block: "},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        post(0, heddle_view_str(cases[i].body));
        assert_answer(400, cases[i].text);
    }
    base_auto_buffer base_buffer large = {0};
    for (int i = 0; i < 1100; i++)
        ck_assert_int_eq(base_buffer_printf(&large, "%01024d", i), HEDDLE_OK);
    post(0, base_buffer_view(&large));
    assert_answer(400, "request body too large");
}
END_TEST

START_TEST(blocks_that_begin_no_channel_are_refused)
{
    base_auto_buffer base_buffer bytes = fixture_read("golden-blocks/block_10.pb");
    post_block(0, base_buffer_view(&bytes));
    assert_answer(400, "invalid join block: ");
    base_auto_buffer base_buffer foreign = fixture_read("genesis.block");
    post_block(0, base_buffer_view(&foreign));
    ck_assert_int_ne(answer.status, 201);
    base_auto_buffer base_buffer broken = {0};
    ck_assert_int_eq(base_buffer_append(&broken, base_buffer_view(&third)), HEDDLE_OK);
    broken.data[broken.len / 2] ^= 1;
    post_block(0, base_buffer_view(&broken));
    assert_answer(400, "invalid join block: ");
    for (size_t len = 0; len < third.len; len += third.len / 40) {
        post_block(0, base_view_slice(base_buffer_view(&third), 0, len));
        assert_answer(400, "invalid join block: ");
    }
    join_orderer(0);
}
END_TEST

START_TEST(updates_that_change_nothing_are_refused)
{
    put_update(0, VIEW("no envelope"));
    assert_answer(400, "invalid config update envelope: bad payload");
    put_update(0, make_envelope("mychannel"));
    assert_answer(400, "invalid config update envelope: bad type");
    put_update(0, make_envelope_of(COMMON__HEADER_TYPE__CONFIG_UPDATE, "elsewhere"));
    assert_answer(405, "cannot update: channel does not exist");
    put_update(0, make_envelope_of(COMMON__HEADER_TYPE__CONFIG_UPDATE, "mychannel"));
    assert_answer(400, "cannot update: failed update config of channel mychannel: ");
    ck_assert_uint_eq(dn_network_ordered_height_of(network(), "mychannel"), 1);
}
END_TEST

static TCase *with_network(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN(
    "devnet/channels",
    with_network(SUITE_CASE("several", channels_have_ledgers_of_their_own,
                            a_chaincode_is_on_the_channel_it_was_given_for,
                            channels_may_have_transactions_of_one_id,
                            a_chaincode_reads_on_another_channel,
                            one_stream_takes_envelopes_of_several_channels,
                            an_unknown_channel_is_refused_everywhere)),
    with_network(SUITE_CASE(
        "joining", an_orderer_joins_and_leaves_a_channel, orderers_share_the_chain_they_serve,
        streams_of_a_channel_that_is_left_end, a_peer_joins_and_takes_what_was_ordered,
        a_peer_may_join_before_an_orderer, joining_is_for_administrators_and_once,
        what_was_joined_is_there_after_a_restart, a_folder_of_one_channel_is_taken_over)),
    with_network(SUITE_CASE("requests", a_client_shows_a_certificate_of_the_orderers,
                            requests_that_are_none_are_refused, bodies_that_are_no_form_are_refused,
                            blocks_that_begin_no_channel_are_refused,
                            updates_that_change_nothing_are_refused)))
