/* A peer of a channel, as discovery describes it. */
#ifndef ROUTE_MEMBER_H
#define ROUTE_MEMBER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct route_upstream;

/** Lives in the arena of the snapshot that made it; only the height grows after publication. */
typedef struct route_member {
    const char *endpoint; /* host:port as discovery gives it; names the peer in error details */
    const char *msp_id;
    _Atomic uint64_t height;
    const char *const *chaincodes; /* those the peer can run */
    size_t chaincode_count;
    bool has_all_chaincodes; /* nobody told: whatever is asked for may be there */
    bool is_home;
    struct route_upstream *upstream; /* counted by the snapshot */
} route_member;

static inline uint64_t route_member_height(const route_member *member)
{
    return atomic_load_explicit(&member->height, memory_order_relaxed);
}

/** Whether the peer can run @p chaincode; every peer has the system chaincodes. */
bool route_member_has_chaincode(const route_member *member, const char *chaincode);

/** What decides between peers at the moment of choosing. */
typedef struct route_choice {
    const route_member *member;
    uint64_t height;
    unsigned rank;      /* 0 healthy, larger is worse */
    uint32_t in_flight; /* requests under way to it */
    bool is_preferred;  /* by the wish of whoever asks */
} route_choice;

/**
 * Put the best first: healthy peers before those passed over, peers within @p tolerance
 * blocks of the highest before those behind, those preferred before the others, and among equals
 * the home peer unless it has much more to do than the others, then the one with the least to do,
 * then the higher. Stable otherwise.
 */
void route_choices_sort(route_choice *choices, size_t count, uint64_t tolerance);

#endif
