/* A client's call becomes a request of the engine, and its answer the end of the call. */
#include "gateway/methods.h"

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)call;
    route_request_cancel(user);
}

static void on_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    (void)call;
    route_request *request = user;
    if (!request->is_answered && request->kind->message)
        request->kind->message(request, message);
}

static void on_done(rpc_server_call *call, void *user)
{
    (void)call;
    route_request_unref(user);
}

static const rpc_server_call_events call_events = {
    .on_message = on_message, .on_cancel = on_cancel, .on_done = on_done};

static void reply(void *call, rpc_bytes *response)
{
    rpc_server_call_reply_bytes(call, response);
}

static void finish(void *call, const rpc_status *status)
{
    rpc_server_call_finish(call, status);
}

static const route_caller caller = {.reply = reply, .finish = finish};

void gw_serve(rpc_server_call *call, gw_gateway *gw, const route_request_kind *kind)
{
    route_origin origin = {.caller = &caller,
                           .call = call,
                           .reactor = rpc_server_call_reactor(call),
                           .body = rpc_server_call_request(call),
                           .deadline_ms = rpc_server_call_deadline_ms(call)};
    route_request *request = route_request_new(gw->engine, kind, &origin);
    if (!request) {
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    rpc_server_call_listen(call, &call_events, request);
    route_request_start(request);
}
