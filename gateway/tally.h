/* Counting the orderers' answers to one envelope. */
#ifndef GATEWAY_TALLY_H
#define GATEWAY_TALLY_H

#include <stddef.h>

typedef enum gw_tally_verdict {
    GW_TALLY_OPEN, /* more answers may still decide it */
    GW_TALLY_WON,  /* enough orderers took the envelope */
    GW_TALLY_LOST  /* the rest can no longer make up the quorum */
} gw_tally_verdict;

typedef struct gw_tally {
    size_t asked;
    size_t quorum;
    size_t successes;
    size_t failures;
} gw_tally;

/**
 * The smallest number of @p nodes of which any two choices share an honest node, when up to
 * (nodes - 1) / 3 of them may lie.
 */
size_t gw_bft_quorum(size_t nodes);

/** @p asked orderers get the envelope; @p known of the channel fix the quorum. */
gw_tally gw_tally_bft(size_t asked, size_t known);

gw_tally_verdict gw_tally_success(gw_tally *tally);
gw_tally_verdict gw_tally_failure(gw_tally *tally);

#endif
