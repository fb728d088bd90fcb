#include "devnet/orderer/cutter.h"

unsigned dn_cutter_plan(const dn_cutter *cutter, size_t size)
{
    unsigned plan = 0;
    size_t count = cutter->count;
    if (cutter->count && cutter->bytes + size > cutter->preferred_bytes) {
        plan |= DN_CUT_BEFORE;
        count = 0;
    }
    if (size > cutter->preferred_bytes || count + 1 >= cutter->max_messages)
        plan |= DN_CUT_AFTER;
    return plan;
}

void dn_cutter_add(dn_cutter *cutter, size_t size)
{
    cutter->count++;
    cutter->bytes += size;
}

void dn_cutter_reset(dn_cutter *cutter)
{
    cutter->count = 0;
    cutter->bytes = 0;
}
