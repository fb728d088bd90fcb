#include "profile/scan.h"

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

enum { MAX_DEPTH = 32 };

/* Where the reading is. Nothing is read past `end`. */
struct cursor {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    heddle_error *err;
};

static heddle_status fail_here(const struct cursor *c, const char *what)
{
    return base_fail(c->err, HEDDLE_E_DECODE, "JSON, byte %zu: %s", (size_t)(c->at - c->start),
                     what);
}

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

static bool is_next(struct cursor *c, uint8_t wanted)
{
    skip_space(c);
    if (c->at >= c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind \u; -1 if they are none. */
static int32_t read_unit(const uint8_t *at, const uint8_t *end)
{
    int32_t unit = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_escape(uint8_t c)
{
    return c && strchr("\"\\/bfnrt", c);
}

static heddle_status skip_string(struct cursor *c)
{
    if (!is_next(c, '"'))
        return fail_here(c, "a string is expected");
    const uint8_t *text = c->at;
    for (; c->at < c->end && *c->at != '"'; c->at++) {
        if (*c->at < 0x20)
            return fail_here(c, "a control character in a string");
        if (*c->at != '\\')
            continue;
        c->at++;
        if (c->at < c->end && *c->at == 'u' && read_unit(c->at + 1, c->end) >= 0)
            c->at += 4;
        else if (c->at >= c->end || !is_escape(*c->at))
            return fail_here(c, "an escape that JSON does not have");
    }
    if (c->at >= c->end)
        return fail_here(c, "the text ends inside a string");
    if (!base_is_utf8(heddle_view_of(text, (size_t)(c->at - text))))
        return fail_here(c, "a string is not UTF-8");
    c->at++;
    return HEDDLE_OK;
}

static bool skip_digits(struct cursor *c)
{
    const uint8_t *from = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return c->at > from;
}

static heddle_status skip_number(struct cursor *c)
{
    if (*c->at == '-')
        c->at++;
    bool zero = c->at < c->end && *c->at == '0';
    bool ok = zero ? c->at++ != NULL : skip_digits(c);
    if (ok && c->at < c->end && *c->at == '.') {
        c->at++;
        ok = skip_digits(c);
    }
    if (ok && c->at < c->end && (*c->at | 0x20) == 'e') {
        c->at++;
        if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
            c->at++;
        ok = skip_digits(c);
    }
    return ok ? HEDDLE_OK : fail_here(c, "a number that JSON does not have");
}

static heddle_status skip_word(struct cursor *c)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(c->end - c->at) >= len && memcmp(c->at, words[i], len) == 0) {
            c->at += len;
            return HEDDLE_OK;
        }
    }
    return fail_here(c, "a value is expected");
}

static heddle_status skip_value(struct cursor *c, int depth);

static heddle_status skip_items(struct cursor *c, uint8_t close, int depth)
{
    if (depth > MAX_DEPTH)
        return fail_here(c, "nested too deeply");
    if (is_next(c, close))
        return HEDDLE_OK;
    do {
        if (close == '}') {
            BASE_TRY(skip_string(c));
            if (!is_next(c, ':'))
                return fail_here(c, "a colon is expected");
        }
        BASE_TRY(skip_value(c, depth));
    } while (is_next(c, ','));
    return is_next(c, close) ? HEDDLE_OK : fail_here(c, "a comma or the end is expected");
}

static heddle_status skip_value(struct cursor *c, int depth)
{
    skip_space(c);
    if (c->at >= c->end)
        return fail_here(c, "the text ends where a value is expected");
    if (*c->at == '"')
        return skip_string(c);
    if (*c->at == '-' || (*c->at >= '0' && *c->at <= '9'))
        return skip_number(c);
    if (is_next(c, '{'))
        return skip_items(c, '}', depth + 1);
    if (is_next(c, '['))
        return skip_items(c, ']', depth + 1);
    return skip_word(c);
}

static struct cursor cursor_of(heddle_view text, heddle_error *err)
{
    static const uint8_t none[1];
    const uint8_t *start = text.data ? text.data : none;
    return (struct cursor){.start = start, .at = start, .end = start + text.len, .err = err};
}

static heddle_view since(const struct cursor *c, const uint8_t *from)
{
    return heddle_view_of(from, (size_t)(c->at - from));
}

heddle_status profile_scan(heddle_view document, heddle_view *out, heddle_error *err)
{
    struct cursor c = cursor_of(document, err);
    skip_space(&c);
    const uint8_t *from = c.at;
    BASE_TRY(skip_value(&c, 0));
    heddle_view value = since(&c, from);
    skip_space(&c);
    if (c.at < c.end)
        return fail_here(&c, "something follows the value");
    *out = value;
    return HEDDLE_OK;
}

/* Names of members are compared as they are written: those looked for need no escape. */
static heddle_status next_member(struct cursor *c, heddle_view *out_name, heddle_view *out_value)
{
    skip_space(c);
    const uint8_t *from = c->at;
    BASE_TRY(skip_string(c));
    *out_name = heddle_view_of(from + 1, (size_t)(c->at - from) - 2);
    if (!is_next(c, ':'))
        return fail_here(c, "a colon is expected");
    skip_space(c);
    from = c->at;
    BASE_TRY(skip_value(c, 0));
    *out_value = since(c, from);
    return HEDDLE_OK;
}

heddle_status profile_scan_member(heddle_view value, const char *name, heddle_view *out,
                                  heddle_error *err)
{
    struct cursor c = cursor_of(value, err);
    heddle_view found = {0}, at_name, at_value;
    if (!is_next(&c, '{'))
        return base_fail(err, HEDDLE_E_DECODE, "no JSON object where \"%s\" is expected", name);
    bool more = !is_next(&c, '}');
    while (more) {
        BASE_TRY(next_member(&c, &at_name, &at_value));
        if (base_view_is(at_name, name)) {
            if (found.len)
                return base_fail(err, HEDDLE_E_DECODE, "\"%s\" is given twice", name);
            found = at_value;
        }
        more = is_next(&c, ',');
    }
    *out = base_view_is(found, "null") ? (heddle_view){0} : found;
    return HEDDLE_OK;
}

static size_t put_utf8(uint32_t point, uint8_t *out)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

/* The character behind a backslash; half of a surrogate pair counts as U+FFFD. */
static uint32_t read_escape(const uint8_t **at, const uint8_t *end)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    uint8_t c = *(*at)++;
    if (c != 'u') {
        const char *found = strchr(from, c);
        return found ? (uint8_t)to[found - from] : c;
    }
    uint32_t unit = (uint32_t)read_unit(*at, end);
    *at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    int32_t low =
        end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' ? read_unit(*at + 2, end) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
}

heddle_status profile_scan_text(heddle_view value, const char *name, base_buffer *out,
                                heddle_error *err)
{
    if (value.len < 2 || value.data[0] != '"')
        return base_fail(err, HEDDLE_E_DECODE, "\"%s\" is no string", name);
    const uint8_t *at = value.data + 1, *end = value.data + value.len - 1;
    base_buffer_wipe(out);
    if (base_buffer_reserve(out, value.len)) /* an escape is never shorter than what it means */
        return base_fail_memory(err, name);
    while (at < end) {
        uint32_t point = *at++;
        if (point == '\\') {
            point = read_escape(&at, end);
            if (point == 0)
                return base_fail(err, HEDDLE_E_DECODE, "\"%s\" has a NUL in it", name);
            out->len += put_utf8(point, out->data + out->len);
        } else {
            out->data[out->len++] = (uint8_t)point;
        }
    }
    out->data[out->len] = 0;
    return HEDDLE_OK;
}
