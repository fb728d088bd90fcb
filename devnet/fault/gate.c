#include "devnet/fault/gate.h"

#include "base/alloc.h"

/* A call that waits for its delay, on its reactor. It is freed when the call is over. */
typedef struct held {
    dn_faults *faults;
    const char *node;
    const char *method;
    rpc_server_call *call;
    rpc_handler_fn *handler;
    void *user;
    rpc_timer timer;
    bool is_waiting;
} held;

/** True: the call was ended. */
static bool ends(dn_faults *faults, const char *node, const char *method, rpc_server_call *call)
{
    dn_fault fault;
    unsigned kinds = DN_FAULT_BIT(REFUSE) | DN_FAULT_BIT(DROP);
    if (!dn_faults_meet(faults, node, method, kinds, DN_FAULT_UNARY, &fault))
        return false;
    rpc_server_call_fail(call, dn_fault_code(&fault), dn_fault_reason(&fault));
    return true;
}

static void on_due(void *user)
{
    held *h = user;
    h->is_waiting = false;
    if (!ends(h->faults, h->node, h->method, h->call))
        h->handler(h->call, h->user);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    held *h = user;
    if (!h->is_waiting)
        return;
    h->is_waiting = false;
    rpc_timer_cancel(&h->timer);
    rpc_server_call_fail(call, RPC_CANCELLED, "cancelled");
}

static void on_done(rpc_server_call *call, void *user)
{
    (void)call;
    base_free(user);
}

/** False: no memory for it. */
static bool hold(const held *wanted, uint64_t delay_ms)
{
    static const rpc_server_call_events events = {.on_cancel = on_cancel, .on_done = on_done};
    rpc_reactor *reactor = rpc_server_call_reactor(wanted->call);
    held *h = base_calloc(1, sizeof(*h));
    if (!h)
        return false;
    *h = *wanted;
    h->is_waiting = true;
    if (rpc_timer_start(&h->timer, reactor, delay_ms, on_due, h) != HEDDLE_OK) {
        base_free(h);
        return false;
    }
    rpc_server_call_listen(h->call, &events, h);
    return true;
}

void dn_gate_pass(dn_faults *faults, const char *node, const char *method, rpc_server_call *call,
                  rpc_handler_fn *handler, void *user)
{
    dn_fault fault;
    held wanted = {.faults = faults,
                   .node = node,
                   .method = method,
                   .call = call,
                   .handler = handler,
                   .user = user};
    if (dn_faults_meet(faults, node, method, DN_FAULT_BIT(DELAY), DN_FAULT_UNARY, &fault) &&
        hold(&wanted, fault.delay_ms))
        return;
    if (!ends(faults, node, method, call))
        handler(call, user);
}
