#include "chaincode/message.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "wire/tx_shape.h"

const char *cc_type_name(int32_t type)
{
    static const char *const names[] = {
        [CC_REGISTER] = "REGISTER",
        [CC_REGISTERED] = "REGISTERED",
        [CC_INIT] = "INIT",
        [CC_READY] = "READY",
        [CC_TRANSACTION] = "TRANSACTION",
        [CC_COMPLETED] = "COMPLETED",
        [CC_ERROR] = "ERROR",
        [CC_GET_STATE] = "GET_STATE",
        [CC_PUT_STATE] = "PUT_STATE",
        [CC_DEL_STATE] = "DEL_STATE",
        [CC_RESPONSE] = "RESPONSE",
        [CC_GET_STATE_BY_RANGE] = "GET_STATE_BY_RANGE",
        [CC_QUERY_STATE_NEXT] = "QUERY_STATE_NEXT",
        [CC_QUERY_STATE_CLOSE] = "QUERY_STATE_CLOSE",
        [CC_KEEPALIVE] = "KEEPALIVE",
    };
    if (type < 0 || (size_t)type >= BASE_COUNT(names) || !names[type])
        return "?";
    return names[type];
}

static const wire_slot message_slots[] = {
    WIRE_SLOT(1, WIRE_I32, cc_message, type),
    WIRE_SLOT(3, WIRE_BYTES, cc_message, payload),
    WIRE_SLOT(4, WIRE_BYTES, cc_message, tx_id),
    WIRE_SLOT(5, WIRE_BYTES, cc_message, proposal),
    WIRE_SLOT_OF(6, WIRE_MESSAGE, cc_message, event, &wire_event_shape),
    WIRE_SLOT(7, WIRE_BYTES, cc_message, channel),
};
static const wire_shape message_shape = WIRE_SHAPE(cc_message, "ChaincodeMessage", message_slots);

static bool is_c_string(heddle_view text)
{
    return base_is_utf8(text) && (text.len == 0 || !memchr(text.data, 0, text.len));
}

heddle_status cc_message_read(heddle_view bytes, base_arena *arena, cc_message *out,
                              heddle_error *err)
{
    *out = (cc_message){0};
    BASE_TRY(wire_shape_read(&message_shape, bytes, arena, out, err));
    if (!is_c_string(out->tx_id))
        return base_fail(err, HEDDLE_E_DECODE, "ChaincodeMessage: txid is no text");
    if (!is_c_string(out->channel))
        return base_fail(err, HEDDLE_E_DECODE, "ChaincodeMessage: channel_id is no text");
    return HEDDLE_OK;
}

/* Written once, into memory of its size. */
heddle_status cc_message_blob(const cc_message *message, base_blob **out, heddle_error *err)
{
    uint8_t *bytes = NULL;
    size_t size = wire_shape_size(&message_shape, message);
    base_auto(blob) base_blob *blob = base_blob_new(size, &bytes);
    if (!blob)
        return base_fail(err, HEDDLE_E_NO_MEMORY, "%s message of %zu bytes",
                         cc_type_name(message->type), size);
    base_buffer buf = {.data = bytes, .cap = size, .limit = size};
    heddle_status st = wire_shape_write(&message_shape, message, &buf);
    if (st != HEDDLE_OK)
        return base_fail(err, st, "%s message", cc_type_name(message->type));
    *out = base_steal(&blob);
    return HEDDLE_OK;
}

/* A payload of up to three fields that are bytes, by their numbers. */
static heddle_status write_fields(const uint32_t *numbers, const heddle_view *values, size_t count,
                                  base_buffer *out)
{
    typedef struct one {
        heddle_view value;
    } one;
    for (size_t i = 0; i < count; i++) {
        wire_slot slots[] = {WIRE_SLOT(numbers[i], WIRE_BYTES, one, value)};
        wire_shape shape = WIRE_SHAPE(one, "payload", slots);
        one value = {values[i]};
        BASE_TRY(wire_shape_write(&shape, &value, out));
    }
    return HEDDLE_OK;
}

heddle_status cc_chaincode_id_write(heddle_view name, base_buffer *out)
{
    return write_fields((const uint32_t[]){2}, &name, 1, out);
}

heddle_status cc_key_write(heddle_view key, base_buffer *out)
{
    return write_fields((const uint32_t[]){1}, &key, 1, out);
}

heddle_status cc_query_id_write(heddle_view id, base_buffer *out)
{
    return write_fields((const uint32_t[]){1}, &id, 1, out);
}

heddle_status cc_put_write(heddle_view key, heddle_view value, base_buffer *out)
{
    return write_fields((const uint32_t[]){1, 2}, (const heddle_view[]){key, value}, 2, out);
}

heddle_status cc_range_write(heddle_view start, heddle_view end, base_buffer *out)
{
    return write_fields((const uint32_t[]){1, 2}, (const heddle_view[]){start, end}, 2, out);
}

static const wire_slot input_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, cc_input, args, arg_count, NULL),
};
static const wire_shape input_shape = WIRE_SHAPE(cc_input, "ChaincodeInput", input_slots);

heddle_status cc_input_read(heddle_view bytes, base_arena *arena, cc_input *out, heddle_error *err)
{
    *out = (cc_input){0};
    return wire_shape_read(&input_shape, bytes, arena, out, err);
}

heddle_status cc_response_write(const wire_response *response, base_buffer *out)
{
    return wire_shape_write(&wire_response_shape, response, out);
}

static const wire_slot kv_slots[] = {
    WIRE_SLOT(2, WIRE_BYTES, cc_kv, key),
    WIRE_SLOT(3, WIRE_BYTES, cc_kv, value),
};
static const wire_shape kv_shape = WIRE_SHAPE(cc_kv, "KV", kv_slots);

static const wire_slot result_slots[] = {
    WIRE_SLOT_OF(1, WIRE_NESTED, cc_result, kv, &kv_shape),
};
static const wire_shape result_shape = WIRE_SHAPE(cc_result, "QueryResultBytes", result_slots);

static const wire_slot query_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, cc_query_response, results, result_count, &result_shape),
    WIRE_SLOT(2, WIRE_BOOL, cc_query_response, has_more),
    WIRE_SLOT(3, WIRE_BYTES, cc_query_response, id),
};
static const wire_shape query_shape = WIRE_SHAPE(cc_query_response, "QueryResponse", query_slots);

heddle_status cc_query_response_read(heddle_view bytes, base_arena *arena, cc_query_response *out,
                                     heddle_error *err)
{
    *out = (cc_query_response){0};
    return wire_shape_read(&query_shape, bytes, arena, out, err);
}
