/* What the answers of qscc and cscc say. */
#ifndef CLIENT_LEDGER_H
#define CLIENT_LEDGER_H

#include "heddle/ledger.h"

/** Whether a peer's complaint means that what was asked for is not there. */
bool client_ledger_tells_missing(const char *text, bool by_hash);

/** A common.BlockchainInfo. */
HEDDLE_MUST_USE heddle_status client_ledger_read_info(heddle_view bytes, heddle_chain_info *out,
                                                      heddle_error *err);
/** A protos.ProcessedTransaction; the envelope is borrowed. */
HEDDLE_MUST_USE heddle_status client_ledger_read_transaction(heddle_view bytes, int *out_code,
                                                             heddle_view *out_envelope,
                                                             heddle_error *err);

#endif
