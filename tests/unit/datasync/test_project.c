/* Block bytes to rows: a pure function. */
#include <stdio.h>
#include <stdlib.h>

#include "base/view.h"
#include "datasync/batch.h"
#include "support/chain.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

enum { GOLDEN_BLOCKS = 40 };

static heddle_status project_within(size_t limit, heddle_view bytes, sync_batch *batch,
                                    heddle_error *err)
{
    base_auto(arena) base_arena *frame = base_arena_new(0);
    base_auto(arena) base_arena *scratch = base_arena_new(limit);
    wire_block block;
    uint8_t hash[32];
    if (!frame || !scratch)
        return HEDDLE_E_NO_MEMORY;
    heddle_status status = wire_block_read(bytes, frame, &block, err);
    if (status == HEDDLE_OK)
        status = wire_block_header_hash(&block, hash, err);
    return status == HEDDLE_OK ? sync_project(&block, hash, scratch, batch, err) : status;
}

static heddle_status project(heddle_view bytes, sync_batch *batch, heddle_error *err)
{
    return project_within(0, bytes, batch, err);
}

static void project_golden(sync_batch *batch)
{
    for (int i = 0; i < GOLDEN_BLOCKS; i++) {
        char path[64];
        heddle_error err;
        snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", i);
        base_auto_buffer base_buffer bytes = fixture_read(path);
        ck_assert_msg(project(base_buffer_view(&bytes), batch, &err) == HEDDLE_OK, "%s",
                      err.message);
    }
}

START_TEST(golden_blocks_give_so_many_rows)
{
    sync_batch batch = {.channel = "mychannel"};
    project_golden(&batch);
    ck_assert_uint_eq(batch.blocks, GOLDEN_BLOCKS);
    ck_assert_uint_eq(batch.first, 0);
    ck_assert_uint_eq(batch.last, 39);
    ck_assert_uint_eq(batch.tx_count, 50);
    ck_assert_uint_eq(batch.valid_count, 42);
    ck_assert_uint_eq(batch.tables[SYNC_BLOCKS].rows, 40);
    ck_assert_uint_eq(batch.tables[SYNC_TRANSACTIONS].rows, 50);
    ck_assert_uint_eq(batch.tables[SYNC_EVENTS].rows, 2);
    ck_assert_uint_eq(batch.tables[SYNC_PRIVATE_WRITES].rows, 40);
    ck_assert_uint_eq(batch.tables[SYNC_CONFIGS].rows, 4);
    sync_batch_done(&batch);
}
END_TEST

START_TEST(same_blocks_give_the_same_bytes)
{
    sync_batch one = {.channel = "mychannel"}, two = {.channel = "mychannel"};
    project_golden(&one);
    project_golden(&two);
    sync_batch_clear(&two);
    project_golden(&two);
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        ck_assert(base_view_equal(base_buffer_view(&one.tables[i].bytes),
                                  base_buffer_view(&two.tables[i].bytes)));
    sync_batch_done(&one);
    sync_batch_done(&two);
}
END_TEST

START_TEST(each_allocation_may_fail)
{
    base_auto_buffer base_buffer bytes = fixture_read("golden-blocks/block_31.pb");
    for (size_t nth = 1;; nth++) {
        sync_batch batch = {.channel = "mychannel"};
        heddle_error err;
        fault_alloc_arm(nth);
        heddle_status status = project(base_buffer_view(&bytes), &batch, &err);
        sync_batch_done(&batch);
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!fired) {
            ck_assert_int_eq(status, HEDDLE_OK);
            return;
        }
        ck_assert_int_eq(status, HEDDLE_E_NO_MEMORY);
    }
}
END_TEST

START_TEST(valid_transaction_must_be_readable)
{
    for (int code = 0; code <= 2; code += 2) {
        chain_maker chain;
        sync_batch batch = {.channel = "c"};
        base_auto_buffer base_buffer bytes = {0};
        heddle_error err;
        chain_init(&chain, "c");
        chain_add_tx(&chain, "first", 0, "cc", NULL, 0);
        chain_add_bytes(&chain, VIEW("\x0a\x03\xff\xff\xff\x12\x01s"), code);
        chain_cut(&chain, &bytes);
        heddle_status status = project(base_buffer_view(&bytes), &batch, &err);
        ck_assert_int_eq(status, code ? HEDDLE_OK : HEDDLE_E_DECODE);
        if (status != HEDDLE_OK)
            ck_assert_ptr_nonnull(strstr(err.message, "block 0, transaction 1"));
        sync_batch_done(&batch);
        chain_done(&chain);
    }
}
END_TEST

