/* Any bytes as a config block: bundle, policies, lookups. */
#include "wire/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_bundle *bundle;
    if (wire_bundle_from_block(heddle_view_of(data, size), &bundle, NULL) != HEDDLE_OK)
        return 0;
    wire_signed set = {.identity = VIEW("\x0a\x07Org1MSP"), .data = {VIEW("data")}};
    (void)!wire_bundle_evaluate(bundle, "/Channel/Readers", &set, 1, NULL);
    base_arena *arena = base_arena_new(4u << 20);
    if (arena) {
        const Common__SignaturePolicyEnvelope *flat;
        wire_principal_set *sets;
        size_t count;
        if (wire_bundle_flatten(bundle, "/Channel/Admins", arena, &flat, NULL) == HEDDLE_OK)
            (void)!wire_policy_sets(flat, arena, &sets, &count, NULL);
        wire_channel_config_acl(wire_bundle_config(bundle), "event/Block", arena);
    }
    base_arena_free(arena);
    wire_bundle_unref(bundle);
    return 0;
}
