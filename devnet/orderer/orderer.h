/*
 * One orderer: Broadcast and Deliver of the channels that it serves.
 */
#ifndef DEVNET_ORDERER_H
#define DEVNET_ORDERER_H

#include "devnet/orderer/chains.h"

typedef struct dn_orderer dn_orderer;

/** All pointers are borrowed until dn_orderer_free. */
typedef struct dn_orderer_options {
    const dn_node *node;
    size_t index; /* of the orderer among those of the network */
    dn_chains *chains;
    dn_faults *faults; /* NULL: none */
    const char *listen_host;
    uint16_t port;                /* 0: any */
    heddle_view client_roots_pem; /* not empty: TLS client certificates are demanded */
} dn_orderer_options;

/** Binds the port; E_IO with the address when it is taken. */
HEDDLE_MUST_USE heddle_status dn_orderer_open(const dn_orderer_options *options, dn_orderer **out,
                                              heddle_error *err);
uint16_t dn_orderer_port(const dn_orderer *orderer);
HEDDLE_MUST_USE heddle_status dn_orderer_start(dn_orderer *orderer, heddle_error *err);
/** Cut every connection and listen no longer; the chains go on. Then come back to the
 *  same port, E_IO if it is taken by now. Each does nothing where nothing is to be done. */
void dn_orderer_leave(dn_orderer *orderer);
HEDDLE_MUST_USE heddle_status dn_orderer_return(dn_orderer *orderer, heddle_error *err);
/** End streams and calls. */
void dn_orderer_stop(dn_orderer *orderer);
void dn_orderer_free(dn_orderer *orderer); /* NULL is fine; stops if it runs */

#endif
