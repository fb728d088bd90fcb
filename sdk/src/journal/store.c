#include "journal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"

enum { FORMAT = 1, BUSY_MS = 10000 };

/* "hdlj": says in the file's header whose it is. */
#define APPLICATION_ID "1751411818"

enum statement { FIND, PUT, OPEN_AFTER, FORGET, STATEMENT_COUNT };

#define COLUMNS                                                                                    \
    "key, fingerprint, channel, attempt, state, tx_id, envelope, result, code, block, changed_s"

static const char *const statement_sql[STATEMENT_COUNT] = {
    [FIND] = "SELECT " COLUMNS " FROM intent WHERE key = ?1",
    [PUT] = "INSERT INTO intent (" COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"
            " ON CONFLICT (key) DO UPDATE SET attempt = excluded.attempt, state = excluded.state,"
            " tx_id = excluded.tx_id, envelope = excluded.envelope, result = excluded.result,"
            " code = excluded.code, block = excluded.block, changed_s = excluded.changed_s"
            " WHERE fingerprint = excluded.fingerprint"
            " AND (attempt, state) <= (excluded.attempt, excluded.state)",
    [OPEN_AFTER] = "SELECT " COLUMNS " FROM intent WHERE state = 1 AND key > ?1"
                   " ORDER BY key LIMIT 1",
    [FORGET] = "DELETE FROM intent WHERE state = 2 AND changed_s < ?1",
};

