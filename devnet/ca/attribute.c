#include "devnet/ca/attribute.h"

#include <strings.h>

enum { MAX_ATTRIBUTES = 256 };

bool dn_ca_read_attributes(dn_ca_call *call, const json_item *object, dn_ca_attributes *out)
{
    const json_item *list = NULL;
    if (!dn_ca_read_list(call, object, "attrs", &list))
        return false;
    size_t count = json_item_count(list);
    if (count > MAX_ATTRIBUTES)
        return dn_ca_refuse(call, 400, DN_CA_BAD_BODY, "Invalid request body: %zu attributes",
                            count);
    out->items = base_arena_zalloc(call->arena, count + 1, sizeof(*out->items));
    if (!out->items)
        return dn_ca_refuse_memory(call);
    for (size_t i = 0; i < count; i++) {
        const json_item *from = json_item_at(list, i);
        dn_ca_attribute *to = &out->items[i];
        if (!dn_ca_read_text(call, from, "name", &to->name) ||
            !dn_ca_read_text(call, from, "value", &to->value) ||
            !dn_ca_read_flag(call, from, "ecert", &to->ecert))
            return false;
    }
    out->count = count;
    return true;
}

/* Making lists. */

bool dn_ca_set_attribute(dn_ca_call *call, dn_ca_attributes *attributes,
                         const dn_ca_attribute *wanted)
{
    size_t at = 0;
    while (at < attributes->count && strcmp(attributes->items[at].name, wanted->name) != 0)
        at++;
    if (at < attributes->count && *wanted->value) {
        attributes->items[at] = *wanted;
        return true;
    }
    if (at < attributes->count) {
        memmove(&attributes->items[at], &attributes->items[at + 1],
                (attributes->count - at - 1) * sizeof(*attributes->items));
        attributes->count--;
        return true;
    }
    if (!*wanted->value)
        return true;
    dn_ca_attribute *more = base_arena_zalloc(call->arena, attributes->count + 1, sizeof(*more));
    if (!more)
        return dn_ca_refuse_memory(call);
    if (attributes->count)
        memcpy(more, attributes->items, attributes->count * sizeof(*more));
    more[attributes->count++] = *wanted;
    attributes->items = more;
    return true;
}

/* Also with an empty value, which the root affiliation is. */
bool dn_ca_set_fixed(dn_ca_call *call, dn_ca_attributes *attributes, const char *name,
                     const char *value)
{
    dn_ca_attribute wanted = {.name = name, .value = *value ? value : "-", .ecert = true};
    if (!dn_ca_set_attribute(call, attributes, &wanted))
        return false;
    for (size_t i = 0; i < attributes->count; i++)
        if (strcmp(attributes->items[i].name, name) == 0)
            attributes->items[i].value = value;
    return true;
}

/* Who may give which. */

static const char *value_in(const dn_ca_attributes *attributes, const char *name)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (strcmp(attributes->items[i].name, name) == 0)
            return attributes->items[i].value;
    return NULL;
}

/** The next word of a comma-separated list, without blanks; false at its end. */
static bool next_word(const char **list, heddle_view *out)
{
    if (!**list)
        return false;
    *list += strspn(*list, " ");
    size_t len = strcspn(*list, ","), bare = len;
    while (bare && (*list)[bare - 1] == ' ')
        bare--;
    *out = heddle_view_of(*list, bare);
    *list += len + ((*list)[len] == ',');
    return true;
}

/** Whether a list of names, some with "*" at their end, covers @p name. */
static bool covers(const char *list, heddle_view name)
{
    heddle_view word;
    while (next_word(&list, &word)) {
        bool is_open = word.len && word.data[word.len - 1] == '*';
        heddle_view start = base_view_slice(word, 0, word.len - is_open);
        if (is_open ? base_view_starts(name, start) : base_view_equal(name, word))
            return true;
    }
    return false;
}

