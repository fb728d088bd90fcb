#include "devnet/peer/committer.h"

#include <pthread.h>

#include "base/fail.h"
#include "base/log.h"

enum { RETRY_MS = 1000 };

struct dn_committer {
    dn_ledger *ledger;
    dn_blockstore *ordered;
    const char *name;
    pthread_t thread;
};

heddle_status dn_commit_ordered(dn_ledger *ledger, const dn_blockstore *ordered, uint64_t number,
                                heddle_error *err)
{
    base_auto_buffer base_buffer block = {0};
    BASE_TRY(dn_blockstore_read(ordered, number, &block, err));
    return dn_ledger_commit(ledger, base_buffer_view(&block), err);
}

static void report(const dn_committer *committer, uint64_t number, const heddle_error *err)
{
    log_at(LOG_ERROR, "committer", "block not committed, trying again",
           LOG_STR("peer", committer->name), LOG_U64("block", number), LOG_ERR(err));
}

static void *run(void *user)
{
    dn_committer *committer = user;
    heddle_error err;
    bool failing = false;
    for (;;) {
        uint64_t next = dn_ledger_height(committer->ledger);
        if (dn_blockstore_wait(committer->ordered, next, UINT64_MAX, NULL) != HEDDLE_OK)
            return NULL;
        if (dn_commit_ordered(committer->ledger, committer->ordered, next, &err) == HEDDLE_OK) {
            failing = false;
            continue;
        }
        if (!failing)
            report(committer, next, &err);
        failing = true;
        /* A block that never comes: a pause that stopping cuts short. */
        if (dn_blockstore_wait(committer->ordered, UINT64_MAX - 1, RETRY_MS, NULL) ==
            HEDDLE_E_CANCELLED)
            return NULL;
    }
}

heddle_status dn_committer_start(dn_ledger *ledger, dn_blockstore *ordered, const char *name,
                                 dn_committer **out, heddle_error *err)
{
    dn_committer *committer = base_calloc(1, sizeof(*committer));
    if (!committer)
        return base_fail_memory(err, "committer");
    *committer = (dn_committer){.ledger = ledger, .ordered = ordered, .name = name};
    if (pthread_create(&committer->thread, NULL, run, committer) != 0) {
        base_free(committer);
        return base_fail(err, HEDDLE_E_IO, "cannot start a thread for the committer");
    }
    *out = committer;
    return HEDDLE_OK;
}

void dn_committer_stop(dn_committer *committer)
{
    if (!committer)
        return;
    pthread_join(committer->thread, NULL);
    base_free(committer);
}
