/* What peers say against a definition, in their different words, and what is made of it. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lifecycle/lifecycle.h"
#include "rpc/status.h"
#include "support/suite.h"
#include "wire/block.h"

static struct heddle_lifecycle lifecycle;
static lifecycle_ask ask;

static void setup(void)
{
    static char channel[] = "mychannel";
    lifecycle.channel = channel;
    ask = (lifecycle_ask){.function = "CommitChaincodeDefinition", .name = "basic", .sequence = 3};
}

static heddle_error refusal(const char *said)
{
    heddle_error err = {.status = HEDDLE_E_RPC,
                        .stage = HEDDLE_STAGE_ENDORSE,
                        .grpc_code = RPC_ABORTED,
                        .validation_code = -1};
    snprintf(err.message, sizeof(err.message), "endorse: ABORTED: %s", said);
    return err;
}

START_TEST(fabrics_words_become_one_sentence)
{
    static const struct {
        const char *said;
        heddle_status status;
        const char *told;
    } cases[] = {
        {"requested sequence is 3, but new definition must be sequence 4", HEDDLE_E_REFUSED,
         "basic on mychannel: sequence 3 is already committed; the next one is 4"},
        {"requested sequence is 3, but new definition must be sequence 2", HEDDLE_E_REFUSED,
         "basic on mychannel: sequence 3 is too far ahead; the next one is 2"},
        {"currently defined sequence 5 is larger than requested sequence 3", HEDDLE_E_REFUSED,
         "sequence 3 is already committed; the next one is 6"},
        {"requested sequence 3 is larger than the next available sequence number 2",
         HEDDLE_E_REFUSED, "sequence 3 is too far ahead; the next one is 2"},
        {"attempted to redefine the current committed sequence (3) for namespace basic with "
         "different parameters: expected Version '1.0' does not match passed Version '2.0'",
         HEDDLE_E_REFUSED, "the next one is 4; it differs: expected Version '1.0'"},
        {"chaincode definition not agreed to by this org (Org2MSP)", HEDDLE_E_REFUSED,
         "sequence 3 is not approved, as it is, by Org2MSP"},
        {"namespace basic is not defined", HEDDLE_E_NOT_FOUND,
         "basic on mychannel: no definition is committed"},
        {"could not fetch approved chaincode definition (name: 'basic', sequence: '3') on channel "
         "'mychannel'",
         HEDDLE_E_NOT_FOUND, "the own organisation has approved no such definition"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        heddle_error err = refusal(cases[i].said);
        ck_assert_int_eq(lifecycle_judge(&lifecycle, &ask, NULL, &err), cases[i].status);
        ck_assert_int_eq(err.status, cases[i].status);
        ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
        ck_assert_msg(strstr(err.message, cases[i].told) != NULL, "%s", err.message);
    }
}
END_TEST

START_TEST(what_is_approved_already_is_no_failure)
{
    heddle_error err = refusal("attempted to redefine uncommitted sequence (3) for namespace basic "
                               "with unchanged content");
    ask.may_be_done = true;
    ck_assert_int_eq(lifecycle_judge(&lifecycle, &ask, NULL, &err), HEDDLE_OK);
}
END_TEST

/* An evaluation has no answer then, and a commit has not happened. */
START_TEST(no_words_make_another_call_succeed)
{
    heddle_error err = refusal("whatever, with unchanged content");
    ck_assert_int_ne(lifecycle_judge(&lifecycle, &ask, NULL, &err), HEDDLE_OK);
    ask.sequence = 0;
    err = refusal("whatever, with unchanged content");
    ck_assert_int_ne(lifecycle_judge(&lifecycle, &ask, NULL, &err), HEDDLE_OK);
}
END_TEST

START_TEST(a_transaction_without_effect_is_explained)
{
    heddle_error err = {.status = HEDDLE_E_TX_INVALID,
                        .retry = HEDDLE_RETRY_NEW_TX,
                        .grpc_code = -1,
                        .validation_code = WIRE_CODE_MVCC_READ_CONFLICT};
    ck_assert_int_eq(lifecycle_judge(&lifecycle, &ask, NULL, &err), HEDDLE_E_TX_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "in the same moment"));
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NEW_TX);
    err.validation_code = WIRE_CODE_ENDORSEMENT_POLICY_FAILURE;
    ck_assert_int_eq(lifecycle_judge(&lifecycle, &ask, NULL, &err), HEDDLE_E_TX_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "LifecycleEndorsement"));
}
END_TEST

START_TEST(other_failures_stay_as_they_are)
{
    heddle_error err = {.status = HEDDLE_E_UNAVAILABLE, .grpc_code = -1, .validation_code = -1};
    snprintf(err.message, sizeof(err.message), "endorse: no connection to a:1");
    ck_assert_int_eq(lifecycle_judge(&lifecycle, &ask, NULL, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_str_eq(err.message, "endorse: no connection to a:1");
    err = refusal("words that are not known");
    ck_assert_int_eq(lifecycle_judge(&lifecycle, &ask, NULL, &err), HEDDLE_E_RPC);
    ck_assert_str_eq(err.message, "endorse: ABORTED: words that are not known");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lifecycle/judge");
    TCase *tests =
        SUITE_CASE("judge", fabrics_words_become_one_sentence,
                   what_is_approved_already_is_no_failure, no_words_make_another_call_succeed,
                   a_transaction_without_effect_is_explained, other_failures_stay_as_they_are);
    tcase_add_checked_fixture(tests, setup, NULL);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
