/*
 * JSON values of a contract.
 *
 *   heddle_cc_json *asset = heddle_cc_json_object(stub);
 *   heddle_cc_json_set_text(asset, "ID", id);
 *   heddle_cc_json_set_integer(asset, "Size", 5);
 *   return heddle_cc_put_json(stub, heddle_view_str(id), asset, err);
 *
 * Values are written in one form only, so that every peer writes the same bytes: members sorted,
 * no white space, numbers and escapes as RFC 8785 (JCS) has them. Integers of 64 bits are exact;
 * here alone the form goes beyond the RFC, which has no integers above 2^53.
 *
 * A value that is being built remembers what went wrong (memory, text that is not UTF-8, a number
 * that is none); writing it then fails with that. So what builds needs no checks in between.
 *
 * Blocking: nothing here waits, but for heddle_cc_get_json() and heddle_cc_put_json().
 * Threads: values belong to the thread that runs the transaction.
 * Ownership: values live in the stub's memory until the transaction's end; there is nothing to
 *     free. Texts and bytes given in are copied; a value that is put into another stays the same
 *     value, and must not be put into itself.
 * Errors: the status, with its reason in @p err if that is not NULL; outputs are untouched on
 *     failure. NULL stands for a value that is not there: looking into it finds nothing.
 */
#ifndef HEDDLE_CHAINCODE_JSON_H
#define HEDDLE_CHAINCODE_JSON_H

#include <stdbool.h>

#include "heddle/chaincode.h"

HEDDLE_BEGIN_DECLS

/** What a value is. */
typedef enum heddle_cc_json_kind {
    HEDDLE_CC_JSON_ABSENT, /* of NULL */
    HEDDLE_CC_JSON_NULL,
    HEDDLE_CC_JSON_BOOLEAN,
    HEDDLE_CC_JSON_INTEGER, /* a whole number that 64 bits hold; 5.0 and 5e0 are too */
    HEDDLE_CC_JSON_REAL,    /* any other number */
    HEDDLE_CC_JSON_TEXT,
    HEDDLE_CC_JSON_ARRAY,
    HEDDLE_CC_JSON_OBJECT
} heddle_cc_json_kind;

/* Reading */

/**
 * The value that @p text is, and nothing behind it. HEDDLE_E_DECODE says at which byte it is not
 * JSON. Refused too: what is nested deeper than 64, a member's name given twice, text that is not
 * UTF-8, an integer that neither 64 bits nor a double hold exactly.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_json_parse(heddle_cc_stub *stub,
                                                              heddle_view text,
                                                              heddle_cc_json **out,
                                                              heddle_error *err);

/** What @p json is. NULL is fine, as in all that follows. */
HEDDLE_API heddle_cc_json_kind heddle_cc_json_kind_of(const heddle_cc_json *json);
/** The member called @p name; NULL: @p object has none, or is no object. */
HEDDLE_API heddle_cc_json *heddle_cc_json_member(const heddle_cc_json *object, const char *name);
/** How many elements an array has, or members an object; 0 for anything else. */
HEDDLE_API size_t heddle_cc_json_count(const heddle_cc_json *json);
/** An element of an array, or a member of an object in the order of the names, which is the same
 *  on every peer; NULL past the last one. */
HEDDLE_API heddle_cc_json *heddle_cc_json_at(const heddle_cc_json *json, size_t index);
/** The name of the member that heddle_cc_json_at() gives; empty past the last one. Zero-terminated
 *  behind its end. */
HEDDLE_API heddle_view heddle_cc_json_name_at(const heddle_cc_json *object, size_t index);

/** A text; NULL if @p json is none, or holds U+0000 (heddle_cc_json_bytes() gives that too). */
HEDDLE_API const char *heddle_cc_json_text(const heddle_cc_json *json);
/** The bytes of a text, UTF-8; empty if @p json is none. */
HEDDLE_API heddle_view heddle_cc_json_bytes(const heddle_cc_json *json);
/** An integer; 0 if @p json is none. */
HEDDLE_API int64_t heddle_cc_json_integer(const heddle_cc_json *json);
/** A number, also an integer; 0 if @p json is none. */
HEDDLE_API double heddle_cc_json_real(const heddle_cc_json *json);
/** A truth value; false if @p json is none. */
HEDDLE_API bool heddle_cc_json_boolean(const heddle_cc_json *json);

