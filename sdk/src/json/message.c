/*
 * The walk through a message and through what is nested in it.
 *
 * Vocabulary: what a bytes field `holds` is a message of its own (json/nested.h). A message that
 * cannot be read is `undecodable`: what was written of it is taken back, its bytes are shown in
 * its place, and what is around it stays. Only a lack of memory or room ends the whole, or any
 * failure if the caller is strict.
 */
#include "json/message.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "peer/transaction.pb-c.h"
#include "json/readable.h"
#include "json/writer.h"

enum { DEPTH_MAX = 100 };

typedef struct printer {
    json_writer writer;
    base_arena *arena;
    json_manner manner;
    heddle_error *err;
} printer;

static heddle_status write_message(printer *p, json_frame *frame);
static heddle_status write_members(printer *p, json_frame *frame);

static bool is_basic(const printer *p)
{
    return p->manner.style == HEDDLE_JSON_CONFIGTXLATOR ||
           p->manner.style == HEDDLE_JSON_CONFIGTXLATOR_2;
}

static json_frame frame_in(const json_frame *up, const wire_description *type, heddle_view bytes)
{
    return (json_frame){
        .up = up, .type = type, .bytes = bytes, .depth = up->depth + 1, .is_plain = up->is_plain};
}

static void write_undecodable(printer *p, const json_frame *frame)
{
    json_writer *w = &p->writer;
    json_begin(w, '{');
    json_name(w, VIEW("@undecodable"));
    json_text(w, heddle_view_str(wire_walk_name(frame->type)));
    json_name(w, VIEW("bytes"));
    json_base64(w, frame->bytes);
    json_end(w, '}');
}

static heddle_status write_nested(printer *p, json_frame *frame)
{
    json_mark mark = json_marked(&p->writer);
    heddle_error ignored;
    heddle_error *err = p->err;
    if (!p->manner.strict)
        p->err = &ignored;
    heddle_status status = write_message(p, frame);
    p->err = err;
    if (status == HEDDLE_E_DECODE && !p->manner.strict) {
        json_rewind(&p->writer, mark);
        write_undecodable(p, frame);
        return HEDDLE_OK;
    }
    if (status && !p->manner.strict && err && p->writer.status == HEDDLE_OK)
        *err = ignored;
    return status;
}

static void write_codes(printer *p, heddle_view codes)
{
    json_begin(&p->writer, '[');
    for (size_t i = 0; i < codes.len; i++) {
        const char *name =
            wire_walk_enum_name(&protos__tx_validation_code__descriptor, codes.data[i]);
        json_element(&p->writer);
        if (name)
            json_text(&p->writer, heddle_view_str(name));
        else
            json_printf(&p->writer, "%u", codes.data[i]);
    }
    json_end(&p->writer, ']');
}

/* Empty bytes of a field that is no list are an empty list of Go, which Fabric 2 shows as null. */
static bool is_null(const printer *p, const json_nested *nested, bool is_single)
{
    if (nested->holding != JSON_HOLDS_BYTES)
        return is_single;
    return is_single && p->manner.style == HEDDLE_JSON_CONFIGTXLATOR_2;
}

static heddle_status write_bytes(printer *p, const json_frame *frame, heddle_view bytes,
                                 bool is_single)
{
    json_nested nested = json_nested_in(frame, is_basic(p));
    if (bytes.len == 0 && is_null(p, &nested, is_single)) {
        json_word(&p->writer, "null");
        return HEDDLE_OK;
    }
    switch (nested.holding) {
    case JSON_HOLDS_MESSAGE: {
        json_frame inner = frame_in(frame, nested.type, bytes);
        return write_nested(p, &inner);
    }
    case JSON_HOLDS_CODES:
        write_codes(p, bytes);
        return HEDDLE_OK;
    case JSON_HOLDS_UNKNOWN:
        if (p->manner.strict)
            return base_fail(p->err, HEDDLE_E_DECODE, "field %u of %s: no such content is known",
                             frame->field, wire_walk_name(frame->type));
        break;
    default:
        break;
    }
    if (p->manner.style == HEDDLE_JSON_READABLE)
        json_readable_write(&p->writer, bytes);
    else
        json_base64(&p->writer, bytes);
    return HEDDLE_OK;
}

