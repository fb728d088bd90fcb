/* Chaincode that dials the peers: who may register, what it is told, and that it is called. */
#include <pthread.h>
#include <stdio.h>

#include "base/view.h"
#include "package/package.h"
#include "peer/chaincode.pb-c.h"
#include "peer/chaincode_shim.pb-c.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "peer/proposal_response.pb-c.h"
#include "rpc/call.h"
#include "support/devnet.h"
#include "support/proposer.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/codec.h"
#include "wire/services.h"

#define TYPE(name) PROTOS__CHAINCODE_MESSAGE__TYPE__##name

typedef Protos__ChaincodeMessage message_t;

static const dn_chaincode chaincodes[] = {
    {.name = "cc", .dials_in = true, .policy = "OR('Org1MSP.peer')"},
    {.name = "served", .address = "127.0.0.1:1"}};
static devnet *net;
static rpc_channel *peer;
static dn_signer *user;
static base_arena *arena;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static void start(bool old_peers)
{
    dn_options options = devnet_options();
    options.chaincodes = chaincodes;
    options.chaincode_count = 2;
    options.org_count = 1;
    options.old_peers = old_peers;
    options.has_ca = false;
    check(rpc_init(2, &err));
    arena = base_arena_new(0);
    net = devnet_start(&options);
    check(dn_signer_load(devnet_msp(net, "org1.example.com", "User1"), "Org1MSP", &user, &err));
    peer = proposer_connect(dn_network_peer(devnet_network(net), 0));
}

static void setup(void)
{
    start(false);
}

static void setup_old(void)
{
    start(true);
}

static void teardown(void)
{
    rpc_channel_close(peer);
    dn_signer_free(user);
    devnet_free(net);
    base_arena_free(arena);
    rpc_shutdown();
}

/* A chaincode, by hand. */

static void send_message(stream_client *chaincode, const message_t *message)
{
    heddle_view bytes;
    check(wire_encode_arena(&message->base, arena, &bytes, &err));
    stream_client_send(chaincode, bytes);
}

static message_t *next_message(stream_client *chaincode)
{
    message_t *message;
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(chaincode);
    ck_assert_ptr_nonnull(bytes);
    heddle_view kept = base_arena_view(arena, rpc_bytes_view(bytes));
    check(wire_decode(protos__chaincode_message, kept, arena, &message, &err));
    return message;
}

static void send_register(stream_client *chaincode, const char *id)
{
    Protos__ChaincodeID name = PROTOS__CHAINCODE_ID__INIT;
    message_t message = PROTOS__CHAINCODE_MESSAGE__INIT;
    heddle_view payload;
    name.name = wire_text(id);
    check(wire_encode_arena(&name.base, arena, &payload, &err));
    message.type = TYPE(REGISTER);
    message.payload = wire_bytes(payload);
    send_message(chaincode, &message);
}

static stream_client *dial_as(const char *id, bool with_tls)
{
    const dn_endpoint *node = dn_network_peer(devnet_network(net), 0);
    stream_client_options options = {.address = with_tls ? node->address : node->chaincode_address,
                                     .tls_ca = with_tls ? node->tls_ca : NULL,
                                     .method = WIRE_CHAINCODE_REGISTER};
    stream_client *chaincode = stream_client_open(&options);
    send_register(chaincode, id);
    return chaincode;
}

/* What is in READY; the arena's. */
static Protos__ChaincodeAdditionalParams *await_ready(stream_client *chaincode)
{
    Protos__ChaincodeAdditionalParams *params;
    ck_assert_int_eq((int)next_message(chaincode)->type, TYPE(REGISTERED));
    const message_t *ready = next_message(chaincode);
    ck_assert_int_eq((int)ready->type, TYPE(READY));
    check(wire_decode(protos__chaincode_additional_params, wire_view(ready->payload), arena,
                      &params, &err));
    return params;
}

static stream_client *dial(void)
{
    stream_client *chaincode = dial_as("cc:1.0", false);
    await_ready(chaincode);
    return chaincode;
}

static void assert_refused(stream_client *chaincode)
{
    ck_assert_ptr_null(stream_client_next(chaincode));
    ck_assert_int_eq(stream_client_code(chaincode), RPC_UNKNOWN);
    stream_client_close(chaincode);
}

