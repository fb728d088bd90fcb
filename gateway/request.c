#include "gateway/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

struct gw_held {
    struct gw_held *next;
    rpc_bytes *bytes;
};

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)call;
    gw_request *request = user;
    request->is_cancelled = true;
    if (request->is_answered)
        return;
    if (request->kind->cancel)
        request->kind->cancel(request);
    if (!request->is_answered) {
        int code = gw_request_cancel_code(request);
        gw_request_fail(request, code,
                        code == RPC_CANCELLED ? "context canceled" : "context deadline exceeded");
    }
}

static void on_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    (void)call;
    gw_request *request = user;
    if (!request->is_answered && request->kind->message)
        request->kind->message(request, message);
}

static void on_done(rpc_server_call *call, void *user)
{
    (void)call;
    gw_request_unref(user);
}

static const rpc_server_call_events call_events = {
    .on_message = on_message, .on_cancel = on_cancel, .on_done = on_done};

static void count_in(gw_request *request)
{
    gw_enter(request->gw);
    base_metric_add(request->gw->method_metrics[request->kind->method].in_flight, 1);
    if (request->kind->is_counted)
        atomic_fetch_add_explicit(&request->gw->in_flight, 1, memory_order_relaxed);
}

static void count_out(gw_request *request)
{
    base_metric_add(request->gw->method_metrics[request->kind->method].in_flight, -1);
    if (request->kind->is_counted)
        atomic_fetch_sub_explicit(&request->gw->in_flight, 1, memory_order_relaxed);
    gw_leave(request->gw);
}

static bool is_over_limit(gw_request *request)
{
    uint64_t limit = request->conf->limit.in_flight;
    return request->kind->is_counted && limit &&
           atomic_load_explicit(&request->gw->in_flight, memory_order_relaxed) > limit;
}

static gw_request *request_new(rpc_server_call *call, gw_gateway *gw, const gw_request_kind *kind)
{
    gw_request *request = base_calloc(1, kind->size);
    base_arena *arena = base_arena_new(0);
    if (!request || !arena) {
        base_arena_free(arena);
        base_free(request);
        return NULL;
    }
    request->kind = kind;
    request->gw = gw;
    request->conf = gw_conf_now(gw);
    request->call = call;
    request->reactor = rpc_server_call_reactor(call);
    request->arena = arena;
    request->refs = 1; /* the server's, till on_done */
    request->started_ms = base_now_ms();
    rpc_bytes *body = rpc_server_call_request(call);
    request->body = body ? rpc_bytes_ref(body) : NULL;
    base_list_init(&request->asks);
    return request;
}

