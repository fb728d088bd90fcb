#include "devnet/peer/core.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/peer/committer.h"
#include "devnet/peer/dissemination.h"

static heddle_status open_private(dn_core *core, heddle_error *err)
{
    const char *dir = core->dir;
    BASE_TRY(wire_bundle_identify(core->local->bundle, dn_signer_identity(core->signer),
                                  &core->identity, err));
    BASE_TRY(dn_private_store_open(dir, &core->private_store, err));
    BASE_TRY(dn_transient_open(dir, &core->transient, err));
    core->private_access = (dn_private_access){.store = core->private_store,
                                               .mspid = core->node->msp_id,
                                               .identity = core->identity,
                                               .fetch = dn_dissemination_fetch,
                                               .done = dn_dissemination_done,
                                               .user = core};
    return HEDDLE_OK;
}

static bool is_on_ledger(void *user, heddle_view tx_id)
{
    dn_version at;
    return dn_index_find_tx(user, tx_id, &at);
}

static heddle_status open_ledger(dn_core *core, heddle_error *err)
{
    BASE_TRY(open_private(core, err));
    dn_ledger_options ledger = {.blocks = core->blocks,
                                .config = core->channel->config,
                                .definitions = core->told,
                                .private_data = &core->private_access};
    BASE_TRY(dn_ledger_new(&ledger, &core->ledger, err));
    BASE_TRY(dn_transient_sweep(core->transient, is_on_ledger, dn_ledger_index(core->ledger), err));
    if (dn_ledger_height(core->ledger) == 0)
        return dn_ledger_commit(core->ledger, core->channel->genesis, err);
    return HEDDLE_OK;
}

/** The blocks, and block 0 of them, which is there or to come. */
static heddle_status open_blocks(dn_core *core, heddle_error *err)
{
    BASE_TRY(base_make_dirs(core->dir, 0700, err));
    BASE_TRY(dn_blockstore_open(core->dir, &core->blocks, err));
    if (dn_blockstore_height(core->blocks) || !core->options.genesis.len)
        return dn_blockstore_read(core->blocks, 0, &core->genesis, err);
    if (base_buffer_append(&core->genesis, core->options.genesis) != HEDDLE_OK)
        return base_fail_memory(err, "a channel");
    return HEDDLE_OK;
}

/* A peer that is behind the orderers knows the configuration that it has come to. */
static heddle_status open_config(dn_core *core, heddle_error *err)
{
    heddle_view genesis = base_buffer_view(&core->genesis);
    base_auto(dn_chain) dn_chain *chain =
        dn_chains_find(core->options.chains, heddle_view_str(core->name));
    bool is_same = chain && base_view_equal(chain->channel.genesis, genesis);
    core->known =
        (dn_channel){.name = core->name, .genesis = genesis, .faults = core->local->faults};
    BASE_TRY(dn_config_holder_open(core->blocks, genesis, is_same ? chain->channel.config : NULL,
                                   &core->known.config, err));
    if (dn_config_holder_block(core->known.config) > 0)
        return HEDDLE_OK; /* organisations may have left since the chaincodes were told */
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(core->known.config);
    return dn_definitions_bind(core->told, bundle, err);
}

/** The chaincodes that are told of this channel. */
static heddle_status open_told(dn_core *core, heddle_error *err)
{
    const dn_core_options *options = &core->options;
    size_t count = 0;
    dn_chaincode *own = base_calloc(options->chaincode_count + 1, sizeof(*own));
    if (!own)
        return base_fail_memory(err, "chaincodes");
    for (size_t i = 0; i < options->chaincode_count; i++) {
        if (!strcmp(options->chaincodes[i].channel, core->name))
            own[count++] = options->chaincodes[i];
    }
    heddle_status status = dn_definitions_new(own, count, &core->told, err);
    base_free(own);
    return status;
}

static heddle_status open_all(dn_core *core, heddle_error *err)
{
    core->name = base_strdup(core->options.name);
    core->dir = base_strdup(core->options.dir);
    if (!core->name || !core->dir)
        return base_fail_memory(err, "channel");
    BASE_TRY(open_told(core, err));
    BASE_TRY(open_blocks(core, err));
    BASE_TRY(open_config(core, err));
    return open_ledger(core, err);
}

heddle_status dn_core_open(const dn_core_options *options, dn_core **out, heddle_error *err)
{
    dn_core *core = base_calloc(1, sizeof(*core));
    if (!core)
        return base_fail_memory(err, "channel");
    core->options = *options;
    core->local = options->local;
    core->channel = &core->known;
    core->node = options->local->node;
    core->signer = options->local->signer;
    heddle_status status = open_all(core, err);
    if (status != HEDDLE_OK) {
        dn_core_free(core);
        return status;
    }
    *out = core;
    return HEDDLE_OK;
}

static void on_committed(void *user)
{
    const dn_core *core = user;
    dn_invoker_follow(core->invoker);
}

heddle_status dn_core_start(dn_core *core, heddle_error *err)
{
    core->topology = core->local->topology;
    BASE_TRY(dn_members_new(core->local, core, &core->members, err));
    BASE_TRY(dn_invoker_open(core, core->options.execute_timeout_ms, &core->invoker, err));
    core->is_invoking = true;
    dn_committer_options committer = {.ledger = core->ledger,
                                      .chains = core->options.chains,
                                      .channel = core->channel->name,
                                      .faults = core->channel->faults,
                                      .name = core->node->name,
                                      .committed = on_committed,
                                      .user = core};
    heddle_status status = dn_committer_start(&committer, &core->committer, err);
    if (status != HEDDLE_OK)
        dn_core_stop(core);
    return status;
}

void dn_core_stop_invoking(dn_core *core)
{
    if (!core->is_invoking)
        return;
    core->is_invoking = false;
    dn_invoker_stop(core->invoker);
}

void dn_core_stop(dn_core *core)
{
    dn_core_stop_invoking(core);
    dn_committer_stop(base_steal(&core->committer));
}

void dn_core_free(dn_core *core)
{
    if (!core)
        return;
    dn_core_stop(core);
    dn_invoker_free(core->invoker);
    dn_members_free(core->members);
    dn_ledger_free(core->ledger);
    dn_config_holder_free(core->known.config);
    dn_transient_close(core->transient);
    dn_private_store_close(core->private_store);
    crypto_identity_unref(core->identity);
    if (core->blocks)
        dn_blockstore_close(core->blocks);
    dn_definitions_unref(core->told);
    base_buffer_done(&core->genesis);
    base_free(core->name);
    base_free(core->dir);
    base_free(core);
}
