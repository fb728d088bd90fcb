/* Plans of endorsements from what a snapshot of the channel knows. */
#include "base/fail.h"
#include "crypto/digest.h"
#include "route/topology.h"

static heddle_status fail_missing(const heddle_view *orgs, const bool *missing, size_t count,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer names = {0};
    for (size_t i = 0; i < count; i++)
        if (missing[i] && base_buffer_printf(&names, "%s%.*s", names.len ? ", " : "",
                                             BASE_VIEW_ARG(orgs[i])) != HEDDLE_OK)
            return base_fail_memory(err, "plan");
    return base_fail(err, HEDDLE_E_NOT_FOUND, "failed to find any endorsing peers for org(s): %.*s",
                     BASE_VIEW_ARG(base_buffer_view(&names)));
}

static bool is_listed(const heddle_view *orgs, size_t count, heddle_view org)
{
    for (size_t i = 0; i < count; i++)
        if (base_view_equal(orgs[i], org))
            return true;
    return false;
}

heddle_view *route_topology_orgs(const route_topology *topology, heddle_view only,
                                 const route_wish *wish, base_arena *arena, size_t *out_count)
{
    const route_member *members;
    size_t count = route_topology_members(topology, &members), named = 0;
    heddle_view *orgs = base_arena_zalloc(arena, count + 1, sizeof(*orgs));
    for (size_t i = 0; orgs && i < count; i++) {
        heddle_view org = heddle_view_str(members[i].msp_id);
        bool is_kept_from = only.len && !base_view_equal(org, only);
        if (!is_kept_from && !is_listed(orgs, named, org) && route_wish_admits(wish, &members[i]))
            orgs[named++] = org;
    }
    *out_count = named;
    return orgs;
}

heddle_status route_topology_plan_orgs(const route_topology *topology, const char *chaincode,
                                       const heddle_view *orgs, size_t count, route_taste taste,
                                       base_arena *arena, route_plan **out, heddle_error *err)
{
    route_plan *plan = route_plan_new(arena);
    bool *missing = base_arena_zalloc(arena, count, sizeof(*missing));
    uint32_t *quantities = base_arena_zalloc(arena, count, sizeof(*quantities));
    if (!plan || !missing || !quantities)
        return base_arena_fail(arena, err, "plan");
    bool any_missing = false;
    size_t groups = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_listed(orgs, i, orgs[i]))
            continue;
        size_t n = 0;
        const route_member **members =
            route_topology_rank(topology, chaincode, &orgs[i], 1, NULL, taste, arena, &n);
        if (!members || route_plan_add_group(plan, members, n) != HEDDLE_OK)
            return base_arena_fail(arena, err, "plan");
        missing[i] = n == 0;
        any_missing = any_missing || missing[i];
        quantities[groups++] = 1;
    }
    if (any_missing)
        return fail_missing(orgs, missing, count, err);
    if (route_plan_add_layout(plan, quantities) != HEDDLE_OK)
        return base_arena_fail(arena, err, "plan");
    *out = plan;
    return HEDDLE_OK;
}

const route_member **route_topology_targets(const route_topology *topology, const route_wish *wish,
                                            base_arena *arena, size_t *out_count)
{
    size_t count = 0;
    const route_member **members =
        base_arena_zalloc(arena, wish->targets.count + 1, sizeof(*members));
    for (size_t i = 0; members && i < wish->targets.count; i++) {
        heddle_view name = heddle_view_str(wish->targets.items[i]);
        const route_member *member = route_topology_member(topology, name);
        if (member)
            members[count++] = member;
    }
    *out_count = count;
    return members;
}

static heddle_status fail_targets(const route_topology *topology, const route_names *targets,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer names = {0};
    for (size_t i = 0; i < targets->count; i++)
        if (!route_topology_member(topology, heddle_view_str(targets->items[i])) &&
            base_buffer_printf(&names, "%s%s", names.len ? ", " : "", targets->items[i]) !=
                HEDDLE_OK)
            return base_fail_memory(err, "plan");
    return base_fail(err, HEDDLE_E_NOT_FOUND, "these targets are no peers of the channel: %.*s",
                     BASE_VIEW_ARG(base_buffer_view(&names)));
}

