#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "devnet/peer/call.h"
#include "devnet/peer/visit.h"
#include "peer/chaincode.pb-c.h"
#include "wire/services.h"

enum {
    EXECUTE_TIMEOUT_MS = 30000,
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 2000,
    SEND_QUEUE_BYTES = 256 * 1024 * 1024,
    MESSAGE_ARENA_BYTES = 512 * 1024 * 1024,
    BATCH_LIMIT = 1000
};

static void open_stream(dn_chaincode_client *client);

void dn_chaincode_client_unref(dn_chaincode_client *client)
{
    if (atomic_fetch_sub(&client->refs, 1) != 1)
        return;
    if (client->channel)
        rpc_channel_close(client->channel);
    base_map_free(client->running, NULL);
    base_arena_free(client->arena);
    base_arena_free(client->own);
    rpc_latch_done(&client->stopped);
    base_free(client);
}

dn_chaincode_client *dn_chaincode_client_ref(dn_chaincode_client *client)
{
    atomic_fetch_add(&client->refs, 1);
    return client;
}

bool dn_chaincode_client_is_ready(const dn_chaincode_client *client)
{
    return atomic_load(&client->is_ready);
}

static void set_state(dn_chaincode_client *client, dn_stream_state state)
{
    client->state = state;
    atomic_store(&client->is_ready, state == DN_STREAM_READY);
}

static heddle_status send_bytes(dn_chaincode_client *client, heddle_view bytes, heddle_error *err)
{
    if (client->visit)
        return dn_visit_send(client->visit, bytes, err);
    return rpc_stream_send(client->stream, bytes, NULL, NULL, err);
}

static void end_stream(dn_chaincode_client *client, int code, const char *why)
{
    if (client->visit)
        dn_visit_finish(client->visit, code, why);
    else if (client->stream)
        rpc_stream_cancel(client->stream);
}

void dn_chaincode_send(dn_chaincode_client *client, const Protos__ChaincodeMessage *message)
{
    base_auto_buffer base_buffer bytes = {0};
    heddle_error err;
    if (!client->stream && !client->visit)
        return;
    if (wire_encode(&message->base, &bytes, &err) == HEDDLE_OK &&
        send_bytes(client, base_buffer_view(&bytes), &err) == HEDDLE_OK)
        return;
    log_at(LOG_WARN, "chaincode", "cannot send to the chaincode",
           LOG_STR("chaincode", client->options.id), LOG_ERR(&err));
    end_stream(client, RPC_RESOURCE_EXHAUSTED, err.message);
}

void dn_call_answer(dn_call *call, int type, heddle_view payload, const heddle_error *err)
{
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    char text[768];
    message.type = PROTOS__CHAINCODE_MESSAGE__TYPE__RESPONSE;
    message.payload = wire_bytes(payload);
    message.txid = wire_text(dn_txn_id(call->context.txn));
    message.channel_id = wire_text(dn_txn_channel(call->context.txn));
    if (err) {
        snprintf(text, sizeof(text), "%s failed: transaction ID: %s: %s", dn_request_name(type),
                 message.txid, err->message);
        message.type = PROTOS__CHAINCODE_MESSAGE__TYPE__ERROR;
        message.payload = wire_bytes(heddle_view_str(text));
    }
    dn_chaincode_send(call->client, &message);
}

/* A request for a transaction that does not run here, or no longer. */
static void answer_stranger(dn_chaincode_client *client, const Protos__ChaincodeMessage *request)
{
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    bool nested = request->type == PROTOS__CHAINCODE_MESSAGE__TYPE__INVOKE_CHAINCODE;
    base_auto_buffer base_buffer text = {0};
    if (base_buffer_printf(&text, "%s failed: transaction ID: %s: %s",
                           dn_request_name((int)request->type), request->txid,
                           nested ? "could not get valid transaction" : "no ledger context") !=
        HEDDLE_OK)
        return;
    message.type = PROTOS__CHAINCODE_MESSAGE__TYPE__ERROR;
    message.payload = wire_bytes(base_buffer_view(&text));
    message.txid = request->txid;
    message.channel_id = request->channel_id;
    dn_chaincode_send(client, &message);
}

