/*
 * Which peers to ask for an endorsement, and when the answers are enough. Pure: no clock,
 * no network, one thread.
 *
 * A group is a set of peers that count the same for a policy. A layout says how many of
 * which groups satisfy it. A plan has one layout current at a time: its peers are asked in
 * parallel, each failing over inside its group; when a group has nobody left, every layout
 * that needs it is dropped and the next one is tried. A peer is asked at most once.
 *
 * Invariant: an endorsement counts for every layout not yet dropped that still needs its
 * group, so work done for a layout that fell is not lost.
 */
#ifndef ROUTE_PLAN_H
#define ROUTE_PLAN_H

#include "base/arena.h"
#include "heddle/status.h"
#include "route/member.h"
#include "wire/transaction.h"

typedef struct route_plan route_plan;

/** Lives in @p arena with everything it holds; NULL if the arena is exhausted. */
route_plan *route_plan_new(base_arena *arena);

/**
 * Add a group of @p count peers, the best first (the array is copied, the peers are
 * borrowed). Its index, from 0, is the number of calls before.
 */
HEDDLE_MUST_USE heddle_status route_plan_add_group(route_plan *plan,
                                                   const route_member *const *members,
                                                   size_t count);

/** Add a layout: @p quantities[i] peers of group i, for every group added so far. */
HEDDLE_MUST_USE heddle_status route_plan_add_layout(route_plan *plan, const uint32_t *quantities);

/**
 * Put layouts that need the group of @p first before the others, keeping the order
 * otherwise; with @p random (may be NULL) each of the two parts is shuffled.
 */
void route_plan_order(route_plan *plan, const route_member *first, uint32_t (*random)(void *),
                      void *user);

/** Put layouts that ask fewer peers that are not preferred before the others, stable otherwise. */
void route_plan_prefer(route_plan *plan,
                       bool (*is_preferred)(const route_member *member, const void *user),
                       const void *user);

/** Layouts that could still be satisfied. */
size_t route_plan_layouts_left(const route_plan *plan);

/**
 * The peers to ask for the current layout, taken off their groups: at most @p room of them
 * into @p out. 0: no layout is left. Layouts that their groups can no longer fill are
 * skipped.
 */
size_t route_plan_round(route_plan *plan, const route_member **out, size_t room);

/** The most peers a round can have. */
size_t route_plan_round_max(const route_plan *plan);

/** Another peer of the group of @p failed, taken off it; NULL: the group is exhausted, and
 *  the layouts that need it fall when the round ends. */
const route_member *route_plan_next(route_plan *plan, const route_member *failed);

/** The round's last answer is in: drop what cannot be satisfied, go to the next layout. */
void route_plan_round_end(route_plan *plan);

typedef enum route_plan_answer {
    ROUTE_PLAN_MORE,     /* counted, more is needed */
    ROUTE_PLAN_COMPLETE, /* a layout is satisfied */
    ROUTE_PLAN_MISMATCH  /* differs from the first payload: not counted */
} route_plan_answer;

/**
 * Count an answer; @p response and what it borrows are borrowed for the plan's life.
 * @p member need not be a peer the plan gave out; if it stands in a group it is taken off it.
 */
route_plan_answer route_plan_count(route_plan *plan, const route_member *member,
                                   const wire_proposal_response *response);

/** The first answer counted, which all others are compared with; NULL: none yet. */
const wire_proposal_response *route_plan_first(const route_plan *plan);

bool route_plan_is_complete(const route_plan *plan);

/** The answers that satisfy the layout: NULL past the arena's limit. */
const wire_proposal_response *route_plan_responses(const route_plan *plan, size_t *out_count);

#endif
