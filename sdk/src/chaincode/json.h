/*
 * JSON values in an arena.
 *
 * A container is an array or an object. The members of an object are always sorted as RFC 8785
 * wants them, by the UTF-16 units of their names; elements of an array have no names. A container
 * holds the fault of its building, if there was one: its value is then never written.
 */
#ifndef CC_JSON_H
#define CC_JSON_H

#include "base/arena.h"
#include "base/buffer.h"
#include "heddle/chaincode_json.h"

enum { CC_JSON_DEPTH = 64 };

typedef struct cc_json_member {
    heddle_view name; /* with a NUL behind it */
    heddle_cc_json *value;
} cc_json_member;

typedef struct cc_json_list {
    base_arena *arena;
    cc_json_member *members;
    size_t count;
    size_t capacity;
    const char *fault; /* NULL: none */
} cc_json_list;

struct heddle_cc_json {
    heddle_cc_json_kind kind;
    union {
        bool truth;
        int64_t integer;
        double real;
        heddle_view text; /* with a NUL behind it */
        cc_json_list *list;
    };
};

/** Parse a value into @p arena; see heddle_cc_json_parse(). */
HEDDLE_MUST_USE heddle_status cc_json_parse(base_arena *arena, heddle_view text,
                                            heddle_cc_json **out, heddle_error *err);
/** Append the canonical bytes. */
HEDDLE_MUST_USE heddle_status cc_json_write(const heddle_cc_json *json, base_buffer *out,
                                            heddle_error *err);
/** A text between quotes, with the escapes it needs. */
HEDDLE_MUST_USE heddle_status cc_json_write_text(heddle_view utf8, base_buffer *out);

/* NULL: no memory. */
heddle_cc_json *cc_json_scalar(base_arena *arena, heddle_cc_json_kind kind);
heddle_cc_json *cc_json_text_new(base_arena *arena, heddle_view utf8); /* copied */
heddle_cc_json *cc_json_integer_new(base_arena *arena, int64_t value);
heddle_cc_json *cc_json_real_new(base_arena *arena, double value); /* finite */
heddle_cc_json *cc_json_container(base_arena *arena, heddle_cc_json_kind kind);

/** The order of names in an object. */
int cc_json_order(heddle_view a, heddle_view b);
/** The member of this name. */
heddle_cc_json *cc_json_find(const heddle_cc_json *object, heddle_view name);
bool cc_json_is_number(const heddle_cc_json *json);
/** -1, 0 or 1; both are numbers. */
int cc_json_compare_numbers(const heddle_cc_json *a, const heddle_cc_json *b);
/** An order of all values, in which equal ones, and only they, give 0. */
int cc_json_compare(const heddle_cc_json *a, const heddle_cc_json *b);
/** "object", "integer", …: as JSON Schema calls kinds. */
const char *cc_json_kind_name(heddle_cc_json_kind kind);

/* Numbers */

enum { CC_NUMBER_SIZE = 64 };

/** A finite number as ECMAScript writes it. */
void cc_number_write(double value, char out[CC_NUMBER_SIZE]);
/** Of a value of kind REAL: what is left when it is divided, without its sign; UINT64_MAX for a
 *  fraction. */
uint64_t cc_number_rest(double value, uint64_t divisor);
/** The value of a JSON number's text. E_DECODE: it is too large, or no value holds it exactly. */
HEDDLE_MUST_USE heddle_status cc_number_read(base_arena *arena, heddle_view text,
                                             heddle_cc_json **out, heddle_error *err);

#endif
