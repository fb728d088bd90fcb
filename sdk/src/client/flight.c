/* One ask of a gateway address: a chain of attempts, each on another node. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "client/addresses.h"
#include "client/retry.h"

/* Who will answer: nobody, as the flight is over; the watch of a connection; a remote call. */
enum phase { PHASE_OVER, PHASE_CONNECTING, PHASE_CALLING };

enum { SHORT_WAIT_MS = 1000 };

typedef struct flight {
    client_flight base;
    atomic_uint refs; /* the starter's, that of who will answer, and those of watches left */
    client_addresses *addresses;
    const client_ask *ask;
    client_answer_fn *fn;
    void *user;
    rpc_task task;

    pthread_mutex_t lock; /* guards what follows */
    bool is_cancelled;
    enum phase phase;
    client_node *node; /* of the present attempt, with the lease */
    route_lease lease;
    rpc_call *call;
    uint64_t place;      /* the bit of the present node … */
    uint64_t asked;      /* … and those of the nodes that were sent the request … */
    uint64_t unreached;  /* … or could not be connected */
    uint64_t give_up_ms; /* connecting altogether; 0: has not begun */
    uint64_t move_on_ms; /* connecting to the present node */
    bool in_doubt;
    bool has_last;
    heddle_error last; /* of the attempt before */
} flight;

static flight *flight_of(client_flight *base)
{
    return base_container_of(base, flight, base);
}

static void flight_ref(flight *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
}

static void flight_unref(flight *f)
{
    if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
        return;
    rpc_call_unref(f->call);
    pthread_mutex_destroy(&f->lock);
    base_free(f);
}

void client_flight_unref(client_flight *base)
{
    flight_unref(flight_of(base));
}

/* Under the lock. */
static void leave_node(flight *f, route_outcome outcome)
{
    client_node *node = base_steal(&f->node);
    client_node_release(node, &f->lease, outcome);
    client_node_unref(node);
}

/* The last step, without the lock: nobody else may answer any more. */
static void answer(flight *f, const client_answer *given)
{
    client_answer full = *given;
    full.in_doubt = f->in_doubt;
    f->fn(&full, f->user);
    flight_unref(f);
}

static void answer_failure(flight *f, heddle_error *err)
{
    client_answer failure = {.err = err};
    answer(f, &failure);
}

/* Names the address where there is more than one. */
static void attempt_name(const flight *f, char *out, size_t room)
{
    const char *stage = heddle_stage_name(f->ask->stage);
    if (f->addresses->node_count == 1)
        snprintf(out, room, "%s", stage);
    else
        snprintf(out, room, "%s at %s", stage, client_node_address(f->node));
}

/* "host:port", and why not, if that was found out. */
static size_t write_node(client_node *node, char *out, size_t room)
{
    char why[RPC_PROBE_TEXT];
    client_node_finding(node, why);
    int len = snprintf(out, room, "%s%s%s%s", client_node_address(node), why[0] ? " (" : "", why,
                       why[0] ? ")" : "");
    return len > 0 ? (size_t)len : 0;
}

static heddle_status fail_unreached(const flight *f, heddle_error *err)
{
    char names[HEDDLE_ERROR_MESSAGE_SIZE] = "";
    size_t len = 0;
    if (f->has_last) {
        *err = f->last;
        return err->status;
    }
    for (unsigned i = 0; i < f->addresses->node_count && len < sizeof(names); i++) {
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s", i ? ", " : "");
        if (len < sizeof(names))
            len += write_node(f->addresses->nodes[i], names + len, sizeof(names) - len);
    }
    return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: no connection to %s",
                     heddle_stage_name(f->ask->stage), names);
}

static void on_reply(const rpc_reply *reply, void *user);
static void on_state(rpc_channel_state state, void *user);

/* Under the lock. */
static heddle_status call_node(flight *f, heddle_error *err)
{
    const client_ask *ask = f->ask;
    rpc_call_options options = {.method = ask->method,
                                .reactor = ask->reactor,
                                .deadline_ms = ask->deadline_ms,
                                .metadata = ask->metadata,
                                .metadata_count = ask->metadata_count};
    rpc_call *started = NULL;
    heddle_status status = rpc_call_start_bytes(client_node_channel(&f->lease), &options,
                                                ask->request, on_reply, f, &started, err);
    if (status) {
        leave_node(f, ROUTE_OUTCOME_UNKNOWN);
        return status;
    }
    rpc_call_unref(f->call);
    f->call = started;
    f->phase = PHASE_CALLING;
    f->asked |= f->place;
    f->give_up_ms = 0;
    return HEDDLE_OK;
}

