#include "devnet/orderer/journal.h"

#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "devnet/blockstore/record_log.h"

enum { MAX_ENVELOPE = 128 * 1024 * 1024 };

struct dn_journal {
    char *path;
    char *new_path; /* while trimming */
    dn_log *log;
};

static heddle_status open_log(const char *path, uint64_t first, dn_log **out, heddle_error *err)
{
    dn_log_options options = {.path = path, .first = first, .max_body = MAX_ENVELOPE};
    return dn_log_open(&options, out, err);
}

static char *path_in(const char *dir, const char *name)
{
    base_buffer path = {0};
    if (base_buffer_printf(&path, "%s/%s", dir, name) != HEDDLE_OK || !base_buffer_cstr(&path)) {
        base_buffer_done(&path);
        return NULL;
    }
    return (char *)path.data;
}

/** A journal that ends before what blocks hold has nothing to say: begin a new one. */
static heddle_status begin_anew(dn_journal *journal, uint64_t applied, heddle_error *err)
{
    dn_log_close(base_steal(&journal->log));
    if (unlink(journal->path) != 0)
        return base_fail_errno(err, "removing %s", journal->path);
    return open_log(journal->path, applied + 1, &journal->log, err);
}

/* Several envelopes are synced at once, so a crash of the machine may keep one and lose the
 * bytes of one before it. The journal ends before the first that cannot be read. */
static heddle_status cut_lost(dn_journal *journal, uint64_t applied, heddle_error *err)
{
    base_auto_buffer base_buffer envelope = {0};
    for (uint64_t n = applied + 1; n < dn_log_next(journal->log); n++) {
        heddle_error why;
        base_buffer_clear(&envelope);
        heddle_status status = dn_log_read(journal->log, n, &envelope, &why);
        if (status == HEDDLE_E_DECODE) {
            log_at(LOG_WARN, "orderer", "envelopes lost in a crash", LOG_U64("first", n),
                   LOG_U64("next", dn_log_next(journal->log)), LOG_ERR(&why));
            return dn_log_cut(journal->log, n, err);
        }
        if (status != HEDDLE_OK) {
            if (err)
                *err = why;
            return status;
        }
    }
    return HEDDLE_OK;
}

static heddle_status load(dn_journal *journal, const char *dir, uint64_t applied, heddle_error *err)
{
    BASE_TRY(base_make_dirs(dir, 0700, err));
    journal->path = path_in(dir, "journal.log");
    journal->new_path = path_in(dir, "journal.new");
    if (!journal->path || !journal->new_path)
        return base_fail_memory(err, "a path");
    BASE_TRY(open_log(journal->path, applied + 1, &journal->log, err));
    if (dn_log_first(journal->log) > applied + 1)
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN,
                         "%s begins with envelope %llu, the last block ends with %llu",
                         journal->path, (unsigned long long)dn_log_first(journal->log),
                         (unsigned long long)applied);
    if (dn_log_next(journal->log) <= applied)
        return begin_anew(journal, applied, err);
    return cut_lost(journal, applied, err);
}

heddle_status dn_journal_open(const char *dir, uint64_t applied, dn_journal **out,
                              heddle_error *err)
{
    dn_journal *journal = base_calloc(1, sizeof(*journal));
    if (!journal)
        return base_fail_memory(err, "the orderer's journal");
    heddle_status status = load(journal, dir, applied, err);
    if (status != HEDDLE_OK) {
        dn_journal_close(journal);
        return status;
    }
    *out = journal;
    return HEDDLE_OK;
}

void dn_journal_close(dn_journal *journal)
{
    if (!journal)
        return;
    dn_log_close(journal->log);
    base_free(journal->path);
    base_free(journal->new_path);
    base_free(journal);
}

uint64_t dn_journal_next(const dn_journal *journal)
{
    return dn_log_next(journal->log);
}

heddle_status dn_journal_read(const dn_journal *journal, uint64_t number, base_buffer *out,
                              heddle_error *err)
{
    return dn_log_read(journal->log, number, out, err);
}

heddle_status dn_journal_append(dn_journal *journal, heddle_view envelope, heddle_error *err)
{
    return dn_log_append(journal->log, envelope, err);
}

heddle_status dn_journal_sync(dn_journal *journal, heddle_error *err)
{
    return dn_log_sync(journal->log, err);
}

heddle_status dn_journal_cut(dn_journal *journal, uint64_t number, heddle_error *err)
{
    return dn_log_cut(journal->log, number, err);
}

static heddle_status copy_from(const dn_log *from, uint64_t number, dn_log *to, heddle_error *err)
{
    base_auto_buffer base_buffer envelope = {0};
    for (; number < dn_log_next(from); number++) {
        base_buffer_clear(&envelope);
        BASE_TRY(dn_log_read(from, number, &envelope, err));
        BASE_TRY(dn_log_append(to, base_buffer_view(&envelope), err));
    }
    return dn_log_sync(to, err);
}

heddle_status dn_journal_trim(dn_journal *journal, uint64_t applied, uint64_t bytes,
                              heddle_error *err)
{
    dn_log *fresh = NULL;
    if (dn_log_bytes(journal->log) <= bytes || dn_log_first(journal->log) > applied)
        return HEDDLE_OK;
    unlink(journal->new_path);
    BASE_TRY(open_log(journal->new_path, applied + 1, &fresh, err));
    heddle_status status = copy_from(journal->log, applied + 1, fresh, err);
    if (status == HEDDLE_OK && rename(journal->new_path, journal->path) != 0)
        status = base_fail_errno(err, "replacing %s", journal->path);
    if (status != HEDDLE_OK) {
        dn_log_close(fresh);
        return status;
    }
    dn_log_close(journal->log);
    journal->log = fresh;
    /* Or a crash of the machine brings the old file back, without what comes now. */
    return base_sync_parent(journal->path, err);
}
