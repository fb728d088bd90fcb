/*
 * Messages walked through by their description, without generated structs: what decodes any
 * message for a reader that knows none of them.
 *
 * A walk looks at one message only; what is nested in it are bytes for a walk of their own. It
 * takes no memory unless a field that is no list comes several times, and views borrow the
 * bytes. As in Go's decoder: of a scalar the last one counts, a message that comes twice is
 * merged, of a oneof the last member stays, fields that are unknown or of another wire type are
 * passed over, text that is not UTF-8 is refused.
 */
#ifndef WIRE_WALK_H
#define WIRE_WALK_H

#include <protobuf-c/protobuf-c.h>

#include "wire/reader.h"

/** The description of a message: &common__block__descriptor. */
typedef ProtobufCMessageDescriptor wire_description;

typedef enum wire_walk_kind {
    WIRE_WALK_I32,
    WIRE_WALK_U32,
    WIRE_WALK_I64,
    WIRE_WALK_U64,
    WIRE_WALK_BOOL,
    WIRE_WALK_ENUM,
    WIRE_WALK_TEXT, /* also text that is kept as bytes because it may hold NUL */
    WIRE_WALK_BYTES,
    WIRE_WALK_MESSAGE,
    WIRE_WALK_OTHER /* floating and fixed numbers, which Fabric does not use: not shown */
} wire_walk_kind;

typedef struct wire_walk_field {
    const char *name;
    uint32_t number;
    unsigned slot;
    wire_walk_kind kind;
    bool is_repeated;
    bool is_map;    /* repeated; the messages have the fields 1, key, and 2, value */
    bool is_one_of; /* there or not, unlike a scalar that is 0 */
    const wire_description *message;
    const ProtobufCEnumDescriptor *names;
} wire_walk_field;

size_t wire_walk_field_count(const wire_description *type);
/** Field @p index in the order of the names. */
wire_walk_field wire_walk_field_at(const wire_description *type, size_t index);
/** Field @p index in the order of the numbers. */
wire_walk_field wire_walk_field_in_order(const wire_description *type, size_t index);
/** Field @p number; false if there is none. */
bool wire_walk_field_find(const wire_description *type, uint32_t number, wire_walk_field *out);

/** "common.Block" */
const char *wire_walk_name(const wire_description *type);
/** The name of a value; NULL if it has none. */
const char *wire_walk_enum_name(const ProtobufCEnumDescriptor *names, int32_t value);
bool wire_walk_enum_value(const ProtobufCEnumDescriptor *names, const char *name, int32_t *out);

typedef struct wire_walk_value {
    uint64_t number;   /* of a scalar, as on the wire */
    heddle_view bytes; /* of text, bytes and messages */
} wire_walk_value;

enum { WIRE_WALK_FIELDS_MAX = 32 };

typedef struct wire_walk {
    const wire_description *type;
    heddle_view bytes;
    struct {
        size_t count; /* how often the field comes; at most 1 if it is no list */
        wire_walk_value last;
        const uint8_t *since; /* where the field counts from: another of its oneof ended there */
    } slots[WIRE_WALK_FIELDS_MAX];
} wire_walk;

/** Look at a message. E_DECODE, or the arena's failure; *out is undefined then. */
HEDDLE_MUST_USE heddle_status wire_walk_read(const wire_description *type, heddle_view bytes,
                                             base_arena *arena, wire_walk *out, heddle_error *err);

/** The values of a repeated field, in their order. */
typedef struct wire_walk_each {
    wire_reader reader;
    wire_reader packed;
    uint32_t number;
    bool is_scalar;
} wire_walk_each;

wire_walk_each wire_walk_values(const wire_walk *walk, const wire_walk_field *field);
bool wire_walk_next(wire_walk_each *each, wire_walk_value *out);

/** The bytes at the end of a path of fields of type bytes, message or text; @p path ends with
 *  0. Empty if there is no such. */
heddle_view wire_walk_dig(heddle_view message, const uint32_t *path);
/** The last scalar under @p number; 0 if there is none. */
uint64_t wire_walk_scalar(heddle_view message, uint32_t number);

#endif
