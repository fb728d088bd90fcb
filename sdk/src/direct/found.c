#include "direct/found.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/fail.h"

struct heddle_discovery {
    base_arena *arena; /* holds all that follows */
    heddle_found_peer *peers;
    size_t peer_count;
    heddle_found_orderer *orderers;
    size_t orderer_count;
    heddle_found_msp *msps;
    size_t msp_count;
    heddle_found_group *groups;
    size_t group_count;
    heddle_found_layout *layouts;
    size_t layout_count;
};

void heddle_discovery_free(heddle_discovery *discovery)
{
    if (!discovery)
        return;
    base_arena_free(discovery->arena);
    base_free(discovery);
}

BASE_AUTO_DEFINE(heddle_discovery, heddle_discovery *, heddle_discovery_free)

#define LIST(name, type)                                                                           \
    size_t heddle_discovery_##name##_count(const heddle_discovery *discovery)                      \
    {                                                                                              \
        return discovery->name##_count;                                                            \
    }                                                                                              \
    const type *heddle_discovery_##name(const heddle_discovery *discovery, size_t index)           \
    {                                                                                              \
        return index < discovery->name##_count ? &discovery->name##s[index] : NULL;                \
    }
LIST(peer, heddle_found_peer)
LIST(orderer, heddle_found_orderer)
LIST(msp, heddle_found_msp)
LIST(group, heddle_found_group)
LIST(layout, heddle_found_layout)

/* Each of these: false when the arena is at its end. */

static bool take_peer(base_arena *arena, const wire_discovery_peer *peer, heddle_view mspid,
                      heddle_found_peer *out)
{
    size_t count = peer->state.chaincode_count;
    heddle_found_chaincode *chaincodes = base_arena_zalloc(arena, count + 1, sizeof(*chaincodes));
    *out = (heddle_found_peer){.address = base_arena_str(arena, peer->endpoint),
                               .mspid = base_arena_str(arena, mspid),
                               .height = peer->state.height,
                               .chaincodes = chaincodes,
                               .chaincode_count = count};
    for (size_t i = 0; chaincodes && i < count; i++) {
        chaincodes[i].name = base_arena_str(arena, peer->state.chaincodes[i].name);
        chaincodes[i].version = base_arena_str(arena, peer->state.chaincodes[i].version);
        if (!chaincodes[i].name || !chaincodes[i].version)
            return false;
    }
    return chaincodes && out->address && out->mspid;
}

static bool take_members(heddle_discovery *discovery, const wire_discovery_result *result)
{
    base_arena *arena = discovery->arena;
    size_t count = 0;
    for (size_t i = 0; i < result->member_group_count; i++)
        count += result->members[i].peer_count;
    discovery->peers = base_arena_zalloc(arena, count + 1, sizeof(*discovery->peers));
    for (size_t i = 0; discovery->peers && i < result->member_group_count; i++) {
        const wire_discovery_group *group = &result->members[i];
        for (size_t j = 0; j < group->peer_count; j++)
            if (!group->peers[j].state.left_channel &&
                !take_peer(arena, &group->peers[j], group->name,
                           &discovery->peers[discovery->peer_count++]))
                return false;
    }
    return discovery->peers != NULL;
}

static const char *join(base_arena *arena, const heddle_view *a, size_t a_count,
                        const heddle_view *b, size_t b_count)
{
    base_auto_buffer base_buffer text = {0};
    for (size_t i = 0; i < a_count + b_count; i++)
        if (base_buffer_append(&text, i < a_count ? a[i] : b[i - a_count]) != HEDDLE_OK ||
            base_buffer_append_byte(&text, '\n') != HEDDLE_OK)
            return NULL;
    return base_arena_str(arena, base_buffer_view(&text));
}

static bool take_msps(heddle_discovery *discovery, const wire_discovery_config *config)
{
    base_arena *arena = discovery->arena;
    discovery->msps = base_arena_zalloc(arena, config->msp_count + 1, sizeof(*discovery->msps));
    for (size_t i = 0; discovery->msps && i < config->msp_count; i++) {
        const wire_discovery_msp *msp = &config->msps[i];
        heddle_found_msp *out = &discovery->msps[discovery->msp_count++];
        out->mspid = base_arena_str(arena, msp->id);
        out->roots_pem = join(arena, msp->roots, msp->root_count, NULL, 0);
        out->tls_roots_pem = join(arena, msp->tls_roots, msp->tls_root_count,
                                  msp->tls_intermediates, msp->tls_intermediate_count);
        if (!out->mspid || !out->roots_pem || !out->tls_roots_pem)
            return false;
    }
    return discovery->msps != NULL;
}

