/*
 * How fast blocks become rows: heddle-sync's whole way (read, check, decode, COPY, state,
 * checkpoint) beside a bare COPY of the very same rows into the same tables.
 *
 *   sync_load [BLOCKS] [TRANSACTIONS A BLOCK] [TRANSACTIONS A BATCH]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/view.h"
#include "datasync/batch.h"
#include "datasync/database.h"
#include "datasync/schema.h"
#include "datasync/sync.h"
#include "support/chain.h"
#include "support/fixture.h"
#include "support/postgres.h"
#include "support/suite.h"

static void check(heddle_status status, const heddle_error *err)
{
    if (status == HEDDLE_OK)
        return;
    fprintf(stderr, "sync_load: %s\n", err->message);
    exit(1);
}

static uint64_t cpu_ms(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
           (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
}

/* Each transaction writes one asset of about 110 bytes; a tenth of the keys come twice. */
static void make_chain(const char *dir, int blocks, int per_block)
{
    chain_maker chain;
    chain_init(&chain, "bench");
    for (int b = 0; b < blocks; b++) {
        for (int t = 0; t < per_block; t++) {
            char id[65], key[32], value[160];
            int n = b * per_block + t;
            snprintf(id, sizeof(id), "%064x", (unsigned)n);
            snprintf(key, sizeof(key), "asset%d", n % 10 ? n : n / 2);
            snprintf(value, sizeof(value),
                     "{\"ID\":\"%s\",\"Color\":\"blue\",\"Size\":%d,\"Owner\":\"Tomoko\","
                     "\"AppraisedValue\":%d,\"docType\":\"asset\"}",
                     key, n % 50, n);
            const wire_write write = {.key = heddle_view_str(key), .value = heddle_view_str(value)};
            chain_add_tx(&chain, id, 0, "basic", &write, 1);
        }
        chain_cut_file(&chain, dir);
    }
    chain_done(&chain);
}

static uint64_t run_sync(const char *dir, const char *database, int per_batch, uint64_t *out_cpu)
{
    const sync_conf conf = {
        .channel = "bench",
        .blocks = dir,
        .once = true,
        .database = database,
        .publish = "",
        .admin_listen = "",
        .peer = {.address = ""},
        .queue_bytes = 64 << 20,
        .batch_transactions = (uint64_t)per_batch,
        .backoff_max_ms = 1000,
        .verify = SYNC_VERIFY_HASHES,
    };
    heddle_error err;
    sync_module *module;
    uint64_t begun = base_now_ms(), cpu = cpu_ms();
    check(sync_start(&conf, NULL, &module, &err), &err);
    check(sync_wait(module, &err), &err);
    sync_free(module);
    *out_cpu = cpu_ms() - cpu;
    return base_now_ms() - begun;
}

static void add_block(const char *dir, int number, base_arena *frame, base_arena *scratch,
                      sync_batch *batch)
{
    char path[1024];
    base_auto_buffer base_buffer bytes =
        fixture_read_at(dir, (snprintf(path, sizeof(path), "block_%d.pb", number), path));
    wire_block block;
    uint8_t hash[32];
    heddle_error err;
    base_arena_reset(frame);
    check(wire_block_read(base_buffer_view(&bytes), frame, &block, &err), &err);
    check(wire_block_header_hash(&block, hash, &err), &err);
    check(sync_project(&block, hash, scratch, batch, &err), &err);
}

static void copy_batch(sync_db *db, const sync_batch *batch)
{
    heddle_error err;
    check(sync_db_exec(db, "BEGIN", &err), &err);
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        if (batch->tables[i].rows)
            check(sync_db_copy(db, sync_table_copy(i), base_buffer_view(&batch->tables[i].bytes),
                               &err),
                  &err);
    check(sync_db_exec(db, "COMMIT", &err), &err);
}

/* The time of the COPYs alone; rows are made before each. */
static uint64_t run_copy(const char *dir, const char *database, int blocks, int per_batch)
{
    heddle_error err;
    base_auto(sync_db) sync_db *db = NULL;
    base_auto(arena) base_arena *frame = base_arena_new(0);
    base_auto(arena) base_arena *scratch = base_arena_new(0);
    sync_batch batch = {.channel = "bench"};
    uint64_t total = 0;
    check(sync_db_open(database, &db, &err), &err);
    check(sync_schema_update(db, &err), &err);
    for (int b = 0; b < blocks;) {
        sync_batch_clear(&batch);
        while (b < blocks && batch.tx_count < (size_t)per_batch)
            add_block(dir, b++, frame, scratch, &batch);
        uint64_t begun = base_now_ms();
        copy_batch(db, &batch);
        total += base_now_ms() - begun;
    }
    sync_batch_done(&batch);
    return total;
}

static int argument(int argc, char **argv, int index, int otherwise)
{
    return argc > index ? (int)strtol(argv[index], NULL, 10) : otherwise;
}

static double rate(int count, uint64_t ms)
{
    return ms ? count * 1000.0 / (double)ms : 0;
}

static int blocks, per_block, per_batch;

/* The support of tests asserts, which it can in a test only. */
START_TEST(load)
{
    int total = blocks * per_block;
    char *dir = fixture_dir_new();
    make_chain(dir, blocks, per_block);
    postgres *pg = postgres_start();
    postgres *bare = postgres_start();
    uint64_t cpu, copy = run_copy(dir, postgres_url(bare), blocks, per_batch);
    uint64_t whole = run_sync(dir, postgres_url(pg), per_batch, &cpu);
    printf("sync_load: %d blocks of %d transactions, a write each, batches of %d\n", blocks,
           per_block, per_batch);
    printf("  bare COPY of the rows   %8.0f tx/s\n", rate(total, copy));
    printf("  heddle-sync             %8.0f tx/s  (%.2f of bare COPY), %.1f us CPU a transaction\n",
           rate(total, whole), (double)copy / (double)whole, (double)cpu * 1000.0 / total);
    postgres_free(pg);
    postgres_free(bare);
    fixture_dir_free(dir);
}
END_TEST

int main(int argc, char **argv)
{
    blocks = argument(argc, argv, 1, 200);
    per_block = argument(argc, argv, 2, 100);
    per_batch = argument(argc, argv, 3, 2000);
    Suite *suite = suite_create("sync_load");
    TCase *tcase = tcase_create("load");
    tcase_add_test(tcase, load);
    tcase_set_timeout(tcase, 0);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
