/*
 * An update against the present configuration: both its sets and the configuration are laid
 * flat, the changes are what differs in version between the sets, and the result is the present
 * tree with the changed parts put over it, beginning at the channel group: what no group names
 * any more is gone.
 */
#include "base/fail.h"
#include "common/common.pb-c.h"
#include "wire/config_tree_parts.h"
#include "wire/config_update.h"
#include "wire/envelope.h"

enum { APPLY_LIMIT = 256u << 20 };

/* A channel of Fabric 1.0 may lack mod policies; with capabilities they become this. */
static const char UPGRADED_MOD_POLICY[] = "Admins";

typedef struct applier {
    const wire_bundle *bundle;
    base_arena *arena;
    heddle_error *err;
    config_parts present;
    config_parts read;
    config_parts write;
    wire_signed *signers; /* whose signatures are right */
    size_t signer_count;
    base_map *satisfied; /* policies by path, each once it was satisfied */
    bool upgrades;
} applier;

static void applier_done(applier *a)
{
    wire_config_parts_done(&a->present);
    wire_config_parts_done(&a->read);
    wire_config_parts_done(&a->write);
    base_map_free(a->satisfied, NULL);
    base_arena_free(a->arena);
}

static heddle_status applier_init(applier *a, const wire_bundle *bundle, heddle_error *err)
{
    const Common__Config *config = wire_bundle_config(bundle)->config;
    *a = (applier){.bundle = bundle, .err = err};
    a->arena = base_arena_new(APPLY_LIMIT);
    a->satisfied = base_map_new();
    if (!a->arena || !a->satisfied)
        return base_fail_memory(err, "configuration");
    BASE_TRY(wire_config_parts_init(&a->present, config->channel_group, a->arena, err));
    return HEDDLE_OK;
}

#define auto_applier __attribute__((cleanup(applier_done)))

static heddle_status prefixed(heddle_status status, heddle_error *err, const char *prefix)
{
    if (status != HEDDLE_OK)
        base_error_prefix(err, "%s", prefix);
    return status;
}

static heddle_status no_memory(applier *a)
{
    return base_arena_fail(a->arena, a->err, "configuration");
}

/* Signatures. */

static heddle_status read_signature(applier *a, const Common__ConfigSignature *signature,
                                    heddle_view update)
{
    Common__SignatureHeader *header;
    crypto_identity *identity;
    heddle_view header_bytes = wire_view(signature->signature_header);
    BASE_TRY(wire_decode(common__signature_header, header_bytes, a->arena, &header, a->err));
    wire_signed *set = &a->signers[a->signer_count];
    *set = (wire_signed){.data = {header_bytes, update},
                         .identity = wire_view(header->creator),
                         .signature = wire_view(signature->signature)};
    heddle_status status = wire_bundle_verify(a->bundle, set, &identity, a->err);
    if (status == HEDDLE_OK) {
        crypto_identity_unref(identity);
        a->signer_count++;
    }
    return status == HEDDLE_E_NO_MEMORY ? status : HEDDLE_OK;
}

static heddle_status read_signatures(applier *a, const Common__ConfigUpdateEnvelope *envelope)
{
    size_t count = envelope->n_signatures;
    if (count > WIRE_POLICY_MAX_IDENTITIES)
        return base_fail(a->err, HEDDLE_E_TOO_LARGE, "%zu signatures, at most %d", count,
                         WIRE_POLICY_MAX_IDENTITIES);
    a->signers = base_arena_zalloc(a->arena, count + 1, sizeof(*a->signers));
    if (!a->signers)
        return no_memory(a);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(read_signature(a, envelope->signatures[i], wire_view(envelope->config_update)));
    return HEDDLE_OK;
}

/* Versions. */

static heddle_status verify_read_set(applier *a)
{
    for (const config_part *part = a->read.first; part; part = part->next) {
        const config_part *now = wire_config_parts_find(&a->present, part->key);
        if (!now)
            return base_fail(a->err, HEDDLE_E_BAD_STATE,
                             "existing config does not contain element for %s but was in the read "
                             "set",
                             part->key);
        uint64_t seen = wire_config_member_version(&part->member);
        uint64_t is = wire_config_member_version(&now->member);
        if (seen != is)
            return base_fail(a->err, HEDDLE_E_BAD_STATE,
                             "proposed update requires that key %s be at version %llu, but it is "
                             "currently at version %llu",
                             part->key, (unsigned long long)seen, (unsigned long long)is);
    }
    return HEDDLE_OK;
}

