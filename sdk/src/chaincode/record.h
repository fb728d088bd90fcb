/*
 * Each transaction's recording in a file of its own, "CHANNEL-TXID.heddlecc" in one folder.
 *
 * That a recording cannot be written fails no transaction: it is logged.
 */
#ifndef CC_RECORD_H
#define CC_RECORD_H

#include "chaincode/stub.h"

enum { CC_RECORD_FILES = 100000 };

/** Any thread may run transactions with it, at once. */
typedef struct cc_record cc_record;

/** @p dir is copied, and made if it is not there; transactions are run by @p execute. After
 *  @p files (0: CC_RECORD_FILES) nothing more is written. */
HEDDLE_MUST_USE heddle_status cc_record_new(const char *dir, size_t files, cc_execute *execute,
                                            const void *execute_user, cc_record **out,
                                            heddle_error *err);
void cc_record_free(cc_record *record); /* NULL is fine */

/** @p user is the cc_record. */
cc_execute cc_record_execute;

#endif
