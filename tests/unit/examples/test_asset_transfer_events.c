/* asset-transfer-events. */
#include "asset-transfer-events/contract.h"
#include "ledger.h"
#include "support/suite.h"

#define ASSET(owner, value)                                                                        \
    "{\"AppraisedValue\":" value ",\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":\"" owner             \
    "\",\"Size\":10}"
#define DETAILED                                                                                   \
    "{\"AppraisedValue\":100,\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":\"Sam\",\"Size\":10,"       \
    "\"asset_properties\":{\"Price\":\"110\"}}"

static void open_ledger(void)
{
    heddle_error err;
    ledger_open(&asset_transfer_events);
    ck_assert_int_eq(
        heddle_cc_mock_use_policy(ledger, NULL, "OR('Org1MSP.peer', 'Org2MSP.peer')", &err),
        HEDDLE_OK);
}

START_TEST(every_change_emits_the_asset)
{
    TOOK("", "CreateAsset", "a", "blue", "10", "Sam", "100");
    EMITTED("CreateAsset", ASSET("Sam", "100"));
    TOOK("", "UpdateAsset", "a", "blue", "10", "Sam", "200");
    EMITTED("UpdateAsset", ASSET("Sam", "200"));
    TOOK("Sam", "TransferAsset", "a", "Mary");
    EMITTED("TransferAsset", ASSET("Mary", "200"));
    TOOK("", "DeleteAsset", "a");
    EMITTED("DeleteAsset", ASSET("Mary", "200"));
}
END_TEST

START_TEST(details_stay_in_the_organisation)
{
    ledger_endorse_at("Org1MSP");
    ledger_give("asset_properties", "{\"Price\":\"110\"}");
    TOOK("", "CreateAsset", "a", "blue", "10", "Sam", "100");
    EMITTED("CreateAsset", ASSET("Sam", "100"));
    ledger_expect_state("a", ASSET("Sam", "100"));
    SAID(DETAILED, "ReadAsset", "a");
    ledger_act_as("ann", "Org2MSP");
    ledger_endorse_at("Org2MSP");
    SAID(ASSET("Sam", "100"), "ReadAsset", "a");
}
END_TEST

START_TEST(details_go_with_the_asset)
{
    heddle_view left;
    heddle_error err;
    ledger_endorse_at("Org1MSP");
    ledger_give("asset_properties", "{\"Price\":\"110\"}");
    TOOK("", "CreateAsset", "a", "blue", "10", "Sam", "100");
    TOOK("", "DeleteAsset", "a");
    ck_assert_int_eq(heddle_cc_mock_get_private(ledger, NULL, "_implicit_org_Org1MSP",
                                                heddle_view_str("a"), &left, &err),
                     HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(what_is_not_possible_is_said)
{
    TOOK("", "CreateAsset", "a", "blue", "10", "Sam", "100");
    REFUSED("the asset a already exists", "CreateAsset", "a", "blue", "10", "Sam", "100");
    REFUSED("the asset b does not exist", "UpdateAsset", "b", "blue", "10", "Sam", "100");
    REFUSED("the asset b does not exist", "TransferAsset", "b", "Sam");
    REFUSED("the asset b does not exist", "DeleteAsset", "b");
    REFUSED("the asset b does not exist", "ReadAsset", "b");
}
END_TEST

START_TEST(details_that_are_no_json_are_refused)
{
    ledger_give("asset_properties", "{\"Price\":");
    ledger_call(true, LEDGER_TEXTS("CreateAsset", "a", "blue", "10", "Sam", "100"));
    ck_assert_int_eq(ledger_last.status, 500);
    ck_assert_uint_eq(heddle_cc_mock_count(ledger, NULL), 0);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("contract", every_change_emits_the_asset,
                          details_stay_in_the_organisation, details_go_with_the_asset,
                          what_is_not_possible_is_said, details_that_are_no_json_are_refused);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/asset_transfer_events");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
