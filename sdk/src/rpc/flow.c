#include "rpc/flow.h"

#include "base/fail.h"

typedef struct message {
    base_list link;
    grpc_byte_buffer *bytes;
    size_t len; /* what it counts in the queue: empty messages take memory too */
    rpc_sent_fn *on_sent;
    void *user;
} message;

static void read_done(rpc_op *op, bool ok);
static void write_done(rpc_op *op, bool ok);
static void tail_done(rpc_op *op, bool ok);

void rpc_flow_init(rpc_flow *flow, rpc_reactor *reactor, const rpc_flow_hooks *hooks,
                   size_t queue_limit)
{
    *flow = (rpc_flow){.reactor = reactor,
                       .hooks = hooks,
                       .read_op.done = read_done,
                       .write_op.done = write_done,
                       .tail_op.done = tail_done,
                       .queue_limit = queue_limit ? queue_limit : RPC_FLOW_QUEUE_LIMIT};
    pthread_mutex_init(&flow->lock, NULL);
    base_list_init(&flow->queue);
}

static void message_free(message *m)
{
    grpc_byte_buffer_destroy(m->bytes);
    base_free(m);
}

void rpc_flow_done(rpc_flow *flow)
{
    for (base_list *link; (link = base_list_pop(&flow->queue));)
        message_free(base_list_entry(link, message, link));
    if (flow->call)
        grpc_call_unref(flow->call);
    pthread_mutex_destroy(&flow->lock);
}

static void tell_sent(message *m, bool sent)
{
    if (m->on_sent)
        m->on_sent(sent, m->user);
    message_free(m);
}

/* What was queued and can no longer be sent. */
static void drop_queue(rpc_flow *flow)
{
    base_list dropped;
    base_list_init(&dropped);
    pthread_mutex_lock(&flow->lock);
    base_list_splice(&dropped, &flow->queue);
    flow->queued = 0;
    pthread_mutex_unlock(&flow->lock);
    for (base_list *link; (link = base_list_pop(&dropped));)
        tell_sent(base_list_entry(link, message, link), false);
}

static void settle(rpc_flow *flow)
{
    drop_queue(flow);
    pthread_mutex_lock(&flow->lock);
    grpc_call *call = base_steal(&flow->call);
    pthread_mutex_unlock(&flow->lock);
    grpc_call_unref(call);
    flow->hooks->settled(flow);
}

void rpc_flow_release(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    flow->ops--;
    bool last = flow->over && flow->ops == 0 && !flow->settled;
    if (last)
        flow->settled = true;
    pthread_mutex_unlock(&flow->lock);
    if (last)
        settle(flow);
}

bool rpc_flow_hold(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    bool open = !flow->over;
    if (open)
        flow->ops++;
    pthread_mutex_unlock(&flow->lock);
    return open;
}

void rpc_flow_end(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    flow->over = true;
    pthread_mutex_unlock(&flow->lock);
}

void rpc_flow_cancel(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    grpc_call *call = flow->call;
    flow->broken = true;
    if (call)
        grpc_call_ref(call);
    pthread_mutex_unlock(&flow->lock);
    if (!call)
        return;
    RPC_HANDOFF_SENT();
    grpc_call_cancel(call, NULL);
    grpc_call_unref(call);
}

static void start_read(rpc_flow *flow)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &flow->incoming};
    rpc_core_batch(flow->reactor, flow->call, &op, 1, &flow->read_op);
}

void rpc_flow_read(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    flow->reads++;
    bool start = !flow->reading && !flow->read_end && !flow->over;
    if (start) {
        flow->reading = true;
        flow->ops++;
    }
    pthread_mutex_unlock(&flow->lock);
    if (start)
        start_read(flow);
}

static void read_done(rpc_op *op, bool ok)
{
    rpc_flow *flow = base_container_of(op, rpc_flow, read_op);
    RPC_HANDOFF_GOT();
    grpc_byte_buffer *buffer = base_steal(&flow->incoming);
    bool got = ok && buffer;
    rpc_bytes *bytes = rpc_core_bytes(buffer);
    if (got && !bytes) /* no memory: a message may not be lost without a word */
        rpc_flow_cancel(flow);
    if (!bytes || !ok) {
        rpc_bytes_unref(base_steal(&bytes));
        pthread_mutex_lock(&flow->lock);
        flow->read_end = true;
        pthread_mutex_unlock(&flow->lock);
    }
    flow->hooks->message(flow, bytes);
    bool ended = !bytes;
    rpc_bytes_unref(bytes);

    pthread_mutex_lock(&flow->lock);
    flow->reads--;
    bool again = !ended && flow->reads > 0 && !flow->over;
    flow->reading = again;
    flow->ops += again;
    pthread_mutex_unlock(&flow->lock);
    if (again)
        start_read(flow);
    rpc_flow_release(flow);
}

