/* Submitting once without a gateway: what is on the ledger is found again, whoever asks. */
#include "yard.h"

static char *dir;

static void start(void)
{
    dir = fixture_dir_new();
    yard_start();
    yard_open(NULL);
}

static void stop(void)
{
    yard_stop();
    fixture_dir_free(dir);
}

static heddle_journal *open_journal(const char *name)
{
    char path[512];
    heddle_journal *journal = NULL;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    OK(heddle_journal_open(path, &journal, &yard_err));
    return journal;
}

static heddle_status create(heddle_journal *journal, const char *id, uint32_t timeout_ms,
                            heddle_outcome *out)
{
    heddle_once_options options = HEDDLE_ONCE_OPTIONS;
    options.timeout_ms = timeout_ms;
    return heddle_submit_once(journal, yard_assets,
                              HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"),
                              heddle_view_str("k"), &options, out, &yard_err);
}

START_TEST(a_journal_that_was_lost_is_made_up_for_by_the_ledger)
{
    heddle_outcome first = {0}, again = {0};
    heddle_journal *journal = open_journal("one.db");
    OK(create(journal, "a1", 0, &first));
    heddle_journal_close(journal);
    journal = open_journal("two.db");
    OK(create(journal, "a1", 0, &again));
    ck_assert_str_eq(again.tx_id, first.tx_id);
    ck_assert_uint_eq(again.block_number, first.block_number);
    heddle_journal_close(journal);
    journal = open_journal("three.db");
    ck_assert_int_eq(create(journal, "a2", 0, NULL), HEDDLE_E_EXISTS);
    ck_assert_int_eq(yard_err.retry, HEDDLE_RETRY_NO);
    heddle_journal_close(journal);
    heddle_outcome_done(&first);
    heddle_outcome_done(&again);
}
END_TEST

START_TEST(an_answer_that_was_lost_is_found_on_the_ledger)
{
    heddle_outcome outcome = {0};
    heddle_journal *journal = open_journal("one.db");
    OK(yard_create("s0", NULL));
    for (size_t i = 0; i < 3; i++)
        yard_orderer_fault(i, "Broadcast swallow");
    OK(create(journal, "s1", 20000, &outcome));
    ck_assert(yard_has("s1", NULL));
    heddle_outcome_done(&outcome);
    heddle_journal_close(journal);
}
END_TEST

START_TEST(a_transaction_that_was_lost_is_recovered_by_another_member)
{
    heddle_identity *other = NULL;
    heddle_recovery found = {0};
    heddle_outcome outcome = {0};
    heddle_journal *journal = open_journal("one.db");
    OK(yard_create("l0", NULL));
    for (size_t i = 0; i < 3; i++)
        yard_orderer_fault(i, "Broadcast lose");
    ck_assert_int_ne(create(journal, "l1", 1500, NULL), HEDDLE_OK);
    ck_assert_int_eq(yard_err.retry, HEDDLE_RETRY_ASK_STATUS);
    OK(dn_network_fault_clear(devnet_network(yard_net), NULL, &yard_err));
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(yard_net, "org1.example.com", "Admin"),
                                &other, &yard_err));
    OK(heddle_journal_recover(journal, yard_gateway, other, NULL, &found, &yard_err));
    ck_assert_msg(found.valid == 1, "%d open, %d invalid: %s", (int)found.open, (int)found.invalid,
                  yard_err.message);
    ck_assert_uint_eq(found.open, 0);
    OK(create(journal, "l1", 0, &outcome));
    ck_assert_int_eq(outcome.validation_code, 0);
    ck_assert(yard_has("l1", NULL));
    heddle_outcome_done(&outcome);
    heddle_identity_unref(other);
    heddle_journal_close(journal);
}
END_TEST

static TCase *once_case(void)
{
    TCase *tcase = SUITE_CASE("once", a_journal_that_was_lost_is_made_up_for_by_the_ledger,
                              an_answer_that_was_lost_is_found_on_the_ledger,
                              a_transaction_that_was_lost_is_recovered_by_another_member);
    tcase_add_checked_fixture(tcase, start, stop);
    return tcase;
}

SUITE_MAIN("direct/once", once_case())
