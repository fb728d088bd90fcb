#include "devnet/lifecycle/record.h"

#include "base/fail.h"
#include "crypto/digest.h"
#include "peer/lifecycle/chaincode_definition.pb-c.h"
#include "peer/lifecycle/db.pb-c.h"
#include "wire/codec.h"

static const char namespaces[] = "namespaces";
static const char sources[] = "chaincode-sources";

/* Making records. */

static heddle_status add_field(dn_record *record, const char *name,
                               const Lifecycle__StateData *data, base_arena *arena,
                               heddle_error *err)
{
    dn_record_field *field = &record->fields[record->field_count];
    field->name = name;
    BASE_TRY(wire_encode_arena(&data->base, arena, &field->value, err));
    record->field_count++;
    return HEDDLE_OK;
}

static heddle_status add_bytes(dn_record *record, const char *name, heddle_view bytes,
                               base_arena *arena, heddle_error *err)
{
    Lifecycle__StateData data = LIFECYCLE__STATE_DATA__INIT;
    data.type_case = LIFECYCLE__STATE_DATA__TYPE_BYTES;
    data.bytes = wire_bytes(bytes);
    return add_field(record, name, &data, arena, err);
}

static heddle_status add_parameters(dn_record *record, const dn_parameters *p, base_arena *arena,
                                    heddle_error *err)
{
    Lifecycle__ChaincodeEndorsementInfo endorsement = LIFECYCLE__CHAINCODE_ENDORSEMENT_INFO__INIT;
    Lifecycle__ChaincodeValidationInfo validation = LIFECYCLE__CHAINCODE_VALIDATION_INFO__INIT;
    heddle_view bytes;
    endorsement.version = wire_text(p->version);
    endorsement.init_required = p->init_required;
    endorsement.endorsement_plugin = wire_text(p->endorsement_plugin);
    BASE_TRY(wire_encode_arena(&endorsement.base, arena, &bytes, err));
    BASE_TRY(add_bytes(record, "EndorsementInfo", bytes, arena, err));
    validation.validation_plugin = wire_text(p->validation_plugin);
    validation.validation_parameter = wire_bytes(p->validation_parameter);
    BASE_TRY(wire_encode_arena(&validation.base, arena, &bytes, err));
    BASE_TRY(add_bytes(record, "ValidationInfo", bytes, arena, err));
    return add_bytes(record, "Collections", p->collections, arena, err);
}

heddle_status dn_record_of_definition(const char *name, int64_t sequence,
                                      const dn_parameters *parameters, base_arena *arena,
                                      dn_record *out, heddle_error *err)
{
    dn_record made = {.space = namespaces, .name = name, .type = "ChaincodeDefinition"};
    Lifecycle__StateData data = LIFECYCLE__STATE_DATA__INIT;
    data.type_case = LIFECYCLE__STATE_DATA__TYPE_INT64;
    data.int64 = sequence;
    BASE_TRY(add_field(&made, "Sequence", &data, arena, err));
    BASE_TRY(add_parameters(&made, parameters, arena, err));
    *out = made;
    return HEDDLE_OK;
}

heddle_status dn_record_of_parameters(const char *name, const dn_parameters *parameters,
                                      base_arena *arena, dn_record *out, heddle_error *err)
{
    dn_record made = {.space = namespaces, .name = name, .type = "ChaincodeParameters"};
    BASE_TRY(add_parameters(&made, parameters, arena, err));
    *out = made;
    return HEDDLE_OK;
}

heddle_status dn_record_of_package(const char *name, const char *package_id, base_arena *arena,
                                   dn_record *out, heddle_error *err)
{
    dn_record made = {.space = sources, .name = name, .type = "ChaincodeLocalPackage"};
    Lifecycle__StateData data = LIFECYCLE__STATE_DATA__INIT;
    data.type_case = LIFECYCLE__STATE_DATA__TYPE_STRING;
    data.string = wire_text(package_id);
    BASE_TRY(add_field(&made, "PackageID", &data, arena, err));
    *out = made;
    return HEDDLE_OK;
}

heddle_status dn_record_private_name(const char *name, int64_t sequence, base_arena *arena,
                                     const char **out, heddle_error *err)
{
    char *made = base_arena_printf(arena, "%s#%lld", name, (long long)sequence);
    if (!made)
        return base_arena_fail(arena, err, "lifecycle");
    *out = made;
    return HEDDLE_OK;
}

/* Keys and values. */

static heddle_status metadata_key(const dn_record_place *place, const char *space, const char *name,
                                  heddle_view *out, heddle_error *err)
{
    char *key = base_arena_printf(place->arena, "%s/metadata/%s", space, name);
    if (!key)
        return base_arena_fail(place->arena, err, "lifecycle");
    *out = heddle_view_str(key);
    return HEDDLE_OK;
}

