#include "wire/block.h"

#include "base/fail.h"
#include "base/view.h"
#include "wire/block_hash.h"

/* common.BlockMetadataIndex */
enum {
    METADATA_SIGNATURES = 0,
    METADATA_LAST_CONFIG = 1,
    METADATA_FILTER = 2,
    METADATA_COMMIT_HASH = 4
};

static const wire_slot block_header_slots[] = {
    WIRE_SLOT(1, WIRE_U64, wire_block, number),
    WIRE_SLOT(2, WIRE_BYTES, wire_block, previous_hash),
    WIRE_SLOT(3, WIRE_BYTES, wire_block, data_hash),
};
static const wire_shape block_header_shape =
    WIRE_SHAPE(wire_block, "BlockHeader", block_header_slots);

static const wire_slot block_data_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, wire_block, envelopes, tx_count, NULL),
};
static const wire_shape block_data_shape = WIRE_SHAPE(wire_block, "BlockData", block_data_slots);

static const wire_slot block_metadata_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, wire_block, metadata, metadata_count, NULL),
};
static const wire_shape block_metadata_shape =
    WIRE_SHAPE(wire_block, "BlockMetadata", block_metadata_slots);

/* The three parts fill one struct, so each is a message at offset 0. */
static const wire_slot block_slots[] = {
    {.number = 1, .kind = WIRE_MESSAGE, .shape = &block_header_shape},
    {.number = 2, .kind = WIRE_MESSAGE, .shape = &block_data_shape},
    {.number = 3, .kind = WIRE_MESSAGE, .shape = &block_metadata_shape},
};
static const wire_shape block_shape = WIRE_SHAPE(wire_block, "Block", block_slots);

static const wire_slot signature_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_block_signature, header),
    WIRE_SLOT(2, WIRE_BYTES, wire_block_signature, signature),
    WIRE_SLOT(3, WIRE_BYTES, wire_block_signature, identifier),
};
static const wire_shape signature_shape =
    WIRE_SHAPE(wire_block_signature, "MetadataSignature", signature_slots);

static const wire_slot signatures_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_block, signed_value),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_block, signatures, signature_count,
                    &signature_shape),
};
static const wire_shape signatures_shape =
    WIRE_SHAPE(wire_block, "metadata of the orderers' signatures", signatures_slots);

static const wire_slot last_config_slots[] = {
    WIRE_SLOT(1, WIRE_U64, wire_block, last_config),
};
static const wire_shape last_config_shape = WIRE_SHAPE(wire_block, "LastConfig", last_config_slots);

static const wire_slot orderer_metadata_slots[] = {
    {.number = 1,
     .kind = WIRE_OPTIONAL,
     .extra = offsetof(wire_block, has_last_config),
     .shape = &last_config_shape},
};
static const wire_shape orderer_metadata_shape =
    WIRE_SHAPE(wire_block, "OrdererBlockMetadata", orderer_metadata_slots);

static heddle_view metadata_at(const wire_block *block, size_t index)
{
    return index < block->metadata_count ? block->metadata[index] : heddle_view_of(NULL, 0);
}

/* Orderers before 1.4.1 kept the last config block in metadata of its own. */
static heddle_status read_old_last_config(wire_block *block, base_arena *arena, heddle_error *err)
{
    heddle_view value;
    if (!wire_field_find(metadata_at(block, METADATA_LAST_CONFIG), 1, &value))
        return HEDDLE_OK;
    block->has_last_config = true;
    return wire_shape_read(&last_config_shape, value, arena, block, err);
}

static heddle_status read_metadata(wire_block *block, base_arena *arena, heddle_error *err)
{
    block->filter = metadata_at(block, METADATA_FILTER);
    wire_field_find(metadata_at(block, METADATA_COMMIT_HASH), 1, &block->commit_hash);
    BASE_TRY(wire_shape_read(&signatures_shape, metadata_at(block, METADATA_SIGNATURES), arena,
                             block, err));
    if (block->signed_value.len)
        return wire_shape_read(&orderer_metadata_shape, block->signed_value, arena, block, err);
    return read_old_last_config(block, arena, err);
}

