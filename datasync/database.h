/*
 * One connection to PostgreSQL.
 *
 * Errors are E_DATABASE with the server's message. err->retry says what they mean:
 * HEDDLE_RETRY_SAFE for what passes (the server is away, restarts, has no disk or no
 * connections left, broke a deadlock), HEDDLE_RETRY_NO for what does not. After any failure
 * the connection is of no use: close it.
 */
#ifndef SYNC_DATABASE_H
#define SYNC_DATABASE_H

#include <stdbool.h>

#include "base/buffer.h"

typedef struct sync_db sync_db;

/** Connect to @p url. E_CONFIG too, if libpq cannot make sense of it. */
HEDDLE_MUST_USE heddle_status sync_db_open(const char *url, sync_db **out, heddle_error *err);
void sync_db_close(sync_db *db); /* NULL is fine */

/** Run statements whose results do not matter. */
HEDDLE_MUST_USE heddle_status sync_db_exec(sync_db *db, const char *sql, heddle_error *err);

/** Make @p sql known under @p name. */
HEDDLE_MUST_USE heddle_status sync_db_prepare(sync_db *db, const char *name, const char *sql,
                                              heddle_error *err);

/** The rows of a query, as text. */
typedef struct sync_result sync_result;

/** Run one statement with parameters as text. @p out may be NULL. */
HEDDLE_MUST_USE heddle_status sync_db_query(sync_db *db, const char *sql, const char *const *params,
                                            int count, sync_result **out, heddle_error *err);
/** The same for a prepared one; *out_affected (may be NULL) counts the rows touched. */
HEDDLE_MUST_USE heddle_status sync_db_run(sync_db *db, const char *name, const char *const *params,
                                          int count, uint64_t *out_affected, heddle_error *err);

size_t sync_result_rows(const sync_result *result);
const char *sync_result_text(const sync_result *result, size_t row, int column); /* NULL: NULL */
/** A bytea column, appended to @p out. */
HEDDLE_MUST_USE heddle_status sync_result_bytes(const sync_result *result, size_t row, int column,
                                                base_buffer *out);
void sync_result_free(sync_result *result);

/** COPY: @p sql, then header, @p rows and trailer. */
HEDDLE_MUST_USE heddle_status sync_db_copy(sync_db *db, const char *sql, heddle_view rows,
                                           heddle_error *err);

BASE_AUTO_DEFINE(sync_db, sync_db *, sync_db_close)
BASE_AUTO_DEFINE(sync_result, sync_result *, sync_result_free)

#endif
