/*
 * Policies are decoded once, when the bundle is made, and found by their path. A node is one
 * policy; an implicit meta policy points to the nodes it asks, which are in its group's direct
 * subgroups and therefore made before it.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/map.h"
#include "wire/bundle_node.h"
#include "wire/identity.h"
#include "wire/signature_memory.h"

enum { SETTLED_LIMIT = 64u << 20, GROUP_DEPTH_MAX = 16 };

struct wire_bundle {
    atomic_uint refs;
    base_arena *arena;
    const wire_channel_config *config;
    base_map *msps;                /* MSP id to crypto_msp, each with a reference */
    base_map *policies;            /* path to policy_node in the arena */
    wire_signature_memory *memory; /* NULL: every signature is computed */
};

/* The valid identities of a set of signatures. */
typedef struct signer_set {
    crypto_identity *items[WIRE_POLICY_MAX_IDENTITIES];
    size_t count;
} signer_set;

static void release_msp(void *msp)
{
    crypto_msp_unref(msp);
}

static void free_bundle(wire_bundle *bundle)
{
    wire_signature_memory_unref(bundle->memory);
    base_map_free(bundle->policies, NULL);
    base_map_free(bundle->msps, release_msp);
    base_arena_free(bundle->arena);
    base_free(bundle);
}

wire_bundle *wire_bundle_ref(wire_bundle *bundle)
{
    atomic_fetch_add_explicit(&bundle->refs, 1, memory_order_relaxed);
    return bundle;
}

void wire_bundle_unref(wire_bundle *bundle)
{
    if (bundle && atomic_fetch_sub_explicit(&bundle->refs, 1, memory_order_acq_rel) == 1)
        free_bundle(bundle);
}

static wire_bundle *new_bundle(void)
{
    wire_bundle *bundle = base_calloc(1, sizeof(*bundle));
    if (!bundle)
        return NULL;
    atomic_init(&bundle->refs, 1);
    bundle->arena = base_arena_new(SETTLED_LIMIT);
    bundle->msps = base_map_new();
    bundle->policies = base_map_new();
    if (bundle->arena && bundle->msps && bundle->policies)
        return bundle;
    free_bundle(bundle);
    return NULL;
}

static heddle_status add_msp(wire_bundle *bundle, const wire_org *org, heddle_error *err)
{
    heddle_view name = heddle_view_str(org->mspid);
    if (base_map_get(bundle->msps, name))
        return HEDDLE_OK;
    crypto_msp *msp;
    bool ed25519 = wire_capability_has(bundle->config->capabilities, "V3_0");
    heddle_status status = wire_msp_new(org->msp, ed25519, &msp, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "organisation %s", org->name);
        return status;
    }
    status = base_map_put(bundle->msps, name, msp, NULL);
    if (status != HEDDLE_OK) {
        crypto_msp_unref(msp);
        return base_fail(err, status, "channel bundle");
    }
    return HEDDLE_OK;
}

static heddle_status add_msps(wire_bundle *bundle, const wire_org *orgs, size_t count,
                              heddle_error *err)
{
    for (size_t i = 0; i < count; i++)
        BASE_TRY(add_msp(bundle, &orgs[i], err));
    return HEDDLE_OK;
}

static size_t threshold_of(const Common__ImplicitMetaPolicy *policy, size_t count)
{
    if (count == 0)
        return 0;
    switch (policy->rule) {
    case COMMON__IMPLICIT_META_POLICY__RULE__ALL:
        return count;
    case COMMON__IMPLICIT_META_POLICY__RULE__MAJORITY:
        return count / 2 + 1;
    default:
        return 1;
    }
}

