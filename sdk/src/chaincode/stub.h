/* A transaction while its function runs; it knows no transport, only a port. */
#ifndef CC_STUB_H
#define CC_STUB_H

#include "base/blob.h"
#include "base/list.h"
#include "chaincode/contract.h"
#include "chaincode/port.h"
#include "heddle/chaincode.h"
#include "wire/proposal.h"

struct heddle_cc_stub {
    base_arena *arena;
    const cc_port *port;
    cc_limits limits;
    cc_message start; /* INIT or TRANSACTION, borrowed */
    const char *tx_id;
    const char *channel;
    const char *function;      /* as asked: "Function" or "Contract:Function" */
    const char *function_name; /* the part behind the contract's name */
    cc_invocation invocation;
    cc_input input;
    wire_proposal proposal;
    bool has_proposal;
    base_list iterators; /* open ones */
    wire_response response;
    bool status_set;
    wire_event event;
    const struct cc_client *client; /* who asks; NULL until it was asked for */
};

/** For a message of type INIT or TRANSACTION, whose bytes live longer; so does @p port. */
HEDDLE_MUST_USE heddle_status cc_stub_new(const cc_message *start, const cc_port *port,
                                          const cc_limits *limits, heddle_cc_stub **out,
                                          heddle_error *err);
void cc_stub_free(heddle_cc_stub *stub); /* NULL is fine */

/**
 * Run the function that @p start names. *out: what the peer is to be told in the end, COMPLETED
 * or ERROR; its views live as long as the stub. Once.
 */
HEDDLE_MUST_USE heddle_status cc_stub_run(heddle_cc_stub *stub,
                                          const heddle_cc_chaincode *chaincode,
                                          cc_message *out_last, heddle_error *err);

/** Ask the peer and wait. *out lives until the transaction's end. */
HEDDLE_MUST_USE heddle_status cc_stub_request(heddle_cc_stub *stub, cc_type type,
                                              heddle_view payload, heddle_view *out,
                                              heddle_error *err);

void cc_iterators_close(heddle_cc_stub *stub);

/**
 * A transaction from its first message to its last: the seam between a link and what runs
 * functions. @p start is the whole ChaincodeMessage, INIT or TRANSACTION; *out_last the whole
 * last one, COMPLETED or ERROR, ready to be sent. A failure is told to the peer in an ERROR.
 */
typedef heddle_status cc_execute(const void *user, heddle_view start, const cc_port *port,
                                 const cc_limits *limits, base_blob **out_last, heddle_error *err);

/** In this thread; @p user is the heddle_cc_chaincode. */
cc_execute cc_execute_here;

#endif
