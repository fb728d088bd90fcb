/* Whether the client of a transaction may read or write the private data of a collection. */
#ifndef DEVNET_PEER_ACCESS_H
#define DEVNET_PEER_ACCESS_H

#include "devnet/peer/txn.h"

typedef enum dn_access_kind { DN_ACCESS_READ, DN_ACCESS_WRITE } dn_access_kind;

/** E_DENIED or E_NOT_FOUND with Fabric's words. Collections are for everybody unless they are
 *  for members only. */
HEDDLE_MUST_USE heddle_status dn_access_check(const dn_txn *txn, heddle_view ns, heddle_view coll,
                                              dn_access_kind kind, base_arena *arena,
                                              heddle_error *err);
/** E_REFUSED if the channel does not have the capability. */
HEDDLE_MUST_USE heddle_status dn_access_check_purge(const dn_txn *txn, heddle_error *err);

#endif
