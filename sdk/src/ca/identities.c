#include "ca/results.h"

#include <limits.h>

#include "base/fail.h"
#include "ca/body.h"
#include "ca/client.h"
#include "ca/path.h"
#include "client/gateway.h"

struct heddle_ca_identities {
    base_arena *arena;
    size_t count;
    heddle_ca_identity *items;
};

void heddle_ca_identities_free(heddle_ca_identities *identities)
{
    if (!identities)
        return;
    base_arena_free(identities->arena);
    base_free(identities);
}

BASE_AUTO_DEFINE(ca_identities, heddle_ca_identities *, heddle_ca_identities_free)

size_t heddle_ca_identities_count(const heddle_ca_identities *identities)
{
    return identities->count;
}

const heddle_ca_identity *heddle_ca_identities_at(const heddle_ca_identities *identities,
                                                  size_t index)
{
    return index < identities->count ? &identities->items[index] : NULL;
}

static heddle_status read_attributes(const json_item *object, base_arena *arena,
                                     heddle_ca_identity *out, heddle_error *err)
{
    const json_item *array = NULL;
    BASE_TRY(ca_item_array(object, "attrs", &array, err));
    size_t count = json_item_count(array);
    heddle_attribute *attributes = base_arena_zalloc(arena, count + 1, sizeof(*attributes));
    if (!attributes)
        return base_arena_fail(arena, err, "identities");
    for (size_t i = 0; i < count; i++) {
        const json_item *item = json_item_at(array, i);
        BASE_TRY(ca_item_copy(item, "name", arena, &attributes[i].name, err));
        BASE_TRY(ca_item_copy(item, "value", arena, &attributes[i].value, err));
        json_item_truth(json_item_member(item, "ecert"), &attributes[i].ecert);
    }
    out->attributes = attributes;
    out->attribute_count = count;
    return HEDDLE_OK;
}

static heddle_status read_identity(const json_item *object, base_arena *arena,
                                   heddle_ca_identity *out, heddle_error *err)
{
    int64_t enrollments = 0;
    if (json_item_kind(object) != JSON_KIND_OBJECT)
        return base_fail(err, HEDDLE_E_DECODE, "answer of the CA: an identity is no object");
    BASE_TRY(ca_item_copy(object, "id", arena, &out->id, err));
    BASE_TRY(ca_item_copy(object, "type", arena, &out->type, err));
    BASE_TRY(ca_item_copy(object, "affiliation", arena, &out->affiliation, err));
    json_item_integer(json_item_member(object, "max_enrollments"), &enrollments);
    if (enrollments < INT_MIN || enrollments > INT_MAX)
        return base_fail(err, HEDDLE_E_DECODE,
                         "answer of the CA: \"max_enrollments\" is out of range");
    out->max_enrollments = (int)enrollments;
    return read_attributes(object, arena, out, err);
}

/* Of the elements of @p array (NULL: none), or of @p single alone. */
static heddle_status read_all(const json_item *array, const json_item *single,
                              heddle_ca_identities **out, heddle_error *err)
{
    base_auto(ca_identities) heddle_ca_identities *made = base_calloc(1, sizeof(*made));
    if (!made || !(made->arena = base_arena_new(0)))
        return base_fail_memory(err, "identities");
    size_t count = single ? 1 : json_item_count(array);
    made->items = base_arena_zalloc(made->arena, count + 1, sizeof(*made->items));
    if (!made->items)
        return base_arena_fail(made->arena, err, "identities");
    for (; made->count < count; made->count++)
        BASE_TRY(read_identity(single ? single : json_item_at(array, made->count), made->arena,
                               &made->items[made->count], err));
    *out = base_steal(&made);
    return HEDDLE_OK;
}

heddle_status ca_identities_read(const json_item *result, heddle_ca_identities **out,
                                 heddle_error *err)
{
    const json_item *array = NULL;
    BASE_TRY(ca_item_array(result, "identities", &array, err));
    return read_all(array, NULL, out, err);
}

heddle_status ca_identity_read(const json_item *result, heddle_ca_identities **out,
                               heddle_error *err)
{
    return read_all(NULL, result, out, err);
}

static heddle_status check_id(const char *id, heddle_error *err)
{
    return id && *id ? HEDDLE_OK
                     : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "CA: the identity's id is not given");
}

heddle_status heddle_ca_list_identities(heddle_ca *ca, heddle_identity *admin,
                                        heddle_ca_identities **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_auto_answer ca_answer answer = {0};
    ca_request request = {.method = "GET", .caller = admin, .is_repeatable = true};
    ca_path_add(&path, "/identities");
    ca_path_query(&path, "ca", ca_name(ca));
    BASE_TRY(ca_path_text(&path, &request.path, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return ca_identities_read(answer.result, out, err);
}

heddle_status heddle_ca_get_identity(heddle_ca *ca, heddle_identity *admin, const char *id,
                                     heddle_ca_identities **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_auto_answer ca_answer answer = {0};
    ca_request request = {.method = "GET", .caller = admin, .is_repeatable = true};
    BASE_TRY(check_id(id, err));
    ca_path_add(&path, "/identities");
    ca_path_segment(&path, id);
    ca_path_query(&path, "ca", ca_name(ca));
    BASE_TRY(ca_path_text(&path, &request.path, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return ca_identity_read(answer.result, out, err);
}

static heddle_status write_change(const heddle_ca *ca, const char *id,
                                  const heddle_identity_change *change, ca_body *body,
                                  heddle_view *out, heddle_error *err)
{
    ca_body_text(body, "ID", id);
    ca_body_text(body, "type", change->type);
    ca_body_text(body, "affiliation", change->affiliation);
    ca_body_attributes(body, change->attributes, change->attribute_count);
    ca_body_number(body, "max_enrollments", change->max_enrollments);
    ca_body_optional_text(body, "secret", change->secret);
    ca_body_optional_text(body, "caname", ca_name(ca));
    return ca_body_end(body, out, err);
}

heddle_status heddle_ca_modify_identity(heddle_ca *ca, heddle_identity *admin, const char *id,
                                        const heddle_identity_change *change,
                                        heddle_ca_identities **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_auto_body ca_body body;
    ca_auto_answer ca_answer answer = {0};
    heddle_identity_change own = {0};
    ca_request request = {.method = "PUT", .caller = admin, .is_repeatable = true};
    ca_body_begin(&body);
    BASE_TRY(client_options_copy(&own, sizeof(own), change, "HEDDLE_IDENTITY_CHANGE", err));
    BASE_TRY(check_id(id, err));
    BASE_TRY(write_change(ca, id, &own, &body, &request.body, err));
    ca_path_add(&path, "/identities");
    ca_path_segment(&path, id);
    BASE_TRY(ca_path_text(&path, &request.path, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return out ? ca_identity_read(answer.result, out, err) : HEDDLE_OK;
}

heddle_status heddle_ca_remove_identity(heddle_ca *ca, heddle_identity *admin, const char *id,
                                        bool force, heddle_ca_identities **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_auto_answer ca_answer answer = {0};
    ca_request request = {.method = "DELETE", .caller = admin};
    BASE_TRY(check_id(id, err));
    ca_path_add(&path, "/identities");
    ca_path_segment(&path, id);
    ca_path_query_always(&path, "ca", ca_name(ca));
    ca_path_query_flag(&path, "force", force);
    BASE_TRY(ca_path_text(&path, &request.path, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return out ? ca_identity_read(answer.result, out, err) : HEDDLE_OK;
}
