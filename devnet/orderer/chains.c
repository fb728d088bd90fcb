#include "devnet/orderer/chains.h"

#include <pthread.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/blockstore/folder.h"
#include "devnet/orderer/join_block.h"
#include "wire/block.h"

enum { MAX_SERVERS_FILE = 4096 };

struct dn_chains {
    dn_chains_options options;
    pthread_mutex_t change; /* held by a join or leave from beginning to end */
    bool is_running;        /* by change */
    bool is_over;

    pthread_mutex_t lock; /* of the list */
    dn_chain **items;
    size_t count;

    pthread_mutex_t watch_lock; /* of watches; held while they are told */
    base_list watches;
};

/** A lock, also of chains that are only read. */
static pthread_mutex_t *lock_of(const dn_chains *chains)
{
    return (pthread_mutex_t *)(uintptr_t)&chains->lock;
}

/* The list. */

dn_chain *dn_chains_find(const dn_chains *chains, heddle_view name)
{
    dn_chain *found = NULL;
    pthread_mutex_lock(lock_of(chains));
    for (size_t i = 0; i < chains->count && !found; i++) {
        if (base_view_is(name, chains->items[i]->channel.name))
            found = dn_chain_ref(chains->items[i]);
    }
    pthread_mutex_unlock(lock_of(chains));
    return found;
}

dn_chain *dn_chains_at(const dn_chains *chains, size_t index)
{
    pthread_mutex_lock(lock_of(chains));
    dn_chain *found = index < chains->count ? dn_chain_ref(chains->items[index]) : NULL;
    pthread_mutex_unlock(lock_of(chains));
    return found;
}

static heddle_status add(dn_chains *chains, dn_chain *chain, heddle_error *err)
{
    pthread_mutex_lock(&chains->lock);
    dn_chain **grown = base_realloc(chains->items, (chains->count + 1) * sizeof(dn_chain *));
    if (grown) {
        chains->items = grown;
        grown[chains->count++] = dn_chain_ref(chain);
    }
    pthread_mutex_unlock(&chains->lock);
    return grown ? HEDDLE_OK : base_fail_memory(err, "a chain");
}

static void take_out(dn_chains *chains, const dn_chain *chain)
{
    dn_chain *found = NULL;
    pthread_mutex_lock(&chains->lock);
    for (size_t i = 0; i < chains->count; i++) {
        if (found)
            chains->items[i - 1] = chains->items[i];
        else if (chains->items[i] == chain)
            found = chains->items[i];
    }
    chains->count -= found != NULL;
    pthread_mutex_unlock(&chains->lock);
    dn_chain_unref(found);
}

static void tell(dn_chains *chains)
{
    pthread_mutex_lock(&chains->watch_lock);
    base_list_each (link, &chains->watches) {
        dn_chains_watch *watch = base_list_entry(link, dn_chains_watch, link);
        watch->changed(watch);
    }
    pthread_mutex_unlock(&chains->watch_lock);
}

void dn_chains_watch_add(dn_chains *chains, dn_chains_watch *watch)
{
    pthread_mutex_lock(&chains->watch_lock);
    base_list_append(&chains->watches, &watch->link);
    pthread_mutex_unlock(&chains->watch_lock);
}

void dn_chains_watch_remove(dn_chains *chains, dn_chains_watch *watch)
{
    pthread_mutex_lock(&chains->watch_lock);
    base_list_remove(&watch->link);
    pthread_mutex_unlock(&chains->watch_lock);
}

/* The file of those that serve a channel. */

static heddle_status servers_path(const char *chain_dir, base_buffer *out, heddle_error *err)
{
    if (base_buffer_printf(out, "%s/orderers", chain_dir) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    return HEDDLE_OK;
}

static heddle_status write_servers(const dn_chains *chains, const char *chain_dir, unsigned servers,
                                   heddle_error *err)
{
    base_auto_buffer base_buffer path = {0}, text = {0};
    const dn_org *org = chains->options.org;
    heddle_status status = HEDDLE_OK;
    BASE_TRY(servers_path(chain_dir, &path, err));
    for (size_t i = 0; i < org->node_count && status == HEDDLE_OK; i++) {
        if (servers & 1U << i)
            status = base_buffer_printf(&text, "%s\n", org->nodes[i].name);
    }
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "the orderers of a channel");
    return base_write_file(base_buffer_cstr(&path), base_buffer_view(&text), 0644, err);
}

static bool has_line(heddle_view text, const char *line)
{
    size_t len = strlen(line);
    while (text.len) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t this = end ? (size_t)(end - text.data) : text.len;
        if (this == len && memcmp(text.data, line, len) == 0)
            return true;
        text = base_view_slice(text, this + 1, text.len);
    }
    return false;
}

/** 0: the file is not there, or names nobody. */
static unsigned read_servers(const dn_chains *chains, const char *chain_dir)
{
    base_auto_buffer base_buffer path = {0}, text = {0};
    const dn_org *org = chains->options.org;
    unsigned servers = 0;
    if (servers_path(chain_dir, &path, NULL) != HEDDLE_OK ||
        base_read_file(base_buffer_cstr(&path), MAX_SERVERS_FILE, &text, NULL) != HEDDLE_OK)
        return 0;
    for (size_t i = 0; i < org->node_count; i++) {
        if (has_line(base_buffer_view(&text), org->nodes[i].name))
            servers |= 1U << i;
    }
    return servers;
}

