#include "base/fail.h"
#include "base/view.h"
#include "chaincode/stub.h"
#include "crypto/digest.h"
#include "heddle/chaincode_private.h"

heddle_status heddle_cc_get_private(heddle_cc_stub *stub, const char *collection, heddle_view key,
                                    heddle_view *out, heddle_error *err)
{
    heddle_view in;
    BASE_TRY(cc_collection_of(collection, &in, err));
    return cc_state_get(stub, in, key, out, err);
}

heddle_status heddle_cc_get_privates(heddle_cc_stub *stub, const char *collection,
                                     const heddle_view *keys, size_t count, heddle_view *out_values,
                                     heddle_error *err)
{
    heddle_view in;
    BASE_TRY(cc_collection_of(collection, &in, err));
    return cc_state_get_all(stub, in, keys, count, out_values, err);
}

static heddle_status own_hash(heddle_cc_stub *stub, heddle_view value, heddle_view *out,
                              heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (value.len == 0) {
        *out = value;
        return HEDDLE_OK;
    }
    heddle_status st = crypto_sha256(value, digest);
    if (st != HEDDLE_OK)
        return base_fail(err, st, "SHA-256");
    return cc_stub_copy(stub, heddle_view_of(digest, sizeof(digest)), out, "hash", err);
}

heddle_status heddle_cc_get_private_hash(heddle_cc_stub *stub, const char *collection,
                                         heddle_view key, heddle_view *out, heddle_error *err)
{
    cc_key get = {.key = key};
    const cc_own *own = NULL;
    BASE_TRY(cc_collection_of(collection, &get.collection, err));
    BASE_TRY(cc_key_check(key, err));
    BASE_TRY(cc_own_find(stub, get.collection, key, &own, err));
    if (own)
        return own_hash(stub, own->value, out, err);
    heddle_view hash;
    BASE_TRY(cc_stub_ask(stub, CC_GET_PRIVATE_DATA_HASH, &cc_key_shape, &get, &hash, err));
    *out = hash;
    return HEDDLE_OK;
}

heddle_status heddle_cc_put_private(heddle_cc_stub *stub, const char *collection, heddle_view key,
                                    heddle_view value, heddle_error *err)
{
    cc_write write = {.type = CC_PUT_STATE, .key = key, .value = value};
    BASE_TRY(cc_collection_of(collection, &write.collection, err));
    BASE_TRY(cc_written_key_check(key, err));
    return cc_state_write(stub, &write, err);
}

static heddle_status write_key(heddle_cc_stub *stub, cc_type type, const char *collection,
                               heddle_view key, heddle_error *err)
{
    cc_write write = {.type = type, .key = key};
    BASE_TRY(cc_collection_of(collection, &write.collection, err));
    BASE_TRY(cc_key_check(key, err));
    return cc_state_write(stub, &write, err);
}

heddle_status heddle_cc_del_private(heddle_cc_stub *stub, const char *collection, heddle_view key,
                                    heddle_error *err)
{
    return write_key(stub, CC_DEL_STATE, collection, key, err);
}

heddle_status heddle_cc_purge_private(heddle_cc_stub *stub, const char *collection, heddle_view key,
                                      heddle_error *err)
{
    return write_key(stub, CC_PURGE_PRIVATE_DATA, collection, key, err);
}

heddle_status heddle_cc_private_range_open(heddle_cc_stub *stub, const char *collection,
                                           heddle_view start, heddle_view end,
                                           heddle_cc_iterator **out, heddle_error *err)
{
    cc_range range;
    heddle_view in;
    BASE_TRY(cc_collection_of(collection, &in, err));
    BASE_TRY(cc_simple_range(start, end, &range, err));
    range.collection = in;
    return cc_range_open(stub, &range, out, err);
}

heddle_status heddle_cc_private_composite_open(heddle_cc_stub *stub, const char *collection,
                                               heddle_view object_type,
                                               const heddle_view *attributes, size_t count,
                                               heddle_cc_iterator **out, heddle_error *err)
{
    cc_range range;
    heddle_view in;
    BASE_TRY(cc_collection_of(collection, &in, err));
    BASE_TRY(cc_composite_range(stub, object_type, attributes, count, &range, err));
    range.collection = in;
    return cc_range_open(stub, &range, out, err);
}

heddle_status heddle_cc_private_query_open(heddle_cc_stub *stub, const char *collection,
                                           heddle_view text, heddle_cc_iterator **out,
                                           heddle_error *err)
{
    cc_query query = {.query = text};
    BASE_TRY(cc_collection_of(collection, &query.collection, err));
    return cc_query_open(stub, &query, out, err);
}

heddle_status heddle_cc_get_private_policy(heddle_cc_stub *stub, const char *collection,
                                           heddle_view key, heddle_view *out, heddle_error *err)
{
    heddle_view in;
    BASE_TRY(cc_collection_of(collection, &in, err));
    return cc_state_get_policy(stub, in, key, out, err);
}

heddle_status heddle_cc_set_private_policy(heddle_cc_stub *stub, const char *collection,
                                           heddle_view key, heddle_view policy, heddle_error *err)
{
    cc_write write = {.type = CC_PUT_STATE_METADATA,
                      .key = key,
                      .metadata = {VIEW(CC_VALIDATION_PARAMETER), policy}};
    BASE_TRY(cc_collection_of(collection, &write.collection, err));
    BASE_TRY(cc_key_check(key, err));
    return cc_state_write(stub, &write, err);
}