void gw_request_begin(rpc_server_call *call, gw_gateway *gw, const gw_request_kind *kind)
{
    gw_request *request = request_new(call, gw, kind);
    if (!request) {
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    count_in(request);
    rpc_server_call_listen(call, &call_events, request);
    gw_request_ref(request);
    if (is_over_limit(request))
        gw_request_failf(request, RPC_RESOURCE_EXHAUSTED,
                         "too many requests in this gateway, limit is %llu; retry after %llu ms",
                         (unsigned long long)request->conf->limit.in_flight,
                         (unsigned long long)request->conf->limit.retry_after_ms);
    else
        kind->start(request);
    gw_request_unref(request);
}

gw_request *gw_request_ref(gw_request *request)
{
    request->refs++;
    return request;
}

void gw_request_unref(gw_request *request)
{
    if (--request->refs)
        return;
    if (request->kind->dispose)
        request->kind->dispose(request);
    for (size_t i = 0; i < request->topology_count; i++)
        gw_topology_unref(request->topologies[i]);
    for (struct gw_held *held = request->held; held; held = held->next)
        rpc_bytes_unref(held->bytes);
    count_out(request);
    rpc_bytes_unref(request->body);
    base_arena_free(request->arena);
    base_free(request);
}

heddle_view gw_request_bytes(const gw_request *request)
{
    return rpc_bytes_view(request->body);
}

uint64_t gw_request_deadline(const gw_request *request, uint64_t timeout_ms)
{
    uint64_t client = rpc_server_call_deadline_ms(request->call);
    uint64_t own = base_now_ms() + timeout_ms;
    return client && client < own ? client : own;
}

bool gw_request_hold(gw_request *request, rpc_bytes *bytes)
{
    struct gw_held *held = base_arena_zalloc(request->arena, 1, sizeof(*held));
    if (!held)
        return false;
    held->bytes = rpc_bytes_ref(bytes);
    held->next = request->held;
    request->held = held;
    return true;
}

bool gw_request_keep(gw_request *request, gw_topology *topology)
{
    for (size_t i = 0; i < request->topology_count; i++) {
        if (request->topologies[i] == topology) {
            gw_topology_unref(topology);
            return true;
        }
    }
    if (request->topology_count == GW_TOPOLOGIES_MAX) {
        gw_topology_unref(topology);
        return false;
    }
    request->topologies[request->topology_count++] = topology;
    return true;
}

static wire_error_detail *detail_slot(gw_request *request)
{
    if (request->detail_count == request->detail_room) {
        size_t room = request->detail_room ? request->detail_room * 2 : 4;
        wire_error_detail *bigger = base_arena_zalloc(request->arena, room, sizeof(*bigger));
        if (!bigger)
            return NULL;
        if (request->detail_count)
            memcpy(bigger, request->details, request->detail_count * sizeof(*bigger));
        request->details = bigger;
        request->detail_room = room;
    }
    return &request->details[request->detail_count];
}

void gw_request_detail(gw_request *request, const char *address, const char *mspid,
                       const char *message)
{
    wire_error_detail *slot = detail_slot(request);
    if (!slot)
        return;
    slot->address = base_arena_strdup(request->arena, address);
    slot->mspid = base_arena_strdup(request->arena, mspid);
    slot->message = base_arena_strdup(request->arena, message);
    if (slot->address && slot->mspid && slot->message)
        request->detail_count++;
}

static void answered(gw_request *request, int code)
{
    gw_method_metrics *metrics = &request->gw->method_metrics[request->kind->method];
    request->is_answered = true;
    if (code >= 0 && (size_t)code < BASE_COUNT(metrics->codes))
        base_metric_add(metrics->codes[code], 1);
    base_metric_observe_ms(metrics->seconds, base_now_ms() - request->started_ms);
}

void gw_request_reply(gw_request *request, heddle_view response)
{
    if (request->is_answered)
        return;
    answered(request, RPC_OK);
    rpc_server_call_reply(request->call, response);
}

void gw_request_reply_bytes(gw_request *request, rpc_bytes *response)
{
    if (request->is_answered)
        return;
    answered(request, RPC_OK);
    rpc_server_call_reply_bytes(request->call, response);
}

void gw_request_fail(gw_request *request, int code, const char *message)
{
    if (request->is_answered)
        return;
    answered(request, code);
    rpc_status status = {.code = code, .message = heddle_view_str(message)};
    if (request->detail_count) {
        wire_error_details details = {.code = code,
                                      .message = message,
                                      .items = request->details,
                                      .count = request->detail_count};
        heddle_view bytes;
        if (wire_error_details_write(&details, request->arena, &bytes, NULL) == HEDDLE_OK)
            status.details = bytes;
    }
    log_at(LOG_DEBUG, "request", "request failed",
           LOG_VIEW("method", rpc_server_call_method(request->call)),
           LOG_STR("code", rpc_code_name(code)), LOG_STR("error", message));
    rpc_server_call_finish(request->call, &status);
}

void gw_request_finish(gw_request *request, const rpc_status *status)
{
    if (request->is_answered)
        return;
    answered(request, status->code);
    rpc_server_call_finish(request->call, status);
}

void gw_request_failf(gw_request *request, int code, const char *fmt, ...)
{
    char message[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    gw_request_fail(request, code, message);
}

void gw_request_undecodable(gw_request *request, const heddle_error *err)
{
    gw_request_failf(request, RPC_INTERNAL, "grpc: error unmarshalling request: %s", err->message);
}

void gw_request_fail_status(gw_request *request, const heddle_error *err)
{
    gw_request_fail(request, rpc_code_of(err->status), err->message);
}

int gw_request_cancel_code(const gw_request *request)
{
    uint64_t deadline = rpc_server_call_deadline_ms(request->call);
    return deadline && base_now_ms() + 1 >= deadline ? RPC_DEADLINE_EXCEEDED : RPC_CANCELLED;
}
