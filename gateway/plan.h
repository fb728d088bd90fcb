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
#ifndef GATEWAY_PLAN_H
#define GATEWAY_PLAN_H

#include "base/arena.h"
#include "gateway/member.h"
#include "heddle/status.h"
#include "wire/transaction.h"

typedef struct gw_plan gw_plan;

/** Lives in @p arena with everything it holds; NULL if the arena is exhausted. */
gw_plan *gw_plan_new(base_arena *arena);

/**
 * Add a group of @p count peers, the best first (the array is copied, the peers are
 * borrowed). Its index, from 0, is the number of calls before.
 */
HEDDLE_MUST_USE heddle_status gw_plan_add_group(gw_plan *plan, const gw_member *const *members,
                                                size_t count);

/** Add a layout: @p quantities[i] peers of group i, for every group added so far. */
HEDDLE_MUST_USE heddle_status gw_plan_add_layout(gw_plan *plan, const uint32_t *quantities);

/**
 * Put layouts that need the group of @p first before the others, keeping the order
 * otherwise; with @p random (may be NULL) each of the two parts is shuffled.
 */
void gw_plan_order(gw_plan *plan, const gw_member *first, uint32_t (*random)(void *), void *user);

/** Layouts that could still be satisfied. */
size_t gw_plan_layouts_left(const gw_plan *plan);

/**
 * The peers to ask for the current layout, taken off their groups: at most @p room of them
 * into @p out. 0: no layout is left. Layouts that their groups can no longer fill are
 * skipped.
 */
size_t gw_plan_round(gw_plan *plan, const gw_member **out, size_t room);

/** The most peers a round can have. */
size_t gw_plan_round_max(const gw_plan *plan);

/** Another peer of the group of @p failed, taken off it; NULL: the group is exhausted, and
 *  the layouts that need it fall when the round ends. */
const gw_member *gw_plan_next(gw_plan *plan, const gw_member *failed);

/** The round's last answer is in: drop what cannot be satisfied, go to the next layout. */
void gw_plan_round_end(gw_plan *plan);

typedef enum gw_plan_answer {
    GW_PLAN_MORE,     /* counted, more is needed */
    GW_PLAN_COMPLETE, /* a layout is satisfied */
    GW_PLAN_MISMATCH  /* differs from the first payload: not counted */
} gw_plan_answer;

/**
 * Count an answer; @p response and what it borrows are borrowed for the plan's life.
 * @p member need not be a peer the plan gave out; if it stands in a group it is taken off it.
 */
gw_plan_answer gw_plan_count(gw_plan *plan, const gw_member *member,
                             const wire_proposal_response *response);

/** The first answer counted, which all others are compared with; NULL: none yet. */
const wire_proposal_response *gw_plan_first(const gw_plan *plan);

bool gw_plan_is_complete(const gw_plan *plan);

/** The answers that satisfy the layout: NULL past the arena's limit. */
const wire_proposal_response *gw_plan_responses(const gw_plan *plan, size_t *out_count);

#endif
