#include "devnet/peer/committer.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

enum { RETRY_MS = 1000 };

struct dn_committer {
    dn_committer_options options;
    pthread_mutex_t lock;   /* of the flags; for waiting */
    pthread_cond_t changed; /* blocks, faults, or a flag */
    bool is_stopping;
    bool is_stale;   /* the orderers' channels have changed */
    dn_chain *chain; /* the thread's own, a reference; NULL: no orderer serves the channel */
    dn_chains_watch chains;
    dn_blockstore_watch blocks; /* of the chain */
    dn_faults_watch faults;
    uint64_t looked_ms; /* when it last looked for missing private data */
    pthread_t thread;
};

/* Waiting. */

static void signal_change(dn_committer *c)
{
    pthread_mutex_lock(&c->lock);
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void on_blocks(dn_blockstore_watch *watch, uint64_t height)
{
    (void)height;
    signal_change(base_container_of(watch, dn_committer, blocks));
}

static void on_faults(dn_faults_watch *watch)
{
    signal_change(base_container_of(watch, dn_committer, faults));
}

static void on_chains(dn_chains_watch *watch)
{
    dn_committer *c = base_container_of(watch, dn_committer, chains);
    pthread_mutex_lock(&c->lock);
    c->is_stale = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void drop_chain(dn_committer *c)
{
    if (!c->chain)
        return;
    dn_blockstore_watch_remove(c->chain->blocks, &c->blocks);
    dn_chain_unref(base_steal(&c->chain));
}

/** Take the chain that orderers have now. Not under the lock. */
static void follow(dn_committer *c)
{
    heddle_view name = heddle_view_str(c->options.channel);
    base_auto(dn_chain) dn_chain *chain = dn_chains_find(c->options.chains, name);
    if (chain == c->chain)
        return;
    drop_chain(c);
    if (!chain)
        return;
    c->chain = base_steal(&chain);
    dn_blockstore_watch_add(c->chain->blocks, &c->blocks);
}

/** Whether block @p number is there and the peer's faults let it be committed. */
static bool is_ready(const dn_committer *c, uint64_t number)
{
    const dn_committer_options *o = &c->options;
    dn_fault fault;
    uint64_t height = c->chain ? dn_blockstore_height(c->chain->blocks) : 0;
    if (number >= height || dn_faults_stand(o->faults, o->name, DN_FAULT_AWAY, &fault))
        return false;
    if (dn_faults_stand(o->faults, o->name, DN_FAULT_HOLD, &fault) && number >= fault.height)
        return false;
    return !dn_faults_stand(o->faults, o->name, DN_FAULT_LAG, &fault) ||
           height - number > fault.height;
}

static struct timespec after(uint64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t nanos = (uint64_t)t.tv_nsec + ms % 1000 * 1000000;
    t.tv_sec += (time_t)(ms / 1000 + nanos / 1000000000);
    t.tv_nsec = (long)(nanos % 1000000000);
    return t;
}

/* Private data that the peer should have, and could not get when its block came. Once a second
 * is often enough to look for it. */
static void reconcile(dn_committer *c)
{
    const dn_committer_options *o = &c->options;
    heddle_error err;
    dn_fault fault;
    uint64_t now = base_now_ms();
    if (!dn_ledger_missing(o->ledger) || now < c->looked_ms + RETRY_MS ||
        dn_faults_stand(o->faults, o->name, DN_FAULT_AWAY, &fault))
        return;
    c->looked_ms = now;
    if (dn_ledger_reconcile(o->ledger, &err) != HEDDLE_OK)
        log_at(LOG_WARN, "committer", "private data still missing", LOG_STR("peer", o->name),
               LOG_ERR(&err));
}

/* Wait for a change; where private data is missing a second of it goes for looking again. */
static void wait_for_change(dn_committer *c)
{
    struct timespec until = after(RETRY_MS);
    if (!dn_ledger_missing(c->options.ledger)) {
        pthread_cond_wait(&c->changed, &c->lock);
    } else if (pthread_cond_timedwait(&c->changed, &c->lock, &until) != 0) {
        pthread_mutex_unlock(&c->lock);
        reconcile(c);
        pthread_mutex_lock(&c->lock);
    }
}

/** False: it is time to end. */
static bool wait_for_block(dn_committer *c, uint64_t number)
{
    pthread_mutex_lock(&c->lock);
    while (!c->is_stopping && (c->is_stale || !is_ready(c, number))) {
        if (c->is_stale) {
            c->is_stale = false;
            pthread_mutex_unlock(&c->lock);
            follow(c);
            pthread_mutex_lock(&c->lock);
        } else {
            wait_for_change(c);
        }
    }
    bool go_on = !c->is_stopping;
    pthread_mutex_unlock(&c->lock);
    return go_on;
}

static void pause_for(dn_committer *c, uint64_t ms)
{
    int problem = 0;
    struct timespec until = after(ms);
    pthread_mutex_lock(&c->lock);
    while (!c->is_stopping && problem == 0)
        problem = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    pthread_mutex_unlock(&c->lock);
}

/* The thread. */

static heddle_status commit(const dn_committer *c, uint64_t number, heddle_error *err)
{
    base_auto_buffer base_buffer block = {0};
    BASE_TRY(dn_blockstore_read(c->chain->blocks, number, &block, err));
    return dn_ledger_commit(c->options.ledger, base_buffer_view(&block), err);
}

static void report(const dn_committer *c, uint64_t number, const heddle_error *err)
{
    log_at(LOG_ERROR, "committer", "block not committed, trying again",
           LOG_STR("peer", c->options.name), LOG_U64("block", number), LOG_ERR(err));
}

static void *run(void *user)
{
    dn_committer *c = user;
    const dn_committer_options *o = &c->options;
    heddle_error err;
    dn_fault fault;
    bool failing = false;
    for (;;) {
        uint64_t next = dn_ledger_height(o->ledger);
        if (!wait_for_block(c, next))
            return NULL;
        if (dn_faults_meet(o->faults, o->name, "commit", DN_FAULT_BIT(DELAY), DN_FAULT_UNARY,
                           &fault))
            pause_for(c, fault.delay_ms);
        if (commit(c, next, &err) == HEDDLE_OK) {
            failing = false;
            if (o->committed)
                o->committed(o->user);
            reconcile(c);
            continue;
        }
        if (!failing)
            report(c, next, &err);
        failing = true;
        pause_for(c, RETRY_MS);
    }
}

/* Life. */

static void init(dn_committer *c, const dn_committer_options *options)
{
    pthread_condattr_t attr;
    c->options = *options;
    c->is_stale = true;
    c->blocks.grown = on_blocks;
    c->chains.changed = on_chains;
    c->faults.changed = on_faults;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, &attr);
    pthread_condattr_destroy(&attr);
    dn_chains_watch_add(options->chains, &c->chains);
    if (options->faults)
        dn_faults_watch_add(options->faults, &c->faults);
}

static void committer_free(dn_committer *c)
{
    if (c->options.faults)
        dn_faults_watch_remove(c->options.faults, &c->faults);
    dn_chains_watch_remove(c->options.chains, &c->chains);
    drop_chain(c);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    base_free(c);
}

heddle_status dn_committer_start(const dn_committer_options *options, dn_committer **out,
                                 heddle_error *err)
{
    dn_committer *c = base_calloc(1, sizeof(*c));
    if (!c)
        return base_fail_memory(err, "committer");
    init(c, options);
    if (pthread_create(&c->thread, NULL, run, c) != 0) {
        committer_free(c);
        return base_fail(err, HEDDLE_E_IO, "cannot start a thread for the committer");
    }
    *out = c;
    return HEDDLE_OK;
}

void dn_committer_stop(dn_committer *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->is_stopping = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    committer_free(c);
}
