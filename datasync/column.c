#include "datasync/column.h"

#include "base/fail.h"
#include "base/text.h"

enum { CHARACTER_MAX = 4, SHOWN_MAX = 4 };

bool sync_text_is(heddle_view bytes)
{
    return (!bytes.len || !memchr(bytes.data, 0, bytes.len)) && base_is_utf8(bytes);
}

/* The length of the character at the start of @p bytes; 0 if there is none. */
static size_t character_len(heddle_view bytes)
{
    for (size_t len = 1; len <= CHARACTER_MAX && len <= bytes.len; len++)
        if (base_is_utf8(heddle_view_of(bytes.data, len)))
            return len;
    return 0;
}

/* What stands for the first character or byte; *out_used is how much it stands for. */
static heddle_view show(heddle_view bytes, char room[SHOWN_MAX], size_t *out_used)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = character_len(bytes);
    *out_used = len ? len : 1;
    if (bytes.data[0] == 0)
        return VIEW("\xe2\x90\x80");
    if (len)
        return heddle_view_of(bytes.data, len);
    memcpy(room, (char[]){'\\', 'x', digits[bytes.data[0] >> 4], digits[bytes.data[0] & 15]}, 4);
    return heddle_view_of(room, 4);
}

heddle_status sync_text_readable(heddle_view bytes, size_t limit, base_arena *arena,
                                 heddle_view *out, heddle_error *err)
{
    if ((!limit || bytes.len <= limit) && sync_text_is(bytes)) {
        *out = bytes;
        return HEDDLE_OK;
    }
    size_t most = limit && limit / SHOWN_MAX < bytes.len ? limit : bytes.len * SHOWN_MAX;
    uint8_t *text = base_arena_alloc(arena, most);
    if (!text)
        return base_arena_fail(arena, err, "text of a column");
    size_t len = 0, used;
    for (size_t at = 0; at < bytes.len; at += used) {
        char room[SHOWN_MAX];
        heddle_view shown = show(base_view_slice(bytes, at, bytes.len), room, &used);
        if (len + shown.len > most)
            break;
        memcpy(text + len, shown.data, shown.len);
        len += shown.len;
    }
    *out = heddle_view_of(text, len);
    return HEDDLE_OK;
}
