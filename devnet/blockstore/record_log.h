/*
 * Numbered records in one file, append only: what block store and journal are made of.
 *
 *   file    "HDRECLOG" marker[8] first[8]  record…
 *   record  marker[8] number[8] length[8] digest[16] check[8]  body[length]
 *
 * Numbers are big-endian. The marker is random for each file, so no body can be taken for a
 * record. digest is the start of SHA-256 over the body, check that over the header before
 * it. A record whose append was cut short can only be the last one; opening cuts it off.
 *
 * One thread appends at a time; any thread reads.
 */
#ifndef DEVNET_RECORD_LOG_H
#define DEVNET_RECORD_LOG_H

#include <stdint.h>

#include "base/buffer.h"
#include "heddle/status.h"

typedef struct dn_log dn_log;

typedef struct dn_log_options {
    const char *path;
    uint64_t first;  /* number of the first record, if the file is made */
    size_t max_body; /* larger records are refused, and damage when found */
    /* Each record was synced before the next one was written: so after a damaged record
     * there can be no good one, and if there is, opening fails instead of cutting. */
    bool one_by_one;
} dn_log_options;

HEDDLE_MUST_USE heddle_status dn_log_open(const dn_log_options *options, dn_log **out,
                                          heddle_error *err);
void dn_log_close(dn_log *log); /* NULL is fine */

uint64_t dn_log_first(const dn_log *log);
uint64_t dn_log_next(const dn_log *log); /* number of the next record */
uint64_t dn_log_bytes(const dn_log *log);

/** Write a record. It is there for readers at once, and after a crash once synced. After a
 *  failure the log is as before. */
HEDDLE_MUST_USE heddle_status dn_log_append(dn_log *log, heddle_view body, heddle_error *err);
/** A failure leaves unknown what is on disk: from then on every append and sync fails. */
HEDDLE_MUST_USE heddle_status dn_log_sync(dn_log *log, heddle_error *err);
/** Take back the records from @p number on. */
HEDDLE_MUST_USE heddle_status dn_log_cut(dn_log *log, uint64_t number, heddle_error *err);

/** Append the body of record @p number to @p out. E_NOT_FOUND; E_DECODE if it is damaged. */
HEDDLE_MUST_USE heddle_status dn_log_read(const dn_log *log, uint64_t number, base_buffer *out,
                                          heddle_error *err);

#endif