const policy_node *wire_bundle_find_node(const wire_bundle *bundle, const char *path)
{
    return base_map_get(bundle->policies, heddle_view_str(path));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* By name: in the bytes of a configuration the groups come in any order. */
static const char **sorted_subgroups(const Common__ConfigGroup *group, base_arena *arena)
{
    const char **names = base_arena_zalloc(arena, group->n_groups + 1, sizeof(*names));
    if (!names)
        return NULL;
    for (size_t i = 0; i < group->n_groups; i++)
        names[i] = group->groups[i]->key;
    qsort(names, group->n_groups, sizeof(*names), compare_names);
    return names;
}

static heddle_status find_subs(wire_bundle *bundle, const char *group_path,
                               const Common__ConfigGroup *group, policy_node *node,
                               heddle_error *err)
{
    const char **names = sorted_subgroups(group, bundle->arena);
    node->subs = base_arena_zalloc(bundle->arena, group->n_groups + 1, sizeof(*node->subs));
    if (!names || !node->subs)
        return base_arena_fail(bundle->arena, err, "policies");
    for (size_t i = 0; i < group->n_groups; i++) {
        char *path =
            base_arena_printf(bundle->arena, "%s/%s/%s", group_path, names[i], node->sub_policy);
        if (!path)
            return base_arena_fail(bundle->arena, err, "policies");
        node->subs[node->sub_count++] = wire_bundle_find_node(bundle, path);
    }
    return HEDDLE_OK;
}

static heddle_status fill_implicit(wire_bundle *bundle, const Common__Policy *policy,
                                   const char *group_path, const Common__ConfigGroup *group,
                                   policy_node *node, heddle_error *err)
{
    Common__ImplicitMetaPolicy *meta;
    BASE_TRY(wire_decode(common__implicit_meta_policy, wire_view(policy->value), bundle->arena,
                         &meta, err));
    if (meta->rule < COMMON__IMPLICIT_META_POLICY__RULE__ANY ||
        meta->rule > COMMON__IMPLICIT_META_POLICY__RULE__MAJORITY)
        return base_fail(err, HEDDLE_E_CONFIG, "no implicit rule has the number %d", meta->rule);
    node->sub_policy = meta->sub_policy;
    BASE_TRY(find_subs(bundle, group_path, group, node, err));
    node->threshold = threshold_of(meta, node->sub_count);
    return HEDDLE_OK;
}

static heddle_status fill_node(wire_bundle *bundle, const Common__Policy *policy,
                               const char *group_path, const Common__ConfigGroup *group,
                               policy_node *node, heddle_error *err)
{
    if (!policy)
        return base_fail(err, HEDDLE_E_CONFIG, "the policy is empty");
    switch (policy->type) {
    case COMMON__POLICY__POLICY_TYPE__SIGNATURE:
        return wire_policy_read(wire_view(policy->value), bundle->arena, &node->signature, err);
    case COMMON__POLICY__POLICY_TYPE__IMPLICIT_META:
        return fill_implicit(bundle, policy, group_path, group, node, err);
    default:
        return base_fail(err, HEDDLE_E_CONFIG, "no kind of policy has the number %d", policy->type);
    }
}

static heddle_status add_policies(wire_bundle *bundle, const char *group_path,
                                  const Common__ConfigGroup *group, heddle_error *err)
{
    for (size_t i = 0; i < group->n_policies; i++) {
        const Common__ConfigPolicy *policy = group->policies[i]->value;
        char *path = base_arena_printf(bundle->arena, "%s/%s", group_path, group->policies[i]->key);
        policy_node *node = base_arena_zalloc(bundle->arena, 1, sizeof(*node));
        if (!path || !node)
            return base_arena_fail(bundle->arena, err, "policies");
        heddle_status status =
            fill_node(bundle, policy ? policy->policy : NULL, group_path, group, node, err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "policy %s", path);
            return status;
        }
        status = base_map_put(bundle->policies, heddle_view_str(path), node, NULL);
        if (status != HEDDLE_OK)
            return base_fail(err, status, "policies");
    }
    return HEDDLE_OK;
}

static heddle_status add_group(wire_bundle *bundle, const char *path,
                               const Common__ConfigGroup *group, unsigned depth, heddle_error *err)
{
    if (depth > GROUP_DEPTH_MAX)
        return base_fail(err, HEDDLE_E_CONFIG, "configuration: groups nested more than %d deep",
                         GROUP_DEPTH_MAX);
    for (size_t i = 0; i < group->n_groups; i++) {
        char *below = base_arena_printf(bundle->arena, "%s/%s", path, group->groups[i]->key);
        if (!below)
            return base_arena_fail(bundle->arena, err, "policies");
        if (group->groups[i]->value)
            BASE_TRY(add_group(bundle, below, group->groups[i]->value, depth + 1, err));
    }
    return add_policies(bundle, path, group, err);
}

