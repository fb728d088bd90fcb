/*
 * The minimal sets of principals that satisfy a policy.
 *
 * A set is a sorted multiset of positions in policy->identities; equal principals go by the
 * first position. The sets of "n of these rules" are grown rule by rule: of[k] holds the sets
 * that satisfy k of the rules seen so far.
 */
#include <stdlib.h>

#include "base/fail.h"
#include "wire/policy.h"

enum { MAX_SETS = 1000, MAX_RULES = 256 };

typedef struct set_list {
    wire_principal_set *items;
    size_t count;
    size_t cap;
} set_list;

typedef struct set_finder {
    const Common__SignaturePolicyEnvelope *policy;
    base_arena *arena;
    heddle_error *err;
} set_finder;

static heddle_status too_many(set_finder *f)
{
    return base_fail(f->err, HEDDLE_E_TOO_LARGE, "the policy can be satisfied in more than %d ways",
                     MAX_SETS);
}

/* Whether every member of @p inner is in @p outer, as often as it is in @p inner. */
static bool is_within(wire_principal_set inner, wire_principal_set outer)
{
    size_t at = 0;
    for (size_t i = 0; i < inner.count; i++) {
        while (at < outer.count && outer.principals[at] < inner.principals[i])
            at++;
        if (at == outer.count || outer.principals[at] != inner.principals[i])
            return false;
        at++;
    }
    return true;
}

/* Add unless a set in the list is within it; drop the sets that it is within. */
static heddle_status list_add(set_finder *f, set_list *list, wire_principal_set set)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (is_within(list->items[i], set))
            return HEDDLE_OK;
    for (size_t i = 0; i < list->count; i++)
        if (!is_within(set, list->items[i]))
            list->items[kept++] = list->items[i];
    list->count = kept;
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        wire_principal_set *items = base_arena_zalloc(f->arena, cap, sizeof(*items));
        if (!items)
            return base_arena_fail(f->arena, f->err, "policy sets");
        if (list->count)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    if (list->count == MAX_SETS)
        return too_many(f);
    list->items[list->count++] = set;
    return HEDDLE_OK;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static heddle_status join(set_finder *f, wire_principal_set a, wire_principal_set b,
                          wire_principal_set *out)
{
    uint32_t *principals = base_arena_zalloc(f->arena, a.count + b.count + 1, sizeof(uint32_t));
    if (!principals)
        return base_arena_fail(f->arena, f->err, "policy sets");
    if (a.count)
        memcpy(principals, a.principals, a.count * sizeof(uint32_t));
    if (b.count)
        memcpy(principals + a.count, b.principals, b.count * sizeof(uint32_t));
    qsort(principals, a.count + b.count, sizeof(uint32_t), compare_u32);
    *out = (wire_principal_set){principals, a.count + b.count};
    return HEDDLE_OK;
}

static heddle_status list_multiply(set_finder *f, const set_list *a, const set_list *b,
                                   set_list *out)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            wire_principal_set both;
            BASE_TRY(join(f, a->items[i], b->items[j], &both));
            BASE_TRY(list_add(f, out, both));
        }
    }
    return HEDDLE_OK;
}

static uint32_t first_equal(const Common__SignaturePolicyEnvelope *policy, int32_t principal)
{
    const Common__MSPPrincipal *wanted = policy->identities[principal];
    uint32_t i = 0;
    while (
        policy->identities[i]->principal_classification != wanted->principal_classification ||
        !base_view_equal(wire_view(policy->identities[i]->principal), wire_view(wanted->principal)))
        i++;
    return i;
}

static heddle_status rule_sets(set_finder *f, const Common__SignaturePolicy *rule, set_list *out);

static heddle_status gate_sets(set_finder *f, const Common__SignaturePolicy__NOutOf *gate,
                               set_list *out)
{
    if (gate->n > 0 && (size_t)gate->n > gate->n_rules)
        return HEDDLE_OK;
    if (gate->n_rules > MAX_RULES)
        return too_many(f);
    size_t n = gate->n > 0 ? (size_t)gate->n : 0;
    set_list *of = base_arena_zalloc(f->arena, n + 1, sizeof(*of));
    if (!of)
        return base_arena_fail(f->arena, f->err, "policy sets");
    BASE_TRY(list_add(f, &of[0], (wire_principal_set){NULL, 0}));
    for (size_t i = 0; i < gate->n_rules; i++) {
        set_list sets = {0};
        BASE_TRY(rule_sets(f, gate->rules[i], &sets));
        for (size_t k = i + 1 < n ? i + 1 : n; k > 0; k--)
            BASE_TRY(list_multiply(f, &of[k - 1], &sets, &of[k]));
    }
    *out = of[n];
    return HEDDLE_OK;
}

static heddle_status rule_sets(set_finder *f, const Common__SignaturePolicy *rule, set_list *out)
{
    if (rule->type_case == COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF)
        return gate_sets(f, rule->n_out_of, out);
    uint32_t *principal = base_arena_alloc(f->arena, sizeof(*principal));
    if (!principal)
        return base_arena_fail(f->arena, f->err, "policy sets");
    *principal = first_equal(f->policy, rule->signed_by);
    return list_add(f, out, (wire_principal_set){principal, 1});
}

heddle_status wire_policy_sets(const Common__SignaturePolicyEnvelope *policy, base_arena *arena,
                               wire_principal_set **out, size_t *out_count, heddle_error *err)
{
    set_finder f = {policy, arena, err};
    set_list sets = {0};
    BASE_TRY(rule_sets(&f, policy->rule, &sets));
    *out = sets.items;
    *out_count = sets.count;
    return HEDDLE_OK;
}
