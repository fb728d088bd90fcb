/* What a block must prove. */
#include "datasync/chain.h"

#include <stdio.h>

#include "base/view.h"
#include "support/fixture.h"
#include "support/suite.h"

enum { GOLDEN_BLOCKS = 40 };

typedef struct loaded {
    base_buffer bytes;
    base_arena *arena;
    wire_block block;
} loaded;

static void load(loaded *l, int number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", number);
    l->bytes = fixture_read(path);
    l->arena = base_arena_new(0);
    ck_assert_int_eq(wire_block_read(base_buffer_view(&l->bytes), l->arena, &l->block, NULL),
                     HEDDLE_OK);
}

static void unload(loaded *l)
{
    base_buffer_done(&l->bytes);
    base_arena_free(l->arena);
}

static void accept_up_to(sync_chain *chain, int count)
{
    for (int i = 0; i < count; i++) {
        loaded l;
        uint8_t hash[32];
        heddle_error err;
        load(&l, i);
        heddle_status status = sync_chain_accept(chain, &l.block, hash, &err);
        ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
        unload(&l);
    }
}

START_TEST(recorded_chain_holds_with_its_signatures)
{
    sync_chain *chain = sync_chain_new(true);
    accept_up_to(chain, GOLDEN_BLOCKS);
    ck_assert_uint_eq(sync_chain_next(chain), GOLDEN_BLOCKS);
    sync_chain_free(chain);
}
END_TEST

START_TEST(changed_signature_is_refused_and_changes_nothing)
{
    sync_chain *chain = sync_chain_new(true);
    loaded l;
    uint8_t hash[32];
    heddle_error err;
    accept_up_to(chain, 9);
    load(&l, 9);
    uint8_t *signature = (uint8_t *)(uintptr_t)l.block.signatures[0].signature.data;
    signature[l.block.signatures[0].signature.len - 1] ^= 1;
    ck_assert_int_eq(sync_chain_accept(chain, &l.block, hash, &err), HEDDLE_E_BAD_SIGNATURE);
    ck_assert_ptr_nonnull(strstr(err.message, "block 9: the orderers' signatures"));
    signature[l.block.signatures[0].signature.len - 1] ^= 1;
    ck_assert_int_eq(sync_chain_accept(chain, &l.block, hash, &err), HEDDLE_OK);
    unload(&l);
    sync_chain_free(chain);
}
END_TEST

START_TEST(removed_signatures_are_refused_unless_only_hashes_count)
{
    for (int check = 0; check <= 1; check++) {
        sync_chain *chain = sync_chain_new(check);
        loaded l;
        uint8_t hash[32];
        accept_up_to(chain, 5);
        load(&l, 5);
        l.block.signature_count = 0;
        ck_assert_int_eq(sync_chain_accept(chain, &l.block, hash, NULL),
                         check ? HEDDLE_E_BAD_SIGNATURE : HEDDLE_OK);
        unload(&l);
        sync_chain_free(chain);
    }
}
END_TEST

START_TEST(changed_last_config_is_refused)
{
    sync_chain *chain = sync_chain_new(true);
    loaded l;
    uint8_t hash[32];
    accept_up_to(chain, 5);
    load(&l, 5);
    uint8_t *value = (uint8_t *)(uintptr_t)l.block.signed_value.data;
    value[3] ^= 1;
    ck_assert_int_eq(sync_chain_accept(chain, &l.block, hash, NULL), HEDDLE_E_BAD_SIGNATURE);
    unload(&l);
    sync_chain_free(chain);
}
END_TEST

START_TEST(first_block_and_gaps_are_refused)
{
    sync_chain *chain = sync_chain_new(false);
    loaded l;
    uint8_t hash[32];
    heddle_error err;
    load(&l, 3);
    ck_assert_int_eq(sync_chain_accept(chain, &l.block, hash, &err), HEDDLE_E_BROKEN_CHAIN);
    accept_up_to(chain, 2);
    ck_assert_int_eq(sync_chain_accept(chain, &l.block, hash, &err), HEDDLE_E_BROKEN_CHAIN);
    ck_assert_ptr_nonnull(strstr(err.message, "block 3 comes where block 2 is due"));
    unload(&l);
    sync_chain_free(chain);
}
END_TEST

START_TEST(resumes_with_the_configuration_in_force)
{
    sync_chain *chain = sync_chain_new(true);
    loaded config, l;
    uint8_t hash[32];
    load(&config, 36);
    load(&l, 39);
    memcpy(hash, l.block.previous_hash.data, 32);
    ck_assert_int_eq(sync_chain_resume(chain, 38, hash, base_buffer_view(&config.bytes), NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(sync_chain_accept(chain, &l.block, hash, NULL), HEDDLE_OK);
    ck_assert_uint_eq(sync_chain_next(chain), 40);
    unload(&l);
    unload(&config);
    sync_chain_free(chain);
}
END_TEST

SUITE_MAIN("datasync/chain",
           SUITE_CASE("chain", recorded_chain_holds_with_its_signatures,
                      changed_signature_is_refused_and_changes_nothing,
                      removed_signatures_are_refused_unless_only_hashes_count,
                      changed_last_config_is_refused, first_block_and_gaps_are_refused,
                      resumes_with_the_configuration_in_force))