static heddle_status settle(wire_bundle *bundle, heddle_error *err)
{
    const wire_channel_config *config = bundle->config;
    BASE_TRY(add_msps(bundle, config->application_orgs, config->application_org_count, err));
    BASE_TRY(add_msps(bundle, config->orderer_orgs, config->orderer_org_count, err));
    return add_group(bundle, "/Channel", config->config->channel_group, 0, err);
}

heddle_status wire_bundle_from_block(heddle_view block, wire_bundle **out, heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *bundle = new_bundle();
    if (!bundle)
        return base_fail_memory(err, "channel bundle");
    BASE_TRY(wire_channel_config_from_block(block, bundle->arena, &bundle->config, err));
    BASE_TRY(settle(bundle, err));
    *out = base_steal(&bundle);
    return HEDDLE_OK;
}

heddle_status wire_bundle_from_config(heddle_view config, const char *channel, wire_bundle **out,
                                      heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *bundle = new_bundle();
    if (!bundle)
        return base_fail_memory(err, "channel bundle");
    BASE_TRY(wire_channel_config_from_config(config, channel, bundle->arena, &bundle->config, err));
    BASE_TRY(settle(bundle, err));
    *out = base_steal(&bundle);
    return HEDDLE_OK;
}

heddle_status wire_bundle_remember(wire_bundle *bundle, size_t count, heddle_error *err)
{
    if (!count || bundle->memory)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a memory for %zu signatures", count);
    bundle->memory = wire_signature_memory_new(count);
    return bundle->memory ? HEDDLE_OK : base_fail_memory(err, "signatures");
}

void wire_bundle_remember_with(wire_bundle *bundle, const wire_bundle *other)
{
    if (!bundle->memory && other->memory)
        bundle->memory = wire_signature_memory_ref(other->memory);
}

const wire_channel_config *wire_bundle_config(const wire_bundle *bundle)
{
    return bundle->config;
}

crypto_msp *wire_bundle_msp(const wire_bundle *bundle, heddle_view mspid)
{
    return base_map_get(bundle->msps, mspid);
}

heddle_status wire_bundle_identify(const wire_bundle *bundle, heddle_view identity,
                                   crypto_identity **out, heddle_error *err)
{
    wire_identity parts;
    heddle_status status = wire_identity_read(identity, &parts, err);
    if (status != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "the creator is malformed");
    crypto_msp *msp = wire_bundle_msp(bundle, parts.mspid);
    if (!msp)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "MSP %.*s is not known on channel %s",
                         (int)(parts.mspid.len > 80 ? 80 : parts.mspid.len),
                         (const char *)parts.mspid.data, bundle->config->channel);
    return crypto_msp_identify(msp, parts.cert, out, err);
}

static heddle_status compute_signature(const crypto_identity *identity, const wire_signed *set,
                                       heddle_error *err)
{
    if (set->data[1].len == 0)
        return crypto_identity_verify(identity, set->data[0], set->signature, err);
    base_auto_buffer base_buffer message = {0};
    heddle_status status = base_buffer_append(&message, set->data[0]);
    if (status == HEDDLE_OK)
        status = base_buffer_append(&message, set->data[1]);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "signed bytes");
    return crypto_identity_verify(identity, base_buffer_view(&message), set->signature, err);
}

static heddle_status verify_signature(const wire_bundle *bundle, const crypto_identity *identity,
                                      const wire_signed *set, heddle_error *err)
{
    uint8_t key[CRYPTO_SHA256_LEN];
    if (!bundle->memory || wire_signature_memory_key(set, key) != HEDDLE_OK)
        return compute_signature(identity, set, err);
    if (wire_signature_memory_has(bundle->memory, key))
        return HEDDLE_OK;
    BASE_TRY(compute_signature(identity, set, err));
    wire_signature_memory_put(bundle->memory, key);
    return HEDDLE_OK;
}

