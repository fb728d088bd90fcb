/*
 * Submit: the signed envelope to the ordering service. With Raft one orderer's word is enough
 * and the next is asked when one cannot; with BFT all get it and a quorum must take it.
 */
#include "route/request.h"

#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "route/access.h"
#include "route/broadcast.h"
#include "route/tally.h"
#include "route/watch.h"
#include "wire/gateway.h"

enum { STATUS_SUCCESS = 200, STATUS_UNAVAILABLE = 503 };

struct submit;

/* The envelope's way to one orderer. */
struct attempt {
    route_broadcast broadcast;
    struct submit *submit;
    const route_orderer *orderer;
    rpc_timer timer;
};

struct submit {
    route_request request;
    route_access access;
    wire_gateway_request message;
    rpc_bytes *envelope;
    struct attempt *attempts; /* one an orderer, in the order of trying */
    size_t count, at;
    bool is_bft;
    route_tally tally;
    route_watch_wait watch; /* for the block streams; holds the request while it waits */
};

static const char *status_name(int status)
{
    switch (status) {
    case 200:
        return "SUCCESS";
    case 400:
        return "BAD_REQUEST";
    case 403:
        return "FORBIDDEN";
    case 404:
        return "NOT_FOUND";
    case 413:
        return "REQUEST_ENTITY_TOO_LARGE";
    case 500:
        return "INTERNAL_SERVER_ERROR";
    case 501:
        return "NOT_IMPLEMENTED";
    case 503:
        return "SERVICE_UNAVAILABLE";
    default:
        return "";
    }
}

static void fail_lost(struct submit *s)
{
    route_request_fail(&s->request, RPC_RESOURCE_EXHAUSTED,
                       "the request needs more memory than it may have");
}

/* No attempt is under way any more for this request. */
static void give_up(struct submit *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct attempt *attempt = &s->attempts[i];
        if (!attempt->broadcast.ticket)
            continue;
        rpc_timer_cancel(&attempt->timer);
        route_broadcast_abandon(&attempt->broadcast, false);
        s->request.is_in_doubt = s->request.is_in_doubt || attempt->broadcast.was_sent;
        route_request_unref(&s->request);
    }
}

static void succeed(struct submit *s)
{
    route_request_reply(&s->request, VIEW("")); /* a SubmitResponse has no fields */
    give_up(s);
}

static const char *refusal_text(struct submit *s, int status, heddle_view info)
{
    const char *text = base_arena_printf(
        s->request.arena, "received unsuccessful response from orderer: status=%s, info=%.*s",
        status_name(status), BASE_VIEW_ARG(info));
    return text ? text : "received unsuccessful response from orderer";
}

static void failed_at(struct attempt *attempt, const char *error)
{
    log_at(LOG_WARN, "orderer", "orderer did not take a transaction",
           LOG_STR("orderer", attempt->orderer->address),
           LOG_VIEW("tx", attempt->submit->message.tx_id), LOG_STR("error", error));
    route_request_detail(&attempt->submit->request, attempt->orderer->address,
                         attempt->orderer->msp_id, error);
}

static void try_next(struct submit *s);

/* Raft, or solo. */

static void next_orderer(struct submit *s)
{
    s->at++;
    try_next(s);
}

static void one_answered(struct attempt *attempt, int status, heddle_view info)
{
    struct submit *s = attempt->submit;
    if (status == STATUS_SUCCESS) {
        succeed(s);
        return;
    }
    const char *text = refusal_text(s, status, info);
    if (status >= 400 && status < 500) {
        route_request_fail(&s->request, RPC_ABORTED, text);
        return;
    }
    failed_at(attempt, text);
    next_orderer(s);
}

/* BFT. */

static void decide(struct submit *s, route_tally_verdict verdict)
{
    if (verdict == ROUTE_TALLY_WON)
        succeed(s);
    else if (verdict == ROUTE_TALLY_LOST) {
        s->request.is_in_doubt = s->request.is_in_doubt || s->tally.successes > 0;
        give_up(s);
        route_request_fail(&s->request, RPC_UNAVAILABLE,
                           "insufficient number of orderers could successfully process transaction "
                           "to satisfy quorum requirement");
    }
}

