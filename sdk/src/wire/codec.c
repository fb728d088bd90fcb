#include "wire/codec.h"

#include "base/fail.h"
#include "base/text.h"
#include "wire/reader.h"

/* The arena as protobuf-c's allocator; `failed` tells want of memory from bad bytes. */
typedef struct arena_source {
    base_arena *arena;
    bool failed;
} arena_source;

static void *source_alloc(void *user, size_t size)
{
    arena_source *source = user;
    void *block = base_arena_alloc(source->arena, size);
    if (!block)
        source->failed = true;
    return block;
}

static void source_free(void *user, void *block)
{
    (void)user;
    (void)block;
}

/* Text for people: a chaincode may well put a composite key into what it complains about. Cut
 * short at the NUL it does no harm. */
static bool is_prose(const ProtobufCFieldDescriptor *field)
{
    return strcmp(field->name, "message") == 0 || strcmp(field->name, "info") == 0;
}

static heddle_status check_text(const ProtobufCMessageDescriptor *type,
                                const ProtobufCFieldDescriptor *field, heddle_view text,
                                heddle_error *err)
{
    if (!base_is_utf8(text))
        return base_fail(err, HEDDLE_E_DECODE, "%s.%s is not UTF-8", type->name, field->name);
    if (text.len > 0 && !is_prose(field) && memchr(text.data, 0, text.len))
        return base_fail(err, HEDDLE_E_DECODE, "%s.%s holds a NUL", type->name, field->name);
    return HEDDLE_OK;
}

/* protobuf-c recurses into messages without a bound, hence this look before it does. */
static heddle_status check_message(const ProtobufCMessageDescriptor *type, heddle_view bytes,
                                   unsigned depth, heddle_error *err)
{
    if (depth > WIRE_MAX_DEPTH)
        return base_fail(err, HEDDLE_E_DECODE, "%s is nested more than %d deep", type->name,
                         WIRE_MAX_DEPTH);
    wire_reader reader = wire_reader_of(bytes);
    wire_field at;
    while (wire_reader_next(&reader, &at)) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, at.number);
        if (!field || at.type != WIRE_TYPE_BYTES)
            continue;
        if (field->type == PROTOBUF_C_TYPE_STRING)
            BASE_TRY(check_text(type, field, at.bytes, err));
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            BASE_TRY(check_message(field->descriptor, at.bytes, depth + 1, err));
    }
    return wire_reader_status(&reader, type->name, err);
}

heddle_status wire_message_decode(const ProtobufCMessageDescriptor *type, heddle_view bytes,
                                  base_arena *arena, ProtobufCMessage **out, heddle_error *err)
{
    BASE_TRY(check_message(type, bytes, 1, err));
    arena_source source = {arena, false};
    ProtobufCAllocator allocator = {source_alloc, source_free, &source};
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.len, bytes.data);
    if (!message && source.failed)
        return base_arena_fail(arena, err, type->name);
    if (!message)
        return base_fail(err, HEDDLE_E_DECODE, "%s: a field is malformed", type->name);
    *out = message;
    return HEDDLE_OK;
}

void *wire_message_new(const ProtobufCMessageDescriptor *type, base_arena *arena)
{
    void *message = base_arena_alloc(arena, type->sizeof_message);
    if (message)
        protobuf_c_message_init(type, message);
    return message;
}

heddle_status wire_encode(const ProtobufCMessage *message, base_buffer *out, heddle_error *err)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    heddle_status status = base_buffer_reserve(out, size);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "%s: %zu bytes do not fit", message->descriptor->name, size);
    if (size > 0)
        protobuf_c_message_pack(message, out->data + out->len);
    out->len += size;
    return HEDDLE_OK;
}

heddle_status wire_encode_arena(const ProtobufCMessage *message, base_arena *arena,
                                heddle_view *out, heddle_error *err)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = base_arena_alloc(arena, size ? size : 1);
    if (!data)
        return base_arena_fail(arena, err, message->descriptor->name);
    protobuf_c_message_pack(message, data);
    *out = heddle_view_of(data, size);
    return HEDDLE_OK;
}
