#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

void base_buffer_done(base_buffer *buf)
{
    base_free(buf->data);
    *buf = (base_buffer){.limit = buf->limit};
}

void base_buffer_wipe(base_buffer *buf)
{
    base_wipe(buf->data, buf->cap);
    base_buffer_done(buf);
}

void base_buffer_clear(base_buffer *buf)
{
    buf->len = 0;
}

static size_t grown(size_t cap, size_t need)
{
    size_t next = cap < 64 ? 64 : cap + cap / 2;
    return next < need ? need : next;
}

heddle_status base_buffer_reserve(base_buffer *buf, size_t more)
{
    size_t need;
    if (__builtin_add_overflow(buf->len, more, &need) || (buf->limit && need > buf->limit))
        return HEDDLE_E_TOO_LARGE;
    if (need <= buf->cap)
        return HEDDLE_OK;
    size_t cap = grown(buf->cap, need);
    uint8_t *data = base_realloc(buf->data, cap);
    if (!data)
        return HEDDLE_E_NO_MEMORY;
    buf->data = data;
    buf->cap = cap;
    return HEDDLE_OK;
}

heddle_status base_buffer_append(base_buffer *buf, heddle_view bytes)
{
    heddle_status status = base_buffer_reserve(buf, bytes.len);
    if (status != HEDDLE_OK)
        return status;
    if (bytes.len)
        memcpy(buf->data + buf->len, bytes.data, bytes.len);
    buf->len += bytes.len;
    return HEDDLE_OK;
}

heddle_status base_buffer_append_str(base_buffer *buf, const char *text)
{
    return base_buffer_append(buf, heddle_view_str(text));
}

heddle_status base_buffer_append_byte(base_buffer *buf, uint8_t byte)
{
    return base_buffer_append(buf, heddle_view_of(&byte, 1));
}

heddle_status base_buffer_printf(base_buffer *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        return HEDDLE_E_BAD_ARGUMENT;
    /* vsnprintf wants room for its NUL, which is not part of the content. */
    size_t limit = buf->limit;
    if (limit && (size_t)len > limit - buf->len)
        return HEDDLE_E_TOO_LARGE;
    buf->limit = 0;
    heddle_status status = base_buffer_reserve(buf, (size_t)len + 1);
    buf->limit = limit;
    if (status != HEDDLE_OK)
        return status;
    va_start(args, fmt);
    vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
    return HEDDLE_OK;
}

const char *base_buffer_cstr(base_buffer *buf)
{
    size_t limit = buf->limit;
    buf->limit = 0;
    heddle_status status = base_buffer_reserve(buf, 1);
    buf->limit = limit;
    if (status != HEDDLE_OK)
        return NULL;
    buf->data[buf->len] = '\0';
    return (const char *)buf->data;
}

uint8_t *base_buffer_take(base_buffer *buf, size_t *out_len)
{
    uint8_t *data = buf->data;
    *out_len = buf->len;
    *buf = (base_buffer){.limit = buf->limit};
    return data;
}
