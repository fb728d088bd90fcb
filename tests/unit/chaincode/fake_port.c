#include "fake_port.h"

#include <stdlib.h>

#include "base/fail.h"

static void note(fake_port *port, cc_type type, heddle_view payload, bool posted)
{
    if (port->count == port->cap) {
        port->cap = port->cap ? port->cap * 2 : 64;
        port->requests = realloc(port->requests, port->cap * sizeof(*port->requests));
        ck_assert_ptr_nonnull(port->requests);
    }
    port->requests[port->count++] = (fake_request){
        .type = type, .payload = base_arena_view(port->arena, payload), .posted = posted};
}

static heddle_status ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                         heddle_error *err)
{
    fake_port *port = user;
    fake_answer answer = {.type = CC_RESPONSE};
    note(port, type, payload, false);
    if (port->answered < port->answer_count)
        answer = port->answers[port->answered++];
    if (answer.type == 0)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: the peer is gone", cc_type_name(type));
    *out = answer.payload;
    if (answer.type == CC_ERROR)
        return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(answer.payload));
    return HEDDLE_OK;
}

static heddle_status post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    (void)err;
    note(user, type, payload, true);
    return HEDDLE_OK;
}

static heddle_status settle(void *user, heddle_error *err)
{
    fake_port *port = user;
    port->settled++;
    return port->unsettled ? base_fail(err, HEDDLE_E_REFUSED, "%s", port->unsettled) : HEDDLE_OK;
}

void fake_port_init(fake_port *port)
{
    *port = (fake_port){.arena = base_arena_new(0)};
    port->port = (cc_port){.ask = ask, .post = post, .settle = settle, .user = port};
}

void fake_port_done(fake_port *port)
{
    cc_stub_free(port->stub);
    base_arena_free(port->arena);
    free(port->requests);
}

void fake_port_answer(fake_port *port, cc_type type, heddle_view payload)
{
    ck_assert_uint_lt(port->answer_count, FAKE_PORT_ANSWERS);
    port->answers[port->answer_count++] =
        (fake_answer){.type = type, .payload = base_arena_view(port->arena, payload)};
}

void fake_port_answer_message(fake_port *port, const ProtobufCMessage *message)
{
    heddle_view bytes;
    ck_assert_ok(wire_encode_arena(message, port->arena, &bytes, NULL));
    fake_port_answer(port, CC_RESPONSE, bytes);
}

static heddle_view input_of(fake_port *port, const char *const *args)
{
    ProtobufCBinaryData data[16];
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    heddle_view bytes;
    for (; args[input.n_args]; input.n_args++)
        data[input.n_args] = wire_bytes(heddle_view_str(args[input.n_args]));
    input.args = data;
    ck_assert_ok(wire_encode_arena(&input.base, port->arena, &bytes, NULL));
    return bytes;
}

void fake_port_run(fake_port *port, heddle_cc_function *function, const char *const *args)
{
    heddle_cc_contract contract = {
        .size = sizeof(contract), .name = "test", .init = function, .unknown = function};
    contract.context = port;
    const heddle_cc_contract *contracts[] = {&contract};
    heddle_cc_chaincode chaincode = {
        .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};
    cc_message start = {.type = port->start ? (int32_t)port->start : CC_TRANSACTION,
                        .tx_id = VIEW("tx1"),
                        .channel = VIEW("mychannel"),
                        .proposal = port->proposal,
                        .payload = port->input.len ? port->input : input_of(port, args)};
    heddle_error err;
    cc_stub_free(base_steal(&port->stub));
    heddle_status st = cc_stub_new(&start, &port->port, &port->limits, &port->stub, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    st = cc_stub_run(port->stub, &chaincode, &port->last, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    port->response = (wire_response){0};
    if (port->last.type == CC_COMPLETED)
        ck_assert_ok(wire_shape_read(&wire_response_shape, port->last.payload, port->arena,
                                     &port->response, NULL));
}
