#include "devnet/ca/registry.h"

#include "base/fail.h"
#include "base/text.h"
#include "devnet/blockstore/record_log.h"

enum { MAX_CHANGE = 16 * 1024 * 1024 };

struct dn_ca_registry {
    dn_log *log;
    base_list identities;
    base_list certificates;
    base_list affiliations;
    bool is_broken; /* memory was short half through a change that is in the log */
};

/* Objects. */

static void release(const void *text)
{
    base_free((void *)(uintptr_t)text);
}

static void clear_identity(dn_ca_identity *identity)
{
    release(identity->id);
    release(identity->type);
    release(identity->affiliation);
    for (size_t i = 0; i < identity->attribute_count; i++) {
        release(identity->attributes[i].name);
        release(identity->attributes[i].value);
    }
    release(identity->attributes);
}

static void free_identity(dn_ca_identity *identity)
{
    base_list_remove(&identity->link);
    clear_identity(identity);
    base_free(identity);
}

static void clear_certificate(dn_ca_certificate *certificate)
{
    release(certificate->id);
    release(certificate->serial);
    release(certificate->aki);
    release(certificate->pem);
}

static void free_certificate(dn_ca_certificate *certificate)
{
    base_list_remove(&certificate->link);
    clear_certificate(certificate);
    base_free(certificate);
}

static void free_affiliation(dn_ca_affiliation *affiliation)
{
    base_list_remove(&affiliation->link);
    release(affiliation->name);
    base_free(affiliation);
}

/* Questions. */

const base_list *dn_ca_registry_identities(const dn_ca_registry *registry)
{
    return &registry->identities;
}

const base_list *dn_ca_registry_certificates(const dn_ca_registry *registry)
{
    return &registry->certificates;
}

const base_list *dn_ca_registry_affiliations(const dn_ca_registry *registry)
{
    return &registry->affiliations;
}

const dn_ca_identity *dn_ca_registry_identity(const dn_ca_registry *registry, const char *id)
{
    base_list_each (it, &registry->identities) {
        const dn_ca_identity *identity = base_list_entry(it, dn_ca_identity, link);
        if (strcmp(identity->id, id) == 0)
            return identity;
    }
    return NULL;
}

const dn_ca_certificate *dn_ca_registry_certificate(const dn_ca_registry *registry,
                                                    const char *serial, const char *aki)
{
    base_list_each (it, &registry->certificates) {
        const dn_ca_certificate *found = base_list_entry(it, dn_ca_certificate, link);
        if (strcmp(found->serial, serial) == 0 && strcmp(found->aki, aki) == 0)
            return found;
    }
    return NULL;
}

const dn_ca_affiliation *dn_ca_registry_affiliation(const dn_ca_registry *registry,
                                                    const char *name)
{
    base_list_each (it, &registry->affiliations) {
        const dn_ca_affiliation *affiliation = base_list_entry(it, dn_ca_affiliation, link);
        if (strcmp(affiliation->name, name) == 0)
            return affiliation;
    }
    return NULL;
}

/* Steps read from the log. Each gives false for what is no such step, or if memory is gone. */

static const char *text_of(const json_item *object, const char *name)
{
    heddle_view text;
    return json_item_text(json_item_member(object, name), &text) ? base_strdup_view(text) : NULL;
}

static bool number_of(const json_item *object, const char *name, int64_t *out)
{
    return json_item_integer(json_item_member(object, name), out);
}

