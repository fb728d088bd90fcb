/* asset-transfer. */
#include "asset-transfer/contract.h"
#include "ledger.h"
#include "support/suite.h"

#include <string.h>

static void open_ledger(void)
{
    ledger_open(&asset_transfer);
}

START_TEST(an_asset_lives_from_creation_to_deletion)
{
    SAID("false", "AssetExists", "a");
    TOOK("", "CreateAsset", "a", "blue", "5", "Ann", "300");
    SAID("true", "AssetExists", "a");
    TOOK("Ann", "TransferAsset", "a", "Bob");
    SAID("{\"AppraisedValue\":300,\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":\"Bob\",\"Size\":5}",
         "ReadAsset", "a");
    TOOK("", "UpdateAsset", "a", "red", "6", "Cy", "1");
    SAID("[{\"AppraisedValue\":1,\"Color\":\"red\",\"ID\":\"a\",\"Owner\":\"Cy\",\"Size\":6}]",
         "GetAllAssets");
    TOOK("", "DeleteAsset", "a");
    SAID("[]", "GetAllAssets");
}
END_TEST

START_TEST(the_ledger_starts_with_six_assets)
{
    TOOK("", "InitLedger");
    ck_assert_uint_eq(heddle_cc_mock_count(ledger, NULL), 6);
    ledger_expect_state("asset6", "{\"AppraisedValue\":800,\"Color\":\"white\",\"ID\":\"asset6\","
                                  "\"Owner\":\"Michel\",\"Size\":15}");
    ledger_call(false, LEDGER_TEXTS("GetAllAssets"));
    ck_assert_ptr_eq(strstr(ledger_last.text, "[{\"AppraisedValue\":300"), ledger_last.text);
    ck_assert_ptr_nonnull(strstr(ledger_last.text, "Michel"));
}
END_TEST

START_TEST(what_is_not_possible_is_said)
{
    TOOK("", "CreateAsset", "a", "blue", "5", "Ann", "300");
    REFUSED("the asset a already exists", "CreateAsset", "a", "blue", "5", "Ann", "300");
    REFUSED("the asset b does not exist", "ReadAsset", "b");
    REFUSED("the asset b does not exist", "TransferAsset", "b", "Bob");
    REFUSED("the asset b does not exist", "UpdateAsset", "b", "blue", "5", "Ann", "300");
    REFUSED("the asset b does not exist", "DeleteAsset", "b");
}
END_TEST

START_TEST(arguments_that_do_not_fit_are_named)
{
    ledger_call(true, LEDGER_TEXTS("CreateAsset", "b", "blue", "big", "Ann", "300"));
    ck_assert_int_eq(ledger_last.status, 500);
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "parameter size"));
    ledger_call(true, LEDGER_TEXTS("CreateAsset", "b"));
    ck_assert_int_eq(ledger_last.status, 500);
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "parameter color"));
}
END_TEST

START_TEST(changes_emit_an_event_with_the_asset)
{
    TOOK("", "CreateAsset", "a", "blue", "5", "Ann", "300");
    EMITTED("CreateAsset", "{\"AppraisedValue\":300,\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":"
                           "\"Ann\",\"Size\":5}");
    TOOK("Ann", "TransferAsset", "a", "Bob");
    EMITTED("TransferAsset", "{\"AppraisedValue\":300,\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":"
                             "\"Bob\",\"Size\":5}");
    SAID("true", "AssetExists", "a");
    ck_assert_ptr_null(ledger_last.event_name);
    TOOK("", "DeleteAsset", "a");
    EMITTED("DeleteAsset", "{\"AppraisedValue\":300,\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":"
                           "\"Bob\",\"Size\":5}");
}
END_TEST

START_TEST(of_two_changes_at_once_one_counts)
{
    TOOK("", "CreateAsset", "a", "blue", "5", "Ann", "300");
    ledger_race(LEDGER_TEXTS("TransferAsset", "a", "Bob"), LEDGER_TEXTS("TransferAsset", "a", "Cy"),
                HEDDLE_CC_MOCK_MVCC_READ_CONFLICT);
    TOOK("Bob", "TransferAsset", "a", "Dan");
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("contract", an_asset_lives_from_creation_to_deletion,
                          the_ledger_starts_with_six_assets, what_is_not_possible_is_said,
                          arguments_that_do_not_fit_are_named, changes_emit_an_event_with_the_asset,
                          of_two_changes_at_once_one_counts);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/asset_transfer");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
