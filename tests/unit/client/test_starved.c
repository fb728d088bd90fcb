/*
 * Each allocation made to fail once, in all that calls a gateway: from the opening to the
 * close, so that nothing is under way when the blocks are counted. The gateway is in another
 * process, which has all the memory it wants.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/view.h"
#include "bed.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"

#define ORG1 "crypto-config/peerOrganizations/org1.example.com/"

static pid_t server;
static char target[32];
static heddle_identity *user;
static bool follows;

/* The child lives until it is killed; Check forks each test, so no thread is lost. */
static void start(void)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        bed *b = bed_start(NULL);
        b->blocks.is_served = true;
        while (write(fds[1], b->target, sizeof(b->target)) > 0)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(fds[0], target, sizeof(target)), sizeof(target));
    close(fds[0]);
    close(fds[1]);
    user = bed_user();
}

static void stop(void)
{
    heddle_identity_unref(user);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

typedef heddle_status work_fn(heddle_gateway *gateway, heddle_contract *contract,
                              heddle_error *err);

static heddle_status open_work_close(work_fn *work, heddle_error *err)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_gateway *gateway = NULL;
    heddle_contract *contract = NULL;
    options.target = target;
    options.plaintext = true;
    options.connect_wait_ms = 20000;
    options.follow_commits = follows;
    BASE_TRY(heddle_gateway_open(&options, &gateway, err));
    heddle_status status = heddle_contract_new(gateway, user, "mychannel", "basic", &contract, err);
    if (status == HEDDLE_OK)
        status = work(gateway, contract, err);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    return status;
}

/* A failure is told as one, or has been coped with; and nothing is left. */
static void survives(work_fn *work)
{
    heddle_error first = {0};
    ck_assert_msg(open_work_close(work, &first) == HEDDLE_OK, "%s", first.message);
    for (size_t nth = 1;; nth++) {
        heddle_error err = {0};
        fault_alloc_arm(nth);
        heddle_status status = open_work_close(work, &err);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_msg(alive == 0, "%ld blocks alive after failure %zu: %s", alive, nth,
                      err.message);
        ck_assert_msg(status == HEDDLE_OK || err.status == status, "failure %zu: %d is told as %d",
                      nth, (int)status, (int)err.status);
        if (!fired) {
            ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
            ck_assert_uint_gt(nth, 10);
            return;
        }
    }
}

static heddle_status evaluate(heddle_gateway *gateway, heddle_contract *contract, heddle_error *err)
{
    (void)gateway;
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_bytes result = {0};
    options.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    heddle_status status =
        heddle_evaluate(contract, HEDDLE_CALL("Get", "key"), &options, &result, err);
    heddle_bytes_done(&result);
    return status;
}

START_TEST(evaluating)
{
    survives(evaluate);
}
END_TEST

static heddle_status submit(heddle_gateway *gateway, heddle_contract *contract, heddle_error *err)
{
    (void)gateway;
    heddle_outcome outcome = {0};
    heddle_status status =
        heddle_submit(contract, HEDDLE_CALL("Put", "value"), NULL, &outcome, err);
    heddle_outcome_done(&outcome);
    return status;
}

START_TEST(submitting)
{
    survives(submit);
}
END_TEST

static heddle_status submit_by_steps(heddle_gateway *gateway, heddle_contract *contract,
                                     heddle_error *err)
{
    (void)gateway;
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    heddle_commit *commit = NULL;
    heddle_commit_status judged;
    heddle_status status = heddle_proposal_new(contract, HEDDLE_CALL("Put", "v"), &proposal, err);
    if (status == HEDDLE_OK)
        status = heddle_proposal_endorse(proposal, NULL, &transaction, err);
    if (status == HEDDLE_OK)
        status = heddle_transaction_submit(transaction, NULL, &commit, err);
    if (status == HEDDLE_OK)
        status = heddle_commit_wait(commit, NULL, &judged, err);
    heddle_proposal_free(proposal);
    heddle_transaction_free(transaction);
    heddle_commit_free(commit);
    return status;
}

START_TEST(submitting_step_by_step)
{
    survives(submit_by_steps);
}
END_TEST

static heddle_status submit_retrying(heddle_gateway *gateway, heddle_contract *contract,
                                     heddle_error *err)
{
    (void)gateway;
    heddle_retry_policy policy = HEDDLE_RETRY_POLICY;
    heddle_outcome outcome = {0};
    heddle_transient transient = {"name", VIEW("value")};
    const char *org = "Org1MSP";
    heddle_request request = HEDDLE_REQUEST("Put");
    request.transient = &transient;
    request.transient_count = 1;
    request.endorsing_orgs = &org;
    request.endorsing_org_count = 1;
    policy.initial_delay_ms = policy.max_delay_ms = 1;
    BASE_TRY(heddle_retry_budget_new(NULL, &policy.budget, err));
    heddle_status status = heddle_submit_retrying(contract, &request, NULL, &policy, &outcome, err);
    heddle_outcome_done(&outcome);
    heddle_retry_budget_unref(policy.budget);
    return status;
}

