#include "chaincode/stub.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

enum { STATUS_OK = 200, STATUS_ERROR = 500 };

static heddle_status read_proposal(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_view proposal, signature;
    if (stub->start.proposal.len == 0)
        return HEDDLE_OK;
    BASE_TRY(wire_signed_proposal_read(stub->start.proposal, &proposal, &signature, err));
    BASE_TRY(wire_proposal_read(proposal, stub->arena, &stub->proposal, err));
    stub->has_proposal = true;
    return HEDDLE_OK;
}

static heddle_status read_start(heddle_cc_stub *stub, heddle_error *err)
{
    base_arena *arena = stub->arena;
    BASE_TRY(cc_input_read(stub->start.payload, arena, &stub->input, err));
    BASE_TRY(read_proposal(stub, err));
    heddle_view function = stub->input.arg_count ? stub->input.args[0] : VIEW("");
    if (function.len && memchr(function.data, 0, function.len))
        return base_fail(err, HEDDLE_E_DECODE, "the function's name holds a NUL");
    stub->tx_id = base_arena_str(arena, stub->start.tx_id);
    stub->channel = base_arena_str(arena, stub->start.channel);
    stub->function = base_arena_str(arena, function);
    if (!stub->tx_id || !stub->channel || !stub->function)
        return base_arena_fail(arena, err, "transaction");
    return HEDDLE_OK;
}

heddle_status cc_stub_new(const cc_message *start, const cc_port *port, const cc_limits *limits,
                          heddle_cc_stub **out, heddle_error *err)
{
    heddle_cc_stub *stub = base_calloc(1, sizeof(*stub));
    base_arena *arena = base_arena_new(limits->memory);
    if (!stub || !arena) {
        base_free(stub);
        base_arena_free(arena);
        return base_fail_memory(err, "transaction");
    }
    base_list_init(&stub->iterators);
    stub->arena = arena;
    stub->port = port;
    stub->limits = *limits;
    stub->start = *start;
    stub->response.status = STATUS_OK;
    heddle_status st = read_start(stub, err);
    if (st == HEDDLE_OK)
        *out = stub;
    else
        cc_stub_free(stub);
    return st;
}

void cc_stub_free(heddle_cc_stub *stub)
{
    if (!stub)
        return;
    base_arena_free(stub->arena);
    base_free(stub);
}

heddle_status cc_stub_request(heddle_cc_stub *stub, cc_type type, heddle_view payload,
                              heddle_view *out, heddle_error *err)
{
    return stub->port->ask(stub->port->user, type, payload, out, err);
}

/* The length of the character at @p at; 0: no UTF-8. */
static size_t character(heddle_view text, size_t at)
{
    for (size_t len = 1; len <= 4 && at + len <= text.len; len++) {
        if (base_is_utf8(base_view_slice(text, at, len)))
            return len;
    }
    return 0;
}

/* Strings of a message must be UTF-8, or the peer would refuse the whole of it. */
static heddle_view clean_text(heddle_cc_stub *stub, heddle_view text)
{
    if (base_is_utf8(text))
        return text;
    char *copy = base_arena_str(stub->arena, text);
    if (!copy)
        return VIEW("");
    for (size_t at = 0; at < text.len;) {
        size_t len = character(text, at);
        if (len == 0)
            copy[at] = '?';
        at += len ? len : 1;
    }
    return heddle_view_of(copy, text.len);
}

static heddle_status settle(heddle_cc_stub *stub, heddle_error *err)
{
    return stub->port->settle ? stub->port->settle(stub->port->user, err) : HEDDLE_OK;
}

/* What was posted is waited for also if the function failed: a chaincode that called this one
 * may go on, and then every peer has to have the same writes. */
static heddle_status call_function(heddle_cc_stub *stub, const heddle_cc_chaincode *chaincode,
                                   heddle_error *err)
{
    heddle_error unsettled;
    heddle_status st = cc_chaincode_run(stub, chaincode, stub->start.type == CC_INIT, err);
    cc_iterators_close(stub);
    heddle_status settled = settle(stub, &unsettled);
    if (st != HEDDLE_OK || settled == HEDDLE_OK)
        return st;
    stub->status_set = false;
    if (err)
        *err = unsettled;
    return settled;
}

static void take_failure(heddle_cc_stub *stub, heddle_status st, const heddle_error *err)
{
    stub->response.payload = heddle_view_of(NULL, 0);
    stub->event = (wire_event){0};
    if (stub->status_set)
        return;
    const char *why = err->message[0] ? err->message : heddle_status_text(st);
    char *kept = base_arena_strdup(stub->arena, why);
    stub->response.status = STATUS_ERROR;
    stub->response.message = heddle_view_str(kept ? kept : heddle_status_text(st));
}

static heddle_status last_message(heddle_cc_stub *stub, cc_message *out, heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    cc_message last = {.type = CC_COMPLETED,
                       .tx_id = stub->start.tx_id,
                       .channel = stub->start.channel,
                       .event = stub->event};
    stub->response.message = clean_text(stub, stub->response.message);
    if (stub->start.type == CC_INIT && stub->response.status >= STATUS_ERROR) {
        last.type = CC_ERROR;
        last.payload = stub->response.message;
        *out = last;
        return HEDDLE_OK;
    }
    heddle_status st = cc_response_write(&stub->response, &payload);
    if (st != HEDDLE_OK)
        return base_fail(err, st, "response of the transaction");
    last.payload = base_arena_view(stub->arena, base_buffer_view(&payload));
    if (last.payload.len != payload.len)
        return base_arena_fail(stub->arena, err, "response of the transaction");
    *out = last;
    return HEDDLE_OK;
}

heddle_status cc_stub_run(heddle_cc_stub *stub, const heddle_cc_chaincode *chaincode,
                          cc_message *out_last, heddle_error *err)
{
    heddle_error why;
    base_error_clear(&why);
    heddle_status st = call_function(stub, chaincode, &why);
    if (st != HEDDLE_OK)
        take_failure(stub, st, &why);
    return last_message(stub, out_last, err);
}

heddle_status cc_execute_here(const void *user, heddle_view start, const cc_port *port,
                              const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    cc_message message, last;
    heddle_cc_stub *stub = NULL;
    base_auto(arena) base_arena *scratch = base_arena_new(0);
    if (!scratch)
        return base_fail_memory(err, "transaction");
    BASE_TRY(cc_message_read(start, scratch, &message, err));
    BASE_TRY(cc_stub_new(&message, port, limits, &stub, err));
    heddle_status st = cc_stub_run(stub, user, &last, err);
    if (st == HEDDLE_OK)
        st = cc_message_blob(&last, out_last, err);
    cc_stub_free(stub);
    return st;
}
