/* A chaincode's requests against the state and history of a recorded channel. */
#include <stdio.h>

#include "base/view.h"
#include "devnet/peer/request.h"
#include "ledger/queryresult/kv_query_result.pb-c.h"
#include "support/fixture.h"
#include "support/suite.h"

enum { GOLDEN_BLOCKS = 40 };

#define TYPE(name) PROTOS__CHAINCODE_MESSAGE__TYPE__##name

static char *dir;
static dn_blockstore *store;
static wire_bundle *bundle;
static dn_config_holder *config;
static dn_definitions *definitions;
static dn_ledger *ledger;
static base_arena *arena;
static dn_tx_context context;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static void commit(unsigned number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%u.pb", number);
    base_auto_buffer base_buffer block = fixture_read(path);
    if (!bundle) {
        check(wire_bundle_from_block(base_buffer_view(&block), &bundle, &err));
        check(dn_config_holder_new(bundle, 0, &config, &err));
        check(dn_definitions_bind(definitions, bundle, &err));
    }
    if (!ledger) {
        dn_ledger_options options = {.blocks = store, .config = config, .definitions = definitions};
        check(dn_ledger_new(&options, &ledger, &err));
    }
    check(dn_ledger_commit(ledger, base_buffer_view(&block), &err));
}

static void open_channel(void)
{
    static const dn_collection_config collections[] = {
        {.name = "collOrg1",
         .policy = "OR('Org1MSP.member')",
         .signature_policy = "OR('Org1MSP.member')"},
        {.name = "collShared", .policy = "OR('Org1MSP.member','Org2MSP.member')"}};
    static const dn_chaincode chaincodes[] = {
        {.name = "kv", .collections = collections, .collection_count = 2}, {.name = "basic"}};
    dir = fixture_dir_new();
    check(dn_blockstore_open(dir, &store, &err));
    check(dn_definitions_new(chaincodes, 2, &definitions, &err));
    for (unsigned n = 0; n < GOLDEN_BLOCKS; n++)
        commit(n);
}

static void close_channel(void)
{
    dn_ledger_free(ledger);
    dn_definitions_unref(definitions);
    dn_config_holder_free(config);
    wire_bundle_unref(bundle);
    dn_blockstore_close(store);
    fixture_dir_free(dir);
}

static void setup(void)
{
    arena = base_arena_new(0);
    context = (dn_tx_context){.ns = "kv"};
    context.txn = dn_txn_new(ledger, VIEW("mychannel"), VIEW("tx"), VIEW(""));
    dn_queries_init(&context.queries);
}

static void teardown(void)
{
    dn_queries_done(&context.queries);
    dn_txn_unref(context.txn);
    base_arena_free(arena);
}

static heddle_status ask(int type, const ProtobufCMessage *message, heddle_view *out)
{
    heddle_view payload;
    check(wire_encode_arena(message, arena, &payload, &err));
    return dn_request_serve(&context, type, payload, arena, out, &err);
}

static heddle_view get_state(const char *key, const char *collection)
{
    Protos__GetState get = PROTOS__GET_STATE__INIT;
    heddle_view value;
    get.key = wire_bytes(heddle_view_str(key));
    get.collection = wire_text(collection);
    check(ask(TYPE(GET_STATE), &get.base, &value));
    return value;
}

static void put_state(const char *key, const char *value)
{
    Protos__PutState put = PROTOS__PUT_STATE__INIT;
    heddle_view unused;
    put.key = wire_bytes(heddle_view_str(key));
    put.value = wire_bytes(heddle_view_str(value));
    check(ask(TYPE(PUT_STATE), &put.base, &unused));
}

static Protos__QueryResponse *read_response(heddle_view bytes)
{
    Protos__QueryResponse *response;
    check(wire_decode(protos__query_response, bytes, arena, &response, &err));
    return response;
}

static Protos__QueryResponse *get_range(const char *start, const char *end, int page)
{
    Protos__GetStateByRange get = PROTOS__GET_STATE_BY_RANGE__INIT;
    Protos__QueryMetadata metadata = PROTOS__QUERY_METADATA__INIT;
    heddle_view bytes, packed;
    metadata.pagesize = page;
    check(wire_encode_arena(&metadata.base, arena, &packed, &err));
    get.startkey = wire_bytes(heddle_view_str(start));
    get.endkey = wire_bytes(heddle_view_str(end));
    get.metadata = wire_bytes(packed);
    check(ask(TYPE(GET_STATE_BY_RANGE), &get.base, &bytes));
    return read_response(bytes);
}

static heddle_view key_of(const Protos__QueryResultBytes *result)
{
    Queryresult__KV *kv;
    check(wire_decode(queryresult__kv, wire_view(result->resultbytes), arena, &kv, &err));
    ck_assert_str_eq(kv->namespace_, "kv");
    return wire_view(kv->key);
}

static void assert_message(heddle_status status, heddle_status wanted, const char *text)
{
    ck_assert_int_eq(status, wanted);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
}

