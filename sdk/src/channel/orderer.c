#include "channel/orderer.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "client/diagnosis.h"
#include "client/gateway.h"
#include "crypto/cert.h"
#include "rpc/latch.h"
#include "rpc/stream.h"

enum { TIMEOUT_MS = 30000, PROBE_MS = 5000, ROOTS_MAX = 16 << 20 };

const char *heddle_orderer_address(const heddle_orderer *orderer)
{
    return orderer->address;
}

void heddle_orderer_close(heddle_orderer *orderer)
{
    if (!orderer)
        return;
    rpc_channel_close(orderer->channel);
    if (orderer->has_rpc)
        rpc_shutdown();
    base_buffer_done(&orderer->roots_pem);
    base_buffer_done(&orderer->cert_pem);
    heddle_identity_unref(orderer->identity);
    base_free(orderer->address);
    base_free(orderer->host);
    base_free(orderer);
}

static heddle_status check(const heddle_gateway_options *options, const heddle_identity *identity,
                           heddle_error *err)
{
    bool has_tls = options->tls_roots_pem.len || options->tls_roots_file;
    if (!options->target || !*options->target || options->target_count)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "orderer: it takes one target");
    if (!identity)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "orderer %s: the identity is missing",
                         options->target);
    if (has_tls == options->plaintext)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "orderer %s: %s", options->target,
                         has_tls ? "both TLS roots and plaintext are asked for"
                                 : "TLS roots are missing (or ask for plaintext)");
    if (!options->client_cert_pem.len != !options->client_key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "orderer %s: client certificate and key go together", options->target);
    if (rpc_on_reactor())
        return base_fail(err, HEDDLE_E_BAD_STATE, "orderer: not to be opened in a callback");
    return HEDDLE_OK;
}

static heddle_status take_cert(heddle_orderer *orderer, heddle_view cert_pem, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!cert_pem.len)
        return HEDDLE_OK;
    BASE_TRY(crypto_cert_parse(cert_pem, &cert, err));
    if (crypto_sha256(crypto_cert_der(cert), orderer->tls_hash))
        return base_fail(err, HEDDLE_E_CRYPTO, "orderer: cannot hash the client certificate");
    return base_buffer_append(&orderer->cert_pem, cert_pem) ? base_fail_memory(err, "orderer")
                                                            : HEDDLE_OK;
}

static heddle_status make_creds(heddle_orderer *orderer, const heddle_gateway_options *options,
                                rpc_client_creds **out, heddle_error *err)
{
    if (options->plaintext)
        return rpc_client_creds_insecure(out, err);
    if (options->tls_roots_pem.len == 0)
        BASE_TRY(base_read_file(options->tls_roots_file, ROOTS_MAX, &orderer->roots_pem, err));
    else if (base_buffer_append(&orderer->roots_pem, options->tls_roots_pem))
        return base_fail_memory(err, "orderer");
    BASE_TRY(take_cert(orderer, options->client_cert_pem, err));
    rpc_tls_client tls = {.roots_pem = base_buffer_view(&orderer->roots_pem),
                          .cert_pem = options->client_cert_pem,
                          .key_pem = options->client_key_pem};
    return rpc_client_creds_tls(&tls, out, err);
}

static heddle_status set_up(heddle_orderer *orderer, const heddle_gateway_options *options,
                            heddle_error *err)
{
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    const char *colon = strrchr(options->target, ':');
    heddle_view host = heddle_view_of(options->target, colon ? (size_t)(colon - options->target)
                                                             : strlen(options->target));
    orderer->address = base_strdup(options->target);
    orderer->host =
        options->name_override ? base_strdup(options->name_override) : base_strdup_view(host);
    if (!orderer->address || !orderer->host)
        return base_fail_memory(err, "orderer");
    BASE_TRY(rpc_init(1, err));
    orderer->has_rpc = true;
    BASE_TRY(make_creds(orderer, options, &creds, err));
    rpc_channel_options how = {.target = options->target,
                               .name_override = options->name_override,
                               .keepalive_ms = options->keepalive_ms};
    return rpc_channel_open(&how, creds, &orderer->channel, err);
}

heddle_status heddle_orderer_open(const heddle_gateway_options *given, heddle_identity *identity,
                                  heddle_orderer **out, heddle_error *err)
{
    heddle_gateway_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_GATEWAY_OPTIONS", err));
    BASE_TRY(check(&options, identity, err));
    base_auto(heddle_orderer) heddle_orderer *orderer = base_calloc(1, sizeof(*orderer));
    if (!orderer)
        return base_fail_memory(err, "orderer");
    orderer->identity = heddle_identity_ref(identity);
    BASE_TRY(set_up(orderer, &options, err));
    *out = base_steal(&orderer);
    return HEDDLE_OK;
}

