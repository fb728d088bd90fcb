#include "devnet/peer/layout.h"

#include <stdio.h>

#include "base/fail.h"

enum { MAX_GROUPS = 64, MAX_SETS = 1000 };

/* A principal that occurs in some policy, and who satisfies it. */
typedef struct group {
    const Common__MSPPrincipal *principal;
    uint32_t peer_count;
    bool *peers; /* by the index of the member */
    char name[8];
    bool is_used;
} group;

/* How many of each group; a set of principals. */
typedef struct combination {
    uint32_t need[MAX_GROUPS];
} combination;

typedef struct builder {
    const dn_members *members;
    const dn_definitions *definitions;
    base_arena *arena;
    group groups[MAX_GROUPS];
    size_t group_count;
    combination *sets;
    size_t set_count;
    bool *excluded; /* members that cannot endorse, whatever the policies say */
    const wire_bundle *bundle;
} builder;

static heddle_status no_memory(const builder *b, heddle_error *err)
{
    return base_arena_fail(b->arena, err, "layouts");
}

static bool same_principal(const Common__MSPPrincipal *a, const Common__MSPPrincipal *b)
{
    return a->principal_classification == b->principal_classification &&
           base_view_equal(wire_view(a->principal), wire_view(b->principal));
}

static heddle_status group_of(builder *b, const Common__MSPPrincipal *principal, size_t *out,
                              heddle_error *err)
{
    for (size_t i = 0; i < b->group_count; i++) {
        if (same_principal(b->groups[i].principal, principal)) {
            *out = i;
            return HEDDLE_OK;
        }
    }
    if (b->group_count == MAX_GROUPS)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d principals", MAX_GROUPS);
    group *g = &b->groups[b->group_count];
    g->principal = principal;
    g->peers = base_arena_zalloc(b->arena, b->members->count + 1, sizeof(bool));
    if (!g->peers)
        return no_memory(b, err);
    for (size_t i = 0; i < b->members->count; i++) {
        g->peers[i] = !b->excluded[i] && wire_identity_satisfies(b->members->items[i].identity,
                                                                 principal, NULL) == HEDDLE_OK;
        g->peer_count += g->peers[i];
    }
    snprintf(g->name, sizeof(g->name), "G%zu", b->group_count);
    *out = b->group_count++;
    return HEDDLE_OK;
}

static heddle_status read_set(builder *b, const Common__SignaturePolicyEnvelope *policy,
                              const wire_principal_set *set, combination *out, heddle_error *err)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < set->count; i++) {
        size_t g = 0;
        BASE_TRY(group_of(b, policy->identities[set->principals[i]], &g, err));
        out->need[g]++;
    }
    return HEDDLE_OK;
}

/* One peer may serve two policies, so of equal principals the greater number counts. */
static void join(const combination *a, const combination *with, combination *out)
{
    for (size_t g = 0; g < MAX_GROUPS; g++)
        out->need[g] = a->need[g] > with->need[g] ? a->need[g] : with->need[g];
}

static bool covers(const combination *a, const combination *b)
{
    for (size_t g = 0; g < MAX_GROUPS; g++) {
        if (a->need[g] < b->need[g])
            return false;
    }
    return true;
}

/* Add a set unless a smaller one is there; drop those that it makes superfluous. */
static void add_set(combination *sets, size_t *count, const combination *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (covers(set, &sets[i]))
            return;
    }
    for (size_t i = 0; i < *count; i++) {
        if (!covers(&sets[i], set))
            sets[kept++] = sets[i];
    }
    sets[kept++] = *set;
    *count = kept;
}

/* Join every set so far with every set of @p policy. */
static heddle_status add_policy(builder *b, const Common__SignaturePolicyEnvelope *policy,
                                heddle_error *err)
{
    wire_principal_set *sets;
    size_t count;
    BASE_TRY(wire_policy_sets(policy, b->arena, &sets, &count, err));
    size_t before = b->set_count ? b->set_count : 1, made = 0;
    if (count > MAX_SETS || before * count > MAX_SETS)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d combinations", MAX_SETS);
    combination *joined = base_arena_zalloc(b->arena, before * count + 1, sizeof(*joined));
    if (!joined)
        return no_memory(b, err);
    for (size_t i = 0; i < count; i++) {
        combination set, both;
        BASE_TRY(read_set(b, policy, &sets[i], &set, err));
        for (size_t k = 0; k < before; k++) {
            if (b->set_count)
                join(&b->sets[k], &set, &both);
            else
                both = set;
            add_set(joined, &made, &both);
        }
    }
    b->sets = joined;
    b->set_count = made;
    return made ? HEDDLE_OK
                : base_fail(err, HEDDLE_E_POLICY, "endorsement policy cannot be satisfied");
}

