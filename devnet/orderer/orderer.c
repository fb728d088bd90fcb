#include "devnet/orderer/orderer.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/view.h"
#include "devnet/deliver/deliver.h"
#include "devnet/network/node_server.h"
#include "devnet/orderer/broadcast.h"
#include "wire/services.h"

enum { GRACE_MS = 100 };

struct dn_orderer {
    dn_orderer_options options;
    dn_broadcast broadcast;
    dn_deliver *deliver;
    dn_chains_watch watch;
    rpc_server *server;
    uint16_t port;
    bool is_running;
};

static heddle_status open_server(dn_orderer *orderer, uint16_t port, heddle_error *err)
{
    const dn_orderer_options *options = &orderer->options;
    rpc_method methods[] = {dn_broadcast_method(&orderer->broadcast, WIRE_ORDERER_BROADCAST),
                            dn_deliver_method(orderer->deliver, WIRE_ORDERER_DELIVER)};
    dn_node_server wanted = {.node = options->node,
                             .listen_host = options->listen_host,
                             .port = port,
                             .client_roots_pem = options->client_roots_pem,
                             .methods = methods,
                             .method_count = BASE_COUNT(methods)};
    return dn_node_server_open(&wanted, &orderer->server, &orderer->port, err);
}

/* The channels. */

static bool find_source(void *user, heddle_view name, dn_deliver_source *out)
{
    const dn_orderer_options *options = user;
    base_auto(dn_chain) dn_chain *chain = dn_chains_find(options->chains, name);
    if (!chain || !dn_chain_has_server(chain, options->index))
        return false;
    *out = (dn_deliver_source){.channel = &chain->channel, .blocks = chain->blocks, .user = chain};
    base_steal(&chain);
    return true;
}

static void release_source(const dn_deliver_source *source)
{
    dn_chain_unref(source->user);
}

static bool is_over(void *user, const dn_deliver_source *source)
{
    const dn_orderer_options *options = user;
    return !dn_chain_has_server(source->user, options->index);
}

static void on_chains(dn_chains_watch *watch)
{
    dn_deliver_wake(base_container_of(watch, dn_orderer, watch)->deliver);
}

/* Life. */

static heddle_status open_all(dn_orderer *orderer, heddle_error *err)
{
    const dn_orderer_options *options = &orderer->options;
    dn_deliver_options deliver = {.find = find_source,
                                  .release = release_source,
                                  .is_over = is_over,
                                  .user = &orderer->options,
                                  .faults = options->faults,
                                  .node = options->node->name,
                                  .method = "Deliver",
                                  .policy = "/Channel/Readers",
                                  .check_binding = options->client_roots_pem.len > 0};
    BASE_TRY(dn_deliver_new(&deliver, &orderer->deliver, err));
    orderer->watch.changed = on_chains;
    dn_chains_watch_add(options->chains, &orderer->watch);
    orderer->broadcast =
        (dn_broadcast){options->chains, options->index, options->faults, options->node->name};
    return open_server(orderer, options->port, err);
}

heddle_status dn_orderer_open(const dn_orderer_options *options, dn_orderer **out,
                              heddle_error *err)
{
    dn_orderer *orderer = base_calloc(1, sizeof(*orderer));
    if (!orderer)
        return base_fail_memory(err, "the orderer");
    orderer->options = *options;
    heddle_status status = open_all(orderer, err);
    if (status != HEDDLE_OK) {
        dn_orderer_free(orderer);
        return status;
    }
    *out = orderer;
    return HEDDLE_OK;
}

uint16_t dn_orderer_port(const dn_orderer *orderer)
{
    return orderer->port;
}

heddle_status dn_orderer_start(dn_orderer *orderer, heddle_error *err)
{
    BASE_TRY(rpc_server_start(orderer->server, err));
    orderer->is_running = true;
    return HEDDLE_OK;
}

static void close_server(dn_orderer *orderer, uint64_t grace_ms)
{
    if (!orderer->server)
        return;
    rpc_server_stop_blocking(orderer->server, grace_ms);
    rpc_server_free(base_steal(&orderer->server));
}

void dn_orderer_leave(dn_orderer *orderer)
{
    close_server(orderer, 0);
}

heddle_status dn_orderer_return(dn_orderer *orderer, heddle_error *err)
{
    if (orderer->server)
        return HEDDLE_OK;
    BASE_TRY(open_server(orderer, orderer->port, err));
    heddle_status status = rpc_server_start(orderer->server, err);
    if (status != HEDDLE_OK)
        rpc_server_free(base_steal(&orderer->server));
    return status;
}

void dn_orderer_stop(dn_orderer *orderer)
{
    if (!orderer->is_running)
        return;
    orderer->is_running = false;
    dn_deliver_stop(orderer->deliver);
    close_server(orderer, GRACE_MS);
}

void dn_orderer_free(dn_orderer *orderer)
{
    if (!orderer)
        return;
    dn_orderer_stop(orderer);
    rpc_server_free(orderer->server);
    if (orderer->deliver)
        dn_chains_watch_remove(orderer->options.chains, &orderer->watch);
    dn_deliver_free(orderer->deliver);
    base_free(orderer);
}
