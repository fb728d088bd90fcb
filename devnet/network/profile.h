/*
 * Files that tell clients and scripts where the network is, in the network's folder:
 *
 *   endpoints.json          every node's address and TLS root, the users' MSP folders
 *   endpoints.env           the same as variables for a shell
 *   connection-org1.json    Fabric's common connection profile, one for each organisation,
 *   connection-org1.yaml    as fabric-network and others read it
 */
#ifndef DEVNET_PROFILE_H
#define DEVNET_PROFILE_H

#include "devnet/network/channel.h"

/** @p channels: the first is what clients take unless they are told. */
HEDDLE_MUST_USE heddle_status dn_profile_write(const dn_topology *topology,
                                               const char *const *channels, size_t count,
                                               const char *dir, heddle_error *err);

/** The port that @p node had as @p kind ("port", "adminPort") when endpoints.json in @p dir was
 *  written; 0: not known. */
uint16_t dn_profile_last_port(const char *dir, const char *node, const char *kind);

#endif
