#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/ledger/definitions.h"
#include "devnet/network/chaincode_option.h"
#include "support/fixture.h"
#include "support/suite.h"

static base_arena *arena;
static dn_chaincode chaincode;
static heddle_error err;

static void setup(void)
{
    arena = base_arena_new(0);
    chaincode = (dn_chaincode){0};
}

static void teardown(void)
{
    base_arena_free(arena);
}

static heddle_status parse(const char *text)
{
    return dn_chaincode_parse(text, arena, &chaincode, &err);
}

START_TEST(name_and_address_are_enough)
{
    ck_assert_int_eq(parse("basic=127.0.0.1:9999"), HEDDLE_OK);
    ck_assert_str_eq(chaincode.name, "basic");
    ck_assert_str_eq(chaincode.address, "127.0.0.1:9999");
    ck_assert_ptr_null(chaincode.policy);
    ck_assert_ptr_null(chaincode.version);
}
END_TEST

START_TEST(one_that_dials_has_no_address)
{
    ck_assert_int_eq(parse("basic=dial,version=2"), HEDDLE_OK);
    ck_assert(chaincode.dials_in);
    ck_assert_ptr_null(chaincode.address);
    ck_assert_str_eq(chaincode.version, "2");
    ck_assert_int_eq(parse("basic=dial:1"), HEDDLE_OK);
    ck_assert(!chaincode.dials_in);
}
END_TEST

START_TEST(a_policy_takes_the_rest_with_its_commas)
{
    const char *policy = "AND('Org1MSP.peer','Org2MSP.peer')";
    ck_assert_int_eq(parse("my-cc_2=host:1,version=2.1,policy=AND('Org1MSP.peer','Org2MSP.peer')"),
                     HEDDLE_OK);
    ck_assert_str_eq(chaincode.version, "2.1");
    ck_assert_str_eq(chaincode.policy, policy);
}
END_TEST

