/* Any bytes as generated messages: what is decoded can be encoded. */
#include "common/configtx.pb-c.h"
#include "discovery/protocol.pb-c.h"
#include "gateway/gateway.pb-c.h"
#include "gossip/message.pb-c.h"
#include "peer/chaincode_shim.pb-c.h"
#include "peer/events.pb-c.h"
#include "wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the type. */
static const ProtobufCMessageDescriptor *const types[] = {
    &common__config_envelope__descriptor,   &discovery__request__descriptor,
    &discovery__response__descriptor,       &gateway__endorse_request__descriptor,
    &gateway__submit_request__descriptor,   &gossip__gossip_message__descriptor,
    &protos__chaincode_message__descriptor, &protos__deliver_response__descriptor,
    &common__signature_policy__descriptor,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base_arena *arena = base_arena_new(16u << 20);
    if (!arena || size == 0) {
        base_arena_free(arena);
        return 0;
    }
    const ProtobufCMessageDescriptor *type = types[data[0] % BASE_COUNT(types)];
    ProtobufCMessage *message;
    if (wire_message_decode(type, heddle_view_of(data + 1, size - 1), arena, &message, NULL) ==
        HEDDLE_OK) {
        base_buffer again = {.limit = 1u << 20};
        (void)!wire_encode(message, &again, NULL);
        base_buffer_done(&again);
    }
    base_arena_free(arena);
    return 0;
}
