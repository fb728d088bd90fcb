#include "datasync/sink.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"
#include "datasync/database.h"
#include "datasync/schema.h"

enum { BACKOFF_MIN_MS = 100, LOCK_POLL_MS = 100, HASH_TEXT = 2 + 64 + 1 };

struct sync_sink {
    const sync_sink_options *options;
    sync_db *db; /* NULL: not connected */
    sync_checkpoint checkpoint;
    base_metric *reconnects;
    base_metric *commit_seconds;
};

/* The last valid write of each key decides: its row is deleted, made or replaced. */
static const char state_sql[] =
    "WITH last AS MATERIALIZED ("
    " SELECT DISTINCT ON (namespace, sha256(key)) namespace, key, key_text, key_parts,"
    "  is_delete, value, value_json, block_number, tx_index"
    " FROM heddle.writes"
    " WHERE channel = $1 AND block_number BETWEEN $2::bigint AND $3::bigint AND is_valid"
    " ORDER BY namespace, sha256(key), block_number DESC, tx_index DESC, write_index DESC),"
    "gone AS ("
    " DELETE FROM heddle.state s USING last l"
    " WHERE l.is_delete AND s.channel = $1 AND s.namespace = l.namespace"
    "  AND sha256(s.key) = sha256(l.key))"
    "INSERT INTO heddle.state (channel, namespace, key, key_text, key_parts, value,"
    " value_json, block_number, tx_index)"
    "SELECT $1, namespace, key, key_text, key_parts, value, value_json, block_number, tx_index"
    " FROM last WHERE NOT is_delete "
    "ON CONFLICT (channel, namespace, sha256(key)) DO UPDATE SET value = EXCLUDED.value,"
    " value_json = EXCLUDED.value_json, block_number = EXCLUDED.block_number,"
    " tx_index = EXCLUDED.tx_index";

static const char checkpoint_first_sql[] =
    "INSERT INTO heddle.checkpoints (channel, number, hash) VALUES ($1, $2::bigint, $3::bytea)"
    " ON CONFLICT (channel) DO NOTHING";
static const char checkpoint_next_sql[] =
    "UPDATE heddle.checkpoints SET number = $2::bigint, hash = $3::bytea, updated_at = now()"
    " WHERE channel = $1 AND number = $4::bigint AND hash = $5::bytea";

/* Rows just copied have no statistics: index scans are right here whatever the planner
 * believes. */
static const char session_sql[] = "SET enable_hashjoin = off; SET enable_mergejoin = off;"
                                  "SET enable_seqscan = off; SET timezone = 'UTC'";

static void number_text(char out[24], uint64_t number)
{
    snprintf(out, 24, "%" PRIu64, number);
}

static void hash_text(char out[HASH_TEXT], const uint8_t hash[32])
{
    memcpy(out, "\\x", 2);
    base_hex(heddle_view_of(hash, 32), out + 2);
}

static heddle_status holder_of_lock(sync_sink *sink, const char *key, heddle_error *err)
{
    base_auto(sync_result) sync_result *rows = NULL;
    BASE_TRY(sync_db_query(sink->db,
                           "SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                           " WHERE l.locktype = 'advisory' AND l.granted"
                           " AND l.database = (SELECT oid FROM pg_database"
                           "  WHERE datname = current_database())"
                           " AND (l.classid::bigint << 32 | l.objid::bigint) ="
                           "  hashtextextended($1, 0)",
                           &key, 1, &rows, err));
    const char *pid = sync_result_rows(rows) ? sync_result_text(rows, 0, 0) : "?";
    return base_fail(err, HEDDLE_E_LOCKED,
                     "another sync stores channel %s in this database (PostgreSQL backend %s)",
                     sink->options->channel, pid);
}

/* Waits a while: the server may not have noticed yet that a killed sync is gone. */
static heddle_status take_lock(sync_sink *sink, heddle_error *err)
{
    char key[300];
    const char *param = key;
    uint64_t until = base_now_ms() + sink->options->lock_wait_ms;
    snprintf(key, sizeof(key), "heddle-sync/%s", sink->options->channel);
    for (;;) {
        base_auto(sync_result) sync_result *rows = NULL;
        BASE_TRY(sync_db_query(sink->db, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
                               &param, 1, &rows, err));
        if (sync_result_text(rows, 0, 0)[0] == 't')
            return HEDDLE_OK;
        if (base_now_ms() >= until)
            return holder_of_lock(sink, key, err);
        if (sync_queue_pause(sink->options->queue, LOCK_POLL_MS))
            return base_fail(err, HEDDLE_E_CANCELLED, "stopped");
    }
}

