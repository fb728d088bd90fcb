/* Each allocation made to fail once, on the way to and from the bytes of a transaction. */
#include "base/fail.h"
#include "base/view.h"
#include "bed.h"
#include "client/identity.h"
#include "client/proposal.h"
#include "support/fault_alloc.h"

static bed *b;
static base_buffer answer;

typedef heddle_status work_fn(heddle_error *err);

static void survives(work_fn *work)
{
    for (size_t nth = 1;; nth++) {
        heddle_error err = {0};
        fault_alloc_arm(nth);
        heddle_status status = work(&err);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_msg(alive == 0, "%ld blocks alive after failure %zu", alive, nth);
        if (!fired) {
            ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
            ck_assert_uint_gt(nth, 3);
            return;
        }
        ck_assert_int_ne(status, HEDDLE_OK);
    }
}

static heddle_status take_identity(heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *identity = NULL;
    crypto_signature signature;
    BASE_TRY(heddle_identity_from_msp("Org1MSP",
                                      HEDDLE_FIXTURES
                                      "/crypto-config/peerOrganizations/org1.example.com/users/"
                                      "User1@org1.example.com/msp",
                                      &identity, err));
    return client_identity_sign(identity, VIEW("m"), &signature, err);
}

static heddle_status make_proposal(heddle_error *err)
{
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    base_auto(heddle_proposal) heddle_proposal *again = NULL;
    base_auto_buffer base_buffer request = {0};
    heddle_bytes bytes = {0};
    BASE_TRY(heddle_proposal_new(b->contract, HEDDLE_CALL("Put", "key", "value"), &proposal, err));
    BASE_TRY(client_proposal_request(proposal, &request, err));
    BASE_TRY(heddle_proposal_bytes(proposal, &bytes, err));
    heddle_status status = heddle_proposal_from_bytes(
        b->gateway, NULL, heddle_view_of(bytes.data, bytes.len), &again, err);
    heddle_bytes_done(&bytes);
    return status;
}

static heddle_status make_transaction(heddle_error *err)
{
    base_auto(heddle_transaction) heddle_transaction *transaction = NULL;
    base_auto(heddle_commit) heddle_commit *commit = NULL;
    base_auto(rpc_bytes) rpc_bytes *response = rpc_bytes_copy(base_buffer_view(&answer));
    base_auto_buffer base_buffer request = {0};
    if (!response)
        return HEDDLE_E_NO_MEMORY;
    client_binding binding = {.gateway = b->gateway, .identity = b->user};
    BASE_TRY(client_transaction_new(
        &binding, response, "60a5f3756144c9d6e46f2faa109120c5c685ab5515bd5a5b917f702529819860",
        &transaction, err));
    BASE_TRY(client_transaction_request(transaction, &request, err));
    BASE_TRY(client_commit_make(&binding, transaction->channel, transaction->tx_id,
                                transaction->creator, &commit, err));
    return client_commit_request_write(commit, &request, err);
}

START_TEST(identity)
{
    survives(take_identity);
}
END_TEST

START_TEST(proposal)
{
    survives(make_proposal);
}
END_TEST

START_TEST(transaction_and_commit)
{
    survives(make_transaction);
}
END_TEST

static void start(void)
{
    b = bed_start(NULL);
    answer = bed_golden("003_gateway.Gateway.Endorse.res0");
}

static void stop(void)
{
    base_buffer_done(&answer);
    bed_stop(b);
}

static TCase *memory_case(void)
{
    TCase *tc = SUITE_CASE("memory", identity, proposal, transaction_and_commit);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("client/memory", memory_case())
