#include "base/alloc.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "heddle/chaincode_test.h"
#include "script.h"
#include "support/suite.h"

static heddle_cc_mock *mock;

static void setup(void)
{
    mock = script_mock();
}

static void teardown(void)
{
    heddle_cc_mock_free(mock);
}

static void ends_with(const char *text, const char *tail)
{
    size_t len = strlen(text), end = strlen(tail);
    ck_assert_msg(len >= end && strcmp(text + len - end, tail) == 0, "%s", text);
}

static void peer_of(const char *msp_id)
{
    ck_assert_int_eq(heddle_cc_mock_use_peer(mock, msp_id, NULL), HEDDLE_OK);
}

static void endorsed_by(const char *msp_id)
{
    ck_assert_int_eq(heddle_cc_mock_use_endorsers(mock, &msp_id, 1, NULL), HEDDLE_OK);
}

static void client_of(const char *msp_id)
{
    ck_assert_int_eq(heddle_cc_mock_client(mock, "other", msp_id, NULL, 0, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_use_client(mock, "other", NULL), HEDDLE_OK);
}

START_TEST(private_data_is_not_among_the_public)
{
    heddle_view value;
    SUBMIT(mock, "pput", "both", "a", "1", "pput", "one", "a", "2");
    ck_assert_str_eq(EVALUATE(mock, "pget", "both", "a", "pget", "one", "a", "get", "a"), "1;2;;");
    ck_assert_uint_eq(heddle_cc_mock_count(mock, NULL), 0);
    ck_assert_int_eq(heddle_cc_mock_get_private(mock, NULL, "one", VIEW("a"), &value, NULL),
                     HEDDLE_OK);
    ck_assert(base_view_is(value, "2"));
    ck_assert_int_eq(heddle_cc_mock_get_private(mock, NULL, "no", VIEW("a"), &value, NULL),
                     HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(private_writes_are_not_seen_before_the_commit)
{
    ck_assert_str_eq(SUBMIT(mock, "pput", "both", "a", "1", "pget", "both", "a"), ";;");
    SUBMIT(mock, "pdel", "both", "a");
    ck_assert_str_eq(EVALUATE(mock, "pget", "both", "a", "phash", "both", "a"), ";;");
}
END_TEST

START_TEST(an_init_has_no_private_data)
{
    static const char refusal[] = "private data APIs are not allowed in chaincode Init()";
    static const heddle_cc_mock_call init = {.size = sizeof(init), .function = "Do", .init = true};
    const heddle_view calls[][4] = {{VIEW("pput"), VIEW("both"), VIEW("a"), VIEW("1")},
                                    {VIEW("pget"), VIEW("both"), VIEW("a")},
                                    {VIEW("phash"), VIEW("both"), VIEW("a")},
                                    {VIEW("purge"), VIEW("both"), VIEW("a")},
                                    {VIEW("prange"), VIEW("both"), VIEW("a"), VIEW("b")}};
    for (size_t i = 0; i < BASE_COUNT(calls); i++) {
        heddle_cc_mock_call call = init;
        heddle_cc_mock_result result;
        call.args = calls[i];
        call.arg_count = calls[i][3].len ? 4 : 3;
        ck_assert_int_eq(heddle_cc_mock_submit(mock, &call, &result, NULL), HEDDLE_OK);
        ck_assert_int_eq(result.status, 500);
        ends_with(result.message, refusal);
    }
}
END_TEST

START_TEST(several_private_keys_are_read_at_once)
{
    ck_assert_int_eq(heddle_cc_mock_put_private(mock, NULL, "both", VIEW("a"), VIEW("1"), NULL),
                     HEDDLE_OK);
    ck_assert_str_eq(EVALUATE(mock, "pmany", "both", "a", "none"), "1,;");
    heddle_cc_mock_set_old_peer(mock, true);
    ck_assert_str_eq(EVALUATE(mock, "pmany", "both", "a", "none"), "1,;");
}
END_TEST

START_TEST(who_is_no_member_has_the_hash)
{
    uint8_t hash[CRYPTO_SHA256_LEN];
    char hex[2 * CRYPTO_SHA256_LEN + 2];
    ck_assert_int_eq(crypto_sha256(VIEW("secret"), hash), HEDDLE_OK);
    base_hex(heddle_view_of(hash, sizeof(hash)), hex);
    strcat(hex, ";");
    SUBMIT(mock, "pput", "two", "a", "secret");
    ck_assert_str_eq(EVALUATE(mock, "phash", "two", "a"), hex);
    ends_with(REFUSED(mock, "pget", "two", "a"),
              "private data matching public hash version is not available. Public hash version = "
              "{BlockNum: 1, TxNum: 0}, Private data version = <nil>");
    ck_assert_str_eq(EVALUATE(mock, "prange", "two", "", ""), ";");
    ck_assert_str_eq(EVALUATE(mock, "pget", "two", "none"), ";");
    peer_of("Org2MSP");
    ck_assert_str_eq(EVALUATE(mock, "pget", "two", "a"), "secret;");
    ck_assert_str_eq(EVALUATE(mock, "prange", "two", "", ""), "a=secret ;");
}
END_TEST

START_TEST(a_collection_may_be_for_its_members_clients_only)
{
    SUBMIT(mock, "pput", "one", "a", "1");
    client_of("Org2MSP");
    ends_with(REFUSED(mock, "pget", "one", "a"),
              "tx creator does not have read access permission on privatedata in "
              "chaincodeName:mycc collectionName: one");
    ends_with(REFUSED(mock, "pput", "one", "a", "2"),
              "tx creator does not have write access permission on privatedata in "
              "chaincodeName:mycc collectionName: one");
    ck_assert_uint_eq(strlen(EVALUATE(mock, "phash", "one", "a")), 65);
    ck_assert_str_eq(EVALUATE(mock, "pget", "both", "a"), ";");
}
END_TEST

START_TEST(a_collection_that_is_none_is_named)
{
    ends_with(REFUSED(mock, "pget", "no", "a"), "collection mychannel/mycc/no could not be found");
    ends_with(REFUSED(mock, "phash", "no", "a"),
              "collection [no] not defined in the collection config for chaincode [mycc]");
    ends_with(REFUSED(mock, "pput", "_implicit_org_Org7MSP", "a", "1"),
              "collection [_implicit_org_Org7MSP] not defined in the collection config for "
              "chaincode [mycc]");
}
END_TEST

START_TEST(every_organisation_has_a_collection_of_its_own)
{
    endorsed_by("Org1MSP");
    SUBMIT(mock, "pput", "_implicit_org_Org1MSP", "a", "1");
    ck_assert_str_eq(EVALUATE(mock, "pget", "_implicit_org_Org1MSP", "a"), "1;");
    ck_assert_int_eq(CODE(mock, "pput", "_implicit_org_Org2MSP", "a", "1"),
                     HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
}
END_TEST

START_TEST(a_collection_may_have_a_policy_of_endorsement)
{
    static const char *const members[] = {"Org1MSP", "Org2MSP"};
    heddle_cc_mock_collection c = HEDDLE_CC_MOCK_COLLECTION;
    c.name = "own";
    c.members = members;
    c.member_count = 2;
    c.policy = "OR('Org2MSP.peer')";
    ck_assert_int_eq(heddle_cc_mock_add_collection(mock, &c, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_add_collection(mock, &c, NULL), HEDDLE_E_EXISTS);
    endorsed_by("Org2MSP");
    ck_assert_int_eq(CODE(mock, "pput", "own", "a", "1"), HEDDLE_CC_MOCK_VALID);
    ck_assert_int_eq(CODE(mock, "pput", "both", "a", "1"),
                     HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
    endorsed_by("Org1MSP");
    ck_assert_int_eq(CODE(mock, "pput", "own", "a", "1"),
                     HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
}
END_TEST

START_TEST(private_reads_conflict)
{
    SUBMIT(mock, "pput", "both", "a", "1");
    heddle_cc_mock_tx *txs[] = {ENDORSE(mock, "pget", "both", "a", "pput", "both", "a", "2"),
                                ENDORSE(mock, "phash", "both", "a", "put", "x", "1"),
                                ENDORSE(mock, "pput", "both", "a", "3")};
    script_commit(mock, txs, 3,
                  (heddle_cc_mock_code[]){HEDDLE_CC_MOCK_VALID, HEDDLE_CC_MOCK_MVCC_READ_CONFLICT,
                                          HEDDLE_CC_MOCK_VALID});
}
END_TEST

START_TEST(ranges_of_private_data_are_for_transactions_that_only_read)
{
    for (const char *key = "abcde"; *key; key++)
        ck_assert_int_eq(
            heddle_cc_mock_put_private(mock, NULL, "both", heddle_view_of(key, 1), VIEW("1"), NULL),
            HEDDLE_OK);
    ck_assert_str_eq(EVALUATE(mock, "prange", "both", "b", "e"), "b=1 c=1 d=1 ;");
    ends_with(REFUSED(mock, "prange", "both", "", "", "put", "a", "1"),
              "Transaction has already performed queries on pvt data. Writes are not allowed");
    ends_with(REFUSED(mock, "put", "a", "1", "prange", "both", "", ""),
              "Queries on pvt data is supported only in a read-only transaction");
}
END_TEST

START_TEST(a_purge_deletes)
{
    SUBMIT(mock, "pput", "both", "a", "1");
    SUBMIT(mock, "purge", "both", "a");
    ck_assert_str_eq(EVALUATE(mock, "pget", "both", "a", "phash", "both", "a"), ";;");
}
END_TEST

START_TEST(private_keys_have_policies)
{
    SUBMIT(mock, "pput", "both", "a", "1", "pset policy", "both", "a", "Org1MSP");
    ck_assert_str_eq(EVALUATE(mock, "ppolicy", "both", "a", "ppolicy", "both", "b"), "Org1MSP;;");
    endorsed_by("Org2MSP");
    ck_assert_int_eq(CODE(mock, "pput", "both", "a", "2"),
                     HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
    endorsed_by("Org1MSP");
    ck_assert_int_eq(CODE(mock, "pset policy", "both", "a", "Org2MSP"), HEDDLE_CC_MOCK_VALID);
    ck_assert_str_eq(EVALUATE(mock, "pget", "both", "a"), "1;");
    ck_assert_int_eq(CODE(mock, "pput", "both", "a", "2"),
                     HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock/private");
    TCase *tests = SUITE_CASE(
        "private", private_data_is_not_among_the_public,
        private_writes_are_not_seen_before_the_commit, an_init_has_no_private_data,
        several_private_keys_are_read_at_once, who_is_no_member_has_the_hash,
        a_collection_may_be_for_its_members_clients_only, a_collection_that_is_none_is_named,
        every_organisation_has_a_collection_of_its_own,
        a_collection_may_have_a_policy_of_endorsement, private_reads_conflict,
        ranges_of_private_data_are_for_transactions_that_only_read, a_purge_deletes,
        private_keys_have_policies);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
