/* Telling a network what is known of it, and opening it: without any node that could answer. */
#include "base/text.h"
#include "heddle/heddle.h"
#include "rpc/runtime.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

#define ORG1 HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com"

static heddle_identity *user;
static heddle_error err;

static void setup(void)
{
    ck_assert_int_eq(rpc_init(1, &err), HEDDLE_OK);
    ck_assert_int_eq(
        heddle_identity_from_msp("Org1MSP", ORG1 "/users/User1@org1.example.com/msp", &user, &err),
        HEDDLE_OK);
}

static void teardown(void)
{
    heddle_identity_unref(user);
    rpc_shutdown();
}

/* One peer with TLS, one orderer; what a caller would write. */
static heddle_status fill(heddle_network *network)
{
    heddle_node peer = HEDDLE_NODE("peer0.org1.example.com:7051");
    heddle_node orderer = HEDDLE_NODE("orderer.example.com:7050");
    peer.tls_roots_file = ORG1 "/tlsca/tlsca.org1.example.com-cert.pem";
    peer.mspid = "Org1MSP";
    peer.name_override = "peer0";
    orderer.plaintext = true;
    orderer.mspid = "OrdererMSP";
    heddle_status status = heddle_network_add_peer(network, &peer, &err);
    if (status == HEDDLE_OK)
        status = heddle_network_add_orderer(network, &orderer, &err);
    if (status == HEDDLE_OK)
        status = heddle_network_map_host(network, "peer0.org1.example.com", "127.0.0.1", &err);
    return status;
}

static heddle_status make_and_open(void)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    heddle_network *network = NULL;
    heddle_gateway *gateway = NULL;
    options.without_discovery = true;
    heddle_status status = heddle_network_new(user, &network, &err);
    if (status == HEDDLE_OK)
        status = fill(network);
    if (status == HEDDLE_OK)
        status = heddle_network_open(network, &options, &gateway, &err);
    heddle_gateway_close(gateway);
    heddle_network_free(network);
    return status;
}

START_TEST(a_network_is_opened_without_touching_it)
{
    ck_assert_msg(make_and_open() == HEDDLE_OK, "%s", err.message);
}
END_TEST

START_TEST(each_failing_allocation_is_told)
{
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        heddle_status status = make_and_open();
        bool was_reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!was_reached) {
            ck_assert_int_eq(status, HEDDLE_OK);
            return;
        }
        /* A certificate that cannot be made has many reasons, and a close needs no memory. */
        ck_assert_msg(status == HEDDLE_E_NO_MEMORY || status == HEDDLE_E_CRYPTO ||
                          status == HEDDLE_OK,
                      "allocation %zu: %s", nth, err.message);
    }
}
END_TEST

static heddle_status select_all(void)
{
    heddle_selection *selection = heddle_selection_new();
    if (!selection)
        return HEDDLE_E_NO_MEMORY;
    heddle_status status = HEDDLE_OK;
    for (int kind = HEDDLE_SELECT_TARGET; kind <= HEDDLE_SELECT_IGNORED_PEER; kind++) {
        if (status == HEDDLE_OK)
            status = heddle_selection_add(selection, (heddle_selection_kind)kind, "a", &err);
        if (status == HEDDLE_OK)
            status = heddle_selection_add(selection, (heddle_selection_kind)kind, "b", &err);
    }
    heddle_selection_unref(selection);
    return status;
}

START_TEST(a_selection_survives_each_failing_allocation)
{
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        heddle_status status = select_all();
        bool was_reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert_int_eq(status, was_reached ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
        if (!was_reached)
            return;
    }
}
END_TEST

START_TEST(what_a_selection_does_not_know_is_refused)
{
    heddle_selection *selection = heddle_selection_new();
    ck_assert_int_eq(heddle_selection_add(selection, (heddle_selection_kind)99, "a", &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_selection_add(selection, HEDDLE_SELECT_TARGET, "", &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_selection_query(selection, (heddle_query_strategy)99, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_selection_commit(selection, (heddle_commit_strategy)99, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_selection_unref(selection);
}
END_TEST

START_TEST(discovery_is_of_networks_only)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_gateway *gateway = NULL;
    heddle_discovery *found = NULL;
    options.target = "localhost:1";
    options.plaintext = true;
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_discover_channel(gateway, "mychannel", NULL, &found, &err),
                     HEDDLE_E_BAD_STATE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_DISCOVERY);
    heddle_gateway_close(gateway);
}
END_TEST

START_TEST(nobody_to_be_reached_is_told_in_time)
{
    heddle_network *network = NULL;
    heddle_gateway *gateway = NULL;
    heddle_contract *contract = NULL;
    heddle_node peer = HEDDLE_NODE("127.0.0.1:1");
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = 10000;
    peer.plaintext = true;
    ck_assert_int_eq(heddle_network_new(user, &network, &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_network_add_peer(network, &peer, &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_network_open(network, NULL, &gateway, &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_contract_new(gateway, user, "mychannel", "basic", &contract, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_submit(contract, HEDDLE_CALL("Put", "k", "v"), &options, NULL, &err),
                     HEDDLE_E_UNAVAILABLE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    heddle_network_free(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct/network");
    TCase *tcase = SUITE_CASE(
        "network", a_network_is_opened_without_touching_it, each_failing_allocation_is_told,
        a_selection_survives_each_failing_allocation, what_a_selection_does_not_know_is_refused,
        discovery_is_of_networks_only, nobody_to_be_reached_is_told_in_time);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