static dn_call *find_call(dn_chaincode_client *client, const Protos__ChaincodeMessage *message)
{
    base_auto_buffer base_buffer key = {0};
    if (base_buffer_append_str(&key, message->channel_id) != HEDDLE_OK ||
        base_buffer_append_byte(&key, 0) != HEDDLE_OK ||
        base_buffer_append_str(&key, message->txid) != HEDDLE_OK)
        return NULL;
    return base_map_get(client->running, base_buffer_view(&key));
}

static void on_request(dn_chaincode_client *client, const Protos__ChaincodeMessage *message)
{
    dn_call *call = find_call(client, message);
    heddle_view payload = wire_view(message->payload), answer = {0};
    heddle_error err;
    if (!call) {
        answer_stranger(client, message);
        return;
    }
    if (call->is_busy)
        return;
    if (message->type == PROTOS__CHAINCODE_MESSAGE__TYPE__INVOKE_CHAINCODE) {
        dn_call_nested(call, payload);
        return;
    }
    heddle_status status =
        dn_request_serve(&call->context, (int)message->type, payload, client->arena, &answer, &err);
    dn_call_answer(call, (int)message->type, answer, status == HEDDLE_OK ? NULL : &err);
}

static void on_last_word(dn_chaincode_client *client, const Protos__ChaincodeMessage *message,
                         heddle_view bytes)
{
    dn_call *call = find_call(client, message);
    dn_outcome outcome = {.bytes = bytes, .message = message};
    if (call)
        dn_call_finish(call, &outcome);
}

static void send_ready(dn_chaincode_client *client)
{
    Protos__ChaincodeAdditionalParams params = PROTOS__CHAINCODE_ADDITIONAL_PARAMS__INIT;
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    heddle_view payload;
    if (!client->options.is_old) {
        params.use_write_batch = true;
        params.max_size_write_batch = BATCH_LIMIT;
        params.use_get_multiple_keys = true;
        params.max_size_get_multiple_keys = BATCH_LIMIT;
    }
    message.type = PROTOS__CHAINCODE_MESSAGE__TYPE__REGISTERED;
    dn_chaincode_send(client, &message);
    message.type = PROTOS__CHAINCODE_MESSAGE__TYPE__READY;
    if (wire_encode_arena(&params.base, client->arena, &payload, NULL) == HEDDLE_OK)
        message.payload = wire_bytes(payload);
    dn_chaincode_send(client, &message);
}

static heddle_status on_register(dn_chaincode_client *client,
                                 const Protos__ChaincodeMessage *message, heddle_error *err)
{
    Protos__ChaincodeID *id;
    BASE_TRY(
        wire_decode(protos__chaincode_id, wire_view(message->payload), client->arena, &id, err));
    if (!*id->name)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "error in handling register chaincode, chaincodeID name is empty");
    if (client->options.checks_id && strcmp(id->name, client->options.id) != 0) {
        log_at(LOG_WARN, "chaincode", "the service is another chaincode than its package",
               LOG_STR("chaincode", client->options.id), LOG_STR("id", id->name));
        client->is_stranger = true;
        return HEDDLE_OK;
    }
    log_at(LOG_INFO, "chaincode", "chaincode registered", LOG_STR("chaincode", client->options.id),
           LOG_STR("id", id->name));
    send_ready(client);
    set_state(client, DN_STREAM_READY);
    client->pause_ms = PAUSE_MIN_MS;
    base_list waiting;
    base_list_init(&waiting);
    base_list_splice(&waiting, &client->waiting);
    for (base_list *it; (it = base_list_pop(&waiting));)
        dn_call_begin(base_list_entry(it, dn_call, link));
    return HEDDLE_OK;
}

/* What a peer of the version takes in a transaction. */
static bool is_request(const dn_chaincode_client *client, int type)
{
    bool is_batch = type == PROTOS__CHAINCODE_MESSAGE__TYPE__WRITE_BATCH_STATE ||
                    type == PROTOS__CHAINCODE_MESSAGE__TYPE__GET_STATE_MULTIPLE;
    return dn_request_name(type) && !(is_batch && client->options.is_old);
}

