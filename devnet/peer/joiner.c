#include "devnet/peer/joiner.h"

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "devnet/blockstore/folder.h"
#include "devnet/orderer/join_block.h"

struct dn_joiner {
    dn_joiner_options options;
    pthread_mutex_t lock; /* held by a join from beginning to end */
    bool has_started;
};

/* Opening. */

static heddle_status open_core(dn_joiner *joiner, const char *name, heddle_view genesis,
                               dn_core **out, heddle_error *err)
{
    const dn_joiner_options *options = &joiner->options;
    base_auto_buffer base_buffer dir = {0};
    if (base_buffer_printf(&dir, "%s/%s", options->dir, name) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    dn_core_options wanted = {.local = options->local,
                              .name = name,
                              .genesis = genesis,
                              .dir = base_buffer_cstr(&dir),
                              .chains = options->chains,
                              .chaincodes = options->chaincodes,
                              .chaincode_count = options->chaincode_count,
                              .execute_timeout_ms = options->execute_timeout_ms,
                              .is_old = options->is_old};
    return dn_core_open(&wanted, out, err);
}

static heddle_status start_core(dn_joiner *joiner, dn_core *core, heddle_error *err)
{
    return joiner->has_started ? dn_core_start(core, err) : HEDDLE_OK;
}

/** Takes the channel into the peer's list, or frees it. */
static heddle_status add_core(dn_joiner *joiner, dn_core *core, heddle_error *err)
{
    heddle_status status = start_core(joiner, core, err);
    if (status == HEDDLE_OK)
        status = dn_local_add(joiner->options.local, core, err);
    if (status != HEDDLE_OK)
        dn_core_free(core);
    return status;
}

/** A ledger without a block is what is left of a join that did not come to its end: the next one
 *  removes it. */
static heddle_status recover(dn_joiner *joiner, const char *name, heddle_error *err)
{
    dn_core *core;
    heddle_status status = open_core(joiner, name, (heddle_view){0}, &core, err);
    if (status == HEDDLE_E_NOT_FOUND)
        return HEDDLE_OK;
    BASE_TRY(status);
    return add_core(joiner, core, err);
}

static heddle_status recover_all(dn_joiner *joiner, heddle_error *err)
{
    const dn_joiner_options *options = &joiner->options;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    const char *const *names = NULL;
    size_t count = 0;
    if (!arena)
        return base_fail_memory(err, "the channels");
    BASE_TRY(base_make_dirs(options->dir, 0700, err));
    BASE_TRY(dn_folder_move_down(options->dir, options->first_channel, err));
    BASE_TRY(dn_folder_list(options->dir, arena, &names, &count, err));
    for (size_t i = 0; i < count; i++)
        BASE_TRY(recover(joiner, names[i], err));
    return HEDDLE_OK;
}

heddle_status dn_joiner_open(const dn_joiner_options *options, dn_joiner **out, heddle_error *err)
{
    dn_joiner *joiner = base_calloc(1, sizeof(*joiner));
    if (!joiner)
        return base_fail_memory(err, "the channels");
    joiner->options = *options;
    pthread_mutex_init(&joiner->lock, NULL);
    heddle_status status = recover_all(joiner, err);
    if (status != HEDDLE_OK) {
        dn_joiner_free(joiner);
        return status;
    }
    *out = joiner;
    return HEDDLE_OK;
}

void dn_joiner_free(dn_joiner *joiner)
{
    if (!joiner)
        return;
    pthread_mutex_destroy(&joiner->lock);
    base_free(joiner);
}

heddle_status dn_joiner_start(dn_joiner *joiner, heddle_error *err)
{
    dn_core *core;
    joiner->has_started = true;
    for (size_t i = 0; (core = dn_local_at(joiner->options.local, i)); i++)
        BASE_TRY(dn_core_start(core, err));
    return HEDDLE_OK;
}

/* Joining. */

static heddle_status join(dn_joiner *joiner, const dn_join_block *block, heddle_error *err)
{
    dn_core *core;
    const char *name = wire_bundle_config(block->bundle)->channel;
    if (dn_local_find(joiner->options.local, heddle_view_str(name)))
        return base_fail(err, HEDDLE_E_EXISTS,
                         "cannot create ledger from genesis block: ledger [%.249s] already exists "
                         "with state [ACTIVE]",
                         name);
    if (block->number > 0)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "cannot create ledger from genesis block: block number should have been 0 "
                         "but was %llu",
                         (unsigned long long)block->number);
    BASE_TRY(dn_folder_remove(joiner->options.dir, name, err));
    BASE_TRY(open_core(joiner, name, block->bytes, &core, err));
    return add_core(joiner, core, err);
}

heddle_status dn_joiner_join(dn_joiner *joiner, heddle_view bytes, heddle_error *err)
{
    dn_join_block block = {0};
    BASE_TRY(dn_join_block_read(bytes, &block, err));
    pthread_mutex_lock(&joiner->lock);
    heddle_status status = join(joiner, &block, err);
    pthread_mutex_unlock(&joiner->lock);
    if (status == HEDDLE_OK)
        log_at(LOG_INFO, "peer", "channel joined",
               LOG_STR("channel", wire_bundle_config(block.bundle)->channel),
               LOG_STR("peer", joiner->options.local->node->name));
    wire_bundle_unref(block.bundle);
    return status;
}
