#include "devnet/ca/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "base/log.h"

/* Refusing. */

bool dn_ca_refuse(dn_ca_call *call, unsigned status, dn_ca_code code, const char *fmt, ...)
{
    va_list args;
    call->status = status;
    call->code = (int)code;
    va_start(args, fmt);
    vsnprintf(call->message, sizeof(call->message), fmt, args);
    va_end(args);
    return false;
}

static void log_reason(const dn_ca_call *call, const char *reason)
{
    log_at(LOG_DEBUG, "ca", "refused", LOG_STR("ca", call->ca->name),
           LOG_STR("path", call->request->path), LOG_STR("reason", reason));
}

bool dn_ca_refuse_caller(dn_ca_call *call, const char *reason)
{
    log_reason(call, reason);
    return dn_ca_refuse(call, 401, DN_CA_AUTHENTICATION, "Authentication failure");
}

bool dn_ca_refuse_action(dn_ca_call *call, const char *reason)
{
    log_reason(call, reason);
    return dn_ca_refuse(call, 403, DN_CA_AUTHORIZATION, "Authorization failure");
}

bool dn_ca_refuse_error(dn_ca_call *call, const heddle_error *err)
{
    return dn_ca_refuse(call, 500, DN_CA_UNKNOWN, "%s", err->message);
}

bool dn_ca_refuse_memory(dn_ca_call *call)
{
    return dn_ca_refuse(call, 500, DN_CA_UNKNOWN, "out of memory");
}

/* Reading. */

const json_item *dn_ca_member(const json_item *object, const char *name)
{
    const json_item *found = json_item_member(object, name);
    const void *cursor = NULL;
    heddle_view other;
    const json_item *member = NULL;
    while (!found && json_item_next(object, &cursor, &other, &member))
        if (other.len == strlen(name) &&
            strncasecmp((const char *)other.data, name, other.len) == 0)
            found = member;
    return json_item_kind(found) == JSON_KIND_NULL ? NULL : found;
}

static bool refuse_kind(dn_ca_call *call, const char *name, const char *wanted)
{
    return dn_ca_refuse(call, 400, DN_CA_BAD_BODY, "Invalid request body: \"%s\" is not %s", name,
                        wanted);
}

bool dn_ca_read_text(dn_ca_call *call, const json_item *object, const char *name, const char **out)
{
    const json_item *item = dn_ca_member(object, name);
    heddle_view text = VIEW("");
    if (item && !json_item_text(item, &text))
        return refuse_kind(call, name, "a string");
    *out = text.len ? (const char *)text.data : "";
    return true;
}

bool dn_ca_read_number(dn_ca_call *call, const json_item *object, const char *name, int64_t *out)
{
    const json_item *item = dn_ca_member(object, name);
    *out = 0;
    return !item || json_item_integer(item, out) || refuse_kind(call, name, "a whole number");
}

bool dn_ca_read_flag(dn_ca_call *call, const json_item *object, const char *name, bool *out)
{
    const json_item *item = dn_ca_member(object, name);
    *out = false;
    return !item || json_item_truth(item, out) || refuse_kind(call, name, "true or false");
}

bool dn_ca_read_list(dn_ca_call *call, const json_item *object, const char *name,
                     const json_item **out)
{
    *out = dn_ca_member(object, name);
    return !*out || json_item_kind(*out) == JSON_KIND_ARRAY || refuse_kind(call, name, "an array");
}

bool dn_ca_need_body(dn_ca_call *call)
{
    return call->body || dn_ca_refuse(call, 400, DN_CA_EMPTY_BODY, "Empty request body");
}

bool dn_ca_bool_parse(const char *text, bool *out)
{
    static const char *const words[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                        "0", "f", "F", "FALSE", "false", "False"};
    for (size_t i = 0; i < BASE_COUNT(words); i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i < BASE_COUNT(words) / 2;
            return true;
        }
    return false;
}

