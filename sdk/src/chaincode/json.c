#include "chaincode/json.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

static const char fault_memory[] = "no memory, or the transaction's limit is reached";
static const char fault_utf8[] = "a text that is not UTF-8";
static const char fault_number[] = "a number that is not finite";
static const char fault_none[] = "a value that is not there";

/* Making */

heddle_cc_json *cc_json_scalar(base_arena *arena, heddle_cc_json_kind kind)
{
    heddle_cc_json *json = base_arena_zalloc(arena, 1, sizeof(*json));
    if (json)
        json->kind = kind;
    return json;
}

heddle_cc_json *cc_json_text_new(base_arena *arena, heddle_view utf8)
{
    heddle_cc_json *json = cc_json_scalar(arena, HEDDLE_CC_JSON_TEXT);
    char *text = json ? base_arena_str(arena, utf8) : NULL;
    if (!text)
        return NULL;
    json->text = heddle_view_of(text, utf8.len);
    return json;
}

heddle_cc_json *cc_json_integer_new(base_arena *arena, int64_t value)
{
    heddle_cc_json *json = cc_json_scalar(arena, HEDDLE_CC_JSON_INTEGER);
    if (json)
        json->integer = value;
    return json;
}

heddle_cc_json *cc_json_container(base_arena *arena, heddle_cc_json_kind kind)
{
    heddle_cc_json *json = cc_json_scalar(arena, kind);
    cc_json_list *list = json ? base_arena_zalloc(arena, 1, sizeof(*list)) : NULL;
    if (!list)
        return NULL;
    list->arena = arena;
    json->list = list;
    return json;
}

/* Looking */

static bool is_container(const heddle_cc_json *json)
{
    return json && (json->kind == HEDDLE_CC_JSON_ARRAY || json->kind == HEDDLE_CC_JSON_OBJECT);
}

static bool is_kind(const heddle_cc_json *json, heddle_cc_json_kind kind)
{
    return json && json->kind == kind;
}

heddle_cc_json_kind heddle_cc_json_kind_of(const heddle_cc_json *json)
{
    return json ? json->kind : HEDDLE_CC_JSON_ABSENT;
}

const char *cc_json_kind_name(heddle_cc_json_kind kind)
{
    static const char *const names[] = {"nothing", "null",   "boolean", "integer",
                                        "number",  "string", "array",   "object"};
    return names[kind];
}

/* UTF-16 has the characters from U+10000 on before U+E000, UTF-8 behind U+FFFF. */
static int unit_rank(uint8_t lead)
{
    if (lead >= 0xf0)
        return lead - 2;
    return lead >= 0xee ? lead + 6 : lead;
}

int cc_json_order(heddle_view a, heddle_view b)
{
    size_t len = a.len < b.len ? a.len : b.len, i = 0;
    while (i < len && a.data[i] == b.data[i])
        i++;
    if (i < len)
        return unit_rank(a.data[i]) < unit_rank(b.data[i]) ? -1 : 1;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* Where a member is, or would be. */
static bool locate(const cc_json_list *list, heddle_view name, size_t *out)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cc_json_order(list->members[middle].name, name);
        if (order == 0) {
            *out = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return false;
}

heddle_cc_json *cc_json_find(const heddle_cc_json *object, heddle_view name)
{
    size_t at;
    if (!is_kind(object, HEDDLE_CC_JSON_OBJECT) || !locate(object->list, name, &at))
        return NULL;
    return object->list->members[at].value;
}

heddle_cc_json *heddle_cc_json_member(const heddle_cc_json *object, const char *name)
{
    return name ? cc_json_find(object, heddle_view_str(name)) : NULL;
}

size_t heddle_cc_json_count(const heddle_cc_json *json)
{
    return is_container(json) ? json->list->count : 0;
}

heddle_cc_json *heddle_cc_json_at(const heddle_cc_json *json, size_t index)
{
    return index < heddle_cc_json_count(json) ? json->list->members[index].value : NULL;
}

heddle_view heddle_cc_json_name_at(const heddle_cc_json *object, size_t index)
{
    if (!is_kind(object, HEDDLE_CC_JSON_OBJECT) || index >= object->list->count)
        return VIEW("");
    return object->list->members[index].name;
}

heddle_view heddle_cc_json_bytes(const heddle_cc_json *json)
{
    return is_kind(json, HEDDLE_CC_JSON_TEXT) ? json->text : VIEW("");
}

const char *heddle_cc_json_text(const heddle_cc_json *json)
{
    if (!is_kind(json, HEDDLE_CC_JSON_TEXT) || memchr(json->text.data, 0, json->text.len))
        return NULL;
    return (const char *)json->text.data;
}

int64_t heddle_cc_json_integer(const heddle_cc_json *json)
{
    return is_kind(json, HEDDLE_CC_JSON_INTEGER) ? json->integer : 0;
}

double heddle_cc_json_real(const heddle_cc_json *json)
{
    if (is_kind(json, HEDDLE_CC_JSON_INTEGER))
        return (double)json->integer;
    return is_kind(json, HEDDLE_CC_JSON_REAL) ? json->real : 0;
}

bool heddle_cc_json_boolean(const heddle_cc_json *json)
{
    return is_kind(json, HEDDLE_CC_JSON_BOOLEAN) && json->truth;
}

/* Comparing. A value that holds itself is nothing that ends, so depth is bounded. */

static int compare(const heddle_cc_json *a, const heddle_cc_json *b, unsigned depth);

static int compare_lists(const cc_json_list *a, const cc_json_list *b, unsigned depth)
{
    if (a->count != b->count || depth == CC_JSON_DEPTH)
        return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < a->count; i++) {
        int order = cc_json_order(a->members[i].name, b->members[i].name);
        if (order == 0)
            order = compare(a->members[i].value, b->members[i].value, depth + 1);
        if (order != 0)
            return order;
    }
    return 0;
}

