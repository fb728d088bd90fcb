/* Discover: a question that somebody else has signed, put to one own peer after the other. */
#include "base/fail.h"
#include "route/inquiry.h"
#include "route/request.h"
#include "wire/services.h"

static heddle_status answered(void *user, rpc_bytes *response, heddle_error *err)
{
    (void)err;
    route_request_reply_bytes(user, response);
    return HEDDLE_OK;
}

static void ended(void *user, heddle_status status, const heddle_error *err)
{
    route_request *request = user;
    if (status != HEDDLE_OK)
        route_request_fail(request, err->grpc_code > 0 ? err->grpc_code : RPC_UNAVAILABLE,
                           err->message);
    route_request_unref(request);
}

static void start(route_request *request)
{
    heddle_error err;
    route_inquiry inquiry = {.method = WIRE_DISCOVERY_DISCOVER,
                             .request = request->body,
                             .reactor = request->reactor,
                             .read = answered,
                             .end = ended,
                             .user = route_request_ref(request)};
    if (route_inquiry_start(request->engine, &inquiry, &err) != HEDDLE_OK)
        ended(request, err.status, &err);
}

const route_request_kind route_discover_kind = {.method = ROUTE_METHOD_DISCOVER,
                                                .name = "Discover",
                                                .size = sizeof(route_request),
                                                .start = start};
