#include "route/tally.h"

size_t route_bft_quorum(size_t nodes)
{
    size_t faulty = nodes ? (nodes - 1) / 3 : 0;
    return (nodes + faulty + 2) / 2; /* half of nodes + faulty + 1, rounded up */
}

static route_tally_verdict verdict(const route_tally *tally)
{
    if (tally->successes >= tally->quorum)
        return ROUTE_TALLY_WON;
    if (tally->failures + tally->quorum > tally->asked)
        return ROUTE_TALLY_LOST;
    return ROUTE_TALLY_OPEN;
}

route_tally route_tally_bft(size_t asked, size_t known)
{
    return (route_tally){.asked = asked, .quorum = route_bft_quorum(known)};
}

route_tally_verdict route_tally_success(route_tally *tally)
{
    tally->successes++;
    return verdict(tally);
}

route_tally_verdict route_tally_failure(route_tally *tally)
{
    tally->failures++;
    return verdict(tally);
}
