/*
 * Which peers can endorse a call, and in which combinations: discovery's answer to a
 * chaincode query.
 *
 * Every policy gives sets of principals that satisfy it. Sets of several policies are joined
 * into sets that satisfy all of them. Each principal becomes a group of the peers that satisfy
 * it, each set a layout: so many of this group, so many of that one.
 */
#ifndef DEVNET_PEER_LAYOUT_H
#define DEVNET_PEER_LAYOUT_H

#include "devnet/peer/members.h"

/** Everything but the arena is borrowed; the result is in the arena. E_NOT_FOUND, E_POLICY or
 *  E_REFUSED say why nobody can endorse. */
HEDDLE_MUST_USE heddle_status
dn_layouts_compute(const dn_members *members, const wire_bundle *bundle,
                   const dn_definitions *definitions, const Protos__ChaincodeInterest *interest,
                   base_arena *arena, Discovery__EndorsementDescriptor **out, heddle_error *err);

/** Which members, one flag for each, are not on the channel, do not run a chaincode of @p interest
 *  (NULL: none), or may not have private data that it reads. E_NOT_FOUND names a collection that
 *  there is not. */
HEDDLE_MUST_USE heddle_status dn_layouts_exclude(const dn_members *members,
                                                 const dn_definitions *definitions,
                                                 const Protos__ChaincodeInterest *interest,
                                                 base_arena *arena, bool **out, heddle_error *err);

#endif
