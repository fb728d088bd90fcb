/* From endorsements to a transaction. */
#ifndef WIRE_TRANSACTION_H
#define WIRE_TRANSACTION_H

#include "wire/proposal.h"

/** A protos.ProposalResponse. Borrows the bytes it was read from. */
typedef struct wire_proposal_response {
    int32_t version;
    bool has_response;
    int32_t status; /* of the chaincode, or of the endorser if there is no payload */
    heddle_view message;
    heddle_view result;  /* Response.payload */
    heddle_view payload; /* ProposalResponsePayload: the bytes that were endorsed */
    bool has_endorsement;
    heddle_view endorser; /* bytes of a SerializedIdentity */
    heddle_view signature;
    heddle_view interest; /* bytes of protos.ChaincodeInterest, empty when there is none */
} wire_proposal_response;

HEDDLE_MUST_USE heddle_status wire_proposal_response_read(heddle_view bytes,
                                                          wire_proposal_response *out,
                                                          heddle_error *err);

/** What a ProposalResponsePayload says. Borrows the bytes. */
typedef struct wire_endorsed {
    heddle_view proposal_hash;
    heddle_view results; /* rwset.TxReadWriteSet */
    heddle_view event;   /* protos.ChaincodeEvent */
    int32_t status;
    heddle_view message;
    heddle_view result; /* the chaincode's answer */
    heddle_view chaincode;
    heddle_view chaincode_version;
} wire_endorsed;

HEDDLE_MUST_USE heddle_status wire_endorsed_read(heddle_view payload, wire_endorsed *out,
                                                 heddle_error *err);
/** The bytes of a ProposalResponsePayload, as a peer makes them. */
HEDDLE_MUST_USE heddle_status wire_endorsed_write(const wire_endorsed *endorsed, base_arena *arena,
                                                  heddle_view *out, heddle_error *err);

/**
 * The Payload of a transaction, the bytes that its creator signs: byte for byte what a peer's
 * gateway makes. The transient map is left out, of several endorsements by one endorser the
 * first is taken. E_REFUSED if there is no endorsement, a response is not a success, or the
 * payloads differ ("ProposalResponsePayloads do not match").
 */
HEDDLE_MUST_USE heddle_status wire_transaction_write(const wire_proposal *proposal,
                                                     const wire_proposal_response *responses,
                                                     size_t count, base_arena *arena,
                                                     heddle_view *out_payload, heddle_error *err);

/**
 * What an envelope of type ENDORSER_TRANSACTION says of its own call, without endorsements:
 * what a gateway or a client needs of a prepared transaction. Borrows @p payload.
 */
typedef struct wire_prepared {
    wire_header header;
    heddle_view chaincode;
    wire_endorsed endorsed;
} wire_prepared;

/** @p payload: of the envelope. E_DECODE unless it is a transaction with one action. */
HEDDLE_MUST_USE heddle_status wire_prepared_read(heddle_view payload, wire_prepared *out,
                                                 heddle_error *err);

#endif