static heddle_status read_checkpoint(sync_sink *sink, sync_checkpoint *out, heddle_error *err)
{
    base_auto(sync_result) sync_result *rows = NULL;
    base_auto_buffer base_buffer hash = {0};
    BASE_TRY(sync_db_query(sink->db,
                           "SELECT number, hash FROM heddle.checkpoints WHERE channel = $1",
                           &sink->options->channel, 1, &rows, err));
    sync_checkpoint found = {0};
    if (sync_result_rows(rows)) {
        found.has = true;
        const char *number = sync_result_text(rows, 0, 0);
        if (!base_parse_u64(heddle_view_str(number), &found.number) ||
            sync_result_bytes(rows, 0, 1, &hash) != HEDDLE_OK || hash.len != sizeof(found.hash))
            return base_fail(err, HEDDLE_E_DATABASE, "the checkpoint of channel %s is damaged",
                             sink->options->channel);
        memcpy(found.hash, hash.data, sizeof(found.hash));
    }
    *out = found;
    return HEDDLE_OK;
}

static heddle_status connect_once(sync_sink *sink, sync_checkpoint *out, heddle_error *err)
{
    BASE_TRY(sync_db_open(sink->options->database, &sink->db, err));
    BASE_TRY(sync_db_exec(sink->db, session_sql, err));
    BASE_TRY(sync_schema_update(sink->db, err));
    BASE_TRY(take_lock(sink, err));
    BASE_TRY(sync_db_prepare(sink->db, "state", state_sql, err));
    BASE_TRY(sync_db_prepare(sink->db, "first", checkpoint_first_sql, err));
    BASE_TRY(sync_db_prepare(sink->db, "next", checkpoint_next_sql, err));
    BASE_TRY(read_checkpoint(sink, out, err));
    atomic_store(sink->options->connected, true);
    return HEDDLE_OK;
}

static void disconnect(sync_sink *sink)
{
    atomic_store(sink->options->connected, false);
    sync_db_close(sink->db);
    sink->db = NULL;
}

/* Until it works, it cannot, or @p until_ms (0: never) is over. */
static heddle_status connect_patiently(sync_sink *sink, uint64_t until_ms, sync_checkpoint *out,
                                       heddle_error *err)
{
    uint64_t delay = BACKOFF_MIN_MS;
    for (;;) {
        heddle_error why;
        heddle_status status = connect_once(sink, out, &why);
        if (status == HEDDLE_OK)
            return HEDDLE_OK;
        disconnect(sink);
        bool over = until_ms && base_now_ms() + delay > until_ms;
        if (why.retry != HEDDLE_RETRY_SAFE || over) {
            if (err)
                *err = why;
            return status;
        }
        log_at(LOG_WARN, "sync", "waiting for the database", LOG_ERR(&why));
        if (sync_queue_pause(sink->options->queue, delay))
            return base_fail(err, HEDDLE_E_CANCELLED, "stopped");
        delay =
            delay * 2 < sink->options->backoff_max_ms ? delay * 2 : sink->options->backoff_max_ms;
    }
}

heddle_status sync_sink_open(const sync_sink_options *options, sync_sink **out, heddle_error *err)
{
    sync_sink *sink = base_calloc(1, sizeof(*sink));
    if (!sink)
        return base_fail_memory(err, "database sink");
    sink->options = options;
    if (options->metrics) {
        sink->reconnects = base_counter(options->metrics, "heddle_sync_database_reconnects_total",
                                        "", "Connections to the database made again");
        sink->commit_seconds =
            base_histogram(options->metrics, "heddle_sync_store_seconds", "",
                           "Time of one SQL transaction with its rows, retries included");
    }
    uint64_t until = base_now_ms() + options->database_wait_ms;
    heddle_status status = connect_patiently(sink, until, &sink->checkpoint, err);
    if (status != HEDDLE_OK) {
        sync_sink_close(sink);
        return status;
    }
    *out = sink;
    return HEDDLE_OK;
}

void sync_sink_close(sync_sink *sink)
{
    if (!sink)
        return;
    disconnect(sink);
    base_free(sink);
}

const sync_checkpoint *sync_sink_checkpoint(const sync_sink *sink)
{
    return &sink->checkpoint;
}

heddle_status sync_sink_config(sync_sink *sink, base_buffer *out, heddle_error *err)
{
    base_auto(sync_result) sync_result *rows = NULL;
    if (!sink->checkpoint.has)
        return HEDDLE_OK;
    BASE_TRY(sync_db_query(sink->db,
                           "SELECT block FROM heddle.configs WHERE channel = $1"
                           " ORDER BY block_number DESC LIMIT 1",
                           &sink->options->channel, 1, &rows, err));
    if (sync_result_rows(rows) && sync_result_bytes(rows, 0, 0, out) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_DATABASE, "heddle.configs of channel %s cannot be read",
                         sink->options->channel);
    return HEDDLE_OK;
}

static bool same_place(const sync_checkpoint *at, uint64_t number, const uint8_t hash[32])
{
    return at->has && at->number == number && memcmp(at->hash, hash, 32) == 0;
}

