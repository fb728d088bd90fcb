#include "devnet/orderer/block_writer.h"

#include "base/fail.h"
#include "common/common.pb-c.h"
#include "orderer/etcdraft/metadata.pb-c.h"
#include "orderer/smartbft/view.pb-c.h"
#include "wire/block.h"
#include "wire/block_hash.h"
#include "wire/codec.h"
#include "wire/txid.h"

enum { METADATA_COUNT = 5 };

/* Going on. */

static heddle_status read_index(const wire_block *block, bool is_bft, base_arena *arena,
                                uint64_t *out, heddle_error *err)
{
    Common__OrdererBlockMetadata *orderer;
    Common__Metadata *metadata;
    Etcdraft__BlockMetadata *raft;
    Smartbftprotos__ViewMetadata *view;
    BASE_TRY(
        wire_decode(common__orderer_block_metadata, block->signed_value, arena, &orderer, err));
    if (is_bft) {
        BASE_TRY(wire_decode(smartbftprotos__view_metadata, wire_view(orderer->consenter_metadata),
                             arena, &view, err));
        *out = view->latest_sequence;
        return HEDDLE_OK;
    }
    BASE_TRY(wire_decode(common__metadata, wire_view(orderer->consenter_metadata), arena, &metadata,
                         err));
    BASE_TRY(wire_decode(etcdraft__block_metadata, wire_view(metadata->value), arena, &raft, err));
    *out = raft->raft_index;
    return HEDDLE_OK;
}

static heddle_status go_on(dn_block_writer *writer, heddle_view bytes, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block block;
    if (!arena)
        return base_fail_memory(err, "a block");
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    if (block.number + 1 != writer->number)
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "block %llu is stored as the last of %llu",
                         (unsigned long long)block.number, (unsigned long long)writer->number);
    BASE_TRY(read_index(&block, writer->bft, arena, &writer->last_index, err));
    writer->last_config = block.last_config;
    return wire_block_header_hash(&block, writer->previous_hash, err);
}

heddle_status dn_block_writer_init(dn_block_writer *writer, dn_blockstore *blocks,
                                   const dn_signer *signer, const dn_consenters *bft,
                                   heddle_error *err)
{
    dn_block_writer fresh = {
        .blocks = blocks, .signer = signer, .bft = bft, .number = dn_blockstore_height(blocks)};
    base_auto_buffer base_buffer last = {0};
    if (fresh.number == 0)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the chain has no genesis block");
    BASE_TRY(dn_blockstore_read(blocks, fresh.number - 1, &last, err));
    BASE_TRY(go_on(&fresh, base_buffer_view(&last), err));
    *writer = fresh;
    return HEDDLE_OK;
}

/* Making a block. Everything lives in the arena. */

static heddle_status make_view(uint64_t index, base_arena *arena, heddle_view *out,
                               heddle_error *err)
{
    Smartbftprotos__ViewMetadata view = SMARTBFTPROTOS__VIEW_METADATA__INIT;
    view.latest_sequence = index;
    return wire_encode_arena(&view.base, arena, out, err);
}

static heddle_status make_raft(uint64_t index, base_arena *arena, heddle_view *out,
                               heddle_error *err)
{
    uint64_t consenters[] = {1};
    heddle_view bytes;
    Etcdraft__BlockMetadata raft = ETCDRAFT__BLOCK_METADATA__INIT;
    Common__Metadata consenter = COMMON__METADATA__INIT;
    raft.consenter_ids = consenters;
    raft.n_consenter_ids = 1;
    raft.next_consenter_id = 2;
    raft.raft_index = index;
    BASE_TRY(wire_encode_arena(&raft.base, arena, &bytes, err));
    consenter.value = wire_bytes(bytes);
    return wire_encode_arena(&consenter.base, arena, out, err);
}

