#include "datasync/sync.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"
#include "datasync/chain.h"
#include "datasync/notice.h"
#include "datasync/sink.h"
#include "datasync/source.h"
#include "upkeep/upkeep.h"

/* Decoding one transaction takes at most this. */
enum { ARENA_LIMIT = 1 << 30, BATCH_BYTES = 32 << 20, CHANNEL_MAX = 249 };

enum phase { STARTING, SERVING, OVER };

struct sync_module {
    const sync_conf *conf;
    base_metrics *metrics;
    base_buffer channel;
    sync_queue *queue;
    sync_chain *chain;
    sync_sink_options sink_options;
    sync_sink *sink;
    sync_source *source;
    sync_notice *notice;
    upkeep *keep; /* of what peers are shown; NULL with a folder */
    sync_expiry expiry;
    base_arena *frame;   /* of one block */
    base_arena *scratch; /* of one transaction */
    sync_batch batch;
    pthread_t thread;
    heddle_error end;
    pthread_mutex_t lock; /* of phase */
    pthread_cond_t moved;
    enum phase phase;
    atomic_bool ready;
    atomic_ullong received;
    atomic_ullong stored;
    struct {
        base_metric *blocks;
        base_metric *transactions;
        base_metric *received_height;
        base_metric *stored_height;
        base_metric *queue_bytes;
    } count;
};

static void make_metrics(sync_module *m)
{
    if (!m->metrics)
        return;
    m->count.blocks =
        base_counter(m->metrics, "heddle_sync_blocks_total", "", "Blocks stored by this process");
    m->count.transactions = base_counter(m->metrics, "heddle_sync_transactions_total", "",
                                         "Transactions stored by this process");
    m->count.received_height = base_gauge(m->metrics, "heddle_sync_received_height", "",
                                          "Number of the next block from the source");
    m->count.stored_height = base_gauge(m->metrics, "heddle_sync_stored_height", "",
                                        "Number of the next block to be stored");
    m->count.queue_bytes = base_gauge(m->metrics, "heddle_sync_queue_bytes", "",
                                      "Bytes of blocks that wait for the database");
}

/* The name goes into SQL payloads, topics and locks: only what Fabric allows in it. */
static heddle_status check_channel(const char *name, heddle_error *err)
{
    size_t len = strlen(name);
    size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    if (!len || len > CHANNEL_MAX || good != len)
        return base_fail(err, HEDDLE_E_CONFIG, "channel: \"%.60s\" is no name of a channel", name);
    return HEDDLE_OK;
}

static heddle_status find_channel(sync_module *m, heddle_error *err)
{
    if (m->conf->channel[0]) {
        if (base_buffer_append_str(&m->channel, m->conf->channel) != HEDDLE_OK)
            return base_fail_memory(err, "name of the channel");
    } else {
        BASE_TRY(sync_folder_channel(m->conf->blocks, &m->channel, err));
    }
    m->batch.channel = base_buffer_cstr(&m->channel);
    if (!m->batch.channel)
        return base_fail_memory(err, "name of the channel");
    return check_channel(m->batch.channel, err);
}

static heddle_status open_sink(sync_module *m, heddle_error *err)
{
    m->sink_options = (sync_sink_options){
        .database = m->conf->database,
        .channel = m->batch.channel,
        .database_wait_ms = m->conf->database_wait_ms,
        .lock_wait_ms = m->conf->lock_wait_ms,
        .backoff_max_ms = m->conf->backoff_max_ms,
        .queue = m->queue,
        .connected = &m->ready,
        .metrics = m->metrics,
    };
    BASE_TRY(sync_sink_open(&m->sink_options, &m->sink, err));
    const sync_checkpoint *at = sync_sink_checkpoint(m->sink);
    if (!at->has)
        return HEDDLE_OK;
    base_auto_buffer base_buffer config = {0};
    BASE_TRY(sync_sink_config(m->sink, &config, err));
    return sync_chain_resume(m->chain, at->number, at->hash, base_buffer_view(&config), err);
}

/* Credentials. */

static heddle_status load_identity(void *user, int64_t *out_not_after_s, heddle_error *err)
{
    sync_module *m = user;
    return sync_source_reload(m->source, SYNC_CREDENTIAL_IDENTITY, out_not_after_s, err);
}

