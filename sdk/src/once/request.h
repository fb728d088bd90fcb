/* What identifies a request. */
#ifndef ONCE_REQUEST_H
#define ONCE_REQUEST_H

#include "base/arena.h"
#include "heddle/contract.h"
#include "wire/txid.h"

/** A digest of channel, chaincode and arguments (the first names the function): what a
 *  transaction on the ledger still shows of its request. */
HEDDLE_MUST_USE heddle_status once_fingerprint(heddle_view channel, heddle_view chaincode,
                                               const heddle_view *args, size_t count,
                                               uint8_t out[32], heddle_error *err);

/** The fingerprint of what @p contract would call. */
HEDDLE_MUST_USE heddle_status once_request_fingerprint(const heddle_contract *contract,
                                                       const heddle_request *request,
                                                       base_arena *arena, uint8_t out[32],
                                                       heddle_error *err);

/** The nonce of an attempt: the same in every process. */
HEDDLE_MUST_USE heddle_status once_nonce(heddle_view channel, heddle_view chaincode,
                                         heddle_view key, uint32_t attempt,
                                         uint8_t out[WIRE_NONCE_LEN], heddle_error *err);

#endif
