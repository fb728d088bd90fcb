#include "datasync/chain.h"

#include <inttypes.h>

#include "base/fail.h"
#include "wire/block_hash.h"
#include "wire/bundle.h"
#include "wire/identity.h"

/* What a block must satisfy by the channel's own word. */
#define BLOCK_POLICY "/Channel/Orderer/BlockValidation"

enum { ARENA_LIMIT = 16 << 20 };

struct sync_chain {
    bool begun;
    uint64_t number;
    uint8_t hash[32];
    bool check_signatures;
    wire_bundle *bundle; /* NULL: no configuration known */
    base_arena *arena;   /* of one block's check */
};

sync_chain *sync_chain_new(bool check_signatures)
{
    sync_chain *chain = base_calloc(1, sizeof(*chain));
    if (!chain)
        return NULL;
    chain->check_signatures = check_signatures;
    chain->arena = base_arena_new(ARENA_LIMIT);
    if (!chain->arena) {
        base_free(chain);
        return NULL;
    }
    return chain;
}

void sync_chain_free(sync_chain *chain)
{
    if (!chain)
        return;
    wire_bundle_unref(chain->bundle);
    base_arena_free(chain->arena);
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

static const Common__Consenter *find_consenter(const wire_bundle *bundle, heddle_view identifier)
{
    const Common__Orderers *list = wire_bundle_config(bundle)->consenters;
    wire_reader reader = wire_reader_of(identifier);
    wire_field field;
    uint64_t id = 0;
    while (wire_reader_next(&reader, &field))
        if (field.number == 1 && field.type == WIRE_TYPE_VARINT)
            id = field.varint;
    for (size_t i = 0; list && i < list->n_consenter_mapping; i++)
        if (list->consenter_mapping[i]->id == id)
            return list->consenter_mapping[i];
    return NULL;
}

/* An orderer says who it is by its identity, or in a BFT channel by its number. */
static heddle_status signer_of(const sync_chain *chain, const wire_block_signature *signature,
                               heddle_view *out, heddle_error *err)
{
    *out = heddle_view_of(NULL, 0);
    if (signature->header.len) {
        wire_field_find(signature->header, 1, out);
        return HEDDLE_OK;
    }
    const Common__Consenter *consenter = find_consenter(chain->bundle, signature->identifier);
    if (!consenter)
        return HEDDLE_OK;
    base_auto_buffer base_buffer identity = {0};
    if (wire_identity_write(heddle_view_str(consenter->msp_id), wire_view(consenter->identity),
                            &identity) != HEDDLE_OK)
        return base_fail_memory(err, "identity of an orderer");
    *out = base_arena_view(chain->arena, base_buffer_view(&identity));
    return out->len ? HEDDLE_OK : base_arena_fail(chain->arena, err, "identity of an orderer");
}

static heddle_status concat(base_arena *arena, heddle_view a, heddle_view b, heddle_view *out,
                            heddle_error *err)
{
    uint8_t *bytes = base_arena_alloc(arena, a.len + b.len + 1);
    if (!bytes)
        return base_arena_fail(arena, err, "signed bytes of a block");
    memcpy(bytes, a.data ? a.data : bytes, a.len);
    memcpy(bytes + a.len, b.data ? b.data : bytes, b.len);
    *out = heddle_view_of(bytes, a.len + b.len);
    return HEDDLE_OK;
}

static heddle_status gather_signatures(const sync_chain *chain, const wire_block *block,
                                       heddle_view header, wire_signed *set, heddle_error *err)
{
    for (size_t i = 0; i < block->signature_count; i++) {
        const wire_block_signature *one = &block->signatures[i];
        heddle_view stamp = one->header.len ? one->header : one->identifier;
        BASE_TRY(signer_of(chain, one, &set[i].identity, err));
        BASE_TRY(concat(chain->arena, block->signed_value, stamp, &set[i].data[0], err));
        set[i].data[1] = header;
        set[i].signature = one->signature;
    }
    return HEDDLE_OK;
}

static heddle_status check_signatures(const sync_chain *chain, const wire_block *block,
                                      heddle_error *err)
{
    base_auto_buffer base_buffer header = {0};
    base_arena_reset(chain->arena);
    wire_signed *set = base_arena_zalloc(chain->arena, block->signature_count + 1, sizeof(*set));
    if (!set)
        return base_arena_fail(chain->arena, err, "signatures of a block");
    if (wire_block_header_der(block->number, block->previous_hash, block->data_hash, &header) !=
        HEDDLE_OK)
        return base_fail_memory(err, "header of a block");
    BASE_TRY(gather_signatures(chain, block, base_buffer_view(&header), set, err));
    heddle_status status =
        wire_bundle_evaluate(chain->bundle, BLOCK_POLICY, set, block->signature_count, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "block %" PRIu64 ": the orderers' signatures", block->number);
    return status;
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
        BASE_TRY(check_signatures(chain, block, err));
    if (chain->check_signatures && is_config(block))
        BASE_TRY(take_config(chain, block->bytes, err));
    chain->begun = true;
    chain->number = block->number;
    memcpy(chain->hash, hash, sizeof(hash));
    memcpy(out_hash, hash, sizeof(hash));
    return HEDDLE_OK;
}
