#include "wire/walk.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

/* Strings that proto/ keeps as bytes; no field of type bytes has such a name. */
static bool is_text_in_bytes(const char *name)
{
    static const char *const names[] = {"key",      "keys",   "start_key", "end_key",
                                        "startKey", "endKey", "bookmark"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static wire_walk_kind kind_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
        return WIRE_WALK_I32;
    case PROTOBUF_C_TYPE_UINT32:
        return WIRE_WALK_U32;
    case PROTOBUF_C_TYPE_INT64:
        return WIRE_WALK_I64;
    case PROTOBUF_C_TYPE_UINT64:
        return WIRE_WALK_U64;
    case PROTOBUF_C_TYPE_BOOL:
        return WIRE_WALK_BOOL;
    case PROTOBUF_C_TYPE_ENUM:
        return WIRE_WALK_ENUM;
    case PROTOBUF_C_TYPE_STRING:
        return WIRE_WALK_TEXT;
    case PROTOBUF_C_TYPE_BYTES:
        return is_text_in_bytes(field->name) ? WIRE_WALK_TEXT : WIRE_WALK_BYTES;
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_WALK_MESSAGE;
    default:
        return WIRE_WALK_OTHER;
    }
}

/* The compiler calls the message behind a map<…> XyzEntry; none of Fabric's own is so called. */
static bool is_map(const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    size_t len = strlen(entry->short_name);
    return len > 5 && strcmp(entry->short_name + len - 5, "Entry") == 0 && entry->n_fields == 2 &&
           strcmp(entry->fields[0].name, "key") == 0 && strcmp(entry->fields[1].name, "value") == 0;
}

static wire_walk_field describe(const wire_description *type, const ProtobufCFieldDescriptor *field)
{
    wire_walk_field out = {
        .name = field->name,
        .number = field->id,
        .slot = (unsigned)(field - type->fields),
        .kind = kind_of(field),
        .is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED,
        .is_map = is_map(field),
        .is_one_of = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0,
    };
    if (out.kind == WIRE_WALK_MESSAGE)
        out.message = field->descriptor;
    else if (out.kind == WIRE_WALK_ENUM)
        out.names = field->descriptor;
    return out;
}

size_t wire_walk_field_count(const wire_description *type)
{
    return type->n_fields;
}

wire_walk_field wire_walk_field_at(const wire_description *type, size_t index)
{
    return describe(type, &type->fields[type->fields_sorted_by_name[index]]);
}

wire_walk_field wire_walk_field_in_order(const wire_description *type, size_t index)
{
    return describe(type, &type->fields[index]);
}

bool wire_walk_field_find(const wire_description *type, uint32_t number, wire_walk_field *out)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, number);
    if (field)
        *out = describe(type, field);
    return field != NULL;
}

const char *wire_walk_name(const wire_description *type)
{
    return type->name;
}

const char *wire_walk_enum_name(const ProtobufCEnumDescriptor *names, int32_t value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(names, value);
    return found ? found->name : NULL;
}

bool wire_walk_enum_value(const ProtobufCEnumDescriptor *names, const char *name, int32_t *out)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(names, name);
    if (found)
        *out = found->value;
    return found != NULL;
}

static bool is_scalar(wire_walk_kind kind)
{
    return kind <= WIRE_WALK_ENUM;
}

/* Scalars of a list come one by one, or packed into bytes. */
static bool fits(const wire_walk_field *field, const wire_field *at)
{
    if (field->kind == WIRE_WALK_OTHER)
        return false;
    if (at->type == WIRE_TYPE_BYTES)
        return !is_scalar(field->kind) || field->is_repeated;
    return at->type == WIRE_TYPE_VARINT && is_scalar(field->kind);
}

static heddle_status count_packed(heddle_view bytes, const char *what, size_t *count,
                                  heddle_error *err)
{
    wire_reader reader = wire_reader_of(bytes);
    uint64_t number;
    while (wire_reader_varint(&reader, &number))
        ++*count;
    return wire_reader_status(&reader, what, err);
}

