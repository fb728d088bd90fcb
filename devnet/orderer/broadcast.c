/*
 * Everything that is answered on a stream goes through the sequencer, a refusal too, so the
 * answers keep the order of the requests although envelopes are checked ahead. A refusal and
 * the client's half close are the last in their stream. An envelope of another channel than
 * those before it waits until they are answered: its channel has another sequencer.
 *
 * A stream lives as long as its call and its orders. Its call is finished exactly once, by
 * whoever sets is_finished.
 */
#include "devnet/orderer/broadcast.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "common/common.pb-c.h"
#include "devnet/orderer/admission.h"
#include "orderer/ab.pb-c.h"
#include "wire/codec.h"
#include "wire/envelope.h"

enum { MAX_AHEAD = 256, MAX_AHEAD_BYTES = 1024 * 1024 };

typedef struct stream {
    const dn_broadcast *broadcast;
    rpc_server_call *call; /* a reference */
    atomic_uint refs;
    atomic_bool is_finished;
    atomic_bool is_broken; /* the sequencer has refused an order */
    atomic_uint ahead;     /* orders without an answer */
    atomic_size_t ahead_bytes;
    atomic_bool is_reading; /* a read is open, or what it gave waits for a delay */
    bool is_closed;         /* the last order was submitted; the reactor's, as what follows */
    int64_t carried;        /* envelopes */
    dn_chain *chain;        /* of the last envelope, a reference; NULL: there is no such channel */
    rpc_bytes *held;        /* the envelope that waits for a delay, or for the orders ahead */
    atomic_bool is_switching; /* for the orders ahead, of which the last posts the task */
    rpc_task switched;
    rpc_timer delay;
} stream;

typedef struct order {
    dn_order base;
    stream *stream;
    bool is_last;   /* finish the call after the answer */
    bool is_silent; /* there is no answer, only the end */
    int end_code;   /* of the call, if it is the last */
    int status;     /* of a refusal */
    char info[HEDDLE_ERROR_MESSAGE_SIZE];
} order;

