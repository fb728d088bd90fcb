/* The four methods without a gateway, on devnet: what works when all is well, and who is asked. */
#include <stdatomic.h>

#include "base/text.h"
#include "yard.h"

static void start(void)
{
    yard_start();
    yard_open(NULL);
}

START_TEST(submitted_asset_is_read_back)
{
    heddle_outcome outcome = {0};
    heddle_bytes asset = {0};
    OK(heddle_submit(yard_assets, HEDDLE_CALL("CreateAsset", "a1", "blue", "5", "Ann", "300"), NULL,
                     &outcome, &yard_err));
    ck_assert_int_eq(outcome.validation_code, 0);
    ck_assert_uint_ge(outcome.block_number, 1);
    OK(heddle_evaluate(yard_assets, HEDDLE_CALL("ReadAsset", "a1"), NULL, &asset, &yard_err));
    ck_assert_ptr_nonnull(strstr((const char *)asset.data, "\"a1\""));
    heddle_bytes_done(&asset);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(status_of_any_transaction_is_told)
{
    heddle_outcome outcome = {0};
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    OK(heddle_submit(yard_assets, HEDDLE_CALL("CreateAsset", "s1", "blue", "5", "Ann", "300"), NULL,
                     &outcome, &yard_err));
    yard_close();
    yard_open(NULL); /* one that has not seen the block */
    OK(heddle_commit_new(yard_gateway, yard_user, "mychannel", outcome.tx_id, &commit, &yard_err));
    OK(heddle_commit_wait(commit, NULL, &status, &yard_err));
    ck_assert_int_eq(status.validation_code, 0);
    ck_assert_uint_eq(status.block_number, outcome.block_number);
    heddle_commit_free(commit);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(refusal_of_the_contract_names_the_peer)
{
    heddle_details *details = heddle_details_new();
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = details;
    ck_assert(!yard_has("nobody", &options));
    ck_assert_int_eq(yard_err.stage, HEDDLE_STAGE_EVALUATE);
    ck_assert_uint_eq(heddle_details_count(details), 1);
    ck_assert_str_eq(heddle_details_at(details, 0)->mspid, "Org1MSP");
    heddle_details_free(details);
}
END_TEST

START_TEST(endorsers_that_differ_are_told_apart_by_value)
{
    heddle_details *details = heddle_details_new();
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = details;
    yard_peer_fault(2, "ProcessProposal disagree");
    yard_peer_fault(3, "ProcessProposal disagree");
    ck_assert_int_ne(yard_create("d1", &options), HEDDLE_OK);
    ck_assert_int_eq(yard_err.stage, HEDDLE_STAGE_ENDORSE);
    const char *text = yard_details(details);
    ck_assert_msg(strstr(text, "|Org2MSP|ProposalResponsePayloads do not match: write of basic/d1"),
                  "%s", text);
    ck_assert_msg(strstr(text, "at the first"), "%s", text);
    heddle_details_free(details);
}
END_TEST

START_TEST(another_peer_of_the_group_stands_in)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    yard_peer_fault(0, "away");
    yard_peer_fault(2, "away");
    options.timeout_ms = 30000;
    OK(yard_create("f1", &options));
    ck_assert(yard_has("f1", NULL));
}
END_TEST

START_TEST(another_orderer_takes_what_one_does_not)
{
    yard_orderer_fault(0, "away");
    yard_orderer_fault(1, "Broadcast status code=503 text=busy");
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof(id), "o%d", i);
        OK(yard_create(id, NULL));
    }
}
END_TEST

START_TEST(a_transaction_that_nobody_knows_is_waited_for_till_the_deadline)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    char unknown[65];
    memset(unknown, 'a', 64);
    unknown[64] = 0;
    OK(heddle_commit_new(yard_gateway, yard_user, "mychannel", unknown, &commit, &yard_err));
    options.timeout_ms = 300;
    ck_assert_int_eq(heddle_commit_wait(commit, &options, &status, &yard_err), HEDDLE_E_TIMED_OUT);
    heddle_commit_free(commit);
}
END_TEST

static void count_cancelled(const heddle_outcome *outcome, const heddle_error *error, void *user)
{
    ck_assert_ptr_null(outcome);
    ck_assert_int_eq(error->status, HEDDLE_E_CANCELLED);
    atomic_fetch_add((atomic_int *)user, 1);
}

