/* Peers, orderers and hosts as they were told before the network is opened. */
#ifndef DIRECT_NODE_H
#define DIRECT_NODE_H

#include "base/buffer.h"
#include "heddle/network.h"
#include "route/conf.h"

typedef struct direct_node {
    char *address;
    char *mspid;           /* "": not told */
    char *name;            /* NULL: the host of the address */
    base_buffer roots_pem; /* empty: no TLS */
    bool is_orderer;
} direct_node;

typedef struct direct_nodes {
    direct_node *items;
    size_t count;
} direct_nodes;

/** Read and check @p given; appended to @p nodes. */
HEDDLE_MUST_USE heddle_status direct_nodes_add(direct_nodes *nodes, const heddle_node *given,
                                               bool is_orderer, heddle_error *err);
HEDDLE_MUST_USE heddle_status direct_nodes_copy(direct_nodes *out, const direct_nodes *from,
                                                heddle_error *err);
void direct_nodes_done(direct_nodes *nodes);

/** As the engine takes it, borrowed. */
route_node direct_node_route(const direct_node *node);

#endif
