/* The schema `heddle`, brought up to date by numbered migrations. */
#ifndef SYNC_SCHEMA_H
#define SYNC_SCHEMA_H

#include "datasync/database.h"

/** A file of datasync/sql, compiled in. */
typedef struct sync_migration {
    unsigned number; /* from 1, without a gap */
    const char *name;
    const char *sql;
} sync_migration;

extern const sync_migration sync_migrations[];
extern const size_t sync_migration_count;

/**
 * Apply what the database lacks, all of it in one SQL transaction. E_CONFIG if the database
 * was made by a later version.
 */
HEDDLE_MUST_USE heddle_status sync_schema_update(sync_db *db, heddle_error *err);

#endif
