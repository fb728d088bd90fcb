/*
 * Contracts: tables of transaction functions. Included by heddle/chaincode.h.
 *
 * Blocking: nothing here waits.
 * Threads: a contract may be read by any thread.
 * Ownership: a contract is borrowed until what was given it has ended.
 * Errors: as in heddle/chaincode.h.
 */
#ifndef HEDDLE_CHAINCODE_CONTRACT_H
#define HEDDLE_CHAINCODE_CONTRACT_H

#include "heddle/chaincode.h"

HEDDLE_BEGIN_DECLS

/** A function's name, as clients ask for it, and the function. */
typedef struct heddle_cc_transaction {
    const char *name;
    heddle_cc_function *function;
} heddle_cc_transaction;

/**
 * A contract; borrowed until the server is closed. Clients may name a function as "Function"
 * or as "name:Function".
 */
typedef struct heddle_cc_contract {
    size_t size; /* of this struct */
    const char *name;
    const heddle_cc_transaction *transactions;
    size_t transaction_count;
    heddle_cc_function *init;    /* for the peer's Init; NULL: the function it names, if any */
    heddle_cc_function *unknown; /* for every other name; NULL: an error */
    void *context;               /* given to each function */
} heddle_cc_contract;

HEDDLE_END_DECLS

#endif
