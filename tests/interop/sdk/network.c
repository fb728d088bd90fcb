/*
 * The C client against a gateway of a running network: a real peer's, or heddle-gateway's.
 * The contract is tests/interop/node/contract; what is where comes from the environment, as
 * tests/interop/run.js sets it.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "heddle/heddle.h"
#include "lab.h"
#include "support/suite.h"

enum { TIMEOUT_S = 60, AT_ONCE = 100, MVCC_READ_CONFLICT = 11, ENDORSEMENT_POLICY_FAILURE = 10 };
enum { GRPC_UNKNOWN = 2, GRPC_DEADLINE = 4, GRPC_PRECONDITION = 9, GRPC_ABORTED = 10 };

static heddle_gateway *gateway;
static heddle_identity *user;   /* of the first organisation */
static heddle_identity *second; /* of the second */
static heddle_contract *ledger;
static heddle_contract *faults;
static heddle_details *details;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static const char *env(const char *name)
{
    const char *value = getenv(name);
    ck_assert_msg(value != NULL, "%s is not set: run by tests/interop/run.js", name);
    return value;
}

static void setup(void)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = env("HEDDLE_SDK_TARGET");
    options.tls_roots_file = env("HEDDLE_SDK_TLS_ROOTS");
    OK(heddle_gateway_open(&options, &gateway, &err));
    OK(heddle_identity_from_msp(env("HEDDLE_SDK_MSPID1"), env("HEDDLE_SDK_MSP1"), &user, &err));
    OK(heddle_identity_from_msp(env("HEDDLE_SDK_MSPID2"), env("HEDDLE_SDK_MSP2"), &second, &err));
    const char *channel = env("HEDDLE_SDK_CHANNEL");
    OK(heddle_contract_new(gateway, user, channel, "interop:Ledger", &ledger, &err));
    OK(heddle_contract_new(gateway, user, channel, "interop:Faults", &faults, &err));
    details = heddle_details_new();
}

static void teardown(void)
{
    heddle_details_free(details);
    heddle_contract_unref(faults);
    heddle_contract_unref(ledger);
    heddle_identity_unref(second);
    heddle_identity_unref(user);
    heddle_gateway_close(gateway);
}

static void expect_value(const char *key, const char *value)
{
    heddle_bytes found;
    OK(heddle_evaluate(ledger, HEDDLE_CALL("Get", key), NULL, &found, &err));
    ck_assert_str_eq((const char *)found.data, value);
    heddle_bytes_done(&found);
}

static void expect_contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in \"%s\"", part, text);
}

START_TEST(evaluates)
{
    heddle_bytes out;
    OK(heddle_evaluate(ledger, HEDDLE_CALL("Echo", "conga"), NULL, &out, &err));
    ck_assert_uint_eq(out.len, 5);
    ck_assert_str_eq((const char *)out.data, "conga");
    heddle_bytes_done(&out);
}
END_TEST

START_TEST(submits)
{
    const char *key = lab_fresh("key");
    heddle_outcome outcome;
    OK(heddle_submit(ledger, HEDDLE_CALL("Put", key, "ledger"), NULL, &outcome, &err));
    ck_assert_str_eq((const char *)outcome.result.data, "ledger");
    ck_assert_int_eq(outcome.validation_code, 0);
    ck_assert_uint_gt(outcome.block_number, 0);
    ck_assert_uint_eq(strlen(outcome.tx_id), 64);
    heddle_outcome_done(&outcome);
    expect_value(key, "ledger");
}
END_TEST

START_TEST(submits_for_both_organisations)
{
    heddle_contract *other;
    OK(heddle_contract_new(gateway, second, env("HEDDLE_SDK_CHANNEL"), "interop:Ledger", &other,
                           &err));
    const char *key = lab_fresh("key");
    OK(heddle_submit(other, HEDDLE_CALL("Put", key, "from afar"), NULL, NULL, &err));
    heddle_contract_unref(other);
    expect_value(key, "from afar");
}
END_TEST