static heddle_status field_key(const dn_record_place *place, const char *space, const char *name,
                               const char *field, heddle_view *out, heddle_error *err)
{
    char *key = base_arena_printf(place->arena, "%s/fields/%s/%s", space, name, field);
    if (!key)
        return base_arena_fail(place->arena, err, "lifecycle");
    *out = heddle_view_str(key);
    return HEDDLE_OK;
}

static heddle_status encode_metadata(const dn_record *record, base_arena *arena, heddle_view *out,
                                     heddle_error *err)
{
    Lifecycle__StateMetadata metadata = LIFECYCLE__STATE_METADATA__INIT;
    char *names[DN_RECORD_FIELDS];
    for (size_t i = 0; i < record->field_count; i++)
        names[i] = wire_text(record->fields[i].name);
    metadata.datatype = wire_text(record->type);
    metadata.fields = names;
    metadata.n_fields = record->field_count;
    return wire_encode_arena(&metadata.base, arena, out, err);
}

/* The value of a key; empty where there is none. */
static heddle_status get(const dn_record_place *place, heddle_view key, heddle_view *out,
                         heddle_error *err)
{
    bool found = false;
    *out = heddle_view_of(NULL, 0);
    if (place->sim && place->collection.len)
        return dn_sim_get_private(place->sim, VIEW(DN_LIFECYCLE), place->collection, key, true, out,
                                  err);
    if (place->sim)
        return dn_sim_get(place->sim, VIEW(DN_LIFECYCLE), key, out, &found, err);
    dn_key at = dn_key_public(VIEW(DN_LIFECYCLE), key);
    const dn_entry *entry = dn_state_get(place->state, &at);
    if (entry)
        *out = entry->value;
    return HEDDLE_OK;
}

/* The hash that a collection has of a key's value; empty where there is none. */
static heddle_status get_hash(const dn_record_place *place, heddle_view key, heddle_view *out,
                              heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    *out = heddle_view_of(NULL, 0);
    if (place->sim)
        return dn_sim_get_private_hash(place->sim, VIEW(DN_LIFECYCLE), place->collection, key, out,
                                       err);
    if (crypto_sha256(key, digest) != HEDDLE_OK)
        return base_fail_memory(err, "lifecycle");
    dn_key at = {.ns = VIEW(DN_LIFECYCLE),
                 .coll = place->collection,
                 .key = heddle_view_of(digest, sizeof(digest))};
    const dn_entry *entry = dn_state_get(place->state, &at);
    if (entry)
        *out = entry->value;
    return HEDDLE_OK;
}

static heddle_status hash_is(heddle_view hash, heddle_view value, bool *out, heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (crypto_sha256(value, digest) != HEDDLE_OK)
        return base_fail_memory(err, "lifecycle");
    *out = base_view_equal(hash, heddle_view_of(digest, sizeof(digest)));
    return HEDDLE_OK;
}

/* Reading. */

static heddle_status read_metadata(const dn_record_place *place, const char *space,
                                   const char *name, Lifecycle__StateMetadata **out,
                                   heddle_error *err)
{
    heddle_view key, value;
    BASE_TRY(metadata_key(place, space, name, &key, err));
    BASE_TRY(get(place, key, &value, err));
    *out = NULL;
    return value.len ? wire_decode(lifecycle__state_metadata, value, place->arena, out, err)
                     : HEDDLE_OK;
}

heddle_status dn_record_read_type(const dn_record_place *place, const char *space, const char *name,
                                  const char **out, heddle_error *err)
{
    Lifecycle__StateMetadata *metadata;
    BASE_TRY(read_metadata(place, space, name, &metadata, err));
    *out = metadata ? metadata->datatype : NULL;
    return HEDDLE_OK;
}

/* A field, of @p wanted or missing: then of no type. */
static heddle_status read_field(const dn_record_place *place, const char *space, const char *name,
                                const char *field, Lifecycle__StateData__TypeCase wanted,
                                Lifecycle__StateData **out, heddle_error *err)
{
    heddle_view key, value;
    BASE_TRY(field_key(place, space, name, field, &key, err));
    BASE_TRY(get(place, key, &value, err));
    BASE_TRY(wire_decode(lifecycle__state_data, value, place->arena, out, err));
    if ((*out)->type_case == wanted || (*out)->type_case == LIFECYCLE__STATE_DATA__TYPE__NOT_SET)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DECODE, "key %.*s encodes a value of another type",
                     BASE_VIEW_ARG(key));
}

heddle_status dn_record_read_sequence(const dn_record_place *place, const char *name, int64_t *out,
                                      heddle_error *err)
{
    Lifecycle__StateData *data;
    BASE_TRY(read_field(place, namespaces, name, "Sequence", LIFECYCLE__STATE_DATA__TYPE_INT64,
                        &data, err));
    *out = data->type_case == LIFECYCLE__STATE_DATA__TYPE_INT64 ? data->int64 : 0;
    return HEDDLE_OK;
}

