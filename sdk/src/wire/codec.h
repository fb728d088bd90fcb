/*
 * Generated messages read and written. Other layers use the structs of the generated headers
 * and these functions, never the API of protobuf-c.
 *
 *   Common__Envelope *envelope;
 *   BASE_TRY(wire_decode(common__envelope, bytes, arena, &envelope, err));
 *
 * The name is the message's in lower case, as in its generated functions. A decoded message
 * lives in the arena and is not freed; its strings and bytes are copies.
 *
 * What the decoder refuses, as Fabric's own does: bytes that are no protobuf and strings that
 * are not UTF-8. Beyond that it refuses messages nested more than WIRE_MAX_DEPTH deep and
 * strings that hold NUL, because a C string would end there and say something else. (Keys,
 * which may hold NUL, are `bytes` in the generated structs; fields called `message` or `info`
 * are for people and end at the NUL.)
 */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/buffer.h"

enum { WIRE_MAX_DEPTH = 64 };

/** Decode a message of type @p name into @p arena: *(out) gets its address. */
#define wire_decode(name, bytes, arena, out, err)                                                  \
    ({                                                                                             \
        __typeof__(name##__unpack(NULL, 0, NULL)) *typed_out_ = (out);                             \
        ProtobufCMessage *decoded_ = NULL;                                                         \
        heddle_status decode_status_ =                                                             \
            wire_message_decode(&name##__descriptor, (bytes), (arena), &decoded_, (err));          \
        if (decode_status_ == HEDDLE_OK)                                                           \
            *typed_out_ = (void *)decoded_;                                                        \
        decode_status_;                                                                            \
    })

/** What wire_decode() calls: E_DECODE names the message, the field and the byte. */
HEDDLE_MUST_USE heddle_status wire_message_decode(const ProtobufCMessageDescriptor *type,
                                                  heddle_view bytes, base_arena *arena,
                                                  ProtobufCMessage **out, heddle_error *err);

/** An empty message of type @p name in @p arena, for building; NULL past its limit. */
#define wire_new(name, arena) wire_message_new(&name##__descriptor, (arena))
void *wire_message_new(const ProtobufCMessageDescriptor *type, base_arena *arena);

/** Append @p message (&m->base of a generated struct) to @p out, within its limit. */
HEDDLE_MUST_USE heddle_status wire_encode(const ProtobufCMessage *message, base_buffer *out,
                                          heddle_error *err);
/** The same into @p arena. */
HEDDLE_MUST_USE heddle_status wire_encode_arena(const ProtobufCMessage *message, base_arena *arena,
                                                heddle_view *out, heddle_error *err);

/** A bytes field that borrows @p view; for building messages, which are only read. */
static inline ProtobufCBinaryData wire_bytes(heddle_view view)
{
    ProtobufCBinaryData bytes = {view.len, (uint8_t *)(uintptr_t)view.data};
    return bytes;
}

/** A view of a bytes field. */
static inline heddle_view wire_view(ProtobufCBinaryData bytes)
{
    return heddle_view_of(bytes.data, bytes.len);
}

/** A string field that borrows @p text, which is only read. */
static inline char *wire_text(const char *text)
{
    return (char *)(uintptr_t)text;
}

#endif
