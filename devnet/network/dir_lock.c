#include "devnet/network/dir_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/fail.h"

struct dn_dir_lock {
    int fd;
};

static heddle_status fail_locked(int fd, const char *dir, heddle_error *err)
{
    char pid[24] = {0};
    ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);
    if (len > 0 && pid[len - 1] == '\n')
        pid[len - 1] = 0;
    return base_fail(err, HEDDLE_E_LOCKED, "%s is in use by a devnet (process %s)", dir,
                     len > 0 ? pid : "unknown");
}

static heddle_status take(int fd, const char *dir, heddle_error *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? fail_locked(fd, dir, err)
                                    : base_fail_errno(err, "locking %s", dir);
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
        return base_fail_errno(err, "%s/lock", dir);
    return HEDDLE_OK;
}

heddle_status dn_dir_lock_acquire(const char *dir, dn_dir_lock **out, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    dn_dir_lock *lock = base_calloc(1, sizeof(*lock));
    if (!lock || base_buffer_printf(&path, "%s/lock", dir) != HEDDLE_OK) {
        base_free(lock);
        return base_fail_memory(err, "a lock");
    }
    lock->fd = open(base_buffer_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    heddle_status status = lock->fd < 0
                               ? base_fail_errno(err, "opening %s", base_buffer_cstr(&path))
                               : take(lock->fd, dir, err);
    if (status != HEDDLE_OK) {
        dn_dir_lock_release(lock);
        return status;
    }
    *out = lock;
    return HEDDLE_OK;
}

void dn_dir_lock_release(dn_dir_lock *lock)
{
    if (!lock)
        return;
    if (lock->fd >= 0)
        close(lock->fd);
    base_free(lock);
}
