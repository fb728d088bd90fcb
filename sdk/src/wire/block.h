/*
 * Blocks read without copying.
 *
 * wire_block_read() looks at the frame of a block only; wire_tx_read() decodes one envelope
 * down to its reads, writes and events. Views borrow the bytes of the block, arrays live in
 * the arena: both must outlive the structs. Nothing here is ever re-encoded.
 */
#ifndef WIRE_BLOCK_H
#define WIRE_BLOCK_H

#include "wire/rwset.h"

/** common.HeaderType, as far as a block of a channel can hold it. */
enum { WIRE_TX_MESSAGE = 0, WIRE_TX_CONFIG = 1, WIRE_TX_CONFIG_UPDATE = 2, WIRE_TX_ENDORSER = 3 };

/** protos.TxValidationCode. */
#define WIRE_CODE_MAP(X)                                                                           \
    X(VALID, 0)                                                                                    \
    X(NIL_ENVELOPE, 1)                                                                             \
    X(BAD_PAYLOAD, 2)                                                                              \
    X(BAD_COMMON_HEADER, 3)                                                                        \
    X(BAD_CREATOR_SIGNATURE, 4)                                                                    \
    X(INVALID_ENDORSER_TRANSACTION, 5)                                                             \
    X(INVALID_CONFIG_TRANSACTION, 6)                                                               \
    X(UNSUPPORTED_TX_PAYLOAD, 7)                                                                   \
    X(BAD_PROPOSAL_TXID, 8)                                                                        \
    X(DUPLICATE_TXID, 9)                                                                           \
    X(ENDORSEMENT_POLICY_FAILURE, 10)                                                              \
    X(MVCC_READ_CONFLICT, 11)                                                                      \
    X(PHANTOM_READ_CONFLICT, 12)                                                                   \
    X(UNKNOWN_TX_TYPE, 13)                                                                         \
    X(TARGET_CHAIN_NOT_FOUND, 14)                                                                  \
    X(MARSHAL_TX_ERROR, 15)                                                                        \
    X(NIL_TXACTION, 16)                                                                            \
    X(EXPIRED_CHAINCODE, 17)                                                                       \
    X(CHAINCODE_VERSION_CONFLICT, 18)                                                              \
    X(BAD_HEADER_EXTENSION, 19)                                                                    \
    X(BAD_CHANNEL_HEADER, 20)                                                                      \
    X(BAD_RESPONSE_PAYLOAD, 21)                                                                    \
    X(BAD_RWSET, 22)                                                                               \
    X(ILLEGAL_WRITESET, 23)                                                                        \
    X(INVALID_WRITESET, 24)                                                                        \
    X(INVALID_CHAINCODE, 25)                                                                       \
    X(NOT_VALIDATED, 254)                                                                          \
    X(INVALID_OTHER_REASON, 255)

typedef enum wire_code {
#define WIRE_X(name, number) WIRE_CODE_##name = number,
    WIRE_CODE_MAP(WIRE_X)
#undef WIRE_X
} wire_code;

/** "MVCC_READ_CONFLICT", …; "UNKNOWN" for a number without a name. Static storage. */
const char *wire_code_name(int code);

/** A signature of an orderer over a block. */
typedef struct wire_block_signature {
    heddle_view header; /* bytes of the SignatureHeader; empty with an identifier header */
    heddle_view signature;
    heddle_view identifier; /* bytes of the IdentifierHeader (BFT) */
} wire_block_signature;

typedef struct wire_block {
    heddle_view bytes; /* all of it */
    uint64_t number;
    heddle_view previous_hash;
    heddle_view data_hash;
    heddle_view *envelopes;
    size_t tx_count;
    heddle_view *metadata; /* by common.BlockMetadataIndex */
    size_t metadata_count;
    heddle_view filter;       /* a validation code a transaction; empty if no peer judged yet */
    heddle_view signed_value; /* Metadata.value that the orderers signed */
    wire_block_signature *signatures;
    size_t signature_count;
    bool has_last_config;
    uint64_t last_config; /* number of the last config block, as the orderers signed it */
    heddle_view commit_hash;
} wire_block;

/** Read the frame of a common.Block. */
HEDDLE_MUST_USE heddle_status wire_block_read(heddle_view bytes, base_arena *arena, wire_block *out,
                                              heddle_error *err);