/** Whether both are the same value: 1 and 1.0 are, also members in another order. */
HEDDLE_API bool heddle_cc_json_equal(const heddle_cc_json *a, const heddle_cc_json *b);

/**
 * Whether @p json fits the named schema @p schema of the chaincode that runs. HEDDLE_E_BAD_ARGUMENT
 * says what does not fit, and where; HEDDLE_E_NOT_FOUND: there is no such schema.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_json_check(heddle_cc_stub *stub,
                                                              const heddle_cc_json *json,
                                                              const char *schema,
                                                              heddle_error *err);

/* Building */

/** A new object without members; NULL: no memory, which is then said when it is written. */
HEDDLE_API heddle_cc_json *heddle_cc_json_object(heddle_cc_stub *stub);
/** A new array without elements; NULL: no memory, which is then said when it is written. */
HEDDLE_API heddle_cc_json *heddle_cc_json_array(heddle_cc_stub *stub);

/** Give @p object the member @p name, in place of one that it has. */
HEDDLE_API void heddle_cc_json_set(heddle_cc_json *object, const char *name, heddle_cc_json *value);
/** The same with a text; NULL: the value null. */
HEDDLE_API void heddle_cc_json_set_text(heddle_cc_json *object, const char *name, const char *text);
/** The same with a text that may hold U+0000. */
HEDDLE_API void heddle_cc_json_set_bytes(heddle_cc_json *object, const char *name,
                                         heddle_view utf8);
/** The same with an integer. */
HEDDLE_API void heddle_cc_json_set_integer(heddle_cc_json *object, const char *name, int64_t value);
/** The same with a number, which must be finite. */
HEDDLE_API void heddle_cc_json_set_real(heddle_cc_json *object, const char *name, double value);
/** The same with a truth value. */
HEDDLE_API void heddle_cc_json_set_boolean(heddle_cc_json *object, const char *name, bool value);
/** The same with null. */
HEDDLE_API void heddle_cc_json_set_null(heddle_cc_json *object, const char *name);
/** Take the member @p name away, if there is one. */
HEDDLE_API void heddle_cc_json_unset(heddle_cc_json *object, const char *name);

/** Add an element at the end of @p array. */
HEDDLE_API void heddle_cc_json_append(heddle_cc_json *array, heddle_cc_json *value);
/** The same with a text; NULL: the value null. */
HEDDLE_API void heddle_cc_json_append_text(heddle_cc_json *array, const char *text);
/** The same with a text that may hold U+0000. */
HEDDLE_API void heddle_cc_json_append_bytes(heddle_cc_json *array, heddle_view utf8);
/** The same with an integer. */
HEDDLE_API void heddle_cc_json_append_integer(heddle_cc_json *array, int64_t value);
/** The same with a number, which must be finite. */
HEDDLE_API void heddle_cc_json_append_real(heddle_cc_json *array, double value);
/** The same with a truth value. */
HEDDLE_API void heddle_cc_json_append_boolean(heddle_cc_json *array, bool value);
/** The same with null. */
HEDDLE_API void heddle_cc_json_append_null(heddle_cc_json *array);

/* Writing */

/**
 * The bytes of @p json, in the one form there is; zero-terminated behind their end. Fails if
 * building went wrong, with what did.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_json_write(heddle_cc_stub *stub,
                                                              const heddle_cc_json *json,
                                                              heddle_view *out, heddle_error *err);
/** heddle_cc_reply() with these bytes. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_reply_json(heddle_cc_stub *stub,
                                                              const heddle_cc_json *json,
                                                              heddle_error *err);
/** heddle_cc_put_state() with these bytes. Waits as that does. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_put_json(heddle_cc_stub *stub, heddle_view key,
                                                            const heddle_cc_json *json,
                                                            heddle_error *err);
/** The value of a key, parsed; *out is NULL if there is none. Waits as heddle_cc_get_state(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_get_json(heddle_cc_stub *stub, heddle_view key,
                                                            heddle_cc_json **out,
                                                            heddle_error *err);

HEDDLE_END_DECLS

#endif