/* Under the lock. The watch has a reference of its own. */
static heddle_status watch_node(flight *f, rpc_channel_state state, heddle_error *err)
{
    f->phase = PHASE_CONNECTING;
    flight_ref(f);
    heddle_status status = rpc_channel_watch(client_node_channel(&f->lease), f->ask->reactor, state,
                                             f->move_on_ms, on_state, f, err);
    if (status) {
        f->phase = PHASE_OVER;
        leave_node(f, ROUTE_OUTCOME_UNKNOWN);
        flight_unref(f);
    }
    return status;
}

/* Under the lock: on a node, connected or not. */
static heddle_status attempt(flight *f, heddle_error *err)
{
    rpc_channel_state state = rpc_channel_state_now(client_node_channel(&f->lease), true);
    return state == RPC_CHANNEL_READY ? call_node(f, err) : watch_node(f, state, err);
}

/* Under the lock. How long to wait for the connection of the node just taken. */
static void set_patience(flight *f)
{
    uint64_t now = base_now_ms();
    if (!f->give_up_ms)
        f->give_up_ms = now + f->addresses->connect_wait_ms;
    if (f->give_up_ms > f->ask->deadline_ms)
        f->give_up_ms = f->ask->deadline_ms;
    f->move_on_ms = f->give_up_ms;
    if (f->addresses->node_count > 1 && f->move_on_ms > now + SHORT_WAIT_MS)
        f->move_on_ms = now + SHORT_WAIT_MS;
}

/* Under the lock. Put the flight on the next node. */
static heddle_status advance(flight *f, heddle_error *err)
{
    int at;
    f->phase = PHASE_OVER;
    while ((at = client_addresses_choose(f->addresses, f->asked | f->unreached, NULL)) >= 0) {
        client_node *node = f->addresses->nodes[at];
        f->place = UINT64_C(1) << at;
        if (client_node_acquire(node, &f->lease)) {
            f->node = client_node_ref(node);
            set_patience(f);
            return attempt(f, err);
        }
        f->unreached |= f->place;
    }
    return fail_unreached(f, err);
}

/* Under the lock: whether any node is left besides the present one. */
static bool has_other(const flight *f, uint64_t passed)
{
    uint64_t all = UINT64_MAX >> (CLIENT_NODES_MAX - f->addresses->node_count);
    return ((passed | f->place) & all) != all;
}

/* Under the lock: the present node is not connected. Wait on, or take another one, or this
 * one in another round. */
static heddle_status keep_connecting(flight *f, rpc_channel_state state, heddle_error *err)
{
    uint64_t now = base_now_ms();
    bool other = has_other(f, f->asked | f->unreached);
    bool give_up = now >= f->give_up_ms || state == RPC_CHANNEL_CLOSED;
    if (state == RPC_CHANNEL_FAILED)
        client_node_diagnose(f->node, &f->lease);
    if (!give_up && now < f->move_on_ms && !(other && state == RPC_CHANNEL_FAILED))
        return attempt(f, err);
    leave_node(f, now >= f->ask->deadline_ms ? ROUTE_OUTCOME_UNKNOWN : ROUTE_OUTCOME_FAILED);
    f->phase = PHASE_OVER;
    if (give_up)
        return fail_unreached(f, err);
    f->unreached = other ? f->unreached | f->place : 0;
    return advance(f, err);
}

static void on_state(rpc_channel_state state, void *user)
{
    flight *f = user;
    heddle_error err;
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&f->lock);
    if (f->phase == PHASE_CONNECTING)
        status = state == RPC_CHANNEL_READY ? call_node(f, &err) : keep_connecting(f, state, &err);
    if (status)
        f->phase = PHASE_OVER;
    pthread_mutex_unlock(&f->lock);
    if (status)
        answer_failure(f, &err);
    flight_unref(f);
}

/* Nobody answered, as far as this side can tell. */
static bool is_lost(const flight *f, int code)
{
    return code == RPC_UNAVAILABLE || (code == RPC_CANCELLED && !f->is_cancelled);
}

