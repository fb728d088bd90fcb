#include "base/fail.h"
#include "base/view.h"
#include "chaincode/stub.h"

heddle_status cc_state_get(heddle_cc_stub *stub, heddle_view collection, heddle_view key,
                           heddle_view *out, heddle_error *err)
{
    const cc_own *own = NULL;
    BASE_TRY(cc_key_check(key, err));
    BASE_TRY(cc_own_find(stub, collection, key, &own, err));
    if (own) {
        *out = own->value;
        return HEDDLE_OK;
    }
    heddle_view value;
    cc_key get = {.key = key, .collection = collection};
    BASE_TRY(cc_stub_ask(stub, CC_GET_STATE, &cc_key_shape, &get, &value, err));
    *out = value;
    return HEDDLE_OK;
}

/* Several at once */

static heddle_status get_piece(heddle_cc_stub *stub, const cc_keys *keys, heddle_view *out,
                               heddle_error *err)
{
    heddle_view answer;
    cc_values values = {0};
    BASE_TRY(cc_stub_ask(stub, CC_GET_STATE_MULTIPLE, &cc_keys_shape, keys, &answer, err));
    BASE_TRY(wire_shape_read(&cc_values_shape, answer, stub->arena, &values, err));
    if (values.count != keys->count)
        return base_fail(err, HEDDLE_E_DECODE, "GET_STATE_MULTIPLE: %zu values for %zu keys",
                         values.count, keys->count);
    memcpy(out, values.values, values.count * sizeof(*out));
    return HEDDLE_OK;
}

/* Keys that the peer is to be asked for, in pieces of its limit. */
static heddle_status get_each(heddle_cc_stub *stub, const cc_keys *all, heddle_view *out,
                              heddle_error *err)
{
    bool together = stub->limits.use_multi_get && stub->limits.max_multi_get > 0;
    size_t most = together ? stub->limits.max_multi_get : 1;
    for (size_t at = 0; at < all->count; at += most) {
        size_t count = all->count - at < most ? all->count - at : most;
        cc_keys piece = {.keys = all->keys + at, .count = count, .collection = all->collection};
        cc_key one = {.key = all->keys[at], .collection = all->collection};
        BASE_TRY(together ? get_piece(stub, &piece, out + at, err)
                          : cc_stub_ask(stub, CC_GET_STATE, &cc_key_shape, &one, out + at, err));
    }
    return HEDDLE_OK;
}

/* Values go to `values` and keys that were not written by this transaction to `missing`. */
static heddle_status take_own(heddle_cc_stub *stub, heddle_view collection, const heddle_view *keys,
                              size_t count, const cc_own **own, heddle_view *missing,
                              size_t *out_missing, heddle_error *err)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(cc_key_check(keys[i], err));
        BASE_TRY(cc_own_find(stub, collection, keys[i], &own[i], err));
        if (!own[i])
            missing[found++] = keys[i];
    }
    *out_missing = found;
    return HEDDLE_OK;
}

heddle_status cc_state_get_all(heddle_cc_stub *stub, heddle_view collection,
                               const heddle_view *keys, size_t count, heddle_view *out_values,
                               heddle_error *err)
{
    if (count == 0)
        return HEDDLE_OK;
    const cc_own **own = base_arena_zalloc(stub->arena, count, sizeof(*own));
    heddle_view *missing = base_arena_zalloc(stub->arena, count, sizeof(*missing));
    heddle_view *values = base_arena_zalloc(stub->arena, count, sizeof(*values));
    if (!own || !missing || !values)
        return base_arena_fail(stub->arena, err, "keys");
    cc_keys asked = {.keys = missing, .collection = collection};
    BASE_TRY(take_own(stub, collection, keys, count, own, missing, &asked.count, err));
    BASE_TRY(get_each(stub, &asked, values, err));
    for (size_t i = 0; i < count; i++)
        out_values[i] = own[i] ? own[i]->value : *values++;
    return HEDDLE_OK;
}

/* Key-level policies */

heddle_status cc_state_get_policy(heddle_cc_stub *stub, heddle_view collection, heddle_view key,
                                  heddle_view *out, heddle_error *err)
{
    heddle_view answer;
    cc_key get = {.key = key, .collection = collection};
    cc_metadata_list list = {0};
    BASE_TRY(cc_key_check(key, err));
    BASE_TRY(cc_stub_ask(stub, CC_GET_STATE_METADATA, &cc_key_shape, &get, &answer, err));
    BASE_TRY(wire_shape_read(&cc_metadata_list_shape, answer, stub->arena, &list, err));
    heddle_view policy = {0};
    for (size_t i = 0; i < list.count; i++) {
        if (base_view_is(list.entries[i].name, CC_VALIDATION_PARAMETER))
            policy = list.entries[i].value;
    }
    *out = policy;
    return HEDDLE_OK;
}

/* Writes */

