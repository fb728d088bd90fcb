/*
 * What a stub was asked to run, in terms of the tables.
 *
 * The peer's message names a contract and a function; they are looked up, the arguments read by
 * the types of the row, and then the hooks and the function run.
 */
#ifndef CC_CONTRACT_H
#define CC_CONTRACT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "heddle/chaincode.h"

#define CC_SYSTEM_CONTRACT "org.hyperledger.fabric"
#define CC_GET_METADATA    "GetMetadata"

typedef union cc_value {
    const char *text;
    int64_t integer;
    bool truth;
    heddle_cc_json *json;
} cc_value;

typedef struct cc_invocation {
    const heddle_cc_chaincode *chaincode;
    const heddle_cc_contract *contract;       /* NULL: not found yet */
    const heddle_cc_transaction *transaction; /* NULL: a hook alone */
    const cc_value *values;                   /* as many as the transaction has parameters */
    struct cc_named_schema *schemas;          /* that were parsed for it */
} cc_invocation;

/** Run what the stub's first argument names, with the hooks around it. */
HEDDLE_MUST_USE heddle_status cc_chaincode_run(heddle_cc_stub *stub,
                                               const heddle_cc_chaincode *chaincode, bool init,
                                               heddle_error *err);

/** Append the metadata of a chaincode whose tables make sense. */
HEDDLE_MUST_USE heddle_status cc_metadata_write(base_arena *arena,
                                                const heddle_cc_chaincode *chaincode,
                                                base_buffer *out, heddle_error *err);

/** Read the arguments by the transaction's parameters. */
HEDDLE_MUST_USE heddle_status cc_parameters_read(heddle_cc_stub *stub, heddle_error *err);

/** What a parameter that has no type is. */
heddle_cc_type cc_parameter_type(const heddle_cc_parameter *parameter);

#endif
