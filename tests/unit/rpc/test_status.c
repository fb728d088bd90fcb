#include "rpc/status.h"

#include "base/alloc.h"
#include "base/view.h"
#include "support/suite.h"

static const struct {
    int code;
    const char *name;
    heddle_status status;
} read_as[] = {
    {RPC_CANCELLED, "CANCELLED", HEDDLE_E_CANCELLED},
    {RPC_UNKNOWN, "UNKNOWN", HEDDLE_E_RPC},
    {RPC_INVALID_ARGUMENT, "INVALID_ARGUMENT", HEDDLE_E_BAD_ARGUMENT},
    {RPC_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", HEDDLE_E_TIMED_OUT},
    {RPC_NOT_FOUND, "NOT_FOUND", HEDDLE_E_NOT_FOUND},
    {RPC_ALREADY_EXISTS, "ALREADY_EXISTS", HEDDLE_E_EXISTS},
    {RPC_PERMISSION_DENIED, "PERMISSION_DENIED", HEDDLE_E_DENIED},
    {RPC_UNAUTHENTICATED, "UNAUTHENTICATED", HEDDLE_E_DENIED},
    {RPC_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", HEDDLE_E_TOO_LARGE},
    {RPC_UNAVAILABLE, "UNAVAILABLE", HEDDLE_E_UNAVAILABLE},
    {RPC_ABORTED, "ABORTED", HEDDLE_E_RPC},
    {99, "?", HEDDLE_E_RPC},
};

START_TEST(what_a_server_says_is_told_by_name_and_status)
{
    heddle_error err = {0};
    rpc_status said = {.code = read_as[_i].code, .message = VIEW("its words")};
    ck_assert_str_eq(rpc_code_name(said.code), read_as[_i].name);
    ck_assert_int_eq(rpc_status_fail(&said, "endorse", &err), read_as[_i].status);
    ck_assert_int_eq(err.grpc_code, said.code);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
    ck_assert_ptr_nonnull(strstr(err.message, read_as[_i].name));
    ck_assert_ptr_nonnull(strstr(err.message, "its words"));
}
END_TEST

START_TEST(success_is_no_error)
{
    rpc_status said = {.code = RPC_OK};
    heddle_error err = {.message = "as it was"};
    ck_assert_int_eq(rpc_status_fail(&said, "endorse", &err), HEDDLE_OK);
    ck_assert_str_eq(err.message, "as it was");
}
END_TEST

static const struct {
    heddle_status status;
    rpc_code code;
} told_as[] = {
    {HEDDLE_OK, RPC_OK},
    {HEDDLE_E_CANCELLED, RPC_CANCELLED},
    {HEDDLE_E_BAD_ARGUMENT, RPC_INVALID_ARGUMENT},
    {HEDDLE_E_TIMED_OUT, RPC_DEADLINE_EXCEEDED},
    {HEDDLE_E_NOT_FOUND, RPC_NOT_FOUND},
    {HEDDLE_E_EXISTS, RPC_ALREADY_EXISTS},
    {HEDDLE_E_DENIED, RPC_PERMISSION_DENIED},
    {HEDDLE_E_NO_MEMORY, RPC_RESOURCE_EXHAUSTED},
    {HEDDLE_E_BAD_STATE, RPC_FAILED_PRECONDITION},
    {HEDDLE_E_UNAVAILABLE, RPC_UNAVAILABLE},
    {HEDDLE_E_DATABASE, RPC_UNKNOWN},
};

START_TEST(a_servers_own_failure_has_a_code)
{
    ck_assert_int_eq(rpc_code_of(told_as[_i].status), told_as[_i].code);
}
END_TEST

static TCase *status_case(void)
{
    TCase *tcase = tcase_create("status");
    tcase_add_loop_test(tcase, what_a_server_says_is_told_by_name_and_status, 0,
                        BASE_COUNT(read_as));
    tcase_add_test(tcase, success_is_no_error);
    tcase_add_loop_test(tcase, a_servers_own_failure_has_a_code, 0, BASE_COUNT(told_as));
    return tcase;
}

SUITE_MAIN("rpc/status", status_case())
