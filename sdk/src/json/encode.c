/*
 * The way back from JSON, to the bytes that Go's encoder makes of the same content: fields in the
 * order of their numbers, what is empty left out, maps in the order of their keys.
 *
 * What bytes hold can depend on other fields of the message, and of the messages around it
 * (json/nested.h), which are looked up in what is encoded of those already. So a message is made
 * in two passes: what depends on nothing, then what goes by its context. Each field is a piece
 * of `made`, and the pieces are put in order at the end.
 */
#include "json/encode.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "peer/transaction.pb-c.h"

enum { DEPTH_MAX = 100 };

typedef struct piece {
    size_t start;
    size_t len;
} piece;

typedef struct maker {
    json_frame frame;
    base_buffer made;
    piece pieces[WIRE_WALK_FIELDS_MAX]; /* by slot */
    heddle_error *err;
} maker;

static heddle_status fail(const maker *m, const wire_walk_field *field, const char *what)
{
    return base_fail(m->err, HEDDLE_E_DECODE, "%s.%s: %s", wire_walk_name(m->frame.type),
                     field->name, what);
}

static heddle_status full(heddle_status status, heddle_error *err)
{
    return status ? base_fail(err, status, "message of JSON") : HEDDLE_OK;
}

static heddle_status put_varint(base_buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        BASE_TRY(base_buffer_append_byte(out, (uint8_t)(value | 0x80)));
    return base_buffer_append_byte(out, (uint8_t)value);
}

static heddle_status put_field(base_buffer *out, uint32_t number, heddle_view bytes)
{
    BASE_TRY(put_varint(out, (uint64_t)number << 3 | WIRE_TYPE_BYTES));
    BASE_TRY(put_varint(out, bytes.len));
    return base_buffer_append(out, bytes);
}

/* The end of `made`, as far as it goes, is what the rules of nested messages may look at. */
static heddle_status put_bytes(maker *m, uint32_t number, heddle_view bytes)
{
    BASE_TRY(full(put_field(&m->made, number, bytes), m->err));
    m->frame.bytes = base_buffer_view(&m->made);
    return HEDDLE_OK;
}

static heddle_status read_u64(const json_item *item, uint64_t *out, bool *is_negative)
{
    heddle_view text;
    int64_t number;
    *is_negative = false;
    if (json_item_integer(item, &number)) {
        *is_negative = number < 0;
        *out = (uint64_t)number;
        return HEDDLE_OK;
    }
    if (!json_item_text(item, &text) || text.len == 0)
        return HEDDLE_E_DECODE;
    *is_negative = text.data[0] == '-';
    if (!base_parse_u64(base_view_slice(text, *is_negative ? 1 : 0, text.len), out))
        return HEDDLE_E_DECODE;
    if (*is_negative && *out > (uint64_t)INT64_MAX + 1)
        return HEDDLE_E_DECODE;
    if (*is_negative)
        *out = -*out;
    return HEDDLE_OK;
}

static bool fits(wire_walk_kind kind, uint64_t value, bool is_negative)
{
    switch (kind) {
    case WIRE_WALK_U64:
        return !is_negative;
    case WIRE_WALK_U32:
        return !is_negative && value <= UINT32_MAX;
    case WIRE_WALK_I64:
        return is_negative || value <= INT64_MAX;
    default:
        return is_negative ? (int64_t)value >= INT32_MIN : value <= INT32_MAX;
    }
}

static heddle_status read_scalar(maker *m, const wire_walk_field *field, const json_item *item,
                                 uint64_t *out)
{
    heddle_view text;
    int32_t value;
    bool truth;
    bool is_negative;
    if (field->kind == WIRE_WALK_BOOL) {
        if (!json_item_truth(item, &truth))
            return fail(m, field, "neither true nor false");
        *out = truth;
        return HEDDLE_OK;
    }
    if (field->kind == WIRE_WALK_ENUM && json_item_text(item, &text)) {
        if (!wire_walk_enum_value(field->names, (const char *)text.data, &value))
            return fail(m, field, "no name of this enumeration");
        *out = (uint64_t)(int64_t)value;
        return HEDDLE_OK;
    }
    if (read_u64(item, out, &is_negative) || !fits(field->kind, *out, is_negative))
        return fail(m, field, "no number of this range");
    return HEDDLE_OK;
}

