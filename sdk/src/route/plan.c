#include "route/plan.h"

#include <string.h>

struct candidate {
    const route_member *member;
    bool taken;
    bool asked; /* and taken for this group; groups may share peers */
};

struct group {
    struct candidate *candidates;
    size_t count;
    bool exhausted; /* somebody asked for one more and there was none */
};

struct layout {
    uint32_t *required;                     /* by group: endorsements still needed */
    uint32_t missing;                       /* their sum */
    const wire_proposal_response **counted; /* room for all it needed */
    size_t count;
    bool dropped;
};

struct route_plan {
    base_arena *arena;
    struct group *groups;
    size_t group_count, group_room;
    struct layout *layouts;
    size_t layout_count, layout_room;
    size_t current;
    const wire_proposal_response *first; /* whose payload all others must have */
    const struct layout *complete;
};

enum { NO_GROUP = -1 };

route_plan *route_plan_new(base_arena *arena)
{
    route_plan *plan = base_arena_zalloc(arena, 1, sizeof(*plan));
    if (plan)
        plan->arena = arena;
    return plan;
}

/* Room for one more item; the old array stays in the arena. */
static void *grown(base_arena *arena, void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    size_t more = *room ? *room * 2 : 4;
    void *bigger = base_arena_zalloc(arena, more, size);
    if (!bigger)
        return NULL;
    if (count)
        memcpy(bigger, items, count * size);
    *room = more;
    return bigger;
}

heddle_status route_plan_add_group(route_plan *plan, const route_member *const *members,
                                   size_t count)
{
    struct group *groups =
        grown(plan->arena, plan->groups, plan->group_count, &plan->group_room, sizeof(*groups));
    struct candidate *candidates =
        base_arena_zalloc(plan->arena, count ? count : 1, sizeof(*candidates));
    if (!groups || !candidates)
        return HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        candidates[i].member = members[i];
    plan->groups = groups;
    plan->groups[plan->group_count++] = (struct group){.candidates = candidates, .count = count};
    return HEDDLE_OK;
}

heddle_status route_plan_add_layout(route_plan *plan, const uint32_t *quantities)
{
    struct layout *layouts =
        grown(plan->arena, plan->layouts, plan->layout_count, &plan->layout_room, sizeof(*layouts));
    if (!layouts)
        return HEDDLE_E_NO_MEMORY;
    plan->layouts = layouts;

    struct layout layout = {0};
    uint64_t missing = 0;
    for (size_t i = 0; i < plan->group_count; i++) {
        missing += quantities[i];
        layout.dropped = layout.dropped || quantities[i] > plan->groups[i].count;
    }
    layout.dropped = layout.dropped || missing == 0;
    if (!layout.dropped) { /* now missing is at most the number of peers */
        layout.missing = (uint32_t)missing;
        layout.required = base_arena_zalloc(plan->arena, plan->group_count, sizeof(uint32_t));
        layout.counted = base_arena_zalloc(plan->arena, missing, sizeof(*layout.counted));
        if (!layout.required || !layout.counted)
            return HEDDLE_E_NO_MEMORY;
        memcpy(layout.required, quantities, plan->group_count * sizeof(uint32_t));
    }
    plan->layouts[plan->layout_count++] = layout;
    return HEDDLE_OK;
}

static struct candidate *find(const struct group *group, const route_member *member)
{
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->candidates[i].member->endpoint, member->endpoint) == 0)
            return &group->candidates[i];
    return NULL;
}

/* The group that the peer was asked for, or else the first it is in. */
static int group_of(const route_plan *plan, const route_member *member)
{
    int first = NO_GROUP;
    for (size_t g = 0; g < plan->group_count; g++) {
        const struct candidate *candidate = find(&plan->groups[g], member);
        if (candidate && candidate->asked)
            return (int)g;
        if (candidate && first == NO_GROUP)
            first = (int)g;
    }
    return first;
}

static void shuffle(struct layout *layouts, size_t count, uint32_t (*random)(void *), void *user)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = random(user) % i;
        struct layout swapped = layouts[i - 1];
        layouts[i - 1] = layouts[j];
        layouts[j] = swapped;
    }
}

void route_plan_order(route_plan *plan, const route_member *first, uint32_t (*random)(void *),
                      void *user)
{
    int preferred = first ? group_of(plan, first) : NO_GROUP;
    size_t front = 0;
    for (size_t i = 0; i < plan->layout_count && preferred != NO_GROUP; i++) {
        struct layout layout = plan->layouts[i];
        if (layout.dropped || !layout.required[preferred])
            continue;
        memmove(plan->layouts + front + 1, plan->layouts + front, (i - front) * sizeof(layout));
        plan->layouts[front++] = layout;
    }
    if (!random)
        return;
    shuffle(plan->layouts, front, random, user);
    shuffle(plan->layouts + front, plan->layout_count - front, random, user);
}

/* How many of the peers a layout asks for cannot be preferred ones. */
static uint32_t others_needed(const route_plan *plan, const struct layout *layout,
                              bool (*is_preferred)(const route_member *, const void *),
                              const void *user)
{
    uint32_t others = 0;
    for (size_t g = 0; g < plan->group_count && !layout->dropped; g++) {
        uint32_t preferred = 0;
        for (size_t i = 0; i < plan->groups[g].count; i++)
            preferred += is_preferred(plan->groups[g].candidates[i].member, user);
        if (layout->required[g] > preferred)
            others += layout->required[g] - preferred;
    }
    return others;
}

