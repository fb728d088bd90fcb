/*
 * Keys and certificates of the network in cryptogen's layout, under DIR/crypto-config.
 *
 * Made once: what exists on disk is used, what is missing is issued by the organisation's
 * CA that is there.
 */
#ifndef DEVNET_MATERIAL_H
#define DEVNET_MATERIAL_H

#include <stddef.h>

#include "base/arena.h"
#include "heddle/status.h"

/** A peer or the orderer. All paths are absolute or relative as the folder given was. */
typedef struct dn_node {
    char *name;     /* "peer0.org1.example.com" */
    char *msp_id;   /* "Org1MSP" */
    char *domain;   /* "org1.example.com" */
    char *msp_dir;  /* …/peers/peer0.org1.example.com/msp */
    char *tls_cert; /* …/tls/server.crt */
    char *tls_key;  /* …/tls/server.key */
    char *tls_ca;   /* …/tls/ca.crt */
} dn_node;

typedef struct dn_org {
    char *msp_id; /* "Org1MSP", "OrdererMSP" */
    char *group;  /* name in the channel's config: the MSP id, or "OrdererOrg" */
    char *domain;
    char *dir;     /* crypto-config/peerOrganizations/org1.example.com */
    char *msp_dir; /* dir/msp: the organisation's verifying MSP */
    char *ca_cert; /* PEM files */
    char *tls_ca_cert;
    char *ca_key;
    char *tls_ca_key;
    char *ca_name;     /* of its CA as a server: "ca-org1", "ca-orderer" */
    char *ca_tls_cert; /* of that server */
    char *ca_tls_key;
    dn_node *nodes;
    size_t node_count;
} dn_org;

typedef struct dn_material {
    base_arena *arena; /* owns everything here */
    char *dir;         /* …/crypto-config */
    dn_org orderer;
    dn_org *orgs;
    size_t org_count;
} dn_material;

typedef struct dn_material_options {
    const char *dir;        /* the network's folder */
    const char *host;       /* name or IP address for the TLS certificates beside the node's own
                               names, localhost and 127.0.0.1; NULL: none */
    unsigned orderer_count; /* 0: 1 */
    unsigned org_count;
    unsigned peers_per_org;
} dn_material_options;

/** Load, making what is missing. Keys are written with mode 0600. */
HEDDLE_MUST_USE heddle_status dn_material_open(const dn_material_options *options,
                                               dn_material **out, heddle_error *err);
void dn_material_free(dn_material *material); /* NULL is fine */

#endif
