/* asset-transfer-sbe. */
#include "asset-transfer-sbe/contract.h"
#include "ledger.h"
#include "support/suite.h"

static void open_ledger(void)
{
    ledger_open(&asset_transfer_sbe);
}

START_TEST(an_asset_lives_from_creation_to_deletion)
{
    SAID("false", "AssetExists", "a");
    TOOK("", "CreateAsset", "a", "100", "Tom");
    SAID("{\"ID\":\"a\",\"Owner\":\"Tom\",\"OwnerOrg\":\"Org1MSP\",\"Value\":100}", "ReadAsset",
         "a");
    TOOK("", "UpdateAsset", "a", "200");
    TOOK("", "TransferAsset", "a", "Ann", "Org2MSP");
    SAID("{\"ID\":\"a\",\"Owner\":\"Ann\",\"OwnerOrg\":\"Org2MSP\",\"Value\":200}", "ReadAsset",
         "a");
    SAID("true", "AssetExists", "a");
    TOOK("", "DeleteAsset", "a");
    SAID("false", "AssetExists", "a");
}
END_TEST

START_TEST(the_owners_organisation_has_to_endorse)
{
    TOOK("", "CreateAsset", "a", "100", "Tom");
    ledger_endorse_at("Org1MSP");
    TOOK("", "UpdateAsset", "a", "200");
    ledger_endorse_at("Org2MSP");
    INVALID(HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE, "UpdateAsset", "a", "300");
    INVALID(HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE, "DeleteAsset", "a");
    INVALID(HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE, "TransferAsset", "a", "Ann", "Org2MSP");
    ledger_expect_state("a",
                        "{\"ID\":\"a\",\"Owner\":\"Tom\",\"OwnerOrg\":\"Org1MSP\",\"Value\":200}");
}
END_TEST

START_TEST(a_transfer_moves_that_right)
{
    TOOK("", "CreateAsset", "a", "100", "Tom");
    ledger_endorse_at("Org1MSP");
    TOOK("", "TransferAsset", "a", "Ann", "Org2MSP");
    INVALID(HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE, "UpdateAsset", "a", "300");
    ledger_endorse_at("Org2MSP");
    TOOK("", "UpdateAsset", "a", "300");
}
END_TEST

START_TEST(the_creators_organisation_owns_the_asset)
{
    ledger_act_as("ann", "Org2MSP");
    TOOK("", "CreateAsset", "a", "100", "Ann");
    ledger_endorse_at("Org1MSP");
    INVALID(HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE, "UpdateAsset", "a", "300");
}
END_TEST

START_TEST(what_is_not_possible_is_said)
{
    TOOK("", "CreateAsset", "a", "100", "Tom");
    REFUSED("The asset a already exists", "CreateAsset", "a", "100", "Tom");
    REFUSED("The asset b does not exist", "ReadAsset", "b");
    REFUSED("The asset b does not exist", "UpdateAsset", "b", "1");
    REFUSED("The asset b does not exist", "DeleteAsset", "b");
    REFUSED("The asset b does not exist", "TransferAsset", "b", "Ann", "Org2MSP");
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("contract", an_asset_lives_from_creation_to_deletion,
                          the_owners_organisation_has_to_endorse, a_transfer_moves_that_right,
                          the_creators_organisation_owns_the_asset, what_is_not_possible_is_said);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/asset_transfer_sbe");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
