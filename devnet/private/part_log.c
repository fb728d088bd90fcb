#include "devnet/private/part_log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "devnet/blockstore/record_log.h"

/* All private data of a block of the largest size. */
enum { MAX_RECORD = 256 * 1024 * 1024 };

struct dn_part_log {
    char *path;
    char *new_path; /* while it is written anew */
    bool one_by_one;
    dn_log *log;
};

static char *path_of(const char *dir, const char *name, const char *end)
{
    base_buffer path = {0};
    if (base_buffer_printf(&path, "%s/%s%s", dir, name, end) != HEDDLE_OK ||
        !base_buffer_cstr(&path)) {
        base_buffer_done(&path);
        return NULL;
    }
    return (char *)path.data;
}

static heddle_status open_log(const dn_part_log *log, const char *path, dn_log **out,
                              heddle_error *err)
{
    dn_log_options options = {.path = path, .max_body = MAX_RECORD, .one_by_one = log->one_by_one};
    return dn_log_open(&options, out, err);
}

heddle_status dn_part_log_open(const char *dir, const char *name, bool one_by_one,
                               dn_part_log **out, heddle_error *err)
{
    base_auto(dn_part_log) dn_part_log *log = base_calloc(1, sizeof(*log));
    if (!log)
        return base_fail_memory(err, "private data");
    log->one_by_one = one_by_one;
    log->path = path_of(dir, name, ".log");
    log->new_path = path_of(dir, name, ".new");
    if (!log->path || !log->new_path)
        return base_fail_memory(err, "private data");
    BASE_TRY(base_make_dirs(dir, 0700, err));
    (void)unlink(log->new_path);
    BASE_TRY(open_log(log, log->path, &log->log, err));
    *out = base_steal(&log);
    return HEDDLE_OK;
}

void dn_part_log_close(dn_part_log *log)
{
    if (!log)
        return;
    dn_log_close(log->log);
    base_free(log->path);
    base_free(log->new_path);
    base_free(log);
}

uint64_t dn_part_log_count(const dn_part_log *log)
{
    return dn_log_next(log->log);
}

uint64_t dn_part_log_bytes(const dn_part_log *log)
{
    return dn_log_bytes(log->log);
}

heddle_status dn_part_log_read(dn_part_log *log, uint64_t number, base_buffer *out,
                               heddle_error *err)
{
    heddle_error why;
    heddle_status status = dn_log_read(log->log, number, out, &why);
    if (status == HEDDLE_OK)
        return HEDDLE_OK;
    if (status == HEDDLE_E_DECODE && !log->one_by_one) {
        log_at(LOG_WARN, "private", "private data lost in a crash", LOG_STR("file", log->path),
               LOG_U64("first", number), LOG_ERR(&why));
        BASE_TRY(dn_log_cut(log->log, number, err));
        return base_fail(err, HEDDLE_E_NOT_FOUND, "lost in a crash");
    }
    if (err)
        *err = why;
    return status;
}

heddle_status dn_part_log_append(dn_part_log *log, heddle_view body, heddle_error *err)
{
    BASE_TRY(dn_log_append(log->log, body, err));
    return log->one_by_one ? dn_log_sync(log->log, err) : HEDDLE_OK;
}

heddle_status dn_part_log_clear(dn_part_log *log, heddle_error *err)
{
    return dn_log_cut(log->log, 0, err);
}

static heddle_status fill(dn_log *to, dn_part_source *next, void *user, heddle_error *err)
{
    base_auto_buffer base_buffer record = {0};
    for (;;) {
        base_buffer_clear(&record);
        if (next(user, &record) != HEDDLE_OK)
            return base_fail_memory(err, "private data");
        if (!record.len)
            return dn_log_sync(to, err);
        BASE_TRY(dn_log_append(to, base_buffer_view(&record), err));
    }
}

heddle_status dn_part_log_rewrite(dn_part_log *log, dn_part_source *next, void *user,
                                  heddle_error *err)
{
    dn_log *fresh = NULL;
    BASE_TRY(open_log(log, log->new_path, &fresh, err));
    heddle_status status = fill(fresh, next, user, err);
    if (status == HEDDLE_OK && rename(log->new_path, log->path) != 0)
        status = base_fail_errno(err, "replacing %s", log->path);
    if (status != HEDDLE_OK) {
        dn_log_close(fresh);
        (void)unlink(log->new_path);
        return status;
    }
    dn_log_close(log->log);
    log->log = fresh;
    return base_sync_parent(log->path, err);
}
