/*
 * Protocol Buffers read and written by tables, without copies.
 *
 * A shape says which field of a message goes to which member of a struct. Reading leaves
 * bytes where they are: a view in the struct points into the input. Only arrays of
 * repeated fields take memory, from the arena, so hostile input is bounded by its limit;
 * depth is bounded because shapes do not contain themselves. As in Go's decoder: of a
 * scalar the last one counts, a message that comes twice is merged, fields that are
 * unknown or of another wire type are passed over.
 */
#ifndef WIRE_READER_H
#define WIRE_READER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"

enum { WIRE_TYPE_VARINT = 0, WIRE_TYPE_FIXED64 = 1, WIRE_TYPE_BYTES = 2, WIRE_TYPE_FIXED32 = 5 };

typedef struct wire_field {
    uint32_t number;
    int type;          /* WIRE_TYPE_… */
    uint64_t varint;   /* of WIRE_TYPE_VARINT */
    heddle_view bytes; /* of WIRE_TYPE_BYTES */
} wire_field;

/** A forward reader over the fields of one message. */
typedef struct wire_reader {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} wire_reader;

wire_reader wire_reader_of(heddle_view bytes);

/** The next field; false at the end or where the bytes are no protobuf (then `failed`). */
bool wire_reader_next(wire_reader *reader, wire_field *out);

/** The next number of a packed list; false at the end or where there is none (then `failed`). */
bool wire_reader_varint(wire_reader *reader, uint64_t *out);

/** E_DECODE that names @p what and the byte if the reader failed, else HEDDLE_OK. */
heddle_status wire_reader_status(const wire_reader *reader, const char *what, heddle_error *err);

/** The last field @p number of type bytes in a message; false if there is none. */
bool wire_field_find(heddle_view message, uint32_t number, heddle_view *out);

/** How many bytes a field @p number with @p len bytes takes, tag and length with it. */
size_t wire_bytes_field_size(uint32_t number, size_t len);

typedef enum wire_kind {
    WIRE_BYTES,       /* heddle_view */
    WIRE_U64,         /* uint64_t */
    WIRE_U32,         /* uint32_t */
    WIRE_I32,         /* int32_t, also enums */
    WIRE_I64,         /* int64_t */
    WIRE_BOOL,        /* bool */
    WIRE_KEY,         /* uint64_t, of an entry of a map: Go writes it when it is 0 too */
    WIRE_MESSAGE,     /* a struct, written if it has anything in it */
    WIRE_OPTIONAL,    /* a struct, and in `extra` a bool that says whether it is there */
    WIRE_NESTED,      /* a struct whose message is the value of a bytes field */
    WIRE_LENIENT,     /* the same, left zeroed if the bytes are no such message */
    WIRE_EACH_BYTES,  /* heddle_view *, and in `extra` a size_t that counts */
    WIRE_EACH_MESSAGE /* a pointer to structs, and in `extra` a size_t that counts */
} wire_kind;

typedef struct wire_shape wire_shape;

/** Several slots may take the same field, say as bytes and as the message in them. */
typedef struct wire_slot {
    uint32_t number;
    wire_kind kind;
    size_t offset;
    size_t extra; /* offset of the bool or of the count */
    const wire_shape *shape;
} wire_slot;

struct wire_shape {
    const char *name; /* of the message, for errors */
    size_t size;      /* of the struct */
    const wire_slot *slots;
    size_t slot_count;
};

#define WIRE_SHAPE(type, message, table)                                                           \
    {                                                                                              \
        .name = (message), .size = sizeof(type), .slots = (table), .slot_count = BASE_COUNT(table) \
    }
#define WIRE_SLOT(no, how, type, member)                                                           \
    {                                                                                              \
        .number = (no), .kind = (how), .offset = offsetof(type, member)                            \
    }
#define WIRE_SLOT_OF(no, how, type, member, of)                                                    \
    {                                                                                              \
        .number = (no), .kind = (how), .offset = offsetof(type, member), .shape = (of)             \
    }
#define WIRE_SLOT_EXTRA(no, how, type, member, other, of)                                          \
    {                                                                                              \
        .number = (no), .kind = (how), .offset = offsetof(type, member),                           \
        .extra = offsetof(type, other), .shape = (of)                                              \
    }

/**
 * Read @p bytes into the zeroed struct at @p out. Views in it borrow @p bytes, arrays live in
 * @p arena. On failure (E_DECODE, or the arena's) @p out holds what came before.
 */
HEDDLE_MUST_USE heddle_status wire_shape_read(const wire_shape *shape, heddle_view bytes,
                                              base_arena *arena, void *out, heddle_error *err);

/**
 * Append the message of the struct at @p in: slots in the order of the table, empty scalars
 * left out, so that equal structs give equal bytes, and those that Go's encoder gives if the
 * table is in the order of the numbers.
 */
HEDDLE_MUST_USE heddle_status wire_shape_write(const wire_shape *shape, const void *in,
                                               base_buffer *out);
size_t wire_shape_size(const wire_shape *shape, const void *in);

#endif
