/* Blocks of a real network, decoded here and by configtxlator. */
#include "wire/block.h"

#include <stdio.h>
#include <stdlib.h>

#include "golden_json.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/block_hash.h"

enum { GOLDEN_BLOCKS = 40 };

typedef struct golden {
    base_buffer bytes;
    base_arena *arena;
    wire_block block;
} golden;

static void golden_open(golden *g, int number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", number);
    g->bytes = fixture_read(path);
    g->arena = base_arena_new(0);
    heddle_error err = {0};
    ck_assert_msg(wire_block_read(base_buffer_view(&g->bytes), g->arena, &g->block, &err) ==
                      HEDDLE_OK,
                  "%s", err.message);
}

static void golden_close(golden *g)
{
    base_buffer_done(&g->bytes);
    base_arena_free(g->arena);
}

static json_t *golden_json(int number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.json", number);
    base_buffer text = fixture_read(path);
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(json);
    base_buffer_done(&text);
    return json;
}

static wire_tx read_tx(golden *g, size_t index)
{
    wire_tx tx;
    heddle_error err;
    ck_assert_int_eq(wire_tx_read(g->block.envelopes[index], g->arena, &tx, &err), HEDDLE_OK);
    return tx;
}

static void check_version(const json_t *want, bool has, wire_version got)
{
    ck_assert_int_eq(json_is_object(want), has);
    check_u64(json_at(want, "block_num", NULL), got.block);
    check_u64(json_at(want, "tx_num", NULL), got.tx);
}

static void check_reads(const json_t *want, const wire_read *reads, size_t count)
{
    ck_assert_uint_eq(json_array_size(want), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *read = json_array_get(want, i);
        check_text(json_at(read, "key", NULL), reads[i].key);
        check_version(json_at(read, "version", NULL), reads[i].has_version, reads[i].version);
    }
}

static void check_range_queries(const json_t *want, const wire_kv_rwset *kv)
{
    ck_assert_uint_eq(json_array_size(want), kv->range_query_count);
    for (size_t i = 0; i < kv->range_query_count; i++) {
        const json_t *query = json_array_get(want, i);
        const wire_range_query *got = &kv->range_queries[i];
        check_text(json_at(query, "start_key", NULL), got->start_key);
        check_text(json_at(query, "end_key", NULL), got->end_key);
        ck_assert_int_eq(json_is_true(json_at(query, "itr_exhausted", NULL)), got->exhausted);
        ck_assert_int_eq(json_is_object(json_at(query, "raw_reads", NULL)), got->has_raw);
        check_reads(json_at(query, "raw_reads", "kv_reads", NULL), got->raw.reads,
                    got->raw.read_count);
    }
}

static void check_writes(const json_t *want, const wire_kv_rwset *kv)
{
    ck_assert_uint_eq(json_array_size(want), kv->write_count);
    for (size_t i = 0; i < kv->write_count; i++) {
        const json_t *write = json_array_get(want, i);
        check_text(json_at(write, "key", NULL), kv->writes[i].key);
        ck_assert_int_eq(json_is_true(json_at(write, "is_delete", NULL)), kv->writes[i].is_delete);
        check_base64(json_at(write, "value", NULL), kv->writes[i].value);
    }
}

static void check_metadata_writes(const json_t *want, const wire_kv_rwset *kv)
{
    ck_assert_uint_eq(json_array_size(want), kv->metadata_write_count);
    for (size_t i = 0; i < kv->metadata_write_count; i++) {
        const json_t *write = json_array_get(want, i);
        const wire_metadata_write *got = &kv->metadata_writes[i];
        check_text(json_at(write, "key", NULL), got->key);
        const json_t *entries = json_at(write, "entries", NULL);
        ck_assert_uint_eq(json_array_size(entries), got->entry_count);
        for (size_t n = 0; n < got->entry_count; n++) {
            check_text(json_at(json_array_get(entries, n), "name", NULL), got->entries[n].name);
            check_base64(json_at(json_array_get(entries, n), "value", NULL), got->entries[n].value);
        }
    }
}

static void check_collection(const json_t *want, const wire_collection_rwset *got)
{
    check_text(json_at(want, "collection_name", NULL), got->name);
    check_base64(json_at(want, "pvt_rwset_hash", NULL), got->pvt_rwset_hash);
    /* configtxlator leaves these bytes as they are */
    base_auto_buffer base_buffer again = {0};
    ck_assert_int_eq(wire_hashed_rwset_write(&got->hashed, &again), HEDDLE_OK);
    check_base64(json_at(want, "hashed_rwset", NULL), base_buffer_view(&again));
    for (size_t i = 0; i < got->hashed.write_count; i++)
        ck_assert_uint_eq(got->hashed.writes[i].key_hash.len, 32);
}