/* Opening. */

static heddle_status open_chain(dn_chains *chains, const char *name, heddle_view genesis,
                                dn_chain **out, heddle_error *err)
{
    base_auto_buffer base_buffer dir = {0};
    if (base_buffer_printf(&dir, "%s/%s", chains->options.dir, name) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    dn_chain_options wanted = {.dir = base_buffer_cstr(&dir),
                               .org = chains->options.org,
                               .faults = chains->options.faults,
                               .genesis = genesis};
    return dn_chain_open(&wanted, out, err);
}

static heddle_status recover(dn_chains *chains, const char *name, heddle_error *err)
{
    base_auto_buffer base_buffer dir = {0};
    base_auto(dn_chain) dn_chain *chain = NULL;
    if (base_buffer_printf(&dir, "%s/%s", chains->options.dir, name) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    unsigned servers = read_servers(chains, base_buffer_cstr(&dir));
    if (!servers)
        return HEDDLE_OK;
    BASE_TRY(open_chain(chains, name, (heddle_view){0}, &chain, err));
    atomic_store(&chain->servers, servers);
    if (strcmp(chain->channel.name, name) != 0)
        return base_fail(err, HEDDLE_E_CONFIG, "%s holds the channel %.64s", base_buffer_cstr(&dir),
                         chain->channel.name);
    return add(chains, chain, err);
}

static heddle_status recover_all(dn_chains *chains, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    const char *const *names = NULL;
    size_t count = 0;
    if (!arena)
        return base_fail_memory(err, "the channels");
    BASE_TRY(base_make_dirs(chains->options.dir, 0700, err));
    BASE_TRY(dn_folder_list(chains->options.dir, arena, &names, &count, err));
    for (size_t i = 0; i < count; i++)
        BASE_TRY(recover(chains, names[i], err));
    return HEDDLE_OK;
}

heddle_status dn_chains_open(const dn_chains_options *options, dn_chains **out, heddle_error *err)
{
    dn_chains *chains = base_calloc(1, sizeof(*chains));
    if (!chains)
        return base_fail_memory(err, "the channels");
    chains->options = *options;
    pthread_mutex_init(&chains->change, NULL);
    pthread_mutex_init(&chains->lock, NULL);
    pthread_mutex_init(&chains->watch_lock, NULL);
    base_list_init(&chains->watches);
    heddle_status status = recover_all(chains, err);
    if (status != HEDDLE_OK) {
        dn_chains_free(chains);
        return status;
    }
    *out = chains;
    return HEDDLE_OK;
}

heddle_status dn_chains_start(dn_chains *chains, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&chains->change);
    chains->is_running = true;
    for (size_t i = 0; i < chains->count && status == HEDDLE_OK; i++)
        status = dn_chain_start(chains->items[i], err);
    pthread_mutex_unlock(&chains->change);
    return status;
}

void dn_chains_stop(dn_chains *chains)
{
    pthread_mutex_lock(&chains->change);
    chains->is_over = true;
    for (size_t i = 0; i < chains->count; i++)
        dn_chain_stop(chains->items[i]);
    pthread_mutex_unlock(&chains->change);
}

void dn_chains_free(dn_chains *chains)
{
    if (!chains)
        return;
    dn_chains_stop(chains);
    for (size_t i = 0; i < chains->count; i++)
        dn_chain_unref(chains->items[i]);
    base_free(chains->items);
    pthread_mutex_destroy(&chains->change);
    pthread_mutex_destroy(&chains->lock);
    pthread_mutex_destroy(&chains->watch_lock);
    base_free(chains);
}

/* Joining. */

static bool is_served(const dn_chains *chains, const wire_channel_config *config)
{
    for (size_t i = 0; i < chains->options.org->node_count; i++) {
        if (dn_chain_is_consenter(config, &chains->options.org->nodes[i]))
            return true;
    }
    return false;
}

static heddle_status make_chain(dn_chains *chains, size_t index, const dn_join_block *by,
                                dn_chain **out, heddle_error *err)
{
    base_auto(dn_chain) dn_chain *chain = NULL;
    if (by->number > 0)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "no orderer of this network serves channel %.64s, from which the blocks "
                         "before %llu could be taken",
                         wire_bundle_config(by->bundle)->channel, (unsigned long long)by->number);
    if (!is_served(chains, wire_bundle_config(by->bundle)))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "no orderer of this network is a consenter of channel %.64s",
                         wire_bundle_config(by->bundle)->channel);
    if (!dn_chain_is_ours(wire_bundle_config(by->bundle), chains->options.org))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "the BFT consenters of channel %.64s are not the orderers of this "
                         "network, 1 being the first",
                         wire_bundle_config(by->bundle)->channel);
    BASE_TRY(dn_folder_remove(chains->options.dir, wire_bundle_config(by->bundle)->channel, err));
    BASE_TRY(open_chain(chains, wire_bundle_config(by->bundle)->channel, by->bytes, &chain, err));
    atomic_store(&chain->servers, 1U << index);
    BASE_TRY(write_servers(chains, chain->dir, 1U << index, err));
    if (chains->is_running)
        BASE_TRY(dn_chain_start(chain, err));
    heddle_status status = add(chains, chain, err);
    if (status != HEDDLE_OK)
        dn_chain_stop(chain);
    else
        *out = base_steal(&chain);
    return status;
}