static void unref(stream *s)
{
    if (atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    rpc_server_call_unref(s->call);
    dn_chain_unref(s->chain);
    base_free(s);
}

static void finish(stream *s, int code, const char *message)
{
    if (!atomic_exchange(&s->is_finished, true))
        rpc_server_call_fail(s->call, code, message);
}

/** Read on while the client is not too far ahead of its answers. */
static void read_on(stream *s)
{
    if (atomic_load(&s->ahead) < MAX_AHEAD && atomic_load(&s->ahead_bytes) < MAX_AHEAD_BYTES &&
        !atomic_exchange(&s->is_reading, true))
        rpc_server_call_read(s->call);
}

/* Answers, on the sequencer's thread. */

static void send(stream *s, int code, const char *info)
{
    base_auto_buffer base_buffer bytes = {0};
    heddle_error err;
    Orderer__BroadcastResponse response = ORDERER__BROADCAST_RESPONSE__INIT;
    response.status = code;
    response.info = wire_text(info);
    heddle_status status = wire_encode(&response.base, &bytes, &err);
    if (status == HEDDLE_OK)
        status = rpc_server_call_send(s->call, base_buffer_view(&bytes), NULL, NULL, &err);
    if (status != HEDDLE_OK)
        finish(s, rpc_code_of(status), err.message);
}

static void post_switched(stream *s)
{
    atomic_fetch_add(&s->refs, 1);
    rpc_post_task(rpc_server_call_reactor(s->call), &s->switched);
}

/** The sequencer did not take an order; @p code 0: for reasons of its own. */
static void refuse(stream *s, int code, const heddle_error *err)
{
    log_at(LOG_WARN, "broadcast", "envelope refused", LOG_STR("channel", s->chain->channel.name),
           LOG_I64("status", code), LOG_STR("client", rpc_server_call_peer(s->call)), LOG_ERR(err));
    send(s, code ? code : COMMON__STATUS__SERVICE_UNAVAILABLE, err->message);
}

static void answer(dn_order *base, heddle_status status, const heddle_error *err)
{
    order *o = base_container_of(base, order, base);
    stream *s = o->stream;
    bool refused = status != HEDDLE_OK;
    if (refused)
        refuse(s, base->refusal, err);
    else if (!o->is_silent)
        send(s, o->status, o->info);
    if (refused || o->is_last)
        finish(s, o->end_code, o->end_code ? o->info : "");
    atomic_fetch_sub(&s->ahead_bytes, o->base.size);
    if (atomic_fetch_sub(&s->ahead, 1) == 1 && atomic_exchange(&s->is_switching, false))
        post_switched(s);
    if (!refused && !o->is_last)
        read_on(s);
    rpc_bytes_unref(o->base.envelope);
    base_free(o);
    unref(s);
}

/* Requests, on the call's reactor. */

/** An order of the stream, ready to be filled; NULL: the call was ended. */
static order *order_new(stream *s)
{
    order *o = base_calloc(1, sizeof(*o));
    if (!o) {
        s->is_closed = true;
        finish(s, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return NULL;
    }
    o->base.answer = answer;
    o->stream = s;
    o->status = COMMON__STATUS__SUCCESS;
    return o;
}

static void submit(stream *s, order *o)
{
    s->is_closed = o->is_last;
    atomic_fetch_add(&s->refs, 1);
    atomic_fetch_add(&s->ahead, 1);
    atomic_fetch_add(&s->ahead_bytes, o->base.size);
    if (s->chain)
        dn_sequencer_submit(s->chain->sequencer, &o->base);
    else
        answer(&o->base, HEDDLE_OK, NULL);
}

static void log_refusal(const stream *s, const order *o)
{
    log_at(LOG_WARN, "broadcast", "envelope refused",
           LOG_STR("channel", s->chain ? s->chain->channel.name : ""), LOG_I64("status", o->status),
           LOG_STR("client", rpc_server_call_peer(s->call)), LOG_STR("info", o->info));
}

static rpc_bytes *canonical(const dn_frame *frame)
{
    base_auto_buffer base_buffer bytes = {0};
    size_t len;
    if (dn_frame_write(frame, &bytes) != HEDDLE_OK)
        return NULL;
    uint8_t *data = base_buffer_take(&bytes, &len);
    return rpc_bytes_take(data, len);
}

static int refuse_for_memory(heddle_error *err)
{
    heddle_status status = base_fail_memory(err, "an envelope");
    (void)status;
    return COMMON__STATUS__SERVICE_UNAVAILABLE;
}

/* Faults. */

static bool meets(stream *s, unsigned kinds, dn_fault *out)
{
    const dn_broadcast *b = s->broadcast;
    return dn_faults_meet(b->faults, b->node, "Broadcast", kinds, s->carried, out);
}

/** What a fault makes of an order that would have been taken. */
static void spoil(stream *s, order *o)
{
    dn_fault fault;
    if (!meets(s, DN_FAULT_BIT(STATUS) | DN_FAULT_BIT(LOSE) | DN_FAULT_BIT(SWALLOW), &fault))
        return;
    if (fault.kind != DN_FAULT_SWALLOW)
        rpc_bytes_unref(base_steal(&o->base.envelope));
    if (fault.kind == DN_FAULT_LOSE)
        return;
    o->is_last = true;
    snprintf(o->info, sizeof(o->info), "%s", dn_fault_reason(&fault));
    if (fault.kind == DN_FAULT_STATUS) {
        o->status = dn_fault_code(&fault);
        return;
    }
    o->is_silent = true;
    o->end_code = dn_fault_code(&fault);
}

static void take_envelope(stream *s, rpc_bytes *message)
{
    heddle_error err = {0};
    dn_fault fault;
    dn_frame frame;
    if (meets(s, DN_FAULT_BIT(REFUSE) | DN_FAULT_BIT(DROP), &fault)) {
        s->is_closed = true;
        finish(s, dn_fault_code(&fault), dn_fault_reason(&fault));
        return;
    }
    heddle_view bytes = rpc_bytes_view(message);
    if (dn_frame_read(bytes, &frame, &err) != HEDDLE_OK) {
        s->is_closed = true;
        finish(s, RPC_INTERNAL, err.message);
        return;
    }
    order *o = order_new(s);
    if (!o)
        return;
    o->base.size = frame.payload.len + frame.signature.len;
    o->base.is_broken = &s->is_broken;
    o->status = dn_admission_check(s->chain ? &s->chain->channel : NULL, bytes, &frame,
                                   &o->base.admitted, &err);
    if (o->status == COMMON__STATUS__SUCCESS && !(o->base.envelope = canonical(&frame)))
        o->status = refuse_for_memory(&err);
    if (o->status != COMMON__STATUS__SUCCESS) {
        o->is_last = true;
        memcpy(o->info, err.message, sizeof(o->info));
        log_refusal(s, o);
    } else {
        spoil(s, o);
    }
    s->carried++;
    submit(s, o);
}

static void take_end(stream *s)
{
    order *o = order_new(s);
    if (!o)
        return;
    o->is_last = true;
    o->is_silent = true;
    submit(s, o);
}

/* Channels. */

/** A reference to the chain of an envelope, if the orderer serves its channel. */
static dn_chain *find_chain(const stream *s, rpc_bytes *message)
{
    const dn_broadcast *b = s->broadcast;
    wire_envelope envelope;
    if (wire_envelope_read(rpc_bytes_view(message), &envelope, NULL) != HEDDLE_OK)
        return NULL;
    base_auto(dn_chain) dn_chain *found = dn_chains_find(b->chains, envelope.header.channel);
    return found && dn_chain_has_server(found, b->index) ? base_steal(&found) : NULL;
}

/** Make the envelope's chain the stream's; false: orders of another are ahead, and the last of
 *  them lets the stream go on. */
static bool switch_chain(stream *s, rpc_bytes *message)
{
    base_auto(dn_chain) dn_chain *chain = find_chain(s, message);
    if (chain && chain == s->chain)
        return true;
    s->held = rpc_bytes_ref(message);
    atomic_store(&s->is_switching, true);
    if (atomic_load(&s->ahead) || !atomic_exchange(&s->is_switching, false))
        return false;
    rpc_bytes_unref(base_steal(&s->held));
    dn_chain_unref(s->chain);
    s->chain = base_steal(&chain);
    return true;
}

static void go_on(stream *s, rpc_bytes *message)
{
    if (!s->is_closed && message && !switch_chain(s, message))
        return;
    atomic_store(&s->is_reading, false);
    if (s->is_closed)
        return;
    if (message)
        take_envelope(s, message);
    else
        take_end(s);
    if (!s->is_closed)
        read_on(s);
}

static void on_delayed(void *user)
{
    stream *s = user;
    base_auto(rpc_bytes) rpc_bytes *message = base_steal(&s->held);
    go_on(s, message);
}

static void on_switched(void *user)
{
    stream *s = user;
    base_auto(rpc_bytes) rpc_bytes *message = base_steal(&s->held);
    if (message)
        go_on(s, message);
    unref(s);
}

static void on_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    stream *s = user;
    dn_fault fault;
    if (message && !s->is_closed && meets(s, DN_FAULT_BIT(DELAY), &fault) &&
        rpc_timer_start(&s->delay, rpc_server_call_reactor(call), fault.delay_ms, on_delayed, s) ==
            HEDDLE_OK)
        s->held = rpc_bytes_ref(message);
    else
        go_on(s, message);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)call;
    finish(user, RPC_CANCELLED, "cancelled");
}

static void on_done(rpc_server_call *call, void *user)
{
    stream *s = user;
    (void)call;
    rpc_timer_cancel(&s->delay);
    rpc_bytes_unref(base_steal(&s->held));
    unref(s);
}

static void handle(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {on_message, on_cancel, on_done};
    stream *s = base_calloc(1, sizeof(*s));
    if (!s) {
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    s->broadcast = user;
    s->call = rpc_server_call_ref(call);
    s->switched = (rpc_task){.fn = on_switched, .user = s};
    atomic_init(&s->refs, 1);
    rpc_server_call_listen(call, &events, s);
    read_on(s);
}

rpc_method dn_broadcast_method(dn_broadcast *broadcast, const char *path)
{
    return (rpc_method){
        .path = path, .kind = RPC_METHOD_STREAM, .handler = handle, .user = broadcast};
}