START_TEST(mistakes_are_named)
{
    static const char *const cases[][2] = {
        {"basic", "is neither name=host:port nor name=dial"},
        {"=h:1", "the name is not valid"},
        {"-a=h:1", "the name is not valid"},
        {"a/b=h:1", "the name is not valid"},
        {"basic=", "the address is neither host:port nor \"dial\""},
        {"basic=host", "the address is neither host:port nor \"dial\""},
        {"basic=host:", "the address is neither host:port nor \"dial\""},
        {"basic=:1", "the address is neither host:port nor \"dial\""},
        {"basic=h:1,colour=red", "only channel=, version=, collections= and policy= may follow"},
        {"basic=h:1,policy=AND('Org1MSP.peer'", "chaincode \"basic=h:1"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        ck_assert_int_eq(parse(cases[i][0]), HEDDLE_E_BAD_ARGUMENT);
        ck_assert_msg(strstr(err.message, cases[i][1]) != NULL, "%s", err.message);
        ck_assert_ptr_null(chaincode.name);
    }
}
END_TEST

/* Collections. */

static heddle_status parse_with(const char *json)
{
    char *dir = fixture_dir_new();
    char path[256], text[300];
    snprintf(path, sizeof(path), "%s/collections.json", dir);
    snprintf(text, sizeof(text), "cc=h:1,collections=%s,version=2", path);
    ck_assert_int_eq(base_write_file(path, heddle_view_str(json), 0600, &err), HEDDLE_OK);
    heddle_status status = parse(text);
    fixture_dir_free(dir);
    return status;
}

START_TEST(a_file_of_collections_is_read_as_it_is)
{
    const char *json =
        "[{\"name\":\"all\",\"policy\":\"OR('Org1MSP.member','Org2MSP.member')\","
        "\"requiredPeerCount\":1,\"maxPeerCount\":3,\"blockToLive\":5,"
        "\"memberOnlyRead\":true,\"memberOnlyWrite\":false,"
        "\"endorsementPolicy\":{\"signaturePolicy\":\"OR('Org1MSP.peer')\"}},"
        "{\"Name\":\"few\",\"policy\":\"OR('Org1MSP.member')\","
        "\"endorsementPolicy\":{\"channelConfigPolicy\":\"/Channel/Application/Writers\"}}]";
    if (parse_with(json) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    ck_assert_str_eq(chaincode.version, "2");
    ck_assert_uint_eq(chaincode.collection_count, 2);
    const dn_collection_config *c = chaincode.collections;
    ck_assert_str_eq(c->name, "all");
    ck_assert_uint_eq(c->required_peer_count, 1);
    ck_assert_uint_eq(c->max_peer_count, 3);
    ck_assert_uint_eq(c->block_to_live, 5);
    ck_assert(c->member_only_read && !c->member_only_write);
    ck_assert_str_eq(c->signature_policy, "OR('Org1MSP.peer')");
    ck_assert_str_eq(c[1].name, "few");
    ck_assert_uint_eq(c[1].max_peer_count, 1);
    ck_assert_str_eq(c[1].channel_policy, "/Channel/Application/Writers");
}
END_TEST

START_TEST(mistakes_in_a_file_of_collections_are_named)
{
    static const char *const cases[][2] = {
        {"{}", "not a list of collections"},
        {"[1]", "a collection is not an object"},
        {"[{", "line 1"},
        {"[{\"name\":\"a\",\"colour\":1}]", "collection 'a': colour is not known"},
        {"[{\"blockToLive\":-1}]", "blockToLive is not a number"},
        {"[{\"memberOnlyRead\":1}]", "memberOnlyRead is not true or false"},
        {"[{\"policy\":1}]", "policy is not a text"},
        {"[{\"endorsementPolicy\":{\"x\":1}}]", "x is not known of an endorsementPolicy"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        ck_assert_int_ne(parse_with(cases[i][0]), HEDDLE_OK);
        ck_assert_msg(strstr(err.message, cases[i][1]) != NULL, "%s", err.message);
    }
    ck_assert_int_eq(parse("cc=h:1,collections=/nowhere"), HEDDLE_E_IO);
}
END_TEST

static void assert_undefinable(const dn_collection_config *collections, size_t count,
                               const char *text)
{
    dn_definitions *definitions = NULL;
    dn_chaincode cc = {.name = "cc", .collections = collections, .collection_count = count};
    ck_assert_int_eq(dn_definitions_new(&cc, 1, &definitions, &err), HEDDLE_E_CONFIG);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
}

START_TEST(collections_that_fabric_would_not_define_are_refused)
{
    const char *any = "OR('Org1MSP.member')";
    dn_collection_config twice[] = {{.name = "a", .policy = any}, {.name = "a", .policy = any}};
    dn_collection_config own = {.name = "_implicit_org_X", .policy = any};
    dn_collection_config counts = {.name = "a", .policy = any, .required_peer_count = 1};
    dn_collection_config none = {.name = "a"};
    dn_collection_config both = {.name = "a", .policy = "AND('A.member','B.member')"};
    dn_collection_config two = {
        .name = "a", .policy = any, .signature_policy = any, .channel_policy = "/Channel/Readers"};
    assert_undefinable(twice, 2, "found duplicate in collection configuration");
    assert_undefinable(&own, 1, "invalid collection name '_implicit_org_X'");
    assert_undefinable(&counts, 1, "maximum peer count (0) cannot be less than");
    assert_undefinable(&none, 1, "collection member policy is not set");
    assert_undefinable(&both, 1, "signature policy is not an OR concatenation");
    assert_undefinable(&two, 1, "both a signature policy and a channel config policy");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/chaincode_option");
    TCase *tc = SUITE_CASE("parse", name_and_address_are_enough, one_that_dials_has_no_address,
                           a_policy_takes_the_rest_with_its_commas, mistakes_are_named,
                           a_file_of_collections_is_read_as_it_is,
                           mistakes_in_a_file_of_collections_are_named,
                           collections_that_fabric_would_not_define_are_refused);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
