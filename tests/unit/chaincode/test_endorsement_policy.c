/* Policies of keys; the bytes are those of the official shims. */
#include "heddle/chaincode_policy.h"

#include <stdio.h>

#include "bare_stub.h"
#include "base/text.h"
#include "base/view.h"
#include "support/suite.h"

static base_arena *arena;
static heddle_cc_stub *stub;
static heddle_error err;

static void setup(void)
{
    arena = base_arena_new(0);
    stub = bare_stub_new(arena, VIEW(""), VIEW(""));
}

static void teardown(void)
{
    cc_stub_free(stub);
    base_arena_free(arena);
}

static heddle_cc_policy *policy_new(void)
{
    heddle_cc_policy *policy = NULL;
    ck_assert_int_eq(heddle_cc_policy_new(stub, &policy, NULL), HEDDLE_OK);
    return policy;
}

static void add(heddle_cc_policy *policy, heddle_cc_role role, const char *msp_id)
{
    ck_assert_int_eq(heddle_cc_policy_add(policy, role, msp_id, NULL), HEDDLE_OK);
}

static heddle_view written(const heddle_cc_policy *policy)
{
    heddle_view bytes;
    ck_assert_int_eq(heddle_cc_policy_write(policy, &bytes, NULL), HEDDLE_OK);
    return bytes;
}

static void ck_assert_written(const heddle_cc_policy *policy, const char *hex)
{
    char text[512];
    heddle_view bytes = written(policy);
    ck_assert_uint_lt(bytes.len, sizeof(text) / 2);
    base_hex(bytes, text);
    ck_assert_str_eq(text, hex);
}

static heddle_status read_hex(const char *hex, heddle_cc_policy **out)
{
    base_buffer bytes = {0};
    ck_assert_int_eq(base_unhex(heddle_view_str(hex), &bytes), HEDDLE_OK);
    heddle_status st = heddle_cc_policy_read(stub, base_buffer_view(&bytes), out, &err);
    base_buffer_done(&bytes);
    return st;
}

START_TEST(bytes_are_those_of_the_official_shims)
{
    heddle_cc_policy *policy = policy_new();
    ck_assert_written(policy, "12021200");
    add(policy, HEDDLE_CC_ROLE_PEER, "Org1MSP");
    ck_assert_written(policy, "120812060801120208001a0d120b0a074f7267314d53501003");
    add(policy, HEDDLE_CC_ROLE_PEER, "Org2MSP");
    add(policy, HEDDLE_CC_ROLE_MEMBER, "Org1MSP");
    ck_assert_written(policy, "120c120a080212020800120208011a0b12090a074f7267314d53501a0d120b0a07"
                              "4f7267324d53501003");
}
END_TEST

START_TEST(organizations_are_sorted)
{
    heddle_cc_role role;
    heddle_cc_policy *policy = policy_new();
    add(policy, HEDDLE_CC_ROLE_PEER, "B");
    add(policy, HEDDLE_CC_ROLE_PEER, "A");
    ck_assert_written(policy, "120c120a080212020800120208011a0712050a014110031a0712050a01421003");
    ck_assert_uint_eq(heddle_cc_policy_count(policy), 2);
    ck_assert_str_eq(heddle_cc_policy_at(policy, 0, &role), "A");
    ck_assert_int_eq(role, HEDDLE_CC_ROLE_PEER);
    ck_assert_str_eq(heddle_cc_policy_at(policy, 1, NULL), "B");
    ck_assert_ptr_null(heddle_cc_policy_at(policy, 2, NULL));
}
END_TEST

START_TEST(organizations_go)
{
    heddle_cc_policy *policy = policy_new();
    add(policy, HEDDLE_CC_ROLE_PEER, "A");
    add(policy, HEDDLE_CC_ROLE_PEER, "B");
    heddle_cc_policy_remove(policy, "C");
    heddle_cc_policy_remove(policy, "A");
    ck_assert_uint_eq(heddle_cc_policy_count(policy), 1);
    ck_assert_str_eq(heddle_cc_policy_at(policy, 0, NULL), "B");
    heddle_cc_policy_remove(policy, "B");
    ck_assert_written(policy, "12021200");
}
END_TEST

