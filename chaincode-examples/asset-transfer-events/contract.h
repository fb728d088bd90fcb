/* The asset-transfer-events contract: every change emits the asset; details stay private. */
#ifndef ASSET_TRANSFER_EVENTS_CONTRACT_H
#define ASSET_TRANSFER_EVENTS_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode asset_transfer_events;

#endif
