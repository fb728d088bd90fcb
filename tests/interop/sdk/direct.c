/*
 * The C client without a gateway, against the peers and orderers of a running network: what
 * peers and orderers have to accept or refuse.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heddle/heddle.h"
#include "lab.h"
#include "support/process.h"
#include "support/suite.h"

enum { TIMEOUT_S = 120, ENDORSEMENT_POLICY_FAILURE = 10, MVCC_READ_CONFLICT = 11, AT_ONCE = 50 };

static heddle_identity *user;   /* of the first organisation */
static heddle_identity *second; /* of the second */
static heddle_network *network;
static heddle_gateway *gateway;
static heddle_contract *ledger, *secured, *secrets, *faults;
static heddle_details *details;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s %s", heddle_status_name(err.status), err.message,   \
                  detail_text())

static const char *detail_text(void)
{
    static char text[2048];
    size_t len = 0;
    text[0] = 0;
    for (size_t i = 0; details && i < heddle_details_count(details) && len < sizeof(text); i++) {
        const heddle_detail *detail = heddle_details_at(details, i);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "[%s %s: %s]", detail->address,
                                detail->mspid, detail->message);
    }
    return text;
}

static heddle_call_options told(void)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = details;
    return options;
}

/* "LIST.index.field", and of a peer "orgs.org.peers.peer.address". */
static const char *at(const char *list, size_t index, const char *field)
{
    static char path[64];
    snprintf(path, sizeof(path), "%s.%zu.%s", list, index, field);
    return lab_text(path);
}

static const char *peer_address(size_t org, size_t peer)
{
    char list[32];
    snprintf(list, sizeof(list), "orgs.%zu.peers", org);
    return at(list, peer, "address");
}

static void add_peer(size_t org, size_t peer)
{
    heddle_node node = HEDDLE_NODE(NULL);
    node.address = peer_address(org, peer);
    node.mspid = at("orgs", org, "mspId");
    node.tls_roots_file = at("orgs", org, "tlsRoot");
    OK(heddle_network_add_peer(network, &node, &err));
}

static void open_gateway(const heddle_network_options *options)
{
    const char *channel = lab_text("channel");
    OK(heddle_network_open(network, options, &gateway, &err));
    OK(heddle_contract_new(gateway, user, channel, "interop:Ledger", &ledger, &err));
    OK(heddle_contract_new(gateway, user, channel, "interop:Faults", &faults, &err));
    OK(heddle_contract_new(gateway, user, channel, "secured:Ledger", &secured, &err));
    OK(heddle_contract_new(gateway, user, channel, "secured:Private", &secrets, &err));
}

static void close_gateway(void)
{
    heddle_contract_unref(secrets);
    heddle_contract_unref(secured);
    heddle_contract_unref(faults);
    heddle_contract_unref(ledger);
    heddle_gateway_close(gateway);
}

/* A peer that has just started learns of the others bit by bit; one may be away. */
static bool is_settled(void *arg)
{
    heddle_discovery *found = NULL;
    size_t all = lab_count("orgs.0.peers") + lab_count("orgs.1.peers");
    (void)arg;
    if (heddle_discover_channel(gateway, lab_text("channel"), NULL, &found, &err) != HEDDLE_OK)
        return false;
    size_t seen = heddle_discovery_peer_count(found);
    heddle_discovery_free(found);
    return seen + 1 >= all;
}

static void setup(void)
{
    details = heddle_details_new();
    OK(heddle_identity_from_msp(lab_text("orgs.0.mspId"), lab_text("orgs.0.userMsp"), &user, &err));
    OK(heddle_identity_from_msp(lab_text("orgs.1.mspId"), lab_text("orgs.1.userMsp"), &second,
                                &err));
    OK(heddle_network_new(user, &network, &err));
    for (size_t i = 0; i < lab_count("orgs.0.peers"); i++)
        add_peer(0, i);
    open_gateway(NULL);
    ck_assert_msg(process_until(is_settled, NULL, 60000), "%s", err.message);
}

static void teardown(void)
{
    close_gateway();
    heddle_network_free(network);
    heddle_identity_unref(second);
    heddle_identity_unref(user);
    heddle_details_free(details);
}

