/*
 * The configuration of a channel as one party knows it: the orderers, or one peer.
 *
 * A party holds one bundle at a time, that of the last config block in its own chain. Whoever
 * needs it acquires a reference, and what was read from the bundle lives as long as that: a
 * request that is under way when the configuration changes ends under the one it began with.
 */
#ifndef DEVNET_CONFIG_HOLDER_H
#define DEVNET_CONFIG_HOLDER_H

#include "devnet/blockstore/blockstore.h"
#include "wire/bundle.h"

/** Any thread. */
typedef struct dn_config_holder dn_config_holder;

/** Hold @p bundle, of which it keeps a reference and which came with block @p number. */
HEDDLE_MUST_USE heddle_status dn_config_holder_new(wire_bundle *bundle, uint64_t number,
                                                   dn_config_holder **out, heddle_error *err);
/**
 * Hold what the last config block of @p blocks says, or where there are none @p genesis, the bytes
 * of block 0. If that is the block that @p with (NULL:
 * none) came with, both hold the same bundle; otherwise they remember signatures together.
 */
HEDDLE_MUST_USE heddle_status dn_config_holder_open(const dn_blockstore *blocks,
                                                    heddle_view genesis,
                                                    const dn_config_holder *with,
                                                    dn_config_holder **out, heddle_error *err);
void dn_config_holder_free(dn_config_holder *holder); /* NULL is fine */

/** A reference to the present bundle, yours to unref. */
wire_bundle *dn_config_holder_acquire(const dn_config_holder *holder);
/** Number of the config block, and sequence of the configuration, without a reference. */
uint64_t dn_config_holder_block(const dn_config_holder *holder);
uint64_t dn_config_holder_sequence(const dn_config_holder *holder);

/** From now on hold @p bundle, which came with block @p number; keeps a reference. */
void dn_config_holder_put(dn_config_holder *holder, wire_bundle *bundle, uint64_t number);

BASE_AUTO_DEFINE(dn_config_holder, dn_config_holder *, dn_config_holder_free)

#endif