static void write_enum(printer *p, const wire_walk_field *field, int32_t value)
{
    const char *name = wire_walk_enum_name(field->names, value);
    if (name)
        json_text(&p->writer, heddle_view_str(name));
    else
        json_printf(&p->writer, "%" PRId32, value);
}

static void write_scalar(printer *p, const wire_walk_field *field, uint64_t number)
{
    json_writer *w = &p->writer;
    switch (field->kind) {
    case WIRE_WALK_I32:
        json_printf(w, "%" PRId32, (int32_t)(uint32_t)number);
        break;
    case WIRE_WALK_U32:
        json_printf(w, "%" PRIu32, (uint32_t)number);
        break;
    case WIRE_WALK_I64:
        json_printf(w, "\"%" PRId64 "\"", (int64_t)number);
        break;
    case WIRE_WALK_U64:
        json_printf(w, "\"%" PRIu64 "\"", number);
        break;
    case WIRE_WALK_BOOL:
        json_word(w, number ? "true" : "false");
        break;
    default:
        write_enum(p, field, (int32_t)(uint32_t)number);
        break;
    }
}

static heddle_status write_value(printer *p, const json_frame *frame, const wire_walk_field *field,
                                 const wire_walk_value *value, bool is_single)
{
    switch (field->kind) {
    case WIRE_WALK_MESSAGE: {
        json_frame inner = frame_in(frame, field->message, value->bytes);
        inner.is_plain |= is_basic(p) && field->is_one_of;
        return write_nested(p, &inner);
    }
    case WIRE_WALK_BYTES:
        return write_bytes(p, frame, value->bytes, is_single);
    case WIRE_WALK_TEXT:
        json_text(&p->writer, value->bytes);
        return HEDDLE_OK;
    default:
        write_scalar(p, field, value->number);
        return HEDDLE_OK;
    }
}

static heddle_status write_list(printer *p, json_frame *frame, const wire_walk *walk,
                                const wire_walk_field *field)
{
    json_begin(&p->writer, '[');
    wire_walk_each each = wire_walk_values(walk, field);
    wire_walk_value value;
    for (frame->index = 0; wire_walk_next(&each, &value); frame->index++) {
        json_element(&p->writer);
        BASE_TRY(write_value(p, frame, field, &value, false));
        BASE_TRY(p->writer.status);
    }
    json_end(&p->writer, ']');
    return HEDDLE_OK;
}

/* An entry of a map, with the text that its key is in JSON. */
typedef struct entry {
    heddle_view key;
    size_t place;
    wire_walk_value value;
} entry;

static int compare_entries(const void *a, const void *b)
{
    const entry *left = a, *right = b;
    int order = base_view_compare(left->key, right->key);
    return order ? order : left->place < right->place ? -1 : 1;
}

static heddle_status read_entry(printer *p, const wire_walk_field *field, heddle_view bytes,
                                entry *out)
{
    wire_walk walk;
    wire_walk_field key;
    wire_walk_field value;
    BASE_TRY(wire_walk_read(field->message, bytes, p->arena, &walk, p->err));
    if (!wire_walk_field_find(field->message, 1, &key) ||
        !wire_walk_field_find(field->message, 2, &value))
        return base_fail(p->err, HEDDLE_E_DECODE, "%s is no map", field->name);
    if (walk.slots[value.slot].count)
        out->value = walk.slots[value.slot].last;
    if (key.kind == WIRE_WALK_TEXT) {
        if (walk.slots[key.slot].count)
            out->key = walk.slots[key.slot].last.bytes;
        return HEDDLE_OK;
    }
    uint64_t number = walk.slots[key.slot].count ? walk.slots[key.slot].last.number : 0;
    const char *text = base_arena_printf(p->arena, "%" PRIu64, number);
    if (!text)
        return base_arena_fail(p->arena, p->err, field->name);
    out->key = heddle_view_str(text);
    return HEDDLE_OK;
}

/* All entries of a map, in the order of their keys; of equal keys the last one counts. */
static heddle_status read_entries(printer *p, const wire_walk *walk, const wire_walk_field *field,
                                  entry **out)
{
    size_t count = walk->slots[field->slot].count;
    entry *entries = base_arena_zalloc(p->arena, count + 1, sizeof(*entries));
    if (!entries)
        return base_arena_fail(p->arena, p->err, field->name);
    wire_walk_each each = wire_walk_values(walk, field);
    wire_walk_value value;
    for (size_t i = 0; i < count && wire_walk_next(&each, &value); i++) {
        entries[i].place = i;
        BASE_TRY(read_entry(p, field, value.bytes, &entries[i]));
    }
    qsort(entries, count, sizeof(*entries), compare_entries);
    *out = entries;
    return HEDDLE_OK;
}

