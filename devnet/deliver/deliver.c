/*
 * A stream is in one phase at a time:
 *
 *   IDLE     a read is open, the next envelope has not come
 *   SERVING  blocks are sent, or waited for
 *   CLOSING  the last status is on its way
 *   OVER     finished; only on_done is to come
 *
 * A fault may let a stream that serves wait before its next block.
 *
 * Everything but `is_woken` belongs to the stream's reactor. The block store wakes a stream
 * from the appending thread by posting its task; a stream that ends while the task is posted
 * is freed by the task.
 */
#include "devnet/deliver/deliver.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/deliver/seek.h"
#include "devnet/network/frame.h"
#include "wire/deliver.h"

struct dn_deliver {
    dn_deliver_options options;
    atomic_bool stopping;
    dn_faults_watch faults;
    pthread_mutex_t lock; /* of streams */
    base_list streams;
};

typedef enum phase { IDLE, SERVING, CLOSING, OVER } phase;

typedef struct stream {
    base_list link;
    dn_deliver *deliver;
    rpc_server_call *call;
    phase phase;
    rpc_bytes *request; /* what `seek` borrows; while it is there the source is watched */
    dn_seek seek;
    bool is_complete;   /* the last block asked for has been sent */
    rpc_bytes *pending; /* the queue was full: to be sent when it has drained */
    size_t in_flight;
    int64_t carried; /* blocks */
    rpc_timer delay;
    bool is_waiting; /* for the delay */
    bool has_waited; /* with the next block */
    dn_blockstore_watch watch;
    rpc_task wake;
    atomic_bool is_woken; /* the task is posted */
    bool is_done;
} stream;

static void pump(stream *s);

/* The channel of a request. */

static void open_source(stream *s, rpc_bytes *request)
{
    s->request = rpc_bytes_ref(request);
    dn_blockstore_watch_add(s->seek.source.blocks, &s->watch);
}

static void close_source(stream *s)
{
    const dn_deliver_options *options = &s->deliver->options;
    if (!s->request)
        return;
    dn_blockstore_watch_remove(s->seek.source.blocks, &s->watch);
    if (options->release)
        options->release(&s->seek.source);
    rpc_bytes_unref(base_steal(&s->request));
}

/* Responses. */

static heddle_status encode_block(void *user, const dn_deliver_request *request, heddle_view block,
                                  base_buffer *out, heddle_error *err)
{
    wire_deliver_response response = {.block = block};
    (void)user;
    (void)request;
    if (wire_shape_write(&wire_deliver_response_shape, &response, out) != HEDDLE_OK)
        return base_fail_memory(err, "a response");
    return HEDDLE_OK;
}

typedef struct bare_block {
    heddle_view header;
    heddle_view metadata;
} bare_block;

static const wire_slot bare_block_slots[] = {WIRE_SLOT(1, WIRE_BYTES, bare_block, header),
                                             WIRE_SLOT(3, WIRE_BYTES, bare_block, metadata)};
static const wire_shape bare_block_shape = WIRE_SHAPE(bare_block, "Block", bare_block_slots);

/** The block without its data. */
static heddle_status strip_data(base_buffer *block)
{
    bare_block bare = {0};
    base_buffer stripped = {0};
    if (!wire_field_find(base_buffer_view(block), 1, &bare.header) ||
        !wire_field_find(base_buffer_view(block), 3, &bare.metadata))
        return HEDDLE_E_DECODE;
    BASE_TRY(wire_shape_write(&bare_block_shape, &bare, &stripped));
    base_buffer_done(block);
    *block = stripped;
    return HEDDLE_OK;
}

/* Sending. */

static void end(stream *s, int code, const char *message)
{
    s->phase = OVER;
    rpc_server_call_fail(s->call, code, message);
}

static void on_sent(bool sent, void *user)
{
    stream *s = user;
    s->in_flight--;
    if (sent)
        pump(s);
}

/** True if nothing is pending any more. */
static bool flush(stream *s)
{
    heddle_error err;
    if (!s->pending)
        return true;
    heddle_status status = rpc_server_call_send_bytes(s->call, s->pending, on_sent, s, &err);
    if (status == HEDDLE_E_TOO_LARGE && s->in_flight)
        return false;
    rpc_bytes_unref(base_steal(&s->pending));
    if (status == HEDDLE_OK)
        s->in_flight++;
    else
        end(s, rpc_code_of(status), err.message);
    return s->phase != OVER;
}

/** Takes the buffer's bytes. */
static void queue(stream *s, base_buffer *message)
{
    size_t len;
    uint8_t *data = base_buffer_take(message, &len);
    s->pending = rpc_bytes_take(data, len);
    if (!s->pending)
        end(s, RPC_RESOURCE_EXHAUSTED, "out of memory");
}