static heddle_status read_codes(maker *m, const wire_walk_field *field, const json_item *item,
                                base_buffer *out)
{
    for (size_t i = 0; i < json_item_count(item); i++) {
        heddle_view text;
        int64_t code;
        int32_t value;
        const json_item *at = json_item_at(item, i);
        if (json_item_text(at, &text)) {
            if (!wire_walk_enum_value(&protos__tx_validation_code__descriptor,
                                      (const char *)text.data, &value))
                return fail(m, field, "no validation code of this name");
            code = value;
        } else if (!json_item_integer(at, &code) || code < 0 || code > UINT8_MAX) {
            return fail(m, field, "no validation code");
        }
        BASE_TRY(full(base_buffer_append_byte(out, (uint8_t)code), m->err));
    }
    return HEDDLE_OK;
}

static heddle_status read_base64(maker *m, const wire_walk_field *field, const json_item *item,
                                 base_buffer *out)
{
    heddle_view text;
    if (json_item_kind(item) == JSON_KIND_NULL)
        return HEDDLE_OK;
    if (!json_item_text(item, &text))
        return fail(m, field, "no base64");
    heddle_status status = base_unbase64(text, out);
    if (status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY || status == HEDDLE_E_TOO_LARGE)
        return full(status, m->err);
    return fail(m, field, "no base64");
}

static heddle_status read_message(const json_frame *up, const wire_description *type,
                                  const json_item *item, base_buffer *out, heddle_error *err);

/* The bytes of one value: a message, bytes that may hold one, or text. */
static heddle_status read_value(maker *m, const wire_walk_field *field, const json_item *item,
                                base_buffer *out)
{
    heddle_view text;
    json_kind kind = json_item_kind(item);
    if (field->kind == WIRE_WALK_TEXT) {
        if (!json_item_text(item, &text))
            return fail(m, field, "no text");
        return full(base_buffer_append(out, text), m->err);
    }
    if (json_item_member(item, "@undecodable"))
        return read_base64(m, field, json_item_member(item, "bytes"), out);
    if (field->kind == WIRE_WALK_MESSAGE)
        return read_message(&m->frame, field->message, item, out, m->err);
    if (kind != JSON_KIND_OBJECT && kind != JSON_KIND_ARRAY)
        return read_base64(m, field, item, out);
    json_nested nested = json_nested_in(&m->frame, false);
    if (nested.holding == JSON_HOLDS_CODES && kind == JSON_KIND_ARRAY)
        return read_codes(m, field, item, out);
    if (nested.holding != JSON_HOLDS_MESSAGE)
        return fail(m, field, "which message this is cannot be told");
    return read_message(&m->frame, nested.type, item, out, m->err);
}

static bool is_scalar(const wire_walk_field *field)
{
    return field->kind <= WIRE_WALK_ENUM;
}

static heddle_status make_packed(maker *m, const wire_walk_field *field, const json_item *item)
{
    base_auto_buffer base_buffer packed = {.limit = m->made.limit};
    for (size_t i = 0; i < json_item_count(item); i++) {
        uint64_t number;
        BASE_TRY(read_scalar(m, field, json_item_at(item, i), &number));
        BASE_TRY(full(put_varint(&packed, number), m->err));
    }
    return packed.len ? put_bytes(m, field->number, base_buffer_view(&packed)) : HEDDLE_OK;
}