static heddle_status write_map(printer *p, json_frame *frame, const wire_walk *walk,
                               const wire_walk_field *field)
{
    wire_walk_field value;
    wire_walk_field key;
    if (!wire_walk_field_find(field->message, 1, &key) ||
        !wire_walk_field_find(field->message, 2, &value))
        return base_fail(p->err, HEDDLE_E_DECODE, "%s is no map", field->name);
    entry *entries = NULL;
    size_t count = walk->slots[field->slot].count;
    if (count)
        BASE_TRY(read_entries(p, walk, field, &entries));
    bool was_plain = frame->is_plain;
    frame->is_plain |= is_basic(p) && key.kind != WIRE_WALK_TEXT;
    json_begin(&p->writer, '{');
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && base_view_equal(entries[i].key, entries[i + 1].key))
            continue;
        frame->key = entries[i].key;
        json_name(&p->writer, entries[i].key);
        BASE_TRY(write_value(p, frame, &value, &entries[i].value, false));
        BASE_TRY(p->writer.status);
    }
    json_end(&p->writer, '}');
    frame->is_plain = was_plain;
    return HEDDLE_OK;
}

static heddle_status write_member(printer *p, json_frame *frame, const wire_walk *walk,
                                  const wire_walk_field *field)
{
    bool there = walk->slots[field->slot].count > 0;
    if (field->kind == WIRE_WALK_OTHER || (field->is_one_of && !there))
        return HEDDLE_OK;
    json_name(&p->writer, heddle_view_str(field->name));
    frame->field = field->number;
    if (field->is_map)
        return write_map(p, frame, walk, field);
    if (field->is_repeated)
        return write_list(p, frame, walk, field);
    if (field->kind == WIRE_WALK_MESSAGE && !there) {
        json_word(&p->writer, "null");
        return HEDDLE_OK;
    }
    wire_walk_value none = {0};
    return write_value(p, frame, field, there ? &walk->slots[field->slot].last : &none, true);
}

static heddle_status write_members(printer *p, json_frame *frame)
{
    wire_walk walk;
    BASE_TRY(wire_walk_read(frame->type, frame->bytes, p->arena, &walk, p->err));
    frame->walk = &walk;
    json_begin(&p->writer, '{');
    for (size_t i = 0; i < wire_walk_field_count(frame->type); i++) {
        wire_walk_field field = wire_walk_field_at(frame->type, i);
        BASE_TRY(write_member(p, frame, &walk, &field));
        BASE_TRY(p->writer.status);
    }
    json_end(&p->writer, '}');
    return HEDDLE_OK;
}

static heddle_status write_time(printer *p, const json_frame *frame)
{
    int64_t seconds = (int64_t)wire_walk_scalar(frame->bytes, 1);
    int32_t nanos = (int32_t)(uint32_t)wire_walk_scalar(frame->bytes, 2);
    if (!json_time_write(&p->writer, seconds, nanos))
        return base_fail(p->err, HEDDLE_E_DECODE, "no point in time");
    return HEDDLE_OK;
}

static heddle_status write_message(printer *p, json_frame *frame)
{
    if (frame->depth > DEPTH_MAX)
        return base_fail(p->err, HEDDLE_E_DECODE, "%s is nested more than %d deep",
                         wire_walk_name(frame->type), DEPTH_MAX);
    if (frame->type == &google__protobuf__timestamp__descriptor)
        return write_time(p, frame);
    return write_members(p, frame);
}

heddle_status json_message_write(const wire_description *type, heddle_view bytes,
                                 json_manner manner, base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "JSON");
    size_t before = out->len;
    printer p = {.writer = {.out = out, .indent = manner.indent},
                 .arena = arena,
                 .manner = manner,
                 .err = err};
    json_frame root = {.type = type, .bytes = bytes};
    heddle_status status = write_message(&p, &root);
    if (status == HEDDLE_OK && manner.indent)
        json_word(&p.writer, "\n");
    if (p.writer.status)
        status = base_fail(err, p.writer.status, "JSON of a %s", wire_walk_name(type));
    if (status)
        out->len = before;
    return status;
}
