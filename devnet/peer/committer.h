/* The thread that takes the orderer's blocks into the peer's ledger, one by one. */
#ifndef DEVNET_PEER_COMMITTER_H
#define DEVNET_PEER_COMMITTER_H

#include "devnet/ledger/ledger.h"

typedef struct dn_committer dn_committer;

/** Borrows all. A block that cannot be committed is tried again every second. */
HEDDLE_MUST_USE heddle_status dn_committer_start(dn_ledger *ledger, dn_blockstore *ordered,
                                                 const char *name, dn_committer **out,
                                                 heddle_error *err);
/** Join; dn_blockstore_interrupt(ordered) came before. NULL is fine. */
void dn_committer_stop(dn_committer *committer);

/** Commit block @p number now, on this thread. */
HEDDLE_MUST_USE heddle_status dn_commit_ordered(dn_ledger *ledger, const dn_blockstore *ordered,
                                                uint64_t number, heddle_error *err);

#endif