/* The first ones before the stream is live, the later ones by it. */
static heddle_status follow(heddle_gateway *gateway, heddle_contract *contract, heddle_error *err)
{
    for (int i = 0; i < 3; i++)
        BASE_TRY(submit(gateway, contract, err));
    return submit_by_steps(gateway, contract, err);
}

START_TEST(following_blocks)
{
    follows = true;
    survives(follow);
}
END_TEST

START_TEST(submitting_until_it_works)
{
    survives(submit_retrying);
}
END_TEST

static heddle_status complete(heddle_queue *queue, heddle_error *err)
{
    heddle_completion *done = NULL;
    heddle_status status = heddle_queue_next(queue, 20000, &done, err);
    if (status == HEDDLE_OK && heddle_completion_error(done)) {
        *err = *heddle_completion_error(done);
        status = err->status;
    }
    heddle_completion_free(done);
    return status;
}

static heddle_status submit_into_queue(heddle_gateway *gateway, heddle_contract *contract,
                                       heddle_error *err)
{
    (void)gateway;
    heddle_queue *queue = NULL;
    BASE_TRY(heddle_queue_open(NULL, &queue, err));
    heddle_status status =
        heddle_queue_submit(queue, contract, HEDDLE_CALL("Put", "v"), NULL, NULL, NULL, err);
    if (status == HEDDLE_OK)
        status = complete(queue, err);
    if (status == HEDDLE_OK)
        status = heddle_queue_evaluate(queue, contract, HEDDLE_CALL("Get"), NULL, NULL, NULL, err);
    if (status == HEDDLE_OK)
        status = complete(queue, err);
    heddle_queue_close(queue);
    return status;
}

START_TEST(completing_in_a_queue)
{
    survives(submit_into_queue);
}
END_TEST

static char *dir;

static heddle_status submit_once(heddle_gateway *gateway, heddle_contract *contract,
                                 heddle_error *err)
{
    (void)gateway;
    static unsigned number;
    char path[512];
    heddle_journal *journal = NULL;
    heddle_outcome outcome = {0};
    heddle_once_options options = HEDDLE_ONCE_OPTIONS;
    options.backoff_ms = 1;
    snprintf(path, sizeof(path), "%s/%u.db", dir, number++);
    BASE_TRY(heddle_journal_open(path, &journal, err));
    heddle_status status = heddle_submit_once(journal, contract, HEDDLE_CALL("Put", "value"),
                                              heddle_view_str("k"), &options, &outcome, err);
    heddle_outcome_done(&outcome);
    heddle_journal_close(journal);
    return status;
}

START_TEST(submitting_once)
{
    dir = fixture_dir_new();
    survives(submit_once);
    fixture_dir_free(dir);
}
END_TEST

static base_buffer roots, cert, key;

static heddle_status renew(heddle_gateway *unused, heddle_contract *contract, heddle_error *err)
{
    (void)unused, (void)contract;
    const char *const targets[] = {"localhost:1", "localhost:2"};
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_tls_material fresh = HEDDLE_TLS_MATERIAL;
    heddle_gateway *gateway = NULL;
    options.targets = targets;
    options.target_count = 2;
    options.name_override = "peer";
    options.tls_roots_pem = fresh.roots_pem = base_buffer_view(&roots);
    fresh.client_cert_pem = base_buffer_view(&cert);
    fresh.client_key_pem = base_buffer_view(&key);
    BASE_TRY(heddle_gateway_open(&options, &gateway, err));
    heddle_status status = heddle_gateway_reload_tls(gateway, &fresh, err);
    heddle_gateway_close(gateway);
    return status;
}

START_TEST(taking_new_certificates)
{
    roots = fixture_read(ORG1 "tlsca/tlsca.org1.example.com-cert.pem");
    cert = fixture_read(ORG1 "users/User1@org1.example.com/tls/client.crt");
    key = fixture_read(ORG1 "users/User1@org1.example.com/tls/client.key");
    survives(renew);
    base_buffer_done(&roots);
    base_buffer_done(&cert);
    base_buffer_done(&key);
}
END_TEST

static TCase *starved_case(void)
{
    TCase *tc = SUITE_CASE("starved", evaluating, submitting, submitting_step_by_step,
                           submitting_until_it_works, submitting_once, completing_in_a_queue,
                           following_blocks, taking_new_certificates);
    tcase_add_checked_fixture(tc, start, stop);
    tcase_set_timeout(tc, 120);
    return tc;
}

SUITE_MAIN("client/starved", starved_case())
