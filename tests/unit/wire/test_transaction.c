/* Proposals and transactions, byte for byte those of the official client and of peers. */
#include "wire/transaction.h"

#include <jansson.h>

#include "base/text.h"
#include "common/common.pb-c.h"
#include "crypto/digest.h"
#include "gateway/gateway.pb-c.h"
#include "peer/transaction.pb-c.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/codec.h"
#include "wire/reader.h"

enum { MAX_ENDORSEMENTS = 8 };

/* One recorded Endorse: what was asked and the prepared transaction that came. */
typedef struct golden {
    base_buffer request;
    base_buffer response;
    base_arena *arena;
    wire_proposal proposal;
    heddle_view payload; /* of the prepared transaction */
} golden;

static const char *const endorsed[] = {
    "golden-grpc/003_gateway.Gateway.Endorse", /* arguments in UTF-8 */
    "golden-grpc/027_gateway.Gateway.Endorse", /* a chaincode event */
    "golden-grpc/034_gateway.Gateway.Endorse", /* a transient map */
    "golden-grpc/053_gateway.Gateway.Endorse", /* one endorsement */
    "golden-grpc/112_gateway.Gateway.Endorse", /* signed offline */
};

static void golden_open(golden *g, const char *base)
{
    char path[128];
    heddle_error err = {0};
    g->arena = base_arena_new(0);
    snprintf(path, sizeof(path), "%s.req0.pb", base);
    g->request = fixture_read(path);
    snprintf(path, sizeof(path), "%s.res0.pb", base);
    g->response = fixture_read(path);

    Gateway__EndorseRequest *request;
    ck_assert_int_eq(wire_decode(gateway__endorse_request, base_buffer_view(&g->request), g->arena,
                                 &request, &err),
                     HEDDLE_OK);
    heddle_view bytes = wire_view(request->proposed_transaction->proposal_bytes);
    ck_assert_msg(wire_proposal_read(bytes, g->arena, &g->proposal, &err) == HEDDLE_OK, "%s",
                  err.message);

    Gateway__EndorseResponse *response;
    ck_assert_int_eq(wire_decode(gateway__endorse_response, base_buffer_view(&g->response),
                                 g->arena, &response, &err),
                     HEDDLE_OK);
    g->payload = wire_view(response->prepared_transaction->payload);
}

static void golden_close(golden *g)
{
    base_buffer_done(&g->request);
    base_buffer_done(&g->response);
    base_arena_free(g->arena);
}

