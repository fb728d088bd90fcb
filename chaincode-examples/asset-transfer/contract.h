/* The asset-transfer contract: assets with a colour, a size, an owner and a value. */
#ifndef ASSET_TRANSFER_CONTRACT_H
#define ASSET_TRANSFER_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode asset_transfer;

#endif
