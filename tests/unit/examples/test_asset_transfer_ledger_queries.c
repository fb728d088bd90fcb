/* asset-transfer-ledger-queries. */
#include "asset-transfer-ledger-queries/contract.h"
#include "ledger.h"
#include "support/suite.h"

#include <string.h>

#define ASSET(id, color, owner)                                                                    \
    "{\"ID\":\"" id "\",\"appraisedValue\":35,\"color\":\"" color                                  \
    "\",\"docType\":\"asset\",\"owner\":\"" owner "\",\"size\":5}"

static void open_ledger(void)
{
    ledger_open(&asset_transfer_ledger_queries);
    TOOK("", "CreateAsset", "a1", "blue", "5", "tom", "35");
    TOOK("", "CreateAsset", "a2", "red", "5", "tom", "35");
    TOOK("", "CreateAsset", "a3", "blue", "5", "tom", "35");
    TOOK("", "CreateAsset", "a4", "blueish", "5", "tom", "35");
}

START_TEST(ranges_hold_the_assets_and_not_the_index)
{
    SAID("[" ASSET("a1", "blue", "tom") "," ASSET("a2", "red", "tom") "]", "GetAssetsByRange", "a1",
         "a3");
    SAID("[]", "GetAssetsByRange", "b", "c");
    ledger_call(false, LEDGER_TEXTS("GetAssetsByRange", "", ""));
    ck_assert_ptr_nonnull(strstr(ledger_last.text, "a4"));
}
END_TEST

START_TEST(pages_follow_each_other_by_bookmarks)
{
    SAID("{\"bookmark\":\"a4\",\"fetchedRecordsCount\":3,\"records\":[" ASSET(
             "a1", "blue", "tom") "," ASSET("a2", "red", "tom") "," ASSET("a3", "blue", "tom") "]}",
         "GetAssetsByRangeWithPagination", "", "", "3", "");
    SAID("{\"bookmark\":\"\",\"fetchedRecordsCount\":1,\"records\":[" ASSET("a4", "blueish",
                                                                            "tom") "]}",
         "GetAssetsByRangeWithPagination", "", "", "3", "a4");
}
END_TEST

START_TEST(all_of_a_color_change_hands)
{
    TOOK("", "TransferAssetByColor", "blue", "jerry");
    SAID("[" ASSET("a1", "blue", "jerry") "," ASSET("a2", "red", "tom") "," ASSET(
             "a3", "blue", "jerry") "," ASSET("a4", "blueish", "tom") "]",
         "GetAssetsByRange", "", "");
}
END_TEST

START_TEST(a_new_asset_of_the_color_makes_the_transfer_invalid)
{
    ledger_race(LEDGER_TEXTS("CreateAsset", "a5", "blue", "5", "tom", "35"),
                LEDGER_TEXTS("TransferAssetByColor", "blue", "jerry"),
                HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT);
}
END_TEST

START_TEST(the_index_loses_what_is_deleted)
{
    size_t before = heddle_cc_mock_count(ledger, NULL);
    TOOK("", "DeleteAsset", "a1");
    ck_assert_uint_eq(heddle_cc_mock_count(ledger, NULL), before - 2);
    SAID("false", "AssetExists", "a1");
    TOOK("", "TransferAssetByColor", "blue", "jerry");
    SAID(ASSET("a3", "blue", "jerry"), "ReadAsset", "a3");
}
END_TEST

START_TEST(the_history_tells_the_newest_first)
{
    heddle_cc_mock_set_time(ledger, 1893456001, 120000000);
    TOOK("", "TransferAsset", "a1", "jerry");
    heddle_cc_mock_set_time(ledger, 1893456002, 0);
    TOOK("", "DeleteAsset", "a1");
    ledger_call(false, LEDGER_TEXTS("GetAssetHistory", "a1"));
    ck_assert_int_eq(ledger_last.status, 200);
    const char *text = ledger_last.text;
    static const char *const parts[] = {
        "[{\"isDelete\":true,\"record\":{\"ID\":\"a1\",\"appraisedValue\":0,\"color\":\"\"",
        "\"timestamp\":\"2030-01-01T00:00:02Z\",\"txId\":\"",
        "{\"isDelete\":false,\"record\":" ASSET("a1", "blue", "jerry"),
        "\"timestamp\":\"2030-01-01T00:00:01.12Z\",\"txId\":\"",
        "{\"isDelete\":false,\"record\":" ASSET("a1", "blue", "tom")};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        text = strstr(text, parts[i]);
        ck_assert_msg(text != NULL, "%s in %s", parts[i], ledger_last.text);
    }
    SAID("[]", "GetAssetHistory", "b");
}
END_TEST

START_TEST(rich_queries_are_passed_on_to_the_database)
{
    ledger_call(false, LEDGER_TEXTS("QueryAssetsByOwner", "tom"));
    ck_assert_int_eq(ledger_last.status, 500);
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "not supported for leveldb"));
    ledger_call(false, LEDGER_TEXTS("QueryAssetsWithPagination", "{\"selector\":{}}", "3", ""));
    ck_assert_int_eq(ledger_last.status, 500);
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "not supported for leveldb"));
}
END_TEST

START_TEST(what_is_not_possible_is_said)
{
    REFUSED("asset already exists: a1", "CreateAsset", "a1", "blue", "5", "tom", "35");
    REFUSED("asset b does not exist", "ReadAsset", "b");
    REFUSED("asset b does not exist", "DeleteAsset", "b");
    REFUSED("asset b does not exist", "TransferAsset", "b", "ann");
}
END_TEST

START_TEST(the_ledger_starts_with_six_assets)
{
    TOOK("", "InitLedger");
    ck_assert_uint_eq(heddle_cc_mock_count(ledger, NULL), 2 * (4 + 6));
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("contract", ranges_hold_the_assets_and_not_the_index,
                          pages_follow_each_other_by_bookmarks, all_of_a_color_change_hands,
                          a_new_asset_of_the_color_makes_the_transfer_invalid,
                          the_index_loses_what_is_deleted, the_history_tells_the_newest_first,
                          rich_queries_are_passed_on_to_the_database, what_is_not_possible_is_said,
                          the_ledger_starts_with_six_assets);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/asset_transfer_ledger_queries");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
