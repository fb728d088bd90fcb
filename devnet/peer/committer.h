/*
 * The thread that takes the orderers' blocks of a channel into the peer's ledger, one by one, as
 * fast as the peer's faults let it: a peer may be behind the others.
 */
#ifndef DEVNET_PEER_COMMITTER_H
#define DEVNET_PEER_COMMITTER_H

#include "devnet/fault/fault.h"
#include "devnet/ledger/ledger.h"
#include "devnet/orderer/chains.h"

typedef struct dn_committer dn_committer;

/** All borrowed until the stop. */
typedef struct dn_committer_options {
    dn_ledger *ledger;
    dn_chains *chains;             /* the orderers', of which one may come later, or go */
    const char *channel;           /* its name */
    dn_faults *faults;             /* NULL: none */
    const char *name;              /* of the peer */
    void (*committed)(void *user); /* after each block, on the committing thread; NULL: nothing */
    void *user;
} dn_committer_options;

/** A block that cannot be committed is tried again every second. */
HEDDLE_MUST_USE heddle_status dn_committer_start(const dn_committer_options *options,
                                                 dn_committer **out, heddle_error *err);
/** Finish the block being committed and join. NULL is fine. */
void dn_committer_stop(dn_committer *committer);

#endif