bool dn_ca_query_flag(dn_ca_call *call, const char *name, bool *out)
{
    const char *text = admin_request_query(call->request, name);
    *out = false;
    if (!text || !*text || dn_ca_bool_parse(text, out))
        return true;
    return dn_ca_refuse(call, 400, DN_CA_BOOL_PARAMETER,
                        "Failed to correctly parse value of '%s' query parameter: \"%.64s\" is "
                        "neither true nor false",
                        name, text);
}

/* What the caller may. */

const char *dn_ca_attribute_of(const dn_ca_identity *identity, const char *name)
{
    for (size_t i = 0; i < identity->attribute_count; i++)
        if (strcmp(identity->attributes[i].name, name) == 0)
            return identity->attributes[i].value;
    return NULL;
}

bool dn_ca_is_true(const dn_ca_identity *identity, const char *name)
{
    bool value = false;
    const char *text = dn_ca_attribute_of(identity, name);
    return text && dn_ca_bool_parse(text, &value) && value;
}

bool dn_ca_is_registrar(const dn_ca_call *call)
{
    const char *roles = dn_ca_attribute_of(call->caller, "hf.Registrar.Roles");
    return roles && *roles;
}

bool dn_ca_is_below(const char *affiliation, const char *top)
{
    size_t len = strlen(top);
    return len == 0 || (strncmp(affiliation, top, len) == 0 &&
                        (affiliation[len] == '\0' || affiliation[len] == '.'));
}

bool dn_ca_check_affiliation(dn_ca_call *call, const char *affiliation)
{
    return dn_ca_is_below(affiliation, call->caller->affiliation) ||
           dn_ca_refuse_action(call, "the affiliation is not below the caller's");
}

bool dn_ca_list_has(const char *list, const char *word)
{
    while (*list) {
        size_t skipped = strspn(list, " ");
        size_t len = strcspn(list += skipped, ",");
        size_t bare = len;
        while (bare && list[bare - 1] == ' ')
            bare--;
        if ((bare == 1 && *list == '*') ||
            (bare == strlen(word) && strncasecmp(list, word, bare) == 0))
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

bool dn_ca_check_type(dn_ca_call *call, const char *type)
{
    if (!dn_ca_is_registrar(call))
        return dn_ca_refuse_action(call, "the caller is no registrar");
    const char *roles = dn_ca_attribute_of(call->caller, "hf.Registrar.Roles");
    return dn_ca_list_has(roles, *type ? type : "client") ||
           dn_ca_refuse_action(call, "the caller may not act on this type");
}

bool dn_ca_check_manage(dn_ca_call *call, const dn_ca_identity *identity)
{
    return dn_ca_check_affiliation(call, identity->affiliation) &&
           dn_ca_check_type(call, identity->type);
}

bool dn_ca_commit(dn_ca_call *call, dn_ca_change *change)
{
    heddle_error err;
    return dn_ca_registry_commit(call->ca->registry, change, &err) == HEDDLE_OK ||
           dn_ca_refuse_error(call, &err);
}

/* Writing. */

void dn_ca_put_text(dn_ca_call *call, const char *name, const char *value)
{
    json_name(&call->json, heddle_view_str(name));
    json_text(&call->json, heddle_view_str(value));
}

void dn_ca_put_base64(dn_ca_call *call, const char *name, heddle_view value)
{
    json_name(&call->json, heddle_view_str(name));
    json_base64(&call->json, value);
}

void dn_ca_put_streamed_name(dn_ca_call *call, const char *name)
{
    json_word(&call->json, ", \"caname\":");
    json_text(&call->json, heddle_view_str(name));
    call->is_streamed = true;
}

void dn_ca_put_identity(dn_ca_call *call, const dn_ca_identity *identity)
{
    dn_ca_put_text(call, "id", identity->id);
    dn_ca_put_text(call, "type", identity->type);
    dn_ca_put_text(call, "affiliation", identity->affiliation);
    dn_ca_write_attributes(&call->json, identity);
    json_name(&call->json, VIEW("max_enrollments"));
    json_printf(&call->json, "%lld", (long long)identity->max_enrollments);
}
