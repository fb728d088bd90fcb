/* Who is asked: targets, wishes, strategies, and what happens when none of them can answer. */
#include "yard.h"

enum { OTHER = 2 }; /* the first peer of Org2 */

static void start(void)
{
    yard_start();
    yard_open(NULL);
}

static heddle_call_options wishing(heddle_selection_kind kind, const char *name)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.selection = heddle_selection_new();
    options.timeout_ms = 20000;
    OK(heddle_selection_add(options.selection, kind, name, &yard_err));
    return options;
}

static void add(const heddle_call_options *options, heddle_selection_kind kind, const char *name)
{
    OK(heddle_selection_add(options->selection, kind, name, &yard_err));
}

/* So that only the others can answer. */
static void refuse(size_t peer)
{
    yard_peer_fault(peer, "ProcessProposal refuse code=14 text=not now");
}

START_TEST(targets_endorse_all_of_them)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_TARGET, yard_peer(1));
    add(&options, HEDDLE_SELECT_TARGET, yard_peer(3));
    refuse(0);
    refuse(2);
    OK(yard_create("t1", &options));
    heddle_selection_unref(options.selection);

    options = wishing(HEDDLE_SELECT_TARGET, yard_peer(1));
    options.details = heddle_details_new();
    add(&options, HEDDLE_SELECT_TARGET, yard_peer(2));
    ck_assert_int_ne(yard_create("t2", &options), HEDDLE_OK);
    ck_assert_int_eq(yard_err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_str_eq(heddle_details_at(options.details, 0)->address, yard_peer(2));
    heddle_details_free(options.details);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(a_target_that_is_no_peer_is_named)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_TARGET, "nowhere:1");
    ck_assert_int_eq(yard_create("n1", &options), HEDDLE_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(yard_err.message, "nowhere:1"));
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(a_query_goes_to_its_target)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_TARGET, yard_peer(3));
    OK(yard_create("q1", NULL));
    for (size_t i = 0; i < 3; i++)
        refuse(i);
    dn_network *net = devnet_network(yard_net);
    OK(dn_network_wait_height(net, dn_network_ordered_height(net), 10000, &yard_err));
    ck_assert_msg(yard_has("q1", &options), "%s", yard_err.message);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(who_is_ignored_is_not_asked)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_IGNORED_PEER, yard_peer(0));
    add(&options, HEDDLE_SELECT_IGNORED_PEER, yard_peer(OTHER));
    refuse(0);
    refuse(OTHER);
    options.details = heddle_details_new();
    OK(yard_create("i1", &options));
    ck_assert_uint_eq(heddle_details_count(options.details), 0);
    heddle_details_free(options.details);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(an_organisation_that_is_not_to_be_asked_leaves_no_plan)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_IGNORED_ORG, "Org2MSP");
    ck_assert_int_ne(yard_create("p1", &options), HEDDLE_OK);
    ck_assert_int_eq(yard_err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_int_eq(yard_err.grpc_code, 9);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(preferred_peers_are_asked_first)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_PREFERRED_PEER, yard_peer(1));
    add(&options, HEDDLE_SELECT_PREFERRED_PEER, yard_peer(3));
    refuse(0);
    refuse(2);
    options.details = heddle_details_new();
    OK(yard_create("f1", &options));
    heddle_details_free(options.details);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(a_selection_that_was_used_does_not_change)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_PREFERRED_ORG, "Org1MSP");
    OK(yard_create("u1", &options));
    ck_assert_int_eq(
        heddle_selection_add(options.selection, HEDDLE_SELECT_TARGET, "x:1", &yard_err),
        HEDDLE_E_BAD_STATE);
    ck_assert_int_eq(heddle_selection_min_height(options.selection, 1, &yard_err),
                     HEDDLE_E_BAD_STATE);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(a_query_waits_for_a_peer_with_the_blocks)
{
    heddle_call_options options = wishing(HEDDLE_SELECT_REQUIRED_PEER, yard_peer(1));
    OK(yard_create("h1", NULL));
    uint64_t height = dn_network_ordered_height(devnet_network(yard_net));
    OK(heddle_selection_min_height(options.selection, height + 1, &yard_err));
    options.timeout_ms = 700;
    ck_assert(!yard_has("h1", &options));
    ck_assert_int_eq(yard_err.status, HEDDLE_E_TIMED_OUT);

    options.timeout_ms = 20000;
    heddle_call_options plain = HEDDLE_CALL_OPTIONS;
    OK(yard_create("h2", &plain));
    ck_assert_msg(yard_has("h1", &options), "%s", yard_err.message);
    heddle_selection_unref(options.selection);
}
END_TEST

static void with_query(heddle_query_strategy strategy)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    options.query = strategy;
    yard_close();
    yard_open(&options);
}

START_TEST(a_query_of_the_own_organisation_stays_there)
{
    OK(yard_create("o1", NULL));
    with_query(HEDDLE_QUERY_OWN_SINGLE);
    refuse(0);
    ck_assert_msg(yard_has("o1", NULL), "%s", yard_err.message);
    refuse(1);
    ck_assert(!yard_has("o1", NULL));
    with_query(HEDDLE_QUERY_PREFER_OWN_ROUND_ROBIN);
    ck_assert_msg(yard_has("o1", NULL), "%s", yard_err.message);
}
END_TEST

START_TEST(what_cannot_be_is_said)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    heddle_gateway *none = NULL;
    heddle_network *empty = NULL;
    heddle_node node = HEDDLE_NODE("localhost:1");
    OK(heddle_network_new(yard_user, &empty, &yard_err));
    ck_assert_int_eq(heddle_network_open(empty, NULL, &none, &yard_err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(yard_err.message, "network: there is no peer");
    ck_assert_int_eq(heddle_network_add_peer(empty, &node, &yard_err), HEDDLE_E_BAD_ARGUMENT);
    node.plaintext = true;
    OK(heddle_network_add_peer(empty, &node, &yard_err));
    options.without_discovery = true;
    ck_assert_int_eq(heddle_network_open(empty, &options, &none, &yard_err), HEDDLE_E_BAD_ARGUMENT);
    OK(heddle_network_add_orderer(empty, &node, &yard_err));
    options.without_discovery = false;
    ck_assert_int_eq(heddle_network_open(empty, &options, &none, &yard_err), HEDDLE_E_BAD_ARGUMENT);
    options.connections = 65;
    ck_assert_int_eq(heddle_network_open(yard_network, &options, &none, &yard_err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_network_free(empty);
    ck_assert_int_eq(heddle_network_new(NULL, &empty, &yard_err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(hosts_are_where_the_map_says)
{
    yard_close();
    OK(heddle_network_map_host(yard_network, "localhost", "127.0.0.1", &yard_err));
    yard_open(NULL);
    OK(yard_create("m1", NULL));
    ck_assert_msg(yard_has("m1", NULL), "%s", yard_err.message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct/selection");
    TCase *tcase = SUITE_CASE(
        "selection", targets_endorse_all_of_them, a_target_that_is_no_peer_is_named,
        a_query_goes_to_its_target, who_is_ignored_is_not_asked,
        an_organisation_that_is_not_to_be_asked_leaves_no_plan, preferred_peers_are_asked_first,
        a_selection_that_was_used_does_not_change, a_query_waits_for_a_peer_with_the_blocks,
        a_query_of_the_own_organisation_stays_there, what_cannot_be_is_said,
        hosts_are_where_the_map_says);
    tcase_add_checked_fixture(tcase, start, yard_stop);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
