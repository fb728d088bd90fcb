#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "behaviour.h"

enum { MAX_SHOWN = 200, PATTERN = 251 };

static bool make_room(text *out, size_t more)
{
    if (out->status != HEDDLE_OK)
        return false;
    if (out->room - out->len >= more)
        return true;
    size_t room = (out->len + more) * 2;
    char *data = heddle_cc_alloc(out->stub, room);
    if (!data) {
        out->status = HEDDLE_E_TOO_LARGE;
        return false;
    }
    if (out->len)
        memcpy(data, out->data, out->len);
    out->data = data;
    out->room = room;
    return true;
}

void text_add_view(text *out, heddle_view characters)
{
    if (characters.len == 0 || !make_room(out, characters.len))
        return;
    memcpy(out->data + out->len, characters.data, characters.len);
    out->len += characters.len;
}

void text_add(text *out, const char *characters)
{
    text_add_view(out, heddle_view_str(characters));
}

/* FNV-1a, which is easily written in every language. */
static uint32_t fnv(heddle_view bytes)
{
    uint32_t sum = 0x811c9dc5;
    for (size_t i = 0; i < bytes.len; i++)
        sum = (sum ^ bytes.data[i]) * 0x01000193u;
    return sum;
}

void text_show(text *out, heddle_view bytes)
{
    char one[40];
    if (bytes.len > MAX_SHOWN) {
        snprintf(one, sizeof(one), "<%zu %08x>", bytes.len, fnv(bytes));
        text_add(out, one);
        return;
    }
    text_add(out, "'");
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned byte = bytes.data[i];
        bool plain = byte > 0x20 && byte < 0x7f && byte != '\'' && byte != '\\';
        snprintf(one, sizeof(one), plain ? "%c" : "\\x%02x", byte);
        text_add(out, one);
    }
    text_add(out, "'");
}

const char *string_of(heddle_cc_stub *stub, heddle_view word)
{
    const char *string = heddle_cc_printf(stub, "%.*s", (int)word.len, (const char *)word.data);
    return string ? string : "";
}

int number_of(heddle_view word)
{
    char digits[16] = "";
    if (word.len < sizeof(digits))
        memcpy(digits, word.data, word.len);
    return atoi(digits);
}

heddle_view pattern_of(heddle_cc_stub *stub, size_t size)
{
    uint8_t *bytes = heddle_cc_alloc(stub, size + 1);
    for (size_t i = 0; bytes && i < size; i++)
        bytes[i] = (uint8_t)(i % PATTERN);
    return heddle_view_of(bytes, bytes ? size : 0);
}

words rest_of(words args, size_t from)
{
    return (words){args.items + from, args.count - from};
}

void show_list(const heddle_view *items, size_t count, text *out)
{
    text_add(out, "[");
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? " " : "");
        text_show(out, items[i]);
    }
    text_add(out, "]");
}
