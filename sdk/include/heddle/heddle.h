/*
 * The whole client interface of libheddle.
 *
 *   heddle_identity *who;     an MSP's member with a key, or with a signer of your own
 *   heddle_gateway *gw;       a connection to a gateway: a peer's or heddle-gateway's
 *   heddle_contract *asset;   a chaincode on a channel, as one identity calls it
 *
 *   heddle_identity_from_msp("Org1MSP", "users/User1@org1.example.com/msp", &who, &err);
 *   heddle_gateway_open(&options, &gw, &err);
 *   heddle_contract_new(gw, who, "mychannel", "basic", &asset, &err);
 *   heddle_submit(asset, HEDDLE_CALL("CreateAsset", "asset9", "blue"), NULL, &outcome, &err);
 *
 * Functions that end in _start do not wait: they call back once, on a thread of the library.
 */
#ifndef HEDDLE_HEDDLE_H
#define HEDDLE_HEDDLE_H

#include "heddle/agreement.h"
#include "heddle/blocks.h"
#include "heddle/ca.h"
#include "heddle/channel.h"
#include "heddle/checkpoint.h"
#include "heddle/config.h"
#include "heddle/contract.h"
#include "heddle/decode.h"
#include "heddle/discovery.h"
#include "heddle/events.h"
#include "heddle/export.h"
#include "heddle/gateway.h"
#include "heddle/identity.h"
#include "heddle/journal.h"
#include "heddle/ledger.h"
#include "heddle/lifecycle.h"
#include "heddle/log.h"
#include "heddle/memory.h"
#include "heddle/network.h"
#include "heddle/observer.h"
#include "heddle/orderer.h"
#include "heddle/package.h"
#include "heddle/participation.h"
#include "heddle/peer.h"
#include "heddle/pkcs11.h"
#include "heddle/profile.h"
#include "heddle/queue.h"
#include "heddle/renewal.h"
#include "heddle/retry.h"
#include "heddle/status.h"
#include "heddle/transaction.h"
#include "heddle/view.h"
#include "heddle/wallet.h"

#endif
