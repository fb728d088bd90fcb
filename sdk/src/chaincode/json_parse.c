/*
 * JSON read into an arena.
 *
 * The values of containers that are still open lie on one stack outside the arena; when a
 * container ends, what it has is copied to the arena at its size.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "chaincode/json.h"
#include "chaincode/quote.h"

typedef struct parser {
    base_arena *arena;
    heddle_view text;
    size_t at;
    unsigned depth;
    base_buffer stack; /* of cc_json_member */
    heddle_error *err;
} parser;

static heddle_status parse_value(parser *p, heddle_cc_json **out);

static heddle_status refuse(const parser *p, const char *why)
{
    if (p->at >= p->text.len)
        return base_fail(p->err, HEDDLE_E_DECODE, "JSON ends at byte %zu: %s", p->at, why);
    return base_fail(p->err, HEDDLE_E_DECODE, "JSON, byte %zu: %s", p->at, why);
}

static heddle_status no_memory(const parser *p)
{
    return base_arena_fail(p->arena, p->err, "JSON value");
}

/* -1 at the end. */
static int peek(const parser *p)
{
    return p->at < p->text.len ? p->text.data[p->at] : -1;
}

static void skip_space(parser *p)
{
    while (p->at < p->text.len) {
        uint8_t c = p->text.data[p->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
        p->at++;
    }
}

/* Texts */

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind "\u". */
static bool read_unit(parser *p, uint32_t *out)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(peek(p));
        if (digit < 0)
            return false;
        unit = unit << 4 | (uint32_t)digit;
        p->at++;
    }
    *out = unit;
    return true;
}

static size_t encode(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(leads[more] | point);
    return more + 1;
}

static bool starts_low_half(const parser *p)
{
    return p->text.len - p->at >= 2 && p->text.data[p->at] == '\\' &&
           p->text.data[p->at + 1] == 'u';
}

static heddle_status read_point(parser *p, uint32_t *out)
{
    uint32_t point, low = 0;
    if (!read_unit(p, &point))
        return refuse(p, "four hexadecimal digits are expected");
    if (point >= 0xdc00 && point <= 0xdfff)
        return refuse(p, "half of a surrogate pair");
    if (point >= 0xd800 && point <= 0xdbff) {
        if (!starts_low_half(p))
            return refuse(p, "half of a surrogate pair");
        p->at += 2;
        if (!read_unit(p, &low) || low < 0xdc00 || low > 0xdfff)
            return refuse(p, "half of a surrogate pair");
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = point;
    return HEDDLE_OK;
}

static heddle_status read_escape(parser *p, char *out, size_t *len)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    p->at++; /* the backslash */
    int c = peek(p);
    if (c == 'u') {
        uint32_t point = 0;
        p->at++;
        BASE_TRY(read_point(p, &point));
        *len += encode(point, out + *len);
        return HEDDLE_OK;
    }
    const char *name = c > 0 ? strchr(names, c) : NULL;
    if (!name)
        return refuse(p, "no escape of JSON");
    out[(*len)++] = meanings[name - names];
    p->at++;
    return HEDDLE_OK;
}

/* Up to the closing quote, escapes as they are. */
static heddle_status measure(const parser *p, size_t *out)
{
    size_t at = p->at;
    while (at < p->text.len && p->text.data[at] != '"')
        at += p->text.data[at] == '\\' ? 2 : 1;
    if (at >= p->text.len)
        return base_fail(p->err, HEDDLE_E_DECODE, "JSON, byte %zu: the text does not end",
                         p->at - 1);
    *out = at - p->at;
    return HEDDLE_OK;
}

static heddle_status parse_text(parser *p, heddle_view *out)
{
    size_t room = 0, len = 0;
    p->at++; /* the quote */
    BASE_TRY(measure(p, &room));
    size_t end = p->at + room;
    char *text = base_arena_alloc(p->arena, room + 1);
    if (!text)
        return no_memory(p);
    while (p->at < end) {
        uint8_t c = p->text.data[p->at];
        if (c < 0x20)
            return refuse(p, "a control character within a text");
        if (c == '\\') {
            BASE_TRY(read_escape(p, text, &len));
        } else {
            text[len++] = (char)c;
            p->at++;
        }
    }
    p->at++;
    text[len] = '\0';
    *out = heddle_view_of(text, len);
    return HEDDLE_OK;
}

/* Containers */

static heddle_status push(parser *p, heddle_view name, heddle_cc_json *value)
{
    cc_json_member member = {.name = name, .value = value};
    heddle_status st = base_buffer_append(&p->stack, heddle_view_of(&member, sizeof(member)));
    return st == HEDDLE_OK ? st : base_fail(p->err, st, "JSON value");
}

static int by_name(const void *a, const void *b)
{
    const cc_json_member *left = a, *right = b;
    return cc_json_order(left->name, right->name);
}

static heddle_status sort(const parser *p, cc_json_list *list)
{
    char quote[CC_QUOTE_SIZE];
    if (list->count > 1)
        qsort(list->members, list->count, sizeof(*list->members), by_name);
    for (size_t i = 1; i < list->count; i++) {
        if (base_view_equal(list->members[i - 1].name, list->members[i].name))
            return base_fail(p->err, HEDDLE_E_DECODE, "JSON: the member %s is there twice",
                             cc_quote(list->members[i].name, quote));
    }
    return HEDDLE_OK;
}

