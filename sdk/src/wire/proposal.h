/*
 * Proposals: built by a client, read and checked by an endorser or a gateway.
 *
 * What was signed is the bytes of protos.Proposal; nothing here encodes them a second time.
 */
#ifndef WIRE_PROPOSAL_H
#define WIRE_PROPOSAL_H

#include "wire/envelope.h"
#include "wire/txid.h"

/** An entry of the transient map: for the endorsers only, never on the ledger. */
typedef struct wire_transient {
    heddle_view name;
    heddle_view value;
} wire_transient;

/** What a proposal is made of. Borrowed for the time of the call. */
typedef struct wire_proposal_draft {
    heddle_view channel;
    heddle_view chaincode;
    heddle_view creator; /* bytes of a SerializedIdentity */
    heddle_view nonce;
    base_wall_time time;
    const heddle_view *args; /* the function's name is the first one */
    size_t arg_count;
    const wire_transient *transient;
    size_t transient_count;
    heddle_view tls_cert_hash; /* empty: none */
    bool is_init;
} wire_proposal_draft;

/** The bytes of a protos.Proposal, in @p arena, to be signed; and its transaction id. */
HEDDLE_MUST_USE heddle_status wire_proposal_write(const wire_proposal_draft *draft,
                                                  base_arena *arena, heddle_view *out,
                                                  char out_tx_id[WIRE_TX_ID_SIZE],
                                                  heddle_error *err);

/** The bytes of a protos.SignedProposal, in @p arena. */
HEDDLE_MUST_USE heddle_status wire_signed_proposal_write(heddle_view proposal,
                                                         heddle_view signature, base_arena *arena,
                                                         heddle_view *out, heddle_error *err);
/** Borrows @p bytes. */
HEDDLE_MUST_USE heddle_status wire_signed_proposal_read(heddle_view bytes,
                                                        heddle_view *out_proposal,
                                                        heddle_view *out_signature,
                                                        heddle_error *err);

/** A proposal that was read. Views borrow the bytes, arrays are in the arena. */
typedef struct wire_proposal {
    heddle_view bytes;        /* of protos.Proposal: what was signed */
    heddle_view header_bytes; /* of common.Header */
    heddle_view payload;      /* of ChaincodeProposalPayload, with the transient map */
    wire_header header;
    heddle_view chaincode; /* as the header's extension names it */
    heddle_view input;     /* the bytes of ChaincodeInvocationSpec */
    heddle_view spec_chaincode;
    const heddle_view *args;
    size_t arg_count;
    bool is_init;
    const wire_transient *transient;
    size_t transient_count;
} wire_proposal;

/** Read the bytes of a protos.Proposal. E_DECODE for what an endorser could not unpack. */
HEDDLE_MUST_USE heddle_status wire_proposal_read(heddle_view bytes, base_arena *arena,
                                                 wire_proposal *out, heddle_error *err);

/**
 * What an endorser checks before it looks at the identity: header type, epoch, nonce,
 * creator, transaction id. E_REFUSED; the messages are those of Fabric's peer.
 */
HEDDLE_MUST_USE heddle_status wire_proposal_check(const wire_proposal *proposal, heddle_error *err);

/** The payload without its transient map: what the ledger gets to see. */
HEDDLE_MUST_USE heddle_status wire_proposal_visible(const wire_proposal *proposal,
                                                    base_arena *arena, heddle_view *out,
                                                    heddle_error *err);

/** SHA-256 over channel header, signature header and the payload without transient map. */
HEDDLE_MUST_USE heddle_status wire_proposal_hash(const wire_proposal *proposal, base_arena *arena,
                                                 uint8_t out[32], heddle_error *err);

#endif