static bool bytes_of(const json_item *object, const char *name, uint8_t *out, size_t len)
{
    heddle_view text;
    base_auto_buffer base_buffer bytes = {0};
    if (!json_item_text(json_item_member(object, name), &text) ||
        base_unhex(text, &bytes) != HEDDLE_OK || bytes.len != len)
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

static bool read_attributes(const json_item *list, dn_ca_identity *out)
{
    size_t count = json_item_count(list);
    dn_ca_attribute *attributes = base_calloc(count ? count : 1, sizeof(*attributes));
    bool whole = attributes != NULL;
    out->attributes = attributes;
    for (size_t i = 0; whole && i < count; i++) {
        const json_item *from = json_item_at(list, i);
        attributes[i].name = text_of(from, "name");
        attributes[i].value = text_of(from, "value");
        (void)json_item_truth(json_item_member(from, "ecert"), &attributes[i].ecert);
        out->attribute_count = i + 1;
        whole = attributes[i].name && attributes[i].value;
    }
    return whole;
}

static bool read_identity(const json_item *step, dn_ca_identity *out)
{
    out->id = text_of(step, "id");
    out->type = text_of(step, "type");
    out->affiliation = text_of(step, "affiliation");
    return out->id && out->type && out->affiliation &&
           read_attributes(json_item_member(step, "attrs"), out) &&
           number_of(step, "max", &out->max_enrollments) &&
           number_of(step, "enrollments", &out->enrollments) &&
           number_of(step, "wrong", &out->wrong_passwords) &&
           bytes_of(step, "salt", out->salt, sizeof(out->salt)) &&
           bytes_of(step, "password", out->password, sizeof(out->password));
}

static bool put_identity(dn_ca_registry *registry, const json_item *step)
{
    dn_ca_identity made = {0};
    dn_ca_identity *place = NULL;
    if (!read_identity(step, &made)) {
        clear_identity(&made);
        return false;
    }
    place = (dn_ca_identity *)(uintptr_t)dn_ca_registry_identity(registry, made.id);
    if (place) {
        made.link = place->link;
        clear_identity(place);
        *place = made;
        return true;
    }
    place = base_calloc(1, sizeof(*place));
    if (!place) {
        clear_identity(&made);
        return false;
    }
    *place = made;
    base_list_append(&registry->identities, &place->link);
    return true;
}

static bool drop_identity(dn_ca_registry *registry, const json_item *step)
{
    base_auto(chars) char *id = (char *)(uintptr_t)text_of(step, "id");
    const dn_ca_identity *found = id ? dn_ca_registry_identity(registry, id) : NULL;
    if (found)
        free_identity((dn_ca_identity *)(uintptr_t)found);
    return id != NULL;
}

static bool read_certificate(const json_item *step, dn_ca_certificate *out)
{
    out->id = text_of(step, "id");
    out->serial = text_of(step, "serial");
    out->aki = text_of(step, "aki");
    out->pem = text_of(step, "pem");
    return out->id && out->serial && out->aki && out->pem &&
           number_of(step, "notAfter", &out->not_after_s) &&
           number_of(step, "revokedAt", &out->revoked_at_s);
}

static bool put_certificate(dn_ca_registry *registry, const json_item *step)
{
    dn_ca_certificate made = {0};
    dn_ca_certificate *place = NULL;
    if (!read_certificate(step, &made)) {
        clear_certificate(&made);
        return false;
    }
    place =
        (dn_ca_certificate *)(uintptr_t)dn_ca_registry_certificate(registry, made.serial, made.aki);
    if (place) {
        made.link = place->link;
        clear_certificate(place);
        *place = made;
        return true;
    }
    place = base_calloc(1, sizeof(*place));
    if (!place) {
        clear_certificate(&made);
        return false;
    }
    *place = made;
    base_list_append(&registry->certificates, &place->link);
    return true;
}

static bool add_affiliation(dn_ca_registry *registry, const json_item *step)
{
    dn_ca_affiliation *made = base_calloc(1, sizeof(*made));
    if (!made)
        return false;
    base_list_init(&made->link);
    made->name = text_of(step, "name");
    if (!made->name || dn_ca_registry_affiliation(registry, made->name)) {
        bool known = made->name != NULL;
        free_affiliation(made);
        return known;
    }
    base_list_append(&registry->affiliations, &made->link);
    return true;
}

static bool drop_affiliation(dn_ca_registry *registry, const json_item *step)
{
    base_auto(chars) char *name = (char *)(uintptr_t)text_of(step, "name");
    const dn_ca_affiliation *found = name ? dn_ca_registry_affiliation(registry, name) : NULL;
    if (found)
        free_affiliation((dn_ca_affiliation *)(uintptr_t)found);
    return name != NULL;
}

static const struct {
    const char *name;
    bool (*run)(dn_ca_registry *registry, const json_item *step);
} steps[] = {{"identity", put_identity},
             {"identityGone", drop_identity},
             {"certificate", put_certificate},
             {"affiliation", add_affiliation},
             {"affiliationGone", drop_affiliation}};

static bool run_step(dn_ca_registry *registry, const json_item *step)
{
    heddle_view name;
    if (!json_item_text(json_item_member(step, "step"), &name))
        return false;
    for (size_t i = 0; i < BASE_COUNT(steps); i++)
        if (base_view_is(name, steps[i].name))
            return steps[i].run(registry, step);
    return false;
}

static heddle_status run_change(dn_ca_registry *registry, heddle_view text, heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    BASE_TRY(json_document_parse(text, MAX_CHANGE, &document, err));
    const json_item *all = json_document_root(document);
    for (size_t i = 0; i < json_item_count(all); i++)
        if (!run_step(registry, json_item_at(all, i)))
            return base_fail(err, HEDDLE_E_DECODE, "step %zu", i);
    return HEDDLE_OK;
}

/* Opening. */

static heddle_status play(dn_ca_registry *registry, const char *path, heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    for (uint64_t i = dn_log_first(registry->log); i < dn_log_next(registry->log); i++) {
        base_buffer_clear(&text);
        BASE_TRY(dn_log_read(registry->log, i, &text, err));
        heddle_status status = run_change(registry, base_buffer_view(&text), err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "%s: change %llu", path, (unsigned long long)i);
            return status;
        }
    }
    return HEDDLE_OK;
}

