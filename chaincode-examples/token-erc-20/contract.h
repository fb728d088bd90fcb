/* The token-erc-20 contract: a fungible token with the interface of ERC-20. */
#ifndef TOKEN_ERC_20_CONTRACT_H
#define TOKEN_ERC_20_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode token_erc_20;

#endif
