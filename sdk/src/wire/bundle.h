/*
 * A channel's configuration ready for use: its MSPs built, its policies to be asked.
 *
 * A bundle is immutable and counted; any thread may use it. A new config block makes a new
 * bundle.
 */
#ifndef WIRE_BUNDLE_H
#define WIRE_BUNDLE_H

#include "wire/channel_config.h"
#include "wire/policy.h"

typedef struct wire_bundle wire_bundle;

/** From the bytes of a config block. E_DECODE or E_CONFIG say what is wrong with it. */
HEDDLE_MUST_USE heddle_status wire_bundle_from_block(heddle_view block, wire_bundle **out,
                                                     heddle_error *err);
/** From the bytes of a common.Config. */
HEDDLE_MUST_USE heddle_status wire_bundle_from_config(heddle_view config, const char *channel,
                                                      wire_bundle **out, heddle_error *err);
wire_bundle *wire_bundle_ref(wire_bundle *bundle);
void wire_bundle_unref(wire_bundle *bundle); /* NULL is fine */

/**
 * From now on remember about @p count signatures that were right, and compute none of them
 * again: for a process in which several parts check the same bytes. Identities are judged as
 * ever. Once, before other threads have the bundle.
 */
HEDDLE_MUST_USE heddle_status wire_bundle_remember(wire_bundle *bundle, size_t count,
                                                   heddle_error *err);

/** Remember together with @p other, if that does. Before other threads have @p bundle. */
void wire_bundle_remember_with(wire_bundle *bundle, const wire_bundle *other);

/** Lives as long as the bundle. */
const wire_channel_config *wire_bundle_config(const wire_bundle *bundle);

/** The MSP called @p mspid, borrowed; NULL if the channel has none. */
crypto_msp *wire_bundle_msp(const wire_bundle *bundle, heddle_view mspid);

/** The identity of a SerializedIdentity, yours to unref. E_BAD_IDENTITY if the channel does
 *  not know its MSP or its MSP does not accept it. Expiry is another question. */
HEDDLE_MUST_USE heddle_status wire_bundle_identify(const wire_bundle *bundle, heddle_view identity,
                                                   crypto_identity **out, heddle_error *err);

/** A signature with what it is over and who made it (bytes of a SerializedIdentity). */
typedef struct wire_signed {
    heddle_view data[2]; /* signed one after the other; the second may be empty */
    heddle_view identity;
    heddle_view signature;
} wire_signed;

/**
 * Whether the set satisfies the policy at @p path ("/Channel/Application/Readers"). Members
 * whose identity or signature is bad count for nothing, an identity that comes twice counts
 * once. E_POLICY; E_NOT_FOUND if there is no such policy.
 */
HEDDLE_MUST_USE heddle_status wire_bundle_evaluate(const wire_bundle *bundle, const char *path,
                                                   const wire_signed *set, size_t count,
                                                   heddle_error *err);

/** The same with the bytes of a protos.ApplicationPolicy, as chaincodes and collections carry
 *  it: a signature policy or the name of a channel policy. */
HEDDLE_MUST_USE heddle_status wire_bundle_evaluate_application(const wire_bundle *bundle,
                                                               heddle_view application_policy,
                                                               const wire_signed *set, size_t count,
                                                               heddle_error *err);

/** The same with a signature policy. */
HEDDLE_MUST_USE heddle_status wire_bundle_evaluate_signature_policy(
    const wire_bundle *bundle, const Common__SignaturePolicyEnvelope *policy,
    const wire_signed *set, size_t count, heddle_error *err);

/** Verify one signature: the identity, yours to unref, if @p set is what it says it is. */
HEDDLE_MUST_USE heddle_status wire_bundle_verify(const wire_bundle *bundle, const wire_signed *set,
                                                 crypto_identity **out, heddle_error *err);

/**
 * The signature policy that the policy at @p path comes to, with implicit meta policies
 * spelled out over their subgroups; in @p arena. What discovery computes layouts from.
 */
HEDDLE_MUST_USE heddle_status wire_bundle_flatten(const wire_bundle *bundle, const char *path,
                                                  base_arena *arena,
                                                  const Common__SignaturePolicyEnvelope **out,
                                                  heddle_error *err);

BASE_AUTO_DEFINE(wire_bundle, wire_bundle *, wire_bundle_unref)

#endif
