/* When to cut a block, as Fabric's block cutter decides it. Pure counting. */
#ifndef DEVNET_CUTTER_H
#define DEVNET_CUTTER_H

#include <stddef.h>
#include <stdint.h>

typedef struct dn_cutter {
    uint32_t max_messages;
    uint32_t preferred_bytes;
    size_t count; /* of the pending batch */
    size_t bytes;
} dn_cutter;

enum {
    DN_CUT_BEFORE = 1, /* cut what is pending, without the message */
    DN_CUT_AFTER = 2   /* cut right after the message was added */
};

/** What to do around a message of @p size bytes (payload and signature): DN_CUT_… bits. */
unsigned dn_cutter_plan(const dn_cutter *cutter, size_t size);
void dn_cutter_add(dn_cutter *cutter, size_t size);
void dn_cutter_reset(dn_cutter *cutter); /* the batch was cut */

#endif
