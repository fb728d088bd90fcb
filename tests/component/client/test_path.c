/*
 * From the client interface through heddle-gateway into devnet, with the contract in C: all
 * in this process, but the contract, which is a program of its own as for a real peer.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/view.h"
#include "gateway/gateway.h"
#include "heddle/heddle.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/suite.h"

enum { MVCC_READ_CONFLICT = 11, GRPC_ABORTED = 10 };

static process *contract;
static devnet *net;
static gw_gateway *daemon_module;
static heddle_gateway *gateway;
static heddle_identity *user;
static heddle_contract *assets;
static heddle_error err;
static char address[64];
static char *dir;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void start_contract(void)
{
    char log[4096];
    const char *const argv[] = {HEDDLE_BIN "/asset-transfer", NULL};
    snprintf(address, sizeof(address), "127.0.0.1:%u", process_free_port());
    snprintf(log, sizeof(log), "%s/contract.log", dir);
    ck_assert_int_eq(setenv("CHAINCODE_SERVER_ADDRESS", address, 1), 0);
    ck_assert_int_eq(setenv("CHAINCODE_ID", "basic", 1), 0);
    contract = process_start(log, argv);
}

static void start_network(void)
{
    static dn_chaincode basic = {.name = "basic", .address = address};
    dn_options options = devnet_options();
    options.chaincodes = &basic;
    options.chaincode_count = 1;
    net = devnet_start(&options);
}

/* heddle-gateway as Org1 would run it beside its peer. */
static void start_gateway(void)
{
    const dn_endpoint *peer = dn_network_peer(devnet_network(net), 0);
    char path[4096];
    base_auto_buffer base_buffer yaml = {0};
    ck_assert_int_eq(
        base_buffer_printf(
            &yaml,
            "listen: 127.0.0.1:0\n"
            "tls:\n"
            "  certificate: %s/crypto-config/peerOrganizations/%s/peers/%s/tls/server.crt\n"
            "  key: %s/crypto-config/peerOrganizations/%s/peers/%s/tls/server.key\n"
            "identity:\n"
            "  msp_id: Org1MSP\n"
            "  certificate: %s/crypto-config/peerOrganizations/%s/users/User1@%s/msp/signcerts/"
            "User1@%s-cert.pem\n"
            "  key: %s/crypto-config/peerOrganizations/%s/users/User1@%s/msp/keystore/priv_sk\n"
            "peers:\n"
            "  - address: %s\n"
            "    tls_roots: %s\n",
            devnet_dir(net), peer->domain, peer->name, devnet_dir(net), peer->domain, peer->name,
            devnet_dir(net), peer->domain, peer->domain, peer->domain, devnet_dir(net),
            peer->domain, peer->domain, peer->address, peer->tls_ca),
        HEDDLE_OK);
    snprintf(path, sizeof(path), "%s/gateway.yaml", dir);
    OK(base_write_file(path, base_buffer_view(&yaml), 0600, &err));
    char name[] = "heddle-gateway", flag[] = "--config";
    char *const argv[] = {name, flag, path, NULL};
    conf_request request = {.argc = 3, .argv = argv};
    conf_snapshot *snapshot = NULL;
    conf_action action;
    OK(conf_load(&gw_conf_table, &request, &snapshot, &action, &err));
    OK(gw_gateway_start(snapshot, &daemon_module, &err));
}

static void connect_client(void)
{
    const dn_endpoint *peer = dn_network_peer(devnet_network(net), 0);
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    char target[64];
    snprintf(target, sizeof(target), "localhost:%u", gw_gateway_port(daemon_module));
    options.target = target;
    options.tls_roots_file = peer->tls_ca;
    OK(heddle_gateway_open(&options, &gateway, &err));
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(net, peer->domain, "User1"), &user, &err));
    OK(heddle_contract_new(gateway, user, "mychannel", "basic", &assets, &err));
}

static void start(void)
{
    dir = fixture_dir_new();
    start_contract();
    OK(rpc_init(2, &err));
    start_network();
    start_gateway();
    connect_client();
}

static void stop(void)
{
    heddle_contract_unref(assets);
    heddle_identity_unref(user);
    heddle_gateway_close(gateway);
    gw_gateway_stop(daemon_module);
    devnet_free(net);
    rpc_shutdown();
    (void)process_stop(contract, SIGTERM);
    fixture_dir_free(dir);
}

