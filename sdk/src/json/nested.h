/*
 * Which bytes hold which message: what Fabric knows about its messages and their descriptions
 * do not tell.
 *
 * Often it depends on what is around the bytes: on another field, the key of a map, the place in
 * a list, the header of the payload. A json_frame is a message being written with the field that
 * is its turn; frames are linked upwards.
 */
#ifndef JSON_NESTED_H
#define JSON_NESTED_H

#include "wire/walk.h"

typedef struct json_frame json_frame;

struct json_frame {
    const json_frame *up; /* NULL: the outermost message */
    const wire_description *type;
    heddle_view bytes;
    const wire_walk *walk; /* over the bytes; NULL while they are being made */
    uint32_t field;        /* whose turn it is */
    size_t index;          /* in a repeated field */
    heddle_view key;       /* in a map */
    unsigned depth;
    bool is_plain; /* below this configtxlator decodes nothing */
};

/** The last field @p number of a frame's message: bytes, text or a message, and a scalar. Does not
 *  look for it again for each of many fields that depend on it. */
heddle_view json_frame_bytes(const json_frame *frame, uint32_t number);
uint64_t json_frame_scalar(const json_frame *frame, uint32_t number);

typedef enum json_holding {
    JSON_HOLDS_BYTES,   /* no message */
    JSON_HOLDS_MESSAGE, /* one of `type` */
    JSON_HOLDS_CODES,   /* a protos.TxValidationCode each */
    JSON_HOLDS_UNKNOWN  /* a message, but which cannot be told */
} json_holding;

typedef struct json_nested {
    json_holding holding;
    const wire_description *type;
} json_nested;

/** What the bytes hold whose turn it is. @p basic: as far as configtxlator knows. */
json_nested json_nested_in(const json_frame *frame, bool basic);

typedef enum json_rule { JSON_RULE_NONE, JSON_RULE_FIXED, JSON_RULE_BY_CONTEXT } json_rule;

/** Whether field @p number of @p type may hold a message, and if it is always the same. */
json_rule json_nested_rule(const wire_description *type, uint32_t number);

/** The message type of this name; NULL if it is not known. */
const wire_description *json_type_find(heddle_view name);
/** The types in the order of their names; NULL past the last one. */
const wire_description *json_type_at(size_t index);

#endif
