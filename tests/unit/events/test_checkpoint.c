#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/view.h"
#include "events/checkpoint_text.h"
#include "heddle/heddle.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

static const char tx[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void expect(heddle_checkpointer *kept, uint64_t number, const char *tx_id)
{
    heddle_checkpoint at = {0};
    OK(heddle_checkpointer_load(kept, &at, &err));
    ck_assert_uint_eq(at.block_number, number);
    ck_assert_str_eq(at.tx_id, tx_id);
}

static void save_and_load(heddle_checkpointer *kept)
{
    heddle_checkpoint at = {.block_number = 99};
    ck_assert_int_eq(heddle_checkpointer_load(kept, &at, &err), HEDDLE_E_NOT_FOUND);
    ck_assert_uint_eq(at.block_number, 99);
    OK(heddle_checkpointer_save_tx(kept, 0, tx, &err));
    expect(kept, 0, tx);
    OK(heddle_checkpointer_save_block(kept, 0, &err));
    expect(kept, 1, "");
    OK(heddle_checkpointer_save_block(kept, UINT64_MAX - 1, &err));
    expect(kept, UINT64_MAX, "");
    ck_assert_int_eq(heddle_checkpointer_save_block(kept, UINT64_MAX, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_checkpointer_save_tx(kept, 1, "", &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_checkpointer_save_tx(kept, 1, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_checkpointer_save_tx(kept, 1, "a\"b", &err), HEDDLE_E_BAD_ARGUMENT);
    expect(kept, UINT64_MAX, "");
}

START_TEST(memory_keeps_the_last)
{
    heddle_checkpointer *kept = NULL;
    OK(heddle_checkpointer_memory(&kept, &err));
    save_and_load(kept);
    heddle_checkpointer_unref(heddle_checkpointer_ref(kept));
    heddle_checkpointer_unref(kept);
    heddle_checkpointer_unref(NULL);
}
END_TEST

START_TEST(file_is_there_for_the_next_process)
{
    char *dir = fixture_dir_new();
    char path[4096];
    heddle_checkpointer *kept = NULL;
    snprintf(path, sizeof(path), "%s/checkpoint.json", dir);
    OK(heddle_checkpointer_file(path, &kept, &err));
    ck_assert_int_ne(access(path, F_OK), 0);
    save_and_load(kept);
    OK(heddle_checkpointer_save_tx(kept, 7, tx, &err));
    heddle_checkpointer_unref(kept);
    base_auto_buffer base_buffer text = {0};
    OK(base_read_file(path, 0, &text, &err));
    ck_assert_str_eq(base_buffer_cstr(&text),
                     "{\"blockNumber\":7,\"transactionId\":\"0123456789abcdef0123456789abcdef"
                     "0123456789abcdef0123456789abcdef\"}\n");
    OK(heddle_checkpointer_file(path, &kept, &err));
    expect(kept, 7, tx);
    heddle_checkpointer_unref(kept);
    fixture_dir_free(dir);
}
END_TEST

START_TEST(file_that_cannot_be_written_keeps_the_last_position)
{
    char *dir = fixture_dir_new();
    char path[4200], folder[4096];
    heddle_checkpointer *kept = NULL;
    snprintf(folder, sizeof(folder), "%s/gone", dir);
    snprintf(path, sizeof(path), "%s/checkpoint.json", folder);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    OK(heddle_checkpointer_file(path, &kept, &err));
    OK(heddle_checkpointer_save_block(kept, 4, &err));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(heddle_checkpointer_save_block(kept, 5, &err), HEDDLE_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "checkpoint"));
    expect(kept, 5, "");
    heddle_checkpointer_unref(kept);
    fixture_dir_free(dir);
}
END_TEST

/* Files as Fabric's client libraries leave them, in several languages. */
START_TEST(reads_the_files_of_other_libraries)
{
    static const struct {
        const char *text;
        bool kept;
        uint64_t number;
        const char *tx_id;
    } table[] = {
        {"", false, 0, ""},
        {"{}", false, 0, ""},
        {"{\"blockNumber\":0,\"transactionId\":\"\"}", false, 0, ""},
        {"{\"blockNumber\":12,\"transactionId\":\"\"}", true, 12, ""},
        {"{\"blockNumber\":\"12\",\"transactionId\":\"ab\"}", true, 12, "ab"},
        {"{\"blockNumber\":\"12\"}", true, 12, ""},
        {"{\"transactionId\":\"ab\",\"blockNumber\":0}", true, 0, "ab"},
        {" { \"blockNumber\" : 18446744073709551615 ,\n\t\"transactionId\" : null }\r\n", true,
         UINT64_MAX, ""},
        {"{\"blockNumber\":null,\"transactionId\":null}", false, 0, ""},
    };
    char *dir = fixture_dir_new();
    char path[4096];
    snprintf(path, sizeof(path), "%s/checkpoint.json", dir);
    for (size_t i = 0; i < BASE_COUNT(table); i++) {
        heddle_checkpointer *kept = NULL;
        heddle_checkpoint at;
        OK(base_write_file(path, heddle_view_str(table[i].text), 0600, &err));
        OK(heddle_checkpointer_file(path, &kept, &err));
        if (table[i].kept)
            expect(kept, table[i].number, table[i].tx_id);
        else
            ck_assert_int_eq(heddle_checkpointer_load(kept, &at, &err), HEDDLE_E_NOT_FOUND);
        heddle_checkpointer_unref(kept);
    }
    fixture_dir_free(dir);
}
END_TEST

START_TEST(file_that_is_none_is_an_error_that_names_it)
{
    static const char whole[] = "{\"blockNumber\":12,\"transactionId\":\"ab\"}";
    static const char *const table[] = {
        "[]",
        "12",
        "{\"blockNumber\":-1}",
        "{\"blockNumber\":1.5}",
        "{\"blockNumber\":\"\"}",
        "{\"blockNumber\":18446744073709551616}",
        "{\"block\":1}",
        "{\"transactionId\":7}",
        "{\"transactionId\":\"a\\u0062\"}",
        "{\"blockNumber\":1}x",
        "{\"blockNumber\":1,}",
        "{\"transactionId\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\"}",
    };
    char *dir = fixture_dir_new();
    char path[4096];
    heddle_checkpointer *kept = NULL;
    snprintf(path, sizeof(path), "%s/checkpoint.json", dir);
    for (size_t i = 0; i < BASE_COUNT(table); i++) {
        OK(base_write_file(path, heddle_view_str(table[i]), 0600, &err));
        ck_assert_msg(heddle_checkpointer_file(path, &kept, &err) == HEDDLE_E_DECODE, "%s",
                      table[i]);
        ck_assert_ptr_nonnull(strstr(err.message, "checkpoint.json"));
    }
    for (size_t cut = 1; cut + 1 < sizeof(whole); cut++) {
        OK(base_write_file(path, heddle_view_of(whole, cut), 0600, &err));
        ck_assert_int_eq(heddle_checkpointer_file(path, &kept, &err), HEDDLE_E_DECODE);
    }
    ck_assert_int_eq(heddle_checkpointer_file(dir, &kept, &err), HEDDLE_E_IO);
    ck_assert_int_eq(heddle_checkpointer_file("", &kept, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(kept);
    fixture_dir_free(dir);
}
END_TEST

typedef struct store {
    heddle_checkpoint at;
    bool has;
    bool is_broken;
    int released;
} store;

static heddle_status load(void *user, heddle_checkpoint *out, heddle_error *e)
{
    store *s = user;
    if (s->is_broken)
        snprintf(e->message, sizeof(e->message), "the table is gone");
    if (s->is_broken || !s->has)
        return s->is_broken ? HEDDLE_E_DATABASE : HEDDLE_E_NOT_FOUND;
    *out = s->at;
    return HEDDLE_OK;
}

static heddle_status save(void *user, const heddle_checkpoint *at, heddle_error *e)
{
    (void)e;
    store *s = user;
    s->at = *at;
    s->has = true;
    return s->is_broken ? HEDDLE_E_DATABASE : HEDDLE_OK;
}

static void release(void *user)
{
    ((store *)user)->released++;
}

START_TEST(callbacks_keep_it_elsewhere)
{
    store s = {0};
    heddle_checkpointer *kept = NULL;
    heddle_checkpoint at;
    OK(heddle_checkpointer_callback(load, save, &s, release, &kept, &err));
    save_and_load(kept);
    s.is_broken = true;
    ck_assert_int_eq(heddle_checkpointer_load(kept, &at, &err), HEDDLE_E_DATABASE);
    ck_assert_str_eq(err.message, "checkpoint: the table is gone");
    ck_assert_int_eq(heddle_checkpointer_save_block(kept, 1, &err), HEDDLE_E_DATABASE);
    heddle_checkpointer_unref(kept);
    ck_assert_int_eq(s.released, 1);
    ck_assert_int_eq(heddle_checkpointer_callback(NULL, save, &s, release, &kept, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(s.released, 1);
}
END_TEST

START_TEST(survives_want_of_memory)
{
    char *dir = fixture_dir_new();
    char path[4096];
    bool reached = true;
    snprintf(path, sizeof(path), "%s/checkpoint.json", dir);
    OK(base_write_file(path, VIEW("{\"blockNumber\":3}"), 0600, &err));
    for (size_t nth = 1; reached; nth++) {
        heddle_checkpointer *kept = NULL;
        fault_alloc_arm(nth);
        heddle_status status = heddle_checkpointer_file(path, &kept, &err);
        if (status == HEDDLE_OK)
            status = heddle_checkpointer_save_block(kept, 3, &err);
        heddle_checkpointer_unref(kept);
        long live = fault_alloc_live();
        reached = fault_alloc_disarm();
        ck_assert_int_eq(live, 0);
        ck_assert(reached ? status == HEDDLE_E_NO_MEMORY : status == HEDDLE_OK);
    }
    fixture_dir_free(dir);
}
END_TEST

SUITE_MAIN("client/checkpoint",
           SUITE_CASE("checkpoint", memory_keeps_the_last, file_is_there_for_the_next_process,
                      file_that_cannot_be_written_keeps_the_last_position,
                      reads_the_files_of_other_libraries,
                      file_that_is_none_is_an_error_that_names_it, callbacks_keep_it_elsewhere,
                      survives_want_of_memory))
