/* A gRPC server of a node. */
#ifndef DEVNET_NODE_SERVER_H
#define DEVNET_NODE_SERVER_H

#include "devnet/material/material.h"
#include "rpc/server.h"

typedef struct dn_node_server {
    const dn_node *node;
    const char *listen_host;
    uint16_t port;                /* 0: any */
    bool is_plain;                /* without TLS */
    heddle_view client_roots_pem; /* not empty: clients must show a certificate under them */
    const rpc_method *methods;
    size_t method_count;
    size_t queue_limit; /* bytes that may wait on one stream; 0: the default */
} dn_node_server;

/** Make a server and bind its port; not yet started. E_IO names the address when taken. */
HEDDLE_MUST_USE heddle_status dn_node_server_open(const dn_node_server *options, rpc_server **out,
                                                  uint16_t *out_port, heddle_error *err);

#endif