static void put(heddle_contract *contract, const char *key, const heddle_call_options *options)
{
    heddle_call_options plain = told();
    OK(heddle_submit(contract, HEDDLE_CALL("Put", key, "value"), options ? options : &plain, NULL,
                     &err));
}

static void expect_value(heddle_contract *contract, const char *key,
                         const heddle_call_options *options)
{
    heddle_bytes found;
    OK(heddle_evaluate(contract, HEDDLE_CALL("Get", key), options, &found, &err));
    ck_assert_str_eq((const char *)found.data, "value");
    heddle_bytes_done(&found);
}

START_TEST(submits_and_reads_back)
{
    const char *key = lab_fresh("direct");
    put(ledger, key, NULL);
    expect_value(ledger, key, NULL);
}
END_TEST

START_TEST(collects_what_a_policy_of_both_organisations_wants)
{
    const char *key = lab_fresh("both");
    put(secured, key, NULL);
    expect_value(secured, key, NULL);
}
END_TEST

START_TEST(one_organisation_is_not_enough_for_it)
{
    heddle_call_options options = told();
    const char *const orgs[] = {lab_text("orgs.0.mspId")};
    const char *const texts[] = {lab_fresh("one"), "value"};
    heddle_request request = HEDDLE_REQUEST("Put");
    request.texts = texts;
    request.arg_count = 2;
    request.endorsing_orgs = orgs;
    request.endorsing_org_count = 1;
    ck_assert_int_eq(heddle_submit(secured, &request, &options, NULL, &err), HEDDLE_E_TX_INVALID);
    ck_assert_int_eq(err.validation_code, ENDORSEMENT_POLICY_FAILURE);
}
END_TEST

START_TEST(another_member_of_the_channel_signs)
{
    heddle_contract *theirs = NULL;
    const char *key = lab_fresh("second");
    OK(heddle_contract_new(gateway, second, lab_text("channel"), "secured:Ledger", &theirs, &err));
    put(theirs, key, NULL);
    expect_value(theirs, key, NULL);
    heddle_contract_unref(theirs);
}
END_TEST

START_TEST(private_data_go_to_members_alone)
{
    const char *const collections[] = {"shared", "org1Only"};
    for (size_t i = 0; i < 2; i++) {
        const char *texts[] = {collections[i], lab_fresh("secret")};
        heddle_transient transient = {.name = "value", .value = heddle_view_str("value")};
        heddle_call_options options = told();
        heddle_request request = HEDDLE_REQUEST("Put");
        heddle_bytes found;
        request.texts = texts;
        request.arg_count = 2;
        request.transient = &transient;
        request.transient_count = 1;
        OK(heddle_submit(secrets, &request, &options, NULL, &err));
        OK(heddle_evaluate(secrets, HEDDLE_CALL("Get", texts[0], texts[1]), &options, &found,
                           &err));
        ck_assert_str_eq((const char *)found.data, "value");
        heddle_bytes_done(&found);
    }
}
END_TEST

