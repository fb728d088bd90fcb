/* The system chaincodes that clients ask through the Endorser: qscc, cscc, _lifecycle. */
#ifndef DEVNET_PEER_SYSTEM_H
#define DEVNET_PEER_SYSTEM_H

#include "devnet/peer/core.h"
#include "wire/proposal.h"

/** The answer of a system chaincode; views live in the arena. */
typedef struct dn_answer {
    int32_t status;
    heddle_view message;
    heddle_view payload;
} dn_answer;

/** A proposal that calls a system chaincode; its creator's signature has been checked. */
typedef struct dn_system_call {
    const dn_local *local;
    const dn_core *core; /* the channel that it is about; NULL: it names none */
    const wire_proposal *proposal;
    heddle_view signature;
    dn_txn *txn;           /* the simulation; NULL: there is none */
    heddle_view called_by; /* the chaincode that the client called; empty: this one */
    base_arena *arena;
} dn_system_call;

/** Fails only for want of memory; refusals are answers with status 500. */
HEDDLE_MUST_USE heddle_status dn_system_run(const dn_system_call *call, dn_answer *out,
                                            heddle_error *err);

/* The chaincodes, for dn_system_run(). A failure's message becomes the answer's. */
typedef heddle_status dn_system_fn(const dn_system_call *call, heddle_view *out, heddle_error *err);
dn_system_fn dn_qscc_run;
dn_system_fn dn_cscc_run;
dn_system_fn dn_lifecycle_run;

/** Argument @p index of the call, empty if there is none. */
heddle_view dn_system_arg(const dn_system_call *call, size_t index);
/** The same call about the channel called @p name: its core is NULL if the peer is not on it. */
dn_system_call dn_system_on(const dn_system_call *call, heddle_view name);
/** E_DENIED with Fabric's text unless the creator satisfies the policy of @p resource. */
HEDDLE_MUST_USE heddle_status dn_system_check_acl(const dn_system_call *call, const char *resource,
                                                  heddle_error *err);

#endif
