/* heddle-sync as a process, with a PostgreSQL of its own. */
#include <inttypes.h>
#include <libpq-fe.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/datasync/json_cases.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/text.h"
#include "base/view.h"
#include "support/chain.h"
#include "support/fixture.h"
#include "support/postgres.h"
#include "support/process.h"
#include "support/suite.h"

enum { GOLDEN_BLOCKS = 40, LONG_BLOCKS = 300, TIMEOUT_MS = 60000, ARGS_MAX = 24 };

static const char golden[] = HEDDLE_FIXTURES "/golden-blocks";
static postgres *cluster; /* of the whole program; each test has a database of its own */

/* What every test has. */
static char *dir;
static char *url;
static char sync_log[300];
static PGconn *conn;

static void start_cluster(void)
{
    cluster = postgres_start();
}

static void stop_cluster(void)
{
    postgres_free(cluster);
}

static void run_sql(PGconn *on, const char *sql)
{
    PGresult *result = PQexec(on, sql);
    ExecStatusType status = PQresultStatus(result);
    ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
                  PQerrorMessage(on));
    PQclear(result);
}

/* The first column of the first row; the caller frees it. */
static char *ask(PGconn *on, const char *sql)
{
    PGresult *result = PQexec(on, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(on));
    char *text = strdup(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return text;
}

static void expect(PGconn *on, const char *sql, const char *want)
{
    char *got = ask(on, sql);
    ck_assert_msg(strcmp(got, want) == 0, "%s: want \"%s\", got \"%s\"", sql, want, got);
    free(got);
}

static PGconn *connect_to(const char *database)
{
    PGconn *made = PQconnectdb(database);
    ck_assert_msg(PQstatus(made) == CONNECTION_OK, "%s", PQerrorMessage(made));
    return made;
}

static void make_database(const char *name)
{
    char sql[100];
    PGconn *admin = connect_to(postgres_url(cluster));
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    run_sql(admin, sql);
    PQfinish(admin);
}

static void setup(void)
{
    char name[40];
    snprintf(name, sizeof(name), "test_%d", (int)getpid());
    dir = fixture_dir_new();
    make_database(name);
    url = postgres_url_of(cluster, name);
    snprintf(sync_log, sizeof(sync_log), "%s/sync.log", dir);
    conn = connect_to(url);
}

static void teardown(void)
{
    PQfinish(conn);
    free(url);
    fixture_dir_free(dir);
}

/* More arguments may follow, the last one NULL. */
static process *start_sync(const char *blocks, const char *database, const char *more, ...)
{
    const char *argv[ARGS_MAX] = {HEDDLE_BIN "/heddle-sync", "--blocks", blocks, "--database",
                                  database};
    size_t count = 5;
    va_list rest;
    va_start(rest, more);
    for (const char *arg = more; arg && count < ARGS_MAX - 1; arg = va_arg(rest, const char *))
        argv[count++] = arg;
    va_end(rest);
    argv[count] = NULL;
    return process_start(sync_log, argv);
}

static void expect_log(const char *text)
{
    base_auto_buffer base_buffer log = {0};
    ck_assert_int_eq(base_read_file(sync_log, 0, &log, NULL), HEDDLE_OK);
    const char *all = base_buffer_cstr(&log);
    ck_assert_msg(strstr(all, text) != NULL, "\"%s\" is not in: %s", text, all);
}

/* Everything stored, but for the times of storing: one digest. */
static const char digest_sql[] =
    "SELECT md5(string_agg(t, E'\\n' ORDER BY t COLLATE \"C\")) FROM ("
    "SELECT 'b' || (to_jsonb(b) - 'stored_at')::text AS t FROM heddle.blocks b UNION ALL "
    "SELECT 't' || to_jsonb(t)::text FROM heddle.transactions t UNION ALL "
    "SELECT 'w' || to_jsonb(w)::text FROM heddle.writes w UNION ALL "
    "SELECT 's' || to_jsonb(s)::text FROM heddle.state s UNION ALL "
    "SELECT 'p' || to_jsonb(p)::text FROM heddle.private_writes p UNION ALL "
    "SELECT 'e' || to_jsonb(e)::text FROM heddle.events e UNION ALL "
    "SELECT 'c' || to_jsonb(c)::text FROM heddle.configs c UNION ALL "
    "SELECT 'k' || (to_jsonb(k) - 'updated_at')::text FROM heddle.checkpoints k) rows";

/* The digest after one undisturbed run over @p blocks, in a database of its own. */
static char *undisturbed(const char *blocks)
{
    char name[40];
    snprintf(name, sizeof(name), "reference_%d", (int)getpid());
    make_database(name);
    char *reference = postgres_url_of(cluster, name);
    ck_assert_int_eq(
        process_wait(start_sync(blocks, reference, "--once", "--verify", "hashes", NULL),
                     TIMEOUT_MS),
        0);
    PGconn *on = connect_to(reference);
    char *digest = ask(on, digest_sql);
    PQfinish(on);
    free(reference);
    return digest;
}

static void check_summary_code(int block, int index, long code)
{
    char sql[200], want[16];
    snprintf(sql, sizeof(sql),
             "SELECT validation_code FROM heddle.transactions WHERE channel = 'mychannel'"
             " AND block_number = %d AND tx_index = %d",
             block, index);
    snprintf(want, sizeof(want), "%ld", code);
    expect(conn, sql, want);
}

static void check_codes(void)
{
    base_buffer summary = fixture_read("golden-blocks/summary.txt");
    char *save = NULL;
    int codes = 0;
    for (char *line = strtok_r((char *)(uintptr_t)base_buffer_cstr(&summary), "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *rest;
        int block = (int)strtol(line, &rest, 10), index = 0;
        while ((rest = strstr(rest, "code="))) {
            check_summary_code(block, index++, strtol(rest + 5, NULL, 10));
            rest++;
            codes++;
        }
    }
    ck_assert_int_eq(codes, 50);
    base_buffer_done(&summary);
}

/* What the valid writes of the golden blocks come to, by namespace, NUL, key. */
static void apply_valid_writes(base_map *state, base_arena *arena, int number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", number);
    base_buffer bytes = fixture_read(path);
    heddle_view kept = base_arena_view(arena, base_buffer_view(&bytes));
    base_buffer_done(&bytes);
    wire_block block;
    ck_assert_int_eq(wire_block_read(kept, arena, &block, NULL), HEDDLE_OK);
    for (size_t i = 0; i < block.tx_count; i++) {
        wire_tx tx;
        ck_assert_int_eq(wire_tx_read(block.envelopes[i], arena, &tx, NULL), HEDDLE_OK);
        const wire_rwset *rwset = &tx.action.result.results;
        for (size_t n = 0; wire_block_code(&block, i) == 0 && n < rwset->namespace_count; n++) {
            const wire_kv_rwset *kv = &rwset->namespaces[n].kv;
            for (size_t w = 0; w < kv->write_count; w++) {
                char *key =
                    base_arena_printf(arena, "%.*s/%.*s", BASE_VIEW_ARG(rwset->namespaces[n].name),
                                      BASE_VIEW_ARG(kv->writes[w].key));
                heddle_view name = heddle_view_str(key);
                if (kv->writes[w].is_delete)
                    base_map_remove(state, name);
                else
                    ck_assert_int_eq(base_map_put(state, name, &kv->writes[w], NULL), HEDDLE_OK);
            }
        }
    }
}

START_TEST(golden_blocks_give_their_codes_and_their_state)
{
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
    expect(conn, "SELECT count(*) FROM heddle.blocks", "40");
    expect(conn, "SELECT number FROM heddle.checkpoints WHERE channel = 'mychannel'", "39");
    check_codes();

    base_arena *arena = base_arena_new(0);
    base_map *want = base_map_new();
    for (int i = 0; i < GOLDEN_BLOCKS; i++)
        apply_valid_writes(want, arena, i);
    PGresult *rows =
        PQexecParams(conn, "SELECT namespace || '/' || key_text, value FROM heddle.state", 0, NULL,
                     NULL, NULL, NULL, 1);
    ck_assert_uint_eq((size_t)PQntuples(rows), base_map_count(want));
    for (int i = 0; i < PQntuples(rows); i++) {
        const wire_write *write = base_map_get(want, heddle_view_str(PQgetvalue(rows, i, 0)));
        ck_assert_msg(write != NULL, "%s", PQgetvalue(rows, i, 0));
        ck_assert(base_view_equal(
            write->value, heddle_view_of(PQgetvalue(rows, i, 1), (size_t)PQgetlength(rows, i, 1))));
    }
    PQclear(rows);
    base_map_free(want, NULL);
    base_arena_free(arena);
}
END_TEST

START_TEST(golden_details_are_in_their_columns)
{
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
    expect(conn,
           "SELECT count(*) FROM heddle.transactions WHERE tx_id = (SELECT tx_id FROM"
           " heddle.transactions WHERE validation_code = 9)",
           "2");
    expect(conn,
           "SELECT string_agg(chaincode || ' ' || event_name || ' ' || convert_from(payload,"
           " 'UTF8'), ',' ORDER BY block_number) FROM heddle.events",
           "kv MyEvent payload-2,kv OtherEvent payload-3");
    expect(conn, "SELECT value_json->>'Owner' FROM heddle.state WHERE key_text = 'asset7'", "Yuki");
    expect(conn, "SELECT encode(value, 'hex') FROM heddle.state WHERE key_text = 'kbin'",
           "000102fffe");
    expect(conn, "SELECT value_json IS NULL FROM heddle.state WHERE key_text = 'kbin'", "t");
    expect(conn,
           "SELECT string_agg(is_delete::text, ',' ORDER BY block_number) FROM"
           " heddle.history('mychannel', 'kv', 'k1')",
           "false,true");
    expect(conn,
           "SELECT function || ' ' || creator_msp || ' ' || endorser_msps::text || ' ' ||"
           " response_status FROM heddle.transactions WHERE block_number = 12",
           "TransferAsset Org1MSP {Org1MSP,Org2MSP} 200");
    expect(conn, "SELECT count(*) FROM heddle.private_writes WHERE is_valid", "40");
    expect(conn,
           "SELECT string_agg(block_number::text, ',' ORDER BY block_number) FROM heddle.configs",
           "0,1,2,36");
    expect(conn,
           "SELECT count(*) FROM pg_description d JOIN pg_class c ON d.objoid = c.oid"
           " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'heddle'"
           " AND c.relname = 'writes' AND d.objsubid > 0",
           "12");
}
END_TEST

START_TEST(second_run_finds_nothing_to_do)
{
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
    char *before = ask(conn, digest_sql);
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
    expect(conn, digest_sql, before);
    free(before);
}
END_TEST

/* A chain long enough to be interrupted: writes, deletes and overwrites. */
static void make_long_chain(const char *to, int blocks)
{
    chain_maker chain;
    chain_init(&chain, "long");
    for (int b = 0; b < blocks; b++) {
        for (int t = 0; t < 5; t++) {
            char id[32], key[32], value[64];
            snprintf(id, sizeof(id), "%d-%d", b, t);
            snprintf(key, sizeof(key), "key%d", (b * 7 + t * 13) % 50);
            snprintf(value, sizeof(value), "{\"block\": %d, \"tx\": %d}", b, t);
            const wire_write write = {.key = heddle_view_str(key),
                                      .is_delete = (b + t) % 11 == 0,
                                      .value = heddle_view_str((b + t) % 11 ? value : "")};
            chain_add_tx(&chain, id, t == 4 ? 11 : 0, "cc", &write, 1);
        }
        chain_cut_file(&chain, to);
    }
    chain_done(&chain);
}

static bool is_ended(void *user)
{
    return !process_is_running(user);
}

/* Whether the log holds this text. */
static bool says(void *user)
{
    base_auto_buffer base_buffer log = {0};
    if (base_read_file(sync_log, 0, &log, NULL) != HEDDLE_OK)
        return false;
    const char *text = base_buffer_cstr(&log);
    return text && strstr(text, user) != NULL;
}

/* The schema, with a block that takes a while: what interrupts it finds it at work. */
static void make_slow_schema(const char *database)
{
    char empty[400], ready[] = "storing blocks";
    snprintf(empty, sizeof(empty), "%s/empty", dir);
    ck_assert_int_eq(base_make_dirs(empty, 0755, NULL), HEDDLE_OK);
    remove(sync_log); /* what it says from now on */
    process *sync = start_sync(empty, database, "--channel", "long", NULL);
    ck_assert(process_until(says, ready, TIMEOUT_MS));
    ck_assert_int_eq(process_stop(sync, SIGTERM), 0);
    PGconn *on = connect_to(database);
    run_sql(on, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " PERFORM pg_sleep(0.003); RETURN NEW; END $$;"
                "CREATE TRIGGER slow BEFORE INSERT ON heddle.blocks FOR EACH ROW"
                " EXECUTE FUNCTION slow()");
    PQfinish(on);
    ck_assert_int_eq(remove(sync_log), 0);
}

/* The number of the last block that is stored; -1: none, or no database. */
static long stored_in(const char *database)
{
    long number = -1;
    PGconn *on = PQconnectdb(database);
    PGresult *result = PQexec(on, "SELECT number FROM heddle.checkpoints");
    if (PQntuples(result) == 1)
        number = strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(on);
    return number;
}

/* Whether so much is stored, or the sync has ended. */
typedef struct progress {
    const char *database;
    long number;
    process *sync;
} progress;

static bool has_come_so_far(void *user)
{
    const progress *want = user;
    return stored_in(want->database) >= want->number || !process_is_running(want->sync);
}

START_TEST(killed_at_any_moment_it_goes_on_exactly)
{
    make_long_chain(dir, LONG_BLOCKS);
    char *want = undisturbed(dir);
    int code = -1;
    make_slow_schema(url);
    srand((unsigned)getpid());
    for (int kills = 0; code != 0; kills++) {
        process *sync =
            start_sync(dir, url, "--once", "--verify", "hashes", "--batch-transactions", "1", NULL);
        progress next = {url, stored_in(url) + 1 + rand() % 50, sync};
        if (kills % 4 == 3) /* at some moment of its start */
            process_until(is_ended, sync, (uint64_t)rand() % 60);
        else
            ck_assert(process_until(has_come_so_far, &next, TIMEOUT_MS));
        if (process_is_running(sync)) {
            process_stop(sync, SIGKILL);
        } else {
            ck_assert_int_gt(kills, 5);
            code = process_stop(sync, 0);
            ck_assert_int_eq(code, 0);
        }
    }
    expect(conn, digest_sql, want);
    free(want);
}
END_TEST

START_TEST(database_that_dies_and_comes_back_is_waited_for)
{
    char waiting[] = "waiting for the database";
    postgres *own = postgres_start();
    make_long_chain(dir, LONG_BLOCKS);
    char *want = undisturbed(dir);
    make_slow_schema(postgres_url(own));
    process *sync = start_sync(dir, postgres_url(own), "--verify", "hashes", "--batch-transactions",
                               "1", "--backoff-max", "200ms", NULL);
    progress next = {postgres_url(own), 0, sync};
    for (next.number = 40; next.number < LONG_BLOCKS - 40; next.number += 80) {
        ck_assert(process_until(has_come_so_far, &next, TIMEOUT_MS));
        ck_assert(process_is_running(sync));
        postgres_kill(own);
        ck_assert(process_until(says, waiting, TIMEOUT_MS));
        postgres_resume(own);
    }
    next.number = LONG_BLOCKS - 1;
    ck_assert(process_until(has_come_so_far, &next, TIMEOUT_MS));
    ck_assert_int_eq(process_stop(sync, SIGTERM), 0);
    PQfinish(conn);
    conn = connect_to(postgres_url(own));
    expect(conn, digest_sql, want);
    expect_log("the database is back");
    free(want);
    postgres_free(own);
}
END_TEST

typedef struct attempt {
    const char *url;
    PGconn *conn;
} attempt;

static bool is_let_in(void *user)
{
    attempt *a = user;
    PQfinish(a->conn);
    a->conn = PQconnectdb(a->url);
    return PQstatus(a->conn) == CONNECTION_OK;
}

START_TEST(server_with_no_connection_left_is_waited_for)
{
    char no_room[] = "53300", *limited;
    chain_maker chain;
    ck_assert_int_gt(asprintf(&limited, "%s user=limited", url), 0);
    run_sql(conn, "CREATE ROLE limited LOGIN CONNECTION LIMIT 1");
    run_sql(conn, "DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO limited',"
                  " current_database()); END $$");
    chain_init(&chain, "c");
    chain_add_tx(&chain, "tx0", 0, "cc", NULL, 0);
    chain_cut_file(&chain, dir);
    process *sync = start_sync(dir, limited, "--verify", "hashes", "--backoff-max", "200ms", NULL);
    progress next = {url, 0, sync};
    ck_assert(process_until(has_come_so_far, &next, TIMEOUT_MS));
    run_sql(conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  " WHERE usename = 'limited'");
    attempt other = {limited, NULL};
    ck_assert(process_until(is_let_in, &other, TIMEOUT_MS));
    chain_add_tx(&chain, "tx1", 0, "cc", NULL, 0);
    chain_cut_file(&chain, dir);
    ck_assert(process_until(says, no_room, TIMEOUT_MS));
    PQfinish(other.conn);
    next.number = 1;
    ck_assert(process_until(has_come_so_far, &next, TIMEOUT_MS));
    ck_assert_int_eq(process_stop(sync, SIGTERM), 0);
    chain_done(&chain);
    free(limited);
}
END_TEST

START_TEST(full_disk_is_waited_out)
{
    char full[] = "SQLSTATE 53100";
    make_long_chain(dir, 20);
    char *want = undisturbed(dir);
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
    run_sql(conn, "TRUNCATE heddle.blocks, heddle.transactions, heddle.writes, heddle.state,"
                  " heddle.private_writes, heddle.events, heddle.configs, heddle.checkpoints");
    run_sql(conn, "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                  " RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;"
                  "CREATE TRIGGER full_disk BEFORE INSERT ON heddle.blocks FOR EACH ROW"
                  " WHEN (NEW.number = 11) EXECUTE FUNCTION full_disk()");
    process *sync =
        start_sync(dir, url, "--once", "--verify", "hashes", "--batch-transactions", "1", NULL);
    ck_assert(process_until(says, full, TIMEOUT_MS));
    expect(conn, "SELECT number FROM heddle.checkpoints", "10");
    run_sql(conn, "DROP TRIGGER full_disk ON heddle.blocks");
    ck_assert_int_eq(process_wait(sync, TIMEOUT_MS), 0);
    expect(conn, digest_sql, want);
    free(want);
}
END_TEST

START_TEST(second_sync_on_one_channel_says_so_and_stops)
{
    char reason[] = "storing blocks";
    process *first = start_sync(golden, url, NULL);
    ck_assert(process_until(says, reason, TIMEOUT_MS));
    process *second = start_sync(golden, url, "--lock-wait", "200ms", NULL);
    ck_assert_int_eq(process_wait(second, TIMEOUT_MS), 4);
    expect_log("another sync stores channel mychannel in this database");
    ck_assert_int_eq(process_stop(first, SIGTERM), 0);
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
}
END_TEST

static void copy_golden(int number, const char *to)
{
    char from[64], path[400];
    snprintf(from, sizeof(from), "golden-blocks/block_%d.pb", number);
    snprintf(path, sizeof(path), "%s/block_%d.pb", to, number);
    base_buffer bytes = fixture_read(from);
    ck_assert_int_eq(base_write_file(path, base_buffer_view(&bytes), 0644, NULL), HEDDLE_OK);
    base_buffer_done(&bytes);
}

START_TEST(tampered_block_stops_it_after_the_good_ones)
{
    char path[400];
    for (int i = 0; i < 20; i++)
        copy_golden(i, dir);
    snprintf(path, sizeof(path), "%s/block_12.pb", dir);
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_int_eq(base_read_file(path, 0, &bytes, NULL), HEDDLE_OK);
    bytes.data[bytes.len / 3] ^= 1;
    ck_assert_int_eq(base_write_file(path, base_buffer_view(&bytes), 0644, NULL), HEDDLE_OK);
    ck_assert_int_eq(process_wait(start_sync(dir, url, "--once", NULL), TIMEOUT_MS), 5);
    expect_log("block 12");
    expect(conn, "SELECT number FROM heddle.checkpoints", "11");
    expect(conn, "SELECT count(*) FROM heddle.blocks", "12");
}
END_TEST

START_TEST(missing_block_is_a_gap_that_stops_it)
{
    for (int i = 0; i < 20; i++)
        if (i != 12)
            copy_golden(i, dir);
    ck_assert_int_eq(process_wait(start_sync(dir, url, "--once", NULL), TIMEOUT_MS), 5);
    expect_log("block_12.pb is missing");
    expect(conn, "SELECT number FROM heddle.checkpoints", "11");
    copy_golden(12, dir);
    ck_assert_int_eq(process_wait(start_sync(dir, url, "--once", NULL), TIMEOUT_MS), 0);
    expect(conn, "SELECT number FROM heddle.checkpoints", "19");
}
END_TEST

START_TEST(block_of_another_chain_is_refused)
{
    make_long_chain(dir, 3);
    ck_assert_int_eq(
        process_wait(start_sync(dir, url, "--once", "--channel", "mychannel", NULL), TIMEOUT_MS),
        2);
    expect_log("block 0 is of channel long, not mychannel");
}
END_TEST

START_TEST(keys_and_values_of_any_bytes_are_kept)
{
    static const char long_value[] = "{\"a\": \"\\u0000\"}";
    char *long_key = calloc(1, 5001);
    memset(long_key, 'k', 5000);
    const wire_write writes[] = {
        {.key = VIEW("\0owner\0alice\0asset1\0"), .value = VIEW("1")},
        {.key = VIEW("\xe2\x82\xac"), .value = VIEW("{\"b\": [1, 2.50, null]}")},
        {.key = VIEW("nul-json"), .value = VIEW("{\"a\": \"\\u0000\"}")},
        {.key = VIEW("nul"), .value = VIEW("\0")},
        {.key = VIEW("empty"), .value = VIEW("")},
        {.key = heddle_view_str(long_key), .value = VIEW("long")},
    };
    const wire_write odd[] = {{.key = VIEW("\xff\0x"), .value = VIEW("odd")}};
    chain_maker chain;
    chain_init(&chain, "bytes");
    chain_add_tx(&chain, "tx0", 0, "cc", writes, BASE_COUNT(writes));
    chain_cut_file(&chain, dir);
    chain_add_tx(&chain, "tx\xff", 22, "c\xfe", odd, 1);
    chain_add_bytes(&chain, VIEW("\x0a\x01x\x12\x01y"), 2);
    chain_cut_file(&chain, dir);
    chain_done(&chain);
    ck_assert_int_eq(
        process_wait(start_sync(dir, url, "--once", "--verify", "hashes", NULL), TIMEOUT_MS), 0);
    expect(conn,
           "SELECT array_to_string(key_parts, '|') FROM heddle.state WHERE key ="
           " '\\x006f776e657200616c6963650061737365743100'",
           "owner|alice|asset1");
    expect(conn,
           "SELECT key_text = U&'\\2400owner\\2400alice\\2400asset1\\2400' FROM heddle.state"
           " WHERE key_parts IS NOT NULL",
           "t");
    expect(conn, "SELECT value_json #>> '{b,1}' FROM heddle.state WHERE key_text = U&'\\20AC'",
           "2.50");
    expect(conn, "SELECT value_json IS NULL FROM heddle.state WHERE key_text = 'nul-json'", "t");
    expect(conn, "SELECT convert_from(value, 'UTF8') FROM heddle.state WHERE key_text = 'nul-json'",
           long_value);
    expect(conn, "SELECT encode(value, 'hex') FROM heddle.state WHERE key_text = 'nul'", "00");
    expect(conn, "SELECT count(*) FROM heddle.state WHERE key_text = 'empty'", "0");
    expect(conn, "SELECT is_delete AND value IS NULL FROM heddle.writes WHERE key_text = 'empty'",
           "t");
    expect(conn, "SELECT count(*) FROM heddle.state WHERE length(key) = 5000", "1");
    expect(conn, "SELECT key_text || ' ' || is_valid FROM heddle.writes WHERE block_number = 1",
           "\\xff\xe2\x90\x80x false");
    expect(conn, "SELECT tx_id FROM heddle.transactions WHERE validation = 'BAD_RWSET'", "tx\\xff");
    expect(conn,
           "SELECT problem LIKE 'Payload:%' FROM heddle.transactions WHERE validation ="
           " 'BAD_PAYLOAD'",
           "t");
    free(long_key);
}
END_TEST

static bool is_jsonb(const char *text)
{
    PGresult *result = PQexecParams(conn, "SELECT $1::jsonb", 1, NULL, &text, NULL, NULL, 0);
    bool taken = PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    return taken;
}

START_TEST(database_takes_and_refuses_the_json_that_we_say)
{
    for (size_t i = 0; i < BASE_COUNT(json_good); i++)
        ck_assert_msg(is_jsonb(json_good[i]), "%s", json_good[i]);
    for (size_t i = 0; i < BASE_COUNT(json_bad); i++)
        ck_assert_msg(!is_jsonb(json_bad[i]), "%s", json_bad[i]);
    for (size_t i = 0; i < BASE_COUNT(json_too_much); i++)
        ck_assert_msg(!is_jsonb(json_too_much[i]), "%s", json_too_much[i]);
}
END_TEST

START_TEST(valid_transaction_that_cannot_be_decoded_stops_it)
{
    chain_maker chain;
    chain_init(&chain, "bytes");
    for (int i = 0; i < 20; i++) {
        chain_add_tx(&chain, "tx", 0, "cc", NULL, 0);
        chain_cut_file(&chain, dir);
    }
    chain_add_tx(&chain, "tx", 0, "cc", NULL, 0);
    chain_add_bytes(&chain, VIEW("\x0a\x01x\x12\x01y"), 0);
    chain_cut_file(&chain, dir);
    chain_done(&chain);
    ck_assert_int_eq(
        process_wait(start_sync(dir, url, "--once", "--verify", "hashes", NULL), TIMEOUT_MS), 5);
    expect_log("block 20, transaction 1: the peer calls it valid");
    expect(conn, "SELECT number FROM heddle.checkpoints", "19");
    expect(conn, "SELECT count(*) FROM heddle.transactions", "20");
}
END_TEST

START_TEST(commit_notifies_who_listens)
{
    process *sync = start_sync(golden, url, NULL);
    char ready[] = "storing blocks";
    ck_assert(process_until(says, ready, TIMEOUT_MS));
    ck_assert_int_eq(process_stop(sync, SIGTERM), 0);
    run_sql(conn, "TRUNCATE heddle.blocks, heddle.transactions, heddle.writes, heddle.state,"
                  " heddle.private_writes, heddle.events, heddle.configs, heddle.checkpoints");
    run_sql(conn, "LISTEN heddle_block");
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
    run_sql(conn, "SELECT 1");
    PGnotify *last = NULL;
    for (PGnotify *next; (next = PQnotifies(conn)); last = next)
        PQfreemem(last);
    ck_assert_ptr_nonnull(last);
    ck_assert_ptr_nonnull(strstr(last->extra, "\"channel\":\"mychannel\""));
    ck_assert_ptr_nonnull(strstr(last->extra, "\"number\":39"));
    PQfreemem(last);
}
END_TEST

START_TEST(stored_blocks_are_published)
{
    char endpoint[400], blocks[400], ready[] = "storing blocks";
    snprintf(endpoint, sizeof(endpoint), "ipc://%s/blocks.sock", dir);
    snprintf(blocks, sizeof(blocks), "%s/blocks", dir);
    ck_assert_int_eq(base_make_dirs(blocks, 0755, NULL), HEDDLE_OK);
    copy_golden(0, blocks);
    process *sync = start_sync(blocks, url, "--publish", endpoint, NULL);
    ck_assert(process_until(says, ready, TIMEOUT_MS));
    nng_socket socket;
    ck_assert_int_eq(nng_sub0_open(&socket), 0);
    ck_assert_int_eq(nng_socket_set(socket, NNG_OPT_SUB_SUBSCRIBE, "heddle/mychannel/", 17), 0);
    ck_assert_int_eq(nng_socket_set_ms(socket, NNG_OPT_RECVTIMEO, 1000), 0);
    ck_assert_int_eq(nng_dial(socket, endpoint, NULL, 0), 0);
    char *message = NULL;
    size_t len = 0;
    for (int next = 1; next < GOLDEN_BLOCKS && !message; next++) {
        /* who subscribes late misses some */
        copy_golden(next, blocks);
        if (nng_recv(socket, (void *)&message, &len, NNG_FLAG_ALLOC) != 0)
            message = NULL;
    }
    ck_assert_ptr_nonnull(message);
    ck_assert_str_eq(message, "heddle/mychannel/block");
    heddle_view body = heddle_view_of(message + 23, len - 23);
    ck_assert(base_view_starts(body, VIEW("{\"channel\":\"mychannel\",\"number\":")));
    nng_free(message, len);
    nng_close(socket);
    ck_assert_int_eq(process_stop(sync, SIGTERM), 0);
}
END_TEST

START_TEST(bad_settings_and_refusals_have_their_exit_codes)
{
    ck_assert_int_eq(
        process_wait(start_sync(golden, "host=/nowhere dbname=x", "--database-wait", "0", NULL),
                     TIMEOUT_MS),
        3);
    expect_log("heddle-sync: ");
    ck_assert_int_eq(process_wait(start_sync(golden, "no such thing", NULL), TIMEOUT_MS), 2);
    ck_assert_int_eq(process_wait(start_sync("/nowhere", url, "--once", NULL), TIMEOUT_MS), 6);
    ck_assert_int_eq(process_wait(start_sync(dir, url, "--once", NULL), TIMEOUT_MS), 6);
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--peer", "x:1", NULL), TIMEOUT_MS), 2);
    char *missing = postgres_url_of(cluster, "no_such_database");
    ck_assert_int_eq(process_wait(start_sync(golden, missing, NULL), TIMEOUT_MS), 3);
    expect_log("\"no_such_database\" does not exist");
    free(missing);
}
END_TEST

START_TEST(schema_of_a_later_version_is_refused)
{
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 0);
    run_sql(conn, "INSERT INTO heddle.migrations (number, name) VALUES (9999, 'later')");
    ck_assert_int_eq(process_wait(start_sync(golden, url, "--once", NULL), TIMEOUT_MS), 2);
    expect_log("use a later heddle-sync");
}
END_TEST

static TCase *case_of(const char *name, const TTest *const *tests, size_t count)
{
    TCase *tcase = suite_case(name, tests, count);
    tcase_add_unchecked_fixture(tcase, start_cluster, stop_cluster);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}
#define CASE(name, ...)                                                                            \
    case_of(name, SUITE_TESTS(__VA_ARGS__), sizeof(SUITE_TESTS(__VA_ARGS__)) / sizeof(TTest *))

SUITE_MAIN("sync",
           CASE("sync", golden_blocks_give_their_codes_and_their_state,
                golden_details_are_in_their_columns, second_run_finds_nothing_to_do,
                killed_at_any_moment_it_goes_on_exactly,
                database_that_dies_and_comes_back_is_waited_for,
                server_with_no_connection_left_is_waited_for, full_disk_is_waited_out,
                second_sync_on_one_channel_says_so_and_stops,
                tampered_block_stops_it_after_the_good_ones, missing_block_is_a_gap_that_stops_it,
                block_of_another_chain_is_refused, keys_and_values_of_any_bytes_are_kept,
                database_takes_and_refuses_the_json_that_we_say,
                valid_transaction_that_cannot_be_decoded_stops_it, commit_notifies_who_listens,
                stored_blocks_are_published, bad_settings_and_refusals_have_their_exit_codes,
                schema_of_a_later_version_is_refused))