/* Moving it also proves that nobody else moved it. */
static heddle_status move_checkpoint(sync_sink *sink, const sync_batch *batch, heddle_error *err)
{
    const sync_checkpoint *before = &sink->checkpoint;
    char last[24], hash[HASH_TEXT], old[24], old_hash[HASH_TEXT];
    number_text(last, batch->last);
    hash_text(hash, batch->last_hash);
    number_text(old, before->number);
    hash_text(old_hash, before->hash);
    const char *const params[] = {batch->channel, last, hash, old, old_hash};
    uint64_t affected;
    BASE_TRY(sync_db_run(sink->db, before->has ? "next" : "first", params, before->has ? 5 : 3,
                         &affected, err));
    if (affected != 1)
        return base_fail(err, HEDDLE_E_LOCKED,
                         "the checkpoint of channel %s was moved by somebody else", batch->channel);
    return HEDDLE_OK;
}

static heddle_status update_state(sync_sink *sink, const sync_batch *batch, heddle_error *err)
{
    char first[24], last[24];
    number_text(first, batch->first);
    number_text(last, batch->last);
    const char *const params[] = {batch->channel, first, last};
    return sync_db_run(sink->db, "state", params, 3, NULL, err);
}

static heddle_status notify(sync_sink *sink, const sync_batch *batch, heddle_error *err)
{
    char payload[512], hash[65];
    base_hex(heddle_view_of(batch->last_hash, 32), hash);
    snprintf(payload, sizeof(payload),
             "{\"channel\":\"%s\",\"first\":%" PRIu64 ",\"number\":%" PRIu64
             ",\"hash\":\"%s\",\"tx_count\":%zu,\"valid_count\":%zu}",
             batch->channel, batch->first, batch->last, hash, batch->tx_count, batch->valid_count);
    const char *param = payload;
    return sync_db_query(sink->db, "SELECT pg_notify('heddle_block', $1)", &param, 1, NULL, err);
}

static heddle_status store_once(sync_sink *sink, const sync_batch *batch, heddle_error *err)
{
    BASE_TRY(sync_db_exec(sink->db, "BEGIN", err));
    BASE_TRY(move_checkpoint(sink, batch, err));
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        if (batch->tables[i].rows)
            BASE_TRY(sync_db_copy(sink->db, sync_table_copy(i),
                                  base_buffer_view(&batch->tables[i].bytes), err));
    if (batch->tables[SYNC_WRITES].rows)
        BASE_TRY(update_state(sink, batch, err));
    BASE_TRY(notify(sink, batch, err));
    return sync_db_exec(sink->db, "COMMIT", err);
}

/* Connect again, and see whether the transaction at hand was committed after all. */
static heddle_status recover(sync_sink *sink, const sync_batch *batch, bool *stored,
                             heddle_error *err)
{
    sync_checkpoint now;
    disconnect(sink);
    BASE_TRY(connect_patiently(sink, 0, &now, err));
    base_metric_add(sink->reconnects, 1);
    *stored = same_place(&now, batch->last, batch->last_hash);
    bool unchanged = now.has == sink->checkpoint.has &&
                     (!now.has || same_place(&now, sink->checkpoint.number, sink->checkpoint.hash));
    if (!*stored && !unchanged)
        return base_fail(err, HEDDLE_E_LOCKED,
                         "the checkpoint of channel %s was moved while the database was away",
                         batch->channel);
    log_at(LOG_INFO, "sync", "the database is back", LOG_U64("block", batch->last));
    return HEDDLE_OK;
}

static heddle_status store_patiently(sync_sink *sink, const sync_batch *batch, heddle_error *err)
{
    uint64_t delay = BACKOFF_MIN_MS;
    for (;;) {
        heddle_error why;
        bool stored = false;
        heddle_status status = store_once(sink, batch, &why);
        if (status == HEDDLE_OK)
            return HEDDLE_OK;
        if (why.retry != HEDDLE_RETRY_SAFE) {
            if (err)
                *err = why;
            return status;
        }
        log_at(LOG_WARN, "sync", "the database failed, trying again", LOG_ERR(&why),
               LOG_U64("block", batch->first));
        if (sync_queue_pause(sink->options->queue, delay))
            return base_fail(err, HEDDLE_E_CANCELLED, "stopped");
        BASE_TRY(recover(sink, batch, &stored, err));
        if (stored)
            return HEDDLE_OK;
        delay =
            delay * 2 < sink->options->backoff_max_ms ? delay * 2 : sink->options->backoff_max_ms;
    }
}

heddle_status sync_sink_store(sync_sink *sink, const sync_batch *batch, heddle_error *err)
{
    uint64_t begun = base_now_ms();
    BASE_TRY(store_patiently(sink, batch, err));
    base_metric_observe_ms(sink->commit_seconds, base_now_ms() - begun);
    sink->checkpoint.has = true;
    sink->checkpoint.number = batch->last;
    memcpy(sink->checkpoint.hash, batch->last_hash, sizeof(batch->last_hash));
    return HEDDLE_OK;
}
