/*
 * One transaction being simulated, shared by everybody who works on it: the endorser, the
 * chaincode called and the chaincodes that one calls. Counted. When the endorser is done the
 * simulation is closed, and a chaincode that comes too late gets an error.
 */
#ifndef DEVNET_PEER_TXN_H
#define DEVNET_PEER_TXN_H

#include "devnet/ledger/ledger.h"
#include "devnet/ledger/sim.h"

typedef struct dn_txn dn_txn;

/** With a snapshot of @p ledger's state; everything else is copied. NULL: no memory. */
dn_txn *dn_txn_new(dn_ledger *ledger, heddle_view channel, heddle_view tx_id,
                   heddle_view signed_proposal);
dn_txn *dn_txn_ref(dn_txn *txn);
void dn_txn_unref(dn_txn *txn); /* NULL is fine */

const char *dn_txn_channel(const dn_txn *txn);
const char *dn_txn_id(const dn_txn *txn);
heddle_view dn_txn_signed_proposal(const dn_txn *txn);
dn_ledger *dn_txn_ledger(const dn_txn *txn);
/** Those of the state that the simulation reads. */
const dn_definitions *dn_txn_definitions(const dn_txn *txn);

/** The simulation for this thread alone until dn_txn_release(); NULL (and nothing to
 *  release) when it is closed. */
dn_sim *dn_txn_acquire(dn_txn *txn);
void dn_txn_release(dn_txn *txn);
void dn_txn_close(dn_txn *txn);

BASE_AUTO_DEFINE(dn_txn, dn_txn *, dn_txn_unref)

#endif
