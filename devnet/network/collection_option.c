#include "devnet/network/collection_option.h"

#include <jansson.h>
#include <strings.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

enum { MAX_FILE = 1024 * 1024, MAX_COLLECTIONS = 1000 };

/* A key of a collection, and the kind of its value. */
typedef struct reading {
    base_arena *arena;
    const char *key;
    const json_t *value;
    heddle_error *err;
} reading;

static heddle_status wrong(const reading *r, const char *wanted)
{
    return base_fail(r->err, HEDDLE_E_CONFIG, "%.64s is not %s", r->key, wanted);
}

static heddle_status read_text(const reading *r, const char **out)
{
    if (json_is_null(r->value))
        return HEDDLE_OK;
    const char *text = json_string_value(r->value);
    if (!text)
        return wrong(r, "a text");
    *out = base_arena_strdup(r->arena, text);
    return *out ? HEDDLE_OK : base_arena_fail(r->arena, r->err, "collections");
}

static heddle_status read_bool(const reading *r, bool *out)
{
    if (!json_is_boolean(r->value))
        return wrong(r, "true or false");
    *out = json_is_true(r->value);
    return HEDDLE_OK;
}

static heddle_status read_number(const reading *r, uint64_t max, uint64_t *out)
{
    json_int_t number = json_integer_value(r->value);
    if (!json_is_integer(r->value) || number < 0 || (uint64_t)number > max)
        return wrong(r, "a number that may stand there");
    *out = (uint64_t)number;
    return HEDDLE_OK;
}

static heddle_status read_count(const reading *r, uint32_t *out)
{
    uint64_t number;
    BASE_TRY(read_number(r, INT32_MAX, &number));
    *out = (uint32_t)number;
    return HEDDLE_OK;
}

static heddle_status read_endorsement(const reading *outer, dn_collection_config *out)
{
    const char *key;
    json_t *value;
    if (json_is_null(outer->value))
        return HEDDLE_OK;
    if (!json_is_object(outer->value))
        return wrong(outer, "an object");
    json_object_foreach((json_t *)(uintptr_t)outer->value, key, value)
    {
        reading r = {outer->arena, key, value, outer->err};
        if (!strcasecmp(key, "signaturePolicy"))
            BASE_TRY(read_text(&r, &out->signature_policy));
        else if (!strcasecmp(key, "channelConfigPolicy"))
            BASE_TRY(read_text(&r, &out->channel_policy));
        else
            return wrong(&r, "known of an endorsementPolicy");
    }
    return HEDDLE_OK;
}

/* Fabric's reader takes keys in any case. */
static heddle_status read_key(const reading *r, dn_collection_config *out)
{
    if (!strcasecmp(r->key, "name"))
        return read_text(r, &out->name);
    if (!strcasecmp(r->key, "policy"))
        return read_text(r, &out->policy);
    if (!strcasecmp(r->key, "requiredPeerCount"))
        return read_count(r, &out->required_peer_count);
    if (!strcasecmp(r->key, "maxPeerCount"))
        return read_count(r, &out->max_peer_count);
    if (!strcasecmp(r->key, "blockToLive"))
        return read_number(r, INT64_MAX, &out->block_to_live);
    if (!strcasecmp(r->key, "memberOnlyRead"))
        return read_bool(r, &out->member_only_read);
    if (!strcasecmp(r->key, "memberOnlyWrite"))
        return read_bool(r, &out->member_only_write);
    if (!strcasecmp(r->key, "endorsementPolicy"))
        return read_endorsement(r, out);
    return wrong(r, "known of a collection");
}

static heddle_status read_one(const json_t *from, base_arena *arena, dn_collection_config *out,
                              heddle_error *err)
{
    const char *key;
    json_t *value;
    *out = (dn_collection_config){.max_peer_count = 1};
    if (!json_is_object(from))
        return base_fail(err, HEDDLE_E_CONFIG, "a collection is not an object");
    json_object_foreach((json_t *)(uintptr_t)from, key, value)
    {
        reading r = {arena, key, value, err};
        heddle_status status = read_key(&r, out);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "collection '%.64s'", out->name ? out->name : "");
            return status;
        }
    }
    return HEDDLE_OK;
}

static heddle_status read_all(const json_t *list, base_arena *arena, dn_chaincode *out,
                              heddle_error *err)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > MAX_COLLECTIONS)
        return base_fail(err, HEDDLE_E_CONFIG, "not a list of collections");
    dn_collection_config *items = base_arena_zalloc(arena, count + 1, sizeof(*items));
    if (!items)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(read_one(json_array_get(list, i), arena, &items[i], err));
    out->collections = items;
    out->collection_count = count;
    return HEDDLE_OK;
}

heddle_status dn_collections_read(const char *path, base_arena *arena, dn_chaincode *out,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    json_error_t where;
    BASE_TRY(base_read_file(path, MAX_FILE, &bytes, err));
    json_t *list = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, &where);
    if (!list)
        return base_fail(err, HEDDLE_E_CONFIG, "%.128s, line %d: %s", path, where.line, where.text);
    heddle_status status = read_all(list, arena, out, err);
    json_decref(list);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "%.128s", path);
    return status;
}
