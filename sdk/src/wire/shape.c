/*
 * The two walks over a shape: bytes to struct, struct to bytes.
 *
 * An array of a repeated field grows by doubling inside the arena; its capacity is not
 * kept but follows from its count: full when the count is a power of two of at least
 * ARRAY_START, or zero.
 */
#include "base/fail.h"
#include "wire/reader.h"

enum { ARRAY_START = 4 };

static bool is_bytes_kind(wire_kind kind)
{
    return kind == WIRE_BYTES || kind >= WIRE_MESSAGE;
}

static void *array_append(base_arena *arena, void *slot, size_t *count, size_t size)
{
    void *old;
    memcpy(&old, slot, sizeof(old));
    size_t used = *count;
    bool full = used == 0 || (used >= ARRAY_START && (used & (used - 1)) == 0);
    if (full) {
        void *grown = base_arena_zalloc(arena, used ? used * 2 : ARRAY_START, size);
        if (!grown)
            return NULL;
        if (used)
            memcpy(grown, old, used * size);
        old = grown;
        memcpy(slot, &old, sizeof(old));
    }
    *count = used + 1;
    return (char *)old + used * size;
}

static heddle_status read_each(const wire_slot *slot, const char *name, heddle_view bytes,
                               base_arena *arena, char *out, heddle_error *err)
{
    size_t *count = (size_t *)(void *)(out + slot->extra);
    bool message = slot->kind == WIRE_EACH_MESSAGE;
    size_t size = message ? slot->shape->size : sizeof(heddle_view);
    void *item = array_append(arena, out + slot->offset, count, size);
    if (!item)
        return base_arena_fail(arena, err, name);
    if (message)
        return wire_shape_read(slot->shape, bytes, arena, item, err);
    *(heddle_view *)item = bytes;
    return HEDDLE_OK;
}

static void read_varint_slot(const wire_slot *slot, uint64_t value, void *member)
{
    switch (slot->kind) {
    case WIRE_U64:
    case WIRE_KEY:
        *(uint64_t *)member = value;
        break;
    case WIRE_U32:
        *(uint32_t *)member = (uint32_t)value;
        break;
    case WIRE_I32:
        *(int32_t *)member = (int32_t)(uint32_t)value;
        break;
    case WIRE_I64:
        *(int64_t *)member = (int64_t)value;
        break;
    default:
        *(bool *)member = value != 0;
        break;
    }
}

static heddle_status read_lenient(const wire_slot *slot, heddle_view bytes, base_arena *arena,
                                  void *member, heddle_error *err)
{
    memset(member, 0, slot->shape->size);
    heddle_error ignored;
    heddle_status status = wire_shape_read(slot->shape, bytes, arena, member, &ignored);
    if (status == HEDDLE_E_DECODE)
        memset(member, 0, slot->shape->size);
    else if (status != HEDDLE_OK)
        return base_arena_fail(arena, err, slot->shape->name);
    return HEDDLE_OK;
}

static heddle_status read_bytes_slot(const wire_slot *slot, const char *name, heddle_view bytes,
                                     base_arena *arena, char *out, heddle_error *err)
{
    switch (slot->kind) {
    case WIRE_BYTES:
        *(heddle_view *)(void *)(out + slot->offset) = bytes;
        return HEDDLE_OK;
    case WIRE_EACH_BYTES:
    case WIRE_EACH_MESSAGE:
        return read_each(slot, name, bytes, arena, out, err);
    case WIRE_LENIENT:
        return read_lenient(slot, bytes, arena, out + slot->offset, err);
    case WIRE_NESTED:
        memset(out + slot->offset, 0, slot->shape->size);
        break;
    case WIRE_OPTIONAL:
        *(bool *)(out + slot->extra) = true;
        break;
    default:
        break;
    }
    return wire_shape_read(slot->shape, bytes, arena, out + slot->offset, err);
}

heddle_status wire_shape_read(const wire_shape *shape, heddle_view bytes, base_arena *arena,
                              void *out, heddle_error *err)
{
    wire_reader reader = wire_reader_of(bytes);
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        for (size_t i = 0; i < shape->slot_count; i++) {
            const wire_slot *slot = &shape->slots[i];
            if (slot->number != field.number)
                continue;
            if (field.type == WIRE_TYPE_VARINT && !is_bytes_kind(slot->kind))
                read_varint_slot(slot, field.varint, (char *)out + slot->offset);
            else if (field.type == WIRE_TYPE_BYTES && is_bytes_kind(slot->kind))
                BASE_TRY(read_bytes_slot(slot, shape->name, field.bytes, arena, out, err));
        }
    }
    return wire_reader_status(&reader, shape->name, err);
}

static size_t varint_size(uint64_t value)
{
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}

