/* The first block of a channel, as configtxgen makes it. */
#ifndef DEVNET_GENESIS_H
#define DEVNET_GENESIS_H

#include "base/buffer.h"
#include "devnet/material/material.h"

typedef struct dn_genesis_options {
    const char *channel;
    const dn_material *material;
    const char *host; /* of the orderers and the anchor peers */
    const uint16_t *orderer_ports;
    bool bft;                   /* the orderers are a BFT service, otherwise Raft */
    const uint16_t *peer_ports; /* organisation by organisation; the first of each is anchor */
    uint64_t batch_timeout_ms;
    uint32_t batch_max_messages;
    uint32_t batch_preferred_bytes;
    uint32_t batch_absolute_bytes;
} dn_genesis_options;

/**
 * Append the bytes of block 0 to @p out: MSPs of the organisations, policies by role
 * (majority of the organisations endorses), Raft or BFT with every orderer a consenter,
 * capabilities V2_0 and, for the application, V2_5.
 */
HEDDLE_MUST_USE heddle_status dn_genesis_make(const dn_genesis_options *options, base_buffer *out,
                                              heddle_error *err);

/** Append the bytes of a common.Config that knows one organisation and nothing else, to judge by
 *  what is of no channel. */
HEDDLE_MUST_USE heddle_status dn_genesis_make_local(const dn_org *org, base_buffer *out,
                                                    heddle_error *err);

/** E_BAD_ARGUMENT unless @p name is one Fabric takes for a channel: lower-case letters,
 *  digits, '.' and '-', a letter first, at most 249. */
HEDDLE_MUST_USE heddle_status dn_channel_name_check(const char *name, heddle_error *err);

#endif