/* Under the lock, after a failed attempt. Another node may do better, and asking twice does no
 * harm: the ledger takes a transaction only once, and the rest only reads. */
static bool moves_on(const flight *f, const heddle_error *err)
{
    return !f->is_cancelled && (is_lost(f, err->grpc_code) || client_retry_is_turned_away(err)) &&
           base_now_ms() < f->ask->deadline_ms && has_other(f, f->asked);
}

/* Under the lock. What the end of an attempt says about its node. */
static route_outcome outcome_of(const flight *f, int code)
{
    if (f->is_cancelled)
        return ROUTE_OUTCOME_UNKNOWN;
    if (code == RPC_DEADLINE_EXCEEDED) /* a commit may take its time */
        return f->ask->stage == HEDDLE_STAGE_COMMIT_STATUS ? ROUTE_OUTCOME_UNKNOWN
                                                           : ROUTE_OUTCOME_FAILED;
    return is_lost(f, code) ? ROUTE_OUTCOME_FAILED : ROUTE_OUTCOME_ANSWERED;
}

/* Under the lock. True: another attempt was started, or @p err says why not; else the failure
 * in @p err is the answer. */
static bool go_on(flight *f, heddle_error *err)
{
    if (!moves_on(f, err))
        return false;
    if (f->ask->stage == HEDDLE_STAGE_SUBMIT && is_lost(f, err->grpc_code))
        f->in_doubt = true;
    f->last = *err;
    f->has_last = true;
    f->unreached = 0;
    return advance(f, err) == HEDDLE_OK;
}

static void on_reply(const rpc_reply *reply, void *user)
{
    flight *f = user;
    heddle_error err;
    client_answer given = {.response = reply->response, .details = reply->status.details};
    char name[128];
    pthread_mutex_lock(&f->lock);
    if (reply->status.code != RPC_OK) {
        attempt_name(f, name, sizeof(name));
        (void)!rpc_status_fail(&reply->status, name, &err);
        given.err = &err;
    }
    leave_node(f, outcome_of(f, reply->status.code));
    f->phase = PHASE_OVER;
    bool goes_on = given.err && go_on(f, &err);
    pthread_mutex_unlock(&f->lock);
    if (!goes_on)
        answer(f, &given);
}

heddle_status client_flight_start(client_backend *backend, const client_ask *ask,
                                  client_answer_fn *fn, void *user, client_flight **out,
                                  heddle_error *err)
{
    flight *f = base_calloc(1, sizeof(*f));
    if (!f)
        return base_fail_memory(err, heddle_stage_name(ask->stage));
    f->base.ops = backend->ops;
    atomic_init(&f->refs, 2);
    pthread_mutex_init(&f->lock, NULL);
    f->addresses = base_container_of(backend, client_addresses, base);
    f->ask = ask;
    f->fn = fn;
    f->user = user;
    f->lease.never_probes = ask->stage == HEDDLE_STAGE_COMMIT_STATUS;
    pthread_mutex_lock(&f->lock);
    heddle_status status = advance(f, err);
    pthread_mutex_unlock(&f->lock);
    if (status) {
        flight_unref(f);
        flight_unref(f);
        return status;
    }
    *out = &f->base;
    return HEDDLE_OK;
}

static void answer_cancelled(void *user)
{
    flight *f = user;
    heddle_error err;
    base_fail(&err, HEDDLE_E_CANCELLED, "%s: cancelled", heddle_stage_name(f->ask->stage));
    answer_failure(f, &err);
}

void client_flight_cancel(client_flight *base)
{
    flight *f = flight_of(base);
    pthread_mutex_lock(&f->lock);
    bool first = !f->is_cancelled;
    f->is_cancelled = true;
    bool connecting = first && f->phase == PHASE_CONNECTING;
    if (connecting) {
        f->phase = PHASE_OVER;
        leave_node(f, ROUTE_OUTCOME_UNKNOWN);
    } else if (first && f->phase == PHASE_CALLING) {
        rpc_call_cancel(f->call);
    }
    pthread_mutex_unlock(&f->lock);
    if (connecting) {
        f->task = (rpc_task){.fn = answer_cancelled, .user = f};
        rpc_post_task(f->ask->reactor, &f->task);
    }
}
