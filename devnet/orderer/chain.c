#include "devnet/orderer/chain.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

/* The orderer and every peer check the same signatures, four of a transaction. */
enum { REMEMBERED_SIGNATURES = 16 * 1024, MAX_PEM = 64 * 1024 };

/* Consenters. */

static bool is_same_cert(const crypto_cert *own, ProtobufCBinaryData pem)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (crypto_cert_parse(wire_view(pem), &cert, NULL) != HEDDLE_OK)
        return false;
    return memcmp(crypto_cert_sha256(own), crypto_cert_sha256(cert), CRYPTO_SHA256_LEN) == 0;
}

bool dn_chain_is_consenter(const wire_channel_config *config, const dn_node *orderer)
{
    base_auto_buffer base_buffer pem = {0};
    base_auto(crypto_cert) crypto_cert *own = NULL;
    if (base_read_file(orderer->tls_cert, MAX_PEM, &pem, NULL) != HEDDLE_OK ||
        crypto_cert_parse(base_buffer_view(&pem), &own, NULL) != HEDDLE_OK)
        return false;
    const Common__Orderers *bft = config->consenters;
    const Etcdraft__ConfigMetadata *raft = config->raft;
    for (size_t i = 0; bft && i < bft->n_consenter_mapping; i++) {
        if (is_same_cert(own, bft->consenter_mapping[i]->server_tls_cert))
            return true;
    }
    for (size_t i = 0; raft && i < raft->n_consenters; i++) {
        if (is_same_cert(own, raft->consenters[i]->server_tls_cert))
            return true;
    }
    return false;
}

bool dn_chain_is_ours(const wire_channel_config *config, const dn_org *org)
{
    const Common__Orderers *bft = config->consenters;
    if (!bft)
        return true;
    for (size_t i = 0; i < bft->n_consenter_mapping; i++) {
        const Common__Consenter *consenter = bft->consenter_mapping[i];
        base_auto_buffer base_buffer pem = {0};
        base_auto(crypto_cert) crypto_cert *own = NULL;
        if (consenter->id != i + 1 || i >= org->node_count ||
            base_read_file(org->nodes[i].tls_cert, MAX_PEM, &pem, NULL) != HEDDLE_OK ||
            crypto_cert_parse(base_buffer_view(&pem), &own, NULL) != HEDDLE_OK ||
            !is_same_cert(own, consenter->server_tls_cert))
            return false;
    }
    return bft->n_consenter_mapping == org->node_count;
}

bool dn_chain_has_consenter(const dn_chain *chain, size_t index)
{
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(chain->channel.config);
    return dn_chain_is_consenter(wire_bundle_config(bundle), &chain->org->nodes[index]);
}

bool dn_chain_has_server(const dn_chain *chain, size_t index)
{
    return atomic_load(&chain->servers) & 1U << index;
}

/* Opening. */

/** Of N orderers F may be wrong, and this many are right for certain. */
static size_t bft_quorum(size_t n)
{
    size_t f = (n - 1) / 3;
    return (n + f + 2) / 2;
}

static heddle_status open_blocks(dn_chain *chain, heddle_view genesis, heddle_error *err)
{
    BASE_TRY(dn_blockstore_open(chain->dir, &chain->blocks, err));
    if (dn_blockstore_height(chain->blocks) == 0 && genesis.len)
        BASE_TRY(dn_blockstore_append(chain->blocks, 0, genesis, err));
    BASE_TRY(dn_blockstore_read(chain->blocks, 0, &chain->genesis, err));
    if (!genesis.len || base_view_equal(base_buffer_view(&chain->genesis), genesis))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "%s does not begin with the genesis block",
                     chain->dir);
}

static heddle_status open_channel(dn_chain *chain, dn_faults *faults, heddle_error *err)
{
    heddle_view genesis = base_buffer_view(&chain->genesis);
    dn_config_holder *holder;
    BASE_TRY(dn_config_holder_open(chain->blocks, genesis, NULL, &holder, err));
    chain->channel = (dn_channel){.genesis = genesis, .config = holder, .faults = faults};
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(holder);
    chain->channel.name = chain->name = base_strdup(wire_bundle_config(bundle)->channel);
    if (!chain->name)
        return base_fail_memory(err, "a chain");
    return wire_bundle_remember(bundle, REMEMBERED_SIGNATURES, err);
}

