/* Policies over principals, without certificates. */
#include "wire/policy.h"

#include "support/suite.h"
#include <stdio.h>

static base_arena *arena;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
}

static Common__SignaturePolicyEnvelope *parse(const char *text)
{
    Common__SignaturePolicyEnvelope *policy;
    heddle_error err = {0};
    ck_assert_msg(wire_policy_parse(heddle_view_str(text), arena, &policy, &err) == HEDDLE_OK,
                  "%s: %s", text, err.message);
    return policy;
}

/* An identity of these tests is the policy text of one principal, "A.peer"; a member too. */
static bool is_principal(const Common__MSPPrincipal *principal, size_t index, void *user)
{
    const char *const *identities = user;
    Common__MSPPrincipal *list[] = {(Common__MSPPrincipal *)(uintptr_t)principal};
    Common__SignaturePolicy rule = COMMON__SIGNATURE_POLICY__INIT;
    rule.type_case = COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY;
    Common__SignaturePolicyEnvelope one = COMMON__SIGNATURE_POLICY_ENVELOPE__INIT;
    one.n_identities = 1;
    one.identities = list;
    one.rule = &rule;
    base_buffer text = {0};
    ck_assert_int_eq(wire_policy_print(&one, &text, NULL), HEDDLE_OK);
    const char *mine = identities[index];
    const char *dot = strchr(mine, '.');
    char exact[64], member[64];
    snprintf(exact, sizeof(exact), "OR('%s')", mine);
    snprintf(member, sizeof(member), "OR('%.*s.member')", (int)(dot - mine), mine);
    const char *wanted = base_buffer_cstr(&text);
    bool same = strcmp(wanted, exact) == 0 || strcmp(wanted, member) == 0;
    base_buffer_done(&text);
    return same;
}

static heddle_status evaluate(const char *text, const char *const *identities, size_t count)
{
    return wire_policy_evaluate(parse(text), count, is_principal, (void *)(uintptr_t)identities,
                                NULL);
}

#define ids(...) ((const char *const[]){__VA_ARGS__})

START_TEST(gates_count_their_rules)
{
    const char *and_two = "AND('A.peer', 'B.peer')";
    ck_assert_int_eq(evaluate(and_two, ids("A.peer", "B.peer"), 2), HEDDLE_OK);
    ck_assert_int_eq(evaluate(and_two, ids("B.peer", "A.peer"), 2), HEDDLE_OK);
    ck_assert_int_eq(evaluate(and_two, ids("A.peer"), 1), HEDDLE_E_POLICY);
    ck_assert_int_eq(evaluate("OR('A.peer', 'B.peer')", ids("B.peer"), 1), HEDDLE_OK);
    ck_assert_int_eq(evaluate("OR('A.peer', 'B.peer')", ids("C.peer"), 1), HEDDLE_E_POLICY);
    const char *two_of_three = "OutOf(2, 'A.peer', 'B.peer', 'C.peer')";
    ck_assert_int_eq(evaluate(two_of_three, ids("C.peer", "A.peer"), 2), HEDDLE_OK);
    ck_assert_int_eq(evaluate(two_of_three, ids("C.peer", "C.client"), 2), HEDDLE_E_POLICY);
}
END_TEST

START_TEST(an_identity_counts_for_one_principal)
{
    const char *twice = "AND('A.member', 'A.member')";
    ck_assert_int_eq(evaluate(twice, ids("A.peer"), 1), HEDDLE_E_POLICY);
    ck_assert_int_eq(evaluate(twice, ids("A.peer", "A.client"), 2), HEDDLE_OK);
    /* From left to right: the peer is spent on 'member' though the client would do. */
    ck_assert_int_eq(evaluate("AND('A.member', 'A.peer')", ids("A.peer", "A.client"), 2),
                     HEDDLE_E_POLICY);
    ck_assert_int_eq(evaluate("AND('A.peer', 'A.member')", ids("A.peer", "A.client"), 2),
                     HEDDLE_OK);
}
END_TEST

START_TEST(a_failed_rule_gives_back_what_it_took)
{
    const char *text = "OR(AND('A.peer', 'B.peer'), 'A.peer')";
    ck_assert_int_eq(evaluate(text, ids("A.peer"), 1), HEDDLE_OK);
}
END_TEST

START_TEST(none_of_something_is_always_there_and_too_many_never)
{
    ck_assert_int_eq(evaluate("OutOf(0, 'A.peer')", NULL, 0), HEDDLE_OK);
    ck_assert_int_eq(evaluate("OutOf(2, 'A.peer')", ids("A.peer"), 1), HEDDLE_E_POLICY);
}
END_TEST

static void prints(const char *text, const char *canonical)
{
    base_buffer out = {0};
    ck_assert_int_eq(wire_policy_print(parse(text), &out, NULL), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&out), canonical);
    base_buffer_done(&out);
}

START_TEST(text_is_read_and_written)
{
    prints("and('Org1MSP.peer',\n\"Org-2.com.client\")", "AND('Org1MSP.peer', 'Org-2.com.client')");
    prints("Or('A.admin', And('B.member', 'C.orderer'))",
           "OR('A.admin', AND('B.member', 'C.orderer'))");
    prints("OutOf('2', 'A.peer', 'B.peer', 'C.peer')", "OutOf(2, 'A.peer', 'B.peer', 'C.peer')");
    prints("OUTOF(1, 'A.peer')", "OR('A.peer')");
}
END_TEST

