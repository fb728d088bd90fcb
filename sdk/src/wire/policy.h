/*
 * Signature policies: evaluated, and read and written in Fabric's text form.
 *
 * A policy is a Common__SignaturePolicyEnvelope: a tree of "N of these" over principals. It is
 * evaluated as Fabric does it, from left to right, each identity counting for one principal
 * only and never given back: AND('A.member', 'A.admin') of one identity fails.
 */
#ifndef WIRE_POLICY_H
#define WIRE_POLICY_H

#include "common/policies.pb-c.h"
#include "crypto/msp.h"
#include "wire/codec.h"

enum { WIRE_POLICY_MAX_IDENTITIES = 256 };

/** The bytes of a SignaturePolicyEnvelope; E_DECODE as well if it is not whole: no rule, a
 *  principal that is not there. Only policies so checked may be evaluated or written. */
HEDDLE_MUST_USE heddle_status wire_policy_read(heddle_view bytes, base_arena *arena,
                                               const Common__SignaturePolicyEnvelope **out,
                                               heddle_error *err);
/** The same check of an envelope that was decoded with something else. */
HEDDLE_MUST_USE heddle_status wire_policy_check(const Common__SignaturePolicyEnvelope *policy,
                                                heddle_error *err);

/** Whether identity @p index satisfies @p principal. */
typedef bool wire_satisfies_fn(const Common__MSPPrincipal *principal, size_t index, void *user);

/** E_POLICY if @p count identities, each given once, do not satisfy it. */
HEDDLE_MUST_USE heddle_status wire_policy_evaluate(const Common__SignaturePolicyEnvelope *policy,
                                                   size_t count, wire_satisfies_fn *satisfies,
                                                   void *user, heddle_error *err);

/** The same of identities that an MSP has found valid. */
HEDDLE_MUST_USE heddle_status wire_policy_evaluate_identities(
    const Common__SignaturePolicyEnvelope *policy, crypto_identity *const *identities, size_t count,
    heddle_error *err);

/** E_POLICY with the reason unless the identity is what the principal asks for. */
HEDDLE_MUST_USE heddle_status wire_identity_satisfies(const crypto_identity *identity,
                                                      const Common__MSPPrincipal *principal,
                                                      heddle_error *err);

/**
 * "AND('Org1MSP.peer', OutOf(1, 'Org2MSP.member', 'Org3MSP.admin'))"; AND, OR and OutOf in
 * the three spellings that Fabric takes. E_BAD_ARGUMENT says where it went wrong.
 */
HEDDLE_MUST_USE heddle_status wire_policy_parse(heddle_view text, base_arena *arena,
                                                Common__SignaturePolicyEnvelope **out,
                                                heddle_error *err);

/** The text form, appended. Principals other than roles have none: E_BAD_ARGUMENT. */
HEDDLE_MUST_USE heddle_status wire_policy_print(const Common__SignaturePolicyEnvelope *policy,
                                                base_buffer *out, heddle_error *err);

/** A set of principals, by their position in policy->identities, that satisfies a policy. */
typedef struct wire_principal_set {
    const uint32_t *principals; /* sorted; a number may come more than once */
    size_t count;
} wire_principal_set;

/**
 * The sets that satisfy a policy, none of which holds another one: what discovery makes
 * layouts of. E_TOO_LARGE if there are more than a thousand.
 */
HEDDLE_MUST_USE heddle_status wire_policy_sets(const Common__SignaturePolicyEnvelope *policy,
                                               base_arena *arena, wire_principal_set **out,
                                               size_t *out_count, heddle_error *err);

/* Building, in the arena; NULL past its limit. */

/** @p n of one role in each of the MSPs @p mspids. */
Common__SignaturePolicyEnvelope *wire_policy_n_of_roles(size_t n, const heddle_view *mspids,
                                                        size_t count, crypto_role role,
                                                        base_arena *arena);

#endif
