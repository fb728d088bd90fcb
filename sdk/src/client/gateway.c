#include "client/gateway.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "client/call.h"
#include "client/follower.h"
#include "crypto/cert.h"
#include "rpc/runtime.h"

struct count {
    atomic_ullong calls, failures, total_ms;
};

struct heddle_gateway {
    atomic_int refs;
    client_limits limits;
    client_backend *backend;
    struct count counts[HEDDLE_STAGES_MAX];
    client_followers followers;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t idle;
    base_list activities;
    uint32_t in_flight;
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

heddle_status client_options_give(void *out, const void *from, size_t from_size,
                                  const char *start_with, heddle_error *err)
{
    size_t size;
    memcpy(&size, out, sizeof(size));
    if (size <= sizeof(size))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the struct does not start as %s", start_with);
    size_t given = size < from_size ? size : from_size;
    memcpy((uint8_t *)out + sizeof(size), (const uint8_t *)from + sizeof(size),
           given - sizeof(size));
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
    client_followers_done(&gateway->followers);
    gateway->backend->ops->free(gateway->backend);
    pthread_mutex_destroy(&gateway->lock);
    pthread_cond_destroy(&gateway->idle);
    base_free(gateway);
}

const client_limits *client_gateway_limits(const heddle_gateway *gateway)
{
    return &gateway->limits;
}

client_backend *client_gateway_backend(const heddle_gateway *gateway)
{
    return gateway->backend;
}

client_followers *client_gateway_followers(heddle_gateway *gateway)
{
    return &gateway->followers;
}

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

heddle_status client_gateway_new(client_backend *backend, const client_limits *limits,
                                 heddle_gateway **out, heddle_error *err)
{
    heddle_gateway *gateway = base_calloc(1, sizeof(*gateway));
    if (!gateway)
        return base_fail_memory(err, "gateway");
    atomic_init(&gateway->refs, 1);
    pthread_mutex_init(&gateway->lock, NULL);
    pthread_cond_init(&gateway->idle, NULL);
    base_list_init(&gateway->activities);
    client_followers_init(&gateway->followers);
    gateway->backend = backend;
    gateway->limits =
        (client_limits){.evaluate_ms = or_default(limits->evaluate_ms, 30000),
                        .endorse_ms = or_default(limits->endorse_ms, 30000),
                        .submit_ms = or_default(limits->submit_ms, 30000),
                        .commit_status_ms = or_default(limits->commit_status_ms, 60000)};
    *out = gateway;
    return HEDDLE_OK;
}

/* One that was not yet told to end, with a reference; NULL when there is none. Those that were
   told go to the end of the list, which grows no more. */
static client_activity *next_untold(heddle_gateway *gateway)
{
    client_activity *found = NULL;
    pthread_mutex_lock(&gateway->lock);
    gateway->is_closed = true;
    if (!base_list_is_empty(&gateway->activities)) {
        base_list *first = gateway->activities.next;
        client_activity *activity = base_list_entry(first, client_activity, link);
        if (!activity->is_told) {
            activity->is_told = true;
            activity->ref(activity);
            base_list_remove(first);
            base_list_append(&gateway->activities, first);
            found = activity;
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
    pthread_mutex_lock(&gateway->lock);
    while (!base_list_is_empty(&gateway->activities))
        pthread_cond_wait(&gateway->idle, &gateway->lock);
    pthread_mutex_unlock(&gateway->lock);
    gateway->backend->ops->close(gateway->backend);
    rpc_shutdown();
    client_gateway_unref(gateway);
}

heddle_status client_activity_begin(heddle_gateway *gateway, client_activity *activity,
                                    heddle_error *err)
{
    pthread_mutex_lock(&gateway->lock);
    bool closed = gateway->is_closed;
    if (!closed) {
        base_list_append(&gateway->activities, &activity->link);
        gateway->in_flight++;
    }
    pthread_mutex_unlock(&gateway->lock);
    return closed ? base_fail(err, HEDDLE_E_BAD_STATE, "the gateway is closed") : HEDDLE_OK;
}

void client_activity_end(heddle_gateway *gateway, client_activity *activity)
{
    pthread_mutex_lock(&gateway->lock);
    base_list_remove(&activity->link);
    gateway->in_flight--;
    if (base_list_is_empty(&gateway->activities))
        pthread_cond_broadcast(&gateway->idle);
    pthread_mutex_unlock(&gateway->lock);
}

void client_gateway_count(heddle_gateway *gateway, heddle_stage stage, bool failed,
                          uint64_t took_ms)
{
    struct count *count = &gateway->counts[stage];
    atomic_fetch_add_explicit(&count->calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&count->failures, failed, memory_order_relaxed);
    atomic_fetch_add_explicit(&count->total_ms, took_ms, memory_order_relaxed);
}

bool client_gateway_tls_hash(const heddle_gateway *gateway, uint8_t out[32])
{
    client_backend *backend = gateway->backend;
    return backend->ops->tls_hash && backend->ops->tls_hash(backend, out);
}

heddle_status client_stream_open(heddle_gateway *gateway, const client_stream_options *options,
                                 const client_stream_events *events, void *user,
                                 client_stream **out, heddle_error *err)
{
    heddle_status status =
        gateway->backend->ops->open(gateway->backend, options, events, user, out, err);
    if (status)
        client_error_place(err, HEDDLE_STAGE_EVENTS, NULL);
    return status;
}

heddle_status heddle_gateway_read_stats(heddle_gateway *gateway, heddle_gateway_stats *out,
                                        heddle_error *err)
{
    heddle_gateway_stats stats = {0};
    for (size_t i = 0; i < BASE_COUNT(gateway->counts); i++) {
        stats.calls[i] = atomic_load(&gateway->counts[i].calls);
        stats.failures[i] = atomic_load(&gateway->counts[i].failures);
        stats.total_ms[i] = atomic_load(&gateway->counts[i].total_ms);
    }
    pthread_mutex_lock(&gateway->lock);
    stats.in_flight = gateway->in_flight;
    pthread_mutex_unlock(&gateway->lock);
    if (gateway->backend->ops->node_count)
        stats.node_count = gateway->backend->ops->node_count(gateway->backend);
    return client_options_give(out, &stats, sizeof(stats), "HEDDLE_GATEWAY_STATS", err);
}

heddle_status heddle_gateway_read_node(heddle_gateway *gateway, size_t index,
                                       heddle_node_stats *out, heddle_error *err)
{
    const client_backend_ops *ops = gateway->backend->ops;
    heddle_node_stats stats = {0};
    if (!ops->node_count || index >= ops->node_count(gateway->backend))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "gateway: there is no node %zu", index);
    ops->node_stats(gateway->backend, index, &stats);
    return client_options_give(out, &stats, sizeof(stats), "HEDDLE_NODE_STATS", err);
}

/* Keys of other kinds than Fabric's are left to the handshake. */
static heddle_status check_pair(const heddle_tls_material *tls, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    if (!tls->client_cert_pem.len || crypto_cert_parse(tls->client_cert_pem, &cert, NULL) ||
        crypto_key_parse(tls->client_key_pem, &key, NULL) ||
        crypto_public_key_equal(crypto_cert_public_key(cert), crypto_key_public(key)))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                     "gateway: the key is not that of the client certificate of %s",
                     crypto_cert_subject(cert));
}

heddle_status heddle_gateway_reload_tls(heddle_gateway *gateway, const heddle_tls_material *given,
                                        heddle_error *err)
{
    heddle_tls_material tls = {0};
    BASE_TRY(client_options_copy(&tls, sizeof(tls), given, "HEDDLE_TLS_MATERIAL", err));
    if (!gateway->backend->ops->reload_tls)
        return base_fail(err, HEDDLE_E_BAD_STATE, "this gateway has no TLS material of its own");
    BASE_TRY(check_pair(&tls, err));
    return gateway->backend->ops->reload_tls(gateway->backend, &tls, err);
}
