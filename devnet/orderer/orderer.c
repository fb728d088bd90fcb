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
    dn_signer *signer;
    dn_signer **signers; /* of all orderers of a BFT channel, if this one leads */
    dn_consenters consenters;
    dn_sequencer *sequencer; /* the leader's, if there is one */
    dn_broadcast broadcast;
    dn_deliver *deliver;
    rpc_server *server;
    uint16_t port;
    bool is_running;
};

/** Of N orderers F may be wrong, and this many are right for certain. */
static size_t bft_quorum(size_t n)
{
    size_t f = (n - 1) / 3;
    return (n + f + 2) / 2;
}

static heddle_status load_consenters(dn_orderer *orderer, heddle_error *err)
{
    const dn_org *org = orderer->options.org;
    orderer->signers = base_calloc(org->node_count, sizeof(*orderer->signers));
    if (!orderer->signers)
        return base_fail_memory(err, "the orderers");
    for (size_t i = 0; i < org->node_count; i++)
        BASE_TRY(dn_signer_load(org->nodes[i].msp_dir, org->msp_id, &orderer->signers[i], err));
    orderer->consenters =
        (dn_consenters){orderer->signers, org->node_count, bft_quorum(org->node_count)};
    return HEDDLE_OK;
}

static heddle_status open_sequencer(dn_orderer *orderer, const dn_orderer_options *options,
                                    heddle_error *err)
{
    const wire_channel_config *config = wire_bundle_config(options->channel->bundle);
    dn_sequencer_options wanted = {.dir = options->dir,
                                   .blocks = options->blocks,
                                   .signer = orderer->signer,
                                   .max_messages = config->batch_max_messages,
                                   .preferred_bytes = config->batch_preferred_bytes,
                                   .timeout_ms = config->batch_timeout_ms,
                                   .faults = options->channel->faults,
                                   .node = options->node->name};
    if (options->leader) {
        orderer->sequencer = options->leader->sequencer;
        return HEDDLE_OK;
    }
    if (options->org && config->consensus_type && !strcmp(config->consensus_type, "BFT")) {
        BASE_TRY(load_consenters(orderer, err));
        wanted.bft = &orderer->consenters;
    }
    return dn_sequencer_open(&wanted, &orderer->sequencer, err);
}

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

static bool find_source(void *user, heddle_view name, dn_deliver_source *out)
{
    const dn_orderer_options *options = user;
    if (!base_view_is(name, options->channel->name))
        return false;
    *out = (dn_deliver_source){.channel = options->channel, .blocks = options->blocks};
    return true;
}

static heddle_status open_all(dn_orderer *orderer, const dn_orderer_options *options,
                              heddle_error *err)
{
    dn_deliver_options deliver = {.find = find_source,
                                  .user = &orderer->options,
                                  .faults = options->channel->faults,
                                  .node = options->node->name,
                                  .method = "Deliver",
                                  .policy = "/Channel/Readers",
                                  .check_binding = options->client_roots_pem.len > 0};
    BASE_TRY(dn_signer_load(options->node->msp_dir, options->node->msp_id, &orderer->signer, err));
    BASE_TRY(open_sequencer(orderer, options, err));
    BASE_TRY(dn_deliver_new(&deliver, &orderer->deliver, err));
    orderer->broadcast = (dn_broadcast){options->channel, options->node->name, orderer->sequencer};
    return open_server(orderer, options->port, err);
}

heddle_status dn_orderer_open(const dn_orderer_options *options, dn_orderer **out,
                              heddle_error *err)
{
    dn_orderer *orderer = base_calloc(1, sizeof(*orderer));
    if (!orderer)
        return base_fail_memory(err, "the orderer");
    orderer->options = *options;
    heddle_status status = open_all(orderer, options, err);
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
    bool leads = !orderer->options.leader;
    if (leads)
        BASE_TRY(dn_sequencer_start(orderer->sequencer, err));
    heddle_status status = rpc_server_start(orderer->server, err);
    if (status != HEDDLE_OK) {
        if (leads)
            dn_sequencer_stop(orderer->sequencer);
        return status;
    }
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
    if (!orderer->options.leader)
        dn_sequencer_stop(orderer->sequencer);
}

void dn_orderer_free(dn_orderer *orderer)
{
    if (!orderer)
        return;
    dn_orderer_stop(orderer);
    rpc_server_free(orderer->server);
    dn_deliver_free(orderer->deliver);
    if (!orderer->options.leader)
        dn_sequencer_free(orderer->sequencer);
    for (size_t i = 0; orderer->signers && i < orderer->options.org->node_count; i++)
        dn_signer_free(orderer->signers[i]);
    base_free(orderer->signers);
    dn_signer_free(orderer->signer);
    base_free(orderer);
}
