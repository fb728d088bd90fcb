#include "package/tar.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

enum { BLOCK = 512, META_MAX = 64 * 1024 };

/* The header of POSIX 1003.1-1990. */
typedef struct tar_header {
    char name[100];
    char mode[8], uid[8], gid[8];
    char size[12], mtime[12];
    char checksum[8];
    char type;
    char linkname[100];
    char magic[6], version[2];
    char uname[32], gname[32];
    char devmajor[8], devminor[8];
    char prefix[155];
    char rest[12];
} tar_header;
_Static_assert(sizeof(tar_header) == BLOCK, "a tar header is one block");

static heddle_status broken(const package_tar *tar, const char *why, heddle_error *err)
{
    return base_fail(err, HEDDLE_E_DECODE, "%s: entry %zu of the tar archive: %s", tar->what,
                     tar->entries + 1, why);
}

/* Exactly @p len bytes. */
static heddle_status read_all(package_tar *tar, uint8_t *into, size_t len, heddle_error *err)
{
    size_t got = 0;
    while (got < len) {
        size_t piece = 0;
        BASE_TRY(package_gunzip_read(tar->from, into + got, len - got, &piece, err));
        if (!piece)
            return broken(tar, "is cut off", err);
        got += piece;
    }
    return HEDDLE_OK;
}

static heddle_status pass_over(package_tar *tar, heddle_error *err)
{
    uint8_t scrap[4096];
    uint64_t left = tar->left + tar->padding;
    while (left) {
        size_t piece = left < sizeof(scrap) ? (size_t)left : sizeof(scrap);
        BASE_TRY(read_all(tar, scrap, piece, err));
        left -= piece;
    }
    tar->left = tar->padding = 0;
    return HEDDLE_OK;
}

/* A number in octal with spaces around it, or, with the highest bit set, in binary. */
static bool read_number(const char *field, size_t len, uint64_t *out)
{
    uint64_t value = 0;
    size_t at = 0;
    if ((uint8_t)field[0] & 0x80) {
        for (at = 0; at < len; at++) {
            uint8_t byte = (uint8_t)field[at] & (at ? 0xff : 0x7f);
            if (value >> 55)
                return false;
            value = value << 8 | byte;
        }
        *out = value;
        return true;
    }
    while (at < len && field[at] == ' ')
        at++;
    for (; at < len && field[at] >= '0' && field[at] <= '7'; at++)
        value = value << 3 | (uint64_t)(field[at] - '0');
    if (at < len && field[at] != ' ' && field[at] != '\0')
        return false;
    *out = value;
    return true;
}

/* The bytes of the header with its checksum taken as spaces. */
static uint64_t checksum_of(const tar_header *header)
{
    const uint8_t *bytes = (const uint8_t *)header;
    size_t from = offsetof(tar_header, checksum), to = from + sizeof(header->checksum);
    uint64_t sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= from && i < to ? ' ' : bytes[i];
    return sum;
}

static bool is_blank(const tar_header *header)
{
    const uint8_t *bytes = (const uint8_t *)header;
    for (size_t i = 0; i < BLOCK; i++)
        if (bytes[i])
            return false;
    return true;
}

/* The next header; false at the end of the stream, or at the blank block before it. */
static heddle_status read_header(package_tar *tar, tar_header *out, bool *out_more,
                                 heddle_error *err)
{
    size_t got = 0;
    uint64_t told;
    BASE_TRY(package_gunzip_read(tar->from, (uint8_t *)out, BLOCK, &got, err));
    if (got == 0) {
        *out_more = false;
        return HEDDLE_OK;
    }
    if (got < BLOCK)
        return broken(tar, "is cut off", err);
    *out_more = !is_blank(out);
    if (!*out_more)
        return HEDDLE_OK;
    if (!read_number(out->checksum, sizeof(out->checksum), &told) || told != checksum_of(out))
        return broken(tar, "the checksum of its header is wrong", err);
    return HEDDLE_OK;
}

