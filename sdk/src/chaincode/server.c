/*
 * Chaincode as a service: peers connect and keep one stream open each. A stream and its link
 * are one object; the link's references keep it, so that a worker may still send when the
 * stream is long over (and is told so).
 */
#include "rpc/server.h"
#include "base/fail.h"
#include "base/log.h"
#include "chaincode/link.h"
#include "chaincode/options.h"
#include "rpc/channel.h"
#include "wire/services.h"

/* What may wait for a peer that does not read: room for some of the largest messages. */
enum { QUEUED_BYTES = 5 * RPC_MAX_MESSAGE };

struct heddle_cc_server {
    cc_host host;
    char *chaincode_id;
    rpc_server *rpc;
    bool serving;
    unsigned drain_ms;
    uint16_t port;
};

/* Only the reactor touches `finished`; the call is used by workers too. */
typedef struct peer_stream {
    rpc_server_call *call;
    cc_link *link;
    bool finished;
} peer_stream;

static heddle_status stream_send(void *user, base_blob *message, heddle_error *err)
{
    peer_stream *stream = user;
    rpc_bytes *bytes = rpc_bytes_copy(base_blob_view(message));
    if (!bytes)
        return base_fail_memory(err, "message to the peer");
    heddle_status st = rpc_server_call_send_bytes(stream->call, bytes, NULL, NULL, err);
    rpc_bytes_unref(bytes);
    if (st == HEDDLE_E_BAD_STATE)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer is gone");
    return st;
}

static void stream_finish(peer_stream *stream, int code, const char *why)
{
    cc_link_lost(stream->link);
    if (!stream->finished) {
        stream->finished = true;
        rpc_server_call_fail(stream->call, code, why);
    }
}

static void stream_close(void *user, const char *why)
{
    stream_finish(user, RPC_INVALID_ARGUMENT, why);
}

static void stream_release(void *user)
{
    peer_stream *stream = user;
    rpc_server_call_unref(stream->call);
    base_free(stream);
}

static void on_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    peer_stream *stream = user;
    if (!message) {
        stream_finish(stream, RPC_OK, "");
        return;
    }
    base_blob *bytes = base_blob_copy(rpc_bytes_view(message));
    if (!bytes) {
        stream_finish(stream, RPC_RESOURCE_EXHAUSTED, "no memory for a message");
        return;
    }
    cc_link_receive(stream->link, bytes);
    base_blob_unref(bytes);
    if (!stream->finished)
        rpc_server_call_read(call);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)call;
    stream_finish(user, RPC_UNAVAILABLE, "the chaincode stops");
}

static void on_done(rpc_server_call *call, void *user)
{
    peer_stream *stream = user;
    log_at(LOG_INFO, "chaincode", "peer disconnected", LOG_STR("peer", rpc_server_call_peer(call)));
    cc_link_lost(stream->link);
    cc_link_unref(stream->link);
}

static peer_stream *stream_new(rpc_server_call *call, const cc_host *host)
{
    peer_stream *stream = base_calloc(1, sizeof(*stream));
    if (!stream)
        return NULL;
    cc_outlet outlet = {
        .send = stream_send, .close = stream_close, .release = stream_release, .user = stream};
    stream->call = rpc_server_call_ref(call);
    stream->link = cc_link_new(host, &outlet);
    if (stream->link)
        return stream;
    stream_release(stream);
    return NULL;
}

static void connect_peer(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {
        .on_message = on_message, .on_cancel = on_cancel, .on_done = on_done};
    heddle_cc_server *server = user;
    peer_stream *stream = stream_new(call, &server->host);
    if (!stream) {
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "no memory for the stream");
        return;
    }
    log_at(LOG_INFO, "chaincode", "peer connected", LOG_STR("peer", rpc_server_call_peer(call)));
    rpc_server_call_listen(call, &events, stream);
    heddle_error err;
    if (cc_link_register(stream->link, &err) == HEDDLE_OK)
        rpc_server_call_read(call);
    else
        stream_finish(stream, RPC_RESOURCE_EXHAUSTED, err.message);
}

/* TLS */

static heddle_status load_creds(const heddle_cc_server_options *o, rpc_server_creds **out,
                                heddle_error *err)
{
    base_auto_buffer base_buffer key = {0};
    base_auto_buffer base_buffer cert = {0};
    base_auto_buffer base_buffer ca = {0};
    if (!o->tls_key_file)
        return rpc_server_creds_insecure(out, err);
    heddle_status st = cc_pem_read(o->tls_key_file, &key, err);
    if (st == HEDDLE_OK)
        st = cc_pem_read(o->tls_cert_file, &cert, err);
    if (st == HEDDLE_OK)
        st = cc_pem_read(o->tls_client_ca_file, &ca, err);
    rpc_tls_server tls = {.key_pem = base_buffer_view(&key),
                          .cert_pem = base_buffer_view(&cert),
                          .client_roots_pem = base_buffer_view(&ca),
                          .client_auth = o->tls_client_ca_file ? RPC_CLIENT_AUTH_REQUIRE
                                                               : RPC_CLIENT_AUTH_NONE};
    if (st == HEDDLE_OK)
        st = rpc_server_creds_tls(&tls, out, err);
    base_buffer_wipe(&key);
    return st;
}