static void check_rwset(const json_t *want, const wire_rwset *got)
{
    ck_assert_uint_eq(json_array_size(want), got->namespace_count);
    for (size_t i = 0; i < got->namespace_count; i++) {
        const json_t *ns = json_array_get(want, i);
        const wire_ns_rwset *set = &got->namespaces[i];
        check_text(json_at(ns, "namespace", NULL), set->name);
        check_reads(json_at(ns, "rwset", "reads", NULL), set->kv.reads, set->kv.read_count);
        check_range_queries(json_at(ns, "rwset", "range_queries_info", NULL), &set->kv);
        check_writes(json_at(ns, "rwset", "writes", NULL), &set->kv);
        check_metadata_writes(json_at(ns, "rwset", "metadata_writes", NULL), &set->kv);
        const json_t *collections = json_at(ns, "collection_hashed_rwset", NULL);
        ck_assert_uint_eq(json_array_size(collections), set->collection_count);
        for (size_t n = 0; n < set->collection_count; n++)
            check_collection(json_array_get(collections, n), &set->collections[n]);
    }
}

static void check_endorsements(const json_t *want, const wire_action *got)
{
    ck_assert_uint_eq(json_array_size(want), got->endorsement_count);
    for (size_t i = 0; i < got->endorsement_count; i++) {
        const json_t *one = json_array_get(want, i);
        check_base64(json_at(one, "endorser", NULL), got->endorsements[i].endorser.bytes);
        check_base64(json_at(one, "signature", NULL), got->endorsements[i].signature);
        ck_assert(base_view_starts(got->endorsements[i].endorser.cert, VIEW("-----BEGIN")));
        ck_assert(base_view_starts(got->endorsements[i].endorser.mspid, VIEW("Org")));
    }
}

static void check_action(const json_t *want, const wire_tx *tx)
{
    const wire_action *got = &tx->action;
    ck_assert_uint_eq(json_array_size(want), tx->action_count);
    const json_t *payload = json_at(json_array_get(want, 0), "payload", NULL);
    const json_t *spec =
        json_at(payload, "chaincode_proposal_payload", "input", "chaincode_spec", NULL);
    check_text(json_at(spec, "chaincode_id", "name", NULL), got->invocation.chaincode.name);
    const json_t *args = json_at(spec, "input", "args", NULL);
    ck_assert_uint_eq(json_array_size(args), got->invocation.arg_count);
    for (size_t i = 0; i < got->invocation.arg_count; i++)
        check_base64(json_array_get(args, i), got->invocation.args[i]);
    check_endorsements(json_at(payload, "action", "endorsements", NULL), got);
    const json_t *response = json_at(payload, "action", "proposal_response_payload", NULL);
    check_base64(json_at(response, "proposal_hash", NULL), got->proposal_hash);
    const json_t *result = json_at(response, "extension", NULL);
    check_text(json_at(result, "chaincode_id", "name", NULL), got->result.chaincode.name);
    check_text(json_at(result, "chaincode_id", "version", NULL), got->result.chaincode.version);
    check_u64(json_at(result, "response", "status", NULL), (uint64_t)got->result.response.status);
    check_base64(json_at(result, "response", "payload", NULL), got->result.response.payload);
    check_text(json_at(result, "events", "event_name", NULL), got->result.event.name);
    check_base64(json_at(result, "events", "payload", NULL), got->result.event.payload);
    check_rwset(json_at(result, "results", "ns_rwset", NULL), &got->result.results);
}

static void check_tx(const json_t *want, const wire_tx *tx)
{
    ck_assert_msg(!tx->problem, "%s", tx->problem);
    const json_t *header = json_at(want, "payload", "header", "channel_header", NULL);
    check_u64(json_at(header, "type", NULL), (uint64_t)tx->type);
    check_text(json_at(header, "channel_id", NULL), tx->channel);
    check_text(json_at(header, "tx_id", NULL), tx->tx_id);
    ck_assert(tx->has_timestamp && tx->timestamp.seconds > 1700000000);
    const json_t *signer = json_at(want, "payload", "header", "signature_header", NULL);
    check_text(json_at(signer, "creator", "mspid", NULL), tx->creator.mspid);
    check_base64(json_at(signer, "creator", "id_bytes", NULL), tx->creator.cert);
    check_base64(json_at(signer, "nonce", NULL), tx->nonce);
    check_base64(json_at(want, "signature", NULL), tx->signature);
    if (tx->type == WIRE_TX_ENDORSER)
        check_action(json_at(want, "payload", "data", "actions", NULL), tx);
}