static heddle_status load_tls(void *user, int64_t *out_not_after_s, heddle_error *err)
{
    sync_module *m = user;
    return sync_source_reload(m->source, SYNC_CREDENTIAL_TLS, out_not_after_s, err);
}

static heddle_status load_roots(void *user, int64_t *out_not_after_s, heddle_error *err)
{
    sync_module *m = user;
    return sync_source_reload(m->source, SYNC_CREDENTIAL_PEERS, out_not_after_s, err);
}

static void add_path(upkeep_part *part, const char *path)
{
    if (path[0] && part->path_count < UPKEEP_PATHS_MAX)
        part->paths[part->path_count++] = path;
}

static heddle_status keep_credentials(sync_module *m, heddle_error *err)
{
    const sync_conf *conf = m->conf;
    upkeep_part parts[] = {
        {.name = "identity", .load = load_identity, .not_after_s = m->expiry.identity_s},
        {.name = "peers", .load = load_roots},
        {.name = "tls", .load = load_tls, .not_after_s = m->expiry.tls_s}};
    add_path(&parts[0], conf->identity.msp_dir);
    add_path(&parts[0], conf->identity.certificate);
    add_path(&parts[0], conf->identity.key);
    for (size_t i = 0; i < sync_conf_peer_count(conf); i++)
        add_path(&parts[1], sync_conf_peer(conf, i)->tls_roots);
    add_path(&parts[2], conf->tls_certificate);
    add_path(&parts[2], conf->tls_key);
    return upkeep_start(m->keep, parts, conf->tls_certificate[0] ? 3 : 2, m, err);
}

static void close_source(sync_module *m)
{
    if (m->keep)
        upkeep_stop(m->keep);
    sync_source_stop(base_steal(&m->source));
}

static heddle_status open_keep(sync_module *m, heddle_error *err)
{
    upkeep_sources sources = {.identity = &m->conf->identity,
                              .tls_certificate = m->conf->tls_certificate,
                              .tls_key = m->conf->tls_key};
    if (m->conf->blocks[0])
        return HEDDLE_OK;
    return upkeep_open("sync", &m->conf->keep, &sources, m->metrics, &m->keep, err);
}

void sync_reload(sync_module *module, const sync_conf *conf)
{
    if (module->keep)
        upkeep_reload(module->keep, conf->keep.interval_ms);
}

static heddle_status open_source(sync_module *m, heddle_error *err)
{
    uint64_t first = sync_chain_next(m->chain);
    atomic_store(&m->received, first);
    atomic_store(&m->stored, first);
    base_metric_set(m->count.received_height, (int64_t)first);
    base_metric_set(m->count.stored_height, (int64_t)first);
    log_at(LOG_INFO, "sync", "storing blocks", LOG_STR("channel", m->batch.channel),
           LOG_U64("from", first));
    if (m->conf->blocks[0])
        return sync_folder_start(m->conf, first, m->queue, &m->source, err);
    BASE_TRY(sync_peers_start(m->conf, first, m->queue, &m->expiry, &m->source, err));
    heddle_status status = keep_credentials(m, err);
    if (status != HEDDLE_OK)
        close_source(m);
    return status;
}

/* A folder or peer of another channel would pass every check but this one. */
static heddle_status check_same_channel(sync_module *m, const wire_block *block, heddle_error *err)
{
    heddle_view channel;
    BASE_TRY(wire_block_channel(block, m->scratch, &channel, err));
    if (!base_view_is(channel, m->batch.channel))
        return base_fail(err, HEDDLE_E_CONFIG, "block %llu is of channel %.*s, not %s",
                         (unsigned long long)block->number, BASE_VIEW_ARG(channel),
                         m->batch.channel);
    return HEDDLE_OK;
}

