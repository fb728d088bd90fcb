/* When a commit is told: the strategies, on devnet with peers that lag, go away or are alone. */
#include "yard.h"

static heddle_call_options within(uint32_t timeout_ms, heddle_commit_strategy strategy)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = timeout_ms;
    options.selection = heddle_selection_new();
    OK(heddle_selection_commit(options.selection, strategy, &yard_err));
    return options;
}

static void start(void)
{
    yard_start();
    yard_open(NULL);
    OK(yard_create("first", NULL));
}

static const heddle_commit_strategy strategies[] = {
    HEDDLE_COMMIT_DEFAULT,       HEDDLE_COMMIT_OWN_ANY,     HEDDLE_COMMIT_OWN_ALL,
    HEDDLE_COMMIT_NETWORK_ANY,   HEDDLE_COMMIT_NETWORK_ALL, HEDDLE_COMMIT_PREFER_OWN_ANY,
    HEDDLE_COMMIT_PREFER_OWN_ALL};

START_TEST(every_strategy_ends_when_all_is_well)
{
    heddle_call_options options = within(20000, strategies[_i]);
    OK(yard_create("a1", &options));
    OK(yard_create("a2", &options));
    if (strategies[_i] == HEDDLE_COMMIT_NETWORK_ALL) {
        uint64_t height = dn_network_ordered_height(devnet_network(yard_net));
        for (size_t i = 0; i < YARD_PEERS; i++)
            ck_assert_uint_eq(dn_network_peer_height(devnet_network(yard_net), i), height);
    }
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(all_of_the_own_organisation_waits_for_the_one_that_lags)
{
    heddle_call_options options = within(3000, HEDDLE_COMMIT_OWN_ALL);
    OK(yard_create("b1", &options)); /* the streams are up */
    yard_peer_fault(1, "lag height=3");
    options.details = heddle_details_new();
    ck_assert_int_eq(yard_create("b2", &options), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(yard_err.stage, HEDDLE_STAGE_COMMIT_STATUS);
    ck_assert_int_eq(yard_err.retry, HEDDLE_RETRY_ASK_STATUS);
    ck_assert_uint_eq(heddle_details_count(options.details), 1);
    ck_assert_str_eq(heddle_details_at(options.details, 0)->address, yard_peer(1));
    heddle_details_free(options.details);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(any_of_the_own_organisation_does_not)
{
    heddle_call_options options = within(10000, HEDDLE_COMMIT_OWN_ANY);
    OK(yard_create("c1", &options));
    yard_peer_fault(_i, "lag height=3");
    OK(yard_create("c2", &options));
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(all_are_those_that_can_be_heard)
{
    heddle_call_options options = within(20000, HEDDLE_COMMIT_NETWORK_ALL);
    OK(yard_create("d1", &options));
    yard_peer_fault(1, "away");
    yard_peer_fault(3, "away");
    OK(yard_create("d2", &options));
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(a_peer_that_goes_away_meanwhile_counts_no_more)
{
    heddle_call_options options = within(20000, HEDDLE_COMMIT_OWN_ALL);
    OK(yard_create("e1", &options));
    yard_peer_fault(1, "lag height=3");
    heddle_call *call = NULL;
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    OK(heddle_proposal_new(yard_assets, HEDDLE_CALL("CreateAsset", "e2", "blue", "5", "Ann", "3"),
                           &proposal, &yard_err));
    OK(heddle_proposal_endorse(proposal, &options, &transaction, &yard_err));
    OK(heddle_transaction_submit(transaction, &options, &commit, &yard_err));
    yard_peer_fault(1, "away");
    OK(heddle_commit_wait(commit, &options, &status, &yard_err));
    ck_assert_int_eq(status.validation_code, 0);
    ck_assert_ptr_null(call);
    heddle_commit_free(commit);
    heddle_transaction_free(transaction);
    heddle_proposal_free(proposal);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(without_an_own_peer_others_are_preferred_or_the_ledger_tells)
{
    heddle_call_options options = within(20000, HEDDLE_COMMIT_PREFER_OWN_ALL);
    heddle_outcome outcome = {0};
    OK(heddle_submit(yard_assets, HEDDLE_CALL("CreateAsset", "g1", "blue", "5", "Ann", "3"),
                     &options, &outcome, &yard_err));
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    OK(heddle_commit_new(yard_gateway, yard_user, "mychannel", outcome.tx_id, &commit, &yard_err));
    yard_peer_fault(0, "away");
    yard_peer_fault(1, "away");
    OK(heddle_commit_wait(commit, &options, &status, &yard_err));
    ck_assert_uint_eq(status.block_number, outcome.block_number);
    heddle_commit_free(commit);
    heddle_outcome_done(&outcome);
    heddle_selection_unref(options.selection);
}
END_TEST

START_TEST(what_was_told_is_read_back)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    yard_close();
    options.read_your_writes = true;
    options.query = HEDDLE_QUERY_OWN_ROUND_ROBIN;
    yard_open(&options);
    OK(yard_create("w0", NULL));
    yard_peer_fault(1, "lag height=2");
    for (int i = 1; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof(id), "w%d", i);
        OK(yard_create(id, NULL));
        for (int j = 0; j < 3; j++)
            ck_assert_msg(yard_has(id, NULL), "%s", yard_err.message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct/commit");
    TCase *tcase = SUITE_CASE(
        "commit", all_of_the_own_organisation_waits_for_the_one_that_lags,
        all_are_those_that_can_be_heard, a_peer_that_goes_away_meanwhile_counts_no_more,
        without_an_own_peer_others_are_preferred_or_the_ledger_tells, what_was_told_is_read_back);
    tcase_add_loop_test(tcase, every_strategy_ends_when_all_is_well, 0,
                        (int)(sizeof(strategies) / sizeof(strategies[0])));
    tcase_add_loop_test(tcase, any_of_the_own_organisation_does_not, 0, 2);
    tcase_add_checked_fixture(tcase, start, yard_stop);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