START_TEST(text_that_is_no_policy_is_refused_with_its_place)
{
    static const char *const wrong[] = {
        "",
        "'A.peer'",
        "AND",
        "AND(",
        "AND()",
        "AND('A')",
        "AND('A.king')",
        "AND('.peer')",
        "AND('A.peer'",
        "AND('A.peer',)",
        "XOR('A.b')",
        "OutOf('A.peer')",
        "OutOf(3, 'A.peer')",
        "AND('A.peer') x",
        "AND('A b.peer')",
    };
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        Common__SignaturePolicyEnvelope *policy = NULL;
        heddle_error err = {0};
        ck_assert_msg(wire_policy_parse(heddle_view_str(wrong[i]), arena, &policy, &err) ==
                          HEDDLE_E_BAD_ARGUMENT,
                      "%s", wrong[i]);
        ck_assert_ptr_nonnull(strstr(err.message, "policy, character "));
        ck_assert_ptr_null(policy);
    }
}
END_TEST

START_TEST(text_nested_too_deep_is_refused)
{
    base_buffer text = {0};
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(base_buffer_append_str(&text, "AND("), HEDDLE_OK);
    Common__SignaturePolicyEnvelope *policy;
    ck_assert_int_eq(wire_policy_parse(base_buffer_view(&text), arena, &policy, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    base_buffer_done(&text);
}
END_TEST

static void has_sets(const char *text, const char *expected)
{
    wire_principal_set *sets;
    size_t count;
    heddle_error err = {0};
    ck_assert_msg(wire_policy_sets(parse(text), arena, &sets, &count, &err) == HEDDLE_OK, "%s",
                  err.message);
    base_buffer out = {0};
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(base_buffer_append_str(&out, "{"), HEDDLE_OK);
        for (size_t j = 0; j < sets[i].count; j++)
            ck_assert_int_eq(base_buffer_printf(&out, j ? " %u" : "%u", sets[i].principals[j]),
                             HEDDLE_OK);
        ck_assert_int_eq(base_buffer_append_str(&out, "}"), HEDDLE_OK);
    }
    ck_assert_str_eq(base_buffer_cstr(&out), expected);
    base_buffer_done(&out);
}

START_TEST(satisfying_sets_are_minimal)
{
    has_sets("AND('A.peer', 'B.peer')", "{0 1}");
    has_sets("OR('A.peer', 'B.peer')", "{0}{1}");
    has_sets("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", "{0 1}{0 2}{1 2}");
    has_sets("OR('A.peer', AND('A.peer', 'B.peer'))", "{0}");
    has_sets("AND('A.peer', 'A.peer')", "{0 0}");
    has_sets("OutOf(0, 'A.peer')", "{}");
    has_sets("OutOf(2, 'A.peer')", "");
    has_sets("AND(OR('A.peer', 'B.peer'), 'C.peer')", "{0 2}{1 2}");
}
END_TEST

START_TEST(a_policy_with_too_many_sets_is_refused)
{
    base_buffer text = {0};
    ck_assert_int_eq(base_buffer_append_str(&text, "OutOf(10"), HEDDLE_OK);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(base_buffer_printf(&text, ", 'Org%d.peer'", i), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&text, ")"), HEDDLE_OK);
    wire_principal_set *sets;
    size_t count;
    ck_assert_int_eq(wire_policy_sets(parse(base_buffer_cstr(&text)), arena, &sets, &count, NULL),
                     HEDDLE_E_TOO_LARGE);
    base_buffer_done(&text);
}
END_TEST

START_TEST(a_policy_that_is_not_whole_is_refused)
{
    heddle_error err;
    Common__SignaturePolicyEnvelope *policy = parse("AND('A.peer', 'B.peer')");
    policy->n_identities = 1;
    ck_assert_int_eq(wire_policy_check(policy, &err), HEDDLE_E_DECODE);
    policy->rule = NULL;
    ck_assert_int_eq(wire_policy_check(policy, &err), HEDDLE_E_DECODE);
    const Common__SignaturePolicyEnvelope *read = NULL;
    ck_assert_int_eq(wire_policy_read((heddle_view){NULL, 0}, arena, &read, &err), HEDDLE_E_DECODE);
    ck_assert_ptr_null(read);
}
END_TEST

START_TEST(standard_policies_are_built)
{
    heddle_view orgs[] = {VIEW("A"), VIEW("B"), VIEW("C")};
    Common__SignaturePolicyEnvelope *policy =
        wire_policy_n_of_roles(2, orgs, 3, CRYPTO_ROLE_PEER, arena);
    base_buffer out = {0};
    ck_assert_int_eq(wire_policy_print(policy, &out, NULL), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&out), "OutOf(2, 'A.peer', 'B.peer', 'C.peer')");
    base_buffer_done(&out);
}
END_TEST

static TCase *with_arena(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("wire/policy",
           with_arena(SUITE_CASE("evaluate", gates_count_their_rules,
                                 an_identity_counts_for_one_principal,
                                 a_failed_rule_gives_back_what_it_took,
                                 none_of_something_is_always_there_and_too_many_never)),
           with_arena(SUITE_CASE("text", text_is_read_and_written,
                                 text_that_is_no_policy_is_refused_with_its_place,
                                 text_nested_too_deep_is_refused, standard_policies_are_built)),
           with_arena(SUITE_CASE("sets", satisfying_sets_are_minimal,
                                 a_policy_with_too_many_sets_is_refused,
                                 a_policy_that_is_not_whole_is_refused)))