static heddle_status make_list(maker *m, const wire_walk_field *field, const json_item *item)
{
    if (json_item_kind(item) != JSON_KIND_ARRAY)
        return fail(m, field, "no list");
    if (is_scalar(field))
        return make_packed(m, field, item);
    for (size_t i = 0; i < json_item_count(item); i++) {
        base_auto_buffer base_buffer value = {.limit = m->made.limit};
        m->frame.index = i;
        BASE_TRY(read_value(m, field, json_item_at(item, i), &value));
        BASE_TRY(put_bytes(m, field->number, base_buffer_view(&value)));
    }
    return HEDDLE_OK;
}

typedef struct member {
    heddle_view name;
    const json_item *item;
    uint64_t number; /* that the name is, where keys are numbers */
} member;

static int compare_members(const void *a, const void *b)
{
    const member *left = a, *right = b;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return base_view_compare(left->name, right->name);
}

static heddle_status put_key(maker *m, const wire_walk_field *field, const wire_walk_field *key,
                             const member *at, base_buffer *out)
{
    if (key->kind == WIRE_WALK_TEXT)
        return full(put_field(out, 1, at->name), m->err);
    if (!fits(key->kind, at->number, false))
        return fail(m, field, "a key is no number of its range");
    BASE_TRY(full(put_varint(out, 1 << 3 | WIRE_TYPE_VARINT), m->err));
    return full(put_varint(out, at->number), m->err);
}

static heddle_status make_entry(maker *m, const wire_walk_field *field, const member *at)
{
    wire_walk_field key;
    wire_walk_field value;
    base_auto_buffer base_buffer entry = {.limit = m->made.limit};
    base_auto_buffer base_buffer bytes = {.limit = m->made.limit};
    if (!wire_walk_field_find(field->message, 1, &key) ||
        !wire_walk_field_find(field->message, 2, &value))
        return fail(m, field, "no map");
    m->frame.key = at->name;
    BASE_TRY(put_key(m, field, &key, at, &entry));
    if (is_scalar(&value)) {
        uint64_t number;
        BASE_TRY(read_scalar(m, &value, at->item, &number));
        BASE_TRY(full(put_varint(&entry, 2 << 3 | WIRE_TYPE_VARINT), m->err));
        BASE_TRY(full(put_varint(&entry, number), m->err));
    } else {
        BASE_TRY(read_value(m, &value, at->item, &bytes));
        BASE_TRY(full(put_field(&entry, 2, base_buffer_view(&bytes)), m->err));
    }
    return put_bytes(m, field->number, base_buffer_view(&entry));
}

static heddle_status make_map(maker *m, const wire_walk_field *field, const json_item *item)
{
    wire_walk_field key;
    size_t count = json_item_count(item);
    if (json_item_kind(item) != JSON_KIND_OBJECT || !wire_walk_field_find(field->message, 1, &key))
        return fail(m, field, "no object");
    base_auto(bytes) uint8_t *memory = base_calloc(count + 1, sizeof(member));
    member *members = (member *)(void *)memory;
    if (!members)
        return base_fail_memory(m->err, "message of JSON");
    const void *cursor = NULL;
    for (size_t i = 0; json_item_next(item, &cursor, &members[i].name, &members[i].item); i++) {
        if (key.kind != WIRE_WALK_TEXT && !base_parse_u64(members[i].name, &members[i].number))
            return fail(m, field, "a key is no number");
    }
    qsort(members, count, sizeof(*members), compare_members);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(make_entry(m, field, &members[i]));
    return HEDDLE_OK;
}

static heddle_status make_scalar(maker *m, const wire_walk_field *field, const json_item *item)
{
    uint64_t number;
    BASE_TRY(read_scalar(m, field, item, &number));
    if (number == 0 && !field->is_one_of)
        return HEDDLE_OK;
    BASE_TRY(full(put_varint(&m->made, (uint64_t)field->number << 3 | WIRE_TYPE_VARINT), m->err));
    BASE_TRY(full(put_varint(&m->made, number), m->err));
    m->frame.bytes = base_buffer_view(&m->made);
    return HEDDLE_OK;
}

