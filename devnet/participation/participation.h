/*
 * The admin port of an orderer: its channel participation API, REST over HTTPS with client
 * certificates of the orderers' organisation, as Fabric's orderer has it and osnadmin speaks it.
 */
#ifndef DEVNET_PARTICIPATION_H
#define DEVNET_PARTICIPATION_H

#include "admin/http.h"
#include "devnet/orderer/chains.h"

typedef struct dn_participation dn_participation;

/** All borrowed until the close. */
typedef struct dn_participation_options {
    const dn_node *node;
    const dn_org *org; /* of the orderers, whose TLS authority vouches for clients */
    size_t index;      /* of the orderer among them */
    dn_chains *chains;
    const char *listen_host;
    uint16_t port; /* 0: any */
} dn_participation_options;

/** Serves from here on. E_IO: the port is taken. */
HEDDLE_MUST_USE heddle_status dn_participation_open(const dn_participation_options *options,
                                                    dn_participation **out, heddle_error *err);
uint16_t dn_participation_port(const dn_participation *participation);
void dn_participation_close(dn_participation *participation); /* NULL is fine */

/** The answer to one request, for the server and for tests of hostile bytes. */
void dn_participation_answer(const dn_participation_options *options, const admin_request *request,
                             admin_answer *answer);

#endif
