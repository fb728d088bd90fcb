#include "devnet/peer/disagree.h"

#include "base/fail.h"
#include "base/view.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb-c.h"
#include "ledger/rwset/rwset.pb-c.h"
#include "wire/codec.h"

/** What was there, and which peer says otherwise. */
static heddle_status alter_bytes(const dn_local *local, heddle_view bytes, base_arena *arena,
                                 heddle_view *out, heddle_error *err)
{
    char *text = base_arena_printf(arena, "%.*s, says %s", BASE_VIEW_ARG(bytes), local->node->name);
    if (!text)
        return base_arena_fail(arena, err, "a fault");
    *out = heddle_view_str(text);
    return HEDDLE_OK;
}

static heddle_status alter_write(const dn_local *local, Kvrwset__KVRWSet *set, base_arena *arena,
                                 heddle_error *err)
{
    heddle_view value = VIEW("");
    if (!set->n_writes) {
        set->writes = base_arena_zalloc(arena, 1, sizeof(*set->writes));
        Kvrwset__KVWrite *made = wire_new(kvrwset__kvwrite, arena);
        if (!set->writes || !made)
            return base_arena_fail(arena, err, "a fault");
        made->key = wire_bytes(VIEW("fault"));
        set->writes[set->n_writes++] = made;
    }
    Kvrwset__KVWrite *write = set->writes[0];
    BASE_TRY(alter_bytes(local, wire_view(write->value), arena, &value, err));
    write->is_delete = 0;
    write->value = wire_bytes(value);
    return HEDDLE_OK;
}

static Rwset__NsReadWriteSet *namespace_of(const Rwset__TxReadWriteSet *results, heddle_view name)
{
    for (size_t i = 0; i < results->n_ns_rwset; i++) {
        if (base_view_is(name, results->ns_rwset[i]->namespace_))
            return results->ns_rwset[i];
    }
    return NULL;
}

static heddle_status alter_results(const dn_local *local, wire_endorsed *endorsed,
                                   base_arena *arena, heddle_error *err)
{
    Rwset__TxReadWriteSet *results;
    Kvrwset__KVRWSet *set;
    heddle_view bytes;
    BASE_TRY(wire_decode(rwset__tx_read_write_set, endorsed->results, arena, &results, err));
    Rwset__NsReadWriteSet *ns = namespace_of(results, endorsed->chaincode);
    if (!ns)
        return alter_bytes(local, endorsed->result, arena, &endorsed->result, err);
    BASE_TRY(wire_decode(kvrwset__kvrwset, wire_view(ns->rwset), arena, &set, err));
    BASE_TRY(alter_write(local, set, arena, err));
    BASE_TRY(wire_encode_arena(&set->base, arena, &bytes, err));
    ns->rwset = wire_bytes(bytes);
    return wire_encode_arena(&results->base, arena, &endorsed->results, err);
}

heddle_status dn_disagree(const dn_local *local, wire_endorsed *endorsed, base_arena *arena,
                          heddle_error *err)
{
    dn_fault fault;
    if (!dn_faults_meet(local->faults, local->node->name, "ProcessProposal", DN_FAULT_BIT(DISAGREE),
                        DN_FAULT_UNARY, &fault))
        return HEDDLE_OK;
    if (!strcmp(fault.text, "response"))
        return alter_bytes(local, endorsed->result, arena, &endorsed->result, err);
    return alter_results(local, endorsed, arena, err);
}
