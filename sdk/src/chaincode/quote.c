#include "chaincode/quote.h"

#include <string.h>

#include "base/text.h"

/* The bytes of the character at @p at; 0: it is not to be shown. */
static size_t character(heddle_view text, size_t at)
{
    if (text.data[at] < 0x20 || text.data[at] == 0x7f)
        return 0;
    for (size_t len = 1; len <= 4 && at + len <= text.len; len++) {
        if (base_is_utf8(base_view_slice(text, at, len)))
            return len;
    }
    return 0;
}

const char *cc_show(heddle_view text, char *out, size_t size)
{
    size_t len = 0, at = 0, room = size - sizeof("...");
    while (at < text.len) {
        size_t width = character(text, at);
        if (len + (width ? width : 1) > room)
            break;
        if (width)
            memcpy(out + len, text.data + at, width);
        else
            out[len] = '?';
        len += width ? width : 1;
        at += width ? width : 1;
    }
    memcpy(out + len, at < text.len ? "..." : "", at < text.len ? sizeof("...") : 1);
    return out;
}

const char *cc_quote(heddle_view text, char out[CC_QUOTE_SIZE])
{
    out[0] = '"';
    cc_show(text, out + 1, CC_QUOTE_SIZE - 2);
    size_t len = strlen(out);
    memcpy(out + len, "\"", 2);
    return out;
}
