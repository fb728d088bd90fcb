/* The outer form of a transaction: what a peer checks before it looks at any endorsement. */
#ifndef DEVNET_LEDGER_FRAME_H
#define DEVNET_LEDGER_FRAME_H

#include "wire/block.h"
#include "wire/bundle.h"

/**
 * VALID, or the code Fabric gives for what is wrong with @p envelope: header, creator's
 * signature, transaction id, structure, proposal hash. @p tx is the same envelope decoded.
 */
HEDDLE_MUST_USE heddle_status dn_frame_check(const wire_bundle *bundle, heddle_view envelope,
                                             const wire_tx *tx, wire_code *out, heddle_error *err);

#endif
