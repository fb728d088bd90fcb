/*
 * The contract of the behaviour suite in C: contract.js says what it does. It uses the public
 * headers alone.
 */
#ifndef BEHAVIOUR_H
#define BEHAVIOUR_H

#include <heddle/chaincode.h>

/** A text that grows in the stub's memory; after a failure, which `status` holds, no more. With
 *  E_REFUSED there the peer refused writes: the transaction fails. */
typedef struct text {
    heddle_cc_stub *stub;
    char *data;
    size_t len;
    size_t room;
    heddle_status status;
} text;

void text_add(text *out, const char *characters);
void text_add_view(text *out, heddle_view characters);
/** Bytes in quotes; long ones by their length and digest. */
void text_show(text *out, heddle_view bytes);

/** One step's arguments. */
typedef struct words {
    const heddle_view *items;
    size_t count;
} words;

/** Make a step; what it gives is appended to @p out. */
typedef heddle_status step_function(heddle_cc_stub *stub, words args, text *out, heddle_error *err);

typedef struct step {
    const char *name;
    size_t least; /* arguments */
    step_function *make;
} step;

extern const step context_steps[], private_steps[], state_steps[]; /* the last has no name */

/** A word as a C string in the stub's memory, a number, bytes that repeat. */
const char *string_of(heddle_cc_stub *stub, heddle_view word);
int number_of(heddle_view word);
heddle_view pattern_of(heddle_cc_stub *stub, size_t size);
words rest_of(words args, size_t from);

/** Everything that is left of an iterator or page, "[k=v k=v]", and its end. */
heddle_status show_all(heddle_cc_iterator *iterator, text *out, heddle_error *err);
void show_list(const heddle_view *items, size_t count, text *out);

extern const heddle_cc_chaincode behaviour_chaincode;

#endif