static heddle_status take_name(package_tar *tar, const tar_header *header, const char **out,
                               heddle_error *err)
{
    int name = (int)strnlen(header->name, sizeof(header->name));
    int prefix = (int)strnlen(header->prefix, sizeof(header->prefix));
    bool split = memcmp(header->magic, "ustar", sizeof(header->magic)) == 0 && prefix;
    *out = base_arena_printf(tar->arena, "%.*s%s%.*s", split ? prefix : 0, header->prefix,
                             split ? "/" : "", name, header->name);
    return *out ? HEDDLE_OK : base_arena_fail(tar->arena, err, tar->what);
}

static void set_size(package_tar *tar, uint64_t size)
{
    tar->left = size;
    tar->padding = (BLOCK - size % BLOCK) % BLOCK;
}

/* What the entries before a file say of it. */
typedef struct tar_hints {
    const char *name; /* NULL: nothing */
    bool has_size;
    uint64_t size;
} tar_hints;

/* "LENGTH KEY=VALUE\n", one after the other. */
static heddle_status read_records(package_tar *tar, heddle_view body, tar_hints *hints,
                                  heddle_error *err)
{
    while (body.len) {
        const uint8_t *space = memchr(body.data, ' ', body.len);
        uint64_t len;
        if (!space ||
            !base_parse_u64(heddle_view_of(body.data, (size_t)(space - body.data)), &len) ||
            len > body.len || len < (size_t)(space - body.data) + 2 || body.data[len - 1] != '\n')
            return broken(tar, "its pax records are malformed", err);
        size_t from = (size_t)(space - body.data) + 1;
        heddle_view record = base_view_slice(body, from, (size_t)len - from - 1);
        heddle_view value = base_view_slice(record, 5, record.len);
        if (base_view_starts(record, VIEW("path="))) {
            hints->name = base_arena_str(tar->arena, value);
            if (!hints->name || memchr(value.data, 0, value.len))
                return broken(tar, "its name is no name", err);
        } else if (base_view_starts(record, VIEW("size="))) {
            hints->has_size = base_parse_u64(value, &hints->size) && hints->size <= INT64_MAX;
            if (!hints->has_size)
                return broken(tar, "its size is no number", err);
        }
        body = base_view_slice(body, (size_t)len, body.len);
    }
    return HEDDLE_OK;
}

/* An entry that speaks of the next one: 'x' and 'g' of pax, 'L' and 'K' of GNU. */
static heddle_status read_hint(package_tar *tar, char type, tar_hints *hints, heddle_error *err)
{
    base_auto_buffer base_buffer body = {0};
    package_entry entry = {.name = "", .size = tar->left};
    BASE_TRY(package_tar_content(tar, &entry, META_MAX, &body, err));
    if (type == 'x')
        return read_records(tar, base_buffer_view(&body), hints, err);
    if (type == 'L') {
        size_t len = body.len ? strnlen((const char *)body.data, body.len) : 0;
        hints->name = base_arena_str(tar->arena, heddle_view_of(body.data, len));
        if (!hints->name)
            return base_arena_fail(tar->arena, err, tar->what);
    }
    return HEDDLE_OK;
}

