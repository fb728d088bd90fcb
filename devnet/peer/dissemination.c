#include "devnet/peer/dissemination.h"

#include "base/fail.h"
#include "base/log.h"
#include "base/map.h"
#include "devnet/peer/peer.h"

enum { TRANSIENT_BLOCKS = 1000, MAX_PEERS = 128 };

static bool is_self(const dn_core *core, const dn_member *member)
{
    return !strcmp(member->endpoint->name, core->node->name);
}

static bool is_away(const dn_core *core, const char *name)
{
    dn_fault fault;
    return dn_faults_stand(core->channel->faults, name, DN_FAULT_AWAY, &fault);
}

/* The members' peers that could take a part, in an order that differs from transaction to
 * transaction. */
typedef struct candidates {
    size_t peers[MAX_PEERS]; /* indices of members */
    size_t count;
} candidates;

static void find_candidates(const dn_core *core, const dn_collection *c, heddle_view tx_id,
                            candidates *out)
{
    const dn_members *members = core->members;
    size_t first = members->count ? base_hash(tx_id) % members->count : 0;
    out->count = 0;
    for (size_t i = 0; i < members->count && out->count < MAX_PEERS; i++) {
        size_t at = (first + i) % members->count;
        const dn_member *member = &members->items[at];
        if (!is_self(core, member) && !is_away(core, member->endpoint->name) &&
            dn_member_is_joined(members, at) && dn_collection_has_member(c, member->identity))
            out->peers[out->count++] = at;
    }
}

static bool is_first_of_org(const dn_core *core, const candidates *from, size_t at)
{
    const dn_member *items = core->members->items;
    const char *org = items[from->peers[at]].endpoint->msp_id;
    for (size_t i = 0; i < at; i++) {
        if (!strcmp(items[from->peers[i]].endpoint->msp_id, org))
            return false;
    }
    return true;
}

static heddle_status give(const dn_core *core, size_t peer, heddle_view tx_id,
                          const dn_private_part *part, heddle_error *err)
{
    const dn_core *to =
        dn_peer_find(core->topology->nodes[peer], heddle_view_str(core->channel->name));
    if (!to)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "the peer is not on the channel");
    return dn_transient_put(to->transient, tx_id, dn_ledger_height(core->ledger), part, 1, err);
}

static heddle_status give_to(const dn_core *core, const candidates *to, size_t most,
                             heddle_view tx_id, const dn_private_part *part, heddle_error *err)
{
    size_t given = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < to->count && given < most; i++) {
            if (is_first_of_org(core, to, i) != (round == 0))
                continue;
            BASE_TRY(give(core, to->peers[i], tx_id, part, err));
            given++;
        }
    }
    return HEDDLE_OK;
}

/* An organisation's own collection goes to one more peer of it, and to none of the others'. */
static size_t most_peers(const dn_core *core, const dn_collection *c)
{
    if (c->owner && strcmp(c->owner, core->node->msp_id) != 0)
        return 0;
    return c->max_peer_count;
}

static heddle_status disseminate_part(const dn_core *core, const dn_definitions *definitions,
                                      heddle_view tx_id, const dn_private_part *part,
                                      heddle_error *err)
{
    candidates to;
    const dn_collection *c = dn_definitions_collection(definitions, part->ns, part->coll);
    if (!c)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no configuration for collection%.*s found",
                         BASE_VIEW_ARG(part->coll));
    find_candidates(core, c, tx_id, &to);
    if (to.count < c->required_peer_count)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "could not build private data dissemination plan for chaincode %.*s and "
                         "collection %.*s: required to disseminate to at least %u peers, but know "
                         "of only %zu eligible peers",
                         BASE_VIEW_ARG(part->ns), BASE_VIEW_ARG(part->coll), c->required_peer_count,
                         to.count);
    return give_to(core, &to, most_peers(core, c), tx_id, part, err);
}

heddle_status dn_disseminate(const dn_core *core, const dn_definitions *definitions,
                             heddle_view tx_id, const dn_private_part *parts, size_t count,
                             heddle_error *err)
{
    for (size_t i = 0; i < count; i++) {
        heddle_status status = disseminate_part(core, definitions, tx_id, &parts[i], err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "failed to distribute private collection, txID %.*s, channel %s",
                              BASE_VIEW_ARG(tx_id), core->channel->name);
            return status;
        }
    }
    return dn_transient_put(core->transient, tx_id, dn_ledger_height(core->ledger), parts, count,
                            err);
}

static heddle_status ask(const dn_private_want *want, dn_transient *transient,
                         dn_private_store *store, base_buffer *out, heddle_error *err)
{
    heddle_status status = dn_transient_find(transient, want->tx_id, want->ns, want->coll->name,
                                             want->coll->pvt_rwset_hash, out, err);
    if (status == HEDDLE_E_NOT_FOUND && store)
        status = dn_private_store_find(store, want->place, want->ns, want->coll->name, out, err);
    return status;
}

heddle_status dn_dissemination_fetch(void *user, const dn_private_want *want, base_buffer *out,
                                     heddle_error *err)
{
    const dn_core *core = user;
    heddle_status status = ask(want, core->transient, NULL, out, err);
    if (!core->topology)
        return status;
    for (size_t i = 0; status == HEDDLE_E_NOT_FOUND && i < core->topology->peer_count; i++) {
        const dn_core *theirs =
            dn_peer_find(core->topology->nodes[i], heddle_view_str(core->channel->name));
        const char *name = core->topology->peers[i].name;
        if (theirs && theirs != core && !is_away(core, name))
            status = ask(want, theirs->transient, theirs->private_store, out, err);
    }
    return status;
}

/* Transactions that never came are forgotten after a while. */
void dn_dissemination_done(void *user, uint64_t number, const heddle_view *tx_ids, size_t count)
{
    const dn_core *core = user;
    heddle_error err;
    bool is_time = number > TRANSIENT_BLOCKS && number % TRANSIENT_BLOCKS == 0;
    if (dn_transient_forget(core->transient, tx_ids, count, is_time ? number - TRANSIENT_BLOCKS : 0,
                            &err) != HEDDLE_OK)
        log_at(LOG_WARN, "private", "transient data not forgotten",
               LOG_STR("peer", core->node->name), LOG_ERR(&err));
}
