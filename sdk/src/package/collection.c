#include "package/collection.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/fail.h"
#include "json/document.h"
#include "json/writer.h"

enum { MAX_FILE = 1024 * 1024, MAX_COLLECTIONS = 1000 };

/* A key of a collection, and its value. */
typedef struct reading {
    base_arena *arena;
    heddle_view key;
    const json_item *value;
    heddle_error *err;
} reading;

static bool is_key(const reading *r, const char *name)
{
    return r->key.len == strlen(name) &&
           strncasecmp((const char *)r->key.data, name, r->key.len) == 0;
}

static heddle_status wrong(const reading *r, const char *wanted)
{
    return base_fail(r->err, HEDDLE_E_BAD_ARGUMENT, "%.*s is not %s",
                     r->key.len < 64 ? (int)r->key.len : 64, (const char *)r->key.data, wanted);
}

static heddle_status read_text(const reading *r, const char **out)
{
    heddle_view text;
    if (json_item_kind(r->value) == JSON_KIND_NULL)
        return HEDDLE_OK;
    if (!json_item_text(r->value, &text) || memchr(text.data, 0, text.len))
        return wrong(r, "a text");
    *out = base_arena_str(r->arena, text);
    return *out ? HEDDLE_OK : base_arena_fail(r->arena, r->err, "collections");
}

static heddle_status read_truth(const reading *r, bool *out)
{
    return json_item_truth(r->value, out) ? HEDDLE_OK : wrong(r, "true or false");
}

static heddle_status read_number(const reading *r, int64_t max, uint64_t *out)
{
    int64_t number;
    if (!json_item_integer(r->value, &number) || number < 0 || number > max)
        return wrong(r, "a number that may stand there");
    *out = (uint64_t)number;
    return HEDDLE_OK;
}

static heddle_status read_count(const reading *r, uint32_t *out)
{
    uint64_t number = 0;
    BASE_TRY(read_number(r, INT32_MAX, &number));
    *out = (uint32_t)number;
    return HEDDLE_OK;
}

static heddle_status read_endorsement(const reading *outer, package_collection *out)
{
    const void *cursor = NULL;
    reading r = *outer;
    if (json_item_kind(outer->value) == JSON_KIND_NULL)
        return HEDDLE_OK;
    if (json_item_kind(outer->value) != JSON_KIND_OBJECT)
        return wrong(outer, "an object");
    while (json_item_next(outer->value, &cursor, &r.key, &r.value)) {
        if (is_key(&r, "signaturePolicy"))
            BASE_TRY(read_text(&r, &out->signature_policy));
        else if (is_key(&r, "channelConfigPolicy"))
            BASE_TRY(read_text(&r, &out->channel_policy));
        else
            return wrong(&r, "known of an endorsementPolicy");
    }
    return HEDDLE_OK;
}

/* Fabric's reader takes keys in any case. */
static heddle_status read_key(const reading *r, package_collection *out)
{
    if (is_key(r, "name"))
        return read_text(r, &out->name);
    if (is_key(r, "policy"))
        return read_text(r, &out->policy);
    if (is_key(r, "requiredPeerCount"))
        return read_count(r, &out->required_peer_count);
    if (is_key(r, "maxPeerCount"))
        return read_count(r, &out->max_peer_count);
    if (is_key(r, "blockToLive"))
        return read_number(r, INT64_MAX, &out->block_to_live);
    if (is_key(r, "memberOnlyRead"))
        return read_truth(r, &out->member_only_read);
    if (is_key(r, "memberOnlyWrite"))
        return read_truth(r, &out->member_only_write);
    if (is_key(r, "endorsementPolicy"))
        return read_endorsement(r, out);
    return wrong(r, "known of a collection");
}

static heddle_status read_one(const json_item *from, base_arena *arena, package_collection *out,
                              heddle_error *err)
{
    const void *cursor = NULL;
    reading r = {.arena = arena, .err = err};
    *out = (package_collection){.max_peer_count = 1};
    if (json_item_kind(from) != JSON_KIND_OBJECT)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a collection is not an object");
    while (json_item_next(from, &cursor, &r.key, &r.value)) {
        heddle_status status = read_key(&r, out);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "collection '%.64s'", out->name ? out->name : "");
            return status;
        }
    }
    return HEDDLE_OK;
}

heddle_status package_collections_read(heddle_view json, base_arena *arena,
                                       const package_collection **out, size_t *out_count,
                                       heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    BASE_TRY(json_document_parse(json, MAX_FILE, &document, err));
    const json_item *list = json_document_root(document);
    size_t count = json_item_count(list);
    if (json_item_kind(list) != JSON_KIND_ARRAY || count > MAX_COLLECTIONS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "not a list of collections");
    package_collection *items = base_arena_zalloc(arena, count + 1, sizeof(*items));
    if (!items)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(read_one(json_item_at(list, i), arena, &items[i], err));
    *out = items;
    *out_count = count;
    return HEDDLE_OK;
}

/* A name that peers take: theirs would be told only when the definition is approved. */
static heddle_status check_name(const char *name, heddle_error *err)
{
    static const char taken[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (!name || !*name)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a collection has no name");
    if (*name == '_')
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "its name begins with _");
    size_t good = strspn(name, taken);
    if (name[good])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "character %zu of its name is no letter, digit, _ or -", good + 1);
    return HEDDLE_OK;
}