START_TEST(states_are_those_of_the_channel)
{
    ck_assert(base_view_is(get_state("k2", ""), "payload-2"));
    ck_assert_uint_eq(get_state("k1", "").len, 0);
    ck_assert_uint_eq(get_state("epf", "").len, 0);
    ck_assert(base_view_equal(get_state("kbin", ""), VIEW("\x00\x01\x02\xff\xfe")));
}
END_TEST

START_TEST(several_states_come_in_the_order_asked)
{
    Protos__GetStateMultiple get = PROTOS__GET_STATE_MULTIPLE__INIT;
    Protos__GetStateMultipleResult *result;
    ProtobufCBinaryData keys[] = {wire_bytes(VIEW("k3")), wire_bytes(VIEW("none")),
                                  wire_bytes(VIEW("k2"))};
    heddle_view bytes;
    get.keys = keys;
    get.n_keys = 3;
    check(ask(TYPE(GET_STATE_MULTIPLE), &get.base, &bytes));
    check(wire_decode(protos__get_state_multiple_result, bytes, arena, &result, &err));
    ck_assert_uint_eq(result->n_values, 3);
    ck_assert(base_view_is(wire_view(result->values[0]), "payload-3"));
    ck_assert_uint_eq(result->values[1].len, 0);
}
END_TEST

START_TEST(a_range_ends_with_its_last_batch)
{
    const Protos__QueryResponse *response = get_range("m", "n", 0);
    ck_assert_uint_eq(response->n_results, 6);
    ck_assert(!response->has_more);
    ck_assert(base_view_is(key_of(response->results[0]), "m0"));
    Protos__QueryStateNext next = PROTOS__QUERY_STATE_NEXT__INIT;
    heddle_view unused;
    next.id = response->id;
    assert_message(ask(TYPE(QUERY_STATE_NEXT), &next.base, &unused), HEDDLE_E_NOT_FOUND,
                   "query iterator not found");
}
END_TEST

START_TEST(a_page_says_where_the_next_one_begins)
{
    Protos__QueryResponseMetadata *metadata;
    const Protos__QueryResponse *response = get_range("m", "n", 4);
    ck_assert_uint_eq(response->n_results, 4);
    check(wire_decode(protos__query_response_metadata, wire_view(response->metadata), arena,
                      &metadata, &err));
    ck_assert_int_eq(metadata->fetched_records_count, 4);
    ck_assert(base_view_is(wire_view(metadata->bookmark), "m4"));
}
END_TEST

START_TEST(a_history_has_the_newest_change_first)
{
    Protos__GetHistoryForKey get = PROTOS__GET_HISTORY_FOR_KEY__INIT;
    Queryresult__KeyModification *change;
    heddle_view bytes;
    get.key = wire_bytes(VIEW("k1"));
    check(ask(TYPE(GET_HISTORY_FOR_KEY), &get.base, &bytes));
    const Protos__QueryResponse *response = read_response(bytes);
    ck_assert_uint_eq(response->n_results, 2);
    check(wire_decode(queryresult__key_modification, wire_view(response->results[0]->resultbytes),
                      arena, &change, &err));
    ck_assert(change->is_delete);
    check(wire_decode(queryresult__key_modification, wire_view(response->results[1]->resultbytes),
                      arena, &change, &err));
    ck_assert(base_view_is(wire_view(change->value), "v1"));
    ck_assert_uint_eq(strlen(change->tx_id), 64);
    ck_assert_ptr_nonnull(change->timestamp);
}
END_TEST

START_TEST(a_validation_parameter_can_be_read_and_counts_for_discovery)
{
    Protos__GetStateMetadata get = PROTOS__GET_STATE_METADATA__INIT;
    Protos__StateMetadataResult *result;
    heddle_view bytes;
    base_auto_buffer base_buffer rwset = {0};
    size_t count;
    get.key = wire_bytes(VIEW("sbe1"));
    check(ask(TYPE(GET_STATE_METADATA), &get.base, &bytes));
    check(wire_decode(protos__state_metadata_result, bytes, arena, &result, &err));
    ck_assert_uint_eq(result->n_entries, 1);
    ck_assert_str_eq(result->entries[0]->metakey, "VALIDATION_PARAMETER");
    put_state("sbe1", "new");
    dn_sim *sim = dn_txn_acquire(context.txn);
    check(dn_sim_finish(sim, &rwset, &err));
    const dn_interest *interests = dn_sim_interests(sim, &count);
    dn_txn_release(context.txn);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(interests[0].key_policy_count, 1);
    ck_assert(interests[0].disregard_namespace_policy);
}
END_TEST

