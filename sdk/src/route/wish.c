#include "route/wish.h"

#include <string.h>

static bool holds(const route_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

bool route_wish_admits(const route_wish *wish, const route_member *member)
{
    if (!wish)
        return true;
    if (route_member_height(member) < wish->min_height)
        return false;
    if (holds(&wish->ignored_orgs, member->msp_id) || holds(&wish->ignored_peers, member->endpoint))
        return false;
    if (!wish->required_orgs.count && !wish->required_peers.count)
        return true;
    return holds(&wish->required_orgs, member->msp_id) ||
           holds(&wish->required_peers, member->endpoint);
}

bool route_wish_prefers(const route_wish *wish, const route_member *member)
{
    return wish && (holds(&wish->preferred_orgs, member->msp_id) ||
                    holds(&wish->preferred_peers, member->endpoint));
}
