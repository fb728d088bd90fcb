#include "chaincode/payload.h"

static const wire_slot named_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_named, name),
    WIRE_SLOT(2, WIRE_BYTES, cc_named, value),
};
static const wire_shape named_shape = WIRE_SHAPE(cc_named, "entry of a map", named_slots);

static const wire_slot input_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, cc_input, args, arg_count, NULL),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, cc_input, decorations, decoration_count, &named_shape),
};
const wire_shape cc_input_shape = WIRE_SHAPE(cc_input, "ChaincodeInput", input_slots);

static const wire_slot chaincode_id_slots[] = {
    WIRE_SLOT(2, WIRE_BYTES, cc_chaincode_id, name),
};
const wire_shape cc_chaincode_id_shape =
    WIRE_SHAPE(cc_chaincode_id, "ChaincodeID", chaincode_id_slots);

static const wire_slot abilities_slots[] = {
    WIRE_SLOT(1, WIRE_BOOL, cc_abilities, use_write_batch),
    WIRE_SLOT(2, WIRE_U32, cc_abilities, max_write_batch),
    WIRE_SLOT(3, WIRE_BOOL, cc_abilities, use_multi_get),
    WIRE_SLOT(4, WIRE_U32, cc_abilities, max_multi_get),
};
const wire_shape cc_abilities_shape =
    WIRE_SHAPE(cc_abilities, "ChaincodeAdditionalParams", abilities_slots);

static const wire_slot key_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_key, key),
    WIRE_SLOT(2, WIRE_BYTES, cc_key, collection),
};
const wire_shape cc_key_shape = WIRE_SHAPE(cc_key, "key", key_slots);

static const wire_slot keys_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, cc_keys, keys, count, NULL),
    WIRE_SLOT(2, WIRE_BYTES, cc_keys, collection),
};
const wire_shape cc_keys_shape = WIRE_SHAPE(cc_keys, "GetStateMultiple", keys_slots);

static const wire_slot values_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, cc_values, values, count, NULL),
};
const wire_shape cc_values_shape = WIRE_SHAPE(cc_values, "GetStateMultipleResult", values_slots);

static const wire_slot metadata_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_metadata, name),
    WIRE_SLOT(2, WIRE_BYTES, cc_metadata, value),
};
static const wire_shape metadata_shape = WIRE_SHAPE(cc_metadata, "StateMetadata", metadata_slots);

static const wire_slot metadata_list_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, cc_metadata_list, entries, count, &metadata_shape),
};
const wire_shape cc_metadata_list_shape =
    WIRE_SHAPE(cc_metadata_list, "StateMetadataResult", metadata_list_slots);

static const wire_slot put_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_write, key),
    WIRE_SLOT(2, WIRE_BYTES, cc_write, value),
    WIRE_SLOT(3, WIRE_BYTES, cc_write, collection),
};
const wire_shape cc_put_shape = WIRE_SHAPE(cc_write, "PutState", put_slots);

static const wire_slot put_metadata_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_write, key),
    WIRE_SLOT(3, WIRE_BYTES, cc_write, collection),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, cc_write, metadata, &metadata_shape),
};
const wire_shape cc_put_metadata_shape =
    WIRE_SHAPE(cc_write, "PutStateMetadata", put_metadata_slots);

static const wire_slot write_key_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_write, key),
    WIRE_SLOT(2, WIRE_BYTES, cc_write, collection),
};
const wire_shape cc_write_key_shape = WIRE_SHAPE(cc_write, "DelState", write_key_slots);

static const wire_slot write_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_write, key),
    WIRE_SLOT(2, WIRE_BYTES, cc_write, value),
    WIRE_SLOT(3, WIRE_BYTES, cc_write, collection),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, cc_write, metadata, &metadata_shape),
    WIRE_SLOT(5, WIRE_I32, cc_write, type),
};
static const wire_shape write_shape = WIRE_SHAPE(cc_write, "WriteRecord", write_slots);

static const wire_slot batch_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, cc_batch, writes, count, &write_shape),
};
const wire_shape cc_batch_shape = WIRE_SHAPE(cc_batch, "WriteBatchState", batch_slots);

static const wire_slot page_slots[] = {
    WIRE_SLOT(1, WIRE_I32, cc_page, size),
    WIRE_SLOT(2, WIRE_BYTES, cc_page, bookmark),
};
static const wire_shape page_shape = WIRE_SHAPE(cc_page, "QueryMetadata", page_slots);

static const wire_slot range_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_range, start),
    WIRE_SLOT(2, WIRE_BYTES, cc_range, end),
    WIRE_SLOT(3, WIRE_BYTES, cc_range, collection),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, cc_range, page, &page_shape),
};
const wire_shape cc_range_shape = WIRE_SHAPE(cc_range, "GetStateByRange", range_slots);

static const wire_slot query_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_query, query),
    WIRE_SLOT(2, WIRE_BYTES, cc_query, collection),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, cc_query, page, &page_shape),
};
const wire_shape cc_query_shape = WIRE_SHAPE(cc_query, "GetQueryResult", query_slots);

static const wire_slot query_id_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_query_id, id),
};
const wire_shape cc_query_id_shape = WIRE_SHAPE(cc_query_id, "id of a query", query_id_slots);

static const wire_slot kv_slots[] = {
    WIRE_SLOT(2, WIRE_BYTES, cc_kv, key),
    WIRE_SLOT(3, WIRE_BYTES, cc_kv, value),
};
const wire_shape cc_kv_shape = WIRE_SHAPE(cc_kv, "KV", kv_slots);

typedef __typeof__(((cc_change *)0)->time) change_time;
static const wire_slot time_slots[] = {
    WIRE_SLOT(1, WIRE_I64, change_time, seconds),
    WIRE_SLOT(2, WIRE_I32, change_time, nanos),
};
static const wire_shape time_shape = WIRE_SHAPE(change_time, "Timestamp", time_slots);

static const wire_slot change_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_change, tx_id),
    WIRE_SLOT(2, WIRE_BYTES, cc_change, value),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, cc_change, time, &time_shape),
    WIRE_SLOT(4, WIRE_BOOL, cc_change, is_delete),
};
const wire_shape cc_change_shape = WIRE_SHAPE(cc_change, "KeyModification", change_slots);

static const wire_slot result_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, cc_result, bytes),
};
static const wire_shape result_shape = WIRE_SHAPE(cc_result, "QueryResultBytes", result_slots);

typedef __typeof__(((cc_query_response *)0)->page) page_end;
static const wire_slot page_end_slots[] = {
    WIRE_SLOT(1, WIRE_I32, page_end, fetched),
    WIRE_SLOT(2, WIRE_BYTES, page_end, bookmark),
};
static const wire_shape page_end_shape =
    WIRE_SHAPE(page_end, "QueryResponseMetadata", page_end_slots);

static const wire_slot response_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, cc_query_response, results, result_count, &result_shape),
    WIRE_SLOT(2, WIRE_BOOL, cc_query_response, has_more),
    WIRE_SLOT(3, WIRE_BYTES, cc_query_response, id),
    WIRE_SLOT_OF(4, WIRE_NESTED, cc_query_response, page, &page_end_shape),
};
const wire_shape cc_query_response_shape =
    WIRE_SHAPE(cc_query_response, "QueryResponse", response_slots);

static const wire_slot spec_slots[] = {
    WIRE_SLOT_OF(2, WIRE_MESSAGE, cc_spec, chaincode, &cc_chaincode_id_shape),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, cc_spec, input, &cc_input_shape),
};
const wire_shape cc_spec_shape = WIRE_SHAPE(cc_spec, "ChaincodeSpec", spec_slots);