static void queue_status(stream *s, int code)
{
    base_auto_buffer base_buffer message = {0};
    wire_deliver_response response = {.status = code};
    close_source(s);
    s->phase = CLOSING;
    if (wire_shape_write(&wire_deliver_response_shape, &response, &message) != HEDDLE_OK) {
        end(s, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    if (code == COMMON__STATUS__SUCCESS)
        s->phase = IDLE;
    queue(s, &message);
    if (s->phase == IDLE)
        rpc_server_call_read(s->call);
}

static void refuse(stream *s, int code, const heddle_error *err)
{
    log_at(LOG_WARN, "deliver", "request refused",
           LOG_STR("channel", s->request ? s->seek.source.channel->name : ""),
           LOG_I64("status", code), LOG_STR("client", rpc_server_call_peer(s->call)), LOG_ERR(err));
    queue_status(s, code);
}

static heddle_status encode_next(stream *s, base_buffer *out, heddle_error *err)
{
    const dn_deliver_options *options = &s->deliver->options;
    const dn_deliver_source *source = &s->seek.source;
    dn_deliver_request request = {.creator = s->seek.creator, .channel = source->channel};
    base_auto_buffer base_buffer block = {0};
    BASE_TRY(dn_blockstore_read(source->blocks, s->seek.next, &block, err));
    if (s->seek.headers_only && s->seek.next > 0 && strip_data(&block) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_DECODE, "block without header or metadata");
    return options->encode(source->user, &request, base_buffer_view(&block), out, err);
}

static void queue_block(stream *s)
{
    heddle_error err;
    base_auto_buffer base_buffer message = {0};
    int code = dn_seek_check(&s->deliver->options, &s->seek, &err);
    if (code == COMMON__STATUS__SUCCESS && encode_next(s, &message, &err) != HEDDLE_OK)
        code = COMMON__STATUS__INTERNAL_SERVER_ERROR;
    if (code != COMMON__STATUS__SUCCESS) {
        refuse(s, code, &err);
        return;
    }
    queue(s, &message);
    s->carried++;
    s->has_waited = false;
    s->is_complete = s->seek.next++ == s->seek.stop;
}

/* Faults. */

static bool meets(stream *s, unsigned kinds, dn_fault *out)
{
    const dn_deliver_options *options = &s->deliver->options;
    return dn_faults_meet(options->faults, options->node, options->method, kinds, s->carried, out);
}

static void on_delayed(void *user)
{
    stream *s = user;
    s->is_waiting = false;
    s->has_waited = true;
    pump(s);
}

/** True: a fault has decided what happens. @p there: a block could be sent. */
static bool meet_faults(stream *s, bool there)
{
    dn_fault fault;
    heddle_error err;
    if (there && !s->has_waited && meets(s, DN_FAULT_BIT(DELAY), &fault)) {
        s->is_waiting = rpc_timer_start(&s->delay, rpc_server_call_reactor(s->call), fault.delay_ms,
                                        on_delayed, s) == HEDDLE_OK;
        return s->is_waiting;
    }
    if (meets(s, DN_FAULT_BIT(REFUSE) | DN_FAULT_BIT(DROP), &fault)) {
        end(s, dn_fault_code(&fault), dn_fault_reason(&fault));
        return true;
    }
    if (!meets(s, DN_FAULT_BIT(STATUS), &fault))
        return false;
    heddle_status status = base_fail(&err, HEDDLE_E_REFUSED, "%s", dn_fault_reason(&fault));
    (void)status;
    refuse(s, dn_fault_code(&fault), &err);
    return true;
}

static bool is_over(const stream *s)
{
    const dn_deliver_options *options = &s->deliver->options;
    return atomic_load(&s->deliver->stopping) ||
           (options->is_over && options->is_over(options->user, &s->seek.source));
}

/** Do the next thing of the request; false if there is nothing to do but wait. */
static bool serve(stream *s)
{
    heddle_error err;
    heddle_status status = HEDDLE_OK;
    int code = 0;
    bool there = s->seek.next < dn_blockstore_height(s->seek.source.blocks);
    if (s->is_complete) {
        queue_status(s, COMMON__STATUS__SUCCESS);
        return true;
    }
    if (meet_faults(s, there))
        return true;
    if (is_over(s)) {
        code = COMMON__STATUS__SERVICE_UNAVAILABLE;
        status = base_fail(&err, HEDDLE_E_UNAVAILABLE, "stopping");
    } else if (s->seek.is_missing || (!there && s->seek.fail_if_not_ready)) {
        code = COMMON__STATUS__NOT_FOUND;
        status = base_fail(&err, HEDDLE_E_NOT_FOUND, "no such block");
    } else if (!there) {
        return false;
    }
    if (status != HEDDLE_OK)
        refuse(s, code, &err);
    else
        queue_block(s);
    return true;
}

static bool step(stream *s)
{
    if (s->phase == SERVING)
        return serve(s);
    if (s->phase == CLOSING)
        end(s, RPC_OK, "");
    return false;
}

static void pump(stream *s)
{
    while (s->phase != OVER && !s->is_waiting && flush(s))
        if (!step(s))
            return;
}

/* Events of the call. */

static void on_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    stream *s = user;
    heddle_error err = {0};
    dn_frame frame;
    if (s->phase != IDLE)
        return;
    if (!message) {
        s->phase = CLOSING;
        pump(s);
        return;
    }
    if (dn_frame_read(rpc_bytes_view(message), &frame, &err) != HEDDLE_OK) {
        end(s, RPC_INTERNAL, err.message);
        return;
    }
    int code = dn_seek_open(&s->deliver->options, rpc_bytes_view(message),
                            rpc_server_call_client_cert(call), &s->seek, &err);
    if (code == COMMON__STATUS__SUCCESS) {
        open_source(s, message);
        s->is_complete = false;
        s->phase = SERVING;
    } else {
        refuse(s, code, &err);
    }
    pump(s);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    stream *s = user;
    (void)call;
    if (s->phase != OVER)
        end(s, RPC_CANCELLED, "cancelled");
}

static void stream_free(stream *s)
{
    rpc_bytes_unref(s->pending);
    base_free(s);
}

static void on_done(rpc_server_call *call, void *user)
{
    stream *s = user;
    dn_deliver *deliver = s->deliver;
    (void)call;
    rpc_timer_cancel(&s->delay);
    close_source(s);
    pthread_mutex_lock(&deliver->lock);
    base_list_remove(&s->link);
    pthread_mutex_unlock(&deliver->lock);
    s->is_done = true;
    if (!atomic_load(&s->is_woken))
        stream_free(s);
}

/* Waking. */

static void on_wake(void *user)
{
    stream *s = user;
    atomic_store(&s->is_woken, false);
    if (s->is_done)
        stream_free(s);
    else
        pump(s);
}

static void wake(stream *s)
{
    if (!atomic_exchange(&s->is_woken, true))
        rpc_post_task(rpc_server_call_reactor(s->call), &s->wake);
}

static void on_grown(dn_blockstore_watch *watch, uint64_t height)
{
    (void)height;
    wake(base_container_of(watch, stream, watch));
}

/* The method. */

static void handle(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {on_message, on_cancel, on_done};
    dn_deliver *deliver = user;
    stream *s = base_calloc(1, sizeof(*s));
    if (!s) {
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    s->deliver = deliver;
    s->call = call;
    s->watch.grown = on_grown;
    s->wake = (rpc_task){.fn = on_wake, .user = s};
    rpc_server_call_listen(call, &events, s);
    pthread_mutex_lock(&deliver->lock);
    base_list_append(&deliver->streams, &s->link);
    pthread_mutex_unlock(&deliver->lock);
    rpc_server_call_read(call);
}

void dn_deliver_wake(dn_deliver *deliver)
{
    pthread_mutex_lock(&deliver->lock);
    base_list_each (link, &deliver->streams)
        wake(base_list_entry(link, stream, link));
    pthread_mutex_unlock(&deliver->lock);
}

static void on_faults(dn_faults_watch *watch)
{
    dn_deliver_wake(base_container_of(watch, dn_deliver, faults));
}

heddle_status dn_deliver_new(const dn_deliver_options *options, dn_deliver **out, heddle_error *err)
{
    dn_deliver *deliver = base_calloc(1, sizeof(*deliver));
    if (!deliver)
        return base_fail_memory(err, "the deliver service");
    deliver->options = *options;
    if (!deliver->options.encode)
        deliver->options.encode = encode_block;
    pthread_mutex_init(&deliver->lock, NULL);
    base_list_init(&deliver->streams);
    deliver->faults.changed = on_faults;
    if (options->faults)
        dn_faults_watch_add(options->faults, &deliver->faults);
    *out = deliver;
    return HEDDLE_OK;
}

rpc_method dn_deliver_method(dn_deliver *deliver, const char *path)
{
    return (rpc_method){
        .path = path, .kind = RPC_METHOD_STREAM, .handler = handle, .user = deliver};
}

void dn_deliver_stop(dn_deliver *deliver)
{
    atomic_store(&deliver->stopping, true);
    dn_deliver_wake(deliver);
}

void dn_deliver_free(dn_deliver *deliver)
{
    if (!deliver)
        return;
    if (deliver->options.faults)
        dn_faults_watch_remove(deliver->options.faults, &deliver->faults);
    pthread_mutex_destroy(&deliver->lock);
    base_free(deliver);
}