static heddle_status take_block(sync_module *m, heddle_view bytes, heddle_error *err)
{
    wire_block block;
    uint8_t hash[32];
    base_arena_reset(m->frame);
    base_arena_reset(m->scratch);
    heddle_status status = wire_block_read(bytes, m->frame, &block, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "where block %llu is due",
                          (unsigned long long)sync_chain_next(m->chain));
        return status;
    }
    if (block.number == 0)
        BASE_TRY(check_same_channel(m, &block, err));
    BASE_TRY(sync_chain_accept(m->chain, &block, hash, err));
    BASE_TRY(sync_project(&block, hash, m->scratch, &m->batch, err));
    BASE_TRY(sync_notice_add(m->notice, m->batch.channel, &block, hash, err));
    atomic_store(&m->received, block.number + 1);
    base_metric_set(m->count.received_height, (int64_t)block.number + 1);
    return HEDDLE_OK;
}

static heddle_status store_batch(sync_module *m, heddle_error *err)
{
    const sync_batch *batch = &m->batch;
    if (!batch->blocks)
        return HEDDLE_OK;
    BASE_TRY(sync_sink_store(m->sink, batch, err));
    atomic_store(&m->stored, batch->last + 1);
    base_metric_add(m->count.blocks, (int64_t)batch->blocks);
    base_metric_add(m->count.transactions, (int64_t)batch->tx_count);
    base_metric_set(m->count.stored_height, (int64_t)batch->last + 1);
    base_metric_set(m->count.queue_bytes, (int64_t)sync_queue_bytes(m->queue));
    log_at(LOG_DEBUG, "sync", "stored", LOG_U64("first", batch->first),
           LOG_U64("last", batch->last), LOG_U64("transactions", batch->tx_count));
    sync_notice_send(m->notice, m->batch.channel);
    sync_batch_clear(&m->batch);
    return HEDDLE_OK;
}

static bool batch_is_full(const sync_module *m)
{
    return m->batch.tx_count >= m->conf->batch_transactions ||
           sync_batch_bytes(&m->batch) >= BATCH_BYTES;
}

/* Fill the batch with the next block and those that wait behind it. */
static heddle_status take_blocks(sync_module *m, heddle_error *err)
{
    sync_item *item = sync_queue_pop(m->queue, true, err);
    if (!item)
        return err->status == HEDDLE_OK ? HEDDLE_E_END : err->status;
    heddle_status status = HEDDLE_OK;
    while (item && status == HEDDLE_OK) {
        status = take_block(m, item->bytes, err);
        sync_item_free(item);
        bool more = status == HEDDLE_OK && !batch_is_full(m);
        item = more ? sync_queue_pop(m->queue, false, NULL) : NULL;
    }
    return status;
}

/* One SQL transaction. A block that fails ends the run, but those before it are stored. */
static heddle_status store_next(sync_module *m, heddle_error *err)
{
    heddle_error why;
    heddle_status taken = take_blocks(m, &why);
    BASE_TRY(store_batch(m, err));
    if (taken != HEDDLE_OK)
        *err = why;
    return taken;
}

static void enter(sync_module *m, enum phase phase)
{
    pthread_mutex_lock(&m->lock);
    m->phase = phase;
    pthread_cond_broadcast(&m->moved);
    pthread_mutex_unlock(&m->lock);
}

static heddle_status run(sync_module *m, heddle_error *err)
{
    BASE_TRY(find_channel(m, err));
    BASE_TRY(open_sink(m, err));
    BASE_TRY(open_source(m, err));
    enter(m, SERVING);
    heddle_status status;
    do {
        status = store_next(m, err);
    } while (status == HEDDLE_OK);
    close_source(m);
    return status;
}

static void *sync_main(void *user)
{
    sync_module *m = user;
    base_error_clear(&m->end);
    heddle_status status = run(m, &m->end);
    if (status == HEDDLE_E_END || status == HEDDLE_E_CANCELLED)
        base_error_clear(&m->end);
    sync_sink_close(m->sink);
    m->sink = NULL;
    enter(m, OVER);
    return NULL;
}

static bool allocate(sync_module *m)
{
    m->queue = sync_queue_new((size_t)m->conf->queue_bytes);
    m->chain = sync_chain_new(m->conf->verify == SYNC_VERIFY_SIGNATURES);
    m->frame = base_arena_new(ARENA_LIMIT);
    m->scratch = base_arena_new(ARENA_LIMIT);
    return m->queue && m->chain && m->frame && m->scratch;
}

