/* The asset-transfer-sbe contract: who owns an asset has to endorse what changes it. */
#ifndef ASSET_TRANSFER_SBE_CONTRACT_H
#define ASSET_TRANSFER_SBE_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode asset_transfer_sbe;

#endif