/* Of a oneof the last member stays: the others share its quantifier. */
static void clear_others(wire_walk *walk, unsigned slot, const uint8_t *at)
{
    const ProtobufCFieldDescriptor *fields = walk->type->fields;
    for (unsigned i = 0; i < walk->type->n_fields; i++) {
        if (i == slot || !(fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ||
            fields[i].quantifier_offset != fields[slot].quantifier_offset)
            continue;
        walk->slots[i].count = 0;
        walk->slots[i].since = at;
    }
}

static heddle_status take(wire_walk *walk, const wire_walk_field *field, const wire_field *at,
                          const wire_reader *reader, heddle_error *err)
{
    size_t *count = &walk->slots[field->slot].count;
    if (field->kind == WIRE_WALK_TEXT && !base_is_utf8(at->bytes))
        return base_fail(err, HEDDLE_E_DECODE, "%s.%s is not UTF-8", walk->type->name, field->name);
    if (field->is_repeated && is_scalar(field->kind) && at->type == WIRE_TYPE_BYTES)
        return count_packed(at->bytes, field->name, count, err);
    if (field->is_one_of)
        clear_others(walk, field->slot, reader->at);
    if (field->is_repeated || field->kind == WIRE_WALK_MESSAGE)
        ++*count;
    else
        *count = 1;
    walk->slots[field->slot].last = (wire_walk_value){at->varint, at->bytes};
    return HEDDLE_OK;
}

/* To merge messages is to decode one behind the other. */
static heddle_status merge(wire_walk *walk, unsigned slot, base_arena *arena, heddle_error *err)
{
    const uint8_t *start = walk->slots[slot].since;
    size_t left = (size_t)(walk->bytes.data + walk->bytes.len - start);
    uint8_t *whole = base_arena_alloc(arena, left);
    if (!whole)
        return base_arena_fail(arena, err, walk->type->name);
    wire_reader reader = wire_reader_of(heddle_view_of(start, left));
    wire_field at;
    size_t len = 0;
    while (wire_reader_next(&reader, &at)) {
        if (at.number != walk->type->fields[slot].id || at.type != WIRE_TYPE_BYTES || !at.bytes.len)
            continue;
        memcpy(whole + len, at.bytes.data, at.bytes.len);
        len += at.bytes.len;
    }
    walk->slots[slot].last.bytes = heddle_view_of(whole, len);
    walk->slots[slot].count = 1;
    return HEDDLE_OK;
}

static heddle_status merge_all(wire_walk *walk, base_arena *arena, heddle_error *err)
{
    for (unsigned i = 0; i < walk->type->n_fields; i++) {
        if (walk->slots[i].count > 1 && walk->type->fields[i].label != PROTOBUF_C_LABEL_REPEATED)
            BASE_TRY(merge(walk, i, arena, err));
    }
    return HEDDLE_OK;
}

heddle_status wire_walk_read(const wire_description *type, heddle_view bytes, base_arena *arena,
                             wire_walk *out, heddle_error *err)
{
    if (type->n_fields > WIRE_WALK_FIELDS_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%s has too many fields", type->name);
    out->type = type;
    out->bytes = bytes;
    for (unsigned i = 0; i < type->n_fields; i++) {
        out->slots[i].count = 0;
        out->slots[i].since = bytes.data;
    }
    wire_reader reader = wire_reader_of(bytes);
    wire_field at;
    wire_walk_field field;
    while (wire_reader_next(&reader, &at)) {
        if (wire_walk_field_find(type, at.number, &field) && fits(&field, &at))
            BASE_TRY(take(out, &field, &at, &reader, err));
    }
    BASE_TRY(wire_reader_status(&reader, type->name, err));
    return merge_all(out, arena, err);
}

wire_walk_each wire_walk_values(const wire_walk *walk, const wire_walk_field *field)
{
    return (wire_walk_each){.reader = wire_reader_of(walk->bytes),
                            .packed = wire_reader_of(heddle_view_of(NULL, 0)),
                            .number = field->number,
                            .is_scalar = is_scalar(field->kind)};
}

bool wire_walk_next(wire_walk_each *each, wire_walk_value *out)
{
    wire_field at;
    *out = (wire_walk_value){0};
    for (;;) {
        if (wire_reader_varint(&each->packed, &out->number))
            return true;
        if (!wire_reader_next(&each->reader, &at))
            return false;
        if (at.number != each->number)
            continue;
        if (each->is_scalar && at.type == WIRE_TYPE_BYTES) {
            each->packed = wire_reader_of(at.bytes);
        } else if (at.type == (each->is_scalar ? WIRE_TYPE_VARINT : WIRE_TYPE_BYTES)) {
            *out = (wire_walk_value){at.varint, at.bytes};
            return true;
        }
    }
}

heddle_view wire_walk_dig(heddle_view message, const uint32_t *path)
{
    for (; *path; path++) {
        if (!wire_field_find(message, *path, &message))
            return heddle_view_of(NULL, 0);
    }
    return message;
}

uint64_t wire_walk_scalar(heddle_view message, uint32_t number)
{
    wire_reader reader = wire_reader_of(message);
    wire_field at;
    uint64_t last = 0;
    while (wire_reader_next(&reader, &at)) {
        if (at.number == number && at.type == WIRE_TYPE_VARINT)
            last = at.varint;
    }
    return last;
}
