/* asset-transfer-private. */
#include "asset-transfer-private/contract.h"
#include "ledger.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#define PROPERTIES(id, value)                                                                      \
    "{\"objectType\":\"ValuableAsset\",\"assetID\":\"" id                                          \
    "\",\"color\":\"green\",\"size\":20,\"appraisedValue\":" value "}"
#define VALUE(id, value) "{\"appraisedValue\":" value ",\"assetID\":\"" id "\"}"

static void add(const char *name, const char *const *members, size_t count, const char *policy,
                bool member_only_write)
{
    heddle_cc_mock_collection collection = HEDDLE_CC_MOCK_COLLECTION;
    heddle_error err;
    collection.name = name;
    collection.members = members;
    collection.member_count = count;
    collection.member_only_read = true;
    collection.member_only_write = member_only_write;
    collection.policy = policy;
    ck_assert_int_eq(heddle_cc_mock_add_collection(ledger, &collection, &err), HEDDLE_OK);
}

/* As in collections_config.json. */
static void open_ledger(void)
{
    static const char *const orgs[] = {"Org1MSP", "Org2MSP"};
    unsetenv("CORE_PEER_LOCALMSPID");
    ledger_open(&asset_transfer_private);
    add("assetCollection", orgs, 2, "OR('Org1MSP.member', 'Org2MSP.member')", true);
    add("Org1MSPPrivateCollection", &orgs[0], 1, "OR('Org1MSP.member')", false);
    add("Org2MSPPrivateCollection", &orgs[1], 1, "OR('Org2MSP.member')", false);
}

static void be_owner(void)
{
    ledger_act_as("olga", "Org1MSP");
    ledger_endorse_at("Org1MSP");
}

static void be_buyer(void)
{
    ledger_act_as("bert", "Org2MSP");
    ledger_endorse_at("Org2MSP");
}

static void create(void)
{
    be_owner();
    ledger_give("asset_properties", PROPERTIES("a", "100"));
    TOOK("", "CreateAsset");
}

static void agree(const char *value)
{
    be_buyer();
    ledger_give("asset_value", value);
    TOOK("", "AgreeToTransfer");
}

static void give_transfer(void)
{
    ledger_give("asset_owner", "{\"assetID\":\"a\",\"buyerMSP\":\"Org2MSP\"}");
}

START_TEST(members_see_the_asset_and_its_owners_the_value)
{
    create();
    SAID(VALUE("a", "100"), "ReadAssetPrivateDetails", "Org1MSPPrivateCollection", "a");
    be_buyer();
    ledger_call(false, LEDGER_TEXTS("ReadAsset", "a"));
    ck_assert_ptr_nonnull(strstr(ledger_last.text, "\"color\":\"green\""));
    ck_assert_ptr_nonnull(strstr(ledger_last.text, "\"owner\":\"x509::"));
    ck_assert_ptr_null(strstr(ledger_last.text, "appraisedValue"));
    ledger_call(false, LEDGER_TEXTS("ReadAssetPrivateDetails", "Org1MSPPrivateCollection", "a"));
    ck_assert_int_eq(ledger_last.status, 500);
    ck_assert_uint_eq(heddle_cc_mock_count(ledger, NULL), 0);
}
END_TEST

START_TEST(it_changes_hands_when_both_wrote_the_same_value)
{
    create();
    agree("{ \"assetID\": \"a\", \"appraisedValue\": 100 }");
    be_owner();
    ledger_call(false, LEDGER_TEXTS("ReadTransferAgreement", "a"));
    ck_assert_ptr_eq(strstr(ledger_last.text, "{\"assetID\":\"a\",\"buyerID\":\"x509::"),
                     ledger_last.text);
    give_transfer();
    TOOK("", "TransferAsset");
    SAID("", "ReadAssetPrivateDetails", "Org1MSPPrivateCollection", "a");
    SAID("", "ReadTransferAgreement", "a");
    be_buyer();
    SAID(VALUE("a", "100"), "ReadAssetPrivateDetails", "Org2MSPPrivateCollection", "a");
    ledger_give("asset_delete", "{\"assetID\":\"a\"}");
    TOOK("", "DeleteAsset");
}
END_TEST

START_TEST(without_the_buyers_word_it_does_not)
{
    create();
    give_transfer();
    REFUSED("hash of appraised value for a does not exist in collection Org2MSPPrivateCollection. "
            "AgreeToTransfer must be called by the buyer first",
            "TransferAsset");
    agree("{\"assetID\":\"a\",\"appraisedValue\":99}");
    be_owner();
    give_transfer();
    REFUSED("owner and buyer did not agree to the same appraised value", "TransferAsset");
}
END_TEST

START_TEST(only_the_owner_transfers)
{
    create();
    agree("{\"assetID\":\"a\",\"appraisedValue\":100}");
    ledger_act_as("otto", "Org1MSP");
    ledger_endorse_at("Org1MSP");
    give_transfer();
    REFUSED("error: submitting client identity does not own asset", "TransferAsset");
}
END_TEST

