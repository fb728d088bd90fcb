/* What is in the payloads of the messages, and their shapes: for both sides of a port. */
#ifndef CC_PAYLOAD_H
#define CC_PAYLOAD_H

#include "wire/reader.h"
#include "wire/tx_shape.h"

/** The metadata of a key that peers understand: its endorsement policy. */
#define CC_VALIDATION_PARAMETER "VALIDATION_PARAMETER"

/** An entry of a map of texts to bytes. */
typedef struct cc_named {
    heddle_view name;
    heddle_view value;
} cc_named;

typedef struct cc_input { /* ChaincodeInput: INIT, TRANSACTION */
    const heddle_view *args;
    size_t arg_count;
    const cc_named *decorations;
    size_t decoration_count;
} cc_input;
extern const wire_shape cc_input_shape;

typedef struct cc_chaincode_id { /* ChaincodeID: REGISTER */
    heddle_view name;
} cc_chaincode_id;
extern const wire_shape cc_chaincode_id_shape;

typedef struct cc_abilities { /* ChaincodeAdditionalParams: READY */
    bool use_write_batch;
    uint32_t max_write_batch;
    bool use_multi_get;
    uint32_t max_multi_get;
} cc_abilities;
extern const wire_shape cc_abilities_shape;

/** GET_STATE, DEL_STATE, GET_STATE_METADATA, GET_PRIVATE_DATA_HASH, PURGE_PRIVATE_DATA and,
 *  without collection, GET_HISTORY_FOR_KEY. */
typedef struct cc_key {
    heddle_view key;
    heddle_view collection;
} cc_key;
extern const wire_shape cc_key_shape;

typedef struct cc_keys { /* GET_STATE_MULTIPLE */
    const heddle_view *keys;
    size_t count;
    heddle_view collection;
} cc_keys;
extern const wire_shape cc_keys_shape;

typedef struct cc_values { /* its answer */
    const heddle_view *values;
    size_t count;
} cc_values;
extern const wire_shape cc_values_shape;

typedef struct cc_metadata { /* StateMetadata */
    heddle_view name;
    heddle_view value;
} cc_metadata;

typedef struct cc_metadata_list { /* the answer to GET_STATE_METADATA */
    const cc_metadata *entries;
    size_t count;
} cc_metadata_list;
extern const wire_shape cc_metadata_list_shape;

/** A write. The types are those of messages; purge: PURGE_PRIVATE_DATA. */
typedef struct cc_write {
    int32_t type; /* PUT_STATE, DEL_STATE, PUT_STATE_METADATA, PURGE_PRIVATE_DATA */
    heddle_view key;
    heddle_view value;
    heddle_view collection;
    cc_metadata metadata;
} cc_write;
extern const wire_shape cc_put_shape;          /* PUT_STATE, of cc_write */
extern const wire_shape cc_put_metadata_shape; /* PUT_STATE_METADATA, of cc_write */
extern const wire_shape cc_write_key_shape;    /* DEL_STATE and PURGE_PRIVATE_DATA, of cc_write */

typedef struct cc_batch { /* WRITE_BATCH_STATE */
    const cc_write *writes;
    size_t count;
} cc_batch;
extern const wire_shape cc_batch_shape;

typedef struct cc_page { /* QueryMetadata */
    int32_t size;
    heddle_view bookmark;
} cc_page;

typedef struct cc_range { /* GET_STATE_BY_RANGE */
    heddle_view start;
    heddle_view end;
    heddle_view collection;
    cc_page page;
} cc_range;
extern const wire_shape cc_range_shape;

typedef struct cc_query { /* GET_QUERY_RESULT */
    heddle_view query;
    heddle_view collection;
    cc_page page;
} cc_query;
extern const wire_shape cc_query_shape;

typedef struct cc_query_id { /* QUERY_STATE_NEXT, QUERY_STATE_CLOSE */
    heddle_view id;
} cc_query_id;
extern const wire_shape cc_query_id_shape;

/** A result of a query or of a history: KV or KeyModification, from its bytes. */
typedef struct cc_kv {
    heddle_view key;
    heddle_view value;
} cc_kv;
extern const wire_shape cc_kv_shape;

typedef struct cc_change {
    heddle_view tx_id;
    heddle_view value;
    struct {
        int64_t seconds;
        int32_t nanos;
    } time;
    bool is_delete;
} cc_change;
extern const wire_shape cc_change_shape;

typedef struct cc_result {
    heddle_view bytes;
} cc_result;

typedef struct cc_query_response {
    const cc_result *results;
    size_t result_count;
    bool has_more;
    heddle_view id;
    struct {
        int32_t fetched;
        heddle_view bookmark;
    } page; /* QueryResponseMetadata */
} cc_query_response;
extern const wire_shape cc_query_response_shape;

typedef struct cc_spec { /* ChaincodeSpec: INVOKE_CHAINCODE */
    cc_chaincode_id chaincode;
    cc_input input;
} cc_spec;
extern const wire_shape cc_spec_shape;

#endif
