#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"

static heddle_status read_all(int fd, const char *path, size_t limit, base_buffer *out,
                              heddle_error *err)
{
    size_t start = out->len;
    for (;;) {
        /* A small file, as that of a key, fits at once: growing would leave a copy of it. */
        if (out->cap - out->len < 4096 && base_buffer_reserve(out, 65536) != HEDDLE_OK)
            return base_fail_memory(err, path);
        ssize_t n = read(fd, out->data + out->len, out->cap - out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return base_fail_errno(err, "read %s", path);
        if (n == 0)
            return HEDDLE_OK;
        out->len += (size_t)n;
        if (out->len - start > limit)
            return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: larger than %zu bytes", path, limit);
    }
}

heddle_status base_read_file(const char *path, size_t limit, base_buffer *out, heddle_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return base_fail_errno(err, "open %s", path);
    size_t start = out->len;
    heddle_status status = read_all(fd, path, limit ? limit : (size_t)100 << 20, out, err);
    close(fd);
    if (status != HEDDLE_OK)
        out->len = start;
    return status;
}

static heddle_status write_all(int fd, const char *path, heddle_view bytes, heddle_error *err)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return base_fail_errno(err, "write %s", path);
        bytes = base_view_slice(bytes, (size_t)n, bytes.len);
    }
    if (fsync(fd) != 0)
        return base_fail_errno(err, "fsync %s", path);
    return HEDDLE_OK;
}

heddle_status base_sync_parent(const char *path, heddle_error *err)
{
    base_auto(chars) char *dir = base_strdup(path);
    if (!dir)
        return base_fail_memory(err, path);
    char *slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = '\0';
    int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return base_fail_errno(err, "open the folder of %s", path);
    int failed = fsync(fd);
    close(fd);
    return failed ? base_fail_errno(err, "fsync the folder of %s", path) : HEDDLE_OK;
}

static heddle_status fill_temporary(int fd, const char *temporary, const char *path,
                                    heddle_view bytes, unsigned mode, heddle_error *err)
{
    heddle_status status = fchmod(fd, (mode_t)mode) == 0
                               ? write_all(fd, temporary, bytes, err)
                               : base_fail_errno(err, "chmod %s", temporary);
    close(fd);
    if (status == HEDDLE_OK && rename(temporary, path) != 0)
        status = base_fail_errno(err, "rename %s to %s", temporary, path);
    return status;
}

heddle_status base_write_file(const char *path, heddle_view bytes, unsigned mode, heddle_error *err)
{
    base_auto_buffer base_buffer name = {0};
    if (base_buffer_printf(&name, "%s.XXXXXX", path) != HEDDLE_OK || !base_buffer_cstr(&name))
        return base_fail_memory(err, path);
    char *temporary = (char *)name.data;
    int fd = mkostemp(temporary, O_CLOEXEC); /* makes it 0600 */
    if (fd < 0)
        return base_fail_errno(err, "create a file beside %s", path);
    heddle_status status = fill_temporary(fd, temporary, path, bytes, mode, err);
    if (status != HEDDLE_OK) {
        unlink(temporary);
        return status;
    }
    return base_sync_parent(path, err);
}

heddle_status base_make_dirs(const char *path, unsigned mode, heddle_error *err)
{
    base_auto(chars) char *part = base_strdup(path);
    if (!part)
        return base_fail_memory(err, path);
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char end = *at;
        *at = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST)
            return base_fail_errno(err, "create folder %s", part);
        *at = end;
        if (end == '\0')
            return HEDDLE_OK;
    }
}
