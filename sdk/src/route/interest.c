#include "route/interest.h"

#include "base/fail.h"
#include "wire/discovery.h"

static heddle_status write(const wire_interest *interest, base_arena *arena, heddle_view *out)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(wire_shape_write(&wire_interest_shape, interest, &bytes));
    *out = base_arena_view(arena, base_buffer_view(&bytes));
    return out->data ? HEDDLE_OK : HEDDLE_E_NO_MEMORY;
}

static heddle_status name_collections(const wire_chaincode_call *call, base_buffer *out)
{
    for (size_t i = 0; i < call->collection_count; i++)
        BASE_TRY(base_buffer_printf(out, "%s%.*s", out->len ? " " : "",
                                    BASE_VIEW_ARG(call->collections[i])));
    return HEDDLE_OK;
}

static heddle_status be_cautious(wire_interest *interest, base_arena *arena, route_interest *out)
{
    bool is_changed = false;
    for (size_t i = 0; i < interest->call_count; i++) {
        wire_chaincode_call *call = &interest->calls[i];
        if (!call->no_private_reads)
            continue;
        call->no_private_reads = false;
        is_changed = true;
        BASE_TRY(name_collections(call, &out->collections));
    }
    if (!is_changed)
        return HEDDLE_OK;
    if (out->collections.len)
        out->incautious = out->bytes;
    return write(interest, arena, &out->bytes);
}

heddle_status route_interest_find(heddle_view told, heddle_view chaincode, bool is_transient,
                                  base_arena *arena, route_interest *out)
{
    wire_interest interest = {0};
    heddle_error err;
    BASE_TRY(wire_shape_read(&wire_interest_shape, told, arena, &interest, &err));
    if (!interest.call_count) {
        wire_chaincode_call call = {.name = chaincode};
        return write(&(wire_interest){.calls = &call, .call_count = 1}, arena, &out->bytes);
    }
    out->bytes = told;
    return is_transient ? be_cautious(&interest, arena, out) : HEDDLE_OK;
}