START_TEST(decodes_as_configtxlator_does)
{
    golden g;
    golden_open(&g, _i);
    json_t *json = golden_json(_i);
    ck_assert_uint_eq(g.block.number, (uint64_t)_i);
    check_base64(json_at(json, "header", "data_hash", NULL), g.block.data_hash);
    check_base64(json_at(json, "header", "previous_hash", NULL), g.block.previous_hash);
    const json_t *data = json_at(json, "data", "data", NULL);
    ck_assert_uint_eq(json_array_size(data), g.block.tx_count);
    for (size_t i = 0; i < g.block.tx_count; i++) {
        wire_tx tx = read_tx(&g, i);
        check_tx(json_array_get(data, i), &tx);
    }
    json_decref(json);
    golden_close(&g);
}
END_TEST

/* A line: number, count, then "type=3 txid code=0 …" for each, joined by "; ". */
static void check_summary_line(char *line)
{
    char *rest;
    golden g;
    golden_open(&g, (int)strtol(line, &rest, 10));
    ck_assert_uint_eq((size_t)strtol(rest, &rest, 10), g.block.tx_count);
    for (size_t i = 0; i < g.block.tx_count; i++) {
        wire_tx tx = read_tx(&g, i);
        char *type = strstr(rest, "type=");
        char *code = strstr(rest, "code=");
        ck_assert(type && code);
        ck_assert_int_eq(strtol(type + 5, &rest, 10), tx.type);
        heddle_view prefix = heddle_view_of(rest + 1, (size_t)(code - 1 - rest - 1));
        ck_assert(base_view_starts(tx.tx_id, prefix));
        ck_assert_int_eq(strtol(code + 5, &rest, 10), wire_block_code(&g.block, i));
    }
    golden_close(&g);
}

START_TEST(validation_codes_are_those_of_the_summary)
{
    base_buffer summary = fixture_read("golden-blocks/summary.txt");
    char *save = NULL;
    int lines = 0;
    for (char *line = strtok_r((char *)(uintptr_t)base_buffer_cstr(&summary), "\n", &save); line;
         line = strtok_r(NULL, "\n", &save), lines++)
        check_summary_line(line);
    ck_assert_int_eq(lines, GOLDEN_BLOCKS);
    base_buffer_done(&summary);
}
END_TEST

START_TEST(hashes_chain_from_the_first_block_to_the_last)
{
    uint8_t hash[32];
    for (int i = 0; i < GOLDEN_BLOCKS; i++) {
        golden g;
        heddle_error err = {0};
        golden_open(&g, i);
        ck_assert_msg(wire_block_check_data(&g.block, &err) == HEDDLE_OK, "%s", err.message);
        if (i)
            ck_assert_int_eq(
                wire_block_check_link(&g.block, (uint64_t)i - 1, heddle_view_of(hash, 32), &err),
                HEDDLE_OK);
        ck_assert_int_eq(wire_block_header_hash(&g.block, hash, &err), HEDDLE_OK);
        golden_close(&g);
    }
}
END_TEST

START_TEST(header_number_is_a_signed_der_integer)
{
    static const struct {
        uint64_t number;
        const char *der;
        size_t len;
    } cases[] = {
        {0, "\x30\x07\x02\x01\x00\x04\x00\x04\x00", 9},
        {127, "\x30\x07\x02\x01\x7f\x04\x00\x04\x00", 9},
        {128, "\x30\x08\x02\x02\x00\x80\x04\x00\x04\x00", 10},
        {UINT64_MAX, "\x30\x0f\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff\x04\x00\x04\x00", 17},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        base_auto_buffer base_buffer der = {0};
        heddle_view none = {NULL, 0};
        ck_assert_int_eq(wire_block_header_der(cases[i].number, none, none, &der), HEDDLE_OK);
        ck_assert(
            base_view_equal(base_buffer_view(&der), heddle_view_of(cases[i].der, cases[i].len)));
    }
}
END_TEST

START_TEST(metadata_names_the_last_config_block_and_the_signer)
{
    golden g;
    golden_open(&g, 39);
    ck_assert(g.block.has_last_config);
    ck_assert_uint_eq(g.block.last_config, 36);
    ck_assert_uint_eq(g.block.signature_count, 1);
    heddle_view creator;
    ck_assert(wire_field_find(g.block.signatures[0].header, 1, &creator));
    ck_assert_uint_eq(g.block.commit_hash.len, 32);
    heddle_view channel;
    ck_assert_int_eq(wire_block_channel(&g.block, g.arena, &channel, NULL), HEDDLE_OK);
    ck_assert(base_view_is(channel, "mychannel"));
    golden_close(&g);
}
END_TEST

START_TEST(changed_byte_of_a_transaction_breaks_the_data_hash)
{
    golden g;
    golden_open(&g, 14);
    size_t at = (size_t)(g.block.envelopes[0].data - g.bytes.data) + g.block.envelopes[0].len / 2;
    g.bytes.data[at] ^= 1;
    heddle_error err;
    ck_assert_int_eq(wire_block_check_data(&g.block, &err), HEDDLE_E_BROKEN_CHAIN);
    ck_assert_ptr_nonnull(strstr(err.message, "block 14"));
    golden_close(&g);
}
END_TEST