/* Of a BFT service: others have handed it on before it came here, or it is in a block by now. */
static bool is_known_already(int status, heddle_view info)
{
    return status == STATUS_UNAVAILABLE &&
           (base_view_is(info, "failed to submit request: request already exists") ||
            base_view_is(info, "failed to submit request: request already processed"));
}

static void all_answered(struct attempt *attempt, int status, heddle_view info)
{
    struct submit *s = attempt->submit;
    if (status == STATUS_SUCCESS || is_known_already(status, info)) {
        decide(s, route_tally_success(&s->tally));
        return;
    }
    failed_at(attempt, refusal_text(s, status, info));
    decide(s, route_tally_failure(&s->tally));
}

/* Both: what comes back of an attempt. Each holds the request. */

static void on_done(route_broadcast *broadcast, int status, heddle_view info)
{
    struct attempt *attempt = base_container_of(broadcast, struct attempt, broadcast);
    struct submit *s = attempt->submit;
    rpc_timer_cancel(&attempt->timer);
    if (!s->request.is_answered && s->is_bft)
        all_answered(attempt, status, info);
    else if (!s->request.is_answered)
        one_answered(attempt, status, info);
    route_request_unref(&s->request);
}

static void on_failed(route_broadcast *broadcast, const char *error)
{
    struct attempt *attempt = base_container_of(broadcast, struct attempt, broadcast);
    struct submit *s = attempt->submit;
    rpc_timer_cancel(&attempt->timer);
    if (!s->request.is_answered) {
        s->request.is_in_doubt = s->request.is_in_doubt || broadcast->was_sent;
        failed_at(attempt, error);
        if (s->is_bft)
            decide(s, route_tally_failure(&s->tally));
        else
            next_orderer(s);
    }
    route_request_unref(&s->request);
}

static void on_timeout(void *user)
{
    struct attempt *attempt = user;
    route_broadcast_abandon(&attempt->broadcast, true);
    on_failed(&attempt->broadcast,
              "rpc error: code = DeadlineExceeded desc = context deadline exceeded");
}

/* True: one of the callbacks follows. */
static bool start_attempt(struct submit *s, struct attempt *attempt)
{
    if (!attempt->orderer->upstream)
        return false;
    attempt->broadcast.done = on_done;
    attempt->broadcast.failed = on_failed;
    if (rpc_timer_start(&attempt->timer, s->request.reactor, s->request.conf->timeout.broadcast_ms,
                        on_timeout, attempt) != HEDDLE_OK)
        return false;
    if (!route_broadcast_start(s->request.engine->broadcasters, attempt->orderer, s->envelope,
                               &attempt->broadcast)) {
        rpc_timer_cancel(&attempt->timer);
        return false;
    }
    route_request_ref(&s->request);
    return true;
}

static void try_next(struct submit *s)
{
    for (; s->at < s->count; s->at++) {
        if (start_attempt(s, &s->attempts[s->at]))
            return;
        failed_at(&s->attempts[s->at], "no connection to the orderer");
    }
    route_request_fail(&s->request, RPC_UNAVAILABLE,
                       "no orderers could successfully process transaction");
}

static void send_to_all(struct submit *s)
{
    s->tally = route_tally_bft(s->count, s->count);
    for (size_t i = 0; i < s->count && !s->request.is_answered; i++) {
        if (start_attempt(s, &s->attempts[i]))
            continue;
        failed_at(&s->attempts[i], "no connection to the orderer");
        decide(s, route_tally_failure(&s->tally));
    }
}

/* Choosing. */

static uint32_t random_below(uint32_t bound)
{
    uint32_t value = 0;
    if (crypto_random((uint8_t *)&value, sizeof(value)) != HEDDLE_OK)
        value = (uint32_t)base_now_ms();
    return value % bound;
}

/* Random order, those that were passed over last. */
static void order_attempts(struct submit *s)
{
    for (size_t i = s->count; i > 1; i--) {
        size_t j = random_below((uint32_t)i);
        struct attempt swapped = s->attempts[i - 1];
        s->attempts[i - 1] = s->attempts[j];
        s->attempts[j] = swapped;
    }
    size_t healthy = 0;
    for (size_t i = 0; i < s->count; i++) {
        const route_orderer *orderer = s->attempts[i].orderer;
        if (!orderer->upstream || route_upstream_rank(orderer->upstream))
            continue;
        struct attempt swapped = s->attempts[healthy];
        s->attempts[healthy++] = s->attempts[i];
        s->attempts[i] = swapped;
    }
}

