#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/material/material.h"
#include "devnet/orderer/journal.h"
#include "devnet/orderer/sequencer.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/block_hash.h"
#include "wire/codec.h"

enum { LONG_MS = 600000, WAIT_MS = 20000 };

static char *dir;
static dn_material *material;
static dn_signer *signer;
static dn_blockstore *blocks;
static dn_sequencer *sequencer;
static heddle_error err;

/* Answers. */

typedef struct test_order {
    dn_order base;
    heddle_status answered;
} test_order;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t answer_count;
static test_order orders[64];

static void answer(dn_order *base, heddle_status status, const heddle_error *why)
{
    test_order *order = base_container_of(base, test_order, base);
    (void)why;
    pthread_mutex_lock(&lock);
    order->answered = status;
    answer_count++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    rpc_bytes_unref(order->base.envelope);
}

static void wait_answers(size_t count)
{
    pthread_mutex_lock(&lock);
    while (answer_count < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

/* The chain. */

static void append_genesis(void)
{
    uint8_t hash[32] = {1};
    base_auto_buffer base_buffer bytes = {0};
    ProtobufCBinaryData data = wire_bytes(VIEW("config"));
    ProtobufCBinaryData entries[5] = {{0}};
    Common__BlockHeader header = COMMON__BLOCK_HEADER__INIT;
    Common__BlockData body = COMMON__BLOCK_DATA__INIT;
    Common__BlockMetadata metadata = COMMON__BLOCK_METADATA__INIT;
    Common__Block block = COMMON__BLOCK__INIT;
    header.data_hash = wire_bytes(heddle_view_of(hash, sizeof(hash)));
    body.data = &data;
    body.n_data = 1;
    metadata.metadata = entries;
    metadata.n_metadata = 5;
    block.header = &header;
    block.data = &body;
    block.metadata = &metadata;
    ck_assert_int_eq(wire_encode(&block.base, &bytes, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_blockstore_append(blocks, 0, base_buffer_view(&bytes), &err), HEDDLE_OK);
}

static void open_sequencer(uint32_t max_messages, uint32_t preferred_bytes, uint64_t timeout_ms)
{
    dn_sequencer_options options = {.dir = dir,
                                    .blocks = blocks,
                                    .signer = signer,
                                    .max_messages = max_messages,
                                    .preferred_bytes = preferred_bytes,
                                    .timeout_ms = timeout_ms,
                                    .journal_bytes = 200};
    if (dn_sequencer_open(&options, &sequencer, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    ck_assert_int_eq(dn_sequencer_start(sequencer, &err), HEDDLE_OK);
}

static void close_sequencer(void)
{
    dn_sequencer_free(sequencer);
    sequencer = NULL;
}

static void submit(size_t index, size_t size)
{
    uint8_t payload[128] = {0};
    base_auto_buffer base_buffer bytes = {0};
    Common__Envelope envelope = COMMON__ENVELOPE__INIT;
    payload[0] = (uint8_t)index;
    envelope.payload = wire_bytes(heddle_view_of(payload, size));
    envelope.signature = wire_bytes(VIEW("signature"));
    ck_assert_int_eq(wire_encode(&envelope.base, &bytes, &err), HEDDLE_OK);
    orders[index].base.envelope = rpc_bytes_copy(base_buffer_view(&bytes));
    orders[index].base.size = size;
    orders[index].base.answer = answer;
    dn_sequencer_submit(sequencer, &orders[index].base);
}

static size_t tx_count(uint64_t number)
{
    base_auto_buffer base_buffer bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block block;
    ck_assert_int_eq(dn_blockstore_wait(blocks, number, WAIT_MS, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_blockstore_read(blocks, number, &bytes, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_block_read(base_buffer_view(&bytes), arena, &block, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_block_check_data(&block, &err), HEDDLE_OK);
    return block.tx_count;
}

static void setup(void)
{
    char path[512];
    dir = fixture_dir_new();
    dn_material_options options = {.dir = dir, .org_count = 1, .peers_per_org = 1};
    if (dn_material_open(&options, &material, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    const dn_node *node = &material->orderer.nodes[0];
    ck_assert_int_eq(dn_signer_load(node->msp_dir, node->msp_id, &signer, &err), HEDDLE_OK);
    snprintf(path, sizeof(path), "%s/blocks", dir);
    ck_assert_int_eq(dn_blockstore_open(path, &blocks, &err), HEDDLE_OK);
    append_genesis();
    answer_count = 0;
}

static void teardown(void)
{
    close_sequencer();
    dn_blockstore_close(blocks);
    dn_signer_free(signer);
    dn_material_free(material);
    fixture_dir_free(dir);
}

START_TEST(a_full_batch_becomes_a_block)
{
    open_sequencer(3, 1000, LONG_MS);
    for (size_t i = 0; i < 7; i++)
        submit(i, 10);
    ck_assert_uint_eq(tx_count(1), 3);
    ck_assert_uint_eq(tx_count(2), 3);
    wait_answers(7);
    ck_assert_uint_eq(dn_blockstore_height(blocks), 3);
    for (size_t i = 0; i < 7; i++)
        ck_assert_int_eq(orders[i].answered, HEDDLE_OK);
}
END_TEST

START_TEST(bytes_cut_a_batch_and_a_large_message_stands_alone)
{
    open_sequencer(100, 50, LONG_MS);
    submit(0, 30);
    submit(1, 30);
    submit(2, 60);
    ck_assert_uint_eq(tx_count(1), 1);
    ck_assert_uint_eq(tx_count(2), 1);
    ck_assert_uint_eq(tx_count(3), 1);
    wait_answers(3);
}
END_TEST

START_TEST(the_timeout_cuts_what_is_there)
{
    open_sequencer(100, 1000, 20);
    submit(0, 10);
    ck_assert_uint_eq(tx_count(1), 1);
    submit(1, 10);
    submit(2, 10);
    wait_answers(3);
    size_t count = tx_count(2);
    if (count == 1)
        count += tx_count(3);
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(what_was_answered_is_ordered_after_a_restart)
{
    open_sequencer(100, 1000, LONG_MS);
    submit(0, 10);
    submit(1, 10);
    wait_answers(2);
    close_sequencer();
    ck_assert_uint_eq(dn_blockstore_height(blocks), 1);
    open_sequencer(2, 1000, LONG_MS);
    ck_assert_uint_eq(tx_count(1), 2);
    close_sequencer();
    open_sequencer(1, 1000, LONG_MS);
    submit(2, 10);
    ck_assert_uint_eq(tx_count(2), 1);
    wait_answers(3);
}
END_TEST

START_TEST(a_trimmed_journal_keeps_what_no_block_has)
{
    open_sequencer(3, 1000, LONG_MS);
    for (size_t i = 0; i < 20; i++) {
        submit(i, 100);
        wait_answers(i + 1);
    }
    ck_assert_uint_eq(tx_count(6), 3);
    close_sequencer();
    dn_journal *journal;
    ck_assert_int_eq(dn_journal_open(dir, 18, &journal, &err), HEDDLE_OK);
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_uint_eq(dn_journal_next(journal), 21);
    ck_assert_int_eq(dn_journal_read(journal, 20, &bytes, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_journal_read(journal, 1, &bytes, &err), HEDDLE_E_NOT_FOUND);
    dn_journal_close(journal);
    open_sequencer(2, 1000, LONG_MS);
    ck_assert_uint_eq(tx_count(7), 2);
}
END_TEST

static void spoil(const char *path, const char *text)
{
    base_auto_buffer base_buffer file = {0};
    ck_assert_int_eq(base_read_file(path, 0, &file, &err), HEDDLE_OK);
    uint8_t *at = memmem(file.data, file.len, text, strlen(text));
    ck_assert_ptr_nonnull(at);
    memset(at, 0, strlen(text));
    ck_assert_int_eq(base_write_file(path, base_buffer_view(&file), 0600, &err), HEDDLE_OK);
}

/* The machine may lose bytes of envelopes that were not synced yet, and keep later ones. */
START_TEST(a_journal_ends_before_an_envelope_that_was_lost)
{
    static const char *const envelopes[] = {"envelope one", "envelope two", "envelope three"};
    char path[512];
    dn_journal *journal;
    base_auto_buffer base_buffer bytes = {0};
    snprintf(path, sizeof(path), "%s/journal.log", dir);
    ck_assert_int_eq(dn_journal_open(dir, 0, &journal, &err), HEDDLE_OK);
    for (size_t i = 0; i < BASE_COUNT(envelopes); i++)
        ck_assert_int_eq(dn_journal_append(journal, heddle_view_str(envelopes[i]), &err),
                         HEDDLE_OK);
    dn_journal_close(journal);
    spoil(path, envelopes[1]);
    ck_assert_int_eq(dn_journal_open(dir, 0, &journal, &err), HEDDLE_OK);
    ck_assert_uint_eq(dn_journal_next(journal), 2);
    ck_assert_int_eq(dn_journal_read(journal, 1, &bytes, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_journal_append(journal, VIEW("another"), &err), HEDDLE_OK);
    dn_journal_close(journal);
    ck_assert_int_eq(dn_journal_open(dir, 0, &journal, &err), HEDDLE_OK);
    ck_assert_uint_eq(dn_journal_next(journal), 3);
    dn_journal_close(journal);
}
END_TEST

START_TEST(blocks_are_chained_and_signed)
{
    base_auto_buffer base_buffer first = {0};
    base_auto_buffer base_buffer second = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block one;
    wire_block two;
    uint8_t hash[32];
    open_sequencer(1, 1000, LONG_MS);
    submit(0, 10);
    submit(1, 10);
    ck_assert_uint_eq(tx_count(2), 1);
    ck_assert_int_eq(dn_blockstore_read(blocks, 1, &first, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_blockstore_read(blocks, 2, &second, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_block_read(base_buffer_view(&first), arena, &one, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_block_read(base_buffer_view(&second), arena, &two, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_block_header_hash(&one, hash, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_block_check_link(&two, 1, heddle_view_of(hash, 32), &err), HEDDLE_OK);
    ck_assert_uint_eq(two.signature_count, 1);
    ck_assert_uint_eq(two.metadata_count, 5);
    base_auto_buffer base_buffer signed_bytes = {0};
    ck_assert_int_eq(base_buffer_append(&signed_bytes, two.signed_value), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&signed_bytes, two.signatures[0].header), HEDDLE_OK);
    ck_assert_int_eq(
        wire_block_header_der(two.number, two.previous_hash, two.data_hash, &signed_bytes),
        HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_verify(dn_signer_cert(signer), CRYPTO_SHA256,
                                        base_buffer_view(&signed_bytes),
                                        two.signatures[0].signature, &err),
                     HEDDLE_OK);
    /* As etcdraft's: consenter 1, the next one 2, the index of the last envelope. */
    static const uint8_t consenter[] = {0x0a, 0x00, 0x12, 0x09, 0x0a, 0x07, 0x0a,
                                        0x01, 0x01, 0x10, 0x02, 0x18, 0x02};
    ck_assert(base_view_equal(two.signed_value, heddle_view_of(consenter, sizeof(consenter))));
    wait_answers(2);
}
END_TEST

/** Let no file of the process grow beyond @p bytes. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_refuses_until_there_is_room)
{
    open_sequencer(2, 1000, LONG_MS);
    submit(0, 10);
    wait_answers(1);
    limit_files(100);
    submit(1, 10);
    wait_answers(2);
    ck_assert_int_eq(orders[1].answered, HEDDLE_E_IO);
    limit_files(RLIM_INFINITY);
    submit(2, 10);
    ck_assert_uint_eq(tx_count(1), 2);
    wait_answers(3);
    ck_assert_int_eq(orders[2].answered, HEDDLE_OK);
}
END_TEST

START_TEST(after_the_stop_nothing_is_taken)
{
    open_sequencer(1, 1000, LONG_MS);
    dn_sequencer_stop(sequencer);
    submit(0, 10);
    ck_assert_int_eq(orders[0].answered, HEDDLE_E_CANCELLED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/sequencer");
    TCase *tc = SUITE_CASE(
        "sequencer", a_full_batch_becomes_a_block,
        bytes_cut_a_batch_and_a_large_message_stands_alone, the_timeout_cuts_what_is_there,
        what_was_answered_is_ordered_after_a_restart, a_trimmed_journal_keeps_what_no_block_has,
        a_journal_ends_before_an_envelope_that_was_lost, blocks_are_chained_and_signed,
        a_full_disk_refuses_until_there_is_room, after_the_stop_nothing_is_taken);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