static void send_answer(stream_client *chaincode, const message_t *to, int type,
                        heddle_view payload)
{
    message_t message = PROTOS__CHAINCODE_MESSAGE__INIT;
    message.type = (Protos__ChaincodeMessage__Type)type;
    message.txid = to->txid;
    message.channel_id = to->channel_id;
    message.payload = wire_bytes(payload);
    send_message(chaincode, &message);
}

static void complete(stream_client *chaincode, const message_t *transaction, const char *text)
{
    Protos__Response response = PROTOS__RESPONSE__INIT;
    heddle_view bytes;
    response.status = 200;
    response.payload = wire_bytes(heddle_view_str(text));
    check(wire_encode_arena(&response.base, arena, &bytes, &err));
    send_answer(chaincode, transaction, TYPE(COMPLETED), bytes);
}

/* A proposal under way, while the test plays the chaincode. */

typedef struct evaluation {
    pthread_t thread;
    base_arena *arena;
    heddle_status status;
    heddle_error err;
    wire_proposal_response response;
} evaluation;

static void *evaluate(void *user_data)
{
    evaluation *e = user_data;
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    proposer_request request = {.signer = user, .chaincode = "cc", .args = {"do", "it"}};
    proposed p = proposer_propose(&request, e->arena);
    rpc_call_options options = {.method = WIRE_ENDORSER_PROCESS_PROPOSAL, .wait_for_ready = true};
    e->status = rpc_call_blocking(peer, &options, p.signed_bytes, &bytes, &e->err);
    if (e->status != HEDDLE_OK)
        return NULL;
    heddle_view kept = base_arena_view(e->arena, rpc_bytes_view(bytes));
    e->status = wire_proposal_response_read(kept, &e->response, &e->err);
    return NULL;
}

static void evaluation_start(evaluation *e)
{
    *e = (evaluation){.arena = base_arena_new(0)};
    ck_assert_int_eq(pthread_create(&e->thread, NULL, evaluate, e), 0);
}

static void evaluation_end(evaluation *e, bool ok, const char *text)
{
    pthread_join(e->thread, NULL);
    bool answered = e->status == HEDDLE_OK;
    heddle_view said = !answered                   ? heddle_view_str(e->err.message)
                       : e->response.status == 200 ? e->response.result
                                                   : e->response.message;
    char *found = base_arena_str(e->arena, said);
    ck_assert_msg((answered && e->response.status == 200) == ok, "%s", found);
    ck_assert_msg(strstr(found, text) != NULL, "%s", found);
    base_arena_free(e->arena);
}

static void run_transaction(stream_client *chaincode, const char *result)
{
    evaluation e;
    evaluation_start(&e);
    const message_t *transaction = next_message(chaincode);
    ck_assert_int_eq((int)transaction->type, TYPE(TRANSACTION));
    complete(chaincode, transaction, result);
    evaluation_end(&e, true, result);
}

