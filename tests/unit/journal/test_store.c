#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/view.h"
#include "journal/store.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static char path[512];
static base_arena *arena;

static void setup(void)
{
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/journal.db", dir);
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
    fixture_dir_free(dir);
}

static journal_store *store_open(void)
{
    journal_store *store = NULL;
    heddle_error err;
    ck_assert_msg(journal_store_open(path, &store, &err) == HEDDLE_OK, "%s", err.message);
    return store;
}

static journal_intent intent_of(const char *key, journal_state state)
{
    return (journal_intent){.key = heddle_view_str(key),
                            .fingerprint = VIEW("01234567890123456789012345678901"),
                            .channel = "mychannel",
                            .attempt = 3,
                            .state = state,
                            .tx_id = "ab12",
                            .transaction = VIEW("\0envelope\0"),
                            .result = VIEW("answer"),
                            .code = 11,
                            .block = UINT64_C(0x7fffffffffffffff),
                            .changed_s = 1000};
}

static void put(journal_store *store, const journal_intent *intent)
{
    ck_assert_int_eq(journal_store_begin(store, NULL), HEDDLE_OK);
    ck_assert_int_eq(journal_store_put(store, intent, NULL), HEDDLE_OK);
    ck_assert_int_eq(journal_store_commit(store, NULL), HEDDLE_OK);
}

static bool find(journal_store *store, const char *key, journal_intent *out)
{
    bool found = false;
    ck_assert_int_eq(journal_store_find(store, heddle_view_str(key), arena, out, &found, NULL),
                     HEDDLE_OK);
    return found;
}

START_TEST(an_intent_comes_back_as_it_was_written)
{
    journal_intent given = intent_of("order 7", JOURNAL_DONE), got = {0};
    journal_store *store = store_open();
    put(store, &given);
    journal_store_close(store);

    store = store_open();
    ck_assert(find(store, "order 7", &got));
    ck_assert(base_view_equal(got.key, given.key));
    ck_assert(base_view_equal(got.fingerprint, given.fingerprint));
    ck_assert_str_eq(got.channel, "mychannel");
    ck_assert_uint_eq(got.attempt, 3);
    ck_assert_int_eq(got.state, JOURNAL_DONE);
    ck_assert_str_eq(got.tx_id, "ab12");
    ck_assert(base_view_equal(got.transaction, given.transaction));
    ck_assert(base_view_equal(got.result, given.result));
    ck_assert_int_eq(got.code, 11);
    ck_assert_uint_eq(got.block, UINT64_C(0x7fffffffffffffff));
    ck_assert_int_eq(got.changed_s, 1000);
    ck_assert(!find(store, "order 8", &got));
    journal_store_close(store);
}
END_TEST

START_TEST(the_last_writing_of_a_key_counts)
{
    journal_intent first = intent_of("k", JOURNAL_ENDORSED), second = first, got = {0};
    second.attempt = 4;
    second.result = VIEW("");
    journal_store *store = store_open();
    put(store, &first);
    put(store, &second);
    ck_assert(find(store, "k", &got));
    ck_assert_uint_eq(got.attempt, 4);
    ck_assert_uint_eq(got.result.len, 0);
    journal_store_close(store);
}
END_TEST

static heddle_status put_over(journal_store *store, const journal_intent *intent)
{
    heddle_error err = {0};
    ck_assert_int_eq(journal_store_begin(store, NULL), HEDDLE_OK);
    heddle_status status = journal_store_put(store, intent, &err);
    ck_assert_int_eq(journal_store_commit(store, NULL), HEDDLE_OK);
    ck_assert_int_eq(err.status, status);
    return status;
}

START_TEST(a_key_never_goes_back_and_never_changes_its_request)
{
    journal_intent far = intent_of("k", JOURNAL_DONE), back = far, other = far, got = {0};
    journal_store *store = store_open();
    put(store, &far);
    back.state = JOURNAL_ENDORSED;
    ck_assert_int_eq(put_over(store, &back), HEDDLE_E_EXISTS);
    back = far;
    back.attempt--;
    ck_assert_int_eq(put_over(store, &back), HEDDLE_E_EXISTS);
    other.fingerprint = VIEW("x1234567890123456789012345678901");
    other.attempt++;
    ck_assert_int_eq(put_over(store, &other), HEDDLE_E_EXISTS);
    ck_assert(find(store, "k", &got));
    ck_assert_int_eq(got.state, JOURNAL_DONE);
    ck_assert_uint_eq(got.attempt, 3);
    ck_assert(base_view_equal(got.fingerprint, far.fingerprint));
    far.attempt++;
    far.state = JOURNAL_ENDORSED;
    put(store, &far);
    journal_store_close(store);
}
END_TEST

