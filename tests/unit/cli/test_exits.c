#include "cli/exits.h"

#include <string.h>

#include "base/fail.h"
#include "support/suite.h"

static int code(heddle_status status)
{
    heddle_error err;
    base_error_clear(&err);
    err.status = status;
    return cli_exit_of(&err)->code;
}

START_TEST(every_status_has_a_class)
{
    for (heddle_status status = HEDDLE_OK; status <= HEDDLE_E_END; status++)
        ck_assert_msg((code(status) == 0) == (status == HEDDLE_OK), "%s",
                      heddle_status_name(status));
}
END_TEST

START_TEST(classes)
{
    ck_assert_int_eq(code(HEDDLE_E_BAD_ARGUMENT), 2);
    ck_assert_int_eq(code(HEDDLE_E_CONFIG), 2);
    ck_assert_int_eq(code(HEDDLE_E_NOT_FOUND), 3);
    ck_assert_int_eq(code(HEDDLE_E_DENIED), 4);
    ck_assert_int_eq(code(HEDDLE_E_EXISTS), 5);
    ck_assert_int_eq(code(HEDDLE_E_UNAVAILABLE), 6);
    ck_assert_int_eq(code(HEDDLE_E_TIMED_OUT), 7);
    ck_assert_int_eq(code(HEDDLE_E_TX_INVALID), 8);
    ck_assert_int_eq(code(HEDDLE_E_REFUSED), 9);
    ck_assert_int_eq(code(HEDDLE_E_BAD_IDENTITY), 11);
    ck_assert_int_eq(code(HEDDLE_E_DECODE), 12);
    ck_assert_int_eq(code(HEDDLE_E_IO), 13);
    ck_assert_int_eq(code(HEDDLE_E_CANCELLED), 130);
}
END_TEST

START_TEST(a_remote_code_says_more)
{
    static const struct {
        int grpc, exit;
    } rows[] = {{4, 7}, {5, 3}, {6, 5}, {7, 4}, {14, 6}, {16, 4}, {10, 9}, {2, 9}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        heddle_error err;
        base_error_clear(&err);
        err.status = HEDDLE_E_RPC;
        err.grpc_code = rows[i].grpc;
        ck_assert_int_eq(cli_exit_of(&err)->code, rows[i].exit);
    }
}
END_TEST

START_TEST(an_open_outcome_comes_before_its_cause)
{
    heddle_error err;
    base_error_clear(&err);
    err.status = HEDDLE_E_TIMED_OUT;
    err.retry = HEDDLE_RETRY_ASK_STATUS;
    ck_assert_int_eq(cli_exit_of(&err)->code, 7); /* of no transaction */
    strcpy(err.tx_id, "ab");
    ck_assert_int_eq(cli_exit_of(&err)->code, 10);
    err.status = HEDDLE_E_CANCELLED;
    ck_assert_int_eq(cli_exit_of(&err)->code, 130);
}
END_TEST

SUITE_MAIN("cli/exits", SUITE_CASE("exits", every_status_has_a_class, classes,
                                   a_remote_code_says_more, an_open_outcome_comes_before_its_cause))
