/*
 * A port that writes down what it is asked and answers what the test said: a function can be run
 * without a peer, and each of its requests be looked at.
 */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include <check.h>

#include "base/view.h"
#include "chaincode/stub.h"
#include "peer/chaincode.pb-c.h"
#include "peer/chaincode_shim.pb-c.h"
#include "wire/codec.h"

typedef struct fake_request {
    cc_type type;
    heddle_view payload;
    bool posted;
} fake_request;

typedef struct fake_answer {
    cc_type type; /* RESPONSE, ERROR, or 0: the port fails for good */
    heddle_view payload;
} fake_answer;

enum { FAKE_PORT_ANSWERS = 64 };

typedef struct fake_port {
    cc_port port;
    cc_limits limits;
    heddle_view proposal; /* a SignedProposal; empty: none */
    heddle_view input;    /* a ChaincodeInput in place of the arguments */
    cc_type start;        /* 0: TRANSACTION */
    base_arena *arena;
    fake_request *requests;
    size_t count;
    size_t cap;
    fake_answer answers[FAKE_PORT_ANSWERS]; /* then empty ones */
    size_t answer_count;
    size_t answered;
    const char *unsettled; /* NULL, or what settle fails with */
    size_t settled;        /* how often */
    heddle_cc_stub *stub;
    cc_message last;
    wire_response response;
} fake_port;

void fake_port_init(fake_port *port);
void fake_port_done(fake_port *port);

/** What the next request that has no answer yet gets. */
void fake_port_answer(fake_port *port, cc_type type, heddle_view payload);
/** The same: RESPONSE with that message. */
void fake_port_answer_message(fake_port *port, const ProtobufCMessage *message);

/** Run @p function in a transaction with these arguments (the last one NULL) to its end. */
void fake_port_run(fake_port *port, heddle_cc_function *function, const char *const *args);
#define FAKE_PORT_RUN(port, function, ...)                                                         \
    fake_port_run((port), (function), (const char *const[]){__VA_ARGS__, NULL})

/** Request @p index, which must be of that type, decoded. */
#define FAKE_PORT_REQUEST(port, index, of_type, message, out)                                      \
    do {                                                                                           \
        ck_assert_uint_lt((size_t)(index), (port)->count);                                         \
        ck_assert_int_eq((port)->requests[index].type, (of_type));                                 \
        ck_assert_int_eq(                                                                          \
            wire_decode(message, (port)->requests[index].payload, (port)->arena, (out), NULL),     \
            HEDDLE_OK);                                                                            \
    } while (0)

#define ck_assert_view(view, text)                                                                 \
    do {                                                                                           \
        heddle_view view_ = (view);                                                                \
        ck_assert_msg(base_view_is(view_, text), "%.*s is not %s", BASE_VIEW_ARG(view_), (text));  \
    } while (0)
#define ck_assert_ok(call) ck_assert_int_eq((call), HEDDLE_OK)

#endif