heddle_status dn_chaincode_handle(dn_chaincode_client *client, heddle_view bytes, heddle_error *err)
{
    Protos__ChaincodeMessage *message;
    base_arena_reset(client->arena);
    BASE_TRY(wire_decode(protos__chaincode_message, bytes, client->arena, &message, err));
    int type = (int)message->type;
    if (type == PROTOS__CHAINCODE_MESSAGE__TYPE__KEEPALIVE)
        return HEDDLE_OK;
    if (client->state == DN_STREAM_REGISTERING) {
        if (type == PROTOS__CHAINCODE_MESSAGE__TYPE__REGISTER)
            return on_register(client, message, err);
        return base_fail(err, HEDDLE_E_REFUSED, "message of type %d before it registered", type);
    }
    if (type == PROTOS__CHAINCODE_MESSAGE__TYPE__COMPLETED ||
        type == PROTOS__CHAINCODE_MESSAGE__TYPE__ERROR)
        on_last_word(client, message, bytes);
    else if (is_request(client, type))
        on_request(client, message);
    else
        return base_fail(err, HEDDLE_E_REFUSED, "message of type %d from a chaincode", type);
    return HEDDLE_OK;
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    dn_chaincode_client *client = user;
    heddle_error err;
    if (dn_chaincode_handle(client, rpc_bytes_view(message), &err) != HEDDLE_OK) {
        log_at(LOG_WARN, "chaincode", "ending the chaincode's stream",
               LOG_STR("chaincode", client->options.id), LOG_ERR(&err));
        rpc_stream_cancel(stream);
        return;
    }
    rpc_stream_read(stream);
}

static void end_calls(dn_chaincode_client *client)
{
    size_t cursor = 0;
    heddle_view key;
    void *call;
    while (base_map_next(client->running, &cursor, &key, &call)) {
        dn_call_fail(call, "error sending: chaincode stream terminated");
        cursor = 0;
    }
}

void dn_chaincode_begin(dn_chaincode_client *client, dn_visit *visit)
{
    client->visit = visit;
    set_state(client, DN_STREAM_REGISTERING);
}

void dn_chaincode_lost(dn_chaincode_client *client, const char *cause)
{
    if (client->state == DN_STREAM_READY && !client->stopping)
        log_at(LOG_WARN, "chaincode", "chaincode gone", LOG_STR("chaincode", client->options.id),
               LOG_STR("cause", cause));
    client->visit = NULL;
    set_state(client, DN_STREAM_PAUSED);
    end_calls(client);
}

static void retry_due(void *user)
{
    open_stream(user);
}

static void pause_stream(dn_chaincode_client *client)
{
    set_state(client, DN_STREAM_PAUSED);
    if (rpc_timer_start(&client->retry, client->reactor, client->pause_ms, retry_due, client) !=
        HEDDLE_OK)
        log_at(LOG_ERROR, "chaincode", "no memory to reconnect",
               LOG_STR("chaincode", client->options.id));
    client->pause_ms *= 2;
    if (client->pause_ms > PAUSE_MAX_MS)
        client->pause_ms = PAUSE_MAX_MS;
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    dn_chaincode_client *client = user;
    if (client->state == DN_STREAM_READY && !client->stopping)
        log_at(LOG_WARN, "chaincode", "chaincode gone", LOG_STR("chaincode", client->options.id),
               LOG_STR("code", rpc_code_name(status->code)), LOG_VIEW("cause", status->message));
    rpc_stream_unref(stream);
    client->stream = NULL;
    set_state(client, DN_STREAM_PAUSED);
    client->is_stranger = false;
    end_calls(client);
    if (client->stopping)
        rpc_latch_down(&client->stopped);
    else
        pause_stream(client);
}

static void open_stream(dn_chaincode_client *client)
{
    static const rpc_stream_events events = {on_message, on_end};
    rpc_stream_options options = {
        .call = {.method = WIRE_CHAINCODE_CONNECT,
                 .reactor = client->reactor,
                 .wait_for_ready = true},
        .queue_limit = SEND_QUEUE_BYTES,
    };
    heddle_error err;
    if (rpc_stream_open(client->channel, &options, &events, client, &client->stream, &err) !=
        HEDDLE_OK) {
        log_at(LOG_WARN, "chaincode", "cannot open a stream",
               LOG_STR("chaincode", client->options.id), LOG_ERR(&err));
        pause_stream(client);
        return;
    }
    set_state(client, DN_STREAM_REGISTERING);
    rpc_stream_read(client->stream);
}

void dn_chaincode_wake(dn_chaincode_client *client)
{
    rpc_channel_reset_backoff(client->channel);
    if (client->state == DN_STREAM_PAUSED && rpc_timer_cancel(&client->retry))
        open_stream(client);
}