static Protos__ChaincodeEndorsedAction *action_of(golden *g)
{
    Common__Payload *payload;
    Protos__Transaction *transaction;
    Protos__ChaincodeActionPayload *action;
    ck_assert_int_eq(wire_decode(common__payload, g->payload, g->arena, &payload, NULL), HEDDLE_OK);
    ck_assert_int_eq(
        wire_decode(protos__transaction, wire_view(payload->data), g->arena, &transaction, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(wire_decode(protos__chaincode_action_payload,
                                 wire_view(transaction->actions[0]->payload), g->arena, &action,
                                 NULL),
                     HEDDLE_OK);
    return action->action;
}

/* The responses of peers that must have led to the recorded transaction. */
static size_t responses_of(golden *g, wire_proposal_response *out)
{
    Protos__ChaincodeEndorsedAction *action = action_of(g);
    ck_assert_uint_le(action->n_endorsements, MAX_ENDORSEMENTS);
    for (size_t i = 0; i < action->n_endorsements; i++)
        out[i] = (wire_proposal_response){
            .status = 200,
            .payload = wire_view(action->proposal_response_payload),
            .has_endorsement = true,
            .endorser = wire_view(action->endorsements[i]->endorser),
            .signature = wire_view(action->endorsements[i]->signature),
        };
    return action->n_endorsements;
}

static void same_bytes(heddle_view got, heddle_view want)
{
    ck_assert_uint_eq(got.len, want.len);
    ck_assert_mem_eq(got.data, want.data, want.len);
}

START_TEST(a_proposal_is_written_as_the_official_client_does)
{
    golden g;
    golden_open(&g, endorsed[_i]);
    const wire_proposal *read = &g.proposal;
    wire_proposal_draft draft = {
        .channel = read->header.channel,
        .chaincode = read->chaincode,
        .creator = read->header.creator,
        .nonce = read->header.nonce,
        .time = read->header.time,
        .args = read->args,
        .arg_count = read->arg_count,
        .transient = read->transient,
        .transient_count = read->transient_count,
        .tls_cert_hash = read->header.tls_cert_hash,
    };
    heddle_view bytes;
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_error err;
    ck_assert_int_eq(wire_proposal_write(&draft, g.arena, &bytes, tx_id, &err), HEDDLE_OK);
    same_bytes(bytes, read->bytes);
    ck_assert(base_view_is(read->header.tx_id, tx_id));
    golden_close(&g);
}
END_TEST

START_TEST(a_genuine_proposal_passes_the_check)
{
    golden g;
    golden_open(&g, endorsed[_i]);
    heddle_error err = {0};
    ck_assert_msg(wire_proposal_check(&g.proposal, &err) == HEDDLE_OK, "%s", err.message);
    golden_close(&g);
}
END_TEST

START_TEST(a_transaction_is_assembled_as_a_gateway_does)
{
    golden g;
    golden_open(&g, endorsed[_i]);
    wire_proposal_response responses[MAX_ENDORSEMENTS];
    size_t count = responses_of(&g, responses);
    heddle_view payload;
    heddle_error err;
    ck_assert_int_eq(wire_transaction_write(&g.proposal, responses, count, g.arena, &payload, &err),
                     HEDDLE_OK);
    same_bytes(payload, g.payload);

    heddle_view envelope;
    ck_assert_int_eq(wire_envelope_write(payload, (heddle_view){NULL, 0}, g.arena, &envelope, &err),
                     HEDDLE_OK);
    heddle_view recorded;
    ck_assert(wire_field_find(base_buffer_view(&g.response), 1, &recorded));
    same_bytes(envelope, recorded);
    golden_close(&g);
}
END_TEST

START_TEST(what_was_endorsed_is_read_and_written_again)
{
    golden g;
    golden_open(&g, endorsed[_i]);
    wire_proposal_response responses[MAX_ENDORSEMENTS];
    responses_of(&g, responses);
    wire_endorsed said;
    heddle_error err;
    ck_assert_int_eq(wire_endorsed_read(responses[0].payload, &said, &err), HEDDLE_OK);
    ck_assert_int_eq(said.status, 200);

    uint8_t hash[CRYPTO_SHA256_LEN];
    ck_assert_int_eq(wire_proposal_hash(&g.proposal, g.arena, hash, &err), HEDDLE_OK);
    same_bytes(heddle_view_of(hash, sizeof(hash)), said.proposal_hash);

    heddle_view again;
    ck_assert_int_eq(wire_endorsed_write(&said, g.arena, &again, &err), HEDDLE_OK);
    same_bytes(again, responses[0].payload);
    golden_close(&g);
}
END_TEST

START_TEST(a_prepared_transaction_tells_its_call)
{
    golden g;
    golden_open(&g, endorsed[0]);
    wire_prepared prepared;
    heddle_error err;
    ck_assert_int_eq(wire_prepared_read(g.payload, &prepared, &err), HEDDLE_OK);
    ck_assert(base_view_is(prepared.chaincode, "basic"));
    ck_assert(base_view_is(prepared.header.channel, "mychannel"));
    ck_assert(base_view_equal(prepared.header.tx_id, g.proposal.header.tx_id));
    ck_assert(base_view_starts(prepared.endorsed.result, VIEW("{\"ID\":\"asset7\"")));
    golden_close(&g);
}
END_TEST

START_TEST(the_transient_map_stays_out_of_the_transaction)
{
    golden g;
    golden_open(&g, endorsed[2]);
    ck_assert_uint_eq(g.proposal.transient_count, 1);
    heddle_view secret = g.proposal.transient[0].value;
    ck_assert_ptr_nonnull(
        memmem(g.proposal.payload.data, g.proposal.payload.len, secret.data, secret.len));
    ck_assert_ptr_null(memmem(g.payload.data, g.payload.len, secret.data, secret.len));
    golden_close(&g);
}
END_TEST

START_TEST(an_endorser_counts_once)
{
    golden g;
    golden_open(&g, endorsed[0]);
    wire_proposal_response responses[MAX_ENDORSEMENTS + 1];
    size_t count = responses_of(&g, responses);
    responses[count] = responses[0];
    responses[count].signature = VIEW("another");
    heddle_view payload;
    ck_assert_int_eq(
        wire_transaction_write(&g.proposal, responses, count + 1, g.arena, &payload, NULL),
        HEDDLE_OK);
    same_bytes(payload, g.payload);
    golden_close(&g);
}
END_TEST

START_TEST(what_is_no_agreement_is_refused)
{
    golden g;
    golden_open(&g, endorsed[0]);
    wire_proposal_response responses[MAX_ENDORSEMENTS];
    size_t count = responses_of(&g, responses);
    ck_assert_uint_ge(count, 2);
    heddle_view payload = VIEW("untouched");
    heddle_error err;

    wire_proposal_response saved = responses[1];
    responses[1].payload.len--;
    ck_assert_int_eq(wire_transaction_write(&g.proposal, responses, count, g.arena, &payload, &err),
                     HEDDLE_E_REFUSED);
    ck_assert_str_eq(err.message, "ProposalResponsePayloads do not match");
    responses[1] = saved;
    responses[1].status = 500;
    ck_assert_int_eq(wire_transaction_write(&g.proposal, responses, count, g.arena, &payload, &err),
                     HEDDLE_E_REFUSED);
    responses[0].has_endorsement = false;
    ck_assert_int_eq(wire_transaction_write(&g.proposal, responses, 1, g.arena, &payload, &err),
                     HEDDLE_E_REFUSED);
    ck_assert_str_eq(err.message, "no endorsements");
    ck_assert_int_eq(wire_transaction_write(&g.proposal, responses, 0, g.arena, &payload, &err),
                     HEDDLE_E_REFUSED);
    ck_assert(base_view_is(payload, "untouched"));
    golden_close(&g);
}
END_TEST

/* Two peers answered the same proposal: equal payloads, endorsements of their own. */
START_TEST(responses_of_real_peers_are_read)
{
    static const char *const paths[] = {
        "golden-grpc/113_protos.Endorser.ProcessProposal.res0.pb",
        "golden-grpc/114_protos.Endorser.ProcessProposal.res0.pb",
    };
    base_buffer bytes[2];
    wire_proposal_response responses[2];
    heddle_error err;
    for (size_t i = 0; i < 2; i++) {
        bytes[i] = fixture_read(paths[i]);
        ck_assert_int_eq(
            wire_proposal_response_read(base_buffer_view(&bytes[i]), &responses[i], &err),
            HEDDLE_OK);
        ck_assert(responses[i].has_response && responses[i].has_endorsement);
        ck_assert_int_eq(responses[i].status, 200);
    }
    ck_assert(base_view_equal(responses[0].payload, responses[1].payload));
    ck_assert(!base_view_equal(responses[0].endorser, responses[1].endorser));
    base_buffer_done(&bytes[0]);
    base_buffer_done(&bytes[1]);
}
END_TEST

START_TEST(offline_digests_are_those_of_the_official_client)
{
    golden g;
    golden_open(&g, "golden-grpc/112_gateway.Gateway.Endorse");
    base_buffer text = fixture_read("golden-grpc/offline.json");
    json_t *json = json_loadb((const char *)text.data, text.len, 0, NULL);
    struct {
        const char *key;
        heddle_view bytes;
    } signed_bytes[] = {{"digest", g.proposal.bytes}, {"tx_digest", g.payload}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t digest[CRYPTO_SHA256_LEN];
        char hex[2 * CRYPTO_SHA256_LEN + 1];
        ck_assert_int_eq(crypto_sha256(signed_bytes[i].bytes, digest), HEDDLE_OK);
        base_hex(heddle_view_of(digest, sizeof(digest)), hex);
        ck_assert_str_eq(hex, json_string_value(json_object_get(json, signed_bytes[i].key)));
    }
    ck_assert(
        base_view_is(g.proposal.header.tx_id, json_string_value(json_object_get(json, "txid"))));
    json_decref(json);
    base_buffer_done(&text);
    golden_close(&g);
}
END_TEST

static void refused(wire_proposal proposal, const char *message)
{
    heddle_error err;
    ck_assert_int_eq(wire_proposal_check(&proposal, &err), HEDDLE_E_REFUSED);
    ck_assert_msg(strncmp(err.message, message, strlen(message)) == 0, "%s", err.message);
}

START_TEST(a_bad_header_is_refused_in_the_words_of_a_peer)
{
    golden g;
    golden_open(&g, endorsed[0]);
    wire_proposal proposal = g.proposal;
    proposal.header.type = COMMON__HEADER_TYPE__DELIVER_SEEK_INFO;
    refused(proposal, "invalid header type DELIVER_SEEK_INFO");
    proposal = g.proposal;
    proposal.header.epoch = 1;
    refused(proposal, "epoch is non-zero");
    proposal = g.proposal;
    proposal.header.nonce.len = 0;
    refused(proposal, "nonce is empty");
    proposal = g.proposal;
    proposal.header.creator.len = 0;
    refused(proposal, "creator is empty");
    proposal = g.proposal;
    proposal.header.nonce.len--;
    refused(proposal, "incorrectly computed txid '");
    golden_close(&g);
}
END_TEST

START_TEST(no_prefix_of_a_proposal_is_read_as_it)
{
    golden g;
    golden_open(&g, endorsed[0]);
    wire_proposal proposal;
    for (size_t len = 0; len < g.proposal.bytes.len; len++) {
        heddle_view cut = heddle_view_of(g.proposal.bytes.data, len);
        ck_assert_int_ne(wire_proposal_read(cut, g.arena, &proposal, NULL), HEDDLE_OK);
    }
    golden_close(&g);
}
END_TEST

static TCase *golden_case(void)
{
    TCase *tcase = tcase_create("golden");
    int count = BASE_COUNT(endorsed);
    tcase_add_loop_test(tcase, a_proposal_is_written_as_the_official_client_does, 0, count);
    tcase_add_loop_test(tcase, a_genuine_proposal_passes_the_check, 0, count);
    tcase_add_loop_test(tcase, a_transaction_is_assembled_as_a_gateway_does, 0, count);
    tcase_add_loop_test(tcase, what_was_endorsed_is_read_and_written_again, 0, count);
    return tcase;
}

SUITE_MAIN("wire/transaction", golden_case(),
           SUITE_CASE("read", a_prepared_transaction_tells_its_call,
                      responses_of_real_peers_are_read, no_prefix_of_a_proposal_is_read_as_it,
                      offline_digests_are_those_of_the_official_client),
           SUITE_CASE("rules", the_transient_map_stays_out_of_the_transaction,
                      an_endorser_counts_once, what_is_no_agreement_is_refused,
                      a_bad_header_is_refused_in_the_words_of_a_peer))