static heddle_status start(sync_module *m, heddle_error *err)
{
    if (!allocate(m))
        return base_fail_memory(err, "sync");
    make_metrics(m);
    BASE_TRY(open_keep(m, err));
    BASE_TRY(sync_notice_open(m->conf->publish, &m->notice, err));
    int rc = pthread_create(&m->thread, NULL, sync_main, m);
    if (rc != 0) {
        errno = rc;
        return base_fail_errno(err, "thread of the sync");
    }
    return HEDDLE_OK;
}

heddle_status sync_start(const sync_conf *conf, base_metrics *metrics, sync_module **out,
                         heddle_error *err)
{
    BASE_TRY(sync_conf_check(conf, err));
    sync_module *m = base_calloc(1, sizeof(*m));
    if (!m)
        return base_fail_memory(err, "sync");
    m->conf = conf;
    m->metrics = metrics;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->moved, NULL);
    heddle_status status = start(m, err);
    if (status != HEDDLE_OK) {
        sync_free(m);
        return status;
    }
    *out = m;
    return HEDDLE_OK;
}

void sync_stop(sync_module *module)
{
    sync_queue_stop(module->queue);
}

heddle_status sync_wait(sync_module *module, heddle_error *err)
{
    pthread_join(module->thread, NULL);
    if (module->end.status != HEDDLE_OK && err)
        *err = module->end;
    return module->end.status;
}

void sync_free(sync_module *module)
{
    if (!module)
        return;
    upkeep_close(module->keep);
    sync_notice_close(module->notice);
    sync_batch_done(&module->batch);
    sync_queue_free(module->queue);
    sync_chain_free(module->chain);
    base_arena_free(module->frame);
    base_arena_free(module->scratch);
    base_buffer_done(&module->channel);
    pthread_cond_destroy(&module->moved);
    pthread_mutex_destroy(&module->lock);
    base_free(module);
}

bool sync_wait_ready(sync_module *module)
{
    pthread_mutex_lock(&module->lock);
    while (module->phase == STARTING)
        pthread_cond_wait(&module->moved, &module->lock);
    bool serves = module->phase == SERVING;
    pthread_mutex_unlock(&module->lock);
    return serves;
}

void sync_wait_over(sync_module *module)
{
    pthread_mutex_lock(&module->lock);
    while (module->phase != OVER)
        pthread_cond_wait(&module->moved, &module->lock);
    pthread_mutex_unlock(&module->lock);
}

const char *sync_channel(const sync_module *module)
{
    return module->batch.channel;
}

const char *sync_publish_url(const sync_module *module)
{
    return sync_notice_url(module->notice);
}

bool sync_is_ready(sync_module *module, base_buffer *out_reason)
{
    bool ready = atomic_load(&module->ready);
    if (!ready &&
        base_buffer_append_str(out_reason, "not connected to the database\n") != HEDDLE_OK)
        return false;
    return ready;
}

sync_heights sync_heights_now(sync_module *module)
{
    return (sync_heights){.received = atomic_load(&module->received),
                          .stored = atomic_load(&module->stored)};
}

sync_exit sync_exit_of(const heddle_error *err)
{
    switch (err->status) {
    case HEDDLE_OK:
        return SYNC_EXIT_OK;
    case HEDDLE_E_CONFIG:
    case HEDDLE_E_BAD_ARGUMENT:
        return SYNC_EXIT_CONFIG;
    case HEDDLE_E_DATABASE:
        return SYNC_EXIT_DATABASE;
    case HEDDLE_E_LOCKED:
        return SYNC_EXIT_LOCKED;
    case HEDDLE_E_BROKEN_CHAIN:
    case HEDDLE_E_BAD_SIGNATURE:
    case HEDDLE_E_POLICY:
    case HEDDLE_E_DECODE:
        return SYNC_EXIT_BROKEN;
    case HEDDLE_E_IO:
    case HEDDLE_E_NOT_FOUND:
    case HEDDLE_E_DENIED:
    case HEDDLE_E_REFUSED:
    case HEDDLE_E_RPC:
        return SYNC_EXIT_SOURCE;
    default:
        return SYNC_EXIT_FAILED;
    }
}