START_TEST(endorsers_that_differ_are_told_apart)
{
    heddle_contract *differ = NULL;
    heddle_call_options options = told();
    OK(heddle_contract_new(gateway, user, lab_text("channel"), "secured:Faults", &differ, &err));
    ck_assert_int_ne(heddle_submit(differ, HEDDLE_CALL("Differ"), &options, NULL, &err), HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_msg(strstr(detail_text(),
                         "ProposalResponsePayloads do not match: write of secured/differs (here") !=
                      NULL,
                  "%s", detail_text());
    heddle_contract_unref(differ);
}
END_TEST

START_TEST(a_contract_that_fails_is_told_by_its_peer)
{
    heddle_call_options options = told();
    ck_assert_int_ne(heddle_submit(faults, HEDDLE_CALL("Fail", "no luck"), &options, NULL, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_msg(strstr(detail_text(), "no luck") != NULL, "%s", detail_text());
}
END_TEST

static const heddle_commit_strategy strategies[] = {
    HEDDLE_COMMIT_DEFAULT,       HEDDLE_COMMIT_OWN_ANY,     HEDDLE_COMMIT_OWN_ALL,
    HEDDLE_COMMIT_NETWORK_ANY,   HEDDLE_COMMIT_NETWORK_ALL, HEDDLE_COMMIT_PREFER_OWN_ANY,
    HEDDLE_COMMIT_PREFER_OWN_ALL};

START_TEST(commits_are_awaited_by_every_strategy)
{
    heddle_call_options options = told();
    options.selection = heddle_selection_new();
    OK(heddle_selection_commit(options.selection, strategies[_i], &err));
    put(ledger, lab_fresh("commit"), &options);
    put(secured, lab_fresh("commit"), &options);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(what_all_have_is_read_from_each)
{
    heddle_call_options all = told();
    const char *key = lab_fresh("everywhere");
    all.selection = heddle_selection_new();
    OK(heddle_selection_commit(all.selection, HEDDLE_COMMIT_NETWORK_ALL, &err));
    put(ledger, key, &all);
    for (size_t org = 0; org < 2; org++) {
        for (size_t peer = 0; peer < lab_count(org ? "orgs.1.peers" : "orgs.0.peers"); peer++) {
            heddle_call_options one = told();
            one.selection = heddle_selection_new();
            OK(heddle_selection_add(one.selection, HEDDLE_SELECT_TARGET, peer_address(org, peer),
                                    &err));
            expect_value(ledger, key, &one);
            heddle_selection_unref(one.selection);
        }
    }
    heddle_selection_unref(all.selection);
}
END_TEST

START_TEST(targets_endorse_and_no_others)
{
    heddle_call_options options = told();
    options.selection = heddle_selection_new();
    OK(heddle_selection_add(options.selection, HEDDLE_SELECT_TARGET,
                            lab_text("orgs.0.peers.0.address"), &err));
    OK(heddle_selection_add(options.selection, HEDDLE_SELECT_TARGET,
                            lab_text("orgs.1.peers.0.address"), &err));
    put(secured, lab_fresh("targets"), &options);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(status_of_any_transaction_is_told)
{
    heddle_outcome outcome = {0};
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    heddle_call_options options = told();
    OK(heddle_submit(ledger, HEDDLE_CALL("Put", lab_fresh("status"), "value"), &options, &outcome,
                     &err));
    close_gateway();
    open_gateway(NULL);
    OK(heddle_commit_new(gateway, user, lab_text("channel"), outcome.tx_id, &commit, &err));
    OK(heddle_commit_wait(commit, &options, &status, &err));
    ck_assert_int_eq(status.validation_code, 0);
    ck_assert_uint_eq(status.block_number, outcome.block_number);
    heddle_commit_free(commit);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(conflicts_are_told_as_such)
{
    heddle_proposal *proposals[2] = {NULL};
    heddle_transaction *transactions[2] = {NULL};
    heddle_commit *commits[2] = {NULL};
    heddle_commit_status status[2];
    heddle_call_options options = told();
    const char *key = lab_fresh("conflict");
    put(ledger, key, NULL);
    for (int i = 0; i < 2; i++) {
        OK(heddle_proposal_new(ledger, HEDDLE_CALL("Increment", key), &proposals[i], &err));
        OK(heddle_proposal_endorse(proposals[i], &options, &transactions[i], &err));
    }
    for (int i = 0; i < 2; i++)
        OK(heddle_transaction_submit(transactions[i], &options, &commits[i], &err));
    for (int i = 0; i < 2; i++)
        OK(heddle_commit_wait(commits[i], &options, &status[i], &err));
    ck_assert_int_eq(status[0].validation_code + status[1].validation_code, MVCC_READ_CONFLICT);
    for (int i = 0; i < 2; i++) {
        heddle_commit_free(commits[i]);
        heddle_transaction_free(transactions[i]);
        heddle_proposal_free(proposals[i]);
    }
}
END_TEST

static void without_discovery(void)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    close_gateway();
    for (size_t i = 0; i < lab_count("orgs.1.peers"); i++)
        add_peer(1, i);
    for (size_t i = 0; i < lab_count("orderers"); i++) {
        heddle_node node = HEDDLE_NODE(NULL);
        node.address = at("orderers", i, "address");
        node.tls_roots_file = at("orderers", i, "tlsRoot");
        node.mspid = "OrdererMSP";
        OK(heddle_network_add_orderer(network, &node, &err));
    }
    options.without_discovery = true;
    open_gateway(&options);
}

START_TEST(what_is_told_beforehand_serves_in_place_of_discovery)
{
    const char *key = lab_fresh("fixed");
    without_discovery();
    put(secured, key, NULL);
    expect_value(secured, key, NULL);
}
END_TEST

START_TEST(queries_go_where_the_strategy_says)
{
    const char *key = lab_fresh("query");
    put(ledger, key, NULL);
    for (int i = HEDDLE_QUERY_DEFAULT; i <= HEDDLE_QUERY_PREFER_OWN_ROUND_ROBIN; i++) {
        heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
        options.query = (heddle_query_strategy)i;
        options.commit = HEDDLE_COMMIT_OWN_ALL;
        close_gateway();
        open_gateway(&options);
        for (int j = 0; j < 4; j++)
            expect_value(ledger, key, NULL);
    }
}
END_TEST

START_TEST(channel_is_discovered)
{
    heddle_discovery *found = NULL;
    size_t known = 0;
    OK(heddle_discover_channel(gateway, lab_text("channel"), NULL, &found, &err));
    ck_assert_uint_eq(heddle_discovery_peer_count(found),
                      lab_count("orgs.0.peers") + lab_count("orgs.1.peers"));
    ck_assert_uint_eq(heddle_discovery_orderer_count(found), lab_count("orderers"));
    ck_assert_uint_ge(heddle_discovery_msp_count(found), 3);
    for (size_t i = 0; i < heddle_discovery_peer_count(found); i++) {
        const heddle_found_peer *peer = heddle_discovery_peer(found, i);
        ck_assert_uint_gt(peer->height, 0);
        for (size_t j = 0; j < peer->chaincode_count; j++)
            known += strcmp(peer->chaincodes[j].name, "secured") == 0;
    }
    ck_assert_uint_ge(known, 2);
    ck_assert_ptr_nonnull(
        strstr(heddle_discovery_msp(found, 0)->roots_pem, "-----BEGIN CERTIFICATE-----"));
    heddle_discovery_free(found);
}
END_TEST

START_TEST(endorsers_are_discovered)
{
    heddle_discovery *found = NULL;
    heddle_interest one = HEDDLE_INTEREST("secured"), other = HEDDLE_INTEREST("interop");
    const char *const collections[] = {"org1Only"};
    const heddle_interest *const both[] = {&one, &other};
    OK(heddle_discover_endorsers(gateway, lab_text("channel"), both, 2, NULL, &found, &err));
    ck_assert_uint_ge(heddle_discovery_group_count(found), 2);
    ck_assert_uint_ge(heddle_discovery_layout_count(found), 1);
    ck_assert_uint_eq(heddle_discovery_layout(found, 0)->quantity_count, 2);
    heddle_discovery_free(found);
    one.collections = collections; /* which has a policy of its own: Org1 */
    one.collection_count = 1;
    one.no_public_writes = true;
    OK(heddle_discover_endorsers(gateway, lab_text("channel"), both, 1, NULL, &found, &err));
    ck_assert_uint_eq(heddle_discovery_layout(found, 0)->quantity_count, 1);
    ck_assert_str_eq(heddle_discovery_layout(found, 0)->quantities[0].group->peers[0]->mspid,
                     lab_text("orgs.0.mspId"));
    heddle_discovery_free(found);
    one.chaincode = "nosuchchaincode";
    ck_assert_int_eq(
        heddle_discover_endorsers(gateway, lab_text("channel"), both, 1, NULL, &found, &err),
        HEDDLE_E_REFUSED);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_DISCOVERY);
}
END_TEST

START_TEST(who_may_not_is_refused)
{
    heddle_discovery *found = NULL;
    ck_assert_int_eq(heddle_discover_channel(gateway, "nochannel", NULL, &found, &err),
                     HEDDLE_E_REFUSED);
    ck_assert_int_eq(heddle_discover_local(gateway, NULL, &found, &err), HEDDLE_E_REFUSED);

    heddle_identity *admin = NULL;
    OK(heddle_identity_from_msp(lab_text("orgs.0.mspId"), lab_text("orgs.0.adminMsp"), &admin,
                                &err));
    close_gateway();
    heddle_network_free(network);
    OK(heddle_network_new(admin, &network, &err));
    add_peer(0, 0);
    open_gateway(NULL);
    OK(heddle_discover_local(gateway, NULL, &found, &err));
    ck_assert_uint_ge(heddle_discovery_peer_count(found), lab_count("orgs.0.peers"));
    heddle_discovery_free(found);
    heddle_identity_unref(admin);
}
END_TEST

START_TEST(many_at_once_are_submitted)
{
    heddle_queue *queue = NULL;
    OK(heddle_queue_open(NULL, &queue, &err));
    for (int i = 0; i < AT_ONCE; i++)
        OK(heddle_queue_submit(queue, ledger, HEDDLE_CALL("Put", lab_fresh("many"), "value"), NULL,
                               NULL, NULL, &err));
    for (int i = 0; i < AT_ONCE; i++) {
        heddle_completion *done = NULL;
        OK(heddle_queue_next(queue, 60000, &done, &err));
        const heddle_error *failed = heddle_completion_error(done);
        ck_assert_msg(!failed, "%s", failed ? failed->message : "");
        heddle_completion_free(done);
    }
    heddle_queue_close(queue);
}
END_TEST

START_TEST(events_come_out_of_blocks)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_outcome outcome = {0};
    heddle_events *events = NULL;
    heddle_event event;
    const char *name = lab_fresh("event");
    OK(heddle_submit(ledger, HEDDLE_CALL("Emit", name, "payload", name), NULL, &outcome, &err));
    options.from_block = true;
    options.start_block = outcome.block_number;
    OK(heddle_events_open(gateway, user, lab_text("channel"), "interop", &options, &events, &err));
    do
        OK(heddle_events_next(events, 30000, &event, &err));
    while (strcmp(event.name, name) != 0);
    ck_assert_str_eq(event.tx_id, outcome.tx_id);
    ck_assert_uint_eq(event.block_number, outcome.block_number);
    ck_assert_uint_eq(event.payload.len, strlen("payload"));
    heddle_events_close(events);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(blocks_of_every_kind_come_from_a_peer)
{
    static const heddle_blocks_kind kinds[] = {HEDDLE_BLOCKS_FULL, HEDDLE_BLOCKS_FILTERED,
                                               HEDDLE_BLOCKS_PRIVATE};
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_blocks *blocks = NULL;
    heddle_block_event block;
    options.from_block = true;
    for (size_t i = 0; i < 3; i++) {
        OK(heddle_blocks_open(gateway, user, lab_text("channel"), kinds[i], &options, &blocks,
                              &err));
        for (uint64_t number = 0; number < 3; number++) {
            OK(heddle_blocks_next(blocks, 30000, &block, &err));
            ck_assert_uint_eq(block.number, number);
        }
        heddle_blocks_close(blocks);
    }
}
END_TEST

/* What goes on working while a peer or an orderer of several is away. */
static TCase *basics(void)
{
    TCase *tcase = SUITE_CASE(
        "basics", submits_and_reads_back, collects_what_a_policy_of_both_organisations_wants,
        another_member_of_the_channel_signs, private_data_go_to_members_alone,
        queries_go_where_the_strategy_says, many_at_once_are_submitted, events_come_out_of_blocks);
    tcase_add_loop_test(tcase, commits_are_awaited_by_every_strategy, 0,
                        (int)(sizeof(strategies) / sizeof(strategies[0])));
    return tcase;
}

static TCase *whole(void)
{
    return SUITE_CASE(
        "whole", one_organisation_is_not_enough_for_it, endorsers_that_differ_are_told_apart,
        a_contract_that_fails_is_told_by_its_peer, what_all_have_is_read_from_each,
        targets_endorse_and_no_others, status_of_any_transaction_is_told,
        conflicts_are_told_as_such, what_is_told_beforehand_serves_in_place_of_discovery,
        channel_is_discovered, endorsers_are_discovered, who_may_not_is_refused,
        blocks_of_every_kind_come_from_a_peer);
}

int main(void)
{
    Suite *suite = suite_create("interop/sdk/direct");
    TCase *const tcases[] = {basics(), whole()};
    for (size_t i = 0; i < 2; i++) {
        tcase_add_checked_fixture(tcases[i], setup, teardown);
        tcase_set_timeout(tcases[i], TIMEOUT_S);
        suite_add_tcase(suite, tcases[i]);
    }
    return suite_run(suite);
}
