/* high-throughput. */
#include "high-throughput/contract.h"
#include "ledger.h"
#include "support/suite.h"

#define MOST "115792089237316195423570985008687907853269984665640564039457584007913129639935"

static void open_ledger(void)
{
    ledger_open(&high_throughput);
}

START_TEST(a_variable_is_the_sum_of_its_rows)
{
    TOOK("Successfully added +100 to v", "Update", "v", "100", "+");
    TOOK("Successfully added +100 to v", "Update", "v", "100", "+");
    TOOK("Successfully added -1 to v", "Update", "v", "1", "-");
    TOOK("Successfully added +5 to w", "Update", "w", "5", "+");
    SAID("199", "Get", "v");
    SAID("5", "Get", "w");
    TOOK("Successfully added -6 to w", "Update", "w", "6", "-");
    SAID("-1", "Get", "w");
}
END_TEST

START_TEST(updates_at_once_do_not_conflict)
{
    ledger_race(LEDGER_TEXTS("Update", "v", "7", "+"), LEDGER_TEXTS("Update", "v", "7", "+"),
                HEDDLE_CC_MOCK_VALID);
    SAID("14", "Get", "v");
}
END_TEST

START_TEST(pruning_leaves_one_row_and_the_value)
{
    TOOK("Successfully added +100 to v", "Update", "v", "100", "+");
    TOOK("Successfully added -250 to v", "Update", "v", "250", "-");
    TOOK("Successfully added +5 to w", "Update", "w", "5", "+");
    TOOK("Successfully pruned variable v, final value is -150, 2 rows pruned", "Prune", "v");
    ck_assert_uint_eq(heddle_cc_mock_count(ledger, NULL), 2);
    SAID("-150", "Get", "v");
    TOOK("Successfully pruned variable v, final value is -150, 1 rows pruned", "Prune", "v");
    SAID("5", "Get", "w");
}
END_TEST

START_TEST(a_pruning_beside_an_update_is_given_again)
{
    TOOK("Successfully added +1 to v", "Update", "v", "1", "+");
    ledger_race(LEDGER_TEXTS("Update", "v", "7", "+"), LEDGER_TEXTS("Prune", "v"),
                HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT);
    SAID("8", "Get", "v");
    ledger_race(LEDGER_TEXTS("Prune", "v"), LEDGER_TEXTS("Update", "v", "7", "+"),
                HEDDLE_CC_MOCK_VALID);
    SAID("15", "Get", "v");
}
END_TEST

START_TEST(sums_are_exact_beyond_64_bits)
{
    TOOK("Successfully added +123456789012345678901234567890 to v", "Update", "v",
         "123456789012345678901234567890", "+");
    TOOK("Successfully added +1 to v", "Update", "v", "1", "+");
    SAID("123456789012345678901234567891", "Get", "v");
    TOOK("Successfully pruned variable v, final value is 123456789012345678901234567891, 2 rows "
         "pruned",
         "Prune", "v");
}
END_TEST

START_TEST(what_is_no_delta_is_refused)
{
    REFUSED("provided value was not a whole number: 1.5", "Update", "v", "1.5", "+");
    REFUSED("provided value was not a whole number: -1", "Update", "v", "-1", "+");
    REFUSED("provided value was not a whole number: ", "Update", "v", "", "+");
    REFUSED("provided value has more than 60 digits", "Update", "v", MOST, "+");
    REFUSED("operator * is unrecognized", "Update", "v", "1", "*");
    REFUSED("no variable by the name v exists", "Get", "v");
    REFUSED("no variable by the name v exists", "Prune", "v");
    REFUSED("no variable by the name v exists", "Delete", "v");
}
END_TEST

START_TEST(a_variable_is_deleted)
{
    TOOK("Successfully added +1 to v", "Update", "v", "1", "+");
    TOOK("Successfully added +2 to v", "Update", "v", "2", "+");
    TOOK("Deleted v, 2 rows removed", "Delete", "v");
    ck_assert_uint_eq(heddle_cc_mock_count(ledger, NULL), 0);
}
END_TEST

START_TEST(the_standard_way_conflicts)
{
    TOOK("7", "UpdateStandard", "v", "7", "+");
    ledger_race(LEDGER_TEXTS("UpdateStandard", "v", "7", "+"),
                LEDGER_TEXTS("UpdateStandard", "v", "7", "+"), HEDDLE_CC_MOCK_MVCC_READ_CONFLICT);
    SAID("14", "GetStandard", "v");
    TOOK("-6", "UpdateStandard", "v", "20", "-");
    TOOK("-5", "UpdateStandard", "v", "1", "+");
    TOOK("", "DelStandard", "v");
    REFUSED("no variable by the name v exists", "GetStandard", "v");
}
END_TEST

int main(void)
{
    TCase *c =
        SUITE_CASE("contract", a_variable_is_the_sum_of_its_rows, updates_at_once_do_not_conflict,
                   pruning_leaves_one_row_and_the_value, a_pruning_beside_an_update_is_given_again,
                   sums_are_exact_beyond_64_bits, what_is_no_delta_is_refused,
                   a_variable_is_deleted, the_standard_way_conflicts);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/high_throughput");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