static void create(const char *id)
{
    OK(heddle_submit(assets, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"), NULL, NULL,
                     &err));
}

START_TEST(submitted_asset_is_read_back)
{
    heddle_outcome outcome = {0};
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    heddle_bytes asset = {0};
    OK(heddle_submit(assets, HEDDLE_CALL("CreateAsset", "a1", "blue", "5", "Ann", "300"), NULL,
                     &outcome, &err));
    ck_assert_uint_ge(outcome.block_number, 1);
    OK(heddle_evaluate(assets, HEDDLE_CALL("ReadAsset", "a1"), NULL, &asset, &err));
    ck_assert_str_eq((char *)asset.data, "{\"AppraisedValue\":300,\"Color\":\"blue\",\"ID\":\"a1\","
                                         "\"Owner\":\"Ann\",\"Size\":5}");
    OK(heddle_commit_new(gateway, user, "mychannel", outcome.tx_id, &commit, &err));
    OK(heddle_commit_wait(commit, NULL, &status, &err));
    ck_assert_int_eq(status.validation_code, 0);
    ck_assert_uint_eq(status.block_number, outcome.block_number);
    heddle_commit_free(commit);
    heddle_bytes_done(&asset);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(refusal_of_the_contract_names_the_peer)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = heddle_details_new();
    create("twice");
    ck_assert_int_eq(heddle_submit(assets,
                                   HEDDLE_CALL("CreateAsset", "twice", "red", "1", "Bob", "1"),
                                   &options, NULL, &err),
                     HEDDLE_E_RPC);
    ck_assert_int_eq(err.grpc_code, GRPC_ABORTED);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_uint_ge(heddle_details_count(options.details), 1);
    const heddle_detail *first = heddle_details_at(options.details, 0);
    ck_assert_str_eq(first->mspid, "Org1MSP");
    ck_assert_str_eq(first->address, dn_network_peer(devnet_network(net), 0)->address);
    ck_assert_ptr_nonnull(strstr(first->message, "twice"));
    heddle_details_free(options.details);
}
END_TEST

static heddle_transaction *endorse_transfer(const char *to)
{
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    OK(heddle_proposal_new(assets, HEDDLE_CALL("TransferAsset", "shared", to), &proposal, &err));
    OK(heddle_proposal_endorse(proposal, NULL, &transaction, &err));
    ck_assert(base_view_is(heddle_transaction_result(transaction), "Ann"));
    heddle_proposal_free(proposal);
    return transaction;
}

static int submit_and_judge(heddle_transaction *transaction)
{
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    OK(heddle_transaction_submit(transaction, NULL, &commit, &err));
    OK(heddle_commit_wait(commit, NULL, &status, &err));
    heddle_commit_free(commit);
    heddle_transaction_free(transaction);
    return status.validation_code;
}

START_TEST(second_of_two_conflicting_transactions_is_invalid)
{
    create("shared");
    heddle_transaction *first = endorse_transfer("Bob"), *second = endorse_transfer("Eve");
    ck_assert_int_eq(submit_and_judge(first), 0);
    ck_assert_int_eq(submit_and_judge(second), MVCC_READ_CONFLICT);
}
END_TEST

START_TEST(events_arrive_from_the_first_block_on)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_events *events = NULL;
    heddle_event event;
    options.from_block = true;
    create("e1");
    OK(heddle_events_open(gateway, user, "mychannel", "basic", &options, &events, &err));
    OK(heddle_events_next(events, 30000, &event, &err));
    ck_assert_str_eq(event.name, "CreateAsset");
    ck_assert_str_eq(event.chaincode, "basic");
    create("e2");
    OK(heddle_events_next(events, 30000, &event, &err));
    ck_assert_ptr_nonnull(memmem(event.payload.data, event.payload.len, "e2", 2));
    heddle_events_close(events);
}
END_TEST

static TCase *path_case(void)
{
    TCase *tc = SUITE_CASE(
        "path", submitted_asset_is_read_back, refusal_of_the_contract_names_the_peer,
        second_of_two_conflicting_transactions_is_invalid, events_arrive_from_the_first_block_on);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("client/path", path_case())