START_TEST(carries_bytes_and_transient_data)
{
    static const heddle_transient secret[] = {{"word", {(const uint8_t *)"hush", 4}}};
    heddle_request request = HEDDLE_REQUEST("Transient");
    request.transient = secret;
    request.transient_count = 1;
    heddle_bytes out;
    OK(heddle_evaluate(ledger, &request, NULL, &out, &err));
    ck_assert_str_eq((const char *)out.data, "{\"word\":\"hush\"}");
    heddle_bytes_done(&out);
}
END_TEST

static heddle_status submit_at(const char *const *orgs, size_t count)
{
    const char *args[] = {lab_fresh("key"), "value"};
    heddle_request request = HEDDLE_REQUEST("Put");
    request.texts = args;
    request.arg_count = 2;
    request.endorsing_orgs = orgs;
    request.endorsing_org_count = count;
    return heddle_submit(ledger, &request, NULL, NULL, &err);
}

START_TEST(obeys_endorsing_organisations)
{
    const char *orgs[] = {env("HEDDLE_SDK_MSPID1"), env("HEDDLE_SDK_MSPID2")};
    ck_assert_int_eq(submit_at(orgs, 1), HEDDLE_E_TX_INVALID);
    ck_assert_int_eq(err.validation_code, ENDORSEMENT_POLICY_FAILURE);
    OK(submit_at(orgs, 2));
}
END_TEST

static heddle_transaction *endorse_increment(const char *key)
{
    heddle_proposal *proposal;
    heddle_transaction *transaction;
    OK(heddle_proposal_new(ledger, HEDDLE_CALL("Increment", key), &proposal, &err));
    OK(heddle_proposal_endorse(proposal, NULL, &transaction, &err));
    ck_assert_str_eq(heddle_proposal_tx_id(proposal), heddle_transaction_tx_id(transaction));
    heddle_proposal_free(proposal);
    return transaction;
}

static heddle_commit_status submit_and_wait(heddle_transaction *transaction)
{
    heddle_commit *commit;
    heddle_commit_status status;
    OK(heddle_transaction_submit(transaction, NULL, &commit, &err));
    OK(heddle_commit_wait(commit, NULL, &status, &err));
    heddle_commit_free(commit);
    return status;
}

START_TEST(goes_step_by_step_into_a_conflict)
{
    const char *key = lab_fresh("counter");
    heddle_transaction *first = endorse_increment(key);
    heddle_transaction *late = endorse_increment(key);
    ck_assert_uint_eq(heddle_transaction_result(first).len, 1);
    ck_assert_int_eq(submit_and_wait(first).validation_code, 0);
    ck_assert_int_eq(submit_and_wait(late).validation_code, MVCC_READ_CONFLICT);
    heddle_transaction_free(late);
    heddle_transaction_free(first);
    expect_value(key, "1");
}
END_TEST

START_TEST(tells_the_status_of_any_transaction)
{
    heddle_outcome outcome;
    heddle_commit *commit;
    heddle_commit_status status;
    OK(heddle_submit(ledger, HEDDLE_CALL("Put", lab_fresh("key"), "x"), NULL, &outcome, &err));
    OK(heddle_commit_new(gateway, user, env("HEDDLE_SDK_CHANNEL"), outcome.tx_id, &commit, &err));
    OK(heddle_commit_wait(commit, NULL, &status, &err));
    ck_assert_int_eq(status.validation_code, 0);
    ck_assert_uint_eq(status.block_number, outcome.block_number);
    heddle_commit_free(commit);
    heddle_outcome_done(&outcome);
}
END_TEST

/* Offline signing: one identity knows the certificate, another one the key. */

static heddle_identity *without_key(void)
{
    heddle_identity *identity;
    OK(heddle_identity_with_signer(heddle_identity_mspid(user), heddle_identity_cert_pem(user),
                                   NULL, NULL, NULL, &identity, &err));
    return identity;
}

static heddle_view sign_by(const heddle_identity *who, const uint8_t *digest, size_t digest_len)
{
    static uint8_t signature[HEDDLE_SIGNATURE_MAX];
    size_t len = 0;
    OK(heddle_identity_sign(who, heddle_view_of(digest, digest_len), signature, &len, &err));
    return heddle_view_of(signature, len);
}