static heddle_status add_policy_of(builder *b, const dn_policy *policy, heddle_error *err)
{
    const Common__SignaturePolicyEnvelope *signature = policy->signature;
    if (!signature)
        BASE_TRY(wire_bundle_flatten(b->bundle, policy->path, b->arena, &signature, err));
    return add_policy(b, signature, err);
}

/* The policies of a call: its collections' own; the namespace's where a collection has none, or
 * where no collection is named. */
typedef struct call_policies {
    const dn_policy **items;
    size_t count;
} call_policies;

static void add_once(call_policies *list, const dn_policy *policy)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == policy)
            return;
    }
    list->items[list->count++] = policy;
}

/* An organisation's own collection is endorsed by any member, as discovery sees it. */
static heddle_status own_policy(const builder *b, const dn_collection *c, const dn_policy **out,
                                heddle_error *err)
{
    dn_policy *made = base_arena_zalloc(b->arena, 1, sizeof(*made));
    if (!made)
        return no_memory(b, err);
    made->signature = c->members;
    *out = made;
    return HEDDLE_OK;
}

static heddle_status list_policies(const builder *b, const Protos__ChaincodeCall *call,
                                   const dn_definition *d, call_policies *out, heddle_error *err)
{
    const dn_definitions *definitions = b->definitions;
    out->items = base_arena_zalloc(b->arena, call->n_collection_names + 1, sizeof(*out->items));
    if (!out->items)
        return no_memory(b, err);
    for (size_t i = 0; i < call->n_collection_names; i++) {
        const dn_collection *c = dn_definitions_collection(
            definitions, heddle_view_str(call->name), heddle_view_str(call->collection_names[i]));
        const dn_policy *policy = &d->policy;
        if (c && c->owner)
            BASE_TRY(own_policy(b, c, &policy, err));
        else if (c && (c->policy.path || c->policy.signature))
            policy = &c->policy;
        add_once(out, policy);
    }
    if (!call->n_collection_names)
        add_once(out, &d->policy);
    return HEDDLE_OK;
}

static heddle_status find_definition(const builder *b, const Protos__ChaincodeCall *call,
                                     const dn_definition **out, heddle_error *err)
{
    const dn_core *core = b->members->core;
    *out = dn_definitions_find(b->definitions, heddle_view_str(call->name));
    if (*out)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_NOT_FOUND,
                     "No metadata was found for chaincode %s in channel %s", call->name,
                     core->channel->name);
}

/* The first of the policies is disregarded where those of keys are enough. */
static heddle_status add_call(builder *b, const Protos__ChaincodeCall *call, heddle_error *err)
{
    const dn_definition *d = NULL;
    call_policies policies = {0};
    BASE_TRY(find_definition(b, call, &d, err));
    BASE_TRY(list_policies(b, call, d, &policies, err));
    if (call->disregard_namespace_policy && !call->n_key_policies && policies.count == 1)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "requested to disregard chaincode %s's policy but key and collection "
                         "policies are missing",
                         call->name);
    for (size_t i = call->disregard_namespace_policy ? 1 : 0; i < policies.count; i++)
        BASE_TRY(add_policy_of(b, policies.items[i], err));
    for (size_t i = 0; i < call->n_key_policies; i++) {
        BASE_TRY(wire_policy_check(call->key_policies[i], err));
        BASE_TRY(add_policy(b, call->key_policies[i], err));
    }
    return HEDDLE_OK;
}

static bool has_enough_peers(const builder *b, const combination *set)
{
    for (size_t g = 0; g < b->group_count; g++) {
        if (set->need[g] > b->groups[g].peer_count)
            return false;
    }
    return true;
}

static heddle_status write_layout(builder *b, const combination *set, Discovery__Layout **out,
                                  heddle_error *err)
{
    Discovery__Layout *layout = wire_new(discovery__layout, b->arena);
    if (!layout)
        return no_memory(b, err);
    layout->quantities_by_group =
        base_arena_zalloc(b->arena, b->group_count + 1, sizeof(*layout->quantities_by_group));
    if (!layout->quantities_by_group)
        return no_memory(b, err);
    for (size_t g = 0; g < b->group_count; g++) {
        if (!set->need[g])
            continue;
        Discovery__Layout__QuantitiesByGroupEntry *entry =
            wire_new(discovery__layout__quantities_by_group_entry, b->arena);
        if (!entry)
            return no_memory(b, err);
        entry->key = b->groups[g].name;
        entry->value = set->need[g];
        b->groups[g].is_used = true;
        layout->quantities_by_group[layout->n_quantities_by_group++] = entry;
    }
    *out = layout;
    return HEDDLE_OK;
}

static heddle_status write_layouts(builder *b, Discovery__EndorsementDescriptor *out,
                                   heddle_error *err)
{
    out->layouts = base_arena_zalloc(b->arena, b->set_count + 1, sizeof(*out->layouts));
    if (!out->layouts)
        return no_memory(b, err);
    for (size_t i = 0; i < b->set_count; i++) {
        if (has_enough_peers(b, &b->sets[i]))
            BASE_TRY(write_layout(b, &b->sets[i], &out->layouts[out->n_layouts++], err));
    }
    if (!out->n_layouts)
        return base_fail(err, HEDDLE_E_POLICY,
                         "no peer combination can satisfy the endorsement policy");
    return HEDDLE_OK;
}