static size_t mark_changes(applier *a)
{
    size_t count = 0;
    for (config_part *part = a->write.first; part; part = part->next) {
        const config_part *read = wire_config_parts_find(&a->read, part->key);
        part->is_change = !read || wire_config_member_version(&read->member) !=
                                       wire_config_member_version(&part->member);
        count += part->is_change;
    }
    return count;
}

/* Mod policies. */

static heddle_status check_mod_policy(const char *policy, heddle_error *err)
{
    heddle_view rest = heddle_view_str(policy);
    if (!rest.len)
        return base_fail(err, HEDDLE_E_CONFIG, "mod_policy not set");
    if (rest.data[0] == '/')
        rest = base_view_slice(rest, 1, rest.len);
    for (unsigned at = 0;; at++) {
        const uint8_t *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
        size_t len = slash ? (size_t)(slash - rest.data) : rest.len;
        heddle_status status = wire_config_name_check(base_view_slice(rest, 0, len), err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "path element at %u is invalid", at);
            return status;
        }
        if (!slash)
            return HEDDLE_OK;
        rest = base_view_slice(rest, len + 1, rest.len);
    }
}

static heddle_status evaluate(applier *a, const config_part *present, const char *path)
{
    heddle_error why;
    if (base_map_get(a->satisfied, heddle_view_str(path)))
        return HEDDLE_OK;
    heddle_status status = wire_bundle_evaluate(a->bundle, path, a->signers, a->signer_count, &why);
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(a->err, "configuration");
    if (status == HEDDLE_E_NOT_FOUND)
        return base_fail(a->err, HEDDLE_E_CONFIG, "unexpected missing policy %s for item %s",
                         wire_config_member_mod_policy(&present->member), present->key);
    if (status != HEDDLE_OK)
        return base_fail(a->err, HEDDLE_E_POLICY, "policy for %s not satisfied: %s", present->key,
                         why.message);
    if (base_map_put(a->satisfied, heddle_view_str(path), a, NULL) != HEDDLE_OK)
        return base_fail_memory(a->err, "configuration");
    return HEDDLE_OK;
}

static heddle_status verify_policy(applier *a, const config_part *present)
{
    const char *policy = wire_config_member_mod_policy(&present->member);
    if (policy[0] == '/')
        return evaluate(a, present, policy);
    char *path = base_arena_printf(a->arena, "%s/%s", present->group, policy);
    return path ? evaluate(a, present, path) : no_memory(a);
}

static heddle_status verify_change(applier *a, const config_part *change)
{
    const config_part *now = wire_config_parts_find(&a->present, change->key);
    unsigned long long wanted = wire_config_member_version(&change->member);
    heddle_status status = check_mod_policy(wire_config_member_mod_policy(&change->member), a->err);
    if (status != HEDDLE_OK) {
        base_error_prefix(a->err, "invalid mod_policy for element %s", change->key);
        return status;
    }
    if (!now && wanted)
        return base_fail(a->err, HEDDLE_E_BAD_STATE,
                         "attempted to set key %s to version %llu, but key does not exist",
                         change->key, wanted);
    if (!now)
        return HEDDLE_OK;
    unsigned long long is = wire_config_member_version(&now->member);
    if (wanted != is + 1)
        return base_fail(a->err, HEDDLE_E_BAD_STATE,
                         "attempt to set key %s to version %llu, but key is at version %llu",
                         change->key, wanted, is);
    return verify_policy(a, now);
}

static heddle_status verify_changes(applier *a)
{
    if (!mark_changes(a))
        return base_fail(a->err, HEDDLE_E_REFUSED,
                         "delta set was empty -- update would have no effect");
    for (const config_part *part = a->write.first; part; part = part->next)
        if (part->is_change)
            BASE_TRY(verify_change(a, part));
    return HEDDLE_OK;
}

static heddle_status authorize(applier *a, heddle_view data)
{
    Common__ConfigUpdateEnvelope *envelope;
    Common__ConfigUpdate *update;
    const char *channel = wire_bundle_config(a->bundle)->channel;
    BASE_TRY(wire_decode(common__config_update_envelope, data, a->arena, &envelope, a->err));
    BASE_TRY(wire_decode(common__config_update, wire_view(envelope->config_update), a->arena,
                         &update, a->err));
    if (strcmp(update->channel_id, channel) != 0)
        return base_fail(a->err, HEDDLE_E_REFUSED,
                         "ConfigUpdate for channel '%.64s' but envelope for channel '%s'",
                         update->channel_id, channel);
    BASE_TRY(prefixed(wire_config_parts_init(&a->read, update->read_set, a->arena, a->err), a->err,
                      "error mapping ReadSet"));
    BASE_TRY(prefixed(verify_read_set(a), a->err, "error validating ReadSet"));
    BASE_TRY(prefixed(wire_config_parts_init(&a->write, update->write_set, a->arena, a->err),
                      a->err, "error mapping WriteSet"));
    BASE_TRY(read_signatures(a, envelope));
    return prefixed(verify_changes(a), a->err, "error validating DeltaSet");
}

