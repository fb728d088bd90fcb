/*
 * Changes of a channel's configuration: what is to be signed, and what becomes of it.
 *
 * A configuration is a tree of groups, values and policies, each with a version and the name of
 * the policy that a change must satisfy. A ConfigUpdate has a read set, the versions that its
 * author saw, and a write set; what has another version in the write set than in the read set is
 * changed, and its version is one more than the present one. A group's own version counts its
 * members coming and going and its mod_policy, not what happens inside its members.
 *
 * In texts a part is named by kind and path, as Fabric does it:
 * "[Value]  /Channel/Orderer/BatchSize".
 */
#ifndef WIRE_CONFIG_UPDATE_H
#define WIRE_CONFIG_UPDATE_H

#include "wire/bundle.h"

/**
 * Append to @p out the bytes of the ConfigUpdate that makes @p edited of @p original, both bytes
 * of a common.Config of @p channel; their versions and sequences as they were: what counts of
 * @p edited is its content. Byte for byte what configtxlator makes, with map entries by name.
 * E_EXISTS: there is no difference; E_DECODE; E_CONFIG: one has no channel group.
 */
HEDDLE_MUST_USE heddle_status wire_config_update_compute(heddle_view original, heddle_view edited,
                                                         const char *channel, base_buffer *out,
                                                         heddle_error *err);

/**
 * What an orderer does with @p envelope, an Envelope of type CONFIG_UPDATE: the versions of its
 * read set and write set, the mod policies of what it changes against its signatures, and whether
 * the result is a configuration. Appends to @p out the bytes of the ConfigEnvelope, the data of an
 * envelope of type CONFIG; *out_next (may be NULL) gets the bundle, yours to unref; it
 * remembers signatures together with @p bundle.
 *
 * E_BAD_STATE: a version is not the present one; E_POLICY: signatures do not suffice; E_REFUSED:
 * nothing is changed, or the channel is another; E_CONFIG: the result would be none, E_DECODE.
 */
HEDDLE_MUST_USE heddle_status wire_config_update_apply(const wire_bundle *bundle,
                                                       heddle_view envelope, base_buffer *out,
                                                       wire_bundle **out_next, heddle_error *err);

/**
 * What a peer does with a config block: whether the ConfigEnvelope @p bytes is what its own
 * last_update makes of the present configuration. *out: the new one. E_REFUSED if not.
 */
HEDDLE_MUST_USE heddle_status wire_config_update_validate(const wire_bundle *bundle,
                                                          heddle_view config_envelope,
                                                          wire_bundle **out, heddle_error *err);

/** Whether a channel may go from one configuration to the other, as far as values say it. E_CONFIG
 *  names what may not be so. Part of apply and validate. */
HEDDLE_MUST_USE heddle_status wire_config_update_check(const wire_channel_config *from,
                                                       const wire_channel_config *to,
                                                       heddle_error *err);

#endif
