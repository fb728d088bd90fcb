/*
 * What a block must prove before its rows are stored: that it is the next one, that its
 * transactions are those its header speaks of, that it names the block before, and, once a
 * configuration of the channel is known, that its orderers signed it.
 */
#ifndef SYNC_CHAIN_H
#define SYNC_CHAIN_H

#include "wire/block.h"

typedef struct sync_chain sync_chain;

/** A chain that begins at block 0. NULL when memory is gone. */
sync_chain *sync_chain_new(bool check_signatures);
void sync_chain_free(sync_chain *chain); /* NULL is fine */

/** Go on after block @p number, whose hash is @p hash. @p config (may be empty) is the
 *  configuration block in force. */
HEDDLE_MUST_USE heddle_status sync_chain_resume(sync_chain *chain, uint64_t number,
                                                const uint8_t hash[32], heddle_view config,
                                                heddle_error *err);

/** The number of the block that is due. */
uint64_t sync_chain_next(const sync_chain *chain);

/**
 * Check @p block and take it as the last one. E_BROKEN_CHAIN or E_BAD_SIGNATURE name the
 * block and what is wrong; the chain is then as it was.
 */
HEDDLE_MUST_USE heddle_status sync_chain_accept(sync_chain *chain, const wire_block *block,
                                                uint8_t out_hash[32], heddle_error *err);

#endif
