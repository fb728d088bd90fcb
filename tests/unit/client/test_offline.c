#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "bed.h"
#include "client/identity.h"
#include "support/fixture.h"
#include "wire/envelope.h"
#include "wire/gateway.h"
#include "wire/identity.h"
#include "wire/proposal.h"

#define ADMIN_MSP                                                                                  \
    HEDDLE_FIXTURES                                                                                \
    "/crypto-config/peerOrganizations/org1.example.com/users/Admin@org1.example.com/msp"

/* The value of a hexadecimal member of golden-grpc/offline.json. */
static base_buffer offline(const char *name)
{
    char mark[64];
    base_buffer json = fixture_read("golden-grpc/offline.json"), out = {0};
    snprintf(mark, sizeof(mark), "\"%s\"", name);
    const char *at = strstr(base_buffer_cstr(&json), mark);
    ck_assert_ptr_nonnull(at);
    at = strchr(at + strlen(mark), '"') + 1;
    heddle_view hex = heddle_view_of(at, (size_t)(strchr(at, '"') - at));
    ck_assert_int_eq(base_unhex(hex, &out), HEDDLE_OK);
    base_buffer_done(&json);
    return out;
}

static void check_bytes(const heddle_bytes *got, heddle_view wanted)
{
    ck_assert(base_view_equal(heddle_view_of(got->data, got->len), wanted));
}

static void check_digest(const uint8_t *got, size_t got_len, const char *name)
{
    base_buffer wanted = offline(name);
    ck_assert_uint_eq(got_len, wanted.len);
    ck_assert_mem_eq(got, wanted.data, wanted.len);
    base_buffer_done(&wanted);
}

/* The signature that a recorded request carries. */
static heddle_view signature_of(heddle_view recorded, base_arena *arena)
{
    wire_gateway_request read = {0};
    ck_assert_int_eq(wire_shape_read(&wire_gateway_request_shape, recorded, arena, &read, NULL),
                     HEDDLE_OK);
    return read.content.signature;
}