START_TEST(a_chaincode_that_dialled_is_called)
{
    stream_client *chaincode = dial();
    run_transaction(chaincode, "first");
    run_transaction(chaincode, "second");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(its_requests_are_answered)
{
    Protos__GetState get = PROTOS__GET_STATE__INIT;
    heddle_view bytes;
    evaluation e;
    stream_client *chaincode = dial();
    evaluation_start(&e);
    const message_t *transaction = next_message(chaincode);
    get.key = wire_bytes(VIEW("k"));
    check(wire_encode_arena(&get.base, arena, &bytes, &err));
    send_answer(chaincode, transaction, TYPE(GET_STATE), bytes);
    ck_assert_int_eq((int)next_message(chaincode)->type, TYPE(RESPONSE));
    complete(chaincode, transaction, "asked");
    evaluation_end(&e, true, "asked");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(the_peers_own_port_takes_it_with_tls)
{
    stream_client *chaincode = dial_as("cc:1.0", true);
    ck_assert(await_ready(chaincode)->use_write_batch);
    run_transaction(chaincode, "by TLS");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(without_it_a_call_fails_at_once)
{
    evaluation e;
    evaluation_start(&e);
    evaluation_end(&e, false,
                   "could not launch chaincode cc:1.0: error building chaincode: error building "
                   "image: failed to get chaincode package for external build: chaincode install "
                   "package 'cc:1.0' not found");
}
END_TEST

START_TEST(a_second_one_of_the_same_id_is_refused)
{
    stream_client *chaincode = dial();
    assert_refused(dial_as("cc:1.0", false));
    run_transaction(chaincode, "the first goes on");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(strangers_are_refused)
{
    assert_refused(dial_as("other:1.0", false));
    assert_refused(dial_as("served:1.0", false));
    assert_refused(dial_as("cc", false));
    assert_refused(dial_as("", false));
}
END_TEST

START_TEST(what_comes_before_the_registration_is_refused)
{
    message_t early = PROTOS__CHAINCODE_MESSAGE__INIT, alive = early;
    stream_client_options options = {.address =
                                         dn_network_peer(devnet_network(net), 0)->chaincode_address,
                                     .method = WIRE_CHAINCODE_REGISTER};
    stream_client *chaincode = stream_client_open(&options);
    alive.type = TYPE(KEEPALIVE);
    send_message(chaincode, &alive);
    early.type = TYPE(GET_STATE);
    send_message(chaincode, &early);
    assert_refused(chaincode);
    chaincode = stream_client_open(&options);
    stream_client_send(chaincode, VIEW("\xff\xff\xff"));
    assert_refused(chaincode);
}
END_TEST

START_TEST(calls_end_when_it_leaves_and_it_may_come_back)
{
    evaluation e;
    stream_client *chaincode = dial();
    evaluation_start(&e);
    next_message(chaincode);
    stream_client_close(chaincode);
    evaluation_end(&e, false, "error sending: chaincode stream terminated");
    chaincode = dial();
    run_transaction(chaincode, "back");
    stream_client_half_close(chaincode);
    ck_assert_ptr_null(stream_client_next(chaincode));
    stream_client_close(chaincode);
    chaincode = dial();
    run_transaction(chaincode, "again");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(a_garbled_message_ends_the_stream)
{
    stream_client *chaincode = dial();
    stream_client_send(chaincode, VIEW("\xff\xff\xff"));
    assert_refused(chaincode);
    chaincode = dial();
    run_transaction(chaincode, "back");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(the_network_stops_with_a_chaincode_there)
{
    evaluation e;
    stream_client *chaincode = dial();
    evaluation_start(&e);
    next_message(chaincode);
    devnet_restart(net);
    evaluation_end(&e, false, "error sending: chaincode stream terminated");
    ck_assert_ptr_null(stream_client_next(chaincode));
    stream_client_close(chaincode);
    chaincode = dial();
    run_transaction(chaincode, "after a restart");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(a_peer_that_goes_away_comes_back_for_chaincode_too)
{
    dn_network *network = devnet_network(net);
    dn_fault away = {.kind = DN_FAULT_AWAY};
    snprintf(away.node, sizeof(away.node), "%s", dn_network_peer(network, 0)->name);
    stream_client *chaincode = dial();
    check(dn_network_fault_set(network, &away, &err));
    ck_assert_ptr_null(stream_client_next(chaincode));
    stream_client_close(chaincode);
    check(dn_network_fault_clear(network, NULL, &err));
    chaincode = dial();
    run_transaction(chaincode, "back");
    stream_client_close(chaincode);
}
END_TEST

/* A package, from its installation to its definition. */

static void call_lifecycle(const char *channel, const char *function, const ProtobufCMessage *args)
{
    uint64_t block;
    const dn_endpoint *node = dn_network_peer(devnet_network(net), 0);
    dn_signer *admin = NULL;
    proposer_request request = {.channel = channel, .chaincode = "_lifecycle", .args = {function}};
    check(dn_signer_load(devnet_msp(net, "org1.example.com", "Admin"), "Org1MSP", &admin, &err));
    request.signer = admin;
    check(wire_encode_arena(args, arena, &request.last, &err));
    proposed p = proposer_propose(&request, arena);
    wire_proposal_response response = proposer_endorse(peer, &p, arena);
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    if (!channel) {
        heddle_view envelope = proposer_assemble(&p, &response, 1, arena);
        proposer_order(dn_network_orderer(devnet_network(net)), &envelope, 1, arena);
        ck_assert_int_eq(proposer_code(node, user, p.tx_id, arena, &block), WIRE_CODE_VALID);
    }
    dn_signer_free(admin);
}

/* Its id; the arena's. */
static const char *deploy_package(void)
{
    Lifecycle__InstallChaincodeArgs install = LIFECYCLE__INSTALL_CHAINCODE_ARGS__INIT;
    Lifecycle__ApproveChaincodeDefinitionForMyOrgArgs definition =
        LIFECYCLE__APPROVE_CHAINCODE_DEFINITION_FOR_MY_ORG_ARGS__INIT;
    Lifecycle__ChaincodeSource source = LIFECYCLE__CHAINCODE_SOURCE__INIT;
    Lifecycle__ChaincodeSource__Local local = LIFECYCLE__CHAINCODE_SOURCE__LOCAL__INIT;
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("cc_2.0");
    base_auto(heddle_package) heddle_package *package = NULL;
    heddle_bytes bytes = {0};
    recipe.address = "127.0.0.1:1";
    check(heddle_package_make(&recipe, &bytes, &err));
    heddle_view view = heddle_view_of(bytes.data, bytes.len);
    check(heddle_package_read(view, &package, &err));
    const char *id = base_arena_strdup(arena, heddle_package_id(package));
    install.chaincode_install_package = wire_bytes(view);
    call_lifecycle("", "InstallChaincode", &install.base);
    base_free(bytes.data);
    local.package_id = wire_text(id);
    source.type_case = LIFECYCLE__CHAINCODE_SOURCE__TYPE_LOCAL_PACKAGE;
    source.local_package = &local;
    definition.sequence = 2;
    definition.name = wire_text("cc");
    definition.version = wire_text("2.0");
    definition.source = &source;
    call_lifecycle(NULL, "ApproveChaincodeDefinitionForMyOrg", &definition.base);
    definition.source = NULL;
    call_lifecycle(NULL, "CommitChaincodeDefinition", &definition.base);
    return id;
}

START_TEST(a_packages_chaincode_that_dialled_is_called_in_place_of_its_service)
{
    stream_client *chaincode = dial_as(deploy_package(), false);
    await_ready(chaincode);
    run_transaction(chaincode, "nobody had to be dialled");
    stream_client_close(chaincode);
}
END_TEST

START_TEST(a_peer_of_2_5_offers_and_takes_no_batches)
{
    evaluation e;
    stream_client *chaincode = dial_as("cc:1.0", false);
    const Protos__ChaincodeAdditionalParams *params = await_ready(chaincode);
    ck_assert(!params->use_write_batch && !params->use_get_multiple_keys);
    run_transaction(chaincode, "one by one");
    evaluation_start(&e);
    send_answer(chaincode, next_message(chaincode), TYPE(WRITE_BATCH_STATE), VIEW(""));
    evaluation_end(&e, false, "error sending: chaincode stream terminated");
    assert_refused(chaincode);
}
END_TEST

static TCase *classic_case(void)
{
    TCase *tcase =
        SUITE_CASE("classic", a_chaincode_that_dialled_is_called, its_requests_are_answered,
                   the_peers_own_port_takes_it_with_tls, without_it_a_call_fails_at_once,
                   a_second_one_of_the_same_id_is_refused, strangers_are_refused,
                   what_comes_before_the_registration_is_refused,
                   calls_end_when_it_leaves_and_it_may_come_back, a_garbled_message_ends_the_stream,
                   the_network_stops_with_a_chaincode_there,
                   a_peer_that_goes_away_comes_back_for_chaincode_too,
                   a_packages_chaincode_that_dialled_is_called_in_place_of_its_service);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

static TCase *old_case(void)
{
    TCase *tcase = SUITE_CASE("peers of 2.5", a_peer_of_2_5_offers_and_takes_no_batches);
    tcase_add_checked_fixture(tcase, setup_old, teardown);
    return tcase;
}

SUITE_MAIN("devnet/classic", classic_case(), old_case())
