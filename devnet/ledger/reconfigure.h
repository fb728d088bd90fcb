/* What a config block makes of a peer's configuration. */
#ifndef DEVNET_LEDGER_RECONFIGURE_H
#define DEVNET_LEDGER_RECONFIGURE_H

#include "wire/block.h"
#include "wire/bundle.h"

/**
 * The configuration that a judged block brings, yours to unref; NULL: none. A transaction of type
 * CONFIG is alone in its block, or invalid. E_REFUSED, E_POLICY, …: it does not follow from @p
 * bundle, which no orderer that is right lets happen; the block cannot be committed.
 */
HEDDLE_MUST_USE heddle_status dn_reconfigure(const wire_bundle *bundle, const wire_block *block,
                                             const wire_tx *txs, uint8_t *flags, wire_bundle **out,
                                             heddle_error *err);

#endif
