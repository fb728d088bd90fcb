#include <stdarg.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/stub.h"

heddle_status heddle_cc_fail(heddle_error *err, const char *fmt, ...)
{
    char text[HEDDLE_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return base_fail(err, HEDDLE_E_REFUSED, "%s", text);
}

heddle_status heddle_cc_reply(heddle_cc_stub *stub, heddle_view bytes, heddle_error *err)
{
    return cc_stub_copy(stub, bytes, &stub->response.payload, "answer", err);
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
    BASE_TRY(cc_stub_copy(stub, heddle_view_str(message), &stub->response.message, "message", err));
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
    BASE_TRY(cc_stub_copy(stub, heddle_view_str(name), &event.name, "event", err));
    BASE_TRY(cc_stub_copy(stub, payload, &event.payload, "event", err));
    stub->event = event;
    return HEDDLE_OK;
}

const heddle_cc_response *heddle_cc_answer(heddle_cc_stub *stub)
{
    stub->answer = (heddle_cc_response){.status = stub->response.status,
                                        .message = stub->response.message,
                                        .payload = stub->response.payload};
    return &stub->answer;
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
