#include "route/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

struct route_held {
    struct route_held *next;
    rpc_bytes *bytes;
};

static void count_in(route_request *request)
{
    const route_engine_events *events = &request->engine->events;
    route_enter(request->engine);
    if (events->begun)
        events->begun(events->user, request->kind->method);
    if (request->kind->is_counted)
        atomic_fetch_add_explicit(&request->engine->in_flight, 1, memory_order_relaxed);
}

static void count_out(route_request *request)
{
    const route_engine_events *events = &request->engine->events;
    if (events->ended)
        events->ended(events->user, request->kind->method);
    if (request->kind->is_counted)
        atomic_fetch_sub_explicit(&request->engine->in_flight, 1, memory_order_relaxed);
    route_leave(request->engine);
}

static bool is_over_limit(route_request *request)
{
    uint64_t limit = request->conf->limit.in_flight;
    return request->kind->is_counted && limit &&
           atomic_load_explicit(&request->engine->in_flight, memory_order_relaxed) > limit;
}

route_request *route_request_new(route_engine *engine, const route_request_kind *kind,
                                 const route_origin *origin)
{
    route_request *request = base_calloc(1, kind->size);
    base_arena *arena = base_arena_new(0);
    if (!request || !arena) {
        base_arena_free(arena);
        base_free(request);
        return NULL;
    }
    request->kind = kind;
    request->engine = engine;
    request->conf = route_conf_now(engine);
    request->from = *origin;
    request->reactor = origin->reactor;
    request->arena = arena;
    request->refs = 1;
    request->started_ms = base_now_ms();
    request->body = origin->body ? rpc_bytes_ref(origin->body) : NULL;
    base_list_init(&request->asks);
    count_in(request);
    return request;
}

void route_request_start(route_request *request)
{
    route_request_ref(request);
    if (is_over_limit(request))
        route_request_failf(request, RPC_RESOURCE_EXHAUSTED,
                            "too many requests in this gateway, limit is %llu; retry after %llu ms",
                            (unsigned long long)request->conf->limit.in_flight,
                            (unsigned long long)request->conf->limit.retry_after_ms);
    else
        request->kind->start(request);
    route_request_unref(request);
}

void route_request_cancel(route_request *request)
{
    request->is_cancelled = true;
    if (request->is_answered)
        return;
    if (request->kind->cancel)
        request->kind->cancel(request);
    if (!request->is_answered) {
        int code = route_request_cancel_code(request);
        route_request_fail(request, code,
                           code == RPC_CANCELLED ? "context canceled"
                                                 : "context deadline exceeded");
    }
}

route_request *route_request_ref(route_request *request)
{
    request->refs++;
    return request;
}

void route_request_unref(route_request *request)
{
    if (--request->refs)
        return;
    if (request->kind->dispose)
        request->kind->dispose(request);
    route_request_forget(request);
    for (struct route_held *held = request->held; held; held = held->next)
        rpc_bytes_unref(held->bytes);
    count_out(request);
    rpc_bytes_unref(request->body);
    base_arena_free(request->arena);
    base_free(request);
}

heddle_view route_request_bytes(const route_request *request)
{
    return rpc_bytes_view(request->body);
}

uint64_t route_request_deadline(const route_request *request, uint64_t timeout_ms)
{
    uint64_t client = request->from.deadline_ms;
    uint64_t own = base_now_ms() + timeout_ms;
    return client && client < own ? client : own;
}

bool route_request_hold(route_request *request, rpc_bytes *bytes)
{
    struct route_held *held = base_arena_zalloc(request->arena, 1, sizeof(*held));
    if (!held)
        return false;
    held->bytes = rpc_bytes_ref(bytes);
    held->next = request->held;
    request->held = held;
    return true;
}

bool route_request_keep(route_request *request, route_topology *topology)
{
    for (size_t i = 0; i < request->topology_count; i++) {
        if (request->topologies[i] == topology) {
            route_topology_unref(topology);
            return true;
        }
    }
    if (request->topology_count == ROUTE_TOPOLOGIES_MAX) {
        route_topology_unref(topology);
        return false;
    }
    request->topologies[request->topology_count++] = topology;
    return true;
}

void route_request_forget(route_request *request)
{
    while (request->topology_count)
        route_topology_unref(request->topologies[--request->topology_count]);
}

static wire_error_detail *detail_slot(route_request *request)
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

void route_request_detail(route_request *request, const char *address, const char *mspid,
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

static void answered(route_request *request, int code)
{
    const route_engine_events *events = &request->engine->events;
    request->is_answered = true;
    if (events->answered)
        events->answered(events->user, request->kind->method, code,
                         base_now_ms() - request->started_ms);
}

void route_request_reply(route_request *request, heddle_view response)
{
    if (request->is_answered)
        return;
    base_auto(rpc_bytes) rpc_bytes *bytes = rpc_bytes_copy(response);
    if (bytes)
        route_request_reply_bytes(request, bytes);
    else
        route_request_fail(request, RPC_RESOURCE_EXHAUSTED, "out of memory");
}

void route_request_reply_bytes(route_request *request, rpc_bytes *response)
{
    if (request->is_answered)
        return;
    answered(request, RPC_OK);
    request->from.caller->reply(request->from.call, response);
}

void route_request_fail(route_request *request, int code, const char *message)
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
    log_at(LOG_DEBUG, "request", "request failed", LOG_STR("method", request->kind->name),
           LOG_STR("code", rpc_code_name(code)), LOG_STR("error", message));
    request->from.caller->finish(request->from.call, &status);
}

void route_request_finish(route_request *request, const rpc_status *status)
{
    if (request->is_answered)
        return;
    answered(request, status->code);
    request->from.caller->finish(request->from.call, status);
}

void route_request_failf(route_request *request, int code, const char *fmt, ...)
{
    char message[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    route_request_fail(request, code, message);
}

void route_request_undecodable(route_request *request, const heddle_error *err)
{
    route_request_failf(request, RPC_INTERNAL, "grpc: error unmarshalling request: %s",
                        err->message);
}

void route_request_fail_status(route_request *request, const heddle_error *err)
{
    route_request_fail(request, rpc_code_of(err->status), err->message);
}

int route_request_cancel_code(const route_request *request)
{
    uint64_t deadline = request->from.deadline_ms;
    return deadline && base_now_ms() + 1 >= deadline ? RPC_DEADLINE_EXCEEDED : RPC_CANCELLED;
}
