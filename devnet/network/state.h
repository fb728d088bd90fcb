/* What the files of the network share. */
#ifndef DEVNET_NETWORK_STATE_H
#define DEVNET_NETWORK_STATE_H

#include "devnet/ca/server.h"
#include "devnet/network/dir_lock.h"
#include "devnet/network/ports.h"
#include "devnet/orderer/orderer.h"
#include "devnet/peer/peer.h"

struct dn_network {
    base_arena *arena;  /* of paths and endpoints */
    dn_options options; /* its strings are valid until the start returns */
    const char *dir;
    const char *listen_host;
    dn_dir_lock *lock;
    dn_material *material;
    dn_faults *faults;
    dn_ports ports;
    base_buffer genesis;
    base_buffer client_roots;
    const char *channel; /* the first one's name */
    dn_topology topology;
    uint16_t *wanted_ports; /* the orderers', then the peers' */
    dn_chains *chains;
    dn_chain *chain; /* of the first channel */
    dn_orderer **orderers;
    size_t orderer_count; /* opened */
    dn_peer **peers;
    size_t peer_count; /* opened */
    dn_ca_server **cas;
    size_t ca_count; /* opened */
};

/* nodes.c: orderers and peers. */

size_t dn_nodes_orderer_count(const dn_network *net);
size_t dn_nodes_count(const dn_network *net); /* the orderers, then the peers */
/** The node with the port number @p index. */
const dn_node *dn_nodes_at(const dn_network *net, size_t index);

/** The channel is known: open the chain and bind every port. */
HEDDLE_MUST_USE heddle_status dn_nodes_open(dn_network *net, heddle_error *err);
/** Fill the topology and write the files that tell of it. */
HEDDLE_MUST_USE heddle_status dn_nodes_describe(dn_network *net, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_nodes_start(dn_network *net, heddle_error *err);
void dn_nodes_stop(dn_network *net);
void dn_nodes_free(dn_network *net);

HEDDLE_MUST_USE heddle_status dn_network_arena_fail(const dn_network *net, heddle_error *err);

#endif