size_t wire_bytes_field_size(uint32_t number, size_t len)
{
    return varint_size((uint64_t)number << 3 | WIRE_TYPE_BYTES) + varint_size(len) + len;
}

static heddle_status write_varint(base_buffer *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t len = 0;
    while (value >= 0x80) {
        bytes[len++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[len++] = (uint8_t)value;
    return base_buffer_append(out, heddle_view_of(bytes, len));
}

static uint64_t varint_of(const wire_slot *slot, const char *in)
{
    const void *member = in + slot->offset;
    switch (slot->kind) {
    case WIRE_U64:
    case WIRE_KEY:
        return *(const uint64_t *)member;
    case WIRE_U32:
        return *(const uint32_t *)member;
    case WIRE_I32:
        return (uint64_t)(int64_t) * (const int32_t *)member;
    case WIRE_I64:
        return (uint64_t) * (const int64_t *)member;
    default:
        return *(const bool *)member;
    }
}

static uint64_t tag_of(const wire_slot *slot)
{
    int type = is_bytes_kind(slot->kind) ? WIRE_TYPE_BYTES : WIRE_TYPE_VARINT;
    return (uint64_t)slot->number << 3 | (uint64_t)type;
}

static bool is_number_written(const wire_slot *slot, uint64_t value)
{
    return value || slot->kind == WIRE_KEY;
}

/* What one value of type bytes is made of: the struct of a message, or a view. */
static const char *item_of(const wire_slot *slot, const char *in, size_t index)
{
    if (slot->kind != WIRE_EACH_BYTES && slot->kind != WIRE_EACH_MESSAGE)
        return in + slot->offset;
    const char *items;
    memcpy(&items, in + slot->offset, sizeof(items));
    size_t size = slot->shape ? slot->shape->size : sizeof(heddle_view);
    return items + index * size;
}

static size_t item_size(const wire_slot *slot, const char *item)
{
    return slot->shape ? wire_shape_size(slot->shape, item)
                       : ((const heddle_view *)(const void *)item)->len;
}

/* How many values of type bytes the slot may give. */
static size_t item_count(const wire_slot *slot, const char *in)
{
    switch (slot->kind) {
    case WIRE_EACH_BYTES:
    case WIRE_EACH_MESSAGE:
        return *(const size_t *)(const void *)(in + slot->extra);
    case WIRE_OPTIONAL:
        return *(const bool *)(in + slot->extra) ? 1 : 0;
    default:
        return 1;
    }
}

/* Whether an item of this size is written: a single one that is empty is as good as absent. */
static bool is_written(const wire_slot *slot, size_t size)
{
    return size || slot->kind == WIRE_EACH_BYTES || slot->kind == WIRE_EACH_MESSAGE ||
           slot->kind == WIRE_OPTIONAL;
}

size_t wire_shape_size(const wire_shape *shape, const void *in)
{
    size_t total = 0;
    for (size_t i = 0; i < shape->slot_count; i++) {
        const wire_slot *slot = &shape->slots[i];
        if (!is_bytes_kind(slot->kind)) {
            uint64_t value = varint_of(slot, in);
            total +=
                is_number_written(slot, value) ? varint_size(tag_of(slot)) + varint_size(value) : 0;
            continue;
        }
        size_t count = item_count(slot, in);
        for (size_t n = 0; n < count; n++) {
            size_t size = item_size(slot, item_of(slot, in, n));
            if (is_written(slot, size))
                total += wire_bytes_field_size(slot->number, size);
        }
    }
    return total;
}

static heddle_status write_item(const wire_slot *slot, const char *item, base_buffer *out)
{
    size_t size = item_size(slot, item);
    if (!is_written(slot, size))
        return HEDDLE_OK;
    BASE_TRY(write_varint(out, tag_of(slot)));
    BASE_TRY(write_varint(out, size));
    if (slot->shape)
        return wire_shape_write(slot->shape, item, out);
    return base_buffer_append(out, *(const heddle_view *)(const void *)item);
}

heddle_status wire_shape_write(const wire_shape *shape, const void *in, base_buffer *out)
{
    for (size_t i = 0; i < shape->slot_count; i++) {
        const wire_slot *slot = &shape->slots[i];
        if (!is_bytes_kind(slot->kind)) {
            uint64_t value = varint_of(slot, in);
            if (is_number_written(slot, value)) {
                BASE_TRY(write_varint(out, tag_of(slot)));
                BASE_TRY(write_varint(out, value));
            }
            continue;
        }
        size_t count = item_count(slot, in);
        for (size_t n = 0; n < count; n++)
            BASE_TRY(write_item(slot, item_of(slot, in, n), out));
    }
    return HEDDLE_OK;
}