/* The result. */

static const config_part *resulting(const applier *a, const char *key)
{
    const config_part *written = wire_config_parts_find(&a->write, key);
    return written && written->is_change ? written : wire_config_parts_find(&a->present, key);
}

static void upgrade(const applier *a, char **mod_policy)
{
    if (a->upgrades && (*mod_policy)[0] == '\0')
        *mod_policy = wire_text(UPGRADED_MOD_POLICY);
}

static heddle_status rebuild_group(applier *a, const char *path, const config_part *part,
                                   Common__ConfigGroup *out);

static heddle_status rebuild(applier *a, config_kind kind, const char *path, config_member *out)
{
    char *key = wire_config_key(kind, path, a->arena);
    const config_part *part = key ? resulting(a, key) : NULL;
    if (!key)
        return no_memory(a);
    if (!part)
        return base_fail(a->err, HEDDLE_E_CONFIG,
                         "could not turn configMap back to channelGroup: missing at path: %s", key);
    uint64_t version = wire_config_member_version(&part->member);
    BASE_TRY(wire_config_member_copy(&part->member, version, true, a->arena, out, a->err));
    void *copy = (void *)(uintptr_t)out->message;
    if (kind == CONFIG_VALUE)
        upgrade(a, &((Common__ConfigValue *)copy)->mod_policy);
    else if (kind == CONFIG_POLICY)
        upgrade(a, &((Common__ConfigPolicy *)copy)->mod_policy);
    else
        return rebuild_group(a, path, part, copy);
    return HEDDLE_OK;
}

static heddle_status rebuild_group(applier *a, const char *path, const config_part *part,
                                   Common__ConfigGroup *out)
{
    upgrade(a, &out->mod_policy);
    for (config_kind kind = 0; kind < CONFIG_KINDS; kind++) {
        config_members members;
        BASE_TRY(wire_config_members_read(part->member.group, kind, a->arena, &members, a->err));
        for (size_t i = 0; i < members.count; i++) {
            char *below = base_arena_printf(a->arena, "%s/%s", path, members.items[i].name);
            if (!below)
                return no_memory(a);
            BASE_TRY(rebuild(a, kind, below, &members.items[i]));
        }
        BASE_TRY(wire_config_members_write(&members, kind, a->arena, out, a->err));
    }
    return HEDDLE_OK;
}

/* The next configuration, as the bytes of a Config too. */
static heddle_status make_config(applier *a, Common__Config *out, base_buffer *bytes)
{
    config_member root;
    a->upgrades = resulting(a, "[Value]  /Channel/Orderer/Capabilities");
    BASE_TRY(rebuild(a, CONFIG_GROUP, "/Channel", &root));
    out->sequence = wire_bundle_config(a->bundle)->sequence + 1;
    out->channel_group = (Common__ConfigGroup *)(uintptr_t)root.group;
    return wire_encode(&out->base, bytes, a->err);
}

static heddle_status check_result(applier *a, heddle_view config, wire_bundle **out)
{
    const wire_channel_config *from = wire_bundle_config(a->bundle);
    base_auto(wire_bundle) wire_bundle *next = NULL;
    heddle_status status = wire_bundle_from_config(config, from->channel, &next, a->err);
    BASE_TRY(prefixed(status, a->err, "initializing channelconfig failed"));
    BASE_TRY(wire_config_update_check(from, wire_bundle_config(next), a->err));
    wire_bundle_remember_with(next, a->bundle);
    *out = base_steal(&next);
    return HEDDLE_OK;
}