static bool list_attempts(struct submit *s)
{
    const route_orderer *orderers;
    s->count = route_topology_orderers(s->access.topology, &orderers);
    s->attempts = base_arena_zalloc(s->request.arena, s->count + 1, sizeof(*s->attempts));
    for (size_t i = 0; s->attempts && i < s->count; i++) {
        s->attempts[i].submit = s;
        s->attempts[i].orderer = &orderers[i];
    }
    return s->attempts != NULL;
}

static void send(struct submit *s)
{
    const wire_channel_config *config = wire_bundle_config(s->access.bundle);
    if (!list_attempts(s)) {
        s->count = 0;
        fail_lost(s);
        return;
    }
    if (!s->count) {
        route_request_fail(&s->request, RPC_UNAVAILABLE, "no orderer nodes available");
        return;
    }
    s->is_bft = config->consensus_type && strcmp(config->consensus_type, "BFT") == 0;
    if (s->is_bft) {
        send_to_all(s);
        return;
    }
    order_attempts(s);
    try_next(s);
}

static void on_watched(route_watch_wait *wait)
{
    struct submit *s = base_container_of(wait, struct submit, watch);
    if (!s->request.is_answered)
        send(s);
    route_request_unref(&s->request);
}

/* Whose commit is to be awaited is followed before the transaction is on its way. */
static void ready(route_access *access)
{
    struct submit *s = base_container_of(access, struct submit, access);
    route_request *request = &s->request;
    route_watches *watches = route_channel_watches(access->channel);
    if (request->from.wish)
        s->watch.scope = route_scope_of(request->from.wish->await);
    if (route_scope_is_empty(s->watch.scope)) {
        send(s);
        return;
    }
    s->watch.reactor = request->reactor;
    s->watch.fn = on_watched;
    route_watches_follow(watches, access->topology, s->watch.scope);
    route_request_ref(request);
    if (!route_watches_await(watches, &s->watch))
        return;
    route_request_unref(request);
    send(s);
}

static void failed(route_access *access, const heddle_error *err)
{
    struct submit *s = base_container_of(access, struct submit, access);
    if (err->status == HEDDLE_E_TOO_LARGE || err->status == HEDDLE_E_NO_MEMORY)
        route_request_fail_status(&s->request, err);
    else
        route_request_failf(&s->request, RPC_FAILED_PRECONDITION,
                            "failed to get config for channel [%.*s]: %s",
                            BASE_VIEW_ARG(s->message.channel), err->message);
}

static void start(route_request *request)
{
    struct submit *s = (struct submit *)request;
    heddle_error err;
    if (wire_shape_read(&wire_gateway_request_shape, route_request_bytes(request), request->arena,
                        &s->message, &err) != HEDDLE_OK) {
        route_request_undecodable(request, &err);
    } else if (!s->message.has_content) {
        route_request_fail(request, RPC_INVALID_ARGUMENT, "a prepared transaction is required");
    } else if (!s->message.content.signature.len) {
        route_request_fail(request, RPC_INVALID_ARGUMENT, "prepared transaction must be signed");
    } else if (!(s->envelope = rpc_bytes_copy(s->message.content_bytes))) {
        fail_lost(s);
    } else {
        route_access_begin(&s->access, request, s->message.channel, true, ready, failed);
    }
}

static void cancel(route_request *request)
{
    struct submit *s = (struct submit *)request;
    give_up(s);
    if (route_request_cancel_code(request) == RPC_CANCELLED)
        route_request_fail(request, RPC_CANCELLED, "context canceled");
    else
        route_request_fail(request, RPC_DEADLINE_EXCEEDED,
                           "submit timeout expired while broadcasting to ordering service");
    if (s->watch.fn && route_watches_abandon(route_channel_watches(s->access.channel), &s->watch))
        route_request_unref(request);
}

static void dispose(route_request *request)
{
    struct submit *s = (struct submit *)request;
    rpc_bytes_unref(s->envelope);
    route_access_done(&s->access);
}

const route_request_kind route_submit_kind = {.method = ROUTE_METHOD_SUBMIT,
                                              .name = "Submit",
                                              .size = sizeof(struct submit),
                                              .is_counted = true,
                                              .start = start,
                                              .cancel = cancel,
                                              .dispose = dispose};