/* Take what lies on the stack from @p base on. */
static heddle_status finish(parser *p, heddle_cc_json_kind kind, size_t base, heddle_cc_json **out)
{
    heddle_cc_json *json = cc_json_container(p->arena, kind);
    heddle_view own = base_view_slice(base_buffer_view(&p->stack), base, p->stack.len);
    heddle_view kept = base_arena_view(p->arena, own);
    if (!json || kept.len != own.len)
        return no_memory(p);
    p->stack.len = base;
    json->list->members = (cc_json_member *)(uintptr_t)kept.data;
    json->list->count = json->list->capacity = kept.len / sizeof(cc_json_member);
    if (kind == HEDDLE_CC_JSON_OBJECT)
        BASE_TRY(sort(p, json->list));
    *out = json;
    return HEDDLE_OK;
}

static heddle_status parse_member(parser *p)
{
    heddle_view name = {0};
    heddle_cc_json *value = NULL;
    skip_space(p);
    if (peek(p) != '"')
        return refuse(p, "a member's name is expected");
    BASE_TRY(parse_text(p, &name));
    skip_space(p);
    if (peek(p) != ':')
        return refuse(p, "':' is expected");
    p->at++;
    BASE_TRY(parse_value(p, &value));
    return push(p, name, value);
}

static heddle_status parse_element(parser *p)
{
    heddle_cc_json *value = NULL;
    BASE_TRY(parse_value(p, &value));
    return push(p, VIEW(""), value);
}

static heddle_status parse_items(parser *p, heddle_cc_json_kind kind, int end)
{
    for (;;) {
        BASE_TRY(kind == HEDDLE_CC_JSON_OBJECT ? parse_member(p) : parse_element(p));
        skip_space(p);
        int c = peek(p);
        p->at += c == ',' || c == end;
        if (c == end)
            return HEDDLE_OK;
        if (c != ',')
            return refuse(p, end == '}' ? "',' or '}' is expected" : "',' or ']' is expected");
    }
}

static heddle_status parse_container(parser *p, heddle_cc_json_kind kind, heddle_cc_json **out)
{
    int end = kind == HEDDLE_CC_JSON_OBJECT ? '}' : ']';
    size_t base = p->stack.len;
    if (p->depth == CC_JSON_DEPTH)
        return refuse(p, "nested too deep");
    p->depth++;
    p->at++;
    skip_space(p);
    if (peek(p) == end)
        p->at++;
    else
        BASE_TRY(parse_items(p, kind, end));
    p->depth--;
    return finish(p, kind, base, out);
}

/* Numbers and words */

static size_t skip_digits(parser *p)
{
    size_t from = p->at;
    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    return p->at - from;
}

static bool skip_number(parser *p)
{
    p->at += peek(p) == '-';
    bool leads_with_zero = peek(p) == '0';
    size_t digits = skip_digits(p);
    if (digits == 0 || (leads_with_zero && digits > 1))
        return false;
    if (peek(p) == '.') {
        p->at++;
        if (skip_digits(p) == 0)
            return false;
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->at++;
        p->at += peek(p) == '+' || peek(p) == '-';
        return skip_digits(p) > 0;
    }
    return true;
}

static heddle_status parse_number(parser *p, heddle_cc_json **out)
{
    size_t from = p->at;
    if (!skip_number(p))
        return refuse(p, "no number of JSON");
    heddle_status st =
        cc_number_read(p->arena, base_view_slice(p->text, from, p->at - from), out, p->err);
    if (st == HEDDLE_E_DECODE)
        base_error_prefix(p->err, "JSON, byte %zu", from);
    return st;
}

static heddle_status parse_word(parser *p, heddle_cc_json **out)
{
    static const struct {
        const char *word;
        heddle_cc_json_kind kind;
        bool truth;
    } words[] = {{"true", HEDDLE_CC_JSON_BOOLEAN, true},
                 {"false", HEDDLE_CC_JSON_BOOLEAN, false},
                 {"null", HEDDLE_CC_JSON_NULL, false}};
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        size_t len = strlen(words[i].word);
        if (!base_view_is(base_view_slice(p->text, p->at, len), words[i].word))
            continue;
        heddle_cc_json *json = cc_json_scalar(p->arena, words[i].kind);
        if (!json)
            return no_memory(p);
        json->truth = words[i].truth;
        p->at += len;
        *out = json;
        return HEDDLE_OK;
    }
    return refuse(p, "a value is expected");
}

static heddle_status parse_value(parser *p, heddle_cc_json **out)
{
    skip_space(p);
    int c = peek(p);
    if (c == '{')
        return parse_container(p, HEDDLE_CC_JSON_OBJECT, out);
    if (c == '[')
        return parse_container(p, HEDDLE_CC_JSON_ARRAY, out);
    if (c == '-' || (c >= '0' && c <= '9'))
        return parse_number(p, out);
    if (c != '"')
        return parse_word(p, out);
    heddle_cc_json *json = cc_json_scalar(p->arena, HEDDLE_CC_JSON_TEXT);
    if (!json)
        return no_memory(p);
    BASE_TRY(parse_text(p, &json->text));
    *out = json;
    return HEDDLE_OK;
}

heddle_status cc_json_parse(base_arena *arena, heddle_view text, heddle_cc_json **out,
                            heddle_error *err)
{
    parser p = {.arena = arena, .text = text, .err = err};
    heddle_cc_json *json = NULL;
    if (!base_is_utf8(text))
        return base_fail(err, HEDDLE_E_DECODE, "JSON: not UTF-8");
    heddle_status st = parse_value(&p, &json);
    if (st == HEDDLE_OK) {
        skip_space(&p);
        if (p.at < text.len)
            st = refuse(&p, "something behind the value");
    }
    base_buffer_done(&p.stack);
    if (st == HEDDLE_OK)
        *out = json;
    return st;
}
