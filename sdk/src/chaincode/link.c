#include "chaincode/link.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/map.h"
#include "chaincode/call.h"

enum { SCRATCH_LIMIT = 1024 * 1024 };

/* The least that a peer's limit on what goes into one message is taken for. */
enum { LEAST_PIECE = 100 };

typedef enum link_state { LINK_NEW, LINK_REGISTERED, LINK_READY, LINK_LOST } link_state;

struct cc_link {
    atomic_uint references;
    const cc_host *host;
    cc_outlet outlet;
    base_arena *scratch; /* for the message being received */
    bool closed;         /* by this side; receiving thread only */
    pthread_mutex_t lock;
    link_state state;
    cc_limits limits; /* receiving thread only */
    base_map *calls;
};

cc_link *cc_link_new(const cc_host *host, const cc_outlet *outlet)
{
    cc_link *link = base_calloc(1, sizeof(*link));
    base_map *calls = base_map_new();
    base_arena *scratch = base_arena_new(SCRATCH_LIMIT);
    if (!link || !calls || !scratch) {
        base_free(link);
        base_map_free(calls, NULL);
        base_arena_free(scratch);
        return NULL;
    }
    atomic_init(&link->references, 1);
    link->host = host;
    link->outlet = *outlet;
    link->calls = calls;
    link->scratch = scratch;
    link->limits.memory = host->memory_limit;
    pthread_mutex_init(&link->lock, NULL);
    return link;
}

cc_link *cc_link_ref(cc_link *link)
{
    atomic_fetch_add_explicit(&link->references, 1, memory_order_relaxed);
    return link;
}

void cc_link_unref(cc_link *link)
{
    if (!link || atomic_fetch_sub_explicit(&link->references, 1, memory_order_acq_rel) != 1)
        return;
    link->outlet.release(link->outlet.user);
    base_map_free(link->calls, NULL);
    base_arena_free(link->scratch);
    pthread_mutex_destroy(&link->lock);
    base_free(link);
}

const cc_host *cc_link_host(const cc_link *link)
{
    return link->host;
}

heddle_status cc_link_send_blob(cc_link *link, base_blob *message, heddle_error *err)
{
    return link->outlet.send(link->outlet.user, message, err);
}

heddle_status cc_link_send(cc_link *link, const cc_message *message, heddle_error *err)
{
    base_auto(blob) base_blob *blob = NULL;
    BASE_TRY(cc_message_blob(message, &blob, err));
    return cc_link_send_blob(link, blob, err);
}

heddle_status cc_link_register(cc_link *link, heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    cc_chaincode_id id = {.name = heddle_view_str(link->host->chaincode_id)};
    if (wire_shape_write(&cc_chaincode_id_shape, &id, &payload) != HEDDLE_OK)
        return base_fail_memory(err, "REGISTER");
    cc_message message = {.type = CC_REGISTER, .payload = base_buffer_view(&payload)};
    return cc_link_send(link, &message, err);
}

/* The peer is told why in an ERROR, as the official shims do it, and by the stream's end. */
static void close_link(cc_link *link, const cc_message *message, const char *why)
{
    log_at(LOG_DEBUG, "chaincode", "peer broke the protocol", LOG_STR("why", why));
    cc_message error = {.type = CC_ERROR, .payload = heddle_view_str(why)};
    if (message) {
        error.tx_id = message->tx_id;
        error.channel = message->channel;
    }
    heddle_status st = cc_link_send(link, &error, NULL);
    if (st != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "the error could not be sent");
    link->closed = true;
    cc_link_lost(link);
    link->outlet.close(link->outlet.user, why);
}

static void refuse(cc_link *link, const cc_message *message, link_state state)
{
    static const char *const names[] = {"created", "established", "ready", "lost"};
    char why[160];
    snprintf(why, sizeof(why), "chaincode cannot handle message %s (%d) in state %s",
             cc_type_name(message->type), (int)message->type, names[state]);
    close_link(link, message, why);
}

static void set_state(cc_link *link, link_state state)
{
    pthread_mutex_lock(&link->lock);
    if (link->state != LINK_LOST)
        link->state = state;
    pthread_mutex_unlock(&link->lock);
}

static link_state state_now(cc_link *link)
{
    pthread_mutex_lock(&link->lock);
    link_state state = link->state;
    pthread_mutex_unlock(&link->lock);
    return state;
}

bool cc_link_is_ready(cc_link *link)
{
    return state_now(link) == LINK_READY;
}

/* E_EXISTS: the transaction runs already. */
static heddle_status remember(cc_link *link, cc_call *call, const cc_message *start,
                              heddle_error *err)
{
    heddle_view key = cc_call_key(call);
    pthread_mutex_lock(&link->lock);
    heddle_status st;
    if (link->state != LINK_READY)
        st = base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer is gone");
    else if (base_map_get(link->calls, key))
        st = base_fail(err, HEDDLE_E_EXISTS, "transaction %.*s runs already",
                       BASE_VIEW_ARG(start->tx_id));
    else if ((st = base_map_put(link->calls, key, call, NULL)) != HEDDLE_OK)
        st = base_fail_memory(err, "transaction");
    pthread_mutex_unlock(&link->lock);
    return st;
}

