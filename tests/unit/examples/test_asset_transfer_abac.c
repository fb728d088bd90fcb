/* asset-transfer-abac. */
#include "asset-transfer-abac/contract.h"
#include "ledger.h"
#include "support/suite.h"

#include <string.h>

static void creator(const char *name, const char *value)
{
    const heddle_cc_mock_entry attribute = {"abac.creator", heddle_view_str(value)};
    heddle_error err;
    ck_assert_int_eq(heddle_cc_mock_client(ledger, name, "Org1MSP", &attribute, 1, &err),
                     HEDDLE_OK);
}

static void open_ledger(void)
{
    ledger_open(&asset_transfer_abac);
    creator("carl", "true");
}

static const char not_owner[] =
    "submitting client not authorized to update asset, does not own asset";
static const char no_creator[] =
    "submitting client not authorized to create asset, does not have abac.creator role";

START_TEST(who_has_the_attribute_creates_assets)
{
    ledger_act_as("carl", "Org1MSP");
    TOOK("", "CreateAsset", "a", "blue", "5", "300");
    SAID("true", "AssetExists", "a");
    ledger_call(false, LEDGER_TEXTS("ReadAsset", "a"));
    ck_assert_ptr_nonnull(strstr(ledger_last.text, "\"owner\":\"x509::"));
    REFUSED("the asset a already exists", "CreateAsset", "a", "blue", "5", "300");
}
END_TEST

START_TEST(nobody_else_does)
{
    ledger_act_as("ann", "Org1MSP");
    REFUSED(no_creator, "CreateAsset", "a", "blue", "5", "300");
    creator("eve", "false");
    ledger_act_as("eve", "Org1MSP");
    REFUSED(no_creator, "CreateAsset", "a", "blue", "5", "300");
    SAID("false", "AssetExists", "a");
    SAID("[]", "GetAllAssets");
}
END_TEST

START_TEST(only_the_owner_changes_an_asset)
{
    ledger_act_as("carl", "Org1MSP");
    TOOK("", "CreateAsset", "a", "blue", "5", "300");
    TOOK("", "UpdateAsset", "a", "red", "6", "400");
    ledger_act_as("ann", "Org1MSP");
    REFUSED(not_owner, "UpdateAsset", "a", "red", "6", "500");
    REFUSED(not_owner, "DeleteAsset", "a");
    REFUSED(not_owner, "TransferAsset", "a", "x509::CN=ann::CN=ca");
    REFUSED("the asset b does not exist", "DeleteAsset", "b");
}
END_TEST

START_TEST(the_new_owner_is_who_says_so)
{
    char ann[512];
    ledger_act_as("ann", "Org1MSP");
    ledger_call(false, LEDGER_TEXTS("GetSubmittingClientIdentity"));
    ck_assert_int_eq(ledger_last.status, 200);
    ck_assert_uint_lt(strlen(ledger_last.text), sizeof(ann));
    strcpy(ann, ledger_last.text);
    ck_assert_ptr_eq(strstr(ann, "x509::"), ann);
    ledger_act_as("carl", "Org1MSP");
    TOOK("", "CreateAsset", "a", "blue", "5", "300");
    TOOK("", "TransferAsset", "a", ann);
    REFUSED(not_owner, "DeleteAsset", "a");
    ledger_act_as("ann", "Org1MSP");
    TOOK("", "DeleteAsset", "a");
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("contract", who_has_the_attribute_creates_assets, nobody_else_does,
                          only_the_owner_changes_an_asset, the_new_owner_is_who_says_so);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/asset_transfer_abac");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