heddle_status route_topology_plan_targets(const route_topology *topology, route_taste taste,
                                          base_arena *arena, route_plan **out, heddle_error *err)
{
    size_t count = 0;
    const route_member **members = route_topology_targets(topology, taste.wish, arena, &count);
    route_plan *plan = route_plan_new(arena);
    uint32_t *quantities = base_arena_zalloc(arena, count + 1, sizeof(*quantities));
    if (!members || !plan || !quantities)
        return base_arena_fail(arena, err, "plan");
    if (count < taste.wish->targets.count)
        return fail_targets(topology, &taste.wish->targets, err);
    for (size_t i = 0; i < count; i++) {
        quantities[i] = 1;
        if (route_plan_add_group(plan, &members[i], 1) != HEDDLE_OK)
            return base_arena_fail(arena, err, "plan");
    }
    if (route_plan_add_layout(plan, quantities) != HEDDLE_OK)
        return base_arena_fail(arena, err, "plan");
    *out = plan;
    return HEDDLE_OK;
}

/* The peers of a group as far as the snapshot knows them; the others go to @p unknown. */
static heddle_status add_group(const route_topology *topology, route_plan *plan,
                               const wire_discovery_group *group, route_taste taste,
                               base_arena *arena, base_buffer *unknown)
{
    route_choice *choices = base_arena_zalloc(arena, group->peer_count + 1, sizeof(*choices));
    if (!choices)
        return HEDDLE_E_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < group->peer_count; i++) {
        const wire_discovery_peer *peer = &group->peers[i];
        const route_member *member = route_topology_member(topology, peer->endpoint);
        if (!member) {
            BASE_TRY(base_buffer_printf(unknown, "%s%.*s", unknown->len ? " " : "",
                                        BASE_VIEW_ARG(peer->endpoint)));
            continue;
        }
        if (!route_wish_admits(taste.wish, member))
            continue;
        choices[count] = route_topology_choice(member, taste.wish);
        if (choices[count].height < peer->state.height)
            choices[count].height = peer->state.height;
        count++;
    }
    route_choices_sort(choices, count, taste.tolerance);
    const route_member **members = route_topology_chosen(choices, count, arena);
    return members ? route_plan_add_group(plan, members, count) : HEDDLE_E_NO_MEMORY;
}

static heddle_status add_layout(route_plan *plan, const wire_discovery_descriptor *descriptor,
                                const wire_discovery_layout *layout, base_arena *arena)
{
    uint32_t *quantities = base_arena_zalloc(arena, descriptor->group_count + 1, sizeof(uint32_t));
    if (!quantities)
        return HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < layout->quantity_count; i++) {
        size_t g = 0;
        while (g < descriptor->group_count &&
               !base_view_equal(descriptor->groups[g].name, layout->quantities[i].group))
            g++;
        if (g < descriptor->group_count)
            quantities[g] = layout->quantities[i].quantity;
        else if (layout->quantities[i].quantity) /* a group without peers */
            return HEDDLE_E_NOT_FOUND;
    }
    return route_plan_add_layout(plan, quantities);
}

static uint32_t random_u32(void *user)
{
    (void)user;
    uint32_t value = 0;
    return crypto_random((uint8_t *)&value, sizeof(value)) == HEDDLE_OK ? value : 0;
}

static bool is_preferred(const route_member *member, const void *wish)
{
    return route_wish_prefers(wish, member);
}

static heddle_status build_plan(const route_topology *topology,
                                const wire_discovery_descriptor *descriptor, route_taste taste,
                                base_arena *arena, base_buffer *unknown, route_plan **out)
{
    route_plan *plan = route_plan_new(arena);
    if (!plan)
        return HEDDLE_E_NO_MEMORY;
    for (size_t g = 0; g < descriptor->group_count; g++)
        BASE_TRY(add_group(topology, plan, &descriptor->groups[g], taste, arena, unknown));
    for (size_t i = 0; i < descriptor->layout_count; i++) {
        heddle_status status = add_layout(plan, descriptor, &descriptor->layouts[i], arena);
        if (status != HEDDLE_OK && status != HEDDLE_E_NOT_FOUND)
            return status;
    }
    *out = plan;
    return HEDDLE_OK;
}

heddle_status route_topology_plan(const route_topology *topology,
                                  const wire_discovery_descriptor *descriptor,
                                  const route_member *first, route_taste taste, base_arena *arena,
                                  route_plan **out, heddle_error *err)
{
    base_auto_buffer base_buffer unknown = {0};
    route_plan *plan = NULL;
    if (build_plan(topology, descriptor, taste, arena, &unknown, &plan) != HEDDLE_OK)
        return base_arena_fail(arena, err, "plan");
    if (!route_plan_layouts_left(plan))
        return base_fail(err, HEDDLE_E_NOT_FOUND,
                         "failed to select a set of endorsers that satisfy the endorsement policy "
                         "due to unavailability of peers: [%.*s]",
                         BASE_VIEW_ARG(base_buffer_view(&unknown)));
    route_plan_order(plan, first, random_u32, NULL);
    if (taste.wish)
        route_plan_prefer(plan, is_preferred, taste.wish);
    *out = plan;
    return HEDDLE_OK;
}
