/*
 * Contracts: tables of transactions with typed parameters. Included by heddle/chaincode.h.
 *
 *   static const heddle_cc_parameter transfer_parameters[] = {
 *       {"id", .type = HEDDLE_CC_STRING}, {"amount", .type = HEDDLE_CC_INTEGER}};
 *   static const heddle_cc_transaction transactions[] = {
 *       {"Transfer", transfer, .parameters = transfer_parameters, .parameter_count = 2},
 *       {"List", list, .kind = HEDDLE_CC_EVALUATE}};
 *   static const heddle_cc_contract accounts = {
 *       .size = sizeof(accounts), .name = "Accounts",
 *       .transactions = transactions, .transaction_count = 2};
 *   static const heddle_cc_contract *const contracts[] = {&accounts};
 *   const heddle_cc_chaincode bank = {
 *       .size = sizeof(bank), .contracts = contracts, .contract_count = 1};
 *
 * A client calls "Transfer", or "Accounts:Transfer". Arguments are read by the parameters' types
 * before any function runs; what does not fit is refused with the parameter's name.
 *
 * Blocking: nothing here waits.
 * Threads: a chaincode and its tables may be read by any thread; what takes a stub belongs to the
 *     thread that runs the transaction.
 * Ownership: tables are borrowed, with all they point to, until what was given them has ended.
 *     What a stub gives out lives until the transaction's end.
 * Errors: the status, with its reason in @p err if that is not NULL.
 */
#ifndef HEDDLE_CHAINCODE_CONTRACT_H
#define HEDDLE_CHAINCODE_CONTRACT_H

#include "heddle/chaincode.h"
#include "heddle/chaincode_json.h"

HEDDLE_BEGIN_DECLS

/** How clients are meant to call a transaction; told in the metadata, not enforced. */
typedef enum heddle_cc_kind {
    HEDDLE_CC_SUBMIT,  /* to write: endorsed, ordered, committed */
    HEDDLE_CC_EVALUATE /* to read: asked of one peer */
} heddle_cc_kind;

/** What an argument must be. */
typedef enum heddle_cc_type {
    HEDDLE_CC_NONE,    /* of a parameter: as HEDDLE_CC_STRING; of an answer: there is none */
    HEDDLE_CC_STRING,  /* UTF-8 without U+0000 */
    HEDDLE_CC_INTEGER, /* decimal, of 64 bits with sign: "-12", not "+1", "01" or "1.0" */
    HEDDLE_CC_BOOLEAN, /* "true" or "false" */
    HEDDLE_CC_BYTES,   /* anything */
    HEDDLE_CC_JSON     /* a JSON value that fits the parameter's schema */
} heddle_cc_type;

/** A parameter of a transaction. */
typedef struct heddle_cc_parameter {
    const char *name;
    heddle_cc_type type;
    const char *schema; /* JSON Schema that the value must fit; NULL: none; not for bytes */
    const char *description;
} heddle_cc_parameter;

/** A row of a contract's table. {"Name", function} alone is a submit transaction without
 *  parameters; compilers that warn of missing initialisers want {"Name", .function = function}. */
typedef struct heddle_cc_transaction {
    const char *name;
    heddle_cc_function *function;
    heddle_cc_kind kind;
    const heddle_cc_parameter *parameters;
    size_t parameter_count;
    bool unchecked;       /* any arguments: the function looks at them by heddle_cc_arg() */
    bool sees_own_writes; /* as after heddle_cc_see_own_writes(), also in the hooks */
    /* What it answers, for the metadata; not checked. */
    heddle_cc_type returns;
    const char *returns_schema; /* NULL: what the type says */
} heddle_cc_transaction;

/** The parameters of a row, all of @p array: {"Transfer", transfer, HEDDLE_CC_PARAMETERS(both)}.
 *  In C. */
#define HEDDLE_CC_PARAMETERS(array)                                                                \
    .parameters = (array), .parameter_count = sizeof(array) / sizeof((array)[0])

/** A JSON Schema to which others refer as {"$ref": "#/components/schemas/NAME"}. */
typedef struct heddle_cc_schema {
    const char *name;
    const char *schema;
} heddle_cc_schema;

/**
 * A contract. Each hook may be NULL. An Init goes to `init` alone; a transaction of the table to
 * `before`, its function and `after`, each only if the one before it gave HEDDLE_OK and set no
 * status from 400 on; any other name to `unknown` alone.
 */
typedef struct heddle_cc_contract {
    size_t size; /* of this struct */
    const char *name;
    const heddle_cc_transaction *transactions;
    size_t transaction_count;
    heddle_cc_function *init;        /* NULL: the transaction that the Init names, if any */
    heddle_cc_function *before;      /* with the parameters, as the function has them */
    heddle_cc_function *after;       /* what was answered is in heddle_cc_answer() */
    heddle_cc_function *unknown;     /* NULL: an error that says so */
    void *context;                   /* given to each function and hook */
    const heddle_cc_schema *schemas; /* named ones; all contracts of the chaincode have them */
    size_t schema_count;
    const char *title, *version, *description; /* for the metadata; NULL: "" */
} heddle_cc_contract;

/** The contracts of a program. */
struct heddle_cc_chaincode {
    size_t size; /* of this struct */
    /** The first one is meant when a client names a function without a contract. */
    const heddle_cc_contract *const *contracts;
    size_t contract_count;
    const char *title, *version, *description; /* for the metadata; NULL: the first contract's */
};

/**
 * Whether the tables make sense: HEDDLE_E_BAD_ARGUMENT names contract, transaction and parameter
 * that do not. Servers do this when they are opened.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_chaincode_check(const heddle_cc_chaincode *chaincode, heddle_error *err);

/**
 * The metadata of the contracts, as clients get it from org.hyperledger.fabric:GetMetadata: JSON by
 * the official schema, the same bytes on every peer. *out is yours to heddle_free().
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_chaincode_metadata(const heddle_cc_chaincode *chaincode, char **out, heddle_error *err);

/* The parameters of the transaction that runs. Only a wrong index or another type than the
 * table's gives nothing: arguments that do not fit never come as far. */

/** The string that parameter @p index is; NULL if it is none. */
HEDDLE_API const char *heddle_cc_text(const heddle_cc_stub *stub, size_t index);
/** The integer that parameter @p index is; 0 if it is none. */
HEDDLE_API int64_t heddle_cc_integer(const heddle_cc_stub *stub, size_t index);
/** The truth value that parameter @p index is; false if it is none. */
HEDDLE_API bool heddle_cc_boolean(const heddle_cc_stub *stub, size_t index);
/** The bytes of parameter @p index as they came, whatever its type; empty past the last one. */
HEDDLE_API heddle_view heddle_cc_bytes(const heddle_cc_stub *stub, size_t index);

/** The JSON value that parameter @p index is; NULL if it is none. It is yours to change. */
HEDDLE_API heddle_cc_json *heddle_cc_json_param(const heddle_cc_stub *stub, size_t index);

/** The name of the contract that runs; "" before one was found. */
HEDDLE_API const char *heddle_cc_contract_name(const heddle_cc_stub *stub);

HEDDLE_END_DECLS

#endif