static heddle_status write_peers(const builder *b, const group *g, Discovery__Peers **out,
                                 heddle_error *err)
{
    Discovery__Peers *peers = wire_new(discovery__peers, b->arena);
    if (!peers)
        return no_memory(b, err);
    peers->peers = base_arena_zalloc(b->arena, g->peer_count + 1, sizeof(*peers->peers));
    if (!peers->peers)
        return no_memory(b, err);
    for (size_t i = 0; i < b->members->count; i++) {
        if (!g->peers[i])
            continue;
        BASE_TRY(
            dn_member_describe(b->members, i, true, b->arena, &peers->peers[peers->n_peers], err));
        peers->n_peers++;
    }
    *out = peers;
    return HEDDLE_OK;
}

static heddle_status write_groups(builder *b, Discovery__EndorsementDescriptor *out,
                                  heddle_error *err)
{
    out->endorsers_by_groups =
        base_arena_zalloc(b->arena, b->group_count + 1, sizeof(*out->endorsers_by_groups));
    if (!out->endorsers_by_groups)
        return no_memory(b, err);
    for (size_t g = 0; g < b->group_count; g++) {
        if (!b->groups[g].is_used)
            continue;
        Discovery__EndorsementDescriptor__EndorsersByGroupsEntry *entry =
            wire_new(discovery__endorsement_descriptor__endorsers_by_groups_entry, b->arena);
        if (!entry)
            return no_memory(b, err);
        entry->key = b->groups[g].name;
        BASE_TRY(write_peers(b, &b->groups[g], &entry->value, err));
        out->endorsers_by_groups[out->n_endorsers_by_groups++] = entry;
    }
    return HEDDLE_OK;
}

/* Whoever reads private data has to have it: be of the organisations of every collection read. */
static heddle_status exclude(const dn_members *members, const dn_definitions *definitions,
                             const Protos__ChaincodeCall *call, bool *excluded, heddle_error *err)
{
    for (size_t k = 0; k < members->count; k++)
        excluded[k] = excluded[k] || !dn_member_runs(members, k, heddle_view_str(call->name));
    for (size_t i = 0; !call->no_private_reads && i < call->n_collection_names; i++) {
        const char *name = call->collection_names[i];
        const dn_collection *c = dn_definitions_collection(definitions, heddle_view_str(call->name),
                                                           heddle_view_str(name));
        if (!c)
            return base_fail(err, HEDDLE_E_NOT_FOUND,
                             "collection %s doesn't exist in collection config for chaincode %s",
                             name, call->name);
        for (size_t k = 0; k < members->count; k++)
            excluded[k] =
                excluded[k] || !dn_collection_has_principal(c, members->items[k].identity);
    }
    return HEDDLE_OK;
}

heddle_status dn_layouts_exclude(const dn_members *members, const dn_definitions *definitions,
                                 const Protos__ChaincodeInterest *interest, base_arena *arena,
                                 bool **out, heddle_error *err)
{
    bool *excluded = base_arena_zalloc(arena, members->count + 1, sizeof(*excluded));
    if (!excluded)
        return base_arena_fail(arena, err, "layouts");
    for (size_t i = 0; i < members->count; i++)
        excluded[i] = !dn_member_is_joined(members, i);
    for (size_t i = 0; interest && i < interest->n_chaincodes; i++)
        BASE_TRY(exclude(members, definitions, interest->chaincodes[i], excluded, err));
    *out = excluded;
    return HEDDLE_OK;
}

heddle_status dn_layouts_compute(const dn_members *members, const wire_bundle *bundle,
                                 const dn_definitions *definitions,
                                 const Protos__ChaincodeInterest *interest, base_arena *arena,
                                 Discovery__EndorsementDescriptor **out, heddle_error *err)
{
    builder *b = base_arena_zalloc(arena, 1, sizeof(*b));
    Discovery__EndorsementDescriptor *made = wire_new(discovery__endorsement_descriptor, arena);
    if (!b || !made)
        return base_arena_fail(arena, err, "layouts");
    b->members = members;
    b->bundle = bundle;
    b->definitions = definitions;
    b->arena = arena;
    BASE_TRY(dn_layouts_exclude(members, definitions, interest, arena, &b->excluded, err));
    for (size_t i = 0; i < interest->n_chaincodes; i++)
        BASE_TRY(add_call(b, interest->chaincodes[i], err));
    made->chaincode = interest->chaincodes[0]->name;
    BASE_TRY(write_layouts(b, made, err));
    BASE_TRY(write_groups(b, made, err));
    *out = made;
    return HEDDLE_OK;
}
