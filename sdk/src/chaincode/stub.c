#include "chaincode/stub.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

enum { STATUS_OK = 200, STATUS_ERROR = 500 };

/* common.HeaderType */
enum { CONFIG = 1, ENDORSER_TRANSACTION = 3 };

static heddle_status read_proposal(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_view proposal, signature;
    if (stub->start.proposal.len == 0)
        return HEDDLE_OK;
    BASE_TRY(wire_signed_proposal_read(stub->start.proposal, &proposal, &signature, err));
    BASE_TRY(wire_proposal_read(proposal, stub->arena, &stub->proposal, err));
    int32_t type = stub->proposal.header.type;
    if (type != ENDORSER_TRANSACTION && type != CONFIG)
        return base_fail(err, HEDDLE_E_DECODE, "invalid channel header type %d", (int)type);
    stub->signature = signature;
    stub->has_proposal = true;
    return HEDDLE_OK;
}

static heddle_status read_start(heddle_cc_stub *stub, heddle_error *err)
{
    base_arena *arena = stub->arena;
    BASE_TRY(wire_shape_read(&cc_input_shape, stub->start.payload, arena, &stub->input, err));
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
    cc_batch_drop(stub);
    base_buffer_done(&stub->scratch);
    base_arena_free(stub->arena);
    base_free(stub);
}

heddle_status cc_stub_copy(heddle_cc_stub *stub, heddle_view bytes, heddle_view *out,
                           const char *what, heddle_error *err)
{
    heddle_view kept = base_arena_view(stub->arena, bytes);
    if (kept.len != bytes.len)
        return base_arena_fail(stub->arena, err, what);
    *out = kept;
    return HEDDLE_OK;
}

/* The scratch is used again and again: only its first bytes cost an allocation. */
static heddle_status write_scratch(heddle_cc_stub *stub, const char *what, const wire_shape *shape,
                                   const void *in, heddle_view *out, heddle_error *err)
{
    base_buffer_clear(&stub->scratch);
    heddle_status st = base_buffer_reserve(&stub->scratch, wire_shape_size(shape, in));
    if (st == HEDDLE_OK)
        st = wire_shape_write(shape, in, &stub->scratch);
    if (st != HEDDLE_OK)
        return base_fail(err, st, "%s", what);
    *out = base_buffer_view(&stub->scratch);
    return HEDDLE_OK;
}

heddle_status cc_stub_ask(heddle_cc_stub *stub, cc_type type, const wire_shape *shape,
                          const void *in, heddle_view *out, heddle_error *err)
{
    heddle_view payload;
    BASE_TRY(write_scratch(stub, cc_type_name(type), shape, in, &payload, err));
    return stub->port->ask(stub->port->user, type, payload, out, err);
}

heddle_status cc_stub_post(heddle_cc_stub *stub, cc_type type, const wire_shape *shape,
                           const void *in, heddle_error *err)
{
    heddle_view payload;
    if (!stub->port->post)
        return cc_stub_ask(stub, type, shape, in, &payload, err);
    BASE_TRY(write_scratch(stub, cc_type_name(type), shape, in, &payload, err));
    return stub->port->post(stub->port->user, type, payload, err);
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

/* What was written is sent and waited for also if the function failed: a chaincode that called
 * this one may go on, and then every peer has to have the same writes, whether it takes batches
 * or not. The batch of an INIT that failed is dropped, as by the official shims. */
static heddle_status call_function(heddle_cc_stub *stub, const heddle_cc_chaincode *chaincode,
                                   heddle_error *err)
{
    heddle_error at_end;
    heddle_status st = cc_chaincode_run(stub, chaincode, stub->start.type == CC_INIT, err);
    heddle_status ended = HEDDLE_OK;
    if (st == HEDDLE_OK || stub->start.type != CC_INIT)
        ended = cc_batch_flush(stub, &at_end);
    heddle_status settled = settle(stub, ended == HEDDLE_OK ? &at_end : NULL);
    if (ended == HEDDLE_OK)
        ended = settled;
    if (st != HEDDLE_OK || ended == HEDDLE_OK)
        return st;
    stub->status_set = false;
    *err = at_end;
    return ended;
}

static void take_failure(heddle_cc_stub *stub, heddle_status st)
{
    stub->response.payload = heddle_view_of(NULL, 0);
    stub->event = (wire_event){0};
    if (stub->status_set)
        return;
    const char *why = stub->failure.message;
    stub->response.status = STATUS_ERROR;
    stub->response.message = heddle_view_str(why[0] ? why : heddle_status_text(st));
}

static heddle_status last_message(heddle_cc_stub *stub, cc_message *out, heddle_error *err)
{
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
    BASE_TRY(write_scratch(stub, "response of the transaction", &wire_response_shape,
                           &stub->response, &last.payload, err));
    *out = last;
    return HEDDLE_OK;
}

heddle_status cc_stub_run(heddle_cc_stub *stub, const heddle_cc_chaincode *chaincode,
                          cc_message *out_last, heddle_error *err)
{
    base_error_clear(&stub->failure);
    heddle_status st = call_function(stub, chaincode, &stub->failure);
    if (st != HEDDLE_OK)
        take_failure(stub, st);
    return last_message(stub, out_last, err);
}

heddle_status cc_execute_here(const void *user, heddle_view start, const cc_port *port,
                              const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    cc_message message, last;
    heddle_cc_stub *stub = NULL;
    BASE_TRY(cc_message_read(start, &message, err));
    BASE_TRY(cc_stub_new(&message, port, limits, &stub, err));
    heddle_status st = cc_stub_run(stub, user, &last, err);
    if (st == HEDDLE_OK)
        st = cc_message_blob(&last, out_last, err);
    cc_stub_free(stub);
    return st;
}
