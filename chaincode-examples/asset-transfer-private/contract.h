/* The asset-transfer-private contract: assets that the members of a collection see, and their
 * value. */
#ifndef ASSET_TRANSFER_PRIVATE_CONTRACT_H
#define ASSET_TRANSFER_PRIVATE_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode asset_transfer_private;

#endif