/* Server */

static heddle_status listen_at(heddle_cc_server *server, const char *address,
                               rpc_server_creds *creds, heddle_error *err)
{
    base_auto_buffer base_buffer full = {0};
    /* ":9999" is how Go writes "every address of this machine". */
    heddle_status st =
        base_buffer_printf(&full, "%s%s", address[0] == ':' ? "0.0.0.0" : "", address);
    const char *text = base_buffer_cstr(&full);
    if (st != HEDDLE_OK || !text)
        return base_fail_memory(err, "address");
    return rpc_server_listen(server->rpc, text, creds, &server->port, err);
}

static heddle_status start_rpc(heddle_cc_server *server, const heddle_cc_server_options *o,
                               heddle_error *err)
{
    rpc_method methods[] = {{WIRE_CHAINCODE_CONNECT, RPC_METHOD_STREAM, connect_peer, server}};
    rpc_server_options options = {
        .methods = methods,
        .method_count = BASE_COUNT(methods),
        .queue_limit = QUEUED_BYTES,
    };
    rpc_server_creds *creds = NULL;
    BASE_TRY(load_creds(o, &creds, err));
    heddle_status st = rpc_server_new(&options, &server->rpc, err);
    if (st == HEDDLE_OK)
        st = listen_at(server, o->address, creds, err);
    rpc_server_creds_free(creds);
    if (st == HEDDLE_OK)
        st = rpc_server_start(server->rpc, err);
    server->serving = st == HEDDLE_OK;
    return st;
}

static heddle_status server_init(heddle_cc_server *server, const heddle_cc_server_options *o,
                                 const heddle_cc_chaincode *chaincode, heddle_error *err)
{
    server->chaincode_id = base_strdup(o->chaincode_id);
    if (!server->chaincode_id)
        return base_fail_memory(err, "chaincode server");
    server->host = (cc_host){
        .chaincode_id = server->chaincode_id,
        .chaincode = chaincode,
        .memory_limit = o->memory_limit,
        .answer_timeout_ms = o->answer_timeout_ms,
    };
    server->drain_ms = o->drain_ms;
    cc_pool_options pool = {
        .threads = o->workers, .limit = o->queue_limit, .stack_size = o->stack_size};
    BASE_TRY(cc_pool_new(&pool, &server->host.pool, err));
    return start_rpc(server, o, err);
}

heddle_status heddle_cc_server_open(const heddle_cc_server_options *options,
                                    const heddle_cc_chaincode *chaincode, heddle_cc_server **out,
                                    heddle_error *err)
{
    BASE_TRY(cc_options_check(options, err));
    heddle_cc_server_options complete = cc_options_complete(options);
    BASE_TRY(heddle_cc_chaincode_check(chaincode, err));
    BASE_TRY(rpc_init(1, err)); /* it only carries messages: contracts have threads of their own */
    heddle_cc_server *server = base_calloc(1, sizeof(*server));
    heddle_status st = server ? server_init(server, &complete, chaincode, err)
                              : base_fail_memory(err, "chaincode server");
    if (st == HEDDLE_OK)
        *out = server;
    else if (server)
        heddle_cc_server_close(server);
    else
        rpc_shutdown();
    return st;
}

unsigned heddle_cc_server_port(const heddle_cc_server *server)
{
    return server->port;
}

/* The peers are told no by the pool while they stay connected. */
static void drain(heddle_cc_server *server)
{
    cc_pool_close(server->host.pool);
    if (cc_pool_wait_idle(server->host.pool, server->drain_ms))
        return;
    cc_pool_load load = cc_pool_load_now(server->host.pool);
    log_at(LOG_WARN, "chaincode", "transactions were not finished in time",
           LOG_U64("running", load.running), LOG_U64("waiting", load.waiting));
}

/* Without streams no transaction can come and none waits: then the workers come to an end. */
void heddle_cc_server_close(heddle_cc_server *server)
{
    if (!server)
        return;
    if (server->serving) {
        drain(server);
        rpc_server_stop_blocking(server->rpc, 0);
    }
    cc_pool_free(server->host.pool);
    rpc_server_free(server->rpc);
    base_free(server->chaincode_id);
    base_free(server);
    rpc_shutdown();
}
