#include "wire/error_details.h"

#include "base/fail.h"
#include "gateway/gateway.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "wire/codec.h"

static const char type_url[] = "type.googleapis.com/gateway.ErrorDetail";

static heddle_status write_detail(const wire_error_detail *detail, base_arena *arena,
                                  Google__Protobuf__Any **out, heddle_error *err)
{
    Gateway__ErrorDetail message = GATEWAY__ERROR_DETAIL__INIT;
    message.address = wire_text(detail->address ? detail->address : "");
    message.msp_id = wire_text(detail->mspid ? detail->mspid : "");
    message.message = wire_text(detail->message ? detail->message : "");
    heddle_view bytes;
    BASE_TRY(wire_encode_arena(&message.base, arena, &bytes, err));
    Google__Protobuf__Any *any = wire_new(google__protobuf__any, arena);
    if (!any)
        return base_arena_fail(arena, err, "error details");
    any->type_url = wire_text(type_url);
    any->value = wire_bytes(bytes);
    *out = any;
    return HEDDLE_OK;
}

heddle_status wire_error_details_write(const wire_error_details *details, base_arena *arena,
                                       heddle_view *out, heddle_error *err)
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    status.code = details->code;
    status.message = wire_text(details->message ? details->message : "");
    status.n_details = details->count;
    status.details = base_arena_zalloc(arena, details->count + 1, sizeof(*status.details));
    if (!status.details)
        return base_arena_fail(arena, err, "error details");
    for (size_t i = 0; i < details->count; i++)
        BASE_TRY(write_detail(&details->items[i], arena, &status.details[i], err));
    return wire_encode_arena(&status.base, arena, out, err);
}

/* Whatever comes before the last slash is nobody's business. */
static bool is_error_detail(const Google__Protobuf__Any *any)
{
    const char *slash = strrchr(any->type_url, '/');
    return slash && strcmp(slash, "/gateway.ErrorDetail") == 0;
}

heddle_status wire_error_details_read(heddle_view bytes, base_arena *arena, wire_error_details *out,
                                      heddle_error *err)
{
    Google__Rpc__Status *status;
    BASE_TRY(wire_decode(google__rpc__status, bytes, arena, &status, err));
    wire_error_details details = {.code = status->code, .message = status->message};
    details.items = base_arena_zalloc(arena, status->n_details + 1, sizeof(*details.items));
    if (!details.items)
        return base_arena_fail(arena, err, "error details");
    for (size_t i = 0; i < status->n_details; i++) {
        if (!is_error_detail(status->details[i]))
            continue;
        Gateway__ErrorDetail *detail;
        BASE_TRY(wire_decode(gateway__error_detail, wire_view(status->details[i]->value), arena,
                             &detail, err));
        details.items[details.count++] =
            (wire_error_detail){detail->address, detail->msp_id, detail->message};
    }
    *out = details;
    return HEDDLE_OK;
}
