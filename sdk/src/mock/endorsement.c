/* Endorsement policies at commit: of the chaincode, of collections, of keys. */
#include "base/fail.h"
#include "mock/commit.h"
#include "msp/msp_principal.pb-c.h"

/* The judgement over one chaincode's writes in one transaction. */
typedef struct judge {
    const heddle_cc_mock_tx *tx;
    const heddle_cc_mock *mock;
    const mock_chaincode *chaincode;
    const mock_table *changed;
    base_arena *arena;
    bool chaincode_checked;
    bool any_checked;
} judge;

typedef struct endorsers {
    const heddle_view *msp_ids;
    size_t count;
    base_arena *arena;
} endorsers;

static heddle_status list_orgs(const heddle_cc_mock *mock, base_arena *arena, heddle_view **out,
                               size_t *out_count, heddle_error *err)
{
    size_t count = 0;
    base_list_each (it, &mock->orgs)
        count++;
    heddle_view *list = base_arena_zalloc(arena, count + 1, sizeof(*list));
    if (!list)
        return base_arena_fail(arena, err, "endorsers");
    size_t i = 0;
    base_list_each (it, &mock->orgs)
        list[i++] = heddle_view_str(base_list_entry(it, mock_org, link)->msp_id);
    *out = list;
    *out_count = count;
    return HEDDLE_OK;
}

/* An endorser is a peer of its organisation, and so one of its members. */
static bool satisfies(const Common__MSPPrincipal *principal, size_t index, void *user)
{
    const endorsers *e = user;
    Common__MSPRole *role;
    if (principal->principal_classification != COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE ||
        wire_decode(common__msprole, wire_view(principal->principal), e->arena, &role, NULL) !=
            HEDDLE_OK)
        return false;
    return base_view_is(e->msp_ids[index], role->msp_identifier) &&
           (role->role == COMMON__MSPROLE__MSPROLE_TYPE__MEMBER ||
            role->role == COMMON__MSPROLE__MSPROLE_TYPE__PEER);
}

static heddle_status evaluate(const judge *j, const Common__SignaturePolicyEnvelope *policy,
                              heddle_error *err)
{
    heddle_view *list = NULL;
    endorsers e = {.arena = j->arena};
    if (!j->tx->endorsers) {
        BASE_TRY(list_orgs(j->mock, j->arena, &list, &e.count, err));
    } else {
        e.count = j->tx->endorser_count;
        list = base_arena_zalloc(j->arena, e.count + 1, sizeof(*list));
        if (!list)
            return base_arena_fail(j->arena, err, "endorsers");
        for (size_t i = 0; i < e.count; i++)
            list[i] = heddle_view_str(j->tx->endorsers[i]);
    }
    e.msp_ids = list;
    return wire_policy_evaluate(policy, e.count, satisfies, &e, err);
}

static heddle_status majority(const judge *j, const Common__SignaturePolicyEnvelope **out,
                              heddle_error *err)
{
    heddle_view *list = NULL;
    size_t count = 0;
    BASE_TRY(list_orgs(j->mock, j->arena, &list, &count, err));
    *out = wire_policy_n_of_roles(count / 2 + 1, list, count, CRYPTO_ROLE_PEER, j->arena);
    return *out ? HEDDLE_OK : base_arena_fail(j->arena, err, "endorsement policy");
}

static heddle_status check_chaincode(judge *j, heddle_error *err)
{
    const Common__SignaturePolicyEnvelope *policy = j->chaincode->policy;
    if (j->chaincode_checked)
        return HEDDLE_OK;
    if (!policy)
        BASE_TRY(majority(j, &policy, err));
    BASE_TRY(evaluate(j, policy, err));
    j->chaincode_checked = j->any_checked = true;
    return HEDDLE_OK;
}

static heddle_status check_collection(judge *j, heddle_view name, heddle_error *err)
{
    mock_collection found = {0};
    if (!mock_find_collection(j->mock, j->chaincode, name, &found))
        return base_fail(err, HEDDLE_E_POLICY, "no such collection '%.*s'", BASE_VIEW_ARG(name));
    if (found.owner) {
        heddle_view owner = heddle_view_str(found.owner);
        found.policy = wire_policy_n_of_roles(1, &owner, 1, CRYPTO_ROLE_PEER, j->arena);
        if (!found.policy)
            return base_arena_fail(j->arena, err, "endorsement policy");
    }
    if (!found.policy)
        return check_chaincode(j, err);
    BASE_TRY(evaluate(j, found.policy, err));
    j->any_checked = true;
    return HEDDLE_OK;
}

static heddle_status check_key(judge *j, const mock_place *at, heddle_error *err)
{
    const Common__SignaturePolicyEnvelope *policy = NULL;
    if (mock_table_get(j->changed, at))
        return base_fail(err, HEDDLE_E_POLICY,
                         "the validation parameter was changed earlier in the block");
    const mock_entry *entry = mock_table_get(&j->mock->state, at);
    if (!entry || !base_view_is(entry->meta_name, "VALIDATION_PARAMETER") || !entry->meta_value.len)
        return at->coll.len ? check_collection(j, at->coll, err) : check_chaincode(j, err);
    heddle_status st = wire_policy_read(entry->meta_value, j->arena, &policy, err);
    if (st == HEDDLE_E_NO_MEMORY)
        return st;
    if (st != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_POLICY, "the validation parameter is not a policy");
    BASE_TRY(evaluate(j, policy, err));
    j->any_checked = true;
    return HEDDLE_OK;
}

static heddle_status check_keys(judge *j, const mock_table *table, heddle_error *err)
{
    for (size_t i = 0; i < table->count; i++) {
        mock_place at = table->items[i]->at;
        if (!base_view_is(at.ns, j->chaincode->name))
            continue;
        if (at.kind == MOCK_CLEAR)
            BASE_TRY(mock_hashed(&at, j->arena, &at, err));
        BASE_TRY(check_key(j, &at, err));
    }
    return HEDDLE_OK;
}

/* The chaincode called counts also if it wrote nothing, every other one only if it did. */
heddle_status mock_check_endorsement(const heddle_cc_mock_tx *tx, const mock_table *changed,
                                     base_arena *arena, heddle_error *err)
{
    base_list_each (it, &tx->mock->chaincodes) {
        judge j = {.tx = tx,
                   .mock = tx->mock,
                   .chaincode = base_list_entry(it, mock_chaincode, link),
                   .changed = changed,
                   .arena = arena};
        BASE_TRY(check_keys(&j, &tx->sim.writes, err));
        BASE_TRY(check_keys(&j, &tx->sim.metas, err));
        if (j.chaincode == tx->chaincode && !j.any_checked)
            BASE_TRY(check_chaincode(&j, err));
    }
    return HEDDLE_OK;
}
