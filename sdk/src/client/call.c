#include "client/call.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "client/details.h"
#include "client/retry.h"
#include "client/selection.h"

enum { TRACE_MAX = 512 };

struct heddle_call {
    atomic_int refs;
    heddle_gateway *gateway;
    client_activity activity;
    heddle_details *details;
    client_limits limits;
    uint64_t deadline_ms; /* of the whole; 0: none */
    char *traceparent, *tracestate;
    rpc_metadata metadata[2];
    size_t metadata_count;
    heddle_selection *selection;

    /* The present step: written before it starts, read by its reply. */
    client_step step;
    char tx_id[65];
    rpc_bytes *request;
    client_ask ask;
    uint64_t started_ms;

    /* The present pause, likewise. */
    rpc_timer timer;
    rpc_task task;
    client_resume_fn *resume;
    void *resume_user;

    pthread_mutex_t lock; /* guards what follows */
    bool is_cancelled;
    bool is_paused;
    client_flight *flight;
};

heddle_status client_check_may_wait(heddle_error *err)
{
    if (!rpc_on_reactor())
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_STATE,
                     "a callback must not wait: use the function that ends in _start");
}

void client_error_place(heddle_error *err, heddle_stage stage, const char *tx_id)
{
    if (!err)
        return;
    err->stage = stage;
    if (tx_id)
        snprintf(err->tx_id, sizeof(err->tx_id), "%s", tx_id);
    err->retry = client_retry_of(err);
}

heddle_call *client_call_ref(heddle_call *call)
{
    atomic_fetch_add_explicit(&call->refs, 1, memory_order_relaxed);
    return call;
}