heddle_status dn_ca_registry_open(const char *path, dn_ca_registry **out, heddle_error *err)
{
    dn_ca_registry *registry = base_calloc(1, sizeof(*registry));
    if (!registry)
        return base_fail_memory(err, "a CA's registry");
    base_list_init(&registry->identities);
    base_list_init(&registry->certificates);
    base_list_init(&registry->affiliations);
    dn_log_options options = {.path = path, .max_body = MAX_CHANGE, .one_by_one = true};
    heddle_status status = dn_log_open(&options, &registry->log, err);
    if (status == HEDDLE_OK)
        status = play(registry, path, err);
    if (status != HEDDLE_OK) {
        dn_ca_registry_close(registry);
        return status;
    }
    *out = registry;
    return HEDDLE_OK;
}

void dn_ca_registry_close(dn_ca_registry *registry)
{
    if (!registry)
        return;
    base_list_each_safe (it, &registry->identities)
        free_identity(base_list_entry(it, dn_ca_identity, link));
    base_list_each_safe (it, &registry->certificates)
        free_certificate(base_list_entry(it, dn_ca_certificate, link));
    base_list_each_safe (it, &registry->affiliations)
        free_affiliation(base_list_entry(it, dn_ca_affiliation, link));
    dn_log_close(registry->log);
    base_free(registry);
}

/* Changing. */

heddle_status dn_ca_registry_commit(dn_ca_registry *registry, dn_ca_change *change,
                                    heddle_error *err)
{
    bool is_empty = change->json.fresh;
    json_end(&change->json, ']');
    if (change->json.status != HEDDLE_OK)
        return base_fail(err, change->json.status, "a change of the CA's registry");
    if (is_empty)
        return HEDDLE_OK;
    if (registry->is_broken)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the CA's registry was left half changed");
    BASE_TRY(dn_log_append(registry->log, base_buffer_view(&change->text), err));
    BASE_TRY(dn_log_sync(registry->log, err));
    heddle_status status = run_change(registry, base_buffer_view(&change->text), err);
    registry->is_broken = status != HEDDLE_OK;
    return status;
}
