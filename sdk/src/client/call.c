#include "client/call.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "client/details.h"
#include "client/retry.h"

/* Who will answer the present step. */
enum phase { PHASE_NONE, PHASE_CONNECTING, PHASE_CALLING };

struct heddle_call {
    atomic_int refs;
    heddle_gateway *gateway;
    client_activity activity;
    heddle_details *details;
    uint64_t deadline_ms; /* of the whole; 0: none */
    rpc_reactor *reactor;

    /* The present step: written before it starts, read by its reply. */
    client_step step;
    char tx_id[65];
    uint64_t step_deadline_ms;
    rpc_channel *channel;
    rpc_bytes *request;
    rpc_task task;

    pthread_mutex_t lock; /* guards what follows */
    bool is_cancelled;
    enum phase phase;
    rpc_call *current;
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
    rpc_call_unref(call->current);
    rpc_bytes_unref(call->request);
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
    call->activity =
        (client_activity){.cancel = activity_cancel, .ref = activity_ref, .unref = activity_unref};
    base_list_init(&call->activity.link);
    call->details = options.details;
    call->deadline_ms = options.timeout_ms ? base_now_ms() + options.timeout_ms : 0;
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

/* The end of a step: nobody else may answer it any more. */
static void answer(heddle_call *call, rpc_bytes *response, heddle_error *err)
{
    if (err)
        client_error_place(err, call->step.stage, call->tx_id);
    call->step.fn(call, response, err, call->step.user);
}

static void answer_failure(heddle_call *call, heddle_status status, const char *text)
{
    heddle_error err;
    base_fail(&err, status, "%s: %s", heddle_stage_name(call->step.stage), text);
    answer(call, NULL, &err);
}

static void on_reply(const rpc_reply *reply, void *user)
{
    heddle_call *call = user;
    heddle_error err;
    if (reply->status.code == RPC_OK) {
        answer(call, reply->response, NULL);
        return;
    }
    client_details_read(call->details, reply->status.details);
    (void)!rpc_status_fail(&reply->status, heddle_stage_name(call->step.stage), &err);
    answer(call, NULL, &err);
}

/* Under the lock. */
static heddle_status start_rpc(heddle_call *call, heddle_error *err)
{
    rpc_call_options options = {.method = call->step.method,
                                .reactor = call->reactor,
                                .deadline_ms = call->step_deadline_ms};
    rpc_call *started = NULL;
    call->phase = PHASE_NONE;
    BASE_TRY(rpc_call_start_bytes(call->channel, &options, call->request, on_reply, call, &started,
                                  err));
    rpc_call_unref(call->current);
    call->current = started;
    call->phase = PHASE_CALLING;
    return HEDDLE_OK;
}

static void fail_unconnected(heddle_call *call)
{
    char text[160];
    snprintf(text, sizeof(text), "no connection to %.100s", rpc_channel_target(call->channel));
    answer_failure(call, HEDDLE_E_UNAVAILABLE, text);
}

/* The wait for the channel is over; its reference to the call is given back here. */
static void on_ready(rpc_channel_state state, void *user)
{
    base_auto(heddle_call) heddle_call *call = user;
    heddle_error err;
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&call->lock);
    bool mine = call->phase == PHASE_CONNECTING;
    if (mine && state == RPC_CHANNEL_READY)
        status = start_rpc(call, &err);
    else if (mine)
        call->phase = PHASE_NONE;
    pthread_mutex_unlock(&call->lock);
    if (mine && state != RPC_CHANNEL_READY)
        fail_unconnected(call);
    else if (status)
        answer(call, NULL, &err);
}

/* Under the lock. */
static heddle_status wait_for_channel(heddle_call *call, heddle_error *err)
{
    uint64_t until = base_now_ms() + client_gateway_limits(call->gateway)->connect_wait_ms;
    if (until > call->step_deadline_ms)
        until = call->step_deadline_ms;
    call->phase = PHASE_CONNECTING;
    client_call_ref(call);
    heddle_status status =
        rpc_channel_await_ready(call->channel, call->reactor, until, on_ready, call, err);
    if (status)
        heddle_call_unref(call);
    return status;
}

static void prepare(heddle_call *call, const client_step *step)
{
    call->step = *step;
    snprintf(call->tx_id, sizeof(call->tx_id), "%s", step->tx_id ? step->tx_id : "");
    call->step_deadline_ms = base_now_ms() + step->timeout_ms;
    if (call->deadline_ms && call->deadline_ms < call->step_deadline_ms)
        call->step_deadline_ms = call->deadline_ms;
    call->reactor = rpc_reactor_current();
    if (!call->reactor)
        call->reactor = rpc_reactor_next();
}

/* Under the lock. */
static heddle_status begin(heddle_call *call, heddle_error *err)
{
    if (call->is_cancelled)
        return base_fail(err, HEDDLE_E_CANCELLED, "%s: cancelled",
                         heddle_stage_name(call->step.stage));
    call->channel = client_gateway_channel(call->gateway);
    if (rpc_channel_state_now(call->channel, false) == RPC_CHANNEL_READY)
        return start_rpc(call, err);
    return wait_for_channel(call, err);
}

heddle_status client_call_step(heddle_call *call, const client_step *step, base_buffer *request,
                               heddle_error *err)
{
    prepare(call, step);
    size_t len = 0;
    uint8_t *data = base_buffer_take(request, &len);
    rpc_bytes_unref(call->request);
    call->request = rpc_bytes_take(data, len);
    heddle_status status;
    if (call->request) {
        pthread_mutex_lock(&call->lock);
        status = begin(call, err);
        if (status)
            call->phase = PHASE_NONE;
        pthread_mutex_unlock(&call->lock);
    } else {
        status = base_fail_memory(err, heddle_stage_name(step->stage));
    }
    if (status)
        client_error_place(err, step->stage, call->tx_id);
    return status;
}

static void answer_cancelled(void *user)
{
    answer_failure(user, HEDDLE_E_CANCELLED, "cancelled");
}

void heddle_call_cancel(heddle_call *call)
{
    pthread_mutex_lock(&call->lock);
    bool first = !call->is_cancelled;
    call->is_cancelled = true;
    bool connecting = first && call->phase == PHASE_CONNECTING;
    if (connecting)
        call->phase = PHASE_NONE;
    else if (first && call->phase == PHASE_CALLING)
        rpc_call_cancel(call->current);
    pthread_mutex_unlock(&call->lock);
    if (connecting) {
        call->task = (rpc_task){.fn = answer_cancelled, .user = call};
        rpc_post_task(call->reactor, &call->task);
    }
}