static size_t fill_initial(rpc_flow *flow, grpc_op *ops)
{
    if (flow->initial_sent)
        return 0;
    flow->initial_sent = true;
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    return 1;
}

/* The next batch to send, chosen with the lock held; `writing` makes it the only one. */
typedef enum step { STEP_NONE, STEP_WRITE, STEP_TAIL } step;

static step next_step(rpc_flow *flow)
{
    if (flow->over || flow->tail_sent)
        return STEP_NONE;
    if (!base_list_is_empty(&flow->queue) && !flow->broken)
        return STEP_WRITE;
    if (flow->tail_wanted)
        return STEP_TAIL;
    return STEP_NONE;
}

static step claim_step(rpc_flow *flow)
{
    step next = flow->writing ? STEP_NONE : next_step(flow);
    if (next == STEP_NONE)
        return next;
    flow->writing = true;
    flow->tail_sent = next == STEP_TAIL;
    flow->ops++;
    return next;
}

/* Whoever claimed the step owns the sending side until the batch comes back. */
static void run_step(rpc_flow *flow, step next, message *first)
{
    grpc_op ops[1 + RPC_FLOW_TAIL_OPS] = {0};
    if (next == STEP_NONE)
        return;
    RPC_HANDOFF_SENT();
    size_t count = fill_initial(flow, ops);
    if (next == STEP_WRITE) {
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count].data.send_message.send_message = first->bytes;
        count++;
        rpc_core_batch(flow->reactor, flow->call, ops, count, &flow->write_op);
        return;
    }
    count += flow->hooks->fill_tail(flow, ops + count);
    rpc_core_batch(flow->reactor, flow->call, ops, count, &flow->tail_op);
}

static void advance(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    step next = claim_step(flow);
    message *first = next == STEP_WRITE ? base_list_entry(flow->queue.next, message, link) : NULL;
    pthread_mutex_unlock(&flow->lock);
    run_step(flow, next, first);
}

void rpc_flow_resume(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    flow->writing = false;
    pthread_mutex_unlock(&flow->lock);
    advance(flow);
}

static void write_done(rpc_op *op, bool ok)
{
    rpc_flow *flow = base_container_of(op, rpc_flow, write_op);
    pthread_mutex_lock(&flow->lock);
    message *m = base_list_entry(base_list_pop(&flow->queue), message, link);
    flow->queued -= m->len;
    flow->broken = flow->broken || !ok;
    pthread_mutex_unlock(&flow->lock);
    tell_sent(m, ok);
    if (!ok)
        drop_queue(flow);
    rpc_flow_resume(flow);
    rpc_flow_release(flow);
}

static void tail_done(rpc_op *op, bool ok)
{
    (void)ok; /* the other side is gone; the end of the call tells */
    rpc_flow *flow = base_container_of(op, rpc_flow, tail_op);
    flow->hooks->tail_done(flow);
    rpc_flow_release(flow);
}

static heddle_status refuse(const rpc_flow *flow, size_t len, heddle_error *err)
{
    if (flow->over || flow->broken)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the stream has ended");
    if (flow->tail_wanted)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the stream is closed for sending");
    if (flow->queued > 0 && flow->queued + len > flow->queue_limit)
        return base_fail_retry(err, HEDDLE_E_TOO_LARGE, HEDDLE_RETRY_SAFE,
                               "%zu bytes wait to be sent on the stream", flow->queued);
    return HEDDLE_OK;
}

heddle_status rpc_flow_send(rpc_flow *flow, grpc_byte_buffer *bytes, rpc_sent_fn *on_sent,
                            void *user, heddle_error *err)
{
    message *m = base_malloc(sizeof(*m));
    if (!m) {
        grpc_byte_buffer_destroy(bytes);
        return base_fail_memory(err, "message to send");
    }
    *m = (message){.bytes = bytes,
                   .len = grpc_byte_buffer_length(bytes) + sizeof(*m),
                   .on_sent = on_sent,
                   .user = user};
    pthread_mutex_lock(&flow->lock);
    heddle_status st = refuse(flow, m->len, err);
    if (st == HEDDLE_OK) {
        base_list_append(&flow->queue, &m->link);
        flow->queued += m->len;
    }
    pthread_mutex_unlock(&flow->lock);
    if (st == HEDDLE_OK)
        advance(flow);
    else
        message_free(m);
    return st;
}

bool rpc_flow_finish(rpc_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    bool first = !flow->tail_wanted;
    flow->tail_wanted = true;
    pthread_mutex_unlock(&flow->lock);
    if (first)
        advance(flow);
    return first;
}