/* Why there is no connection, if that can be found out. */
struct finding {
    const heddle_orderer *orderer;
    rpc_latch over;
    char text[RPC_PROBE_TEXT];
};

static void explain(heddle_view chain_pem, char out[RPC_PROBE_TEXT], void *user)
{
    struct finding *finding = user;
    client_diagnosis_explain(chain_pem, base_buffer_view(&finding->orderer->roots_pem),
                             finding->orderer->host, out);
}

static void on_found(const char *text, void *user)
{
    struct finding *finding = user;
    memcpy(finding->text, text, strnlen(text, sizeof(finding->text) - 1));
    rpc_latch_down(&finding->over);
}

static void diagnose(const heddle_orderer *orderer, heddle_error *err)
{
    struct finding finding = {.orderer = orderer};
    rpc_probe *probe = NULL;
    rpc_probe_options options = {.target = orderer->address,
                                 .name_override = orderer->host,
                                 .roots_pem = base_buffer_view(&orderer->roots_pem),
                                 .timeout_ms = PROBE_MS,
                                 .explain = explain,
                                 .done = on_found,
                                 .user = &finding};
    rpc_latch_init(&finding.over, 1);
    if (rpc_probe_start(&options, &probe, NULL) == HEDDLE_OK) {
        rpc_latch_wait(&finding.over);
        rpc_probe_unref(probe);
    }
    rpc_latch_done(&finding.over);
    if (*finding.text)
        base_fail_retry(err, HEDDLE_E_UNAVAILABLE, HEDDLE_RETRY_SAFE, "%s", finding.text);
}

/* A stream under way; on the stack of who waits for it. */
struct flow {
    const channel_exchange *exchange;
    rpc_latch over;
    bool is_done; /* all wanted has come, or `status` says what is wrong with it */
    bool has_spoken;
    heddle_status status;
    heddle_error err;
};

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    struct flow *flow = user;
    bool done = false;
    if (flow->is_done)
        return;
    flow->has_spoken = true;
    flow->status = flow->exchange->take(message, &done, flow->exchange->user, &flow->err);
    flow->is_done = done || flow->status;
    if (flow->is_done)
        rpc_stream_cancel(stream);
    else
        rpc_stream_read(stream);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    struct flow *flow = user;
    (void)stream;
    if (!flow->is_done) {
        flow->status = rpc_status_fail(status, "the stream ended", &flow->err);
        if (flow->status == HEDDLE_OK)
            flow->status = base_fail(&flow->err, HEDDLE_E_RPC, "the stream ended too early");
    }
    rpc_latch_down(&flow->over);
}

static heddle_status run(heddle_orderer *orderer, struct flow *flow, heddle_error *err)
{
    static const rpc_stream_events events = {.on_message = on_message, .on_end = on_end};
    const channel_exchange *x = flow->exchange;
    uint64_t limit = x->timeout_ms ? x->timeout_ms : TIMEOUT_MS;
    rpc_stream_options how = {.call = {.method = x->method, .deadline_ms = base_now_ms() + limit},
                              .has_request = true,
                              .request = x->request,
                              .half_close = true,
                              .queue_limit = x->request.len + 1024};
    rpc_stream *stream = NULL;
    BASE_TRY(rpc_stream_open(orderer->channel, &how, &events, flow, &stream, err));
    rpc_stream_read(stream);
    rpc_latch_wait(&flow->over);
    rpc_stream_unref(stream);
    if (flow->status && err)
        *err = flow->err;
    return flow->status;
}

heddle_status channel_orderer_exchange(heddle_orderer *orderer, const channel_exchange *exchange,
                                       heddle_error *err)
{
    heddle_error own;
    struct flow flow = {.exchange = exchange};
    if (rpc_on_reactor())
        return base_fail(err, HEDDLE_E_BAD_STATE, "orderer: not to be waited for in a callback");
    err = err ? err : &own;
    rpc_latch_init(&flow.over, 1);
    heddle_status status = run(orderer, &flow, err);
    rpc_latch_done(&flow.over);
    if (status == HEDDLE_E_UNAVAILABLE && !flow.has_spoken)
        diagnose(orderer, err);
    if (status)
        base_error_prefix(err, "orderer %s", orderer->address);
    return status;
}
