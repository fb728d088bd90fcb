#include "devnet/ledger/metadata.h"

#include "base/fail.h"
#include "crypto/digest.h"
#include "wire/reader.h"

/* common.BlockMetadataIndex */
enum { META_FILTER = 2, META_COMMIT_HASH = 4, META_COUNT = 5, META_MAX = 64 };

static size_t pack_varint(uint64_t value, uint8_t out[10])
{
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        out[len++] = (uint8_t)(value | 0x80);
    out[len++] = (uint8_t)value;
    return len;
}

heddle_status dn_commit_hash(heddle_view flags, heddle_view updates, heddle_view previous,
                             uint8_t out[32])
{
    uint8_t count[10];
    heddle_view parts[] = {heddle_view_of(count, pack_varint(flags.len, count)), flags, updates,
                           previous};
    return crypto_digest_parts(CRYPTO_SHA256, parts, BASE_COUNT(parts), out);
}

typedef struct metadata_list {
    heddle_view *items;
    size_t count;
} metadata_list;

static const wire_slot list_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, metadata_list, items, count, NULL),
};
static const wire_shape list_shape = WIRE_SHAPE(metadata_list, "BlockMetadata", list_slots);

typedef struct frame {
    heddle_view header;
    heddle_view data;
    heddle_view metadata;
} frame;

static const wire_slot frame_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, frame, header),
    WIRE_SLOT(2, WIRE_BYTES, frame, data),
    WIRE_SLOT(3, WIRE_BYTES, frame, metadata),
};
static const wire_shape frame_shape = WIRE_SHAPE(frame, "Block", frame_slots);

typedef struct hash_holder {
    heddle_view value;
} hash_holder;

static const wire_slot holder_slots[] = {WIRE_SLOT(1, WIRE_BYTES, hash_holder, value)};
static const wire_shape holder_shape = WIRE_SHAPE(hash_holder, "Metadata", holder_slots);

/* Fill @p items with what the orderer wrote and what the peer adds; the number of them. */
static heddle_status fill(heddle_view metadata, heddle_view flags, heddle_view commit_hash,
                          heddle_view items[META_MAX], size_t *out_count, heddle_error *err)
{
    wire_reader reader = wire_reader_of(metadata);
    wire_field field;
    size_t count = 0;
    while (wire_reader_next(&reader, &field)) {
        if (field.number != 1 || field.type != WIRE_TYPE_BYTES)
            continue;
        if (count == META_MAX)
            return base_fail(err, HEDDLE_E_DECODE, "BlockMetadata: more than %d entries", META_MAX);
        items[count++] = field.bytes;
    }
    BASE_TRY(wire_reader_status(&reader, "BlockMetadata", err));
    while (count < META_COUNT)
        items[count++] = heddle_view_of(NULL, 0);
    items[META_FILTER] = flags;
    if (commit_hash.len)
        items[META_COMMIT_HASH] = commit_hash;
    *out_count = count;
    return HEDDLE_OK;
}

static heddle_status pack(const frame *block, heddle_view *items, size_t count, base_buffer *out)
{
    base_auto_buffer base_buffer metadata = {0};
    metadata_list list = {items, count};
    BASE_TRY(wire_shape_write(&list_shape, &list, &metadata));
    frame whole = *block;
    whole.metadata = base_buffer_view(&metadata);
    return wire_shape_write(&frame_shape, &whole, out);
}

heddle_status dn_block_with_flags(heddle_view block, heddle_view flags, heddle_view commit_hash,
                                  base_buffer *out, heddle_error *err)
{
    base_auto_buffer base_buffer holder = {0};
    heddle_view items[META_MAX];
    size_t count = 0;
    frame f = {0};
    hash_holder value = {commit_hash};
    BASE_TRY(wire_shape_read(&frame_shape, block, NULL, &f, err));
    if (wire_shape_write(&holder_shape, &value, &holder) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    BASE_TRY(fill(f.metadata, flags, base_buffer_view(&holder), items, &count, err));
    if (pack(&f, items, count, out) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    return HEDDLE_OK;
}
