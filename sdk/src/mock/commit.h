/* Committing a block: which of its transactions are valid, and what they leave. */
#ifndef MOCK_COMMIT_H
#define MOCK_COMMIT_H

#include "mock/channel.h"

/** A block of @p txs, which stay the caller's; the ledger is as it was if it fails. */
HEDDLE_MUST_USE heddle_status mock_commit(heddle_cc_mock *mock, heddle_cc_mock_tx *const *txs,
                                          size_t count, heddle_cc_mock_code *out_codes,
                                          heddle_error *err);

/** Set a key in a block of its own; an empty value deletes it. */
HEDDLE_MUST_USE heddle_status mock_commit_entry(heddle_cc_mock *mock, const mock_entry *entry,
                                                heddle_error *err);

/** Whether the endorsers of @p tx satisfy every policy that its writes fall under. E_POLICY. With
 *  @p changed: the keys whose policies the block has changed before. */
HEDDLE_MUST_USE heddle_status mock_check_endorsement(const heddle_cc_mock_tx *tx,
                                                     const mock_table *changed, base_arena *arena,
                                                     heddle_error *err);

#endif
