/* collections_config.json: read, made into the message of a definition, and printed again. */
#include "package/collection.h"

#include <string.h>

#include "base/fail.h"
#include "support/suite.h"

#define OK(expr) ck_assert_msg((expr) == HEDDLE_OK, "%s", err.message)

static heddle_error err;
static base_arena *arena;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
}

static heddle_status build(const char *json, Protos__CollectionConfigPackage **out)
{
    const package_collection *collections;
    size_t count;
    BASE_TRY(package_collections_read(heddle_view_str(json), arena, &collections, &count, &err));
    return package_collections_build(collections, count, arena, out, &err);
}

static const char both[] = "[\n"
                           "\t{\n"
                           "\t\t\"name\": \"private-1\",\n"
                           "\t\t\"policy\": \"OR('Org1MSP.member', 'Org2MSP.member')\",\n"
                           "\t\t\"requiredPeerCount\": 1,\n"
                           "\t\t\"maxPeerCount\": 3,\n"
                           "\t\t\"blockToLive\": 1000000,\n"
                           "\t\t\"memberOnlyRead\": true,\n"
                           "\t\t\"memberOnlyWrite\": false,\n"
                           "\t\t\"endorsementPolicy\": {\n"
                           "\t\t\t\"signaturePolicy\": \"AND('Org1MSP.peer', 'Org2MSP.peer')\"\n"
                           "\t\t}\n"
                           "\t},\n"
                           "\t{\n"
                           "\t\t\"name\": \"b\",\n"
                           "\t\t\"policy\": \"OR('Org1MSP.member')\",\n"
                           "\t\t\"requiredPeerCount\": 0,\n"
                           "\t\t\"maxPeerCount\": 1,\n"
                           "\t\t\"blockToLive\": 0,\n"
                           "\t\t\"memberOnlyRead\": false,\n"
                           "\t\t\"memberOnlyWrite\": false,\n"
                           "\t\t\"endorsementPolicy\": {\n"
                           "\t\t\t\"channelConfigPolicy\": \"/Channel/Application/Writers\"\n"
                           "\t\t}\n"
                           "\t}\n"
                           "]";

START_TEST(what_was_read_is_printed_alike)
{
    Protos__CollectionConfigPackage *message = NULL;
    base_auto_buffer base_buffer text = {0};
    OK(build(both, &message));
    ck_assert_uint_eq(message->n_config, 2);
    const Protos__StaticCollectionConfig *c = message->config[0]->static_collection_config;
    ck_assert_str_eq(c->name, "private-1");
    ck_assert_int_eq(c->maximum_peer_count, 3);
    ck_assert_uint_eq(c->block_to_live, 1000000);
    ck_assert(c->member_only_read && !c->member_only_write);
    ck_assert_uint_eq(c->member_orgs_policy->signature_policy->n_identities, 2);
    OK(package_collections_print(message, &text, &err));
    ck_assert_str_eq(base_buffer_cstr(&text), both);
}
END_TEST

START_TEST(numbers_left_out_are_those_of_the_peer_cli)
{
    Protos__CollectionConfigPackage *message = NULL;
    OK(build("[{\"NAME\":\"a\",\"Policy\":\"OR('A.member')\",\"endorsementPolicy\":null}]",
             &message));
    const Protos__StaticCollectionConfig *c = message->config[0]->static_collection_config;
    ck_assert_int_eq(c->required_peer_count, 0);
    ck_assert_int_eq(c->maximum_peer_count, 1);
    ck_assert_ptr_null(c->endorsement_policy);
}
END_TEST

START_TEST(mistakes_are_told_with_collection_key_and_place)
{
    static const char *const cases[][2] = {
        {"[{\"name\":\"a\",\"policy\":\"OR('A.member', 'B.boss')\"}]",
         "collection 'a': policy, character 16"},
        {"[{\"name\":\"a\"}]", "collection 'a': no policy says who has the data"},
        {"[{\"policy\":\"OR('A.member')\"}]", "has no name"},
        {"[{\"name\":\"_a\",\"policy\":\"OR('A.member')\"}]", "begins with _"},
        {"[{\"name\":\"a.b\",\"policy\":\"OR('A.member')\"}]", "character 2 of its name"},
        {"[{\"name\":\"a\",\"policy\":\"OR('A.member')\",\"requiredPeerCount\":2}]",
         "maxPeerCount 1 is below requiredPeerCount 2"},
        {"[{\"name\":\"a\",\"policy\":\"OR('A.member')\"},"
         "{\"name\":\"a\",\"policy\":\"OR('A.member')\"}]",
         "'a' is there twice"},
        {"[{\"name\":\"a\",\"policy\":\"OR('A.member')\",\"endorsementPolicy\":"
         "{\"signaturePolicy\":\"AND('A.peer')\",\"channelConfigPolicy\":\"/Channel\"}}]",
         "not both"},
        {"[{\"name\":\"a\",\"memberonlyreed\":true}]", "memberonlyreed is not known"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        Protos__CollectionConfigPackage *message = NULL;
        ck_assert_int_eq(build(cases[i][0], &message), HEDDLE_E_BAD_ARGUMENT);
        ck_assert_msg(strstr(err.message, cases[i][1]) != NULL, "%s", err.message);
    }
    const package_collection *collections;
    size_t count;
    ck_assert_int_eq(package_collections_read(heddle_view_str("[{\n\"name\""), arena, &collections,
                                              &count, &err),
                     HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "line 2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("package/collection");
    TCase *tests = SUITE_CASE("collection", what_was_read_is_printed_alike,
                              numbers_left_out_are_those_of_the_peer_cli,
                              mistakes_are_told_with_collection_key_and_place);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
