/*
 * What one transaction asked its peer, what it was told, and how it ended: for a second run
 * without the peer (replay.h), at once (lint.h) or from a file.
 *
 * A recording holds all that the transaction saw: arguments, transient map, values of private
 * data. Its bytes are a mark and a version, then fields as of Protocol Buffers; unknown fields
 * are passed over, so that later versions may add to them.
 */
#ifndef CC_RECORDING_H
#define CC_RECORDING_H

#include "chaincode/port.h"

enum {
    CC_RECORDING_BYTES = 512 * 1024 * 1024, /* of a file */
    CC_RECORDING_MEMORY = 64 * 1024 * 1024  /* what is kept of requests, if nothing else is said */
};

/** A request and its answer; posted ones have none. */
typedef struct cc_exchange {
    int32_t type; /* cc_type; 0: what was posted before has failed */
    heddle_view request;
    bool is_refused;
    heddle_view answer; /* the RESPONSE's payload, or the peer's words */
} cc_exchange;

/** Views borrow what it was made from. */
typedef struct cc_recording {
    heddle_view start; /* the whole ChaincodeMessage */
    cc_limits limits;  /* without memory */
    const cc_exchange *exchanges;
    size_t count;
    heddle_view last; /* the whole ChaincodeMessage */
} cc_recording;

HEDDLE_MUST_USE heddle_status cc_recording_write(const cc_recording *recording, base_buffer *out,
                                                 heddle_error *err);
/** Borrows @p bytes; the exchanges are in @p arena. E_DECODE. */
HEDDLE_MUST_USE heddle_status cc_recording_read(heddle_view bytes, base_arena *arena,
                                                cc_recording *out, heddle_error *err);

/** A port before another one, which notes what goes through it. */
typedef struct cc_recorder cc_recorder;

/** @p inner is borrowed until the free; @p memory for requests, 0: the default. NULL: no memory. */
cc_recorder *cc_recorder_new(const cc_port *inner, size_t memory);
void cc_recorder_free(cc_recorder *recorder); /* NULL is fine */
const cc_port *cc_recorder_port(const cc_recorder *recorder);

/**
 * What was noted, as long as the recorder and the answers of the inner port live. E_TOO_LARGE:
 * the transaction asked for more than the recorder has memory for; E_UNAVAILABLE: it lost its
 * peer.
 */
HEDDLE_MUST_USE heddle_status cc_recorder_take(const cc_recorder *recorder, heddle_view start,
                                               const cc_limits *limits, heddle_view last,
                                               cc_recording *out, heddle_error *err);

BASE_AUTO_DEFINE(cc_recorder, cc_recorder *, cc_recorder_free)

#endif