static const wire_shape *shape_of(const cc_write *write)
{
    if (write->type == CC_PUT_STATE)
        return &cc_put_shape;
    return write->type == CC_PUT_STATE_METADATA ? &cc_put_metadata_shape : &cc_write_key_shape;
}

/* Private writes are waited for: whether they are allowed is for the contract to know. */
static heddle_status send_write(heddle_cc_stub *stub, const cc_write *write, heddle_error *err)
{
    heddle_view nothing;
    if (write->collection.len == 0)
        return cc_stub_post(stub, (cc_type)write->type, shape_of(write), write, err);
    return cc_stub_ask(stub, (cc_type)write->type, shape_of(write), write, &nothing, err);
}

static heddle_status copy_write(heddle_cc_stub *stub, cc_write *write, heddle_error *err)
{
    BASE_TRY(cc_stub_copy(stub, write->key, &write->key, "write", err));
    BASE_TRY(cc_stub_copy(stub, write->value, &write->value, "write", err));
    BASE_TRY(cc_stub_copy(stub, write->collection, &write->collection, "write", err));
    return cc_stub_copy(stub, write->metadata.value, &write->metadata.value, "write", err);
}

/* An empty value deletes, as on the peer. */
static heddle_status keep_own(heddle_cc_stub *stub, const cc_write *write, heddle_error *err)
{
    if (write->type == CC_PUT_STATE_METADATA)
        return HEDDLE_OK;
    if (!stub->overlay)
        stub->overlay = cc_overlay_new(stub->arena);
    if (!stub->overlay)
        return base_arena_fail(stub->arena, err, "own writes");
    return cc_overlay_put(stub->overlay, write->collection, write->key, write->value, err);
}

heddle_status cc_state_write(heddle_cc_stub *stub, const cc_write *write, heddle_error *err)
{
    cc_write kept = *write;
    if (stub->keeps_own_writes)
        BASE_TRY(copy_write(stub, &kept, err));
    BASE_TRY(stub->batch ? cc_batch_add(stub, &kept, err) : send_write(stub, &kept, err));
    stub->wrote = true;
    stub->wrote_unkept = stub->wrote_unkept || !stub->keeps_own_writes;
    return stub->keeps_own_writes ? keep_own(stub, &kept, err) : HEDDLE_OK;
}

/* Own writes */

void heddle_cc_see_own_writes(heddle_cc_stub *stub, bool on)
{
    stub->sees_own_writes = on;
    stub->keeps_own_writes = stub->keeps_own_writes || on;
}

heddle_status cc_own_find(const heddle_cc_stub *stub, heddle_view collection, heddle_view key,
                          const cc_own **out, heddle_error *err)
{
    if (stub->sees_own_writes && stub->wrote_unkept)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "there are writes from before own writes were to be seen");
    if (stub->sees_own_writes && stub->lost_batch)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "a batch was refused: what this transaction wrote is not known");
    *out = stub->sees_own_writes ? cc_overlay_find(stub->overlay, collection, key) : NULL;
    return HEDDLE_OK;
}

heddle_status cc_own_refuse(const heddle_cc_stub *stub, const char *what, heddle_error *err)
{
    if (!stub->sees_own_writes || !stub->wrote)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_STATE,
                     "%s cannot show what the transaction has written, as it is to see", what);
}

/* Public state */

heddle_status heddle_cc_get_state(heddle_cc_stub *stub, heddle_view key, heddle_view *out,
                                  heddle_error *err)
{
    return cc_state_get(stub, VIEW(""), key, out, err);
}

heddle_status heddle_cc_get_states(heddle_cc_stub *stub, const heddle_view *keys, size_t count,
                                   heddle_view *out_values, heddle_error *err)
{
    return cc_state_get_all(stub, VIEW(""), keys, count, out_values, err);
}

heddle_status heddle_cc_put_state(heddle_cc_stub *stub, heddle_view key, heddle_view value,
                                  heddle_error *err)
{
    cc_write write = {.type = CC_PUT_STATE, .key = key, .value = value};
    BASE_TRY(cc_written_key_check(key, err));
    return cc_state_write(stub, &write, err);
}

heddle_status heddle_cc_del_state(heddle_cc_stub *stub, heddle_view key, heddle_error *err)
{
    cc_write write = {.type = CC_DEL_STATE, .key = key};
    BASE_TRY(cc_key_check(key, err));
    return cc_state_write(stub, &write, err);
}

heddle_status heddle_cc_get_state_policy(heddle_cc_stub *stub, heddle_view key, heddle_view *out,
                                         heddle_error *err)
{
    return cc_state_get_policy(stub, VIEW(""), key, out, err);
}

heddle_status heddle_cc_set_state_policy(heddle_cc_stub *stub, heddle_view key, heddle_view policy,
                                         heddle_error *err)
{
    cc_write write = {.type = CC_PUT_STATE_METADATA,
                      .key = key,
                      .metadata = {VIEW(CC_VALIDATION_PARAMETER), policy}};
    BASE_TRY(cc_key_check(key, err));
    return cc_state_write(stub, &write, err);
}
