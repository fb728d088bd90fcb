/*
 * Fabric's messages as JSON, down to the last message nested in the bytes of another.
 *
 *   heddle_bytes json = {0};
 *   if (heddle_block_to_json(block, NULL, &json, &err) == HEDDLE_OK)
 *       puts((const char *)json.data);
 *   heddle_bytes_done(&json);
 *
 * The form is that of Protocol Buffers: names as in the .proto files, bytes in base64, numbers
 * of 64 bits as strings, enumerations by name, times as text. Members are in the order of their
 * names and every one is there, also an empty one. Bytes that hold a message are shown as that
 * message.
 *
 * Blocking: no; nothing touches the network.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns; nothing is kept. What it gives
 *     out is the caller's to heddle_bytes_done().
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure. HEDDLE_E_DECODE and HEDDLE_E_TOO_LARGE name the message and where in it.
 */
#ifndef HEDDLE_DECODE_H
#define HEDDLE_DECODE_H

#include <stdbool.h>

#include "heddle/gateway.h"

HEDDLE_BEGIN_DECLS

/** Which form of JSON is made. */
typedef enum heddle_json_style {
    /** Everything that is known to hold a message is shown as one: also endorsers, the
     *  metadata of a block, arguments and records of the chaincode life cycle, hashed and
     *  private writes, key-level policies. */
    HEDDLE_JSON_COMPLETE,
    /** To the byte what `configtxlator proto_decode` of Fabric 3 prints, if `indent` is set
     *  and the message is one that it can decode. */
    HEDDLE_JSON_CONFIGTXLATOR,
    /** The same of Fabric 2, which shows empty bytes as null. */
    HEDDLE_JSON_CONFIGTXLATOR_2,
    /** For people: as complete, but bytes that hold no message are text where they are text,
     *  certificates are shown by subject, issuer, serial and dates, and all else is hexadecimal
     *  behind "0x". There is no way back from it. */
    HEDDLE_JSON_READABLE
} heddle_json_style;

/** Start with HEDDLE_JSON_OPTIONS; NULL in place of it means the defaults. */
typedef struct heddle_json_options {
    size_t size;
    heddle_json_style style; /* default HEDDLE_JSON_COMPLETE */
    bool indent;             /* a line a member, indented by tabs; else no space at all */
    bool strict;             /* see heddle_message_to_json() */
    size_t max_len;          /* of the result; default 512 MiB. Past it: HEDDLE_E_TOO_LARGE */
} heddle_json_options;

#ifdef __cplusplus
static inline heddle_json_options heddle_json_options_init(void)
{
    heddle_json_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_JSON_OPTIONS heddle_json_options_init()
#else
#define HEDDLE_JSON_OPTIONS                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_json_options)                                                        \
    }
#endif

/**
 * Decode a message of type @p type, "common.Block" or another name that
 * heddle_message_type_name() gives.
 *
 * Bytes that should hold a message but do not are shown as
 * {"@undecodable": "the message's type", "bytes": "base64"}, and bytes of which it is not known
 * what they hold as base64. With `strict` both are failures, as they are to configtxlator:
 * HEDDLE_E_DECODE. The outermost message has to be readable in any case.
 *
 * @param out  the text, with a NUL behind it; yours to heddle_bytes_done()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_message_to_json(const char *type, heddle_view bytes,
                                                                const heddle_json_options *options,
                                                                heddle_bytes *out,
                                                                heddle_error *err);

/** A block: type "common.Block". */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_block_to_json(heddle_view block,
                                                              const heddle_json_options *options,
                                                              heddle_bytes *out, heddle_error *err);

/** A transaction as it was ordered: type "common.Envelope". */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_envelope_to_json(heddle_view envelope,
                                                                 const heddle_json_options *options,
                                                                 heddle_bytes *out,
                                                                 heddle_error *err);

/**
 * The way back: make the message of type @p type from its JSON, in any style but the readable;
 * which need not be told. `configtxlator proto_encode` makes the same bytes. Members may be left
 * out; a member that the message does not have is a failure. Of the options only `max_len` counts,
 * for the bytes.
 *
 * A message that was decoded and made again need not be what it was byte by byte, if another
 * encoder than Go's had made it, and signatures and hashes are of bytes: keep those.
 *
 * @param out  the bytes, with a NUL behind them; yours to heddle_bytes_done()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_message_from_json(const char *type, heddle_view json, const heddle_json_options *options,
                         heddle_bytes *out, heddle_error *err);

/** The names of the types that can be decoded, in their order; NULL past the last one. Static
 *  storage. */
HEDDLE_API const char *heddle_message_type_name(size_t index);

HEDDLE_END_DECLS

#endif
