/* Endorsement policies of definitions and collections: of their own, or a name in the channel. */
#ifndef PACKAGE_POLICY_H
#define PACKAGE_POLICY_H

#include "peer/policy.pb-c.h"
#include "wire/policy.h"

/** The message, in @p arena; NULL if both texts are NULL or empty. E_BAD_ARGUMENT: both are
 *  given, or where the text of the policy went wrong. */
HEDDLE_MUST_USE heddle_status package_policy_build(const char *signature_policy,
                                                   const char *channel_policy, base_arena *arena,
                                                   Protos__ApplicationPolicy **out,
                                                   heddle_error *err);

/** The other way, in @p arena: one of the texts, the other NULL; both are for NULL.
 *  E_BAD_ARGUMENT for a policy that has no text. */
HEDDLE_MUST_USE heddle_status package_policy_print(const Protos__ApplicationPolicy *policy,
                                                   base_arena *arena, const char **out_signature,
                                                   const char **out_channel, heddle_error *err);

#endif
