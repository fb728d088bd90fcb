/* The high-throughput contract: variables that many change at once, without conflicts. */
#ifndef HIGH_THROUGHPUT_CONTRACT_H
#define HIGH_THROUGHPUT_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode high_throughput;

#endif
