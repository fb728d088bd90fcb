/* The asset-transfer-abac contract: attributes of certificates say who may create assets. */
#ifndef ASSET_TRANSFER_ABAC_CONTRACT_H
#define ASSET_TRANSFER_ABAC_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode asset_transfer_abac;

#endif
