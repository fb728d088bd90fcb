/*
 * Blocks made of batches: numbered, chained, signed by the orderer or a quorum, stored.
 *
 * The block says which envelope was its last: the raft index in its consenter metadata, or
 * the sequence number that BFT orderers have there, is the envelope's number in the journal. So a
 * restart knows which envelopes of the journal are in blocks already.
 */
#ifndef DEVNET_BLOCK_WRITER_H
#define DEVNET_BLOCK_WRITER_H

#include "crypto/digest.h"
#include "devnet/blockstore/blockstore.h"
#include "devnet/material/signer.h"

/** The orderers of a BFT channel, by number from 1: a quorum of them signs each block. */
typedef struct dn_consenters {
    dn_signer *const *signers;
    size_t count;
    size_t quorum;
} dn_consenters;

/** Belongs to one thread. */
typedef struct dn_block_writer {
    dn_blockstore *blocks;
    const dn_signer *signer;
    const dn_consenters *bft; /* NULL: the one signer is a Raft orderer */
    uint64_t number;          /* of the next block */
    uint8_t previous_hash[CRYPTO_SHA256_LEN];
    uint64_t last_config;
    uint64_t last_index; /* journal number of the last envelope in a block; 0: none */
} dn_block_writer;

/** Go on after the last block of @p blocks, which holds the genesis block at least. Both are
 *  borrowed. E_BROKEN_CHAIN or E_DECODE if that block is not what it should be. */
HEDDLE_MUST_USE heddle_status dn_block_writer_init(dn_block_writer *writer, dn_blockstore *blocks,
                                                   const dn_signer *signer,
                                                   const dn_consenters *bft, heddle_error *err);

/** What goes into one block. */
typedef struct dn_block_spec {
    const heddle_view *envelopes;
    size_t count;
    uint64_t index; /* the journal number of the last one */
    bool is_config; /* the one envelope is a configuration */
} dn_block_spec;

/** Make the next block and store it. After a failure nothing has changed. */
HEDDLE_MUST_USE heddle_status dn_block_writer_write(dn_block_writer *writer,
                                                    const dn_block_spec *spec, heddle_error *err);

#endif
