/* The asset-transfer-ledger-queries contract: ranges, an index, pages, queries, history. */
#ifndef ASSET_TRANSFER_LEDGER_QUERIES_CONTRACT_H
#define ASSET_TRANSFER_LEDGER_QUERIES_CONTRACT_H

#include <heddle/chaincode.h>

extern const heddle_cc_chaincode asset_transfer_ledger_queries;

#endif
