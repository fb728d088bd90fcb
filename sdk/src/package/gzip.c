#include "package/gzip.h"

#include <zlib.h>

#include "base/fail.h"

enum { WINDOW_BITS = 15, AS_GZIP = 16, STORED_MAX = 65535 };

struct package_gunzip {
    z_stream stream;
    heddle_view packed;
    size_t at; /* of what was handed to zlib */
    size_t left;
    size_t limit;
    const char *what;
    bool between; /* members: at the beginning, or after the end of one */
};

static voidpf give(voidpf user, uInt count, uInt size)
{
    (void)user;
    return base_calloc(count, size);
}

static void take(voidpf user, voidpf block)
{
    (void)user;
    base_free(block);
}

heddle_status package_gunzip_new(heddle_view packed, size_t limit, const char *what,
                                 package_gunzip **out, heddle_error *err)
{
    package_gunzip *gunzip = base_calloc(1, sizeof(*gunzip));
    if (!gunzip)
        return base_fail_memory(err, what);
    gunzip->stream.zalloc = give;
    gunzip->stream.zfree = take;
    gunzip->packed = packed;
    gunzip->left = gunzip->limit = limit;
    gunzip->what = what;
    gunzip->between = true;
    if (inflateInit2(&gunzip->stream, WINDOW_BITS + AS_GZIP) != Z_OK) {
        base_free(gunzip);
        return base_fail_memory(err, what);
    }
    *out = gunzip;
    return HEDDLE_OK;
}

void package_gunzip_free(package_gunzip *gunzip)
{
    if (!gunzip)
        return;
    inflateEnd(&gunzip->stream);
    base_free(gunzip);
}

/* Hand the next piece to zlib, whose counters are narrower than ours. */
static void feed(package_gunzip *gunzip)
{
    size_t rest = gunzip->packed.len - gunzip->at;
    if (gunzip->stream.avail_in || !rest)
        return;
    uInt piece = rest > (1u << 30) ? 1u << 30 : (uInt)rest;
    gunzip->stream.next_in = (Bytef *)(uintptr_t)(gunzip->packed.data + gunzip->at);
    gunzip->stream.avail_in = piece;
    gunzip->at += piece;
}

static heddle_status broken(const package_gunzip *gunzip, int code, heddle_error *err)
{
    if (code == Z_MEM_ERROR)
        return base_fail_memory(err, gunzip->what);
    if (code == Z_BUF_ERROR)
        return base_fail(err, HEDDLE_E_DECODE, "%s: the gzip stream is cut off", gunzip->what);
    return base_fail(err, HEDDLE_E_DECODE, "%s: no gzip stream: %s", gunzip->what,
                     gunzip->stream.msg ? gunzip->stream.msg : "bad data");
}

/* One step; the end of a member may be followed by another one. */
static heddle_status step(package_gunzip *gunzip, heddle_error *err)
{
    feed(gunzip);
    int code = inflate(&gunzip->stream, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
        gunzip->between = true;
        return inflateReset(&gunzip->stream) == Z_OK ? HEDDLE_OK
                                                     : base_fail_memory(err, gunzip->what);
    }
    gunzip->between = false;
    return code == Z_OK ? HEDDLE_OK : broken(gunzip, code, err);
}

static bool is_at_end(const package_gunzip *gunzip)
{
    return gunzip->between && gunzip->at > 0 && !gunzip->stream.avail_in &&
           gunzip->at == gunzip->packed.len;
}

heddle_status package_gunzip_read(package_gunzip *gunzip, uint8_t *into, size_t room,
                                  size_t *out_len, heddle_error *err)
{
    uInt wanted = room > (1u << 30) ? 1u << 30 : (uInt)room;
    gunzip->stream.next_out = into;
    gunzip->stream.avail_out = wanted;
    while (gunzip->stream.avail_out && !is_at_end(gunzip))
        BASE_TRY(step(gunzip, err));
    size_t len = wanted - gunzip->stream.avail_out;
    if (len > gunzip->left)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: more than %zu bytes when unpacked",
                         gunzip->what, gunzip->limit);
    gunzip->left -= len;
    *out_len = len;
    return HEDDLE_OK;
}

static heddle_status append_u16(base_buffer *out, uint32_t value)
{
    BASE_TRY(base_buffer_append_byte(out, (uint8_t)value));
    return base_buffer_append_byte(out, (uint8_t)(value >> 8));
}

static heddle_status append_u32(base_buffer *out, uint32_t value)
{
    BASE_TRY(append_u16(out, value & 0xffff));
    return append_u16(out, value >> 16);
}

/* A block of type "stored": the last one is marked, and an empty stream has one too. */
static heddle_status append_stored(base_buffer *out, heddle_view piece, bool last)
{
    BASE_TRY(base_buffer_append_byte(out, last));
    BASE_TRY(append_u16(out, (uint32_t)piece.len));
    BASE_TRY(append_u16(out, ~(uint32_t)piece.len & 0xffff));
    return base_buffer_append(out, piece);
}

heddle_status package_gzip(heddle_view bytes, base_buffer *out)
{
    /* magic, deflate, no flags, no time, no extra flags, no system */
    static const uint8_t header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
    size_t at = 0;
    uLong sum = crc32(0, NULL, 0);
    BASE_TRY(base_buffer_append(out, heddle_view_of(header, sizeof(header))));
    do {
        heddle_view piece = base_view_slice(bytes, at, STORED_MAX);
        at += piece.len;
        if (piece.len)
            sum = crc32(sum, piece.data, (uInt)piece.len);
        BASE_TRY(append_stored(out, piece, at == bytes.len));
    } while (at < bytes.len);
    BASE_TRY(append_u32(out, (uint32_t)sum));
    return append_u32(out, (uint32_t)bytes.len);
}