START_TEST(proposal_and_transaction_are_those_of_the_official_client)
{
    bed *b = bed_start(NULL);
    base_auto(arena) base_arena *arena = base_arena_new(0);
    base_buffer bytes = offline("proposal_bytes"), tx_bytes = offline("tx_bytes");
    base_buffer asked = bed_golden("112_gateway.Gateway.Endorse.req0");
    base_buffer answer = bed_golden("112_gateway.Gateway.Endorse.res0");
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    heddle_bytes out = {0};
    uint8_t digest[HEDDLE_DIGEST_MAX];
    size_t digest_len = 0;
    heddle_error err = {0};
    ck_assert_int_eq(
        heddle_proposal_from_bytes(b->gateway, NULL, base_buffer_view(&bytes), &proposal, &err),
        HEDDLE_OK);
    ck_assert_int_eq(heddle_proposal_bytes(proposal, &out, NULL), HEDDLE_OK);
    check_bytes(&out, base_buffer_view(&bytes));
    heddle_bytes_done(&out);
    ck_assert_int_eq(heddle_proposal_digest(proposal, digest, &digest_len, NULL), HEDDLE_OK);
    check_digest(digest, digest_len, "digest");
    ck_assert_int_eq(heddle_proposal_endorse(proposal, NULL, &transaction, &err),
                     HEDDLE_E_BAD_STATE);
    ck_assert_int_eq(heddle_proposal_set_signature(
                         proposal, signature_of(base_buffer_view(&asked), arena), NULL),
                     HEDDLE_OK);
    b->answers[BED_ENDORSE].response = base_buffer_view(&answer);
    ck_assert_msg(heddle_proposal_endorse(proposal, NULL, &transaction, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert(base_view_equal(bed_asked(b, BED_ENDORSE), base_buffer_view(&asked)));
    ck_assert_int_eq(heddle_transaction_bytes(transaction, &out, NULL), HEDDLE_OK);
    check_bytes(&out, base_buffer_view(&tx_bytes));
    heddle_bytes_done(&out);
    ck_assert_int_eq(heddle_transaction_digest(transaction, digest, &digest_len, NULL), HEDDLE_OK);
    check_digest(digest, digest_len, "tx_digest");
    heddle_proposal_free(proposal);
    heddle_transaction_free(transaction);
    base_buffer_done(&bytes);
    base_buffer_done(&tx_bytes);
    base_buffer_done(&asked);
    base_buffer_done(&answer);
    bed_stop(b);
}
END_TEST

START_TEST(evaluate_request_is_that_of_the_official_client)
{
    bed *b = bed_start(NULL);
    base_auto(arena) base_arena *arena = base_arena_new(0);
    base_buffer asked = bed_golden("015_gateway.Gateway.Evaluate.req0");
    base_buffer answer = bed_golden("015_gateway.Gateway.Evaluate.res0");
    base_auto_buffer base_buffer bytes = {0};
    wire_gateway_request read = {0};
    heddle_proposal *proposal = NULL;
    heddle_bytes result = {0};
    ck_assert_int_eq(
        wire_shape_read(&wire_gateway_request_shape, base_buffer_view(&asked), arena, &read, NULL),
        HEDDLE_OK);
    wire_gateway_transaction kept = {.tx_id = read.tx_id, .content = read.content};
    ck_assert_int_eq(wire_shape_write(&wire_gateway_transaction_shape, &kept, &bytes), HEDDLE_OK);
    ck_assert_int_eq(
        heddle_proposal_from_bytes(b->gateway, NULL, base_buffer_view(&bytes), &proposal, NULL),
        HEDDLE_OK);
    b->answers[BED_EVALUATE].response = base_buffer_view(&answer);
    ck_assert_int_eq(heddle_proposal_evaluate(proposal, NULL, &result, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(bed_asked(b, BED_EVALUATE), base_buffer_view(&asked)));
    ck_assert_str_eq((char *)result.data, "{\"AppraisedValue\":\"901\",\"Color\":\"puce\",\"ID\":"
                                          "\"asset7\",\"Owner\":\"Yuki\",\"Size\":\"8\"}");
    heddle_bytes_done(&result);
    heddle_proposal_free(proposal);
    base_buffer_done(&asked);
    base_buffer_done(&answer);
    bed_stop(b);
}
END_TEST

START_TEST(commit_request_is_that_of_the_official_client)
{
    bed *b = bed_start(NULL);
    base_buffer asked = bed_golden("005_gateway.Gateway.CommitStatus.req0");
    base_buffer answer = bed_golden("005_gateway.Gateway.CommitStatus.res0");
    wire_signed_message recorded = {0};
    wire_commit_request inner = {0};
    wire_identity who;
    char tx_id[65] = {0}, mspid[32] = {0};
    ck_assert_int_eq(wire_shape_read(&wire_signed_message_shape, base_buffer_view(&asked), NULL,
                                     &recorded, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(
        wire_shape_read(&wire_commit_request_shape, recorded.bytes, NULL, &inner, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_identity_read(inner.identity, &who, NULL), HEDDLE_OK);
    memcpy(tx_id, inner.tx_id.data, 64);
    memcpy(mspid, who.mspid.data, who.mspid.len);
    heddle_identity *signer = NULL;
    heddle_commit *commit = NULL, *again = NULL;
    heddle_commit_status status = {0};
    heddle_bytes bytes = {0};
    ck_assert_int_eq(heddle_identity_with_signer(mspid, who.cert, NULL, NULL, NULL, &signer, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_commit_new(b->gateway, signer, "mychannel", tx_id, &commit, NULL),
                     HEDDLE_OK);
    ck_assert(base_view_equal(heddle_commit_message(commit), recorded.bytes));
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_E_BAD_STATE);
    ck_assert_int_eq(heddle_commit_set_signature(commit, recorded.signature, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_commit_bytes(commit, &bytes, NULL), HEDDLE_OK);
    check_bytes(&bytes, base_buffer_view(&asked));
    ck_assert_int_eq(heddle_commit_from_bytes(b->gateway, NULL,
                                              heddle_view_of(bytes.data, bytes.len), &again, NULL),
                     HEDDLE_OK);
    b->answers[BED_COMMIT_STATUS].response = base_buffer_view(&answer);
    ck_assert_int_eq(heddle_commit_wait(again, NULL, &status, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(bed_asked(b, BED_COMMIT_STATUS), base_buffer_view(&asked)));
    ck_assert_int_eq(status.validation_code, 0);
    ck_assert_uint_eq(status.block_number, 10);
    ck_assert_str_eq(status.tx_id, tx_id);
    heddle_bytes_done(&bytes);
    heddle_commit_free(commit);
    heddle_commit_free(again);
    heddle_identity_unref(signer);
    base_buffer_done(&asked);
    base_buffer_done(&answer);
    bed_stop(b);
}
END_TEST

static heddle_identity *without_key(void)
{
    heddle_identity *user = bed_user(), *signer = NULL;
    ck_assert_int_eq(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(user), NULL,
                                                 NULL, NULL, &signer, NULL),
                     HEDDLE_OK);
    heddle_identity_unref(user);
    return signer;
}

/* Sign what needs a signature as somebody does who has the key elsewhere. */
#define SIGN(noun, object)                                                                         \
    do {                                                                                           \
        uint8_t digest_[HEDDLE_DIGEST_MAX], signature_[HEDDLE_SIGNATURE_MAX];                      \
        size_t digest_len_ = 0, len_ = 0;                                                          \
        ck_assert_int_eq(heddle_##noun##_digest(object, digest_, &digest_len_, NULL), HEDDLE_OK);  \
        ck_assert_int_eq(heddle_identity_sign(user, heddle_view_of(digest_, digest_len_),          \
                                              signature_, &len_, NULL),                            \
                         HEDDLE_OK);                                                               \
        ck_assert_int_eq(                                                                          \
            heddle_##noun##_set_signature(object, heddle_view_of(signature_, len_), NULL),         \
            HEDDLE_OK);                                                                            \
    } while (0)

START_TEST(whole_transaction_signed_elsewhere)
{
    bed *b = bed_start(NULL);
    heddle_identity *user = bed_user(), *absent = without_key();
    heddle_contract *contract = NULL;
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL, *carried = NULL;
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    heddle_bytes bytes = {0};
    const heddle_request request = {.size = sizeof(request), .function = "Put"};
    ck_assert_int_eq(heddle_contract_new(b->gateway, absent, "mychannel", "basic", &contract, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_submit(contract, &request, NULL, NULL, NULL), HEDDLE_E_BAD_STATE);
    ck_assert_int_eq(heddle_proposal_new(contract, &request, &proposal, NULL), HEDDLE_OK);
    SIGN(proposal, proposal);
    ck_assert_int_eq(heddle_proposal_endorse(proposal, NULL, &transaction, NULL), HEDDLE_OK);
    SIGN(transaction, transaction);
    ck_assert_int_eq(heddle_transaction_bytes(transaction, &bytes, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_transaction_from_bytes(
                         b->gateway, NULL, heddle_view_of(bytes.data, bytes.len), &carried, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_transaction_submit(carried, NULL, &commit, NULL), HEDDLE_OK);
    SIGN(commit, commit);
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_OK);
    ck_assert_str_eq(status.tx_id, heddle_proposal_tx_id(proposal));
    heddle_bytes_done(&bytes);
    heddle_proposal_free(proposal);
    heddle_transaction_free(transaction);
    heddle_transaction_free(carried);
    heddle_commit_free(commit);
    heddle_contract_unref(contract);
    heddle_identity_unref(user);
    heddle_identity_unref(absent);
    bed_stop(b);
}
END_TEST

START_TEST(signature_of_another_kind_is_refused)
{
    bed *b = bed_start(NULL);
    base_buffer bytes = offline("proposal_bytes");
    heddle_proposal *proposal = NULL;
    uint8_t junk[HEDDLE_SIGNATURE_MAX + 1] = {0x30};
    ck_assert_int_eq(
        heddle_proposal_from_bytes(b->gateway, NULL, base_buffer_view(&bytes), &proposal, NULL),
        HEDDLE_OK);
    const size_t lengths[] = {0, 64, HEDDLE_SIGNATURE_MAX, sizeof(junk)};
    for (size_t i = 0; i < BASE_COUNT(lengths); i++)
        ck_assert_int_eq(
            heddle_proposal_set_signature(proposal, heddle_view_of(junk, lengths[i]), NULL),
            HEDDLE_E_BAD_ARGUMENT);
    heddle_proposal_free(proposal);
    base_buffer_done(&bytes);
    bed_stop(b);
}
END_TEST

START_TEST(bytes_that_are_none_are_refused)
{
    bed *b = bed_start(NULL);
    base_buffer bytes = offline("proposal_bytes"), tx = offline("tx_bytes");
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    heddle_commit *commit = NULL;
    heddle_error err = {0};
    for (size_t cut = 0; cut < bytes.len; cut += 5)
        ck_assert_int_eq(heddle_proposal_from_bytes(
                             b->gateway, NULL, heddle_view_of(bytes.data, cut), &proposal, &err),
                         HEDDLE_E_DECODE);
    for (size_t cut = 0; cut < tx.len; cut += 41)
        ck_assert_int_eq(heddle_transaction_from_bytes(
                             b->gateway, NULL, heddle_view_of(tx.data, cut), &transaction, &err),
                         HEDDLE_E_DECODE);
    ck_assert_int_eq(heddle_commit_from_bytes(b->gateway, NULL, VIEW(""), &commit, &err),
                     HEDDLE_E_DECODE);
    base_buffer_done(&bytes);
    base_buffer_done(&tx);
    bed_stop(b);
}
END_TEST

static void check_asks_as(bed *b, const heddle_identity *identity)
{
    wire_signed_message asked = {0};
    wire_commit_request request = {0};
    ck_assert_int_eq(wire_shape_read(&wire_signed_message_shape, bed_asked(b, BED_COMMIT_STATUS),
                                     NULL, &asked, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(wire_shape_read(&wire_commit_request_shape, asked.bytes, NULL, &request, NULL),
                     HEDDLE_OK);
    ck_assert(base_view_equal(request.identity, client_identity_creator(identity)));
}

START_TEST(who_carries_a_transaction_asks_for_its_status_as_himself)
{
    bed *b = bed_start(NULL);
    heddle_identity *admin = NULL;
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL, *carried = NULL;
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    heddle_bytes bytes = {0};
    const heddle_request request = {.size = sizeof(request), .function = "Put"};
    ck_assert_int_eq(heddle_identity_from_msp("Org1MSP", ADMIN_MSP, &admin, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_proposal_new(b->contract, &request, &proposal, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_proposal_endorse(proposal, NULL, &transaction, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_transaction_submit(transaction, NULL, &commit, NULL), HEDDLE_OK);
    heddle_commit_free(commit);
    ck_assert_int_eq(heddle_transaction_bytes(transaction, &bytes, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_transaction_from_bytes(
                         b->gateway, admin, heddle_view_of(bytes.data, bytes.len), &carried, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_transaction_submit(carried, NULL, &commit, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_OK);
    check_asks_as(b, admin);
    heddle_bytes_done(&bytes);
    heddle_proposal_free(proposal);
    heddle_transaction_free(transaction);
    heddle_transaction_free(carried);
    heddle_commit_free(commit);
    heddle_identity_unref(admin);
    bed_stop(b);
}
END_TEST

SUITE_MAIN("client/offline",
           SUITE_CASE("golden", proposal_and_transaction_are_those_of_the_official_client,
                      evaluate_request_is_that_of_the_official_client,
                      commit_request_is_that_of_the_official_client),
           SUITE_CASE("signing", whole_transaction_signed_elsewhere,
                      who_carries_a_transaction_asks_for_its_status_as_himself,
                      signature_of_another_kind_is_refused, bytes_that_are_none_are_refused))