heddle_status wire_block_read(heddle_view bytes, base_arena *arena, wire_block *out,
                              heddle_error *err)
{
    wire_block block = {.bytes = bytes};
    BASE_TRY(wire_shape_read(&block_shape, bytes, arena, &block, err));
    heddle_status status = read_metadata(&block, arena, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "block %llu", (unsigned long long)block.number);
        return status;
    }
    *out = block;
    return HEDDLE_OK;
}

int wire_block_code(const wire_block *block, size_t index)
{
    return index < block->filter.len ? block->filter.data[index] : WIRE_CODE_NOT_VALIDATED;
}

const char *wire_code_name(int code)
{
    switch (code) {
#define WIRE_X(name, number)                                                                       \
    case number:                                                                                   \
        return #name;
        WIRE_CODE_MAP(WIRE_X)
#undef WIRE_X
    default:
        return "UNKNOWN";
    }
}

heddle_status wire_block_channel(const wire_block *block, base_arena *arena, heddle_view *out,
                                 heddle_error *err)
{
    for (size_t i = 0; i < block->tx_count; i++) {
        wire_tx tx;
        BASE_TRY(wire_tx_read(block->envelopes[i], arena, &tx, err));
        if (tx.channel.len) {
            *out = tx.channel;
            return HEDDLE_OK;
        }
    }
    return base_fail(err, HEDDLE_E_DECODE, "block %llu: no transaction names its channel",
                     (unsigned long long)block->number);
}

/*
 * The data hash covers the envelopes one after the other and not where one ends. So a block
 * of several could be cut elsewhere, were not every envelope the only encoding of its two
 * fields: payload, then signature, both there, and no byte more.
 */
static bool is_canonical(heddle_view envelope)
{
    wire_reader reader = wire_reader_of(envelope);
    wire_field payload = {0}, signature = {0}, more;
    if (!wire_reader_next(&reader, &payload) || !wire_reader_next(&reader, &signature) ||
        wire_reader_next(&reader, &more) || reader.failed)
        return false;
    if (payload.number != 1 || signature.number != 2 || !payload.bytes.len || !signature.bytes.len)
        return false;
    return wire_bytes_field_size(1, payload.bytes.len) +
               wire_bytes_field_size(2, signature.bytes.len) ==
           envelope.len;
}

heddle_status wire_block_check_data(const wire_block *block, heddle_error *err)
{
    unsigned long long number = block->number;
    uint8_t hash[CRYPTO_SHA256_LEN];
    heddle_status status = wire_block_data_hash(block->envelopes, block->tx_count, hash);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "block %llu: cannot compute the data hash", number);
    if (!base_view_equal(block->data_hash, heddle_view_of(hash, sizeof(hash))))
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN,
                         "block %llu: the data hash in the header is not that of the transactions",
                         number);
    for (size_t i = 0; block->tx_count > 1 && i < block->tx_count; i++)
        if (!is_canonical(block->envelopes[i]))
            return base_fail(err, HEDDLE_E_BROKEN_CHAIN,
                             "block %llu: the bytes of transaction %zu are no canonical envelope",
                             number, i);
    return HEDDLE_OK;
}

heddle_status wire_block_check_link(const wire_block *block, uint64_t number, heddle_view hash,
                                    heddle_error *err)
{
    if (block->number != number + 1)
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "block %llu comes where block %llu is due",
                         (unsigned long long)block->number, (unsigned long long)number + 1);
    if (!base_view_equal(block->previous_hash, hash))
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN,
                         "block %llu: its previous hash is not the hash of block %llu",
                         (unsigned long long)block->number, (unsigned long long)number);
    return HEDDLE_OK;
}

heddle_status wire_block_header_hash(const wire_block *block, uint8_t out[32], heddle_error *err)
{
    heddle_status status =
        wire_block_hash(block->number, block->previous_hash, block->data_hash, out);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "block %llu: cannot compute the header hash",
                         (unsigned long long)block->number);
    return HEDDLE_OK;
}