static heddle_status load_signers(dn_chain *chain, heddle_error *err)
{
    const dn_org *org = chain->org;
    chain->signers = base_calloc(org->node_count, sizeof(*chain->signers));
    if (!chain->signers)
        return base_fail_memory(err, "the orderers");
    for (size_t i = 0; i < org->node_count; i++)
        BASE_TRY(dn_signer_load(org->nodes[i].msp_dir, org->msp_id, &chain->signers[i], err));
    chain->consenters =
        (dn_consenters){chain->signers, org->node_count, bft_quorum(org->node_count)};
    return HEDDLE_OK;
}

/** A Raft block is signed by the first orderer that is a consenter. */
static dn_signer *find_signer(const dn_chain *chain)
{
    for (size_t i = 0; i < chain->org->node_count; i++) {
        if (dn_chain_has_consenter(chain, i))
            return chain->signers[i];
    }
    return chain->signers[0];
}

static heddle_status open_sequencer(dn_chain *chain, heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(chain->channel.config);
    const wire_channel_config *config = wire_bundle_config(bundle);
    bool is_bft = config->consensus_type && !strcmp(config->consensus_type, "BFT");
    dn_sequencer_options wanted = {.dir = chain->dir,
                                   .blocks = chain->blocks,
                                   .signer = find_signer(chain),
                                   .bft = is_bft ? &chain->consenters : NULL,
                                   .config = chain->channel.config,
                                   .faults = chain->channel.faults,
                                   .node = chain->org->nodes[0].name};
    return dn_sequencer_open(&wanted, &chain->sequencer, err);
}

static heddle_status open_all(dn_chain *chain, const dn_chain_options *options, heddle_error *err)
{
    chain->dir = base_strdup(options->dir);
    if (!chain->dir)
        return base_fail_memory(err, "a chain");
    chain->org = options->org;
    BASE_TRY(open_blocks(chain, options->genesis, err));
    BASE_TRY(open_channel(chain, options->faults, err));
    BASE_TRY(load_signers(chain, err));
    return open_sequencer(chain, err);
}

heddle_status dn_chain_open(const dn_chain_options *options, dn_chain **out, heddle_error *err)
{
    dn_chain *chain = base_calloc(1, sizeof(*chain));
    if (!chain)
        return base_fail_memory(err, "a chain");
    atomic_init(&chain->refs, 1);
    heddle_status status = open_all(chain, options, err);
    if (status != HEDDLE_OK) {
        dn_chain_unref(chain);
        return status;
    }
    *out = chain;
    return HEDDLE_OK;
}

/* Life. */

dn_chain *dn_chain_ref(dn_chain *chain)
{
    atomic_fetch_add(&chain->refs, 1);
    return chain;
}

void dn_chain_unref(dn_chain *chain)
{
    if (!chain || atomic_fetch_sub(&chain->refs, 1) != 1)
        return;
    dn_sequencer_free(chain->sequencer);
    if (chain->blocks)
        dn_blockstore_close(chain->blocks);
    for (size_t i = 0; chain->signers && i < chain->org->node_count; i++)
        dn_signer_free(chain->signers[i]);
    base_free(chain->signers);
    dn_config_holder_free(chain->channel.config);
    base_free(chain->name);
    base_buffer_done(&chain->genesis);
    base_free(chain->dir);
    base_free(chain);
}

heddle_status dn_chain_start(dn_chain *chain, heddle_error *err)
{
    BASE_TRY(dn_sequencer_start(chain->sequencer, err));
    chain->is_running = true;
    return HEDDLE_OK;
}

void dn_chain_stop(dn_chain *chain)
{
    if (!chain->is_running)
        return;
    chain->is_running = false;
    dn_sequencer_stop(chain->sequencer);
    dn_blockstore_interrupt(chain->blocks);
}
