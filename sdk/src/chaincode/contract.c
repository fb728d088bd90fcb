#include <stdarg.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/stub.h"
#include "wire/identity.h"

/* "Function" or "name:Function". */
static const char *plain_name(const heddle_cc_contract *contract, const char *function)
{
    const char *colon = strchr(function, ':');
    if (!colon || !contract->name)
        return function;
    heddle_view prefix = heddle_view_of(function, (size_t)(colon - function));
    return base_view_is(prefix, contract->name) ? colon + 1 : function;
}

static heddle_status run_named(heddle_cc_stub *stub, const heddle_cc_contract *contract,
                               heddle_error *err)
{
    const char *name = plain_name(contract, stub->function);
    for (size_t i = 0; i < contract->transaction_count; i++) {
        if (strcmp(contract->transactions[i].name, name) == 0)
            return contract->transactions[i].function(stub, contract->context, err);
    }
    if (contract->unknown)
        return contract->unknown(stub, contract->context, err);
    return base_fail(err, HEDDLE_E_NOT_FOUND, "Function %s not found in contract %s", name,
                     contract->name ? contract->name : "");
}

heddle_status cc_contract_run(heddle_cc_stub *stub, const heddle_cc_contract *contract, bool init,
                              heddle_error *err)
{
    if (init && contract->init)
        return contract->init(stub, contract->context, err);
    if (init && !stub->function[0])
        return HEDDLE_OK;
    return run_named(stub, contract, err);
}

heddle_status heddle_cc_fail(heddle_error *err, const char *fmt, ...)
{
    char text[HEDDLE_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return base_fail(err, HEDDLE_E_REFUSED, "%s", text);
}

const char *heddle_cc_function_name(const heddle_cc_stub *stub)
{
    return stub->function;
}

size_t heddle_cc_arg_count(const heddle_cc_stub *stub)
{
    return stub->input.arg_count ? stub->input.arg_count - 1 : 0;
}

heddle_view heddle_cc_arg(const heddle_cc_stub *stub, size_t index)
{
    if (index >= heddle_cc_arg_count(stub))
        return heddle_view_of(NULL, 0);
    return stub->input.args[index + 1];
}

const char *heddle_cc_arg_text(heddle_cc_stub *stub, size_t index)
{
    heddle_view arg = heddle_cc_arg(stub, index);
    if (index >= heddle_cc_arg_count(stub) || !base_is_utf8(arg))
        return NULL;
    if (arg.len && memchr(arg.data, 0, arg.len))
        return NULL;
    return base_arena_str(stub->arena, arg);
}

heddle_status heddle_cc_expect_args(const heddle_cc_stub *stub, size_t count, heddle_error *err)
{
    size_t given = heddle_cc_arg_count(stub);
    if (given == count)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "Incorrect number of params. Expected %zu, received %zu", count, given);
}

const char *heddle_cc_tx_id(const heddle_cc_stub *stub)
{
    return stub->tx_id;
}

const char *heddle_cc_channel(const heddle_cc_stub *stub)
{
    return stub->channel;
}

void heddle_cc_timestamp(const heddle_cc_stub *stub, int64_t *out_seconds, int32_t *out_nanos)
{
    *out_seconds = stub->proposal.header.time.seconds;
    *out_nanos = stub->proposal.header.time.nanos;
}

heddle_status heddle_cc_creator(const heddle_cc_stub *stub, heddle_cc_identity *out,
                                heddle_error *err)
{
    wire_identity identity;
    if (!stub->has_proposal)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "the peer gave no proposal");
    BASE_TRY(wire_identity_read(stub->proposal.header.creator, &identity, err));
    *out = (heddle_cc_identity){.msp_id = identity.mspid, .cert_pem = identity.cert};
    return HEDDLE_OK;
}

heddle_status heddle_cc_transient(const heddle_cc_stub *stub, const char *name, heddle_view *out,
                                  heddle_error *err)
{
    for (size_t i = 0; i < stub->proposal.transient_count; i++) {
        if (base_view_is(stub->proposal.transient[i].name, name)) {
            *out = stub->proposal.transient[i].value;
            return HEDDLE_OK;
        }
    }
    return base_fail(err, HEDDLE_E_NOT_FOUND, "no transient entry %s", name);
}

static heddle_status copy(heddle_cc_stub *stub, heddle_view bytes, heddle_view *out,
                          const char *what, heddle_error *err)
{
    heddle_view kept = base_arena_view(stub->arena, bytes);
    if (kept.len != bytes.len)
        return base_arena_fail(stub->arena, err, what);
    *out = kept;
    return HEDDLE_OK;
}

heddle_status heddle_cc_reply(heddle_cc_stub *stub, heddle_view bytes, heddle_error *err)
{
    return copy(stub, bytes, &stub->response.payload, "answer", err);
}

heddle_status heddle_cc_reply_text(heddle_cc_stub *stub, const char *text, heddle_error *err)
{
    return heddle_cc_reply(stub, heddle_view_str(text), err);
}

heddle_status heddle_cc_set_status(heddle_cc_stub *stub, int status, const char *message,
                                   heddle_error *err)
{
    if (status < 100 || status > 999)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "status %d is not from 100 to 999", status);
    BASE_TRY(copy(stub, heddle_view_str(message), &stub->response.message, "message", err));
    stub->response.status = status;
    stub->status_set = true;
    return HEDDLE_OK;
}

heddle_status heddle_cc_set_event(heddle_cc_stub *stub, const char *name, heddle_view payload,
                                  heddle_error *err)
{
    wire_event event = {0};
    if (!name || !name[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "event name can not be empty string");
    if (!base_is_utf8(heddle_view_str(name)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "event name is not UTF-8");
    BASE_TRY(copy(stub, heddle_view_str(name), &event.name, "event", err));
    BASE_TRY(copy(stub, payload, &event.payload, "event", err));
    stub->event = event;
    return HEDDLE_OK;
}

void *heddle_cc_alloc(heddle_cc_stub *stub, size_t size)
{
    return base_arena_alloc(stub->arena, size);
}

char *heddle_cc_printf(heddle_cc_stub *stub, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    char *text = len < 0 ? NULL : base_arena_alloc(stub->arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}

void heddle_cc_log(heddle_cc_stub *stub, heddle_cc_log_level level, const char *fmt, ...)
{
    static const base_log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    if ((size_t)level >= BASE_COUNT(levels) || !base_log_enabled(levels[level]))
        return;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log_at(levels[level], "contract", "contract says", LOG_STR("text", text),
           LOG_STR("channel", stub->channel), LOG_STR("txid", stub->tx_id));
}