static heddle_status make_creds(const dn_connection *to, rpc_client_creds **out, heddle_error *err)
{
    rpc_tls_client tls = {
        .roots_pem = to->roots_pem, .cert_pem = to->cert_pem, .key_pem = to->key_pem};
    return to->roots_pem.len ? rpc_client_creds_tls(&tls, out, err)
                             : rpc_client_creds_insecure(out, err);
}

static heddle_status open_channel(dn_chaincode_client *client, heddle_error *err)
{
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    const dn_connection *to = client->options.connection;
    rpc_channel_options options = {.target = to->address,
                                   .name_override = *to->domain ? to->domain : NULL,
                                   .backoff_min_ms = PAUSE_MIN_MS,
                                   .backoff_max_ms = PAUSE_MAX_MS};
    BASE_TRY(make_creds(to, &creds, err));
    return rpc_channel_open(&options, creds, &client->channel, err);
}

static bool copy_view(base_arena *arena, heddle_view from, heddle_view *out)
{
    *out = base_arena_view(arena, from);
    return out->data || !from.len;
}

static bool copy_options(dn_chaincode_client *client, const dn_chaincode_options *options)
{
    const dn_connection *from = options->connection;
    client->own = base_arena_new(0);
    if (!client->own)
        return false;
    client->options = *options;
    client->options.id = base_arena_strdup(client->own, options->id);
    if (!client->options.execute_timeout_ms)
        client->options.execute_timeout_ms = EXECUTE_TIMEOUT_MS;
    if (!from)
        return client->options.id != NULL;
    dn_connection *to = base_arena_zalloc(client->own, 1, sizeof(*to));
    client->options.connection = to;
    if (!to || !client->options.id)
        return false;
    to->address = base_arena_strdup(client->own, from->address);
    to->domain = base_arena_strdup(client->own, from->domain);
    to->dial_timeout_ms = from->dial_timeout_ms;
    return to->address && to->domain && copy_view(client->own, from->roots_pem, &to->roots_pem) &&
           copy_view(client->own, from->cert_pem, &to->cert_pem) &&
           copy_view(client->own, from->key_pem, &to->key_pem);
}

heddle_status dn_chaincode_client_open(const dn_chaincode_options *options,
                                       dn_chaincode_client **out, heddle_error *err)
{
    dn_chaincode_client *client = base_calloc(1, sizeof(*client));
    if (!client)
        return base_fail_memory(err, "chaincode");
    atomic_init(&client->refs, 1);
    rpc_latch_init(&client->stopped, 1);
    base_list_init(&client->waiting);
    client->reactor = rpc_reactor_next();
    client->pause_ms = PAUSE_MIN_MS;
    client->arena = base_arena_new(MESSAGE_ARENA_BYTES);
    client->running = base_map_new();
    heddle_status status = HEDDLE_OK;
    if (!copy_options(client, options) || !client->arena || !client->running)
        status = base_fail_memory(err, "chaincode");
    if (status == HEDDLE_OK && options->connection)
        status = open_channel(client, err);
    if (status == HEDDLE_OK && options->connection)
        status = rpc_post(client->reactor, retry_due, client);
    if (status != HEDDLE_OK) {
        dn_chaincode_client_unref(client);
        return status;
    }
    *out = client;
    return HEDDLE_OK;
}

static void stop_on_reactor(void *user)
{
    dn_chaincode_client *client = user;
    client->stopping = true;
    rpc_timer_cancel(&client->retry);
    base_list_each_safe (it, &client->waiting)
        dn_call_fail(base_list_entry(it, dn_call, link),
                     "error sending: chaincode stream terminated");
    bool is_dialled = client->stream != NULL;
    end_stream(client, RPC_UNAVAILABLE, "the peer is stopping");
    if (!is_dialled)
        rpc_latch_down(&client->stopped);
}

void dn_chaincode_client_stop(dn_chaincode_client *client)
{
    client->stop_task = (rpc_task){.fn = stop_on_reactor, .user = client};
    rpc_post_task(client->reactor, &client->stop_task);
    rpc_latch_wait(&client->stopped);
}

void dn_chaincode_client_free(dn_chaincode_client *client)
{
    if (client)
        dn_chaincode_client_unref(client);
}
