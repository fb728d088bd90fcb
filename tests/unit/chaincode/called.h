/* A chaincode called without a peer: what its tables make of a function's name and arguments. */
#ifndef CALLED_H
#define CALLED_H

#include "chaincode/stub.h"

typedef struct called {
    heddle_status status;
    heddle_error err;
    int response; /* the status that a function set, or 200 */
    char payload[4096];
} called;

/** What call_chaincode() does, with so little memory of the transaction's left. */
called call_in_little_memory(const heddle_cc_chaincode *chaincode, const heddle_view *args,
                             size_t count, size_t left);

/** @p args begin with the function; count 0: none was named. */
called call_chaincode(const heddle_cc_chaincode *chaincode, bool init, const heddle_view *args,
                      size_t count);

/** CALL(&chaincode, "Function", "argument", ...) */
#define CALL(chaincode, ...)                                                                       \
    call_texts((chaincode), (const char *const[]){__VA_ARGS__},                                    \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
called call_texts(const heddle_cc_chaincode *chaincode, const char *const *args, size_t count);

/** Fails the test unless the call was refused with these words. */
void expect_refused(called result, const char *message);
/** Fails the test unless the call answered with these bytes. */
void expect_answer(called result, const char *payload);

#endif
