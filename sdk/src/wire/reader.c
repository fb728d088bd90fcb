#include "wire/reader.h"

#include "base/fail.h"

/* As deep as Go's decoder goes: bytes that a peer can read must be readable here. */
enum { GROUP_DEPTH_MAX = 10000, TYPE_GROUP_START = 3, TYPE_GROUP_END = 4 };

wire_reader wire_reader_of(heddle_view bytes)
{
    /* NULL plus 0 is undefined, so an empty view reads from a byte of its own. */
    static const uint8_t none[1];
    const uint8_t *start = bytes.len ? bytes.data : none;
    return (wire_reader){.start = start, .at = start, .end = start + bytes.len};
}

static bool fail(wire_reader *reader)
{
    reader->failed = true;
    return false;
}

static bool read_varint(wire_reader *reader, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        if (shift == 63 && byte > 1)
            return fail(reader);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return fail(reader);
}

static bool read_tag(wire_reader *reader, wire_field *out)
{
    uint64_t tag;
    if (!read_varint(reader, &tag))
        return false;
    if (tag >> 32 || tag >> 3 == 0)
        return fail(reader);
    *out = (wire_field){.number = (uint32_t)(tag >> 3), .type = (int)(tag & 7)};
    return true;
}

static bool skip(wire_reader *reader, size_t len)
{
    if ((size_t)(reader->end - reader->at) < len)
        return fail(reader);
    reader->at += len;
    return true;
}

static bool read_bytes(wire_reader *reader, heddle_view *out)
{
    uint64_t len;
    if (!read_varint(reader, &len))
        return false;
    if (len > (uint64_t)(reader->end - reader->at))
        return fail(reader);
    *out = heddle_view_of(reader->at, (size_t)len);
    reader->at += len;
    return true;
}

static bool read_value(wire_reader *reader, wire_field *field)
{
    switch (field->type) {
    case WIRE_TYPE_VARINT:
        return read_varint(reader, &field->varint);
    case WIRE_TYPE_FIXED64:
        return skip(reader, 8);
    case WIRE_TYPE_BYTES:
        return read_bytes(reader, &field->bytes);
    case WIRE_TYPE_FIXED32:
        return skip(reader, 4);
    default:
        return fail(reader);
    }
}

/* Fabric uses no groups, but an unknown field may be one. */
static bool skip_group(wire_reader *reader, uint32_t number)
{
    uint32_t open[GROUP_DEPTH_MAX];
    open[0] = number;
    size_t depth = 1;
    while (depth) {
        wire_field inner;
        if (reader->at == reader->end || !read_tag(reader, &inner))
            return fail(reader);
        if (inner.type == TYPE_GROUP_END) {
            if (open[--depth] != inner.number)
                return fail(reader);
        } else if (inner.type == TYPE_GROUP_START) {
            if (depth == GROUP_DEPTH_MAX)
                return fail(reader);
            open[depth++] = inner.number;
        } else if (!read_value(reader, &inner)) {
            return false;
        }
    }
    return true;
}

bool wire_reader_next(wire_reader *reader, wire_field *out)
{
    if (reader->failed)
        return false;
    while (reader->at < reader->end) {
        wire_field field;
        if (!read_tag(reader, &field))
            return false;
        if (field.type == TYPE_GROUP_START) {
            if (!skip_group(reader, field.number))
                return false;
            continue;
        }
        if (!read_value(reader, &field))
            return false;
        *out = field;
        return true;
    }
    return false;
}

bool wire_reader_varint(wire_reader *reader, uint64_t *out)
{
    return reader->at < reader->end && !reader->failed && read_varint(reader, out);
}

heddle_status wire_reader_status(const wire_reader *reader, const char *what, heddle_error *err)
{
    if (!reader->failed)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DECODE, "%s: no protobuf at byte %zu of %zu", what,
                     (size_t)(reader->at - reader->start), (size_t)(reader->end - reader->start));
}

bool wire_field_find(heddle_view message, uint32_t number, heddle_view *out)
{
    wire_reader reader = wire_reader_of(message);
    wire_field field;
    heddle_view last = {NULL, 0};
    bool found = false;
    while (wire_reader_next(&reader, &field)) {
        if (field.number == number && field.type == WIRE_TYPE_BYTES) {
            last = field.bytes;
            found = true;
        }
    }
    if (found && !reader.failed)
        *out = last;
    return found && !reader.failed;
}
