/*
 * A devnet of two organisations with two peers each and three orderers, the contract
 * asset-transfer beside it, and a handle on it without a gateway.
 */
#ifndef DIRECT_YARD_H
#define DIRECT_YARD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/view.h"
#include "heddle/heddle.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/suite.h"

extern devnet *yard_net;
extern heddle_identity *yard_user;   /* User1 of Org1MSP; can be replaced */
extern heddle_network *yard_network; /* peer0 and peer1 of Org1 to begin with */
extern heddle_gateway *yard_gateway;
extern heddle_contract *yard_assets; /* "basic", on "mychannel": both organisations endorse */
extern heddle_error yard_err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(yard_err.status),              \
                  yard_err.message)

extern bool yard_client_auth; /* set before the start: peers and orderers demand certificates */

/** Contract and network; the fixture's first half. */
void yard_start(void);
/** The handle, by @p options; NULL: the defaults. */
void yard_open(const heddle_network_options *options);
void yard_close(void);
void yard_stop(void);

enum { YARD_PEERS = 4 }; /* peer0 and peer1 of Org1, then of Org2 */
const char *yard_peer(size_t index);
/** "NODE METHOD KIND …", see devnet/fault/fault.h; "%s" stands for the node's name. */
void yard_fault(const dn_endpoint *node, const char *what);
void yard_peer_fault(size_t index, const char *what);
void yard_orderer_fault(size_t index, const char *what);

/** Submit CreateAsset; gives the status. */
heddle_status yard_create(const char *id, const heddle_call_options *options);
/** Whether ReadAsset finds it. */
bool yard_has(const char *id, const heddle_call_options *options);

/** The messages of @p details, each "address|MSP|message\n", in static memory. */
const char *yard_details(const heddle_details *details);

#endif