START_TEST(closing_ends_what_is_under_way)
{
    enum { CALLS = 20 };
    atomic_int cancelled = 0;
    heddle_blocks *blocks = NULL;
    heddle_block_event block;
    OK(yard_create("c0", NULL));
    OK(heddle_blocks_open(yard_gateway, yard_user, "mychannel", HEDDLE_BLOCKS_FULL, NULL, &blocks,
                          &yard_err));
    for (size_t i = 0; i < 3; i++)
        yard_orderer_fault(i, "Broadcast delay ms=60000");
    for (int i = 0; i < CALLS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "c%d", i + 1);
        OK(heddle_submit_start(yard_assets, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "3"),
                               NULL, count_cancelled, &cancelled, NULL, &yard_err));
    }
    yard_close();
    ck_assert_int_eq(cancelled, CALLS);
    ck_assert_int_eq(heddle_blocks_next(blocks, 1000, &block, &yard_err), HEDDLE_E_CANCELLED);
    heddle_blocks_close(blocks);
}
END_TEST

START_TEST(an_orderer_that_does_not_answer_leaves_the_outcome_open)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    OK(yard_create("l0", NULL));
    for (size_t i = 0; i < 3; i++)
        yard_orderer_fault(i, "Broadcast swallow");
    options.submit_timeout_ms = 3000;
    ck_assert_int_ne(yard_create("l1", &options), HEDDLE_OK);
    ck_assert_int_eq(yard_err.stage, HEDDLE_STAGE_SUBMIT);
    ck_assert_int_eq(yard_err.retry, HEDDLE_RETRY_ASK_STATUS);
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    OK(heddle_commit_new(yard_gateway, yard_user, "mychannel", yard_err.tx_id, &commit, &yard_err));
    OK(heddle_commit_wait(commit, NULL, &status, &yard_err));
    ck_assert_int_eq(status.validation_code, 0);
    heddle_commit_free(commit);
}
END_TEST

static void start_demanding(void)
{
    yard_client_auth = true;
    yard_start();
}

static heddle_view tls_file(base_buffer *out, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path),
             "%s/crypto-config/peerOrganizations/org1.example.com/users/User1@org1.example.com/"
             "tls/%s",
             devnet_dir(yard_net), name);
    OK(base_read_file(path, 0, out, &yard_err));
    return base_buffer_view(out);
}

START_TEST(with_mutual_tls_all_of_it_works)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    base_buffer cert = {0}, key = {0};
    heddle_blocks *blocks = NULL;
    heddle_block_event block;
    heddle_events_options from = HEDDLE_EVENTS_OPTIONS;
    options.client_cert_pem = tls_file(&cert, "client.crt");
    options.client_key_pem = tls_file(&key, "client.key");
    options.commit = HEDDLE_COMMIT_NETWORK_ALL;
    yard_open(&options);
    OK(yard_create("m1", NULL));
    ck_assert_msg(yard_has("m1", NULL), "%s", yard_err.message);
    from.from_block = true;
    OK(heddle_blocks_open(yard_gateway, yard_user, "mychannel", HEDDLE_BLOCKS_FILTERED, &from,
                          &blocks, &yard_err));
    OK(heddle_blocks_next(blocks, 20000, &block, &yard_err));
    heddle_blocks_close(blocks);
    base_buffer_done(&cert);
    base_buffer_wipe(&key);
}
END_TEST

START_TEST(with_mutual_tls_a_stranger_is_told_so)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = 20000;
    yard_open(NULL);
    ck_assert_int_eq(yard_create("m2", &options), HEDDLE_E_UNAVAILABLE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct/path");
    TCase *tcase = SUITE_CASE(
        "path", submitted_asset_is_read_back, status_of_any_transaction_is_told,
        refusal_of_the_contract_names_the_peer, endorsers_that_differ_are_told_apart_by_value,
        another_peer_of_the_group_stands_in, another_orderer_takes_what_one_does_not,
        a_transaction_that_nobody_knows_is_waited_for_till_the_deadline,
        closing_ends_what_is_under_way, an_orderer_that_does_not_answer_leaves_the_outcome_open);
    tcase_add_checked_fixture(tcase, start, yard_stop);
    suite_add_tcase(suite, tcase);
    TCase *mutual = SUITE_CASE("mutual TLS", with_mutual_tls_all_of_it_works,
                               with_mutual_tls_a_stranger_is_told_so);
    tcase_add_checked_fixture(mutual, start_demanding, yard_stop);
    suite_add_tcase(suite, mutual);
    return suite_run(suite);
}