/** A proposal that went as bytes to where the key is, and came back with its signature. */
static heddle_proposal *signed_proposal(const heddle_identity *signer,
                                        const heddle_request *request)
{
    heddle_identity *keyless = without_key();
    heddle_contract *contract;
    heddle_proposal *unsigned_one;
    heddle_proposal *out;
    heddle_bytes bytes;
    uint8_t digest[HEDDLE_DIGEST_MAX];
    size_t digest_len;
    OK(heddle_contract_new(gateway, keyless, env("HEDDLE_SDK_CHANNEL"), "interop:Ledger", &contract,
                           &err));
    OK(heddle_proposal_new(contract, request, &unsigned_one, &err));
    OK(heddle_proposal_bytes(unsigned_one, &bytes, &err));
    OK(heddle_proposal_digest(unsigned_one, digest, &digest_len, &err));
    OK(heddle_proposal_from_bytes(gateway, NULL, heddle_view_of(bytes.data, bytes.len), &out,
                                  &err));
    OK(heddle_proposal_set_signature(out, sign_by(signer, digest, digest_len), &err));
    heddle_bytes_done(&bytes);
    heddle_proposal_free(unsigned_one);
    heddle_contract_unref(contract);
    heddle_identity_unref(keyless);
    return out;
}

START_TEST(lets_every_step_be_signed_elsewhere)
{
    const char *key = lab_fresh("key");
    uint8_t digest[HEDDLE_DIGEST_MAX];
    size_t digest_len;
    heddle_transaction *transaction;
    heddle_commit *commit;
    heddle_commit_status status;
    heddle_proposal *proposal = signed_proposal(user, HEDDLE_CALL("Put", key, "offline"));
    OK(heddle_proposal_endorse(proposal, NULL, &transaction, &err));
    OK(heddle_transaction_digest(transaction, digest, &digest_len, &err));
    OK(heddle_transaction_set_signature(transaction, sign_by(user, digest, digest_len), &err));
    OK(heddle_transaction_submit(transaction, NULL, &commit, &err));
    OK(heddle_commit_digest(commit, digest, &digest_len, &err));
    OK(heddle_commit_set_signature(commit, sign_by(user, digest, digest_len), &err));
    OK(heddle_commit_wait(commit, NULL, &status, &err));
    ck_assert_int_eq(status.validation_code, 0);
    heddle_commit_free(commit);
    heddle_transaction_free(transaction);
    heddle_proposal_free(proposal);
    expect_value(key, "offline");
}
END_TEST

START_TEST(refuses_what_nobody_signed)
{
    heddle_identity *keyless = without_key();
    heddle_contract *contract;
    OK(heddle_contract_new(gateway, keyless, env("HEDDLE_SDK_CHANNEL"), "interop:Ledger", &contract,
                           &err));
    ck_assert_int_ne(heddle_evaluate(contract, HEDDLE_CALL("Echo", "x"), NULL, NULL, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, -1);
    heddle_contract_unref(contract);
    heddle_identity_unref(keyless);
}
END_TEST

START_TEST(hears_of_a_wrong_signature)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = details;
    heddle_proposal *proposal = signed_proposal(second, HEDDLE_CALL("Echo", "x"));
    ck_assert_int_ne(heddle_proposal_evaluate(proposal, &options, NULL, &err), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, GRPC_PRECONDITION);
    expect_contains(err.message, "access denied");
    ck_assert_uint_eq(heddle_details_count(details), 1);
    heddle_proposal_free(proposal);
}
END_TEST

/* Errors. */