void cc_link_forget(cc_link *link, heddle_view key)
{
    pthread_mutex_lock(&link->lock);
    base_map_remove(link->calls, key);
    pthread_mutex_unlock(&link->lock);
}

static heddle_status start_call(cc_link *link, base_blob *bytes, const cc_message *message,
                                heddle_error *err)
{
    cc_call *call = NULL;
    BASE_TRY(cc_call_new(link, bytes, message, &link->limits, &call, err));
    heddle_status st = remember(link, call, message, err);
    if (st == HEDDLE_OK) {
        st = cc_call_submit(call, err);
        if (st != HEDDLE_OK)
            cc_link_forget(link, cc_call_key(call));
    }
    if (st != HEDDLE_OK)
        cc_call_unref(call);
    return st;
}

static void start_transaction(cc_link *link, base_blob *bytes, const cc_message *message)
{
    heddle_error err;
    if (start_call(link, bytes, message, &err) == HEDDLE_OK)
        return;
    log_at(LOG_DEBUG, "chaincode", "transaction refused", LOG_VIEW("txid", message->tx_id),
           LOG_ERR(&err));
    cc_message error = {.type = CC_ERROR,
                        .payload = heddle_view_str(err.message),
                        .tx_id = message->tx_id,
                        .channel = message->channel};
    if (cc_link_send(link, &error, NULL) != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "the refusal could not be sent");
}

/* An answer that nobody waits for is passed over: its call gave up before it came. */
static void give_answer(cc_link *link, base_blob *bytes, const cc_message *message)
{
    heddle_view key = cc_table_key(link->scratch, message->channel, message->tx_id);
    pthread_mutex_lock(&link->lock);
    cc_call *call = key.data ? base_map_get(link->calls, key) : NULL;
    if (call)
        cc_call_ref(call);
    pthread_mutex_unlock(&link->lock);
    if (!call)
        return;
    cc_call_answer(call, bytes, message);
    cc_call_unref(call);
}

static void echo_keepalive(cc_link *link, const cc_message *message)
{
    heddle_status st = cc_link_send(link, message, NULL);
    if (st != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "keepalive could not be sent");
}

static void receive_ready(cc_link *link, base_blob *bytes, const cc_message *message)
{
    switch (message->type) {
    case CC_INIT:
    case CC_TRANSACTION:
        start_transaction(link, bytes, message);
        break;
    case CC_RESPONSE:
    case CC_ERROR:
        give_answer(link, bytes, message);
        break;
    default:
        refuse(link, message, LINK_READY);
    }
}

static uint32_t at_least(uint32_t value, uint32_t floor)
{
    return value < floor ? floor : value;
}

/* What cannot be read is as good as nothing, as the official shims have it. */
static void take_abilities(cc_link *link, heddle_view payload)
{
    cc_abilities can = {0};
    if (wire_shape_read(&cc_abilities_shape, payload, NULL, &can, NULL) != HEDDLE_OK)
        return;
    link->limits.use_write_batch = can.use_write_batch;
    link->limits.max_write_batch = at_least(can.max_write_batch, LEAST_PIECE);
    link->limits.use_multi_get = can.use_multi_get;
    link->limits.max_multi_get = at_least(can.max_multi_get, LEAST_PIECE);
}

void cc_link_receive(cc_link *link, base_blob *bytes)
{
    cc_message message;
    heddle_error err;
    if (link->closed)
        return;
    base_arena_reset(link->scratch);
    if (cc_message_read(base_blob_view(bytes), &message, &err) != HEDDLE_OK) {
        close_link(link, NULL, err.message);
        return;
    }
    link_state state = state_now(link);
    if (message.type == CC_KEEPALIVE)
        echo_keepalive(link, &message);
    else if (state == LINK_READY)
        receive_ready(link, bytes, &message);
    else if (state == LINK_NEW && message.type == CC_REGISTERED)
        set_state(link, LINK_REGISTERED);
    else if (state == LINK_REGISTERED && message.type == CC_READY) {
        take_abilities(link, message.payload);
        set_state(link, LINK_READY);
    } else if (state != LINK_LOST)
        refuse(link, &message, state);
}

void cc_link_lost(cc_link *link)
{
    pthread_mutex_lock(&link->lock);
    link->state = LINK_LOST;
    size_t cursor = 0;
    heddle_view key;
    void *call;
    while (base_map_next(link->calls, &cursor, &key, &call))
        cc_call_lost(call);
    pthread_mutex_unlock(&link->lock);
}