static bool is_subset(const char *small, const char *big)
{
    heddle_view word;
    while (next_word(&small, &word)) {
        bool found = word.len == 0;
        heddle_view other;
        for (const char *rest = big; !found && next_word(&rest, &other);)
            found = other.len == word.len &&
                    strncasecmp((const char *)other.data, (const char *)word.data, word.len) == 0;
        if (!found)
            return false;
    }
    return true;
}

/** What an identity has that is given @p wanted. */
static const char *value_after(const dn_ca_attributes *wanted, const dn_ca_identity *identity,
                               const char *name)
{
    const char *value = value_in(wanted, name);
    if (!value && identity)
        value = dn_ca_attribute_of(identity, name);
    return value;
}

/** hf.Registrar.Attributes: of those that begin with "hf." it has to have what it may give. */
static const char *judge_grants(const dn_ca_attribute *one, const dn_ca_attributes *wanted,
                                const dn_ca_identity *identity, const char *own)
{
    heddle_view word;
    for (const char *rest = one->value; next_word(&rest, &word);) {
        char name[128];
        if (!covers(own, word))
            return "more attributes to give than the caller has";
        if (!base_view_starts(word, VIEW("hf.")))
            continue;
        if (word.len >= sizeof(name))
            return "no attribute has so long a name";
        memcpy(name, word.data, word.len);
        name[word.len] = '\0';
        if (!value_after(wanted, identity, name))
            return "an attribute to give that the identity has not";
    }
    return NULL;
}

static const char *judge_list(const dn_ca_attribute *one, const dn_ca_attributes *wanted,
                              const dn_ca_identity *identity, const char *own)
{
    if (!*one->value)
        return NULL;
    if (strcmp(one->name, "hf.Registrar.Attributes") == 0)
        return judge_grants(one, wanted, identity, own);
    if (!covers(own, VIEW("*")) && !is_subset(one->value, own))
        return "more roles than the caller has";
    if (strcmp(one->name, "hf.Registrar.DelegateRoles") != 0)
        return NULL;
    const char *roles = value_after(wanted, identity, "hf.Registrar.Roles");
    roles = roles ? roles : "";
    return covers(roles, VIEW("*")) || is_subset(one->value, roles)
               ? NULL
               : "more roles to delegate than it has";
}

static const char *judge_truth(const dn_ca_attribute *one, const char *own)
{
    bool has = false, ignored = false;
    if (!dn_ca_bool_parse(own, &has) || !has)
        return "the caller has not what it wants to give";
    return !*one->value || dn_ca_bool_parse(one->value, &ignored) ? NULL : "neither true nor false";
}

static const char *judge(const dn_ca_call *call, const dn_ca_attribute *one,
                         const dn_ca_attributes *wanted, const dn_ca_identity *identity)
{
    static const char *const truths[] = {"hf.Revoker", "hf.IntermediateCA", "hf.GenCRL",
                                         "hf.AffiliationMgr"};
    static const char *const lists[] = {"hf.Registrar.Roles", "hf.Registrar.DelegateRoles",
                                        "hf.Registrar.Attributes"};
    const char *grants = dn_ca_attribute_of(call->caller, "hf.Registrar.Attributes");
    const char *own = dn_ca_attribute_of(call->caller, one->name);
    if (!grants || !covers(grants, heddle_view_str(one->name)))
        return "the caller may not give this attribute";
    for (size_t i = 0; i < BASE_COUNT(truths); i++)
        if (strcmp(one->name, truths[i]) == 0)
            return own ? judge_truth(one, own) : "the caller has not what it wants to give";
    for (size_t i = 0; i < BASE_COUNT(lists); i++)
        if (strcmp(one->name, lists[i]) == 0)
            return own ? judge_list(one, wanted, identity, own)
                       : "the caller has not what it wants to give";
    return strncmp(one->name, "hf.", 3) == 0 ? "a fixed or an unknown attribute of the CA" : NULL;
}

bool dn_ca_check_attributes(dn_ca_call *call, const dn_ca_attributes *wanted,
                            const dn_ca_identity *identity)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const char *reason = judge(call, &wanted->items[i], wanted, identity);
        if (reason)
            return dn_ca_refuse_action(call, reason);
    }
    return true;
}
