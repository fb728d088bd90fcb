/* Any text as a policy, any bytes as its encoding. What is parsed can be printed. */
#include <stdlib.h>

#include "wire/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool satisfies(const Common__MSPPrincipal *principal, size_t index, void *user)
{
    (void)user;
    return (principal->principal.len + index) % 3 == 0;
}

static void use(const Common__SignaturePolicyEnvelope *policy, base_arena *arena)
{
    wire_principal_set *sets;
    size_t count;
    base_buffer text = {.limit = 1u << 20};
    (void)!wire_policy_evaluate(policy, 5, satisfies, NULL, NULL);
    (void)!wire_policy_sets(policy, arena, &sets, &count, NULL);
    (void)!wire_policy_print(policy, &text, NULL);
    base_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base_arena *arena = base_arena_new(4u << 20);
    if (!arena)
        return 0;
    Common__SignaturePolicyEnvelope *parsed;
    const Common__SignaturePolicyEnvelope *read;
    heddle_view bytes = heddle_view_of(data, size);
    if (wire_policy_parse(bytes, arena, &parsed, NULL) == HEDDLE_OK) {
        base_buffer text = {0};
        if (wire_policy_print(parsed, &text, NULL) != HEDDLE_OK)
            abort();
        base_buffer_done(&text);
        use(parsed, arena);
    }
    if (wire_policy_read(bytes, arena, &read, NULL) == HEDDLE_OK)
        use(read, arena);
    base_arena_free(arena);
    return 0;
}
