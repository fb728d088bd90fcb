#include "devnet/network/chaincode_option.h"
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
        {"basic", "is not name=host:port"},
        {"=h:1", "the name is not valid"},
        {"-a=h:1", "the name is not valid"},
        {"a/b=h:1", "the name is not valid"},
        {"basic=", "the address is not host:port"},
        {"basic=host", "the address is not host:port"},
        {"basic=host:", "the address is not host:port"},
        {"basic=:1", "the address is not host:port"},
        {"basic=h:1,colour=red", "only version= and policy= may follow"},
        {"basic=h:1,policy=AND('Org1MSP.peer'", "chaincode \"basic=h:1"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        ck_assert_int_eq(parse(cases[i][0]), HEDDLE_E_BAD_ARGUMENT);
        ck_assert_msg(strstr(err.message, cases[i][1]) != NULL, "%s", err.message);
        ck_assert_ptr_null(chaincode.name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/chaincode_option");
    TCase *tc = SUITE_CASE("parse", name_and_address_are_enough,
                           a_policy_takes_the_rest_with_its_commas, mistakes_are_named);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