void route_plan_prefer(route_plan *plan,
                       bool (*is_preferred)(const route_member *member, const void *user),
                       const void *user)
{
    for (size_t i = 1; i < plan->layout_count; i++) {
        struct layout moving = plan->layouts[i];
        uint32_t others = others_needed(plan, &moving, is_preferred, user);
        size_t at = i;
        for (; at > 0 && others < others_needed(plan, &plan->layouts[at - 1], is_preferred, user);
             at--)
            plan->layouts[at] = plan->layouts[at - 1];
        plan->layouts[at] = moving;
    }
}

size_t route_plan_layouts_left(const route_plan *plan)
{
    size_t left = 0;
    for (size_t i = plan->current; i < plan->layout_count; i++)
        left += !plan->layouts[i].dropped;
    return left;
}

static size_t available(const struct group *group)
{
    size_t n = 0;
    for (size_t i = 0; i < group->count; i++)
        n += !group->candidates[i].taken;
    return n;
}

static void mark(route_plan *plan, const route_member *member, bool taken)
{
    for (size_t g = 0; g < plan->group_count; g++) {
        struct candidate *candidate = find(&plan->groups[g], member);
        if (!candidate)
            continue;
        candidate->taken = taken;
        candidate->asked = candidate->asked && taken;
    }
}

static const route_member *take(route_plan *plan, size_t g)
{
    struct group *group = &plan->groups[g];
    for (size_t i = 0; i < group->count; i++) {
        struct candidate *candidate = &group->candidates[i];
        if (candidate->taken)
            continue;
        mark(plan, candidate->member, true);
        candidate->asked = true;
        return candidate->member;
    }
    return NULL;
}

static bool can_fill(const route_plan *plan, const struct layout *layout)
{
    if (layout->dropped)
        return false;
    for (size_t g = 0; g < plan->group_count; g++)
        if (layout->required[g] > available(&plan->groups[g]))
            return false;
    return true;
}

/* Groups that share peers may have enough each and too few together: then none is taken. */
static bool fill(route_plan *plan, const struct layout *layout, const route_member **out,
                 size_t room, size_t *out_count)
{
    size_t n = 0;
    for (size_t g = 0; g < plan->group_count; g++) {
        for (uint32_t i = 0; i < layout->required[g] && n < room; i++) {
            const route_member *member = take(plan, g);
            if (member) {
                out[n++] = member;
                continue;
            }
            while (n)
                mark(plan, out[--n], false);
            return false;
        }
    }
    *out_count = n;
    return true;
}

size_t route_plan_round(route_plan *plan, const route_member **out, size_t room)
{
    for (; plan->current < plan->layout_count; plan->current++) {
        struct layout *layout = &plan->layouts[plan->current];
        size_t count = 0;
        if (can_fill(plan, layout) && fill(plan, layout, out, room, &count))
            return count;
        layout->dropped = true;
    }
    return 0;
}

size_t route_plan_round_max(const route_plan *plan)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->layout_count; i++)
        if (!plan->layouts[i].dropped && plan->layouts[i].missing > most)
            most = plan->layouts[i].missing;
    return most;
}

const route_member *route_plan_next(route_plan *plan, const route_member *failed)
{
    int g = group_of(plan, failed);
    if (g == NO_GROUP)
        return NULL;
    const route_member *next = take(plan, (size_t)g);
    if (!next)
        plan->groups[g].exhausted = true;
    return next;
}

static bool needs_exhausted(const route_plan *plan, const struct layout *layout)
{
    for (size_t g = 0; g < plan->group_count; g++)
        if (plan->groups[g].exhausted && layout->required[g])
            return true;
    return false;
}

void route_plan_round_end(route_plan *plan)
{
    for (size_t i = plan->current; i < plan->layout_count; i++) {
        struct layout *layout = &plan->layouts[i];
        if (!layout->dropped && needs_exhausted(plan, layout))
            layout->dropped = true;
    }
    plan->current++;
}

/* The group of a layout that an endorsement goes to: one alone, also of a peer of several. */
static int needing_group(const route_plan *plan, const struct layout *layout, int group,
                         const route_member *member)
{
    if (layout->dropped || layout->required[group])
        return layout->dropped ? NO_GROUP : group;
    for (size_t g = 0; g < plan->group_count; g++)
        if (layout->required[g] && find(&plan->groups[g], member))
            return (int)g;
    return NO_GROUP;
}

static void count_for(route_plan *plan, struct layout *layout, size_t group,
                      const wire_proposal_response *response)
{
    layout->required[group]--;
    layout->missing--;
    layout->counted[layout->count++] = response;
    if (!layout->missing)
        plan->complete = layout;
}

route_plan_answer route_plan_count(route_plan *plan, const route_member *member,
                                   const wire_proposal_response *response)
{
    int group = group_of(plan, member);
    mark(plan, member, true);
    if (!plan->first)
        plan->first = response;
    else if (!base_view_equal(plan->first->payload, response->payload))
        return ROUTE_PLAN_MISMATCH;
    for (size_t i = plan->current; i < plan->layout_count && group != NO_GROUP && !plan->complete;
         i++) {
        int needing = needing_group(plan, &plan->layouts[i], group, member);
        if (needing != NO_GROUP)
            count_for(plan, &plan->layouts[i], (size_t)needing, response);
    }
    return plan->complete ? ROUTE_PLAN_COMPLETE : ROUTE_PLAN_MORE;
}

const wire_proposal_response *route_plan_first(const route_plan *plan)
{
    return plan->first;
}

bool route_plan_is_complete(const route_plan *plan)
{
    return plan->complete != NULL;
}

const wire_proposal_response *route_plan_responses(const route_plan *plan, size_t *out_count)
{
    const struct layout *layout = plan->complete;
    wire_proposal_response *all = base_arena_zalloc(plan->arena, layout->count, sizeof(*all));
    for (size_t i = 0; all && i < layout->count; i++)
        all[i] = *layout->counted[i];
    *out_count = layout->count;
    return all;
}
