#include "devnet/orderer/join_block.h"

#include "base/fail.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/genesis/genesis.h"
#include "wire/block.h"
#include "wire/block_hash.h"
#include "wire/envelope.h"

static bool is_config_block(const wire_block *block)
{
    wire_envelope envelope;
    return block->tx_count == 1 &&
           wire_envelope_read(block->envelopes[0], &envelope, NULL) == HEDDLE_OK &&
           envelope.header.type == COMMON__HEADER_TYPE__CONFIG;
}

static heddle_status check_block(heddle_view bytes, const wire_block *block, heddle_error *err)
{
    uint8_t hash[CRYPTO_SHA256_LEN];
    heddle_view metadata;
    if (!is_config_block(block))
        return base_fail(err, HEDDLE_E_DECODE, "block is not a config block");
    if (!wire_field_find(bytes, 3, &metadata) || !metadata.len)
        return base_fail(err, HEDDLE_E_DECODE, "invalid block: does not have metadata");
    BASE_TRY(wire_block_data_hash(block->envelopes, block->tx_count, hash));
    if (base_view_equal(block->data_hash, heddle_view_of(hash, sizeof(hash))))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DECODE,
                     "invalid block: Header.DataHash is different from Hash(block.Data)");
}

static heddle_status check_config(const wire_channel_config *config, heddle_error *err)
{
    const Common__ConfigGroup *channel = config->config->channel_group;
    if (channel && wire_config_subgroup(channel, VIEW("Consortiums")))
        return base_fail(err, HEDDLE_E_CONFIG,
                         "invalid config: contains consortiums: system channel not supported");
    if (!channel || !wire_config_subgroup(channel, VIEW("Application")))
        return base_fail(err, HEDDLE_E_CONFIG, "invalid config: must contain application config");
    return dn_channel_name_check(config->channel, err) == HEDDLE_OK ? HEDDLE_OK : HEDDLE_E_CONFIG;
}

static heddle_status read_block(heddle_view bytes, base_arena *arena, dn_join_block *out,
                                heddle_error *err)
{
    wire_block block;
    base_auto(wire_bundle) wire_bundle *bundle = NULL;
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    BASE_TRY(check_block(bytes, &block, err));
    BASE_TRY(wire_bundle_from_block(bytes, &bundle, err));
    BASE_TRY(check_config(wire_bundle_config(bundle), err));
    BASE_TRY(wire_block_header_hash(&block, out->hash, err));
    out->bytes = bytes;
    out->number = block.number;
    out->bundle = base_steal(&bundle);
    return HEDDLE_OK;
}

heddle_status dn_join_block_read(heddle_view bytes, dn_join_block *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    dn_join_block read = {0};
    if (!arena)
        return base_fail_memory(err, "a block");
    BASE_TRY(read_block(bytes, arena, &read, err));
    *out = read;
    return HEDDLE_OK;
}
