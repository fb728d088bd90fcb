/*
 * Envelopes that were accepted and are not yet in a block, on disk.
 *
 * Envelopes are numbered from 1 for the life of the channel. What blocks hold already is
 * dropped when the file has grown large.
 */
#ifndef DEVNET_JOURNAL_H
#define DEVNET_JOURNAL_H

#include <stdint.h>

#include "base/buffer.h"
#include "heddle/status.h"

/** Belongs to one thread. */
typedef struct dn_journal dn_journal;

/** Open or make the journal in @p dir; envelopes up to number @p applied are in blocks.
 *  E_BROKEN_CHAIN if the journal begins after the next one. */
HEDDLE_MUST_USE heddle_status dn_journal_open(const char *dir, uint64_t applied, dn_journal **out,
                                              heddle_error *err);
void dn_journal_close(dn_journal *journal); /* NULL is fine */

/** The number of the envelope that comes next; all from applied + 1 up to it can be read. */
uint64_t dn_journal_next(const dn_journal *journal);
HEDDLE_MUST_USE heddle_status dn_journal_read(const dn_journal *journal, uint64_t number,
                                              base_buffer *out, heddle_error *err);

HEDDLE_MUST_USE heddle_status dn_journal_append(dn_journal *journal, heddle_view envelope,
                                                heddle_error *err);
/** What was appended survives a crash from now on. */
HEDDLE_MUST_USE heddle_status dn_journal_sync(dn_journal *journal, heddle_error *err);
/** Take back the envelopes from @p number on, none of which was synced. */
HEDDLE_MUST_USE heddle_status dn_journal_cut(dn_journal *journal, uint64_t number,
                                             heddle_error *err);

/** Drop what is in blocks, if the file is larger than @p bytes. */
HEDDLE_MUST_USE heddle_status dn_journal_trim(dn_journal *journal, uint64_t applied, uint64_t bytes,
                                              heddle_error *err);

#endif