heddle_status wire_bundle_verify(const wire_bundle *bundle, const wire_signed *set,
                                 crypto_identity **out, heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    BASE_TRY(wire_bundle_identify(bundle, set->identity, &identity, err));
    BASE_TRY(verify_signature(bundle, identity, set, err));
    *out = base_steal(&identity);
    return HEDDLE_OK;
}

static bool is_same(const crypto_identity *a, const crypto_identity *b)
{
    return crypto_identity_msp(a) == crypto_identity_msp(b) &&
           crypto_cert_equal(crypto_identity_cert(a), crypto_identity_cert(b));
}

static bool has_signer(const signer_set *signers, const crypto_identity *identity)
{
    for (size_t i = 0; i < signers->count; i++)
        if (is_same(signers->items[i], identity))
            return true;
    return false;
}

static void signer_set_done(signer_set *signers)
{
    for (size_t i = 0; i < signers->count; i++)
        crypto_identity_unref(signers->items[i]);
}

/* A member that is not what it says counts for nothing, but want of memory is told. */
static heddle_status add_signer(const wire_bundle *bundle, const wire_signed *member,
                                signer_set *signers, heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    heddle_status status = wire_bundle_identify(bundle, member->identity, &identity, err);
    if (status == HEDDLE_OK && has_signer(signers, identity))
        return HEDDLE_OK;
    if (status == HEDDLE_OK)
        status = verify_signature(bundle, identity, member, err);
    if (status == HEDDLE_OK)
        signers->items[signers->count++] = base_steal(&identity);
    return status == HEDDLE_E_NO_MEMORY ? status : HEDDLE_OK;
}

static heddle_status collect_signers(const wire_bundle *bundle, const wire_signed *set,
                                     size_t count, signer_set *out, heddle_error *err)
{
    if (count > WIRE_POLICY_MAX_IDENTITIES)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%zu signatures for one policy, at most %d",
                         count, WIRE_POLICY_MAX_IDENTITIES);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(add_signer(bundle, &set[i], out, err));
    return HEDDLE_OK;
}

static heddle_status evaluate_node(const policy_node *node, const signer_set *signers,
                                   heddle_error *err)
{
    if (node->signature)
        return wire_policy_evaluate_identities(node->signature, signers->items, signers->count,
                                               err);
    size_t satisfied = 0;
    for (size_t i = 0; i < node->sub_count && satisfied < node->threshold; i++)
        if (node->subs[i] && evaluate_node(node->subs[i], signers, NULL) == HEDDLE_OK)
            satisfied++;
    if (satisfied >= node->threshold)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_POLICY,
                     "implicit policy evaluation failed - %zu sub-policies were satisfied, but "
                     "this policy requires %zu of the '%s' sub-policies to be satisfied",
                     satisfied, node->threshold, node->sub_policy);
}

static heddle_status evaluate_set(const wire_bundle *bundle, const policy_node *node,
                                  const wire_signed *set, size_t count, heddle_error *err)
{
    __attribute__((cleanup(signer_set_done))) signer_set signers;
    signers.count = 0;
    BASE_TRY(collect_signers(bundle, set, count, &signers, err));
    return evaluate_node(node, &signers, err);
}

heddle_status wire_bundle_evaluate(const wire_bundle *bundle, const char *path,
                                   const wire_signed *set, size_t count, heddle_error *err)
{
    const policy_node *node = wire_bundle_find_node(bundle, path);
    if (!node)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no such policy: '%s'", path);
    return evaluate_set(bundle, node, set, count, err);
}

heddle_status wire_bundle_evaluate_signature_policy(const wire_bundle *bundle,
                                                    const Common__SignaturePolicyEnvelope *policy,
                                                    const wire_signed *set, size_t count,
                                                    heddle_error *err)
{
    policy_node node = {.signature = policy};
    return evaluate_set(bundle, &node, set, count, err);
}
