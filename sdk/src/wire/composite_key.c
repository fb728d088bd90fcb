#include "wire/composite_key.h"

#include "base/fail.h"
#include "base/text.h"

/* U+10FFFF, which no part may hold: it ends the range of keys with a prefix. */
static const uint8_t last_rune[] = {0xf4, 0x8f, 0xbf, 0xbf};

static heddle_status check_part(heddle_view part, heddle_error *err)
{
    if (!base_is_utf8(part))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "composite key: a part is not UTF-8");
    if (part.len && memchr(part.data, 0, part.len))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "composite key: a part holds U+0000");
    if (part.len && memmem(part.data, part.len, last_rune, sizeof(last_rune)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "composite key: a part holds U+10FFFF");
    return HEDDLE_OK;
}

heddle_status wire_composite_key_write(const heddle_view *parts, size_t count, base_buffer *out,
                                       heddle_error *err)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(check_part(parts[i], err));
        size += parts[i].len + 1;
    }
    if (count == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "composite key: no object type");
    heddle_status status = base_buffer_reserve(out, size);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "composite key of %zu bytes", size);
    BASE_TRY(base_buffer_append_byte(out, 0));
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(base_buffer_append(out, parts[i]));
        BASE_TRY(base_buffer_append_byte(out, 0));
    }
    return HEDDLE_OK;
}

bool wire_composite_key_is(heddle_view key)
{
    return key.len >= 2 && key.data[0] == 0 && key.data[key.len - 1] == 0;
}

heddle_status wire_composite_key_read(heddle_view key, base_arena *arena,
                                      const heddle_view **out_parts, size_t *out_count,
                                      heddle_error *err)
{
    if (!wire_composite_key_is(key))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "not a composite key");
    size_t count = 0;
    for (size_t i = 1; i < key.len; i++)
        count += key.data[i] == 0;
    heddle_view *parts = base_arena_alloc(arena, count * sizeof(*parts));
    if (!parts)
        return base_arena_fail(arena, err, "composite key");
    const uint8_t *from = key.data + 1;
    for (size_t i = 0; i < count; i++) {
        size_t left = (size_t)(key.data + key.len - from);
        const uint8_t *end = memchr(from, 0, left);
        parts[i] = heddle_view_of(from, (size_t)(end - from));
        from = end + 1;
    }
    *out_parts = parts;
    *out_count = count;
    return HEDDLE_OK;
}

heddle_status wire_composite_key_end(heddle_view prefix, base_buffer *out)
{
    BASE_TRY(base_buffer_reserve(out, prefix.len + sizeof(last_rune)));
    BASE_TRY(base_buffer_append(out, prefix));
    return base_buffer_append(out, heddle_view_of(last_rune, sizeof(last_rune)));
}

heddle_status wire_simple_key_check(heddle_view key, heddle_error *err)
{
    if (key.len == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "key must not be an empty string");
    if (key.data[0] == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "key begins with U+0000, as only composite keys may");
    if (!base_is_utf8(key))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "key is not UTF-8");
    return HEDDLE_OK;
}
