#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/stub.h"
#include "wire/composite_key.h"

heddle_status cc_key_check(heddle_view key, heddle_error *err)
{
    if (!base_is_utf8(key))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "key is not UTF-8");
    return HEDDLE_OK;
}

heddle_status cc_written_key_check(heddle_view key, heddle_error *err)
{
    return wire_composite_key_is(key) ? cc_key_check(key, err) : wire_simple_key_check(key, err);
}

heddle_status cc_collection_of(const char *name, heddle_view *out, heddle_error *err)
{
    heddle_view collection = heddle_view_str(name);
    if (collection.len == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "collection must not be an empty string");
    if (!base_is_utf8(collection))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "collection is not UTF-8");
    *out = collection;
    return HEDDLE_OK;
}

static heddle_status check_bound(heddle_view key, const char *which, heddle_error *err)
{
    if (key.len && key.data[0] == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "the range's %s begins with U+0000, as only composite keys may", which);
    if (!base_is_utf8(key))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the range's %s is not UTF-8", which);
    return HEDDLE_OK;
}

heddle_status cc_simple_range(heddle_view start, heddle_view end, cc_range *out, heddle_error *err)
{
    BASE_TRY(check_bound(start, "start", err));
    BASE_TRY(check_bound(end, "end", err));
    *out = (cc_range){.start = start.len ? start : VIEW("\x01"), .end = end};
    return HEDDLE_OK;
}

static heddle_status write_composite(heddle_cc_stub *stub, heddle_view object_type,
                                     const heddle_view *attributes, size_t count, base_buffer *out,
                                     heddle_error *err)
{
    heddle_view *parts = base_arena_zalloc(stub->arena, count + 1, sizeof(*parts));
    if (!parts)
        return base_arena_fail(stub->arena, err, "composite key");
    parts[0] = object_type;
    if (count)
        memcpy(parts + 1, attributes, count * sizeof(*parts));
    return wire_composite_key_write(parts, count + 1, out, err);
}

heddle_status heddle_cc_composite_key(heddle_cc_stub *stub, heddle_view object_type,
                                      const heddle_view *attributes, size_t count,
                                      heddle_view *out_key, heddle_error *err)
{
    base_buffer_clear(&stub->scratch);
    BASE_TRY(write_composite(stub, object_type, attributes, count, &stub->scratch, err));
    return cc_stub_copy(stub, base_buffer_view(&stub->scratch), out_key, "composite key", err);
}

heddle_status heddle_cc_split_composite_key(heddle_cc_stub *stub, heddle_view key,
                                            heddle_view *out_object_type,
                                            const heddle_view **out_attributes, size_t *out_count,
                                            heddle_error *err)
{
    const heddle_view *parts;
    size_t count;
    BASE_TRY(wire_composite_key_read(key, stub->arena, &parts, &count, err));
    *out_object_type = parts[0];
    *out_attributes = parts + 1;
    *out_count = count - 1;
    return HEDDLE_OK;
}

heddle_status cc_composite_range(heddle_cc_stub *stub, heddle_view object_type,
                                 const heddle_view *attributes, size_t count, cc_range *out,
                                 heddle_error *err)
{
    heddle_view start, end;
    BASE_TRY(heddle_cc_composite_key(stub, object_type, attributes, count, &start, err));
    base_buffer_clear(&stub->scratch);
    heddle_status st = wire_composite_key_end(start, &stub->scratch);
    if (st != HEDDLE_OK)
        return base_fail(err, st, "composite key");
    BASE_TRY(cc_stub_copy(stub, base_buffer_view(&stub->scratch), &end, "composite key", err));
    *out = (cc_range){.start = start, .end = end};
    return HEDDLE_OK;
}