START_TEST(a_fingerprint_of_another_length_is_no_intent)
{
    bool found = false;
    heddle_error err;
    journal_intent intent = intent_of("k", JOURNAL_ENDORSED), got = {0};
    intent.fingerprint = VIEW("short");
    journal_store *store = store_open();
    put(store, &intent);
    ck_assert_int_eq(journal_store_find(store, heddle_view_str("k"), arena, &got, &found, &err),
                     HEDDLE_E_DECODE);
    ck_assert(!found);
    journal_store_close(store);
}
END_TEST

START_TEST(open_intents_come_in_the_order_of_their_keys)
{
    journal_store *store = store_open();
    const char *const keys[] = {"c", "a", "d", "b"};
    for (size_t i = 0; i < 4; i++) {
        journal_intent intent = intent_of(keys[i], i == 2 ? JOURNAL_DONE : JOURNAL_ENDORSED);
        put(store, &intent);
    }
    char seen[8] = "";
    journal_intent at = {0};
    bool found = true;
    while (found) {
        ck_assert_int_eq(journal_store_open_after(store, at.key, arena, &at, &found, NULL),
                         HEDDLE_OK);
        if (found)
            strncat(seen, (const char *)at.key.data, at.key.len);
    }
    ck_assert_str_eq(seen, "abc");
    journal_store_close(store);
}
END_TEST

START_TEST(only_what_is_done_and_old_is_forgotten)
{
    journal_store *store = store_open();
    journal_intent old = intent_of("old", JOURNAL_DONE), young = intent_of("young", JOURNAL_DONE),
                   waiting = intent_of("waiting", JOURNAL_ENDORSED), got;
    young.changed_s = 2000;
    put(store, &old);
    put(store, &young);
    put(store, &waiting);
    uint64_t count = 0;
    ck_assert_int_eq(journal_store_forget(store, 1500, &count, NULL), HEDDLE_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert(!find(store, "old", &got));
    ck_assert(find(store, "young", &got));
    ck_assert(find(store, "waiting", &got));
    journal_store_close(store);
}
END_TEST

START_TEST(what_was_not_committed_has_not_happened)
{
    journal_intent intent = intent_of("k", JOURNAL_ENDORSED), got;
    pid_t child = fork();
    if (child == 0) {
        journal_store *store = store_open();
        put(store, &intent);
        intent.key = VIEW("lost");
        (void)!journal_store_begin(store, NULL);
        (void)!journal_store_put(store, &intent, NULL);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    journal_store *store = store_open();
    ck_assert(find(store, "k", &got));
    ck_assert(!find(store, "lost", &got));
    journal_store_close(store);
}
END_TEST

START_TEST(the_file_is_for_its_owner_only)
{
    journal_store_close(store_open());
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
}
END_TEST

static void refuses_content(const char *content, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 100; i++)
        fputs(content, file);
    fclose(file);
    journal_store *store = NULL;
    heddle_error err;
    ck_assert_int_eq(journal_store_open(path, &store, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_null(store);
    ck_assert_msg(strstr(err.message, text) && strstr(err.message, path), "%s", err.message);
}

START_TEST(another_file_is_refused_by_name)
{
    refuses_content("this is a letter to an aunt\n", "no journal");
}
END_TEST

START_TEST(a_path_that_cannot_be_is_refused_by_name)
{
    journal_store *store = NULL;
    heddle_error err;
    ck_assert_int_eq(journal_store_open("/nowhere/at/all", &store, &err), HEDDLE_E_IO);
    ck_assert_msg(strstr(err.message, "/nowhere/at/all"), "%s", err.message);
}
END_TEST

START_TEST(every_lack_of_memory_is_told)
{
    journal_intent intent = intent_of("k", JOURNAL_ENDORSED);
    journal_store *first = store_open();
    put(first, &intent);
    journal_store_close(first);
    bool reached = true;
    for (size_t nth = 1; reached; nth++) {
        journal_store *store = NULL;
        journal_intent got;
        bool found = false;
        fault_alloc_arm(nth);
        base_arena *small = base_arena_new(0);
        heddle_status status = small ? journal_store_open(path, &store, NULL) : HEDDLE_E_NO_MEMORY;
        if (status == HEDDLE_OK)
            status = journal_store_find(store, VIEW("k"), small, &got, &found, NULL);
        journal_store_close(store);
        base_arena_free(small);
        reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert_int_eq(status, reached ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
    }
}
END_TEST

static TCase *store_case(void)
{
    TCase *tcase = SUITE_CASE(
        "store", an_intent_comes_back_as_it_was_written, the_last_writing_of_a_key_counts,
        a_key_never_goes_back_and_never_changes_its_request,
        a_fingerprint_of_another_length_is_no_intent, open_intents_come_in_the_order_of_their_keys,
        only_what_is_done_and_old_is_forgotten, what_was_not_committed_has_not_happened,
        the_file_is_for_its_owner_only, another_file_is_refused_by_name,
        a_path_that_cannot_be_is_refused_by_name, every_lack_of_memory_is_told);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("journal/store", store_case())
