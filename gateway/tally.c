#include "gateway/tally.h"

size_t gw_bft_quorum(size_t nodes)
{
    size_t faulty = nodes ? (nodes - 1) / 3 : 0;
    return (nodes + faulty + 2) / 2; /* half of nodes + faulty + 1, rounded up */
}

static gw_tally_verdict verdict(const gw_tally *tally)
{
    if (tally->successes >= tally->quorum)
        return GW_TALLY_WON;
    if (tally->failures + tally->quorum > tally->asked)
        return GW_TALLY_LOST;
    return GW_TALLY_OPEN;
}

gw_tally gw_tally_bft(size_t asked, size_t known)
{
    return (gw_tally){.asked = asked, .quorum = gw_bft_quorum(known)};
}

gw_tally_verdict gw_tally_success(gw_tally *tally)
{
    tally->successes++;
    return verdict(tally);
}

gw_tally_verdict gw_tally_failure(gw_tally *tally)
{
    tally->failures++;
    return verdict(tally);
}