void heddle_call_unref(heddle_call *call)
{
    if (!call || atomic_fetch_sub_explicit(&call->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (call->flight)
        call->flight->ops->unref_flight(call->flight);
    rpc_bytes_unref(call->request);
    base_free(call->traceparent);
    base_free(call->tracestate);
    heddle_selection_unref(call->selection);
    client_gateway_unref(call->gateway);
    pthread_mutex_destroy(&call->lock);
    base_free(call);
}

static heddle_call *call_of(client_activity *activity)
{
    return base_container_of(activity, heddle_call, activity);
}

static void activity_cancel(client_activity *activity)
{
    heddle_call_cancel(call_of(activity));
}

static void activity_ref(client_activity *activity)
{
    client_call_ref(call_of(activity));
}

static void activity_unref(client_activity *activity)
{
    heddle_call_unref(call_of(activity));
}

static heddle_status add_trace(heddle_call *call, const char *key, const char *value, char **kept,
                               heddle_error *err)
{
    size_t len = value ? strlen(value) : 0;
    if (!len)
        return HEDDLE_OK;
    for (size_t i = 0; i < len; i++)
        if (len > TRACE_MAX || value[i] < ' ' || value[i] > '~')
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "%s: at most %d printable ASCII characters", key, TRACE_MAX);
    *kept = base_strdup(value);
    if (!*kept)
        return base_fail_memory(err, "call");
    call->metadata[call->metadata_count++] =
        (rpc_metadata){.key = key, .value = heddle_view_of(*kept, len)};
    return HEDDLE_OK;
}

static void choose_limit(uint32_t *limit, uint32_t given)
{
    if (given)
        *limit = given;
}

static heddle_status take_options(heddle_call *call, const heddle_call_options *options,
                                  heddle_error *err)
{
    call->details = options->details;
    call->deadline_ms = options->timeout_ms ? base_now_ms() + options->timeout_ms : 0;
    choose_limit(&call->limits.evaluate_ms, options->evaluate_timeout_ms);
    choose_limit(&call->limits.endorse_ms, options->endorse_timeout_ms);
    choose_limit(&call->limits.submit_ms, options->submit_timeout_ms);
    choose_limit(&call->limits.commit_status_ms, options->commit_status_timeout_ms);
    client_selection_freeze(options->selection);
    call->selection = options->selection ? heddle_selection_ref(options->selection) : NULL;
    BASE_TRY(add_trace(call, "traceparent", options->traceparent, &call->traceparent, err));
    return add_trace(call, "tracestate", options->tracestate, &call->tracestate, err);
}

heddle_status client_call_new(heddle_gateway *gateway, const heddle_call_options *given,
                              heddle_call **out, heddle_error *err)
{
    heddle_call_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_CALL_OPTIONS", err));
    base_auto(heddle_call) heddle_call *call = base_calloc(1, sizeof(*call));
    if (!call)
        return base_fail_memory(err, "call");
    atomic_init(&call->refs, 1);
    pthread_mutex_init(&call->lock, NULL);
    call->gateway = client_gateway_ref(gateway);
    call->limits = *client_gateway_limits(gateway);
    call->activity =
        (client_activity){.cancel = activity_cancel, .ref = activity_ref, .unref = activity_unref};
    base_list_init(&call->activity.link);
    BASE_TRY(take_options(call, &options, err));
    BASE_TRY(client_activity_begin(gateway, &call->activity, err));
    client_details_clear(call->details);
    *out = base_steal(&call);
    return HEDDLE_OK;
}

void client_call_finish(heddle_call *call)
{
    client_activity_end(call->gateway, &call->activity);
    heddle_call_unref(call);
}

void client_call_count(const heddle_call *call, bool failed)
{
    client_gateway_count(call->gateway, call->step.stage, failed, base_now_ms() - call->started_ms);
}

static void on_answer(const client_answer *answer, void *user)
{
    heddle_call *call = user;
    heddle_error *err = answer->err;
    if (err) {
        client_details_read(call->details, answer->details);
        client_error_place(err, call->step.stage, call->tx_id);
        if (answer->in_doubt && call->step.stage == HEDDLE_STAGE_SUBMIT)
            err->retry = HEDDLE_RETRY_ASK_STATUS;
    }
    client_call_count(call, err != NULL);
    call->step.fn(call, answer->response, err, call->step.user);
}

static uint32_t limit_of(const client_limits *limits, heddle_stage stage)
{
    switch (stage) {
    case HEDDLE_STAGE_EVALUATE:
        return limits->evaluate_ms;
    case HEDDLE_STAGE_ENDORSE:
        return limits->endorse_ms;
    case HEDDLE_STAGE_SUBMIT:
        return limits->submit_ms;
    default:
        return limits->commit_status_ms;
    }
}

static void prepare(heddle_call *call, const client_step *step)
{
    rpc_reactor *reactor = rpc_reactor_current();
    call->step = *step;
    snprintf(call->tx_id, sizeof(call->tx_id), "%s", step->tx_id ? step->tx_id : "");
    call->started_ms = base_now_ms();
    call->ask = (client_ask){.stage = step->stage,
                             .method = step->method,
                             .tx_id = call->tx_id,
                             .request = call->request,
                             .reactor = reactor ? reactor : rpc_reactor_next(),
                             .deadline_ms = call->started_ms + limit_of(&call->limits, step->stage),
                             .metadata = call->metadata,
                             .metadata_count = call->metadata_count,
                             .selection = call->selection};
    if (step->limit_ms && call->started_ms + step->limit_ms < call->ask.deadline_ms)
        call->ask.deadline_ms = call->started_ms + step->limit_ms;
    if (call->deadline_ms && call->deadline_ms < call->ask.deadline_ms)
        call->ask.deadline_ms = call->deadline_ms;
}

static heddle_status fail_cancelled(const heddle_call *call, heddle_error *err)
{
    return base_fail(err, HEDDLE_E_CANCELLED, "%s: cancelled", heddle_stage_name(call->step.stage));
}

/* Under the lock, which orders the flight with a cancel and with its own answer's next step. */
static heddle_status start(heddle_call *call, heddle_error *err)
{
    client_backend *backend = client_gateway_backend(call->gateway);
    client_flight *started = NULL;
    if (call->is_cancelled)
        return fail_cancelled(call, err);
    BASE_TRY(backend->ops->start(backend, &call->ask, on_answer, call, &started, err));
    if (call->flight)
        call->flight->ops->unref_flight(call->flight);
    call->flight = started;
    return HEDDLE_OK;
}

heddle_status client_call_step(heddle_call *call, const client_step *step, base_buffer *request,
                               heddle_error *err)
{
    heddle_status status;
    size_t len = 0;
    uint8_t *data = base_buffer_take(request, &len);
    rpc_bytes_unref(call->request);
    call->request = rpc_bytes_take(data, len);
    prepare(call, step);
    if (call->request) {
        pthread_mutex_lock(&call->lock);
        status = start(call, err);
        pthread_mutex_unlock(&call->lock);
    } else {
        status = base_fail_memory(err, heddle_stage_name(step->stage));
    }
    if (status)
        client_error_place(err, step->stage, call->tx_id);
    return status;
}

static void on_pause_over(void *user)
{
    heddle_call *call = user;
    heddle_error err;
    pthread_mutex_lock(&call->lock);
    call->is_paused = false;
    bool cancelled = call->is_cancelled;
    pthread_mutex_unlock(&call->lock);
    if (cancelled)
        (void)!fail_cancelled(call, &err);
    call->resume(call, cancelled ? &err : NULL, call->resume_user);
}

heddle_status client_call_pause(heddle_call *call, uint32_t delay_ms, client_resume_fn *fn,
                                void *user, heddle_error *err)
{
    call->resume = fn;
    call->resume_user = user;
    pthread_mutex_lock(&call->lock);
    heddle_status status = call->is_cancelled ? fail_cancelled(call, err)
                                              : rpc_timer_start(&call->timer, call->ask.reactor,
                                                                delay_ms, on_pause_over, call);
    call->is_paused = status == HEDDLE_OK;
    pthread_mutex_unlock(&call->lock);
    if (status == HEDDLE_E_NO_MEMORY)
        base_fail_memory(err, "timer");
    return status;
}

uint32_t client_call_left_ms(const heddle_call *call)
{
    uint64_t now = base_now_ms(), due = call->ask.deadline_ms;
    return due > now ? (uint32_t)(due - now) : 1;
}

heddle_status client_call_wait(heddle_call *call, const client_step *step, client_resume_fn *fn,
                               void *user, heddle_error *err)
{
    /* What the step before it held, while many wait. */
    rpc_bytes_unref(base_steal(&call->request));
    prepare(call, step);
    pthread_mutex_lock(&call->lock);
    client_flight *flight = base_steal(&call->flight);
    pthread_mutex_unlock(&call->lock);
    if (flight)
        flight->ops->unref_flight(flight);
    return client_call_pause(call, client_call_left_ms(call), fn, user, err);
}

/* Under the lock. A timer that fires at this moment sees for itself. */
static void wake(heddle_call *call)
{
    if (!call->is_paused || !rpc_timer_cancel(&call->timer))
        return;
    call->is_paused = false;
    call->task = (rpc_task){.fn = on_pause_over, .user = call};
    rpc_post_task(call->ask.reactor, &call->task);
}

void client_call_wake(heddle_call *call)
{
    pthread_mutex_lock(&call->lock);
    wake(call);
    pthread_mutex_unlock(&call->lock);
}

void heddle_call_cancel(heddle_call *call)
{
    pthread_mutex_lock(&call->lock);
    bool first = !call->is_cancelled;
    call->is_cancelled = true;
    if (first && call->flight)
        call->flight->ops->cancel(call->flight);
    if (first)
        wake(call);
    pthread_mutex_unlock(&call->lock);
}
