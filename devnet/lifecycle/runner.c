#include "devnet/lifecycle/runner.h"

#include "base/fail.h"
#include "devnet/lifecycle/record.h"

/* In the namespace of a chaincode: the version that was initialised. */
#define INITIALIZED_KEY "\x00\xf4\x8f\xbf\xbfinitialized"

static const dn_install *find_install(dn_installs *installs, const dn_definition *d)
{
    return d->has_source ? dn_installs_source(installs, d->source_hash) : NULL;
}

bool dn_runner_exists(dn_installs *installs, const dn_definition *definition)
{
    return definition->is_approved && (definition->is_served || find_install(installs, definition));
}

/* A transaction does not outlive the definition that it ran under. */
static heddle_status note_definition(dn_txn *txn, const char *name, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    int64_t sequence;
    if (!arena)
        return base_fail_memory(err, "chaincode definition");
    dn_record_place place = {.sim = dn_txn_acquire(txn), .arena = arena};
    if (!place.sim)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the simulation is over");
    heddle_status status = dn_record_read_sequence(&place, name, &sequence, err);
    dn_txn_release(txn);
    return status;
}

heddle_status dn_runner_find(dn_installs *installs, dn_txn *txn, const char *name, dn_runner *out,
                             heddle_error *err)
{
    const dn_definition *d = dn_definitions_find(dn_txn_definitions(txn), heddle_view_str(name));
    BASE_TRY(note_definition(txn, name, err));
    if (!d)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "chaincode %s not found", name);
    if (!d->is_approved)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "chaincode definition for '%s' at sequence %llu on channel '%s' has not "
                         "yet been approved by this org",
                         name, (unsigned long long)d->sequence, dn_txn_channel(txn));
    dn_runner made = {.definition = d, .install = find_install(installs, d)};
    if (!made.install && !d->is_served)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "chaincode definition for '%s' exists, but chaincode is not installed",
                         name);
    *out = made;
    return HEDDLE_OK;
}

static heddle_status check_init(const dn_definition *d, dn_sim *sim, bool is_init,
                                heddle_error *err)
{
    heddle_view name = heddle_view_str(d->name), version = heddle_view_str(d->version), value;
    bool found = false, needs_init = false;
    if (d->init_required) {
        BASE_TRY(dn_sim_get(sim, name, VIEW(INITIALIZED_KEY), &value, &found, err));
        needs_init = !base_view_equal(value, version);
    }
    if (!is_init && needs_init)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "chaincode '%s' has not been initialized for this version, must call as "
                         "init first",
                         d->name);
    if (!is_init)
        return HEDDLE_OK;
    if (!d->init_required)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "chaincode '%s' does not require initialization but called as init",
                         d->name);
    if (!needs_init)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "chaincode '%s' is already initialized but called as init", d->name);
    return dn_sim_put(sim, name, VIEW(INITIALIZED_KEY), version, err);
}

heddle_status dn_runner_check_init(const dn_definition *definition, dn_txn *txn, bool is_init,
                                   heddle_error *err)
{
    dn_sim *sim = dn_txn_acquire(txn);
    if (!sim)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the simulation is over");
    heddle_status status = check_init(definition, sim, is_init, err);
    dn_txn_release(txn);
    return status;
}
