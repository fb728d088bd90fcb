#include "devnet/peer/local.h"

#include "base/clock.h"
#include "base/fail.h"
#include "devnet/genesis/genesis.h"
#include "devnet/peer/members.h"
#include "devnet/peer/support.h"

static heddle_status make_bundle(dn_local *local, const dn_org *org, heddle_error *err)
{
    base_auto_buffer base_buffer config = {0};
    BASE_TRY(dn_genesis_make_local(org, &config, err));
    return wire_bundle_from_config(base_buffer_view(&config), "", &local->bundle, err);
}

heddle_status dn_local_init(dn_local *local, const dn_node *node, const dn_org *org,
                            dn_faults *faults, const char *dir, heddle_error *err)
{
    base_wall_time now = base_wall_now();
    *local = (dn_local){.node = node, .faults = faults};
    local->started_ns = (uint64_t)now.seconds * 1000000000 + (uint64_t)now.nanos;
    pthread_mutex_init(&local->lock, NULL);
    BASE_TRY(dn_signer_load(node->msp_dir, node->msp_id, &local->signer, err));
    BASE_TRY(dn_installs_open(dir, &local->installs, err));
    return make_bundle(local, org, err);
}

void dn_local_done(dn_local *local)
{
    for (size_t i = 0; i < local->core_count; i++)
        dn_core_free(local->cores[i]);
    base_free(local->cores);
    dn_members_free(local->members);
    dn_support_free(local->support);
    dn_installs_close(local->installs);
    wire_bundle_unref(local->bundle);
    dn_signer_free(local->signer);
    pthread_mutex_destroy(&local->lock);
}

/** The lock, also of one that is only read. */
static pthread_mutex_t *lock_of(const dn_local *local)
{
    return (pthread_mutex_t *)(uintptr_t)&local->lock;
}

heddle_status dn_local_add(dn_local *local, dn_core *core, heddle_error *err)
{
    pthread_mutex_lock(&local->lock);
    dn_core **grown = base_realloc(local->cores, (local->core_count + 1) * sizeof(dn_core *));
    if (grown) {
        local->cores = grown;
        grown[local->core_count++] = core;
    }
    pthread_mutex_unlock(&local->lock);
    return grown ? HEDDLE_OK : base_fail_memory(err, "channel");
}

dn_core *dn_local_find(const dn_local *local, heddle_view name)
{
    dn_core *found = NULL;
    pthread_mutex_lock(lock_of(local));
    for (size_t i = 0; i < local->core_count && !found; i++) {
        if (base_view_is(name, local->cores[i]->channel->name))
            found = local->cores[i];
    }
    pthread_mutex_unlock(lock_of(local));
    return found;
}

dn_core *dn_local_at(const dn_local *local, size_t index)
{
    pthread_mutex_lock(lock_of(local));
    dn_core *found = index < local->core_count ? local->cores[index] : NULL;
    pthread_mutex_unlock(lock_of(local));
    return found;
}
