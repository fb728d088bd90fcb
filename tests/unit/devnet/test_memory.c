/* Each part of the devnet with every allocation failed in turn: an error, and no leak. */
#include <stdio.h>

#include "base/fail.h"
#include "base/view.h"
#include "devnet/ca/registry.h"
#include "devnet/genesis/genesis.h"
#include "devnet/network/chaincode_option.h"
#include "devnet/orderer/sequencer.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static char path[512];
static dn_material *material;
static dn_signer *signer;
static dn_blockstore *blocks;
static base_buffer genesis;
static heddle_error err;

static heddle_status open_material(void)
{
    dn_material *opened = NULL;
    dn_material_options options = {.dir = path, .host = "h", .org_count = 1, .peers_per_org = 1};
    heddle_status status = dn_material_open(&options, &opened, &err);
    ck_assert(status == HEDDLE_OK || !opened);
    dn_material_free(opened);
    return status;
}

static heddle_status make_genesis(void)
{
    static const uint16_t ports[] = {7051, 7052};
    base_auto_buffer base_buffer block = {0};
    dn_genesis_options options = {.channel = "mychannel",
                                  .material = material,
                                  .host = "localhost",
                                  .orderer_ports = ports,
                                  .peer_ports = ports,
                                  .batch_timeout_ms = 1,
                                  .batch_max_messages = 1,
                                  .batch_preferred_bytes = 1,
                                  .batch_absolute_bytes = 1};
    BASE_TRY(dn_genesis_make(&options, &block, &err));
    return genesis.len ? HEDDLE_OK : base_buffer_append(&genesis, base_buffer_view(&block));
}

static heddle_status load_signer(void)
{
    dn_signer *loaded = NULL;
    const dn_node *node = &material->orderer.nodes[0];
    heddle_status status = dn_signer_load(node->msp_dir, node->msp_id, &loaded, &err);
    ck_assert(status == HEDDLE_OK || !loaded);
    dn_signer_free(loaded);
    return status;
}

static heddle_status reopen_blocks(void)
{
    dn_blockstore *opened = NULL;
    base_auto_buffer base_buffer block = {0};
    BASE_TRY(dn_blockstore_open(path, &opened, &err));
    heddle_status status = HEDDLE_OK;
    if (dn_blockstore_height(opened) == 0)
        status = dn_blockstore_append(opened, 0, VIEW("block"), &err);
    if (status == HEDDLE_OK)
        status = dn_blockstore_read(opened, 0, &block, &err);
    dn_blockstore_close(opened);
    return status;
}

/** A block is appended in each round; a failed round leaves the store as it was. */
static heddle_status write_block(void)
{
    dn_block_writer writer;
    heddle_view envelope = VIEW("envelope");
    BASE_TRY(dn_block_writer_init(&writer, blocks, signer, NULL, &err));
    uint64_t height = dn_blockstore_height(blocks);
    dn_block_spec spec = {.envelopes = &envelope, .count = 1, .index = 1};
    heddle_status status = dn_block_writer_write(&writer, &spec, &err);
    ck_assert_uint_eq(dn_blockstore_height(blocks), height + (status == HEDDLE_OK));
    return status;
}

static heddle_status open_sequencer(void)
{
    dn_sequencer *opened = NULL;
    dn_sequencer_options options = {
        .dir = path, .blocks = blocks, .signer = signer, .max_messages = 1, .timeout_ms = 1};
    heddle_status status = dn_sequencer_open(&options, &opened, &err);
    ck_assert(status == HEDDLE_OK || !opened);
    dn_sequencer_free(opened);
    return status;
}

static heddle_status parse_chaincode(void)
{
    dn_chaincode chaincode;
    base_arena *arena = base_arena_new(0);
    heddle_status status = HEDDLE_E_NO_MEMORY;
    if (arena)
        status = dn_chaincode_parse("cc=h:1,version=2,policy=OR('A.peer','B.peer')", arena,
                                    &chaincode, &err);
    base_arena_free(arena);
    return status;
}

static void with_every_allocation_failed(heddle_status (*fn)(void))
{
    for (size_t nth = 1;; nth += nth < 40 ? 1 : 17) {
        fault_alloc_arm(nth);
        heddle_status status = fn();
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!fault_alloc_disarm()) {
            ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
            break;
        }
    }
}

static void setup(void)
{
    char store[600];
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/new", dir);
    snprintf(store, sizeof(store), "%s/blocks", dir);
    dn_material_options options = {.dir = dir, .org_count = 2, .peers_per_org = 1};
    ck_assert_int_eq(dn_material_open(&options, &material, &err), HEDDLE_OK);
    const dn_node *node = &material->orderer.nodes[0];
    ck_assert_int_eq(dn_signer_load(node->msp_dir, node->msp_id, &signer, &err), HEDDLE_OK);
    ck_assert_int_eq(make_genesis(), HEDDLE_OK);
    ck_assert_int_eq(dn_blockstore_open(store, &blocks, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_blockstore_append(blocks, 0, base_buffer_view(&genesis), &err), HEDDLE_OK);
}

static void teardown(void)
{
    dn_blockstore_close(blocks);
    base_buffer_done(&genesis);
    dn_signer_free(signer);
    dn_material_free(material);
    fixture_dir_free(dir);
}

START_TEST(half_made_material_is_completed)
{
    with_every_allocation_failed(open_material);
    with_every_allocation_failed(open_material);
}
END_TEST

START_TEST(making_the_channel)
{
    with_every_allocation_failed(make_genesis);
    with_every_allocation_failed(load_signer);
    with_every_allocation_failed(parse_chaincode);
}
END_TEST

START_TEST(storing_and_ordering)
{
    with_every_allocation_failed(reopen_blocks);
    with_every_allocation_failed(open_sequencer);
}
END_TEST

/* Opened again each time: what was written is there whole or not at all. */
static heddle_status change_registry(void)
{
    char log[600];
    dn_ca_registry *registry = NULL;
    dn_ca_auto_change dn_ca_change change;
    const dn_ca_attribute attributes[] = {{"level", "7", true}};
    dn_ca_identity user = {.id = "alice",
                           .type = "client",
                           .affiliation = "mill",
                           .attributes = attributes,
                           .attribute_count = 1};
    dn_ca_certificate cert = {.id = "alice", .serial = "1", .aki = "2", .pem = "PEM"};
    snprintf(log, sizeof(log), "%s/registry.log", dir);
    dn_ca_change_begin(&change);
    dn_ca_change_add_affiliation(&change, "mill");
    dn_ca_change_put_identity(&change, &user);
    dn_ca_change_put_certificate(&change, &cert);
    heddle_status status = dn_ca_registry_open(log, &registry, &err);
    if (status == HEDDLE_OK)
        status = dn_ca_registry_commit(registry, &change, &err);
    dn_ca_registry_close(registry);
    return status;
}

START_TEST(keeping_what_a_ca_knows)
{
    with_every_allocation_failed(change_registry);
}
END_TEST

START_TEST(writing_blocks)
{
    with_every_allocation_failed(write_block);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/memory");
    TCase *tc = SUITE_CASE("memory", half_made_material_is_completed, making_the_channel,
                           storing_and_ordering, keeping_what_a_ca_knows, writing_blocks);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
