/* One ask of the client: a request of the engine on the ask's reactor. */
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "client/selection.h"
#include "direct/backend.h"
#include "route/request.h"
#include "wire/gateway.h"
#include "wire/services.h"

typedef struct flight {
    client_flight base;
    atomic_uint refs; /* the starter's, that of the request, and those of tasks */
    direct_backend *backend;
    route_engine *engine;
    const client_ask *ask;
    client_answer_fn *fn;
    void *user;
    route_wish wish;
    heddle_selection *selection; /* what the wish leads into */
    atomic_bool is_cancelled;
    rpc_reactor *reactor;
    rpc_task begin_task, end_task, cancel_task;

    /* Of the ask's reactor. */
    rpc_timer timer; /* the deadline */
    route_request *request;
    bool is_over;
} flight;

static flight *flight_of(client_flight *base)
{
    return base_container_of(base, flight, base);
}

static flight *flight_ref(flight *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

static void flight_unref(flight *f)
{
    if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
        return;
    heddle_selection_unref(f->selection);
    base_free(f);
}

void direct_flight_unref(client_flight *base)
{
    flight_unref(flight_of(base));
}

/* The request's code may not be done with it when it is answered. */
static void let_go(void *user)
{
    flight *f = user;
    if (f->request)
        route_request_unref(f->request);
    route_leave(f->engine);
    flight_unref(f);
}

static void answer(flight *f, const client_answer *given)
{
    f->is_over = true;
    rpc_timer_cancel(&f->timer);
    f->fn(given, f->user);
    f->end_task = (rpc_task){.fn = let_go, .user = f};
    rpc_post_task(f->reactor, &f->end_task);
}

static void fail(flight *f, heddle_status status, const char *text)
{
    heddle_error err;
    base_fail(&err, status, "%s: %s", heddle_stage_name(f->ask->stage), text);
    answer(f, &(client_answer){.err = &err});
}

/* The engine's answers. */

static void reply(void *call, rpc_bytes *response)
{
    answer(call, &(client_answer){.response = response});
}

static void finish(void *call, const rpc_status *status)
{
    flight *f = call;
    heddle_error err;
    if (status->code == RPC_OK) {
        fail(f, HEDDLE_E_RPC, "ended without an answer");
        return;
    }
    (void)!rpc_status_fail(status, heddle_stage_name(f->ask->stage), &err);
    answer(f, &(client_answer){
                  .err = &err, .details = status->details, .in_doubt = f->request->is_in_doubt});
}

static const route_caller caller = {.reply = reply, .finish = finish};

static const struct {
    const char *method;
    const route_request_kind *kind;
} kinds[] = {{WIRE_GATEWAY_EVALUATE, &route_evaluate_kind},
             {WIRE_GATEWAY_ENDORSE, &route_endorse_kind},
             {WIRE_GATEWAY_SUBMIT, &route_submit_kind},
             {WIRE_GATEWAY_COMMIT_STATUS, &route_commit_status_kind},
             {WIRE_DISCOVERY_DISCOVER, &route_discover_kind}};

static const route_request_kind *kind_of(const char *method)
{
    for (size_t i = 0; i < BASE_COUNT(kinds); i++)
        if (strcmp(kinds[i].method, method) == 0)
            return kinds[i].kind;
    return NULL;
}

static void on_deadline(void *user)
{
    flight *f = user;
    route_request_cancel(f->request);
}

static bool arm(flight *f)
{
    uint64_t now = base_now_ms(), deadline = f->ask->deadline_ms;
    return rpc_timer_start(&f->timer, f->reactor, deadline > now ? deadline - now : 0, on_deadline,
                           f) == HEDDLE_OK;
}

static void begin(void *user)
{
    flight *f = user;
    const route_request_kind *kind = kind_of(f->ask->method);
    route_origin origin = {.caller = &caller,
                           .call = f,
                           .reactor = f->reactor,
                           .body = f->ask->request,
                           .deadline_ms = f->ask->deadline_ms,
                           .wish = &f->wish};
    if (atomic_load(&f->is_cancelled))
        fail(f, HEDDLE_E_CANCELLED, "cancelled");
    else if (!kind)
        fail(f, HEDDLE_E_BAD_STATE, "not possible without a gateway");
    else if (!(f->request = route_request_new(f->engine, kind, &origin)) || !arm(f))
        fail(f, HEDDLE_E_NO_MEMORY, "out of memory");
    else
        route_request_start(f->request);
}

/* What the call says of the peers, and what it does not from the network's options. */
static void take_wish(flight *f, heddle_selection *selection)
{
    bool has_query, has_await;
    f->wish = f->backend->wish;
    if (!selection)
        return;
    f->selection = heddle_selection_ref(selection);
    f->wish = *client_selection_wish(selection, &has_query, &has_await);
    f->wish.reads_own_writes = f->backend->wish.reads_own_writes;
    if (!has_query)
        f->wish.query = f->backend->wish.query;
    if (!has_await)
        f->wish.await = f->backend->wish.await;
}

heddle_status direct_flight_start(client_backend *backend, const client_ask *ask,
                                  client_answer_fn *fn, void *user, client_flight **out,
                                  heddle_error *err)
{
    BASE_TRY(direct_identity_follow(direct_backend_of(backend), err));
    flight *f = base_calloc(1, sizeof(*f));
    if (!f)
        return base_fail_memory(err, heddle_stage_name(ask->stage));
    f->base.ops = backend->ops;
    atomic_init(&f->refs, 2);
    f->backend = direct_backend_of(backend);
    f->engine = f->backend->engine;
    f->reactor = ask->reactor;
    f->ask = ask;
    f->fn = fn;
    f->user = user;
    take_wish(f, ask->selection);
    route_enter(f->engine);
    f->begin_task = (rpc_task){.fn = begin, .user = f};
    rpc_post_task(f->reactor, &f->begin_task);
    *out = &f->base;
    return HEDDLE_OK;
}

static void cancel(void *user)
{
    flight *f = user;
    if (f->request && !f->is_over)
        route_request_cancel(f->request);
    flight_unref(f);
}

void direct_flight_cancel(client_flight *base)
{
    flight *f = flight_of(base);
    if (atomic_exchange(&f->is_cancelled, true))
        return;
    f->cancel_task = (rpc_task){.fn = cancel, .user = flight_ref(f)};
    rpc_post_task(f->reactor, &f->cancel_task);
}
