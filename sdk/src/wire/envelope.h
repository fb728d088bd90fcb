/*
 * common.Envelope and common.Payload: the frame of whatever is signed.
 *
 * Read structs borrow the bytes they were read from. What is written is in the arena. The
 * order of making an envelope is: wire_payload_write() gives the bytes to sign, then
 * wire_envelope_write() puts them and the signature together.
 */
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"

/** common.Header with its two headers decoded. */
typedef struct wire_header {
    heddle_view channel_header;   /* the bytes of ChannelHeader */
    heddle_view signature_header; /* the bytes of SignatureHeader */
    int32_t type;                 /* common.HeaderType */
    int32_t version;
    base_wall_time time; /* zero if there is none */
    heddle_view channel;
    heddle_view tx_id;
    uint64_t epoch;
    heddle_view extension;
    heddle_view tls_cert_hash;
    heddle_view creator; /* bytes of a SerializedIdentity */
    heddle_view nonce;
} wire_header;

typedef struct wire_envelope {
    heddle_view payload; /* the signed bytes */
    heddle_view signature;
    wire_header header;
    heddle_view data;
} wire_envelope;

/** The bytes of a common.Header. E_DECODE also if strings are not UTF-8. */
HEDDLE_MUST_USE heddle_status wire_header_read(heddle_view bytes, wire_header *out,
                                               heddle_error *err);

/** The bytes of a common.Payload. E_DECODE too if it has no header. */
HEDDLE_MUST_USE heddle_status wire_payload_read(heddle_view payload, wire_header *out_header,
                                                heddle_view *out_data, heddle_error *err);

/** The bytes of a common.Envelope. E_DECODE too if payload or header is missing. */
HEDDLE_MUST_USE heddle_status wire_envelope_read(heddle_view bytes, wire_envelope *out,
                                                 heddle_error *err);

/** That @p header->tx_id is the id of nonce and creator; E_REFUSED. */
HEDDLE_MUST_USE heddle_status wire_header_check_tx_id(const wire_header *header, heddle_error *err);

/** The bytes of a common.Header; channel_header and signature_header are not used. */
HEDDLE_MUST_USE heddle_status wire_header_write(const wire_header *header, base_arena *arena,
                                                heddle_view *out, heddle_error *err);

/**
 * The bytes of a common.Payload with the header's fields and @p data, to be signed.
 * header->channel_header and signature_header are not used.
 */
HEDDLE_MUST_USE heddle_status wire_payload_write(const wire_header *header, heddle_view data,
                                                 base_arena *arena, heddle_view *out,
                                                 heddle_error *err);

/** The bytes of a common.Envelope; @p signature may be empty: a prepared transaction. */
HEDDLE_MUST_USE heddle_status wire_envelope_write(heddle_view payload, heddle_view signature,
                                                  base_arena *arena, heddle_view *out,
                                                  heddle_error *err);

#endif
