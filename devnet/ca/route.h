/* From a request to its handler, and the answer around the result. */
#ifndef DEVNET_CA_ROUTE_H
#define DEVNET_CA_ROUTE_H

#include "devnet/ca/call.h"

/** Answer @p request by one of the CAs, of which the first is meant when no name is given. */
void dn_ca_answer(const dn_ca *cas, size_t ca_count, const admin_request *request,
                  admin_answer *answer);

#endif