/** The validation code of transaction @p index; NOT_VALIDATED if the filter has none. */
int wire_block_code(const wire_block *block, size_t index);

/** A signer. `mspid` and `cert` are empty if the bytes are no SerializedIdentity: a peer
 *  ignores such an endorser, so a valid transaction may name one. */
typedef struct wire_creator {
    heddle_view bytes;
    heddle_view mspid;
    heddle_view cert; /* PEM, as a rule */
} wire_creator;

typedef struct wire_endorsement {
    wire_creator endorser;
    heddle_view signature;
} wire_endorsement;

typedef struct wire_event {
    heddle_view chaincode;
    heddle_view tx_id;
    heddle_view name;
    heddle_view payload;
} wire_event;

typedef struct wire_chaincode_id {
    heddle_view path;
    heddle_view name;
    heddle_view version;
} wire_chaincode_id;

typedef struct wire_response {
    int32_t status;
    heddle_view message;
    heddle_view payload;
} wire_response;

/** protos.ChaincodeAction with what is in it. */
typedef struct wire_chaincode_action {
    heddle_view results_bytes;
    wire_rwset results;
    heddle_view event_bytes; /* empty: no event */
    wire_event event;
    wire_response response;
    wire_chaincode_id chaincode;
} wire_chaincode_action;

/** What a proposal asked for. */
typedef struct wire_invocation {
    wire_chaincode_id chaincode;
    heddle_view *args; /* the first one is the function's name */
    size_t arg_count;
    bool is_init;
} wire_invocation;

/** One action of an endorser transaction. */
typedef struct wire_action {
    heddle_view header;           /* bytes of its SignatureHeader */
    heddle_view proposal_payload; /* ChaincodeProposalPayload without the transient map */
    wire_invocation invocation;
    heddle_view response_payload; /* ProposalResponsePayload, the bytes that were endorsed */
    wire_endorsement *endorsements;
    size_t endorsement_count;
    heddle_view proposal_hash;
    wire_chaincode_action result;
} wire_action;

typedef struct wire_time {
    int64_t seconds;
    int32_t nanos;
} wire_time;

typedef struct wire_tx {
    heddle_view payload; /* the bytes that were signed */
    heddle_view signature;
    int32_t type;
    int32_t version;
    bool has_timestamp;
    wire_time timestamp;
    heddle_view channel;
    heddle_view tx_id;
    uint64_t epoch;
    heddle_view extension;
    heddle_view tls_cert_hash;
    heddle_view signature_header;
    wire_creator creator;
    heddle_view nonce;
    heddle_view data;    /* Payload.data; of a config transaction the ConfigEnvelope */
    size_t action_count; /* of a Transaction; Fabric calls more or less than one invalid */
    wire_action action;  /* the first one, of an endorser transaction */
    /* NULL, or what could not be decoded: anybody may order bytes that are no transaction,
     * and a peer then marks them invalid. What was read before it is filled in. */
    const char *problem;
} wire_tx;

/**
 * Decode one envelope. Bytes that are no transaction are no failure: they give `problem`.
 * Fails only for want of memory or past the arena's limit.
 */
HEDDLE_MUST_USE heddle_status wire_tx_read(heddle_view envelope, base_arena *arena, wire_tx *out,
                                           heddle_error *err);

/**
 * The header alone, for who needs no more, and where wire_tx_read() says E_TOO_LARGE, which
 * it gives as the `problem`. Takes no memory.
 */
void wire_tx_read_header(heddle_view envelope, wire_tx *out);

/** The channel that the first readable envelope names; E_DECODE if none does. */
HEDDLE_MUST_USE heddle_status wire_block_channel(const wire_block *block, base_arena *arena,
                                                 heddle_view *out, heddle_error *err);

/** That the data hash is the hash of the envelopes; E_BROKEN_CHAIN otherwise. */
HEDDLE_MUST_USE heddle_status wire_block_check_data(const wire_block *block, heddle_error *err);

/** That @p block follows block @p number whose header hash is @p hash; E_BROKEN_CHAIN. */
HEDDLE_MUST_USE heddle_status wire_block_check_link(const wire_block *block, uint64_t number,
                                                    heddle_view hash, heddle_error *err);

/** SHA-256 over the header: what the next block calls the previous hash. */
HEDDLE_MUST_USE heddle_status wire_block_header_hash(const wire_block *block, uint8_t out[32],
                                                     heddle_error *err);

#endif
