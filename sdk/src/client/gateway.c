#include "client/gateway.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "base/text.h"
#include "rpc/runtime.h"

enum { MAX_CONNECTIONS = 64, ROOTS_MAX = 16 * 1024 * 1024 };

struct heddle_gateway {
    atomic_int refs;
    client_limits limits;
    rpc_channel **channels; /* fixed until the close */
    uint32_t channel_count;
    atomic_uint turn;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t idle;
    base_list activities;
    bool is_closed;
};

heddle_status client_options_copy(void *out, size_t out_size, const void *given,
                                  const char *start_with, heddle_error *err)
{
    size_t size;
    if (!given)
        return HEDDLE_OK;
    memcpy(&size, given, sizeof(size));
    if (size <= sizeof(size))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the struct does not start as %s", start_with);
    memcpy(out, given, size < out_size ? size : out_size);
    return HEDDLE_OK;
}

heddle_gateway *client_gateway_ref(heddle_gateway *gateway)
{
    atomic_fetch_add_explicit(&gateway->refs, 1, memory_order_relaxed);
    return gateway;
}

void client_gateway_unref(heddle_gateway *gateway)
{
    if (!gateway || atomic_fetch_sub_explicit(&gateway->refs, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&gateway->lock);
    pthread_cond_destroy(&gateway->idle);
    base_free(gateway->channels);
    base_free(gateway);
}

const client_limits *client_gateway_limits(const heddle_gateway *gateway)
{
    return &gateway->limits;
}

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

static heddle_status check_options(const heddle_gateway_options *options, heddle_error *err)
{
    bool has_tls = options->tls_roots_pem.len || options->tls_roots_file;
    if (!options->target || !*options->target)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "gateway: there is no target");
    if (!has_tls && !options->plaintext)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "gateway %s: TLS roots are missing (or ask for plaintext)",
                         options->target);
    if (has_tls && options->plaintext)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "gateway %s: both TLS roots and plaintext are asked for", options->target);
    if (!options->client_cert_pem.len != !options->client_key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "gateway %s: client certificate and key go together", options->target);
    if (options->connections > MAX_CONNECTIONS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "gateway %s: more than %d connections",
                         options->target, MAX_CONNECTIONS);
    return HEDDLE_OK;
}

static heddle_status make_creds(const heddle_gateway_options *options, rpc_client_creds **out,
                                heddle_error *err)
{
    if (options->plaintext)
        return rpc_client_creds_insecure(out, err);
    base_auto_buffer base_buffer file = {0};
    rpc_tls_client tls = {.roots_pem = options->tls_roots_pem,
                          .cert_pem = options->client_cert_pem,
                          .key_pem = options->client_key_pem};
    if (tls.roots_pem.len == 0) {
        BASE_TRY(base_read_file(options->tls_roots_file, ROOTS_MAX, &file, err));
        tls.roots_pem = base_buffer_view(&file);
    }
    return rpc_client_creds_tls(&tls, out, err);
}

static heddle_status open_channels(heddle_gateway *gateway, const heddle_gateway_options *options,
                                   heddle_error *err)
{
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    BASE_TRY(make_creds(options, &creds, err));
    rpc_channel_options how = {.target = options->target,
                               .name_override = options->name_override,
                               .keepalive_ms = options->keepalive_ms};
    uint32_t count = or_default(options->connections, 1);
    gateway->channels = base_calloc(count, sizeof(rpc_channel *));
    if (!gateway->channels)
        return base_fail_memory(err, "gateway");
    for (; gateway->channel_count < count; gateway->channel_count++)
        BASE_TRY(rpc_channel_open(&how, creds, &gateway->channels[gateway->channel_count], err));
    return HEDDLE_OK;
}

static void close_channels(heddle_gateway *gateway)
{
    for (uint32_t i = 0; i < gateway->channel_count; i++)
        rpc_channel_close(gateway->channels[i]);
}