START_TEST(what_was_written_is_read)
{
    heddle_cc_policy *policy = policy_new(), *again = NULL;
    char name[32];
    for (int i = 100; i > 0; i--) {
        snprintf(name, sizeof(name), "Org%dMSP", i);
        add(policy, i % 2 ? HEDDLE_CC_ROLE_PEER : HEDDLE_CC_ROLE_MEMBER, name);
    }
    ck_assert_int_eq(heddle_cc_policy_read(stub, written(policy), &again, NULL), HEDDLE_OK);
    ck_assert_uint_eq(heddle_cc_policy_count(again), 100);
    ck_assert(base_view_equal(written(again), written(policy)));
    ck_assert_int_eq(heddle_cc_policy_read(stub, VIEW(""), &again, NULL), HEDDLE_OK);
    ck_assert_uint_eq(heddle_cc_policy_count(again), 0);
}
END_TEST

START_TEST(the_order_of_other_writers_is_read)
{
    heddle_cc_policy *policy = NULL;
    ck_assert_int_eq(
        read_hex("120c120a080212020800120208011a0712050a014210031a0712050a01411003", &policy),
        HEDDLE_OK);
    ck_assert_written(policy, "120c120a080212020800120208011a0712050a014110031a0712050a01421003");
}
END_TEST

START_TEST(policies_of_another_form_are_refused)
{
    static const struct {
        const char *hex;
        const char *why;
    } cases[] = {
        {"ff", ""},                                      /* no message */
        {"1a0712050a01411003", "no rule"},               /* identities alone */
        {"120208001a0712050a01411003", "each of these"}, /* the first alone */
        {"120c120a080112020800120208011a0712050a014110031a0712050a01421003",
         "each of its organizations"}, /* one of two */
        {"120c120a080212020800120208001a0712050a014110031a0712050a01421003",
         "each of its organizations once"}, /* twice the first */
        {"12121210080212020800120812060801120208011a0712050a014110031a0712050a01421003",
         "each of its organizations once"},                                    /* a gate in it */
        {"120812060801120208001a0712050a01411001", "neither member nor peer"}, /* an admin */
        {"120812060801120208001a07080212030a0141", "no role"},                 /* an identity */
        {"120c120a080212020800120208011a0712050a014110031a0712050a01411003", "twice"},
        {"120812060801120208001a0412021003", "no id"},
        {"120812060801120208011a0712050a01411003", "principal 1 of 1"},
        {"0801120812060801120208001a0712050a01411003", "version"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        heddle_cc_policy *policy = NULL;
        ck_assert_msg(read_hex(cases[i].hex, &policy) == HEDDLE_E_DECODE, "%zu is read", i);
        ck_assert_msg(strstr(err.message, cases[i].why), "%zu: %s", i, err.message);
        ck_assert_ptr_null(policy);
    }
}
END_TEST

START_TEST(bad_organizations_are_refused)
{
    static const char *const bad[] = {NULL, "", "\xff"};
    heddle_cc_policy *policy = policy_new();
    char name[32];
    for (size_t i = 0; i < BASE_COUNT(bad); i++)
        ck_assert_int_eq(heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_PEER, bad[i], NULL),
                         HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_policy_add(policy, (heddle_cc_role)1, "A", NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    for (int i = 0; i < 1024; i++) {
        snprintf(name, sizeof(name), "%d", i);
        add(policy, HEDDLE_CC_ROLE_PEER, name);
    }
    ck_assert_int_eq(heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_PEER, "A", NULL),
                     HEDDLE_E_TOO_LARGE);
}
END_TEST

/* Within the memory of one transaction, and no further. */
START_TEST(memory_has_an_end)
{
    heddle_cc_policy *policy = policy_new(), *again;
    heddle_view bytes;
    char name[32];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "Org%dMSP", i);
        add(policy, HEDDLE_CC_ROLE_PEER, name);
    }
    heddle_view whole = written(policy);
    while (heddle_cc_alloc(stub, 1 << 20))
        ;
    while (heddle_cc_alloc(stub, 64))
        ;
    ck_assert_int_eq(heddle_cc_policy_new(stub, &again, NULL), HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(heddle_cc_policy_read(stub, whole, &again, NULL), HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_PEER, "A", &err),
                     HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(heddle_cc_policy_write(policy, &bytes, NULL), HEDDLE_E_TOO_LARGE);
    ck_assert_uint_eq(heddle_cc_policy_count(policy), 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/endorsement_policy");
    TCase *all = tcase_create("policy");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, bytes_are_those_of_the_official_shims);
    tcase_add_test(all, organizations_are_sorted);
    tcase_add_test(all, organizations_go);
    tcase_add_test(all, what_was_written_is_read);
    tcase_add_test(all, the_order_of_other_writers_is_read);
    tcase_add_test(all, policies_of_another_form_are_refused);
    tcase_add_test(all, bad_organizations_are_refused);
    tcase_add_test(all, memory_has_an_end);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
