/*
 * Any bytes as a config update, as an edited configuration and as what a config block holds, on a
 * channel that lets everybody change everything. What an edit is computed to comes to the edit.
 */
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "common/common.pb-c.h"
#include "wire/config_update.h"
#include "wire/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wire_bundle *bundle;
static base_arena *arena; /* of one input */

static heddle_view encode(const ProtobufCMessage *message)
{
    heddle_view bytes;
    if (wire_encode_arena(message, arena, &bytes, NULL) != HEDDLE_OK)
        abort();
    return bytes;
}

/* Any of no subgroups is satisfied by nobody. */
static void open_up(Common__ConfigGroup *group)
{
    Common__ImplicitMetaPolicy any = COMMON__IMPLICIT_META_POLICY__INIT;
    any.sub_policy = wire_text("Admins");
    for (size_t i = 0; i < group->n_policies; i++) {
        Common__Policy *policy = group->policies[i]->value->policy;
        policy->type = COMMON__POLICY__POLICY_TYPE__IMPLICIT_META;
        policy->value = wire_bytes(encode(&any.base));
    }
    for (size_t i = 0; i < group->n_groups; i++)
        open_up(group->groups[i]->value);
}

static heddle_status load(void)
{
    base_auto_buffer base_buffer block = {0};
    base_auto(wire_bundle) wire_bundle *guarded = NULL;
    Common__Config *config;
    BASE_TRY(base_read_file(HEDDLE_FIXTURES "/config_block.pb", 0, &block, NULL));
    BASE_TRY(wire_bundle_from_block(base_buffer_view(&block), &guarded, NULL));
    heddle_view bytes = encode(&wire_bundle_config(guarded)->config->base);
    BASE_TRY(wire_decode(common__config, bytes, arena, &config, NULL));
    open_up(config->channel_group);
    return wire_bundle_from_config(encode(&config->base), "mychannel", &bundle, NULL);
}

static heddle_view envelope_of(heddle_view update)
{
    Common__ConfigUpdateEnvelope message = COMMON__CONFIG_UPDATE_ENVELOPE__INIT;
    wire_header header = {.type = COMMON__HEADER_TYPE__CONFIG_UPDATE,
                          .channel = VIEW("mychannel"),
                          .creator = VIEW("c"),
                          .nonce = VIEW("n")};
    heddle_view payload, envelope;
    message.config_update = wire_bytes(update);
    if (wire_payload_write(&header, encode(&message.base), arena, &payload, NULL) ||
        wire_envelope_write(payload, VIEW("s"), arena, &envelope, NULL))
        abort();
    return envelope;
}

/* The configuration after an update; NULL: it was refused. */
static wire_bundle *apply(heddle_view update)
{
    base_auto_buffer base_buffer made = {0};
    wire_bundle *next = NULL, *same = NULL;
    if (wire_config_update_apply(bundle, envelope_of(update), &made, &next, NULL) != HEDDLE_OK)
        return NULL;
    if (wire_config_update_validate(bundle, base_buffer_view(&made), &same, NULL) != HEDDLE_OK)
        abort();
    wire_bundle_unref(same);
    return next;
}

static void edit(heddle_view edited)
{
    base_auto_buffer base_buffer update = {0};
    base_auto_buffer base_buffer more = {0};
    heddle_view original = encode(&wire_bundle_config(bundle)->config->base);
    if (wire_config_update_compute(original, edited, "mychannel", &update, NULL) != HEDDLE_OK)
        return;
    base_auto(wire_bundle) wire_bundle *next = apply(base_buffer_view(&update));
    if (!next)
        return;
    heddle_view after = encode(&wire_bundle_config(next)->config->base);
    if (wire_config_update_compute(after, edited, "mychannel", &more, NULL) != HEDDLE_E_EXISTS)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_view bytes = heddle_view_of(data, size);
    wire_bundle *next;
    arena = base_arena_new(64u << 20);
    if (!arena || (!bundle && load() != HEDDLE_OK))
        abort();
    wire_bundle_unref(apply(bytes));
    edit(bytes);
    if (wire_config_update_validate(bundle, bytes, &next, NULL) == HEDDLE_OK)
        wire_bundle_unref(next);
    base_arena_free(arena);
    return 0;
}