START_TEST(transactions_cut_elsewhere_break_the_data_hash)
{
    golden g;
    golden_open(&g, 31);
    g.block.envelopes[0].len -= 3;
    g.block.envelopes[1].data -= 3;
    g.block.envelopes[1].len += 3;
    heddle_error err;
    ck_assert_int_eq(wire_block_check_data(&g.block, &err), HEDDLE_E_BROKEN_CHAIN);
    golden_close(&g);
}
END_TEST

START_TEST(link_refuses_a_gap_and_another_hash)
{
    golden g;
    golden_open(&g, 20);
    heddle_error err;
    uint8_t zero[32] = {0};
    ck_assert_int_eq(wire_block_check_link(&g.block, 18, g.block.previous_hash, &err),
                     HEDDLE_E_BROKEN_CHAIN);
    ck_assert_int_eq(wire_block_check_link(&g.block, 19, heddle_view_of(zero, 32), &err),
                     HEDDLE_E_BROKEN_CHAIN);
    ck_assert_int_eq(wire_block_check_link(&g.block, 19, g.block.previous_hash, &err), HEDDLE_OK);
    golden_close(&g);
}
END_TEST

START_TEST(truncated_block_is_an_error_or_a_shorter_block_but_no_crash)
{
    golden g;
    golden_open(&g, 28);
    size_t refused = 0;
    for (size_t len = 0; len < g.bytes.len; len += 7) {
        wire_block block;
        uint8_t *copy = base_memdup(g.bytes.data, len);
        base_arena *arena = base_arena_new(0);
        heddle_error err;
        if (wire_block_read(heddle_view_of(copy, len), arena, &block, &err) != HEDDLE_OK) {
            ck_assert_int_eq(err.status, HEDDLE_E_DECODE);
            refused++;
        }
        base_arena_free(arena);
        base_free(copy);
    }
    ck_assert_uint_gt(refused, 100);
    golden_close(&g);
}
END_TEST

START_TEST(bytes_that_are_no_transaction_give_a_problem_and_no_failure)
{
    base_arena *arena = base_arena_new(0);
    wire_tx tx;
    ck_assert_int_eq(wire_tx_read(VIEW("\xff\xff garbage"), arena, &tx, NULL), HEDDLE_OK);
    ck_assert_ptr_nonnull(tx.problem);
    ck_assert_int_eq(wire_tx_read(VIEW(""), arena, &tx, NULL), HEDDLE_OK);
    ck_assert_ptr_nonnull(tx.problem);
    base_arena_free(arena);
}
END_TEST

START_TEST(arena_limit_stops_a_message_of_empty_elements)
{
    size_t len = 1 << 20;
    uint8_t *bytes = base_calloc(len, 1);
    for (size_t i = 0; i < len; i += 2)
        bytes[i] = 0x12; /* TxReadWriteSet.ns_rwset, empty */
    base_arena *arena = base_arena_new(1 << 20);
    wire_rwset rwset;
    heddle_error err;
    ck_assert_int_eq(wire_rwset_read(heddle_view_of(bytes, len), arena, &rwset, &err),
                     HEDDLE_E_TOO_LARGE);
    base_arena_free(arena);
    base_free(bytes);
}
END_TEST

START_TEST(block_without_filter_is_not_validated)
{
    wire_block block = {0};
    ck_assert_int_eq(wire_block_code(&block, 0), WIRE_CODE_NOT_VALIDATED);
    ck_assert_str_eq(wire_code_name(11), "MVCC_READ_CONFLICT");
    ck_assert_str_eq(wire_code_name(99), "UNKNOWN");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire/block");
    TCase *golden_case = tcase_create("golden");
    tcase_add_loop_test(golden_case, decodes_as_configtxlator_does, 0, GOLDEN_BLOCKS);
    suite_add_tcase(suite, golden_case);
    suite_add_tcase(suite, SUITE_CASE("chain", validation_codes_are_those_of_the_summary,
                                      hashes_chain_from_the_first_block_to_the_last,
                                      header_number_is_a_signed_der_integer,
                                      metadata_names_the_last_config_block_and_the_signer,
                                      changed_byte_of_a_transaction_breaks_the_data_hash,
                                      transactions_cut_elsewhere_break_the_data_hash,
                                      link_refuses_a_gap_and_another_hash));
    suite_add_tcase(suite, SUITE_CASE("hostile",
                                      truncated_block_is_an_error_or_a_shorter_block_but_no_crash,
                                      bytes_that_are_no_transaction_give_a_problem_and_no_failure,
                                      arena_limit_stops_a_message_of_empty_elements,
                                      block_without_filter_is_not_validated));
    return suite_run(suite);
}