static heddle_status make_signed_value(const dn_block_writer *writer, uint64_t index,
                                       base_arena *arena, heddle_view *out, heddle_error *err)
{
    heddle_view bytes;
    Common__LastConfig last = COMMON__LAST_CONFIG__INIT;
    Common__OrdererBlockMetadata orderer = COMMON__ORDERER_BLOCK_METADATA__INIT;
    BASE_TRY(writer->bft ? make_view(index, arena, &bytes, err)
                         : make_raft(index, arena, &bytes, err));
    last.index = writer->last_config;
    orderer.last_config = &last;
    orderer.consenter_metadata = wire_bytes(bytes);
    return wire_encode_arena(&orderer.base, arena, out, err);
}

/** What a signer says of itself: its identity, or as the nth of BFT orderers its number. */
static heddle_status make_stamp(const dn_block_writer *writer, size_t number, base_arena *arena,
                                heddle_view *out, heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    Common__SignatureHeader header = COMMON__SIGNATURE_HEADER__INIT;
    Common__IdentifierHeader identifier = COMMON__IDENTIFIER_HEADER__INIT;
    if (crypto_random(nonce, sizeof(nonce)) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "no random bytes");
    if (writer->bft) {
        identifier.identifier = (uint32_t)number;
        identifier.nonce = wire_bytes(heddle_view_of(nonce, sizeof(nonce)));
        return wire_encode_arena(&identifier.base, arena, out, err);
    }
    header.creator = wire_bytes(dn_signer_identity(writer->signer));
    header.nonce = wire_bytes(heddle_view_of(nonce, sizeof(nonce)));
    return wire_encode_arena(&header.base, arena, out, err);
}

/** One signature: value, signature header and block header are signed together. */
static heddle_status sign_as(const dn_block_writer *writer, size_t number, heddle_view value,
                             heddle_view header_der, base_arena *arena,
                             Common__MetadataSignature *out, heddle_error *err)
{
    heddle_view parts[3] = {value, {0}, header_der};
    crypto_signature signature;
    const dn_signer *signer = writer->bft ? writer->bft->signers[number - 1] : writer->signer;
    BASE_TRY(make_stamp(writer, number, arena, &parts[1], err));
    BASE_TRY(dn_signer_sign(signer, parts, 3, &signature, err));
    heddle_view kept = base_arena_view(arena, crypto_signature_view(&signature));
    if (!kept.data)
        return base_arena_fail(arena, err, "a block's signature");
    *(writer->bft ? &out->identifier_header : &out->signature_header) = wire_bytes(parts[1]);
    out->signature = wire_bytes(kept);
    return HEDDLE_OK;
}

/** The entry SIGNATURES. Of BFT orderers another quorum signs each block. */
static heddle_status make_signatures(const dn_block_writer *writer, heddle_view header_der,
                                     uint64_t index, base_arena *arena, heddle_view *out,
                                     heddle_error *err)
{
    heddle_view value;
    size_t count = writer->bft ? writer->bft->quorum : 1;
    Common__Metadata metadata = COMMON__METADATA__INIT;
    Common__MetadataSignature **entries = base_arena_zalloc(arena, count, sizeof(*entries));
    if (!entries)
        return base_arena_fail(arena, err, "a block's signatures");
    BASE_TRY(make_signed_value(writer, index, arena, &value, err));
    for (size_t i = 0; i < count; i++) {
        size_t number = writer->bft ? (writer->number + i) % writer->bft->count + 1 : 1;
        entries[i] = wire_new(common__metadata_signature, arena);
        if (!entries[i])
            return base_arena_fail(arena, err, "a block's signatures");
        BASE_TRY(sign_as(writer, number, value, header_der, arena, entries[i], err));
    }
    metadata.value = wire_bytes(value);
    metadata.signatures = entries;
    metadata.n_signatures = count;
    return wire_encode_arena(&metadata.base, arena, out, err);
}