/* Anybody who may write can order bytes that take very much memory once decoded. */
START_TEST(invalid_transaction_too_large_to_decode_keeps_its_header)
{
    enum { MANY = 20000, LIMIT = 1 << 20 };
    wire_write *writes = calloc(MANY, sizeof(*writes));
    for (int code = 0; code <= 10; code += 10) {
        chain_maker chain;
        sync_batch batch = {.channel = "c"};
        base_auto_buffer base_buffer bytes = {0};
        heddle_error err;
        chain_init(&chain, "c");
        chain_add_tx(&chain, "small", 0, "cc", (wire_write[]){{.key = VIEW("k")}}, 1);
        chain_add_tx(&chain, "monstrous", code, "cc", writes, MANY);
        chain_cut(&chain, &bytes);
        heddle_status status = project_within(LIMIT, base_buffer_view(&bytes), &batch, &err);
        ck_assert_int_eq(status, code ? HEDDLE_OK : HEDDLE_E_TOO_LARGE);
        if (code) {
            const base_buffer *rows = &batch.tables[SYNC_TRANSACTIONS].bytes;
            ck_assert_uint_eq(batch.tables[SYNC_TRANSACTIONS].rows, 2);
            ck_assert_uint_eq(batch.tables[SYNC_WRITES].rows, 1);
            ck_assert_ptr_nonnull(memmem(rows->data, rows->len, "monstrous", 9));
            ck_assert_ptr_nonnull(memmem(rows->data, rows->len, "too large", 9));
        }
        sync_batch_done(&batch);
        chain_done(&chain);
    }
    free(writes);
}
END_TEST

START_TEST(failure_leaves_the_batch_as_it_was)
{
    chain_maker chain;
    sync_batch batch = {.channel = "c"};
    base_auto_buffer base_buffer good = {0}, bad = {0}, before = {0};
    heddle_error err;
    chain_init(&chain, "c");
    chain_add_tx(&chain, "good", 0, "cc", (wire_write[]){{.key = VIEW("k")}}, 1);
    chain_cut(&chain, &good);
    chain_add_tx(&chain, "half", 0, "cc", (wire_write[]){{.key = VIEW("k")}}, 1);
    chain_add_bytes(&chain, VIEW("\x0a\x03\xff\xff\xff\x12\x01s"), 0);
    chain_cut(&chain, &bad);
    ck_assert_int_eq(project(base_buffer_view(&good), &batch, &err), HEDDLE_OK);
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        ck_assert_int_eq(base_buffer_append(&before, base_buffer_view(&batch.tables[i].bytes)),
                         HEDDLE_OK);
    ck_assert_int_eq(project(base_buffer_view(&bad), &batch, &err), HEDDLE_E_DECODE);
    ck_assert_uint_eq(batch.blocks, 1);
    ck_assert_uint_eq(batch.tx_count, 1);
    ck_assert_uint_eq(batch.tables[SYNC_TRANSACTIONS].rows, 1);
    ck_assert_uint_eq(sync_batch_bytes(&batch), before.len);
    sync_batch_done(&batch);
    chain_done(&chain);
}
END_TEST

START_TEST(block_of_an_orderer_is_refused)
{
    chain_maker chain;
    sync_batch batch = {.channel = "c"};
    base_auto_buffer base_buffer bytes = {0};
    heddle_error err;
    chain_init(&chain, "c");
    chain_add_tx(&chain, "first", 0, "cc", NULL, 0);
    base_buffer_clear(&chain.filter);
    chain_cut(&chain, &bytes);
    ck_assert_int_eq(project(base_buffer_view(&bytes), &batch, &err), HEDDLE_E_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.message, "not from an orderer"));
    sync_batch_done(&batch);
    chain_done(&chain);
}
END_TEST

SUITE_MAIN("datasync/project",
           SUITE_CASE("project", golden_blocks_give_so_many_rows, same_blocks_give_the_same_bytes,
                      each_allocation_may_fail, valid_transaction_must_be_readable,
                      invalid_transaction_too_large_to_decode_keeps_its_header,
                      failure_leaves_the_batch_as_it_was, block_of_an_orderer_is_refused))