static bool is_hint(char type)
{
    return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

static heddle_status make_entry(package_tar *tar, const tar_header *header, const tar_hints *hints,
                                package_entry *out, heddle_error *err)
{
    out->name = hints->name;
    if (!out->name)
        BASE_TRY(take_name(tar, header, &out->name, err));
    if (hints->has_size)
        set_size(tar, hints->size);
    size_t len = strlen(out->name);
    if (!len || len > PACKAGE_NAME_MAX)
        return broken(tar, "its name is empty or too long", err);
    out->type = header->type ? header->type : '0';
    if (out->type == '0' && !header->type && out->name[len - 1] == '/')
        out->type = '5';
    out->size = tar->left;
    return HEDDLE_OK;
}

heddle_status package_tar_next(package_tar *tar, package_entry *out, bool *out_more,
                               heddle_error *err)
{
    tar_hints hints = {0};
    for (;;) {
        tar_header header;
        uint64_t size;
        BASE_TRY(pass_over(tar, err));
        BASE_TRY(read_header(tar, &header, out_more, err));
        if (!*out_more)
            return HEDDLE_OK;
        if (!read_number(header.size, sizeof(header.size), &size))
            return broken(tar, "its size is no number", err);
        if (++tar->entries > PACKAGE_ENTRIES_MAX)
            return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: more than %d entries", tar->what,
                             PACKAGE_ENTRIES_MAX);
        set_size(tar, size);
        if (!is_hint(header.type))
            return make_entry(tar, &header, &hints, out, err);
        BASE_TRY(read_hint(tar, header.type, &hints, err));
    }
}

heddle_status package_tar_content(package_tar *tar, const package_entry *entry, size_t limit,
                                  base_buffer *out, heddle_error *err)
{
    if (tar->left > limit)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: %.128s has more than %zu bytes", tar->what,
                         entry->name, limit);
    while (tar->left) {
        uint8_t piece[4096];
        size_t len = tar->left < sizeof(piece) ? (size_t)tar->left : sizeof(piece);
        BASE_TRY(read_all(tar, piece, len, err));
        if (base_buffer_append(out, heddle_view_of(piece, len)))
            return base_fail_memory(err, tar->what);
        tar->left -= len;
    }
    return HEDDLE_OK;
}

bool package_path_is_inside(const char *name)
{
    int depth = 0;
    if (*name == '/')
        return false;
    while (*name) {
        size_t len = strcspn(name, "/");
        if (len == 2 && name[0] == '.' && name[1] == '.')
            depth--;
        else if (len && !(len == 1 && name[0] == '.'))
            depth++;
        if (depth < 0)
            return false;
        name += len;
        name += *name == '/';
    }
    return true;
}

/* Names of more than 100 characters are cut at a slash into two. */
static bool put_name(tar_header *header, const char *name)
{
    size_t len = strlen(name);
    const char *rest = name;
    if (len > sizeof(header->name)) {
        rest = strchr(name + len - sizeof(header->name) - 1, '/');
        if (!rest || (size_t)(rest - name) > sizeof(header->prefix))
            return false;
        memcpy(header->prefix, name, (size_t)(rest - name));
        rest++;
    }
    memcpy(header->name, rest, strlen(rest));
    return *rest != '\0';
}

heddle_status package_tar_append(base_buffer *out, const char *name, heddle_view content,
                                 heddle_error *err)
{
    tar_header header = {.type = '0', .magic = "ustar", .version = {'0', '0'}};
    static const uint8_t padding[BLOCK];
    if (!put_name(&header, name))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%.200s: the name is too long for tar", name);
    memcpy(header.mode, "0000644", 8);
    memcpy(header.uid, "0000000", 8);
    memcpy(header.gid, "0000000", 8);
    memcpy(header.mtime, "00000000000", 12);
    snprintf(header.size, sizeof(header.size), "%011llo", (unsigned long long)content.len);
    snprintf(header.checksum, sizeof(header.checksum), "%06llo",
             (unsigned long long)checksum_of(&header));
    header.checksum[7] = ' ';
    size_t pad = (BLOCK - content.len % BLOCK) % BLOCK;
    if (base_buffer_append(out, heddle_view_of(&header, BLOCK)) ||
        base_buffer_append(out, content) || base_buffer_append(out, heddle_view_of(padding, pad)))
        return base_fail_memory(err, "archive");
    return HEDDLE_OK;
}

heddle_status package_tar_finish(base_buffer *out)
{
    static const uint8_t blank[2 * BLOCK];
    return base_buffer_append(out, heddle_view_of(blank, sizeof(blank)));
}
