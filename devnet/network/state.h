/* What the files of the network share. */
#ifndef DEVNET_NETWORK_STATE_H
#define DEVNET_NETWORK_STATE_H

#include "devnet/ca/server.h"
#include "devnet/network/dir_lock.h"
#include "devnet/network/ports.h"
#include "devnet/orderer/orderer.h"
#include "devnet/participation/participation.h"
#include "devnet/peer/peer.h"

/** A channel that the network has from the start. */
typedef struct dn_first_block {
    const char *name;
    base_buffer genesis;
} dn_first_block;

struct dn_network {
    base_arena *arena;  /* of paths and endpoints */
    dn_options options; /* its strings are valid until the start returns */
    const char *dir;
    const char *listen_host;
    dn_dir_lock *lock;
    dn_material *material;
    dn_faults *faults;
    dn_ports ports;
    dn_first_block *channels;
    size_t channel_count;
    base_buffer client_roots;
    dn_topology topology;
    uint16_t *wanted_ports;    /* the orderers', then the peers' */
    uint16_t *admin_ports;     /* the orderers' */
    uint16_t *chaincode_ports; /* the peers', for chaincodes that dial in */
    dn_chains *chains;
    dn_orderer **orderers;
    dn_participation **admins; /* of the orderers */
    size_t orderer_count;      /* opened */
    dn_peer **peers;
    size_t peer_count; /* opened */
    dn_ca_server **cas;
    struct dn_revocation **revocations; /* of the same organisations */
    size_t ca_count;                    /* opened */
};

/* channels.c */

/** Check and keep the names. */
HEDDLE_MUST_USE heddle_status dn_channels_name(dn_network *net, heddle_error *err);
/** The ports are known: make the first blocks or read them. */
HEDDLE_MUST_USE heddle_status dn_channels_open(dn_network *net, heddle_error *err);

/* nodes.c: orderers and peers. */

size_t dn_nodes_orderer_count(const dn_network *net);
size_t dn_nodes_count(const dn_network *net); /* the orderers, then the peers */
/** The node with the port number @p index. */
const dn_node *dn_nodes_at(const dn_network *net, size_t index);

/** The channels are known: open the chains and bind every port. */
HEDDLE_MUST_USE heddle_status dn_nodes_open(dn_network *net, heddle_error *err);
/** Fill the topology and write the files that tell of it. */
HEDDLE_MUST_USE heddle_status dn_nodes_describe(dn_network *net, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_nodes_start(dn_network *net, heddle_error *err);
void dn_nodes_stop(dn_network *net);
void dn_nodes_free(dn_network *net);

HEDDLE_MUST_USE heddle_status dn_network_arena_fail(const dn_network *net, heddle_error *err);

#endif