static int compare(const heddle_cc_json *a, const heddle_cc_json *b, unsigned depth)
{
    if (cc_json_is_number(a) && cc_json_is_number(b))
        return cc_json_compare_numbers(a, b);
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case HEDDLE_CC_JSON_BOOLEAN:
        return (int)a->truth - (int)b->truth;
    case HEDDLE_CC_JSON_TEXT:
        return cc_json_order(a->text, b->text);
    case HEDDLE_CC_JSON_ARRAY:
    case HEDDLE_CC_JSON_OBJECT:
        return compare_lists(a->list, b->list, depth);
    default:
        return 0;
    }
}

int cc_json_compare(const heddle_cc_json *a, const heddle_cc_json *b)
{
    return compare(a, b, 0);
}

bool heddle_cc_json_equal(const heddle_cc_json *a, const heddle_cc_json *b)
{
    return a && b ? compare(a, b, 0) == 0 : a == b;
}

/* Building */

static void fault(heddle_cc_json *json, const char *why)
{
    if (!json->list->fault)
        json->list->fault = why;
}

/* Room for one more member; its place is @p at. */
static bool open_gap(cc_json_list *list, size_t at)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        cc_json_member *members = base_arena_zalloc(list->arena, capacity, sizeof(*members));
        if (!members)
            return false;
        if (list->count)
            memcpy(members, list->members, list->count * sizeof(*members));
        list->members = members;
        list->capacity = capacity;
    }
    memmove(&list->members[at + 1], &list->members[at],
            (list->count - at) * sizeof(*list->members));
    list->count++;
    return true;
}

static void insert(heddle_cc_json *object, size_t at, heddle_view name, heddle_cc_json *value)
{
    cc_json_list *list = object->list;
    char *kept = base_is_utf8(name) ? base_arena_str(list->arena, name) : NULL;
    if (!kept || !open_gap(list, at)) {
        fault(object, base_is_utf8(name) ? fault_memory : fault_utf8);
        return;
    }
    list->members[at] = (cc_json_member){heddle_view_of(kept, name.len), value};
}

static void put(heddle_cc_json *object, const char *name, heddle_cc_json *value,
                const char *why_none)
{
    size_t at;
    if (!is_kind(object, HEDDLE_CC_JSON_OBJECT))
        return;
    heddle_view text = heddle_view_str(name);
    if (!value || !name)
        fault(object, why_none);
    else if (locate(object->list, text, &at))
        object->list->members[at].value = value;
    else
        insert(object, at, text, value);
}

static void add(heddle_cc_json *array, heddle_cc_json *value, const char *why_none)
{
    if (!is_kind(array, HEDDLE_CC_JSON_ARRAY))
        return;
    cc_json_list *list = array->list;
    if (!value)
        fault(array, why_none);
    else if (!open_gap(list, list->count))
        fault(array, fault_memory);
    else
        list->members[list->count - 1] = (cc_json_member){VIEW(""), value};
}