static heddle_gateway *gateway_new(const heddle_gateway_options *options)
{
    heddle_gateway *gateway = base_calloc(1, sizeof(*gateway));
    if (!gateway)
        return NULL;
    atomic_init(&gateway->refs, 1);
    atomic_init(&gateway->turn, 0);
    pthread_mutex_init(&gateway->lock, NULL);
    pthread_cond_init(&gateway->idle, NULL);
    base_list_init(&gateway->activities);
    gateway->limits =
        (client_limits){.connect_wait_ms = or_default(options->connect_wait_ms, 5000),
                        .evaluate_ms = or_default(options->evaluate_timeout_ms, 30000),
                        .endorse_ms = or_default(options->endorse_timeout_ms, 30000),
                        .submit_ms = or_default(options->submit_timeout_ms, 30000),
                        .commit_status_ms = or_default(options->commit_status_timeout_ms, 60000)};
    return gateway;
}

heddle_status heddle_gateway_open(const heddle_gateway_options *given, heddle_gateway **out,
                                  heddle_error *err)
{
    heddle_gateway_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_GATEWAY_OPTIONS", err));
    BASE_TRY(check_options(&options, err));
    if (rpc_on_reactor())
        return base_fail(err, HEDDLE_E_BAD_STATE, "gateway: not to be opened in a callback");
    /* The threads of several reactors would only hand the events of one connection around. */
    BASE_TRY(rpc_init(options.connections > 1 ? 0 : 1, err));
    heddle_gateway *gateway = gateway_new(&options);
    heddle_status status =
        gateway ? open_channels(gateway, &options, err) : base_fail_memory(err, "gateway");
    if (status == HEDDLE_OK) {
        *out = gateway;
        return HEDDLE_OK;
    }
    if (gateway)
        close_channels(gateway);
    client_gateway_unref(gateway);
    rpc_shutdown();
    return status;
}

/* One that was not yet told to end, with a reference; NULL when there is none. */
static client_activity *next_untold(heddle_gateway *gateway)
{
    client_activity *found = NULL;
    pthread_mutex_lock(&gateway->lock);
    gateway->is_closed = true;
    base_list_each (link, &gateway->activities) {
        client_activity *activity = base_list_entry(link, client_activity, link);
        if (!activity->is_told) {
            activity->is_told = true;
            activity->ref(activity);
            found = activity;
            break;
        }
    }
    pthread_mutex_unlock(&gateway->lock);
    return found;
}

void heddle_gateway_close(heddle_gateway *gateway)
{
    if (!gateway)
        return;
    client_activity *activity;
    while ((activity = next_untold(gateway))) {
        activity->cancel(activity);
        activity->unref(activity);
    }
    close_channels(gateway);
    pthread_mutex_lock(&gateway->lock);
    while (!base_list_is_empty(&gateway->activities))
        pthread_cond_wait(&gateway->idle, &gateway->lock);
    pthread_mutex_unlock(&gateway->lock);
    rpc_shutdown();
    client_gateway_unref(gateway);
}

heddle_status client_activity_begin(heddle_gateway *gateway, client_activity *activity,
                                    heddle_error *err)
{
    pthread_mutex_lock(&gateway->lock);
    bool closed = gateway->is_closed;
    if (!closed)
        base_list_append(&gateway->activities, &activity->link);
    pthread_mutex_unlock(&gateway->lock);
    return closed ? base_fail(err, HEDDLE_E_BAD_STATE, "the gateway is closed") : HEDDLE_OK;
}

void client_activity_end(heddle_gateway *gateway, client_activity *activity)
{
    pthread_mutex_lock(&gateway->lock);
    base_list_remove(&activity->link);
    if (base_list_is_empty(&gateway->activities))
        pthread_cond_broadcast(&gateway->idle);
    pthread_mutex_unlock(&gateway->lock);
}

rpc_channel *client_gateway_channel(heddle_gateway *gateway)
{
    unsigned turn = atomic_fetch_add_explicit(&gateway->turn, 1, memory_order_relaxed);
    return gateway->channels[turn % gateway->channel_count];
}
