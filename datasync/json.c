#include "datasync/json.h"

#include "base/text.h"

/* numeric holds more, but not everything that the grammar allows. */
enum { NUMBER_LEN_MAX = 1000, EXPONENT_MAX = 1000 };

typedef struct scanner {
    const uint8_t *at;
    const uint8_t *end;
} scanner;

static int peek(const scanner *s)
{
    return s->at < s->end ? *s->at : -1;
}

static bool take(scanner *s, int byte)
{
    if (peek(s) != byte)
        return false;
    s->at++;
    return true;
}

static bool take_word(scanner *s, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return false;
    s->at += len;
    return true;
}

static void skip_space(scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static bool take_digits(scanner *s)
{
    if (!is_digit(peek(s)))
        return false;
    while (is_digit(peek(s)))
        s->at++;
    return true;
}

static bool take_exponent(scanner *s)
{
    if (!take(s, '+'))
        take(s, '-');
    const uint8_t *start = s->at;
    if (!take_digits(s))
        return false;
    unsigned value = 0;
    for (const uint8_t *p = start; p < s->at && value <= EXPONENT_MAX; p++)
        value = value * 10 + (unsigned)(*p - '0');
    return value <= EXPONENT_MAX;
}

static bool take_number(scanner *s)
{
    const uint8_t *start = s->at;
    take(s, '-');
    if (!take(s, '0') && !take_digits(s))
        return false;
    if (take(s, '.') && !take_digits(s))
        return false;
    if ((peek(s) == 'e' || peek(s) == 'E') && (s->at++, !take_exponent(s)))
        return false;
    return s->at - start <= NUMBER_LEN_MAX;
}

static int hex_value(int byte)
{
    if (is_digit(byte))
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* The four digits after "\u"; -1 if they are none. */
static int take_code_unit(scanner *s)
{
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(peek(s));
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
        s->at++;
    }
    return unit;
}

static bool take_unicode(scanner *s)
{
    int unit = take_code_unit(s);
    if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return false;
    if (unit < 0xd800 || unit > 0xdbff)
        return true;
    if (!take_word(s, "\\u"))
        return false;
    int low = take_code_unit(s);
    return low >= 0xdc00 && low <= 0xdfff;
}

static bool take_escape(scanner *s)
{
    int byte = peek(s);
    if (byte < 0)
        return false;
    s->at++;
    return byte == 'u' ? take_unicode(s) : byte != 0 && strchr("\"\\/bfnrt", byte) != NULL;
}

static bool take_string(scanner *s)
{
    if (!take(s, '"'))
        return false;
    while (s->at < s->end) {
        uint8_t byte = *s->at++;
        if (byte == '"')
            return true;
        if (byte < 0x20 || (byte == '\\' && !take_escape(s)))
            return false;
    }
    return false;
}

static bool take_scalar(scanner *s)
{
    switch (peek(s)) {
    case '"':
        return take_string(s);
    case 't':
        return take_word(s, "true");
    case 'f':
        return take_word(s, "false");
    case 'n':
        return take_word(s, "null");
    default:
        return take_number(s);
    }
}

static bool take_name(scanner *s)
{
    skip_space(s);
    if (!take_string(s))
        return false;
    skip_space(s);
    return take(s, ':');
}

/* After a value: closes what ends here; false unless a next value or the end is due. */
static bool close_values(scanner *s, const char *open, size_t *depth)
{
    for (; *depth; --*depth) {
        skip_space(s);
        if (take(s, ','))
            return open[*depth - 1] == '[' || take_name(s);
        if (!take(s, open[*depth - 1] == '[' ? ']' : '}'))
            return false;
    }
    return true;
}

/* A '[' or '{' was taken: whether its first value is due, or it is closed at once. */
static bool open_values(scanner *s, char *open, size_t *depth, bool *closed)
{
    if (*depth == SYNC_JSON_DEPTH_MAX)
        return false;
    char kind = (char)s->at[-1];
    skip_space(s);
    *closed = take(s, kind == '[' ? ']' : '}');
    if (*closed)
        return true;
    open[(*depth)++] = kind;
    return kind == '[' || take_name(s);
}

static bool take_document(scanner *s)
{
    char open[SYNC_JSON_DEPTH_MAX];
    size_t depth = 0;
    do {
        skip_space(s);
        bool closed = true;
        if (take(s, '[') || take(s, '{')) {
            if (!open_values(s, open, &depth, &closed))
                return false;
        } else if (!take_scalar(s)) {
            return false;
        }
        if (closed && !close_values(s, open, &depth))
            return false;
    } while (depth);
    skip_space(s);
    return s->at == s->end;
}

bool sync_json_is(heddle_view text)
{
    if (!text.len || text.len > SYNC_JSON_SIZE_MAX)
        return false;
    scanner s = {text.data, text.data + text.len};
    return take_document(&s) && base_is_utf8(text);
}
