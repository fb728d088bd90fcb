/* What the Deliver methods send of a recorded channel, against what a peer sent. */
#include <stdio.h>
#include <stdlib.h>

#include "base/view.h"
#include "devnet/peer/core.h"
#include "devnet/peer/event.h"
#include "support/chain.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/reader.h"

enum { FILTERED_BLOCKS = 35 };

static base_buffer read_block(const char *folder, int number)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/block_%d.pb", folder, number);
    return fixture_read(path);
}

START_TEST(filtered_blocks_are_those_of_a_peer)
{
    for (int n = 0; n < FILTERED_BLOCKS; n++) {
        base_auto_buffer base_buffer block = read_block("golden-blocks", n);
        base_auto_buffer base_buffer theirs = read_block("golden-filtered", n);
        base_auto_buffer base_buffer ours = {0};
        heddle_error err;
        ck_assert_int_eq(dn_event_filtered(NULL, NULL, base_buffer_view(&block), &ours, &err),
                         HEDDLE_OK);
        ck_assert_msg(base_view_equal(base_buffer_view(&ours), base_buffer_view(&theirs)),
                      "block %d", n);
    }
}
END_TEST

START_TEST(private_data_comes_with_the_block_untouched)
{
    base_auto_buffer base_buffer block = read_block("golden-blocks", 10);
    base_auto_buffer base_buffer bytes = {0};
    heddle_view inner;
    heddle_error err;
    char *dir = fixture_dir_new();
    dn_deliver_request request = {0};
    dn_core core = {0};
    ck_assert_int_eq(dn_private_store_open(dir, &core.private_store, &err), HEDDLE_OK);
    ck_assert_int_eq(
        dn_event_with_private_data(&core, &request, base_buffer_view(&block), &bytes, &err),
        HEDDLE_OK);
    dn_private_store_close(core.private_store);
    fixture_dir_free(dir);
    ck_assert(wire_field_find(base_buffer_view(&bytes), 4, &inner));
    ck_assert(wire_field_find(inner, 1, &inner));
    ck_assert(base_view_equal(inner, base_buffer_view(&block)));
}
END_TEST

/* Two bytes of such a write take forty once decoded; anybody who may write can order them. */
START_TEST(transaction_too_large_to_decode_does_not_stop_the_stream)
{
    enum { MANY = 4500000 };
    wire_write *writes = calloc(MANY, sizeof(*writes));
    chain_maker chain;
    base_auto_buffer base_buffer block = {0}, ours = {0};
    heddle_error err;
    chain_init(&chain, "c");
    chain_add_tx(&chain, "monstrous", 10, "cc", writes, MANY);
    chain_add_tx(&chain, "small", 0, "cc", NULL, 0);
    chain_cut(&chain, &block);
    ck_assert_msg(dn_event_filtered(NULL, NULL, base_buffer_view(&block), &ours, &err) == HEDDLE_OK,
                  "%s", err.message);
    ck_assert_ptr_nonnull(memmem(ours.data, ours.len, "monstrous", 9));
    ck_assert_ptr_nonnull(memmem(ours.data, ours.len, "small", 5));
    chain_done(&chain);
    free(writes);
}
END_TEST

START_TEST(a_block_that_is_none_is_refused)
{
    base_auto_buffer base_buffer bytes = {0};
    heddle_error err;
    ck_assert_int_eq(dn_event_filtered(NULL, NULL, VIEW("\xff\xff"), &bytes, &err),
                     HEDDLE_E_DECODE);
}
END_TEST

SUITE_MAIN("devnet/event", SUITE_CASE("event", filtered_blocks_are_those_of_a_peer,
                                      private_data_comes_with_the_block_untouched,
                                      transaction_too_large_to_decode_does_not_stop_the_stream,
                                      a_block_that_is_none_is_refused))