START_TEST(a_buyer_may_withdraw)
{
    create();
    agree("{\"assetID\":\"a\",\"appraisedValue\":100}");
    ledger_give("agreement_delete", "{\"assetID\":\"a\"}");
    TOOK("", "DeleteTranferAgreement");
    ledger_give("agreement_delete", "{\"assetID\":\"a\"}");
    REFUSED("asset's transfer_agreement does not exist: a", "DeleteTransferAgreement");
    be_owner();
    give_transfer();
    ledger_call(true, LEDGER_TEXTS("TransferAsset"));
    ck_assert_int_eq(ledger_last.status, 500);
}
END_TEST

START_TEST(the_owner_deletes_and_purges)
{
    create();
    be_buyer();
    ledger_give("asset_delete", "{\"assetID\":\"a\"}");
    REFUSED("asset not found in owner's private Collection Org2MSPPrivateCollection: a",
            "DeleteAsset");
    be_owner();
    ledger_give("asset_delete", "{\"assetID\":\"a\"}");
    TOOK("", "DeleteAsset");
    SAID("", "ReadAsset", "a");
    ledger_give("asset_delete", "{\"assetID\":\"a\"}");
    REFUSED("asset not found: a", "DeleteAsset");
    ledger_give("asset_purge", "{\"assetID\":\"a\"}");
    TOOK("", "PurgeAsset");
}
END_TEST

START_TEST(who_agreed_to_a_price_is_not_the_owner_yet)
{
    static const char not_owner[] = "error: submitting client identity does not own asset";
    create();
    agree("{\"assetID\":\"a\",\"appraisedValue\":100}");
    ledger_give("asset_delete", "{\"assetID\":\"a\"}");
    REFUSED(not_owner, "DeleteAsset");
    ledger_give("asset_purge", "{\"assetID\":\"a\"}");
    REFUSED(not_owner, "PurgeAsset");
}
END_TEST

START_TEST(assets_are_found_by_range)
{
    create();
    ledger_give("asset_properties", PROPERTIES("b", "7"));
    TOOK("", "CreateAsset");
    ledger_call(false, LEDGER_TEXTS("GetAssetByRange", "b", "c"));
    ck_assert_ptr_eq(strstr(ledger_last.text, "[{\"assetID\":\"b\""), ledger_last.text);
    ck_assert_ptr_null(strstr(ledger_last.text, "\"a\""));
    ledger_call(false, LEDGER_TEXTS("QueryAssetByOwner", "ValuableAsset", "x\",\"y"));
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "not supported for leveldb"));
    ledger_call(false, LEDGER_TEXTS("QueryAssets", "{\"selector\":{}}"));
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "not supported for leveldb"));
}
END_TEST

START_TEST(transient_data_that_does_not_fit_is_named)
{
    static const struct {
        const char *given;
        const char *message;
    } cases[] = {
        {NULL, "asset_properties key not found in the transient map"},
        {"[]", "asset_properties must be a JSON object"},
        {"{}", "objectType field must be a non-empty string"},
        {"{\"objectType\":\"t\"}", "assetID field must be a non-empty string"},
        {"{\"objectType\":\"t\",\"assetID\":\"\"}", "assetID field must be a non-empty string"},
        {"{\"objectType\":\"t\",\"assetID\":\"a\",\"color\":5}",
         "color field must be a non-empty string"},
        {"{\"objectType\":\"t\",\"assetID\":\"a\",\"color\":\"c\",\"size\":0}",
         "size field must be a positive integer"},
        {PROPERTIES("a", "\"1\""), "appraisedValue field must be a positive integer"},
    };
    be_owner();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].given)
            ledger_give("asset_properties", cases[i].given);
        REFUSED(cases[i].message, "CreateAsset");
    }
    create();
    ledger_give("asset_properties", PROPERTIES("a", "100"));
    REFUSED("this asset already exists: a", "CreateAsset");
    ledger_give("asset_value", PROPERTIES("b", "100"));
    REFUSED("b does not exist", "AgreeToTransfer");
}
END_TEST

START_TEST(a_peer_of_another_organisation_is_no_place_for_private_data)
{
    be_owner();
    setenv("CORE_PEER_LOCALMSPID", "Org2MSP", 1);
    ledger_give("asset_properties", PROPERTIES("a", "100"));
    REFUSED("client from org Org1MSP is not authorized to read or write private data from an org "
            "Org2MSP peer",
            "CreateAsset");
    setenv("CORE_PEER_LOCALMSPID", "Org1MSP", 1);
    ledger_give("asset_properties", PROPERTIES("a", "100"));
    TOOK("", "CreateAsset");
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("contract", members_see_the_asset_and_its_owners_the_value,
                          it_changes_hands_when_both_wrote_the_same_value,
                          without_the_buyers_word_it_does_not, only_the_owner_transfers,
                          a_buyer_may_withdraw, the_owner_deletes_and_purges,
                          who_agreed_to_a_price_is_not_the_owner_yet, assets_are_found_by_range,
                          transient_data_that_does_not_fit_is_named,
                          a_peer_of_another_organisation_is_no_place_for_private_data);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/asset_transfer_private");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