/* A value for the container @p json; NULL with the reason. */

static heddle_cc_json *text_for(const heddle_cc_json *json, heddle_view utf8, const char **out_why)
{
    *out_why = fault_utf8;
    if (!is_container(json) || !base_is_utf8(utf8))
        return NULL;
    *out_why = fault_memory;
    return cc_json_text_new(json->list->arena, utf8);
}

static heddle_cc_json *real_for(const heddle_cc_json *json, double value, const char **out_why)
{
    *out_why = fault_number;
    if (!is_container(json) || !isfinite(value))
        return NULL;
    *out_why = fault_memory;
    return cc_json_real_new(json->list->arena, value);
}

static heddle_cc_json *integer_for(const heddle_cc_json *json, int64_t value)
{
    return is_container(json) ? cc_json_integer_new(json->list->arena, value) : NULL;
}

static heddle_cc_json *word_for(const heddle_cc_json *json, heddle_cc_json_kind kind, bool truth)
{
    heddle_cc_json *made = is_container(json) ? cc_json_scalar(json->list->arena, kind) : NULL;
    if (made)
        made->truth = truth;
    return made;
}

void heddle_cc_json_set(heddle_cc_json *object, const char *name, heddle_cc_json *value)
{
    put(object, name, value, fault_none);
}

void heddle_cc_json_set_text(heddle_cc_json *object, const char *name, const char *text)
{
    if (text)
        heddle_cc_json_set_bytes(object, name, heddle_view_str(text));
    else
        heddle_cc_json_set_null(object, name);
}

void heddle_cc_json_set_bytes(heddle_cc_json *object, const char *name, heddle_view utf8)
{
    const char *why;
    heddle_cc_json *value = text_for(object, utf8, &why);
    put(object, name, value, why);
}

void heddle_cc_json_set_integer(heddle_cc_json *object, const char *name, int64_t value)
{
    put(object, name, integer_for(object, value), fault_memory);
}

void heddle_cc_json_set_real(heddle_cc_json *object, const char *name, double value)
{
    const char *why;
    heddle_cc_json *made = real_for(object, value, &why);
    put(object, name, made, why);
}

void heddle_cc_json_set_boolean(heddle_cc_json *object, const char *name, bool value)
{
    put(object, name, word_for(object, HEDDLE_CC_JSON_BOOLEAN, value), fault_memory);
}

void heddle_cc_json_set_null(heddle_cc_json *object, const char *name)
{
    put(object, name, word_for(object, HEDDLE_CC_JSON_NULL, false), fault_memory);
}

void heddle_cc_json_unset(heddle_cc_json *object, const char *name)
{
    size_t at;
    if (!name || !is_kind(object, HEDDLE_CC_JSON_OBJECT))
        return;
    cc_json_list *list = object->list;
    if (!locate(list, heddle_view_str(name), &at))
        return;
    list->count--;
    memmove(&list->members[at], &list->members[at + 1],
            (list->count - at) * sizeof(*list->members));
}

void heddle_cc_json_append(heddle_cc_json *array, heddle_cc_json *value)
{
    add(array, value, fault_none);
}

void heddle_cc_json_append_text(heddle_cc_json *array, const char *text)
{
    if (text)
        heddle_cc_json_append_bytes(array, heddle_view_str(text));
    else
        heddle_cc_json_append_null(array);
}

void heddle_cc_json_append_bytes(heddle_cc_json *array, heddle_view utf8)
{
    const char *why;
    heddle_cc_json *value = text_for(array, utf8, &why);
    add(array, value, why);
}

void heddle_cc_json_append_integer(heddle_cc_json *array, int64_t value)
{
    add(array, integer_for(array, value), fault_memory);
}

void heddle_cc_json_append_real(heddle_cc_json *array, double value)
{
    const char *why;
    heddle_cc_json *made = real_for(array, value, &why);
    add(array, made, why);
}

void heddle_cc_json_append_boolean(heddle_cc_json *array, bool value)
{
    add(array, word_for(array, HEDDLE_CC_JSON_BOOLEAN, value), fault_memory);
}

void heddle_cc_json_append_null(heddle_cc_json *array)
{
    add(array, word_for(array, HEDDLE_CC_JSON_NULL, false), fault_memory);
}
