/*
 * Whether the endorsements of a transaction satisfy the policies of what it writes.
 *
 * A key with a validation parameter is judged by that alone; any other by its collection's
 * policy or its namespace's. A namespace without such a key is judged at least once.
 */
#ifndef DEVNET_LEDGER_ENDORSEMENT_H
#define DEVNET_LEDGER_ENDORSEMENT_H

#include "devnet/ledger/validate.h"

typedef struct dn_judge {
    const dn_validator *validator;
    const dn_state *state; /* as committed before the block */
    dn_state *parameters;  /* keys whose metadata earlier transactions of the block set */
    base_arena *arena;
} dn_judge;

/** VALID, ENDORSEMENT_POLICY_FAILURE, INVALID_CHAINCODE and what else Fabric's dispatcher gives
 *  for an endorser transaction whose outer form is right. */
HEDDLE_MUST_USE heddle_status dn_endorsement_check(dn_judge *judge, const wire_tx *tx,
                                                   wire_code *out, heddle_error *err);

#endif