static bool take_orderers(heddle_discovery *discovery, const wire_discovery_config *config)
{
    base_arena *arena = discovery->arena;
    size_t count = 0;
    for (size_t i = 0; i < config->orderers_count; i++)
        count += config->orderers[i].endpoint_count;
    discovery->orderers = base_arena_zalloc(arena, count + 1, sizeof(*discovery->orderers));
    for (size_t i = 0; discovery->orderers && i < config->orderers_count; i++) {
        const wire_discovery_orderers *org = &config->orderers[i];
        for (size_t j = 0; j < org->endpoint_count; j++) {
            heddle_found_orderer *out = &discovery->orderers[discovery->orderer_count++];
            out->mspid = base_arena_str(arena, org->mspid);
            out->address =
                base_arena_printf(arena, "%.*s:%u", BASE_VIEW_ARG(org->endpoints[j].host),
                                  (unsigned)org->endpoints[j].port);
            if (!out->mspid || !out->address)
                return false;
        }
    }
    return discovery->orderers != NULL;
}

static bool take_group(base_arena *arena, const wire_discovery_group *group,
                       heddle_found_group *out)
{
    heddle_found_peer *peers = base_arena_zalloc(arena, group->peer_count + 1, sizeof(*peers));
    const heddle_found_peer **refs = base_arena_zalloc(arena, group->peer_count + 1, sizeof(*refs));
    *out = (heddle_found_group){
        .name = base_arena_str(arena, group->name), .peers = refs, .peer_count = group->peer_count};
    if (!peers || !refs || !out->name)
        return false;
    for (size_t i = 0; i < group->peer_count; i++) {
        if (!take_peer(arena, &group->peers[i], group->peers[i].mspid, &peers[i]))
            return false;
        refs[i] = &peers[i];
    }
    return true;
}

static const heddle_found_group *find_group(const heddle_discovery *discovery, heddle_view name)
{
    for (size_t i = 0; i < discovery->group_count; i++)
        if (base_view_is(name, discovery->groups[i].name))
            return &discovery->groups[i];
    return NULL;
}

/* A layout that needs a group without peers is none; *out_takes says so. */
static bool take_layout(heddle_discovery *discovery, const wire_discovery_layout *layout,
                        bool *out_takes)
{
    heddle_found_quantity *quantities =
        base_arena_zalloc(discovery->arena, layout->quantity_count + 1, sizeof(*quantities));
    if (!quantities)
        return false;
    for (size_t i = 0; i < layout->quantity_count; i++) {
        quantities[i].group = find_group(discovery, layout->quantities[i].group);
        quantities[i].count = layout->quantities[i].quantity;
        if (!quantities[i].group)
            return true;
    }
    *out_takes = true;
    discovery->layouts[discovery->layout_count] =
        (heddle_found_layout){quantities, layout->quantity_count};
    return true;
}

static bool take_descriptor(heddle_discovery *discovery,
                            const wire_discovery_descriptor *descriptor)
{
    base_arena *arena = discovery->arena;
    discovery->groups =
        base_arena_zalloc(arena, descriptor->group_count + 1, sizeof(*discovery->groups));
    discovery->layouts =
        base_arena_zalloc(arena, descriptor->layout_count + 1, sizeof(*discovery->layouts));
    if (!discovery->groups || !discovery->layouts)
        return false;
    for (size_t i = 0; i < descriptor->group_count; i++)
        if (!take_group(arena, &descriptor->groups[i],
                        &discovery->groups[discovery->group_count++]))
            return false;
    for (size_t i = 0; i < descriptor->layout_count; i++) {
        bool takes = false;
        if (!take_layout(discovery, &descriptor->layouts[i], &takes))
            return false;
        discovery->layout_count += takes;
    }
    return true;
}

static bool take(heddle_discovery *discovery, const wire_discovery_result *result)
{
    if (result->has_config)
        return take_msps(discovery, &result->config) && take_orderers(discovery, &result->config);
    if (result->has_members)
        return take_members(discovery, result);
    return !result->descriptor_count || take_descriptor(discovery, &result->descriptors[0]);
}

heddle_status direct_found_new(const wire_discovery_response *response, heddle_discovery **out,
                               heddle_error *err)
{
    base_auto(heddle_discovery) heddle_discovery *discovery = base_calloc(1, sizeof(*discovery));
    if (!discovery)
        return base_fail_memory(err, "discovery");
    discovery->arena = base_arena_new(0);
    if (!discovery->arena)
        return base_fail_memory(err, "discovery");
    for (size_t i = 0; i < response->result_count; i++)
        if (!take(discovery, &response->results[i]))
            return base_arena_fail(discovery->arena, err, "discovery");
    *out = base_steal(&discovery);
    return HEDDLE_OK;
}