START_TEST(gives_the_words_of_the_contract_and_of_each_endorser)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = details;
    ck_assert_int_ne(heddle_evaluate(faults, HEDDLE_CALL("Fail", "as told"), &options, NULL, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_EVALUATE);
    ck_assert_int_eq(err.grpc_code, GRPC_UNKNOWN);
    expect_contains(err.message, "chaincode response 500, as told");
    ck_assert_int_ne(heddle_submit(faults, HEDDLE_CALL("Fail", "as told"), &options, NULL, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_int_eq(err.grpc_code, GRPC_ABORTED);
    ck_assert_uint_eq(strlen(err.tx_id), 64);
    ck_assert_uint_eq(heddle_details_count(details), 1);
    const heddle_detail *detail = heddle_details_at(details, 0);
    ck_assert_str_eq(detail->mspid, env("HEDDLE_SDK_MSPID1"));
    ck_assert_str_eq(detail->address, env("HEDDLE_SDK_PEER1"));
    ck_assert_str_eq(detail->message, "chaincode response 500, as told");
}
END_TEST

START_TEST(names_an_unknown_chaincode)
{
    heddle_contract *nobody;
    OK(heddle_contract_new(gateway, user, env("HEDDLE_SDK_CHANNEL"), "nonexistent", &nobody, &err));
    ck_assert_int_ne(heddle_submit(nobody, HEDDLE_CALL("x"), NULL, NULL, &err), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, GRPC_PRECONDITION);
    expect_contains(err.message, "nonexistent");
    heddle_contract_unref(nobody);
}
END_TEST

START_TEST(refuses_a_member_who_is_none)
{
    heddle_identity *stranger;
    heddle_contract *contract;
    OK(heddle_identity_from_msp(env("HEDDLE_SDK_MSPID2"), env("HEDDLE_SDK_MSP1"), &stranger, &err));
    OK(heddle_contract_new(gateway, stranger, env("HEDDLE_SDK_CHANNEL"), "interop:Ledger",
                           &contract, &err));
    ck_assert_int_ne(heddle_evaluate(contract, HEDDLE_CALL("Echo", "x"), NULL, NULL, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, GRPC_PRECONDITION);
    expect_contains(err.message, "creator is malformed");
    heddle_contract_unref(contract);
    heddle_identity_unref(stranger);
}
END_TEST

START_TEST(keeps_to_a_deadline)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = 500;
    heddle_commit *commit;
    heddle_commit_status status;
    OK(heddle_evaluate(ledger, HEDDLE_CALL("Echo", "connected"), NULL, NULL, &err));
    const char *never = "00000000000000000000000000000000000000000000000000000000deadbeef";
    OK(heddle_commit_new(gateway, user, env("HEDDLE_SDK_CHANNEL"), never, &commit, &err));
    ck_assert_int_eq(heddle_commit_wait(commit, &options, &status, &err), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(err.grpc_code, GRPC_DEADLINE);
    heddle_commit_free(commit);
}
END_TEST

START_TEST(refuses_a_server_of_another_authority)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = env("HEDDLE_SDK_TARGET");
    options.tls_roots_file = env("HEDDLE_SDK_FOREIGN_ROOTS");
    options.connect_wait_ms = 500;
    heddle_gateway *foreign;
    heddle_contract *contract;
    OK(heddle_gateway_open(&options, &foreign, &err));
    OK(heddle_contract_new(foreign, user, env("HEDDLE_SDK_CHANNEL"), "interop:Ledger", &contract,
                           &err));
    ck_assert_int_ne(heddle_evaluate(contract, HEDDLE_CALL("Echo", "x"), NULL, NULL, &err),
                     HEDDLE_OK);
    heddle_contract_unref(contract);
    heddle_gateway_close(foreign);
}
END_TEST

/* Events. */

START_TEST(hears_events_live_and_again)
{
    const char *name = lab_fresh("event");
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_events *events;
    heddle_event event;
    heddle_outcome outcome;
    OK(heddle_submit(ledger, HEDDLE_CALL("Emit", name, "payload", lab_fresh("key")), NULL, &outcome,
                     &err));
    options.from_block = true;
    options.start_block = outcome.block_number;
    OK(heddle_events_open(gateway, user, env("HEDDLE_SDK_CHANNEL"), "interop", &options, &events,
                          &err));
    OK(heddle_events_next(events, 10000, &event, &err));
    ck_assert_str_eq(event.name, name);
    ck_assert_str_eq(event.tx_id, outcome.tx_id);
    ck_assert_uint_eq(event.block_number, outcome.block_number);
    ck_assert_mem_eq(event.payload.data, "payload", event.payload.len);
    const char *live = lab_fresh("live");
    OK(heddle_submit(ledger, HEDDLE_CALL("Emit", live, "", lab_fresh("key")), NULL, NULL, &err));
    OK(heddle_events_next(events, 10000, &event, &err));
    ck_assert_str_eq(event.name, live);
    heddle_events_close(events);
    heddle_outcome_done(&outcome);
}
END_TEST

/* Many at once. */

typedef struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned done;
    unsigned failed;
    unsigned conflicts;  /* of those, with the advice to make a new proposal */
    unsigned mismatches; /* of those: the endorsers saw different heights */
    char first_failure[HEDDLE_ERROR_MESSAGE_SIZE];
} crowd;

static void count_one(const heddle_outcome *outcome, const heddle_error *failure, void *arg)
{
    crowd *all = arg;
    pthread_mutex_lock(&all->lock);
    all->done++;
    if (!outcome && all->failed++ == 0)
        snprintf(all->first_failure, sizeof(all->first_failure), "%s", failure->message);
    if (failure && failure->status == HEDDLE_E_TX_INVALID &&
        failure->validation_code == MVCC_READ_CONFLICT && failure->retry == HEDDLE_RETRY_NEW_TX)
        all->conflicts++;
    else if (failure && failure->stage == HEDDLE_STAGE_ENDORSE &&
             failure->grpc_code == GRPC_ABORTED)
        all->mismatches++;
    pthread_cond_signal(&all->changed);
    pthread_mutex_unlock(&all->lock);
}

static void wait_for_all(crowd *all)
{
    pthread_mutex_lock(&all->lock);
    while (all->done < AT_ONCE)
        pthread_cond_wait(&all->changed, &all->lock);
    pthread_mutex_unlock(&all->lock);
}

START_TEST(submits_many_at_once)
{
    crowd all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    for (unsigned i = 0; i < AT_ONCE; i++) {
        OK(heddle_submit_start(ledger, HEDDLE_CALL("Put", lab_fresh("many"), "x"), NULL, count_one,
                               &all, NULL, &err));
    }
    wait_for_all(&all);
    ck_assert_msg(all.failed == 0, "%u failed: %s", all.failed, all.first_failure);
}
END_TEST

START_TEST(names_conflicts_and_what_to_do)
{
    crowd all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    const char *key = lab_fresh("counter");
    for (unsigned i = 0; i < AT_ONCE; i++)
        OK(heddle_submit_start(ledger, HEDDLE_CALL("Increment", key), NULL, count_one, &all, NULL,
                               &err));
    wait_for_all(&all);
    ck_assert_msg(all.conflicts > 0, "no conflict among %d on one key", AT_ONCE);
    ck_assert_msg(all.failed == all.conflicts + all.mismatches,
                  "%u failed, %u conflicts, %u mismatches: %s", all.failed, all.conflicts,
                  all.mismatches, all.first_failure);
    char rest[16];
    snprintf(rest, sizeof(rest), "%u", AT_ONCE - all.failed);
    expect_value(key, rest);
}
END_TEST

static TCase *fixed(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, TIMEOUT_S);
    return tests;
}

SUITE_MAIN("interop/sdk",
           fixed(SUITE_CASE("transactions", evaluates, submits, submits_for_both_organisations,
                            carries_bytes_and_transient_data, obeys_endorsing_organisations,
                            goes_step_by_step_into_a_conflict, tells_the_status_of_any_transaction,
                            submits_many_at_once, names_conflicts_and_what_to_do)),
           fixed(SUITE_CASE("offline signing", lets_every_step_be_signed_elsewhere,
                            refuses_what_nobody_signed, hears_of_a_wrong_signature)),
           fixed(SUITE_CASE("errors", gives_the_words_of_the_contract_and_of_each_endorser,
                            names_an_unknown_chaincode, refuses_a_member_who_is_none,
                            keeps_to_a_deadline, refuses_a_server_of_another_authority)),
           fixed(SUITE_CASE("events", hears_events_live_and_again)))
