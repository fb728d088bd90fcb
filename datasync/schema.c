#include "datasync/schema.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"

/* One at a time, whichever channel it is for; held to the end of the transaction. */
static const char begin[] = "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended("
                            "'heddle-sync schema', 0))";

static const char make_table[] =
    "CREATE SCHEMA IF NOT EXISTS heddle;"
    "CREATE TABLE IF NOT EXISTS heddle.migrations ("
    "    number integer NOT NULL PRIMARY KEY,"
    "    name text NOT NULL,"
    "    applied_at timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE heddle.migrations IS 'Which migrations made this schema'";

static heddle_status read_version(sync_db *db, uint64_t *out, heddle_error *err)
{
    base_auto(sync_result) sync_result *there = NULL;
    BASE_TRY(sync_db_query(db, "SELECT to_regclass('heddle.migrations')", NULL, 0, &there, err));
    if (!sync_result_text(there, 0, 0)) {
        *out = 0;
        return HEDDLE_OK;
    }
    base_auto(sync_result) sync_result *version = NULL;
    BASE_TRY(sync_db_query(db, "SELECT coalesce(max(number), 0) FROM heddle.migrations", NULL, 0,
                           &version, err));
    const char *text = sync_result_text(version, 0, 0);
    if (!text || !base_parse_u64(heddle_view_str(text), out))
        return base_fail(err, HEDDLE_E_DATABASE, "heddle.migrations cannot be read");
    return HEDDLE_OK;
}

static heddle_status apply(sync_db *db, const sync_migration *migration, heddle_error *err)
{
    char number[16];
    snprintf(number, sizeof(number), "%u", migration->number);
    heddle_status status = sync_db_exec(db, migration->sql, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "migration %s", migration->name);
        return status;
    }
    const char *const params[] = {number, migration->name};
    BASE_TRY(sync_db_query(db, "INSERT INTO heddle.migrations (number, name) VALUES ($1, $2)",
                           params, 2, NULL, err));
    log_at(LOG_INFO, "sync", "schema migrated", LOG_STR("migration", migration->name));
    return HEDDLE_OK;
}

static heddle_status apply_missing(sync_db *db, heddle_error *err)
{
    uint64_t version;
    BASE_TRY(sync_db_exec(db, begin, err));
    BASE_TRY(sync_db_exec(db, make_table, err));
    BASE_TRY(read_version(db, &version, err));
    for (size_t i = 0; i < sync_migration_count; i++)
        if (sync_migrations[i].number > version)
            BASE_TRY(apply(db, &sync_migrations[i], err));
    return sync_db_exec(db, "COMMIT", err);
}

heddle_status sync_schema_update(sync_db *db, heddle_error *err)
{
    uint64_t version, known = sync_migrations[sync_migration_count - 1].number;
    BASE_TRY(read_version(db, &version, err));
    if (version > known)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "the schema in the database has migration %" PRIu64
                         ", this program knows %" PRIu64 ": use a later heddle-sync",
                         version, known);
    return version == known ? HEDDLE_OK : apply_missing(db, err);
}