static heddle_status build_members(const package_collection *from, base_arena *arena,
                                   Protos__StaticCollectionConfig *config, heddle_error *err)
{
    Protos__CollectionPolicyConfig *members = wire_new(protos__collection_policy_config, arena);
    if (!members)
        return base_arena_fail(arena, err, "collections");
    if (!from->policy || !*from->policy)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no policy says who has the data");
    members->payload_case = PROTOS__COLLECTION_POLICY_CONFIG__PAYLOAD_SIGNATURE_POLICY;
    BASE_TRY(
        wire_policy_parse(heddle_view_str(from->policy), arena, &members->signature_policy, err));
    config->member_orgs_policy = members;
    return HEDDLE_OK;
}

static heddle_status build_one(const package_collection *from, base_arena *arena,
                               Protos__CollectionConfig **out, heddle_error *err)
{
    Protos__CollectionConfig *outer = wire_new(protos__collection_config, arena);
    Protos__StaticCollectionConfig *config = wire_new(protos__static_collection_config, arena);
    BASE_TRY(check_name(from->name, err));
    if (from->max_peer_count < from->required_peer_count)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "maxPeerCount %u is below requiredPeerCount %u", from->max_peer_count,
                         from->required_peer_count);
    if (!outer || !config)
        return base_arena_fail(arena, err, "collections");
    config->name = base_arena_strdup(arena, from->name);
    if (!config->name)
        return base_arena_fail(arena, err, "collections");
    BASE_TRY(build_members(from, arena, config, err));
    config->required_peer_count = (int32_t)from->required_peer_count;
    config->maximum_peer_count = (int32_t)from->max_peer_count;
    config->block_to_live = from->block_to_live;
    config->member_only_read = from->member_only_read;
    config->member_only_write = from->member_only_write;
    BASE_TRY(package_policy_build(from->signature_policy, from->channel_policy, arena,
                                  &config->endorsement_policy, err));
    outer->payload_case = PROTOS__COLLECTION_CONFIG__PAYLOAD_STATIC_COLLECTION_CONFIG;
    outer->static_collection_config = config;
    *out = outer;
    return HEDDLE_OK;
}

heddle_status package_collections_build(const package_collection *collections, size_t count,
                                        base_arena *arena, Protos__CollectionConfigPackage **out,
                                        heddle_error *err)
{
    Protos__CollectionConfigPackage *message = wire_new(protos__collection_config_package, arena);
    Protos__CollectionConfig **items = base_arena_zalloc(arena, count + 1, sizeof(*items));
    if (!message || !items)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < count; i++) {
        heddle_status status = build_one(&collections[i], arena, &items[i], err);
        if (status) {
            base_error_prefix(err, "collection '%.64s'",
                              collections[i].name ? collections[i].name : "");
            return status;
        }
        for (size_t j = 0; j < i; j++)
            if (strcmp(collections[i].name, collections[j].name) == 0)
                return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "collection '%.64s' is there twice",
                                 collections[i].name);
    }
    message->config = items;
    message->n_config = count;
    *out = message;
    return HEDDLE_OK;
}

static void print_text(json_writer *json, heddle_view name, const char *text)
{
    json_name(json, name);
    json_text(json, heddle_view_str(text));
}

static void print_endorsement(json_writer *json, const char *signature, const char *channel)
{
    if (!signature && !channel)
        return;
    json_name(json, VIEW("endorsementPolicy"));
    json_begin(json, '{');
    if (signature)
        print_text(json, VIEW("signaturePolicy"), signature);
    else
        print_text(json, VIEW("channelConfigPolicy"), channel);
    json_end(json, '}');
}

static void print_numbers(json_writer *json, const Protos__StaticCollectionConfig *config)
{
    json_name(json, VIEW("requiredPeerCount"));
    json_printf(json, "%" PRId32, config->required_peer_count);
    json_name(json, VIEW("maxPeerCount"));
    json_printf(json, "%" PRId32, config->maximum_peer_count);
    json_name(json, VIEW("blockToLive"));
    json_printf(json, "%" PRIu64, config->block_to_live);
    json_name(json, VIEW("memberOnlyRead"));
    json_word(json, config->member_only_read ? "true" : "false");
    json_name(json, VIEW("memberOnlyWrite"));
    json_word(json, config->member_only_write ? "true" : "false");
}

static heddle_status print_one(const Protos__StaticCollectionConfig *config, base_arena *arena,
                               json_writer *json, heddle_error *err)
{
    const char *policy = NULL, *unused, *signature, *channel;
    Protos__ApplicationPolicy members = PROTOS__APPLICATION_POLICY__INIT;
    if (config->member_orgs_policy && config->member_orgs_policy->signature_policy) {
        members.type_case = PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY;
        members.signature_policy = config->member_orgs_policy->signature_policy;
        BASE_TRY(package_policy_print(&members, arena, &policy, &unused, err));
    }
    BASE_TRY(package_policy_print(config->endorsement_policy, arena, &signature, &channel, err));
    json_element(json);
    json_begin(json, '{');
    print_text(json, VIEW("name"), config->name);
    print_text(json, VIEW("policy"), policy);
    print_numbers(json, config);
    print_endorsement(json, signature, channel);
    json_end(json, '}');
    return HEDDLE_OK;
}

heddle_status package_collections_print(const Protos__CollectionConfigPackage *message,
                                        base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    json_writer json = {.out = out, .indent = true, .fresh = true};
    if (!arena)
        return base_fail_memory(err, "collections");
    json_begin(&json, '[');
    for (size_t i = 0; i < message->n_config; i++)
        if (message->config[i]->payload_case ==
            PROTOS__COLLECTION_CONFIG__PAYLOAD_STATIC_COLLECTION_CONFIG)
            BASE_TRY(print_one(message->config[i]->static_collection_config, arena, &json, err));
    json_end(&json, ']');
    return json.status ? base_fail_memory(err, "collections") : HEDDLE_OK;
}
