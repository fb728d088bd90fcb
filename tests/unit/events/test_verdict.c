/* Which ends of an attempt are the end of a stream. */
#include "base/alloc.h"
#include "base/fail.h"
#include "events/feed_verdict.h"
#include "rpc/status.h"
#include "support/suite.h"

START_TEST(of_every_code)
{
    static const struct {
        int code;
        client_verdict wanted;
    } table[] = {
        {RPC_OK, CLIENT_VERDICT_AGAIN},
        {RPC_CANCELLED, CLIENT_VERDICT_AGAIN},
        {RPC_UNKNOWN, CLIENT_VERDICT_AGAIN}, /* what a peer says that has too many calls */
        {RPC_INVALID_ARGUMENT, CLIENT_VERDICT_FINAL},
        {RPC_DEADLINE_EXCEEDED, CLIENT_VERDICT_AGAIN},
        {RPC_NOT_FOUND, CLIENT_VERDICT_REFUSED},
        {RPC_ALREADY_EXISTS, CLIENT_VERDICT_FINAL},
        {RPC_PERMISSION_DENIED, CLIENT_VERDICT_REFUSED},
        {RPC_RESOURCE_EXHAUSTED, CLIENT_VERDICT_AGAIN},
        {RPC_FAILED_PRECONDITION, CLIENT_VERDICT_FINAL},
        {RPC_ABORTED, CLIENT_VERDICT_AGAIN},
        {RPC_OUT_OF_RANGE, CLIENT_VERDICT_FINAL},
        {RPC_UNIMPLEMENTED, CLIENT_VERDICT_FINAL},
        {RPC_INTERNAL, CLIENT_VERDICT_AGAIN},
        {RPC_UNAVAILABLE, CLIENT_VERDICT_AGAIN},
        {RPC_DATA_LOSS, CLIENT_VERDICT_AGAIN},
        {RPC_UNAUTHENTICATED, CLIENT_VERDICT_REFUSED},
        {77, CLIENT_VERDICT_AGAIN},
    };
    for (size_t i = 0; i < BASE_COUNT(table); i++) {
        heddle_error err = {.status = HEDDLE_E_RPC, .grpc_code = table[i].code};
        ck_assert_msg(client_verdict_of_error(&err) == table[i].wanted, "code %d", table[i].code);
    }
}
END_TEST

START_TEST(of_every_status_of_the_library)
{
    for (int status = HEDDLE_E_NO_MEMORY; status <= HEDDLE_E_END; status++) {
        heddle_error err;
        base_fail(&err, (heddle_status)status, "x");
        client_verdict verdict = client_verdict_of_error(&err);
        bool again = status == HEDDLE_E_UNAVAILABLE || status == HEDDLE_E_TIMED_OUT ||
                     status == HEDDLE_E_RPC || status == HEDDLE_E_IO;
        bool broken = status == HEDDLE_E_BROKEN_CHAIN || status == HEDDLE_E_DECODE ||
                      status == HEDDLE_E_TOO_LARGE;
        ck_assert_msg(verdict == (again    ? CLIENT_VERDICT_AGAIN
                                  : broken ? CLIENT_VERDICT_BROKEN
                                           : CLIENT_VERDICT_FINAL),
                      "%s", heddle_status_name((heddle_status)status));
    }
}
END_TEST

START_TEST(of_statuses_of_deliver)
{
    static const struct {
        int status;
        bool exists;
        client_verdict wanted;
        heddle_status is;
    } table[] = {
        {200, true, CLIENT_VERDICT_AGAIN, HEDDLE_E_UNAVAILABLE},
        {400, true, CLIENT_VERDICT_REFUSED, HEDDLE_E_REFUSED},
        {403, true, CLIENT_VERDICT_REFUSED, HEDDLE_E_DENIED},
        {404, true, CLIENT_VERDICT_AGAIN, HEDDLE_E_UNAVAILABLE},
        {404, false, CLIENT_VERDICT_REFUSED, HEDDLE_E_NOT_FOUND},
        {413, true, CLIENT_VERDICT_AGAIN, HEDDLE_E_UNAVAILABLE},
        {500, true, CLIENT_VERDICT_AGAIN, HEDDLE_E_UNAVAILABLE},
        {503, false, CLIENT_VERDICT_AGAIN, HEDDLE_E_UNAVAILABLE},
        {-1, false, CLIENT_VERDICT_AGAIN, HEDDLE_E_UNAVAILABLE},
    };
    for (size_t i = 0; i < BASE_COUNT(table); i++) {
        heddle_error err;
        ck_assert_int_eq(client_verdict_of_status(table[i].status, table[i].exists, &err),
                         table[i].wanted);
        ck_assert_int_eq(err.status, table[i].is);
        ck_assert_int_eq(err.grpc_code, -1);
    }
}
END_TEST

SUITE_MAIN("client/verdict", SUITE_CASE("verdict", of_every_code, of_every_status_of_the_library,
                                        of_statuses_of_deliver))
