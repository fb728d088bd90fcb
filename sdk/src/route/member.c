#include "route/member.h"

#include <string.h>

enum { HOME_LEAD = 64 };

static const char *const system_chaincodes[] = {"_lifecycle", "lscc", "cscc", "qscc"};

bool route_member_has_chaincode(const route_member *member, const char *chaincode)
{
    if (member->has_all_chaincodes)
        return true;
    for (size_t i = 0; i < member->chaincode_count; i++)
        if (strcmp(member->chaincodes[i], chaincode) == 0)
            return true;
    for (size_t i = 0; i < sizeof(system_chaincodes) / sizeof(system_chaincodes[0]); i++)
        if (strcmp(system_chaincodes[i], chaincode) == 0)
            return true;
    return false;
}

static bool is_behind(const route_choice *choice, uint64_t floor)
{
    return choice->height < floor;
}

static bool goes_before(const route_choice *a, const route_choice *b, uint64_t floor)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (is_behind(a, floor) != is_behind(b, floor))
        return is_behind(b, floor);
    if (a->is_preferred != b->is_preferred)
        return a->is_preferred;
    if (a->member->is_home != b->member->is_home)
        return a->member->is_home ? a->in_flight <= b->in_flight + HOME_LEAD
                                  : b->in_flight > a->in_flight + HOME_LEAD;
    if (a->in_flight != b->in_flight)
        return a->in_flight < b->in_flight;
    return a->height > b->height;
}

/* Insertion sort: stable, and a channel has few peers. */
void route_choices_sort(route_choice *choices, size_t count, uint64_t tolerance)
{
    uint64_t highest = 0;
    for (size_t i = 0; i < count; i++)
        if (choices[i].height > highest)
            highest = choices[i].height;
    uint64_t floor = highest > tolerance ? highest - tolerance : 0;

    for (size_t i = 1; i < count; i++) {
        route_choice moving = choices[i];
        size_t at = i;
        for (; at > 0 && goes_before(&moving, &choices[at - 1], floor); at--)
            choices[at] = choices[at - 1];
        choices[at] = moving;
    }
}
