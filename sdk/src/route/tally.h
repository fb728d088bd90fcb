/* Counting the orderers' answers to one envelope. */
#ifndef ROUTE_TALLY_H
#define ROUTE_TALLY_H

#include <stddef.h>

typedef enum route_tally_verdict {
    ROUTE_TALLY_OPEN, /* more answers may still decide it */
    ROUTE_TALLY_WON,  /* enough orderers took the envelope */
    ROUTE_TALLY_LOST  /* the rest can no longer make up the quorum */
} route_tally_verdict;

typedef struct route_tally {
    size_t asked;
    size_t quorum;
    size_t successes;
    size_t failures;
} route_tally;

/**
 * The smallest number of @p nodes of which any two choices share an honest node, when up to
 * (nodes - 1) / 3 of them may lie.
 */
size_t route_bft_quorum(size_t nodes);

/** @p asked orderers get the envelope; @p known of the channel fix the quorum. */
route_tally route_tally_bft(size_t asked, size_t known);

route_tally_verdict route_tally_success(route_tally *tally);
route_tally_verdict route_tally_failure(route_tally *tally);

#endif