static heddle_status propose(applier *a, heddle_view bytes, Common__Config *config,
                             base_buffer *config_bytes, wire_bundle **out_next)
{
    wire_envelope envelope;
    heddle_status status = wire_envelope_read(bytes, &envelope, a->err);
    if (status == HEDDLE_OK && envelope.header.type != COMMON__HEADER_TYPE__CONFIG_UPDATE)
        status = base_fail(a->err, HEDDLE_E_DECODE, "invalid type %d, expected CONFIG_UPDATE",
                           envelope.header.type);
    BASE_TRY(prefixed(status, a->err, "error converting envelope to config update"));
    BASE_TRY(prefixed(authorize(a, envelope.data), a->err, "error authorizing update"));
    BASE_TRY(make_config(a, config, config_bytes));
    return check_result(a, base_buffer_view(config_bytes), out_next);
}

/* With an error of its own: texts are built upon it. */
static heddle_status apply(applier *a, heddle_view bytes, base_buffer *out, wire_bundle **out_next)
{
    base_auto_buffer base_buffer config_bytes = {0};
    Common__Config config = COMMON__CONFIG__INIT;
    Common__ConfigEnvelope envelope = COMMON__CONFIG_ENVELOPE__INIT;
    base_auto(wire_bundle) wire_bundle *next = NULL;
    BASE_TRY(propose(a, bytes, &config, &config_bytes, &next));
    BASE_TRY(wire_decode(common__envelope, bytes, a->arena, &envelope.last_update, a->err));
    envelope.config = &config;
    BASE_TRY(wire_encode(&envelope.base, out, a->err));
    if (out_next)
        *out_next = base_steal(&next);
    return HEDDLE_OK;
}

static heddle_status hand_over(heddle_status status, const heddle_error *from, heddle_error *to)
{
    if (status != HEDDLE_OK && to)
        *to = *from;
    return status;
}

heddle_status wire_config_update_apply(const wire_bundle *bundle, heddle_view envelope,
                                       base_buffer *out, wire_bundle **out_next, heddle_error *err)
{
    auto_applier applier a;
    heddle_error why;
    heddle_status status = applier_init(&a, bundle, &why);
    if (status == HEDDLE_OK)
        status = apply(&a, envelope, out, out_next);
    return hand_over(status, &why, err);
}

/* Map entries may stand in any order in what the block says. */
static heddle_status compare_results(applier *a, const Common__Config *said, heddle_view made)
{
    Common__Config config = COMMON__CONFIG__INIT;
    config_member root = {.name = "Channel", .kind = CONFIG_GROUP, .group = said->channel_group};
    heddle_view bytes;
    if (root.group)
        BASE_TRY(wire_config_member_copy_all(&root, false, a->arena, &root, a->err));
    config.sequence = said->sequence;
    config.channel_group = (Common__ConfigGroup *)(uintptr_t)root.group;
    BASE_TRY(wire_encode_arena(&config.base, a->arena, &bytes, a->err));
    if (!base_view_equal(bytes, made))
        return base_fail(a->err, HEDDLE_E_REFUSED,
                         "ConfigEnvelope LastUpdate did not produce the supplied config result");
    return HEDDLE_OK;
}

static heddle_status validate(applier *a, heddle_view bytes, wire_bundle **out)
{
    Common__ConfigEnvelope *said;
    base_auto_buffer base_buffer made = {0};
    base_auto(wire_bundle) wire_bundle *next = NULL;
    Common__Config config = COMMON__CONFIG__INIT;
    heddle_view update;
    uint64_t sequence = wire_bundle_config(a->bundle)->sequence;
    BASE_TRY(wire_decode(common__config_envelope, bytes, a->arena, &said, a->err));
    if (!said->config)
        return base_fail(a->err, HEDDLE_E_REFUSED, "config envelope has nil config");
    if (said->config->sequence != sequence + 1)
        return base_fail(
            a->err, HEDDLE_E_REFUSED,
            "config currently at sequence %llu, cannot validate config at sequence %llu",
            (unsigned long long)sequence, (unsigned long long)said->config->sequence);
    if (!said->last_update)
        return base_fail(a->err, HEDDLE_E_REFUSED, "config envelope has no last update");
    BASE_TRY(wire_encode_arena(&said->last_update->base, a->arena, &update, a->err));
    BASE_TRY(propose(a, update, &config, &made, &next));
    BASE_TRY(compare_results(a, said->config, base_buffer_view(&made)));
    *out = base_steal(&next);
    return HEDDLE_OK;
}

heddle_status wire_config_update_validate(const wire_bundle *bundle, heddle_view config_envelope,
                                          wire_bundle **out, heddle_error *err)
{
    auto_applier applier a;
    heddle_error why;
    heddle_status status = applier_init(&a, bundle, &why);
    if (status == HEDDLE_OK)
        status = validate(&a, config_envelope, out);
    return hand_over(status, &why, err);
}
