/*
 * A record log that can be written anew without the records nobody needs any more: private
 * data that is to be forgotten is not on disk either.
 *
 * One thread at a time uses it.
 */
#ifndef DEVNET_PRIVATE_PART_LOG_H
#define DEVNET_PRIVATE_PART_LOG_H

#include "base/buffer.h"
#include "heddle/status.h"

typedef struct dn_part_log dn_part_log;

/** Open or make @p name in @p dir. With @p one_by_one every append is synced. */
HEDDLE_MUST_USE heddle_status dn_part_log_open(const char *dir, const char *name, bool one_by_one,
                                               dn_part_log **out, heddle_error *err);
void dn_part_log_close(dn_part_log *log); /* NULL is fine */

uint64_t dn_part_log_count(const dn_part_log *log);
uint64_t dn_part_log_bytes(const dn_part_log *log);
/** Append record @p number to @p out. Of a log that is not synced what was lost in a crash of
 *  the machine, and what follows it, is taken off: E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status dn_part_log_read(dn_part_log *log, uint64_t number, base_buffer *out,
                                               heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_part_log_append(dn_part_log *log, heddle_view body,
                                                 heddle_error *err);

/** Take all records off. */
HEDDLE_MUST_USE heddle_status dn_part_log_clear(dn_part_log *log, heddle_error *err);

/** Fill @p out with the next record to keep; nothing appended: that was all. */
typedef heddle_status dn_part_source(void *user, base_buffer *out);

/** Replace the log by one that holds what @p next gives. On failure it is as before. */
HEDDLE_MUST_USE heddle_status dn_part_log_rewrite(dn_part_log *log, dn_part_source *next,
                                                  void *user, heddle_error *err);

BASE_AUTO_DEFINE(dn_part_log, dn_part_log *, dn_part_log_close)

#endif