static heddle_status make_field(maker *m, const wire_walk_field *field, const json_item *item)
{
    m->frame.field = field->number;
    if (field->is_map)
        return make_map(m, field, item);
    if (field->is_repeated)
        return make_list(m, field, item);
    if (is_scalar(field))
        return make_scalar(m, field, item);
    base_auto_buffer base_buffer value = {.limit = m->made.limit};
    BASE_TRY(read_value(m, field, item, &value));
    bool is_kept = value.len || field->is_one_of || field->kind == WIRE_WALK_MESSAGE;
    return is_kept ? put_bytes(m, field->number, base_buffer_view(&value)) : HEDDLE_OK;
}

static bool is_by_context(const maker *m, const wire_walk_field *field)
{
    return json_nested_rule(m->frame.type, field->number) == JSON_RULE_BY_CONTEXT;
}

static heddle_status make_fields(maker *m, const json_item *item, bool by_context)
{
    for (size_t i = 0; i < wire_walk_field_count(m->frame.type); i++) {
        wire_walk_field field = wire_walk_field_in_order(m->frame.type, i);
        const json_item *value = json_item_member(item, field.name);
        bool is_none = json_item_kind(value) == JSON_KIND_ABSENT ||
                       (json_item_kind(value) == JSON_KIND_NULL && !field.is_one_of);
        if (is_none || is_by_context(m, &field) != by_context)
            continue;
        m->pieces[field.slot].start = m->made.len;
        BASE_TRY(make_field(m, &field, value));
        m->pieces[field.slot].len = m->made.len - m->pieces[field.slot].start;
    }
    return HEDDLE_OK;
}

static bool is_member(const wire_description *type, heddle_view name)
{
    for (size_t i = 0; i < wire_walk_field_count(type); i++) {
        if (base_view_is(name, wire_walk_field_at(type, i).name))
            return true;
    }
    return false;
}

static heddle_status check_members(const wire_description *type, const json_item *item,
                                   heddle_error *err)
{
    const void *cursor = NULL;
    heddle_view name;
    const json_item *value;
    if (json_item_kind(item) != JSON_KIND_OBJECT)
        return base_fail(err, HEDDLE_E_DECODE, "%s: no object", wire_walk_name(type));
    while (json_item_next(item, &cursor, &name, &value)) {
        if (!is_member(type, name))
            return base_fail(err, HEDDLE_E_DECODE, "%s has no field \"%.64s\"",
                             wire_walk_name(type), (const char *)name.data);
    }
    return HEDDLE_OK;
}

static heddle_status make_message(maker *m, const json_item *item, base_buffer *out)
{
    BASE_TRY(make_fields(m, item, false));
    BASE_TRY(make_fields(m, item, true));
    for (size_t i = 0; i < wire_walk_field_count(m->frame.type); i++) {
        heddle_view bytes =
            base_view_slice(base_buffer_view(&m->made), m->pieces[i].start, m->pieces[i].len);
        BASE_TRY(full(base_buffer_append(out, bytes), m->err));
    }
    return HEDDLE_OK;
}

static heddle_status read_message(const json_frame *up, const wire_description *type,
                                  const json_item *item, base_buffer *out, heddle_error *err)
{
    heddle_view text;
    if (type == &google__protobuf__timestamp__descriptor && json_item_text(item, &text))
        return json_time_read(text, out, err);
    BASE_TRY(check_members(type, item, err));
    maker m = {.frame = {.up = up, .type = type, .depth = up ? up->depth + 1 : 0},
               .made = {.limit = out->limit},
               .err = err};
    if (m.frame.depth > DEPTH_MAX)
        return base_fail(err, HEDDLE_E_DECODE, "%s is nested more than %d deep",
                         wire_walk_name(type), DEPTH_MAX);
    heddle_status status = make_message(&m, item, out);
    base_buffer_done(&m.made);
    return status;
}

heddle_status json_message_read(const wire_description *type, const json_item *item,
                                base_buffer *out, heddle_error *err)
{
    return read_message(NULL, type, item, out, err);
}
