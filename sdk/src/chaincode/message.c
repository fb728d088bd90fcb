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
        [CC_INVOKE_CHAINCODE] = "INVOKE_CHAINCODE",
        [CC_RESPONSE] = "RESPONSE",
        [CC_GET_STATE_BY_RANGE] = "GET_STATE_BY_RANGE",
        [CC_GET_QUERY_RESULT] = "GET_QUERY_RESULT",
        [CC_QUERY_STATE_NEXT] = "QUERY_STATE_NEXT",
        [CC_QUERY_STATE_CLOSE] = "QUERY_STATE_CLOSE",
        [CC_KEEPALIVE] = "KEEPALIVE",
        [CC_GET_HISTORY_FOR_KEY] = "GET_HISTORY_FOR_KEY",
        [CC_GET_STATE_METADATA] = "GET_STATE_METADATA",
        [CC_PUT_STATE_METADATA] = "PUT_STATE_METADATA",
        [CC_GET_PRIVATE_DATA_HASH] = "GET_PRIVATE_DATA_HASH",
        [CC_PURGE_PRIVATE_DATA] = "PURGE_PRIVATE_DATA",
        [CC_WRITE_BATCH_STATE] = "WRITE_BATCH_STATE",
        [CC_GET_STATE_MULTIPLE] = "GET_STATE_MULTIPLE",
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

/* The shape has no field that repeats, so that nothing is taken from an arena. */
heddle_status cc_message_read(heddle_view bytes, cc_message *out, heddle_error *err)
{
    *out = (cc_message){0};
    BASE_TRY(wire_shape_read(&message_shape, bytes, NULL, out, err));
    if (!is_c_string(out->tx_id))
        return base_fail(err, HEDDLE_E_DECODE, "ChaincodeMessage: txid is no text");
    if (!is_c_string(out->channel))
        return base_fail(err, HEDDLE_E_DECODE, "ChaincodeMessage: channel_id is no text");
    return HEDDLE_OK;
}

size_t cc_message_size(const cc_message *message)
{
    return wire_shape_size(&message_shape, message);
}

heddle_status cc_message_blob(const cc_message *message, base_blob **out, heddle_error *err)
{
    uint8_t *bytes = NULL;
    size_t size = cc_message_size(message);
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
