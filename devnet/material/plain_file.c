#include "devnet/material/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fail.h"
#include "base/view.h"

static heddle_status write_all(int fd, heddle_view content)
{
    while (content.len) {
        ssize_t wrote = write(fd, content.data, content.len);
        if (wrote < 0 && errno != EINTR)
            return HEDDLE_E_IO;
        if (wrote > 0)
            content = base_view_slice(content, (size_t)wrote, content.len);
    }
    return HEDDLE_OK;
}

static heddle_status write_new(const char *path, heddle_view content, unsigned mode,
                               heddle_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return base_fail_errno(err, "%s", path);
    heddle_status status = HEDDLE_OK;
    if (fchmod(fd, mode) != 0 || write_all(fd, content) != HEDDLE_OK)
        status = base_fail_errno(err, "writing %s", path);
    if (close(fd) != 0 && status == HEDDLE_OK)
        status = base_fail_errno(err, "writing %s", path);
    return status;
}

heddle_status dn_plain_file_write(const char *path, heddle_view content, unsigned mode,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer temporary = {0};
    if (base_buffer_printf(&temporary, "%s.new", path) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    const char *new_path = base_buffer_cstr(&temporary);
    heddle_status status = write_new(new_path, content, mode, err);
    if (status == HEDDLE_OK && rename(new_path, path) != 0)
        status = base_fail_errno(err, "replacing %s", path);
    if (status != HEDDLE_OK)
        unlink(new_path);
    return status;
}
