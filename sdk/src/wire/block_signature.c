/* The orderers' signatures over a block. */
#include "wire/block_signature.h"

#include "base/fail.h"
#include "wire/block_hash.h"
#include "wire/identity.h"

/* What a block must satisfy by the channel's own word. */
#define BLOCK_POLICY "/Channel/Orderer/BlockValidation"

enum { ARENA_LIMIT = 16 << 20 };

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
static heddle_status signer_of(const wire_bundle *bundle, const wire_block_signature *signature,
                               base_arena *arena, heddle_view *out, heddle_error *err)
{
    *out = heddle_view_of(NULL, 0);
    if (signature->header.len) {
        wire_field_find(signature->header, 1, out);
        return HEDDLE_OK;
    }
    const Common__Consenter *consenter = find_consenter(bundle, signature->identifier);
    if (!consenter)
        return HEDDLE_OK;
    base_auto_buffer base_buffer identity = {0};
    if (wire_identity_write(heddle_view_str(consenter->msp_id), wire_view(consenter->identity),
                            &identity) != HEDDLE_OK)
        return base_fail_memory(err, "identity of an orderer");
    *out = base_arena_view(arena, base_buffer_view(&identity));
    return out->len ? HEDDLE_OK : base_arena_fail(arena, err, "identity of an orderer");
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

static heddle_status gather(const wire_bundle *bundle, const wire_block *block, base_arena *arena,
                            heddle_view header, wire_signed *set, heddle_error *err)
{
    for (size_t i = 0; i < block->signature_count; i++) {
        const wire_block_signature *one = &block->signatures[i];
        heddle_view stamp = one->header.len ? one->header : one->identifier;
        BASE_TRY(signer_of(bundle, one, arena, &set[i].identity, err));
        BASE_TRY(concat(arena, block->signed_value, stamp, &set[i].data[0], err));
        set[i].data[1] = header;
        set[i].signature = one->signature;
    }
    return HEDDLE_OK;
}

heddle_status wire_block_check_signatures(const wire_block *block, const wire_bundle *bundle,
                                          heddle_error *err)
{
    base_auto_buffer base_buffer header = {0};
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_LIMIT);
    if (!arena)
        return base_fail_memory(err, "signatures of a block");
    wire_signed *set = base_arena_zalloc(arena, block->signature_count + 1, sizeof(*set));
    if (!set)
        return base_arena_fail(arena, err, "signatures of a block");
    if (wire_block_header_der(block->number, block->previous_hash, block->data_hash, &header) !=
        HEDDLE_OK)
        return base_fail_memory(err, "header of a block");
    BASE_TRY(gather(bundle, block, arena, base_buffer_view(&header), set, err));
    heddle_error why;
    heddle_status status =
        wire_bundle_evaluate(bundle, BLOCK_POLICY, set, block->signature_count, &why);
    if (status == HEDDLE_OK)
        return HEDDLE_OK;
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(err, "signatures of a block");
    return base_fail(err, HEDDLE_E_BAD_SIGNATURE, "block %llu: the orderers' signatures: %s",
                     (unsigned long long)block->number, why.message);
}
