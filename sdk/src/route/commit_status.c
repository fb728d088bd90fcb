/*
 * CommitStatus: answered from the block stream of the channel. The ledger of a peer is asked
 * when the stream cannot have told of the transaction, or has not for a while.
 */
#include "route/request.h"

#include "base/fail.h"
#include "base/log.h"
#include "route/access.h"
#include "route/ledger.h"
#include "route/watch.h"
#include "wire/gateway.h"

struct commit_status {
    route_request request;
    route_access access;
    wire_signed_message signed_request;
    wire_commit_request message;
    route_tx_waiter waiter;
    bool waits; /* the waiter holds the request */
    rpc_task told_task;
    rpc_timer timer; /* for the ledger; holds the request while armed */
    bool is_asking;  /* the ledger */

    /* The verdict, once it is there, till those who were to have the block have it. */
    bool is_judged;
    int32_t code;
    uint64_t block;
    route_watch_wait watch; /* holds the request while it waits */
};

static void reply(struct commit_status *c)
{
    base_auto_buffer base_buffer response = {0};
    route_channel_told(c->access.channel, c->block);
    wire_commit_response said = {.code = c->code, .block = c->block};
    if (wire_shape_write(&wire_commit_response_shape, &said, &response) == HEDDLE_OK)
        route_request_reply(&c->request, base_buffer_view(&response));
    else
        route_request_fail(&c->request, RPC_RESOURCE_EXHAUSTED, "out of memory");
}

/* Whether there is nobody (any more) to wait for; else on_watched() follows. */
static bool is_watched(struct commit_status *c, uint64_t height)
{
    c->watch.height = height;
    route_request_ref(&c->request);
    if (!route_watches_await(route_channel_watches(c->access.channel), &c->watch))
        return false;
    route_request_unref(&c->request);
    return true;
}

/* First the streams have to be up, or it is not known who can be heard. */
static void on_watched(route_watch_wait *wait)
{
    struct commit_status *c = base_container_of(wait, struct commit_status, watch);
    bool is_reached = wait->height > 0;
    if (!c->request.is_answered && (is_reached || is_watched(c, c->block + 1)))
        reply(c);
    route_request_unref(&c->request);
}

/* The verdict is known: it is told when the peers that the wish names have the block. */
static void answer(struct commit_status *c, int32_t code, uint64_t block)
{
    if (c->is_judged)
        return;
    c->is_judged = true;
    c->code = code;
    c->block = block;
    if (route_scope_is_empty(c->watch.scope) || (is_watched(c, 0) && is_watched(c, block + 1)))
        reply(c);
}

/* Nothing more is wanted of stream and clock. */
static void stop_waiting(struct commit_status *c)
{
    if (rpc_timer_cancel(&c->timer))
        route_request_unref(&c->request);
    if (c->waits && route_txindex_abandon(route_channel_index(c->access.channel), &c->waiter)) {
        c->waits = false;
        route_request_unref(&c->request);
    }
}

static void ask_ledger(struct commit_status *c);

static void on_timer(void *user)
{
    struct commit_status *c = user;
    if (!c->request.is_answered && !c->is_judged)
        ask_ledger(c);
    route_request_unref(&c->request);
}

static void ask_later(struct commit_status *c)
{
    route_request_ref(&c->request);
    if (rpc_timer_start(&c->timer, c->request.reactor, c->request.conf->timeout.ledger_delay_ms,
                        on_timer, c) == HEDDLE_OK)
        return;
    route_request_unref(&c->request);
    route_request_fail(&c->request, RPC_RESOURCE_EXHAUSTED, "out of memory");
    stop_waiting(c);
}

static void on_found(void *user, const route_tx_found *found, const heddle_error *err)
{
    struct commit_status *c = user;
    c->is_asking = false;
    bool is_open = !c->request.is_answered && !c->is_judged;
    if (is_open && found && found->is_found) {
        route_txindex_judge(route_channel_index(c->access.channel), c->message.tx_id,
                            (route_tx_verdict){.code = found->code, .block = found->block});
        answer(c, found->code, found->block);
        stop_waiting(c);
    } else if (is_open) {
        if (!found)
            log_at(LOG_WARN, "commit", "no peer's ledger could be asked",
                   LOG_VIEW("tx", c->message.tx_id), LOG_ERR(err));
        ask_later(c);
    }
    route_request_unref(&c->request);
}

static void ask_ledger(struct commit_status *c)
{
    heddle_error err;
    if (c->is_asking)
        return;
    route_topology *topology = route_channel_topology_now(c->access.channel);
    route_request_ref(&c->request);
    c->is_asking = true;
    if (route_ledger_find(c->request.engine, c->message.channel, c->message.tx_id,
                          c->request.reactor, topology, on_found, c, &err) != HEDDLE_OK) {
        c->is_asking = false;
        route_request_unref(&c->request);
        route_request_fail_status(&c->request, &err);
        stop_waiting(c);
    }
    route_topology_unref(topology);
}