static heddle_status read_bytes(const dn_record_place *place, const char *name, const char *field,
                                heddle_view *out, heddle_error *err)
{
    Lifecycle__StateData *data;
    BASE_TRY(
        read_field(place, namespaces, name, field, LIFECYCLE__STATE_DATA__TYPE_BYTES, &data, err));
    *out = data->type_case == LIFECYCLE__STATE_DATA__TYPE_BYTES ? wire_view(data->bytes)
                                                                : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

heddle_status dn_record_read_parameters(const dn_record_place *place, const char *name,
                                        dn_parameters *out, heddle_error *err)
{
    Lifecycle__ChaincodeEndorsementInfo *endorsement;
    Lifecycle__ChaincodeValidationInfo *validation;
    heddle_view bytes, collections;
    BASE_TRY(read_bytes(place, name, "EndorsementInfo", &bytes, err));
    BASE_TRY(
        wire_decode(lifecycle__chaincode_endorsement_info, bytes, place->arena, &endorsement, err));
    BASE_TRY(read_bytes(place, name, "ValidationInfo", &bytes, err));
    BASE_TRY(
        wire_decode(lifecycle__chaincode_validation_info, bytes, place->arena, &validation, err));
    BASE_TRY(read_bytes(place, name, "Collections", &collections, err));
    *out = (dn_parameters){.version = endorsement->version,
                           .endorsement_plugin = endorsement->endorsement_plugin,
                           .init_required = endorsement->init_required,
                           .validation_plugin = validation->validation_plugin,
                           .validation_parameter = wire_view(validation->validation_parameter),
                           .collections = collections};
    return HEDDLE_OK;
}

heddle_status dn_record_read_package(const dn_record_place *place, const char *name,
                                     const char **out, heddle_error *err)
{
    Lifecycle__StateData *data;
    BASE_TRY(read_field(place, sources, name, "PackageID", LIFECYCLE__STATE_DATA__TYPE_STRING,
                        &data, err));
    *out = data->type_case == LIFECYCLE__STATE_DATA__TYPE_STRING ? data->string : "";
    return HEDDLE_OK;
}

/* Comparing. */

heddle_status dn_record_field_hash(const dn_record_place *place, const dn_record *record,
                                   size_t field, heddle_view *out, heddle_error *err)
{
    heddle_view key;
    BASE_TRY(field_key(place, record->space, record->name, record->fields[field].name, &key, err));
    return get_hash(place, key, out, err);
}

heddle_status dn_record_compare(const dn_record_place *place, const dn_record *record,
                                dn_record_mismatches *out, heddle_error *err)
{
    heddle_view key, hash, metadata;
    bool same = false;
    dn_record_mismatches made = {0};
    BASE_TRY(metadata_key(place, record->space, record->name, &key, err));
    BASE_TRY(get_hash(place, key, &hash, err));
    BASE_TRY(encode_metadata(record, place->arena, &metadata, err));
    BASE_TRY(hash_is(hash, metadata, &same, err));
    bool is_there = same;
    if (!is_there)
        made.items[made.count++] = record->type;
    for (size_t i = 0; i < record->field_count; i++) {
        BASE_TRY(dn_record_field_hash(place, record, i, &hash, err));
        BASE_TRY(hash_is(hash, record->fields[i].value, &same, err));
        if (is_there && !same)
            made.items[made.count++] = record->fields[i].name;
    }
    *out = made;
    return HEDDLE_OK;
}

/* Writing. */

static heddle_status put(const dn_record_place *place, heddle_view key, heddle_view value,
                         heddle_error *err)
{
    if (place->collection.len)
        return dn_sim_put_private(place->sim, VIEW(DN_LIFECYCLE), place->collection, key, value,
                                  err);
    return dn_sim_put(place->sim, VIEW(DN_LIFECYCLE), key, value, err);
}

/* Fields are looked at only where there is a record: what is read counts when blocks are judged. */
heddle_status dn_record_write(const dn_record_place *place, const dn_record *record,
                              heddle_error *err)
{
    heddle_view metadata_at, key, has, metadata, value;
    BASE_TRY(metadata_key(place, record->space, record->name, &metadata_at, err));
    BASE_TRY(get(place, metadata_at, &has, err));
    BASE_TRY(encode_metadata(record, place->arena, &metadata, err));
    for (size_t i = 0; i < record->field_count; i++) {
        const dn_record_field *field = &record->fields[i];
        value = heddle_view_of(NULL, 0);
        BASE_TRY(field_key(place, record->space, record->name, field->name, &key, err));
        if (has.len)
            BASE_TRY(get(place, key, &value, err));
        if (!base_view_equal(value, field->value))
            BASE_TRY(put(place, key, field->value, err));
    }
    return base_view_equal(has, metadata) ? HEDDLE_OK : put(place, metadata_at, metadata, err);
}
