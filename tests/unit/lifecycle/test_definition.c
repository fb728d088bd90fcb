/* Definitions checked, compared, and policies between text and bytes. */
#include "lifecycle/definition.h"

#include <string.h>

#include "base/fail.h"
#include "support/suite.h"
#include "wire/codec.h"

#define OK(expr) ck_assert_msg((expr) == HEDDLE_OK, "%s", err.message)

static heddle_error err;

static heddle_definition basic(void)
{
    heddle_definition definition = HEDDLE_DEFINITION("basic", "1.0", 1);
    return definition;
}

static void refuse(const heddle_definition *definition, const char *said)
{
    ck_assert_int_eq(heddle_definition_check(definition, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_msg(strstr(err.message, said) != NULL, "%s", err.message);
}

START_TEST(names_and_versions_are_checked_as_peers_do)
{
    static const char *const bad_names[][2] = {
        {"", "the name is empty"}, {"_a", "character 1"},  {"a__b", "character 3"},
        {"a-", "character 2"},     {"a.b", "character 2"}, {"a b", "character 2"},
    };
    static const char *const good_names[] = {"a", "a-b_c", "basic2", "A1"};
    heddle_definition d = basic();
    for (size_t i = 0; i < BASE_COUNT(bad_names); i++) {
        d.name = bad_names[i][0];
        refuse(&d, bad_names[i][1]);
    }
    for (size_t i = 0; i < BASE_COUNT(good_names); i++) {
        d.name = good_names[i];
        OK(heddle_definition_check(&d, &err));
    }
    d.version = "1 0";
    refuse(&d, "version '1 0': character 2");
    d.version = NULL;
    refuse(&d, "the version is empty");
    d = basic();
    d.sequence = 0;
    refuse(&d, "first sequence of a chaincode is 1");
    d.size = 0;
    refuse(&d, "HEDDLE_DEFINITION");
}
END_TEST

START_TEST(a_policy_that_is_wrong_is_told_with_the_character)
{
    static const char *const cases[][2] = {
        {"AND('Org1MSP.peer' 'Org2MSP.peer')", "character 20"},
        {"AND('Org1MSP.peer','Org2MSP.boss')", "character 20"},
        {"XOR('Org1MSP.peer')", "character 4"},
        {"OutOf(3,'Org1MSP.peer')", "asks for more"},
        {"AND('Org1MSP.peer'", "character 19"},
        {"'Org1MSP.peer'", "character 1"},
    };
    heddle_definition d = basic();
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        d.signature_policy = cases[i][0];
        refuse(&d, cases[i][1]);
    }
    d.signature_policy = "OR('Org1MSP.peer')";
    d.channel_config_policy = "/Channel/Application/Writers";
    refuse(&d, "not both");
    d.signature_policy = NULL;
    d.collections_json = "[{\"name\":\"a\",\"policy\":\"OR('A.member'\"}]";
    refuse(&d, "collections: collection 'a': policy, character 14");
}
END_TEST

START_TEST(definitions_are_equal_by_what_peers_make_of_them)
{
    heddle_definition a = basic(), b = basic();
    b.sequence = 7; /* not a term */
    b.channel_config_policy = "/Channel/Application/Endorsement";
    b.endorsement_plugin = "escc";
    b.validation_plugin = "vscc";
    b.collections_json = "[]";
    OK(heddle_definition_compare(&a, &b, &err));
    b.version = "2.0";
    ck_assert_int_eq(heddle_definition_compare(&a, &b, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, "version 1.0 is not 2.0");
    b = basic();
    b.signature_policy = "OR('A.peer')";
    ck_assert_int_eq(heddle_definition_compare(&a, &b, &err), HEDDLE_E_BAD_ARGUMENT);
    a.signature_policy = "or( 'A.peer' )";
    OK(heddle_definition_compare(&a, &b, &err));
    a.init_required = true;
    ck_assert_int_eq(heddle_definition_compare(&a, &b, &err), HEDDLE_E_BAD_ARGUMENT);
    a.init_required = false;
    a.collections_json = "[{\"name\":\"a\",\"policy\":\"OR('A.member')\"}]";
    ck_assert_int_eq(heddle_definition_compare(&a, &b, &err), HEDDLE_E_BAD_ARGUMENT);
    b.collections_json = "[{\"policy\":\"OR('A.member')\",\"name\":\"a\",\"maxPeerCount\":1}]";
    OK(heddle_definition_compare(&a, &b, &err));
}
END_TEST

START_TEST(what_was_read_can_be_told_and_read_again)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_definition d = basic();
    lifecycle_terms terms;
    const heddle_definition *told;
    d.signature_policy = "OutOf(2, 'A.peer', 'B.peer', 'C.admin')";
    d.collections_json = "[{\"name\":\"a\",\"policy\":\"OR('A.member')\",\"blockToLive\":3}]";
    d.init_required = true;
    OK(lifecycle_terms_read(&d, arena, &terms, &err));
    OK(lifecycle_terms_tell(&terms, arena, &told, &err));
    ck_assert_str_eq(told->signature_policy, d.signature_policy);
    ck_assert_uint_eq(told->policy.len, 0);
    OK(heddle_definition_compare(told, &d, &err));
    /* Bytes do as well as texts. */
    heddle_definition bytes = basic();
    bytes.init_required = true;
    bytes.policy = terms.policy;
    OK(wire_encode_arena(&terms.collections->base, arena, &bytes.collections, &err));
    OK(heddle_definition_compare(&bytes, &d, &err));
}
END_TEST

/* One such definition does not hide the others of a channel. */
START_TEST(a_policy_of_another_plugin_is_told_as_bytes)
{
    const heddle_definition *told = NULL;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    const lifecycle_terms terms = {.sequence = 1,
                                   .name = "basic",
                                   .version = "1.0",
                                   .endorsement_plugin = "escc",
                                   .validation_plugin = "own",
                                   .policy = heddle_view_str("not of Fabric")};
    OK(lifecycle_terms_tell(&terms, arena, &told, &err));
    ck_assert_ptr_null(told->signature_policy);
    ck_assert_ptr_null(told->channel_config_policy);
    ck_assert(base_view_equal(told->policy, terms.policy));
}
END_TEST

/* As configtxlator writes "AND('A.peer')": rule with one of one, one principal. */
START_TEST(policies_go_from_text_to_bytes_and_back)
{
    heddle_bytes bytes = {0}, text = {0};
    OK(heddle_policy_parse("AND('A.peer')", &bytes, &err));
    const uint8_t expected[] = {0x12, 0x08, 0x12, 0x06, 0x08, 0x01, 0x12, 0x02, 0x08, 0x00,
                                0x1a, 0x07, 0x12, 0x05, 0x0a, 0x01, 'A',  0x10, 0x03};
    ck_assert_uint_eq(bytes.len, sizeof(expected));
    ck_assert_mem_eq(bytes.data, expected, sizeof(expected));
    OK(heddle_policy_print(heddle_view_of(bytes.data, bytes.len), &text, &err));
    ck_assert_str_eq((char *)text.data, "OR('A.peer')"); /* one of one: the same */
    heddle_bytes_done(&bytes);
    heddle_bytes_done(&text);
    ck_assert_int_eq(heddle_policy_parse("AND(", &bytes, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_policy_print(heddle_view_str("nonsense"), &text, &err),
                     HEDDLE_E_DECODE);
}
END_TEST

SUITE_MAIN("lifecycle/definition",
           SUITE_CASE("definition", names_and_versions_are_checked_as_peers_do,
                      a_policy_that_is_wrong_is_told_with_the_character,
                      definitions_are_equal_by_what_peers_make_of_them,
                      what_was_read_can_be_told_and_read_again,
                      a_policy_of_another_plugin_is_told_as_bytes,
                      policies_go_from_text_to_bytes_and_back))
