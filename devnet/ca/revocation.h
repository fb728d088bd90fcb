/* Taking certificates back. */
#ifndef DEVNET_CA_REVOCATION_H
#define DEVNET_CA_REVOCATION_H

#include "devnet/ca/call.h"

/** Steps that revoke every good certificate of @p id; their number. */
size_t dn_ca_revoke_all(const dn_ca_call *call, const char *id, dn_ca_change *change);

/** The change is committed: say so to whom the CA reports to. Always true. */
bool dn_ca_tell_revoked(const dn_ca_call *call);

#endif
