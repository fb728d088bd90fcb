/*
 * Endorsement policies of single keys: organizations all of which must endorse what changes the
 * key. The bytes are those of the Go shim's statebased package, so that chaincodes in Go and in C
 * read each other's policies.
 *
 *   heddle_cc_policy *policy;
 *   heddle_view bytes;
 *   if ((st = heddle_cc_policy_new(stub, &policy, err)) != HEDDLE_OK ||
 *       (st = heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_PEER, "Org1MSP", err)) != HEDDLE_OK ||
 *       (st = heddle_cc_policy_write(policy, &bytes, err)) != HEDDLE_OK)
 *       return st;
 *   return heddle_cc_set_state_policy(stub, key, bytes, err);
 *
 * Blocking: no.
 * Threads: the one that runs the transaction.
 * Ownership: policies and what they give out live in the stub's memory until the transaction's
 *     end.
 * Errors: the status, with its reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_CHAINCODE_POLICY_H
#define HEDDLE_CHAINCODE_POLICY_H

#include "heddle/chaincode.h"

HEDDLE_BEGIN_DECLS

/** A policy that is being made or looked at. */
typedef struct heddle_cc_policy heddle_cc_policy;

/** Whose endorsement counts for an organization. */
typedef enum heddle_cc_role {
    HEDDLE_CC_ROLE_MEMBER = 0, /* of any of its members */
    HEDDLE_CC_ROLE_PEER = 3    /* of its peers: where the channel tells nodes by their OUs */
} heddle_cc_role;

/** A policy without organizations. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_policy_new(heddle_cc_stub *stub,
                                                              heddle_cc_policy **out,
                                                              heddle_error *err);

/**
 * The policy of these bytes, as heddle_cc_get_state_policy() gives them; without organizations if
 * there are none. HEDDLE_E_DECODE: no policy, or one that says anything else than that each of its
 * organizations has to endorse: this interface could not write it back.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_policy_read(heddle_cc_stub *stub,
                                                               heddle_view bytes,
                                                               heddle_cc_policy **out,
                                                               heddle_error *err);

/** Add an organization by its MSP's id (copied), or give it another role. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_policy_add(heddle_cc_policy *policy,
                                                              heddle_cc_role role,
                                                              const char *msp_id,
                                                              heddle_error *err);
/** Take an organization out; it need not be there. */
HEDDLE_API void heddle_cc_policy_remove(heddle_cc_policy *policy, const char *msp_id);

/** How many organizations there are. */
HEDDLE_API size_t heddle_cc_policy_count(const heddle_cc_policy *policy);
/** The MSP's id of an organization, in their order as bytes, and its role if @p out_role is not
 *  NULL; NULL past the last one. */
HEDDLE_API const char *heddle_cc_policy_at(const heddle_cc_policy *policy, size_t index,
                                           heddle_cc_role *out_role);

/**
 * The bytes for heddle_cc_set_state_policy(). A policy without organizations asks for nobody:
 * anybody may then change the key. To go back to the chaincode's own policy set no bytes.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_policy_write(const heddle_cc_policy *policy,
                                                                heddle_view *out,
                                                                heddle_error *err);

HEDDLE_END_DECLS

#endif