START_TEST(a_batch_of_writes_is_as_many_writes)
{
    Protos__WriteBatchState batch = PROTOS__WRITE_BATCH_STATE__INIT;
    Protos__WriteRecord put = PROTOS__WRITE_RECORD__INIT, del = put, *records[] = {&put, &del};
    base_auto_buffer base_buffer bytes = {0};
    wire_rwset rwset = {0};
    heddle_view unused;
    put.type = PROTOS__WRITE_RECORD__TYPE__PUT_STATE;
    put.key = wire_bytes(VIEW("new"));
    put.value = wire_bytes(VIEW("v"));
    del.type = PROTOS__WRITE_RECORD__TYPE__DEL_STATE;
    del.key = wire_bytes(VIEW("k2"));
    batch.rec = records;
    batch.n_rec = 2;
    check(ask(TYPE(WRITE_BATCH_STATE), &batch.base, &unused));
    dn_sim *sim = dn_txn_acquire(context.txn);
    check(dn_sim_finish(sim, &bytes, &err));
    dn_txn_release(context.txn);
    check(wire_rwset_read(base_buffer_view(&bytes), arena, &rwset, &err));
    ck_assert_uint_eq(rwset.namespaces[0].kv.write_count, 2);
    ck_assert(rwset.namespaces[0].kv.writes[0].is_delete);
    ck_assert(base_view_is(rwset.namespaces[0].kv.writes[1].key, "new"));
}
END_TEST

START_TEST(a_record_of_no_known_kind_is_refused)
{
    Protos__WriteBatchState batch = PROTOS__WRITE_BATCH_STATE__INIT;
    Protos__WriteRecord strange = PROTOS__WRITE_RECORD__INIT, *records[] = {&strange};
    heddle_view unused;
    strange.type = PROTOS__WRITE_RECORD__TYPE__UNDEFINED;
    batch.rec = records;
    batch.n_rec = 1;
    assert_message(ask(TYPE(WRITE_BATCH_STATE), &batch.base, &unused), HEDDLE_E_REFUSED,
                   "unknown operation type");
}
END_TEST

START_TEST(an_init_may_not_touch_private_data)
{
    static const char refusal[] = "private data APIs are not allowed in chaincode Init()";
    Protos__GetState get = PROTOS__GET_STATE__INIT;
    Protos__PutState put = PROTOS__PUT_STATE__INIT;
    Protos__DelState del = PROTOS__DEL_STATE__INIT;
    heddle_view unused;
    context.is_init = true;
    get.key = put.key = del.key = wire_bytes(VIEW("k"));
    get.collection = put.collection = del.collection = wire_text("collShared");
    assert_message(ask(TYPE(GET_STATE), &get.base, &unused), HEDDLE_E_REFUSED, refusal);
    assert_message(ask(TYPE(GET_PRIVATE_DATA_HASH), &get.base, &unused), HEDDLE_E_REFUSED, refusal);
    assert_message(ask(TYPE(PUT_STATE), &put.base, &unused), HEDDLE_E_REFUSED, refusal);
    assert_message(ask(TYPE(DEL_STATE), &del.base, &unused), HEDDLE_E_REFUSED, refusal);
    put_state("k", "public data it may");
}
END_TEST

START_TEST(what_is_not_supported_says_so)
{
    Protos__GetQueryResult query = PROTOS__GET_QUERY_RESULT__INIT;
    Protos__DelState purge = PROTOS__DEL_STATE__INIT;
    heddle_view unused;
    assert_message(ask(TYPE(GET_QUERY_RESULT), &query.base, &unused), HEDDLE_E_REFUSED,
                   "ExecuteQuery not supported for leveldb");
    assert_message(ask(TYPE(PURGE_PRIVATE_DATA), &purge.base, &unused), HEDDLE_E_REFUSED,
                   "only applicable for private data");
}
END_TEST

START_TEST(malformed_and_late_requests_are_refused)
{
    Protos__PutState put = PROTOS__PUT_STATE__INIT;
    heddle_view unused;
    put.key = wire_bytes(VIEW("\xff"));
    assert_message(ask(TYPE(PUT_STATE), &put.base, &unused), HEDDLE_E_DECODE, "unmarshal failed");
    assert_message(
        dn_request_serve(&context, TYPE(GET_STATE), VIEW("\xff\xff"), arena, &unused, &err),
        HEDDLE_E_DECODE, "unmarshal failed");
    dn_txn_close(context.txn);
    put.key = wire_bytes(VIEW("k"));
    assert_message(ask(TYPE(PUT_STATE), &put.base, &unused), HEDDLE_E_BAD_STATE,
                   "this instance should not be used after calling Done()");
    ck_assert_ptr_null(dn_request_name(TYPE(REGISTER)));
    ck_assert_ptr_null(dn_request_name(-1));
    ck_assert_ptr_null(dn_request_name(1000));
}
END_TEST

static TCase *request_case(void)
{
    TCase *tcase =
        SUITE_CASE("request", states_are_those_of_the_channel,
                   several_states_come_in_the_order_asked, a_range_ends_with_its_last_batch,
                   a_page_says_where_the_next_one_begins, a_history_has_the_newest_change_first,
                   a_validation_parameter_can_be_read_and_counts_for_discovery,
                   a_batch_of_writes_is_as_many_writes, a_record_of_no_known_kind_is_refused,
                   an_init_may_not_touch_private_data, what_is_not_supported_says_so,
                   malformed_and_late_requests_are_refused);
    tcase_add_unchecked_fixture(tcase, open_channel, close_channel);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/request", request_case())