static void on_told(void *user)
{
    struct commit_status *c = user;
    c->waits = false;
    bool is_open = !c->request.is_answered && !c->is_judged;
    if (is_open && c->waiter.verdict.is_repeat) {
        if (rpc_timer_cancel(&c->timer))
            route_request_unref(&c->request);
        ask_ledger(c);
    } else if (is_open) {
        answer(c, c->waiter.verdict.code, c->waiter.verdict.block);
        stop_waiting(c);
    }
    route_request_unref(&c->request);
}

/* On the thread of the block stream. */
static void told(route_tx_waiter *waiter)
{
    struct commit_status *c = base_container_of(waiter, struct commit_status, waiter);
    c->told_task = (rpc_task){.fn = on_told, .user = c};
    rpc_post_task(c->request.reactor, &c->told_task);
}

static void ready(route_access *access)
{
    struct commit_status *c = base_container_of(access, struct commit_status, access);
    if (!route_access_check(access, "gateway/CommitStatus", c->signed_request.bytes,
                            c->message.identity, c->signed_request.signature))
        return;
    route_tx_condition condition;
    if (c->request.from.wish)
        c->watch.scope = route_scope_of(c->request.from.wish->await);
    c->watch.reactor = c->request.reactor;
    c->watch.fn = on_watched;
    if (!route_scope_is_empty(c->watch.scope))
        route_watches_follow(route_channel_watches(access->channel), access->topology,
                             c->watch.scope);
    c->waiter.tx_id = c->message.tx_id;
    c->waiter.told = told;
    c->waits = true;
    route_request_ref(&c->request);
    heddle_status status =
        route_txindex_await(route_channel_index(access->channel), &c->waiter, &condition);
    if (status != HEDDLE_OK || condition == ROUTE_TX_JUDGED) {
        c->waits = false;
        route_request_unref(&c->request);
    }
    if (status != HEDDLE_OK)
        route_request_fail(&c->request, rpc_code_of(status), heddle_status_text(status));
    else if (condition == ROUTE_TX_JUDGED)
        answer(c, c->waiter.verdict.code, c->waiter.verdict.block);
    else if (condition == ROUTE_TX_FRESH)
        ask_later(c);
    else
        ask_ledger(c);
}

static bool read_request(struct commit_status *c, heddle_error *err)
{
    route_request *request = &c->request;
    base_error_clear(err);
    if (wire_shape_read(&wire_signed_message_shape, route_request_bytes(request), request->arena,
                        &c->signed_request, err) != HEDDLE_OK) {
        route_request_undecodable(request, err);
        return false;
    }
    if (!c->signed_request.bytes.len)
        base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a commit status request is required");
    else if (wire_shape_read(&wire_commit_request_shape, c->signed_request.bytes, request->arena,
                             &c->message, err) != HEDDLE_OK)
        base_error_prefix(err, "invalid status request");
    else if (!c->message.identity.len)
        base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no identity provided");
    else if (!c->message.channel.len)
        base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no channel ID provided");
    else if (!c->message.tx_id.len)
        base_fail(err, HEDDLE_E_BAD_ARGUMENT, "transaction ID should not be empty");
    return err->status == HEDDLE_OK;
}

static void start(route_request *request)
{
    struct commit_status *c = (struct commit_status *)request;
    heddle_error err;
    if (read_request(c, &err))
        route_access_begin(&c->access, request, c->message.channel, true, ready,
                           route_access_denied);
    else
        route_request_fail(request, RPC_INVALID_ARGUMENT, err.message);
}

static void tell_behind(void *user, const char *endpoint, const char *msp_id, uint64_t height)
{
    struct commit_status *c = user;
    const char *text =
        base_arena_printf(c->request.arena, "has %llu blocks, the transaction is in block %llu",
                          (unsigned long long)height, (unsigned long long)c->block);
    if (text)
        route_request_detail(&c->request, endpoint, msp_id, text);
}

static void stop_watching(struct commit_status *c)
{
    if (!c->watch.fn)
        return;
    route_watches *watches = route_channel_watches(c->access.channel);
    route_watches_behind(watches, &c->watch, tell_behind, c);
    if (route_watches_abandon(watches, &c->watch))
        route_request_unref(&c->request);
}

static void cancel(route_request *request)
{
    struct commit_status *c = (struct commit_status *)request;
    route_request_ref(request);
    stop_watching(c);
    bool is_late = route_request_cancel_code(request) == RPC_DEADLINE_EXCEEDED;
    route_request_fail(request, is_late ? RPC_DEADLINE_EXCEEDED : RPC_CANCELLED,
                       is_late ? "context deadline exceeded" : "context canceled");
    stop_waiting(c);
    route_request_unref(request);
}

static void dispose(route_request *request)
{
    route_access_done(&((struct commit_status *)request)->access);
}

const route_request_kind route_commit_status_kind = {.method = ROUTE_METHOD_COMMIT_STATUS,
                                                     .name = "CommitStatus",
                                                     .size = sizeof(struct commit_status),
                                                     .start = start,
                                                     .cancel = cancel,
                                                     .dispose = dispose};
