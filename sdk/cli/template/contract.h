#ifndef CONTRACT_H
#define CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode NEW_CHAINCODE;

#endif
