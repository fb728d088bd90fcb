#include "datasync/chain.h"

#include <inttypes.h>

#include "base/fail.h"
#include "wire/block_signature.h"

struct sync_chain {
    bool begun;
    uint64_t number;
    uint8_t hash[32];
    bool check_signatures;
    wire_bundle *bundle; /* NULL: no configuration known */
};

sync_chain *sync_chain_new(bool check_signatures)
{
    sync_chain *chain = base_calloc(1, sizeof(*chain));
    if (chain)
        chain->check_signatures = check_signatures;
    return chain;
}

void sync_chain_free(sync_chain *chain)
{
    if (!chain)
        return;
    wire_bundle_unref(chain->bundle);
    base_free(chain);
}

static heddle_status take_config(sync_chain *chain, heddle_view block, heddle_error *err)
{
    wire_bundle *bundle;
    heddle_status status = wire_bundle_from_block(block, &bundle, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "configuration of the channel (\"verify: hashes\" does without)");
        return status;
    }
    wire_bundle_unref(chain->bundle);
    chain->bundle = bundle;
    return HEDDLE_OK;
}

heddle_status sync_chain_resume(sync_chain *chain, uint64_t number, const uint8_t hash[32],
                                heddle_view config, heddle_error *err)
{
    if (chain->check_signatures && config.len)
        BASE_TRY(take_config(chain, config, err));
    chain->begun = true;
    chain->number = number;
    memcpy(chain->hash, hash, sizeof(chain->hash));
    return HEDDLE_OK;
}

uint64_t sync_chain_next(const sync_chain *chain)
{
    return chain->begun ? chain->number + 1 : 0;
}

static heddle_status check_place(const sync_chain *chain, const wire_block *block,
                                 heddle_error *err)
{
    if (chain->begun)
        return wire_block_check_link(block, chain->number, heddle_view_of(chain->hash, 32), err);
    if (block->number != 0)
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "block %" PRIu64 " comes where block 0 is due",
                         block->number);
    return HEDDLE_OK;
}

/* Orderers sign the number of the configuration in force: its own in a block that is one. */
static bool is_config(const wire_block *block)
{
    return block->number == 0 || (block->has_last_config && block->last_config == block->number);
}

heddle_status sync_chain_accept(sync_chain *chain, const wire_block *block, uint8_t out_hash[32],
                                heddle_error *err)
{
    uint8_t hash[32];
    BASE_TRY(check_place(chain, block, err));
    BASE_TRY(wire_block_check_data(block, err));
    BASE_TRY(wire_block_header_hash(block, hash, err));
    if (chain->bundle && block->number > 0)
        BASE_TRY(wire_block_check_signatures(block, chain->bundle, err));
    if (chain->check_signatures && is_config(block))
        BASE_TRY(take_config(chain, block->bytes, err));
    chain->begun = true;
    chain->number = block->number;
    memcpy(chain->hash, hash, sizeof(hash));
    memcpy(out_hash, hash, sizeof(hash));
    return HEDDLE_OK;
}
