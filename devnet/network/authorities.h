/* The organisations' CAs as servers of the network. */
#ifndef DEVNET_AUTHORITIES_H
#define DEVNET_AUTHORITIES_H

#include "devnet/network/state.h"

/** E_BAD_ARGUMENT: there is no administrator. */
HEDDLE_MUST_USE heddle_status dn_authorities_check(const dn_options *options, heddle_error *err);
/** Open them, unless they are not wanted, and put them into the topology. */
HEDDLE_MUST_USE heddle_status dn_authorities_open(dn_network *net, heddle_error *err);
/** The nodes serve: from now on channels get what is revoked. */
void dn_authorities_start(dn_network *net);
void dn_authorities_close(dn_network *net);

#endif