static heddle_status check_block(const dn_chain *chain, const dn_join_block *by, heddle_error *err)
{
    base_auto_buffer base_buffer own = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block block;
    uint8_t hash[CRYPTO_SHA256_LEN];
    if (!arena)
        return base_fail_memory(err, "a block");
    heddle_status status = dn_blockstore_read(chain->blocks, by->number, &own, err);
    if (status == HEDDLE_E_NOT_FOUND)
        return base_fail(err, HEDDLE_E_REFUSED, "channel %.64s has no block %llu yet",
                         chain->channel.name, (unsigned long long)by->number);
    BASE_TRY(status);
    BASE_TRY(wire_block_read(base_buffer_view(&own), arena, &block, err));
    BASE_TRY(wire_block_header_hash(&block, hash, err));
    if (memcmp(hash, by->hash, sizeof(hash)) == 0)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED,
                     "another channel %.64s is there, which has another block %llu",
                     chain->channel.name, (unsigned long long)by->number);
}

static heddle_status join_chain(const dn_chains *chains, size_t index, const dn_join_block *by,
                                dn_chain *chain, heddle_error *err)
{
    if (dn_chain_has_server(chain, index))
        return base_fail(err, HEDDLE_E_EXISTS, "channel already exists");
    BASE_TRY(check_block(chain, by, err));
    unsigned servers = atomic_load(&chain->servers) | 1U << index;
    BASE_TRY(write_servers(chains, chain->dir, servers, err));
    atomic_store(&chain->servers, servers);
    return HEDDLE_OK;
}

static heddle_status join(dn_chains *chains, size_t index, const dn_join_block *by, dn_chain **out,
                          heddle_error *err)
{
    if (chains->is_over)
        return base_fail(err, HEDDLE_E_CANCELLED, "the orderer is stopping");
    base_auto(dn_chain) dn_chain *chain =
        dn_chains_find(chains, heddle_view_str(wire_bundle_config(by->bundle)->channel));
    if (!chain)
        return make_chain(chains, index, by, out, err);
    BASE_TRY(join_chain(chains, index, by, chain, err));
    *out = base_steal(&chain);
    return HEDDLE_OK;
}

heddle_status dn_chains_join(dn_chains *chains, size_t index, heddle_view block, dn_chain **out,
                             heddle_error *err)
{
    dn_join_block by = {0};
    base_auto(dn_chain) dn_chain *chain = NULL;
    heddle_status status = dn_join_block_read(block, &by, err);
    if (status == HEDDLE_OK) {
        pthread_mutex_lock(&chains->change);
        status = join(chains, index, &by, &chain, err);
        pthread_mutex_unlock(&chains->change);
    }
    wire_bundle_unref(by.bundle);
    BASE_TRY(status);
    log_at(LOG_INFO, "orderer", "channel joined", LOG_STR("channel", chain->channel.name),
           LOG_STR("orderer", chains->options.org->nodes[index].name));
    tell(chains);
    if (out)
        *out = base_steal(&chain);
    return HEDDLE_OK;
}

/* Leaving. */

static heddle_status leave(dn_chains *chains, size_t index, dn_chain *chain, heddle_error *err)
{
    unsigned servers = atomic_load(&chain->servers);
    if (chains->is_over)
        return base_fail(err, HEDDLE_E_CANCELLED, "the orderer is stopping");
    if (!(servers & 1U << index))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel does not exist");
    servers &= ~(1U << index);
    if (servers) {
        BASE_TRY(write_servers(chains, chain->dir, servers, err));
        atomic_store(&chain->servers, servers);
        return HEDDLE_OK;
    }
    atomic_store(&chain->servers, 0);
    take_out(chains, chain);
    dn_chain_stop(chain);
    return dn_folder_remove(chains->options.dir, chain->channel.name, err);
}

heddle_status dn_chains_leave(dn_chains *chains, size_t index, heddle_view name, heddle_error *err)
{
    pthread_mutex_lock(&chains->change);
    base_auto(dn_chain) dn_chain *chain = dn_chains_find(chains, name);
    heddle_status status = chain ? leave(chains, index, chain, err)
                                 : base_fail(err, HEDDLE_E_NOT_FOUND, "channel does not exist");
    pthread_mutex_unlock(&chains->change);
    BASE_TRY(status);
    log_at(LOG_INFO, "orderer", "channel left", LOG_STR("channel", chain->channel.name),
           LOG_STR("orderer", chains->options.org->nodes[index].name));
    tell(chains);
    return HEDDLE_OK;
}
