#include "base/fail.h"
#include "ca/body.h"
#include "ca/client.h"
#include "ca/path.h"
#include "ca/results.h"

enum { DEPTH_MAX = 64, NAMES_MAX = 1 << 20 };

struct names {
    size_t count;
    size_t room;
    const char **items;
};

struct heddle_ca_affiliations {
    base_arena *arena;
    struct names names;
    struct names identities;
};

void heddle_ca_affiliations_free(heddle_ca_affiliations *affiliations)
{
    if (!affiliations)
        return;
    base_arena_free(affiliations->arena);
    base_free((void *)affiliations->names.items);
    base_free((void *)affiliations->identities.items);
    base_free(affiliations);
}

BASE_AUTO_DEFINE(ca_affiliations, heddle_ca_affiliations *, heddle_ca_affiliations_free)

size_t heddle_ca_affiliations_count(const heddle_ca_affiliations *affiliations)
{
    return affiliations->names.count;
}

static const char *name_at(const struct names *names, size_t index)
{
    return index < names->count ? names->items[index] : NULL;
}

const char *heddle_ca_affiliations_at(const heddle_ca_affiliations *affiliations, size_t index)
{
    return name_at(&affiliations->names, index);
}

size_t heddle_ca_affiliations_identity_count(const heddle_ca_affiliations *affiliations)
{
    return affiliations->identities.count;
}

const char *heddle_ca_affiliations_identity_at(const heddle_ca_affiliations *affiliations,
                                               size_t index)
{
    return name_at(&affiliations->identities, index);
}

static heddle_status grow(struct names *names, heddle_error *err)
{
    if (names->count < names->room)
        return HEDDLE_OK;
    if (names->count >= NAMES_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "answer of the CA: more than %d affiliations",
                         (int)NAMES_MAX);
    size_t room = names->room ? 2 * names->room : 16;
    const char **items = base_realloc((void *)names->items, room * sizeof(*items));
    if (!items)
        return base_fail_memory(err, "affiliations");
    names->items = items;
    names->room = room;
    return HEDDLE_OK;
}

/* The member @p member of @p object, if it is there and not "". */
static heddle_status add(heddle_ca_affiliations *all, struct names *names, const json_item *object,
                         const char *member, heddle_error *err)
{
    const char *text = NULL;
    BASE_TRY(ca_item_copy(object, member, all->arena, &text, err));
    if (!*text)
        return HEDDLE_OK;
    BASE_TRY(grow(names, err));
    names->items[names->count++] = text;
    return HEDDLE_OK;
}

/* An affiliation, the identities in it, and then those below it. */
static heddle_status read_tree(heddle_ca_affiliations *all, const json_item *object, unsigned depth,
                               heddle_error *err)
{
    const json_item *below = NULL, *identities = NULL;
    if (depth > DEPTH_MAX || json_item_kind(object) != JSON_KIND_OBJECT)
        return base_fail(err, HEDDLE_E_DECODE,
                         "answer of the CA: affiliations are nested too deeply, or no objects");
    BASE_TRY(add(all, &all->names, object, "name", err));
    BASE_TRY(ca_item_array(object, "identities", &identities, err));
    for (size_t i = 0; i < json_item_count(identities); i++)
        BASE_TRY(add(all, &all->identities, json_item_at(identities, i), "id", err));
    BASE_TRY(ca_item_array(object, "affiliations", &below, err));
    for (size_t i = 0; i < json_item_count(below); i++)
        BASE_TRY(read_tree(all, json_item_at(below, i), depth + 1, err));
    return HEDDLE_OK;
}

heddle_status ca_affiliations_read(const json_item *result, heddle_ca_affiliations **out,
                                   heddle_error *err)
{
    base_auto(ca_affiliations) heddle_ca_affiliations *all = base_calloc(1, sizeof(*all));
    if (!all || !(all->arena = base_arena_new(0)))
        return base_fail_memory(err, "affiliations");
    BASE_TRY(read_tree(all, result, 0, err));
    *out = base_steal(&all);
    return HEDDLE_OK;
}

static heddle_status check_name(const char *name, heddle_error *err)
{
    return name && *name
               ? HEDDLE_OK
               : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "CA: the affiliation's name is not given");
}

static heddle_status ask(heddle_ca *ca, ca_request *request, ca_path *path,
                         heddle_ca_affiliations **out, heddle_error *err)
{
    ca_auto_answer ca_answer answer = {0};
    BASE_TRY(ca_path_text(path, &request->path, err));
    BASE_TRY(ca_ask(ca, request, &answer, err));
    return out ? ca_affiliations_read(answer.result, out, err) : HEDDLE_OK;
}

heddle_status heddle_ca_list_affiliations(heddle_ca *ca, heddle_identity *admin,
                                          heddle_ca_affiliations **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_request request = {.method = "GET", .caller = admin, .is_repeatable = true};
    ca_path_add(&path, "/affiliations");
    ca_path_query(&path, "ca", ca_name(ca));
    return ask(ca, &request, &path, out, err);
}

heddle_status heddle_ca_get_affiliation(heddle_ca *ca, heddle_identity *admin, const char *name,
                                        heddle_ca_affiliations **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_request request = {.method = "GET", .caller = admin, .is_repeatable = true};
    BASE_TRY(check_name(name, err));
    ca_path_add(&path, "/affiliations");
    ca_path_segment(&path, name);
    ca_path_query(&path, "ca", ca_name(ca));
    return ask(ca, &request, &path, out, err);
}

static heddle_status write_name(const heddle_ca *ca, const char *name, bool force, ca_body *body,
                                heddle_view *out, heddle_error *err)
{
    ca_body_text(body, "name", name);
    ca_body_flag(body, "force", force);
    ca_body_optional_text(body, "caname", ca_name(ca));
    return ca_body_end(body, out, err);
}

heddle_status heddle_ca_add_affiliation(heddle_ca *ca, heddle_identity *admin, const char *name,
                                        bool force, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_auto_body ca_body body;
    ca_request request = {.method = "POST", .caller = admin};
    ca_body_begin(&body);
    BASE_TRY(check_name(name, err));
    BASE_TRY(write_name(ca, name, force, &body, &request.body, err));
    ca_path_add(&path, "/affiliations");
    ca_path_query_flag(&path, "force", force);
    return ask(ca, &request, &path, NULL, err);
}

heddle_status heddle_ca_modify_affiliation(heddle_ca *ca, heddle_identity *admin, const char *name,
                                           const char *new_name, bool force,
                                           heddle_ca_affiliations **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_auto_body ca_body body;
    ca_request request = {.method = "PUT", .caller = admin};
    ca_body_begin(&body);
    BASE_TRY(check_name(name, err));
    BASE_TRY(check_name(new_name, err));
    BASE_TRY(write_name(ca, new_name, force, &body, &request.body, err));
    ca_path_add(&path, "/affiliations");
    ca_path_segment(&path, name);
    ca_path_query_flag(&path, "force", force);
    return ask(ca, &request, &path, out, err);
}

heddle_status heddle_ca_remove_affiliation(heddle_ca *ca, heddle_identity *admin, const char *name,
                                           bool force, heddle_ca_affiliations **out,
                                           heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_request request = {.method = "DELETE", .caller = admin};
    BASE_TRY(check_name(name, err));
    ca_path_add(&path, "/affiliations");
    ca_path_segment(&path, name);
    ca_path_query_always(&path, "ca", ca_name(ca));
    ca_path_query_flag(&path, "force", force);
    return ask(ca, &request, &path, out, err);
}