struct journal_store {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

static heddle_status fail_db(const journal_store *store, heddle_error *err)
{
    int code = store->db ? sqlite3_errcode(store->db) : SQLITE_NOMEM;
    if (code == SQLITE_NOTADB)
        return base_fail(err, HEDDLE_E_CONFIG, "journal %s: the file is no journal", store->path);
    if (code == SQLITE_NOMEM)
        return base_fail_memory(err, "journal");
    return base_fail(err, code == SQLITE_BUSY ? HEDDLE_E_LOCKED : HEDDLE_E_DATABASE,
                     "journal %s: %s", store->path, sqlite3_errmsg(store->db));
}

static heddle_status run(journal_store *store, const char *sql, heddle_error *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail_db(store, err);
    return HEDDLE_OK;
}

static heddle_status read_number(journal_store *store, const char *sql, int64_t *out,
                                 heddle_error *err)
{
    sqlite3_stmt *statement = NULL;
    int got = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (got == SQLITE_OK)
        got = sqlite3_step(statement);
    if (got == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    heddle_status status = got == SQLITE_ROW ? HEDDLE_OK : fail_db(store, err);
    sqlite3_finalize(statement);
    return status;
}

/* SQLite makes files as the umask says; signed transactions are nobody else's business. */
static heddle_status make_file(const char *path, heddle_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return base_fail_errno(err, "journal %s", path);
    close(fd);
    return HEDDLE_OK;
}

static heddle_status make_tables(journal_store *store, heddle_error *err)
{
    return run(store,
               "CREATE TABLE intent (key BLOB PRIMARY KEY, fingerprint BLOB NOT NULL,"
               " channel TEXT NOT NULL, attempt INTEGER NOT NULL, state INTEGER NOT NULL,"
               " tx_id TEXT NOT NULL, envelope BLOB NOT NULL, result BLOB NOT NULL,"
               " code INTEGER NOT NULL, block INTEGER NOT NULL, changed_s INTEGER NOT NULL);"
               "CREATE INDEX intent_open ON intent (key) WHERE state = 1;"
               "PRAGMA application_id = " APPLICATION_ID ";"
               "PRAGMA user_version = 1;",
               err);
}

/* Under a lock of the file: two processes may open a new journal at once. */
static heddle_status check_format(journal_store *store, heddle_error *err)
{
    int64_t application = 0, version = 0, tables = 0;
    BASE_TRY(read_number(store, "PRAGMA application_id", &application, err));
    BASE_TRY(read_number(store, "PRAGMA user_version", &version, err));
    BASE_TRY(read_number(store, "SELECT count(*) FROM sqlite_master", &tables, err));
    if (application == 0 && tables == 0)
        return make_tables(store, err);
    if (application != strtoll(APPLICATION_ID, NULL, 10))
        return base_fail(err, HEDDLE_E_CONFIG, "journal %s: a database, but no journal",
                         store->path);
    if (version != FORMAT)
        return base_fail(err, HEDDLE_E_CONFIG, "journal %s: format %lld, this library writes %d",
                         store->path, (long long)version, FORMAT);
    return HEDDLE_OK;
}

static heddle_status prepare(journal_store *store, heddle_error *err)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(store->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return fail_db(store, err);
    return HEDDLE_OK;
}

static heddle_status set_up(journal_store *store, heddle_error *err)
{
    BASE_TRY(make_file(store->path, err));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK)
        return fail_db(store, err);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    BASE_TRY(run(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err));
    BASE_TRY(journal_store_begin(store, err));
    heddle_status status = check_format(store, err);
    if (status) {
        journal_store_rollback(store);
        return status;
    }
    BASE_TRY(journal_store_commit(store, err));
    return prepare(store, err);
}

heddle_status journal_store_open(const char *path, journal_store **out, heddle_error *err)
{
    journal_store *store = base_calloc(1, sizeof(*store));
    char *copy = base_strdup(path);
    if (!store || !copy) {
        base_free(store);
        base_free(copy);
        return base_fail_memory(err, "journal");
    }
    store->path = copy;
    heddle_status status = set_up(store, err);
    if (status) {
        journal_store_close(store);
        return status;
    }
    *out = store;
    return HEDDLE_OK;
}

void journal_store_close(journal_store *store)
{
    if (!store)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    base_free(store->path);
    base_free(store);
}

heddle_status journal_store_begin(journal_store *store, heddle_error *err)
{
    return run(store, "BEGIN IMMEDIATE", err);
}

heddle_status journal_store_commit(journal_store *store, heddle_error *err)
{
    heddle_status status = run(store, "COMMIT", err);
    if (status)
        journal_store_rollback(store);
    return status;
}

void journal_store_rollback(journal_store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* What is bound lives until the statement is reset. */
static int bind_bytes(sqlite3_stmt *statement, int at, heddle_view bytes)
{
    return sqlite3_bind_blob64(statement, at, bytes.len ? bytes.data : (const uint8_t *)"",
                               bytes.len, SQLITE_STATIC);
}

static heddle_view column_bytes(sqlite3_stmt *statement, int at, base_arena *arena)
{
    const void *data = sqlite3_column_blob(statement, at);
    return base_arena_view(arena,
                           heddle_view_of(data, (size_t)sqlite3_column_bytes(statement, at)));
}

static const char *column_text(sqlite3_stmt *statement, int at, base_arena *arena)
{
    const unsigned char *text = sqlite3_column_text(statement, at);
    return base_arena_str(arena, heddle_view_str(text ? (const char *)text : ""));
}

static heddle_status read_intent(sqlite3_stmt *statement, base_arena *arena, journal_intent *out,
                                 heddle_error *err)
{
    journal_intent intent = {.key = column_bytes(statement, 0, arena),
                             .fingerprint = column_bytes(statement, 1, arena),
                             .channel = column_text(statement, 2, arena),
                             .attempt = (uint32_t)sqlite3_column_int64(statement, 3),
                             .state = (journal_state)sqlite3_column_int(statement, 4),
                             .tx_id = column_text(statement, 5, arena),
                             .transaction = column_bytes(statement, 6, arena),
                             .result = column_bytes(statement, 7, arena),
                             .code = sqlite3_column_int(statement, 8),
                             .block = (uint64_t)sqlite3_column_int64(statement, 9),
                             .changed_s = sqlite3_column_int64(statement, 10)};
    int lengths = sqlite3_column_bytes(statement, 6) + sqlite3_column_bytes(statement, 7);
    if (!intent.key.data || !intent.fingerprint.data || !intent.channel || !intent.tx_id ||
        intent.transaction.len + intent.result.len != (size_t)lengths)
        return base_arena_fail(arena, err, "intent");
    if (intent.fingerprint.len != JOURNAL_FINGERPRINT_LEN)
        return base_fail(err, HEDDLE_E_DECODE, "journal: the fingerprint of %s has %zu bytes",
                         intent.tx_id, intent.fingerprint.len);
    *out = intent;
    return HEDDLE_OK;
}

/* The row of a query that gives one or none. */
static heddle_status read_row(journal_store *store, enum statement which, heddle_view key,
                              base_arena *arena, journal_intent *out, bool *out_found,
                              heddle_error *err)
{
    sqlite3_stmt *statement = store->statements[which];
    heddle_status status = HEDDLE_OK;
    int got = bind_bytes(statement, 1, key);
    if (got == SQLITE_OK)
        got = sqlite3_step(statement);
    if (got == SQLITE_ROW)
        status = read_intent(statement, arena, out, err);
    else if (got != SQLITE_DONE)
        status = fail_db(store, err);
    if (status == HEDDLE_OK)
        *out_found = got == SQLITE_ROW;
    sqlite3_reset(statement);
    return status;
}

heddle_status journal_store_find(journal_store *store, heddle_view key, base_arena *arena,
                                 journal_intent *out, bool *out_found, heddle_error *err)
{
    return read_row(store, FIND, key, arena, out, out_found, err);
}

heddle_status journal_store_open_after(journal_store *store, heddle_view after, base_arena *arena,
                                       journal_intent *out, bool *out_found, heddle_error *err)
{
    return read_row(store, OPEN_AFTER, after, arena, out, out_found, err);
}

static heddle_status finish(journal_store *store, sqlite3_stmt *statement, bool is_bound,
                            heddle_error *err)
{
    int got = is_bound ? sqlite3_step(statement) : SQLITE_ERROR;
    heddle_status status = got == SQLITE_DONE ? HEDDLE_OK : fail_db(store, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return status;
}

heddle_status journal_store_put(journal_store *store, const journal_intent *intent,
                                heddle_error *err)
{
    sqlite3_stmt *s = store->statements[PUT];
    bool is_bound = bind_bytes(s, 1, intent->key) == SQLITE_OK &&
                    bind_bytes(s, 2, intent->fingerprint) == SQLITE_OK &&
                    sqlite3_bind_text(s, 3, intent->channel, -1, SQLITE_STATIC) == SQLITE_OK &&
                    sqlite3_bind_int64(s, 4, intent->attempt) == SQLITE_OK &&
                    sqlite3_bind_int(s, 5, intent->state) == SQLITE_OK &&
                    sqlite3_bind_text(s, 6, intent->tx_id, -1, SQLITE_STATIC) == SQLITE_OK &&
                    bind_bytes(s, 7, intent->transaction) == SQLITE_OK &&
                    bind_bytes(s, 8, intent->result) == SQLITE_OK &&
                    sqlite3_bind_int(s, 9, intent->code) == SQLITE_OK &&
                    sqlite3_bind_int64(s, 10, (sqlite3_int64)intent->block) == SQLITE_OK &&
                    sqlite3_bind_int64(s, 11, intent->changed_s) == SQLITE_OK;
    BASE_TRY(finish(store, s, is_bound, err));
    if (sqlite3_changes(store->db) == 0)
        return base_fail(err, HEDDLE_E_EXISTS,
                         "journal %s: the key has another request, or is further already",
                         store->path);
    return HEDDLE_OK;
}

heddle_status journal_store_forget(journal_store *store, int64_t time_s, uint64_t *out_count,
                                   heddle_error *err)
{
    sqlite3_stmt *statement = store->statements[FORGET];
    bool is_bound = sqlite3_bind_int64(statement, 1, time_s) == SQLITE_OK;
    BASE_TRY(finish(store, statement, is_bound, err));
    *out_count = (uint64_t)sqlite3_changes(store->db);
    return HEDDLE_OK;
}
