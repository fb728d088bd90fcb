/* Any bytes as what the discovery service of a peer answers, up to what applications see. */
#include "direct/found.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t look(const heddle_discovery *found)
{
    size_t sum = 0;
    for (size_t i = 0; i < heddle_discovery_peer_count(found); i++)
        sum += strlen(heddle_discovery_peer(found, i)->address);
    for (size_t i = 0; i < heddle_discovery_orderer_count(found); i++)
        sum += strlen(heddle_discovery_orderer(found, i)->address);
    for (size_t i = 0; i < heddle_discovery_msp_count(found); i++)
        sum += strlen(heddle_discovery_msp(found, i)->tls_roots_pem);
    for (size_t i = 0; i < heddle_discovery_layout_count(found); i++) {
        const heddle_found_layout *layout = heddle_discovery_layout(found, i);
        for (size_t j = 0; j < layout->quantity_count; j++)
            sum += layout->quantities[j].group->peer_count;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_discovery_response response = {0};
    heddle_discovery *found = NULL;
    base_arena *arena = base_arena_new(16u << 20);
    if (!arena)
        return 0;
    if (wire_shape_read(&wire_discovery_response_shape, heddle_view_of(data, size), arena,
                        &response, NULL) == HEDDLE_OK &&
        direct_found_new(&response, &found, NULL) == HEDDLE_OK)
        (void)look(found);
    heddle_discovery_free(found);
    base_arena_free(arena);
    return 0;
}
