/*
 * The checks of a proposal before anything is run, in the order of a Fabric peer and with its
 * words.
 */
#ifndef DEVNET_PEER_PROPOSAL_H
#define DEVNET_PEER_PROPOSAL_H

#include "devnet/peer/core.h"
#include "wire/proposal.h"

/** How a proposal ends that is not run. */
typedef enum dn_refusal {
    DN_REFUSAL_NONE,
    DN_REFUSAL_CALL,    /* the call fails: UNKNOWN with the error's message */
    DN_REFUSAL_RESPONSE /* a ProposalResponse of status 500 with the message */
} dn_refusal;

typedef struct dn_checked_proposal {
    const dn_core *core; /* the channel it names; NULL: it names none */
    heddle_view signature;
    wire_proposal proposal;
    uint8_t hash[32];
    bool is_system;        /* a system chaincode is called */
    const char *long_text; /* of a refusal that does not fit an error; NULL: it does */
} dn_checked_proposal;

/** @p request: the bytes of a SignedProposal. Views in @p out borrow them and @p arena. */
dn_refusal dn_proposal_check(const dn_local *local, heddle_view request, base_arena *arena,
                             dn_checked_proposal *out, heddle_error *err);

#endif
