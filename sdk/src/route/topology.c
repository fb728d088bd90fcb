#include "route/topology.h"

#include <stdatomic.h>
#include <string.h>

#include "base/fail.h"
#include "base/log.h"

struct route_topology {
    atomic_uint refs;
    base_arena *arena;
    route_member *members;
    size_t member_count;
    route_orderer *orderers;
    size_t orderer_count;
};

route_topology *route_topology_ref(route_topology *topology)
{
    atomic_fetch_add_explicit(&topology->refs, 1, memory_order_relaxed);
    return topology;
}

void route_topology_unref(route_topology *topology)
{
    if (!topology || atomic_fetch_sub_explicit(&topology->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < topology->member_count; i++)
        route_upstream_unref(topology->members[i].upstream);
    for (size_t i = 0; i < topology->orderer_count; i++)
        route_upstream_unref(topology->orderers[i].upstream);
    base_arena_free(topology->arena);
    base_free(topology);
}

/* The TLS roots and intermediates of an organisation as one PEM text. */
static heddle_status roots_of(const wire_discovery_config *config, heddle_view mspid,
                              base_buffer *out)
{
    for (size_t i = 0; i < config->msp_count; i++) {
        const wire_discovery_msp *msp = &config->msps[i];
        if (!base_view_equal(msp->id, mspid))
            continue;
        for (size_t j = 0; j < msp->tls_root_count + msp->tls_intermediate_count; j++) {
            heddle_view pem = j < msp->tls_root_count
                                  ? msp->tls_roots[j]
                                  : msp->tls_intermediates[j - msp->tls_root_count];
            BASE_TRY(base_buffer_append(out, pem));
            BASE_TRY(base_buffer_append_byte(out, '\n'));
        }
    }
    return HEDDLE_OK;
}

static route_upstream *connect(const route_topology_source *source, const char *address,
                               heddle_view mspid)
{
    base_auto_buffer base_buffer roots = {0};
    heddle_error err;
    route_upstream *up = NULL;
    heddle_status status = roots_of(source->config, mspid, &roots);
    if (status == HEDDLE_OK && source->needs_tls && !roots.len)
        status = base_fail(&err, HEDDLE_E_CONFIG, "the organisation has no TLS roots");
    else if (status == HEDDLE_OK)
        status =
            route_pool_upstream(source->pool, address, base_buffer_view(&roots), NULL, &up, &err);
    else
        base_fail_memory(&err, address);
    if (status != HEDDLE_OK)
        log_at(LOG_WARN, "topology", "address cannot be used", LOG_STR("address", address),
               LOG_VIEW("msp", mspid), LOG_ERR(&err));
    return up;
}

static const char *const *chaincodes_of(base_arena *arena, const wire_discovery_state *state)
{
    const char **names = base_arena_zalloc(arena, state->chaincode_count + 1, sizeof(*names));
    for (size_t i = 0; names && i < state->chaincode_count; i++)
        if (!(names[i] = base_arena_str(arena, state->chaincodes[i].name)))
            return NULL;
    return names;
}

static heddle_status add_member(route_topology *topology, const route_topology_source *source,
                                heddle_view mspid, const wire_discovery_peer *peer,
                                heddle_error *err)
{
    if (!peer->endpoint.len || peer->state.left_channel)
        return HEDDLE_OK;
    route_member member = {.endpoint = base_arena_str(topology->arena, peer->endpoint),
                           .msp_id = base_arena_str(topology->arena, mspid),
                           .height = peer->state.height,
                           .chaincodes = chaincodes_of(topology->arena, &peer->state),
                           .chaincode_count = peer->state.chaincode_count};
    if (!member.endpoint || !member.msp_id || !member.chaincodes)
        return base_arena_fail(topology->arena, err, "topology");
    member.is_home = strcmp(member.endpoint, source->home_peer) == 0;
    member.upstream = connect(source, member.endpoint, mspid);
    if (member.upstream)
        topology->members[topology->member_count++] = member;
    return HEDDLE_OK;
}

static heddle_status add_members(route_topology *topology, const route_topology_source *source,
                                 heddle_error *err)
{
    size_t most = 0;
    for (size_t i = 0; i < source->group_count; i++)
        most += source->groups[i].peer_count;
    topology->members = base_arena_zalloc(topology->arena, most + 1, sizeof(route_member));
    if (!topology->members)
        return base_arena_fail(topology->arena, err, "topology");
    for (size_t i = 0; i < source->group_count; i++)
        for (size_t j = 0; j < source->groups[i].peer_count; j++)
            BASE_TRY(add_member(topology, source, source->groups[i].name,
                                &source->groups[i].peers[j], err));
    return HEDDLE_OK;
}

static heddle_status add_orderers(route_topology *topology, const route_topology_source *source,
                                  heddle_error *err)
{
    size_t most = 0;
    for (size_t i = 0; i < source->config->orderers_count; i++)
        most += source->config->orderers[i].endpoint_count;
    topology->orderers = base_arena_zalloc(topology->arena, most + 1, sizeof(route_orderer));
    if (!topology->orderers)
        return base_arena_fail(topology->arena, err, "topology");
    for (size_t i = 0; i < source->config->orderers_count; i++) {
        const wire_discovery_orderers *org = &source->config->orderers[i];
        for (size_t j = 0; j < org->endpoint_count; j++) {
            route_orderer orderer = {.address =
                                         base_arena_printf(topology->arena, "%.*s:%u",
                                                           BASE_VIEW_ARG(org->endpoints[j].host),
                                                           (unsigned)org->endpoints[j].port),
                                     .msp_id = base_arena_str(topology->arena, org->mspid)};
            if (!orderer.address || !orderer.msp_id)
                return base_arena_fail(topology->arena, err, "topology");
            orderer.upstream = connect(source, orderer.address, org->mspid);
            topology->orderers[topology->orderer_count++] = orderer;
        }
    }
    return HEDDLE_OK;
}

static route_topology *topology_empty(void)
{
    route_topology *topology = base_calloc(1, sizeof(*topology));
    if (!topology)
        return NULL;
    atomic_init(&topology->refs, 1);
    topology->arena = base_arena_new(0);
    if (topology->arena)
        return topology;
    route_topology_unref(topology);
    return NULL;
}

heddle_status route_topology_new(const route_topology_source *source, route_topology **out,
                                 heddle_error *err)
{
    route_topology *topology = topology_empty();
    if (!topology)
        return base_fail_memory(err, "topology");
    heddle_status status = add_members(topology, source, err);
    if (status == HEDDLE_OK)
        status = add_orderers(topology, source, err);
    if (status != HEDDLE_OK) {
        route_topology_unref(topology);
        return status;
    }
    *out = topology;
    return HEDDLE_OK;
}

static heddle_status add_node(route_topology *topology, route_pool *pool, const char *home_peer,
                              const route_node *node, heddle_error *err)
{
    const char *address = base_arena_strdup(topology->arena, node->address);
    const char *msp_id = base_arena_strdup(topology->arena, node->msp_id);
    route_upstream *up = NULL;
    if (!address || !msp_id)
        return base_arena_fail(topology->arena, err, "topology");
    BASE_TRY(route_pool_upstream(pool, address, node->tls_roots_pem, node->name, &up, err));
    if (node->is_orderer)
        topology->orderers[topology->orderer_count++] =
            (route_orderer){.address = address, .msp_id = msp_id, .upstream = up};
    else
        topology->members[topology->member_count++] =
            (route_member){.endpoint = address,
                           .msp_id = msp_id,
                           .has_all_chaincodes = true,
                           .is_home = strcmp(address, home_peer) == 0,
                           .upstream = up};
    return HEDDLE_OK;
}

heddle_status route_topology_fixed(route_pool *pool, const route_conf *conf, route_topology **out,
                                   heddle_error *err)
{
    route_topology *topology = topology_empty();
    if (!topology)
        return base_fail_memory(err, "topology");
    size_t count = conf->node_count;
    topology->members = base_arena_zalloc(topology->arena, count, sizeof(route_member));
    topology->orderers = base_arena_zalloc(topology->arena, count, sizeof(route_orderer));
    heddle_status status = topology->members && topology->orderers
                               ? HEDDLE_OK
                               : base_arena_fail(topology->arena, err, "topology");
    for (size_t i = 0; i < count && status == HEDDLE_OK; i++)
        status = add_node(topology, pool, conf->home_peer, &conf->nodes[i], err);
    if (status != HEDDLE_OK) {
        route_topology_unref(topology);
        return status;
    }
    *out = topology;
    return HEDDLE_OK;
}

size_t route_topology_members(const route_topology *topology, const route_member **out)
{
    *out = topology->members;
    return topology->member_count;
}

size_t route_topology_orderers(const route_topology *topology, const route_orderer **out)
{
    *out = topology->orderers;
    return topology->orderer_count;
}

const route_member *route_topology_member(const route_topology *topology, heddle_view endpoint)
{
    for (size_t i = 0; i < topology->member_count; i++)
        if (base_view_is(endpoint, topology->members[i].endpoint))
            return &topology->members[i];
    return NULL;
}

bool route_topology_has_chaincode(const route_topology *topology, const char *chaincode)
{
    for (size_t i = 0; i < topology->member_count; i++)
        if (route_member_has_chaincode(&topology->members[i], chaincode))
            return true;
    return false;
}

void route_topology_raise(route_topology *topology, const char *endpoint, uint64_t height)
{
    for (size_t i = 0; i < topology->member_count; i++)
        if (strcmp(topology->members[i].endpoint, endpoint) == 0 &&
            route_member_height(&topology->members[i]) < height)
            atomic_store_explicit(&topology->members[i].height, height, memory_order_relaxed);
}

route_choice route_topology_choice(const route_member *member, const route_wish *wish)
{
    return (route_choice){.member = member,
                          .height = route_member_height(member),
                          .rank = route_upstream_rank(member->upstream),
                          .in_flight = route_upstream_in_flight(member->upstream),
                          .is_preferred = route_wish_prefers(wish, member)};
}

static bool is_wanted(const route_member *member, const heddle_view *orgs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (base_view_is(orgs[i], member->msp_id))
            return true;
    return count == 0;
}

const route_member **route_topology_chosen(const route_choice *choices, size_t count,
                                           base_arena *arena)
{
    const route_member **members = base_arena_zalloc(arena, count + 1, sizeof(*members));
    for (size_t i = 0; members && i < count; i++)
        members[i] = choices[i].member;
    return members;
}

const route_member **route_topology_rank(const route_topology *topology, const char *chaincode,
                                         const heddle_view *orgs, size_t org_count, const char *own,
                                         route_taste taste, base_arena *arena, size_t *out_count)
{
    route_choice *choices = base_arena_zalloc(arena, topology->member_count + 1, sizeof(*choices));
    if (!choices)
        return NULL;
    size_t count = 0, own_count = 0;
    for (int foreign = 0; foreign < 2; foreign++) {
        for (size_t i = 0; i < topology->member_count; i++) {
            const route_member *member = &topology->members[i];
            bool is_own = own && strcmp(member->msp_id, own) == 0;
            if (is_own == !foreign && is_wanted(member, orgs, org_count) &&
                route_member_has_chaincode(member, chaincode) &&
                route_wish_admits(taste.wish, member))
                choices[count++] = route_topology_choice(member, taste.wish);
        }
        own_count = foreign ? own_count : count;
    }
    route_choices_sort(choices, own_count, taste.tolerance);
    route_choices_sort(choices + own_count, count - own_count, taste.tolerance);
    *out_count = count;
    return route_topology_chosen(choices, count, arena);
}