static heddle_status make_last_config(const dn_block_writer *writer, base_arena *arena,
                                      heddle_view *out, heddle_error *err)
{
    heddle_view bytes;
    Common__LastConfig last = COMMON__LAST_CONFIG__INIT;
    Common__Metadata metadata = COMMON__METADATA__INIT;
    last.index = writer->last_config;
    BASE_TRY(wire_encode_arena(&last.base, arena, &bytes, err));
    metadata.value = wire_bytes(bytes);
    return wire_encode_arena(&metadata.base, arena, out, err);
}

static heddle_status make_metadata(const dn_block_writer *writer, heddle_view data_hash,
                                   uint64_t index, base_arena *arena, ProtobufCBinaryData *entries,
                                   heddle_error *err)
{
    base_auto_buffer base_buffer der = {0};
    heddle_view signatures;
    heddle_view last_config;
    heddle_view previous = heddle_view_of(writer->previous_hash, CRYPTO_SHA256_LEN);
    if (wire_block_header_der(writer->number, previous, data_hash, &der) != HEDDLE_OK)
        return base_fail_memory(err, "a block header");
    BASE_TRY(make_signatures(writer, base_buffer_view(&der), index, arena, &signatures, err));
    BASE_TRY(make_last_config(writer, arena, &last_config, err));
    entries[COMMON__BLOCK_METADATA_INDEX__SIGNATURES] = wire_bytes(signatures);
    entries[COMMON__BLOCK_METADATA_INDEX__LAST_CONFIG] = wire_bytes(last_config);
    return HEDDLE_OK;
}

static heddle_status make_block(const dn_block_writer *writer, const heddle_view *envelopes,
                                size_t count, uint64_t index, heddle_view data_hash,
                                base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    ProtobufCBinaryData entries[METADATA_COUNT] = {{0}};
    ProtobufCBinaryData *data = arena ? base_arena_zalloc(arena, count, sizeof(*data)) : NULL;
    Common__BlockHeader header = COMMON__BLOCK_HEADER__INIT;
    Common__BlockData body = COMMON__BLOCK_DATA__INIT;
    Common__BlockMetadata metadata = COMMON__BLOCK_METADATA__INIT;
    Common__Block block = COMMON__BLOCK__INIT;
    if (!data)
        return base_fail_memory(err, "a block");
    for (size_t i = 0; i < count; i++)
        data[i] = wire_bytes(envelopes[i]);
    BASE_TRY(make_metadata(writer, data_hash, index, arena, entries, err));
    header.number = writer->number;
    header.previous_hash = wire_bytes(heddle_view_of(writer->previous_hash, CRYPTO_SHA256_LEN));
    header.data_hash = wire_bytes(data_hash);
    body.data = data;
    body.n_data = count;
    metadata.metadata = entries;
    metadata.n_metadata = METADATA_COUNT;
    block.header = &header;
    block.data = &body;
    block.metadata = &metadata;
    return wire_encode(&block.base, out, err);
}

heddle_status dn_block_writer_write(dn_block_writer *writer, const dn_block_spec *spec,
                                    heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    uint8_t hash[CRYPTO_SHA256_LEN];
    heddle_view data_hash = heddle_view_of(digest, sizeof(digest));
    heddle_view previous = heddle_view_of(writer->previous_hash, CRYPTO_SHA256_LEN);
    base_auto_buffer base_buffer block = {0};
    dn_block_writer next = *writer;
    if (spec->is_config)
        next.last_config = writer->number;
    if (wire_block_data_hash(spec->envelopes, spec->count, digest) != HEDDLE_OK ||
        wire_block_hash(writer->number, previous, data_hash, hash) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "hashing a block failed");
    BASE_TRY(make_block(&next, spec->envelopes, spec->count, spec->index, data_hash, &block, err));
    BASE_TRY(dn_blockstore_append(writer->blocks, writer->number, base_buffer_view(&block), err));
    memcpy(next.previous_hash, hash, sizeof(hash));
    next.number++;
    next.last_index = spec->index;
    *writer = next;
    return HEDDLE_OK;
}
