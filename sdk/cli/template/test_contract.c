/* The contract on a channel in memory. */
#include "contract.h"

#include <check.h>
#include <heddle/chaincode_test.h>
#include <stdlib.h>
#include <string.h>

static heddle_cc_mock *channel;
static heddle_cc_mock_result result;

static void open_channel(void)
{
    ck_assert_int_eq(heddle_cc_mock_new(&NEW_CHAINCODE, &channel, NULL), HEDDLE_OK);
    heddle_cc_mock_lint(channel, true);
}

static void close_channel(void)
{
    heddle_cc_mock_free(channel);
}

#define SUBMIT(...)   ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(channel, &result, __VA_ARGS__), 0)
#define EVALUATE(...) ck_assert_int_eq(HEDDLE_CC_MOCK_EVALUATE(channel, &result, __VA_ARGS__), 0)

START_TEST(what_was_created_is_read)
{
    SUBMIT("Create", "note1", "the first note");
    ck_assert_int_eq(result.status, 200);
    ck_assert_str_eq(result.event_name, "Created");
    EVALUATE("Read", "note1");
    ck_assert_str_eq(result.text, "the first note");
}
END_TEST

START_TEST(a_note_is_created_once)
{
    SUBMIT("Create", "note1", "the first note");
    SUBMIT("Create", "note1", "another one");
    ck_assert_int_eq(result.status, 500);
    ck_assert_str_eq(result.message, "there is a note note1 already");
}
END_TEST

START_TEST(what_was_deleted_is_gone)
{
    SUBMIT("Create", "note1", "the first note");
    SUBMIT("Delete", "note1");
    EVALUATE("Read", "note1");
    ck_assert_str_eq(result.message, "there is no note note1");
}
END_TEST

START_TEST(all_are_listed_by_their_ids)
{
    SUBMIT("Create", "b", "two");
    SUBMIT("Create", "a", "one");
    SUBMIT("Update", "b", "2");
    EVALUATE("List");
    ck_assert_str_eq(result.text,
                     "[{\"id\":\"a\",\"text\":\"one\"},{\"id\":\"b\",\"text\":\"2\"}]");
}
END_TEST

START_TEST(a_note_has_a_text)
{
    SUBMIT("Create", "note1", "");
    ck_assert_int_eq(result.status, 500);
    ck_assert_ptr_nonnull(strstr(result.message, "text"));
}
END_TEST

START_TEST(a_missing_argument_is_named)
{
    SUBMIT("Create", "note1");
    ck_assert_int_eq(result.status, 500);
    ck_assert_ptr_nonnull(strstr(result.message, "text"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("@NAME@");
    TCase *notes = tcase_create("notes");
    tcase_add_checked_fixture(notes, open_channel, close_channel);
    tcase_add_test(notes, what_was_created_is_read);
    tcase_add_test(notes, a_note_is_created_once);
    tcase_add_test(notes, what_was_deleted_is_gone);
    tcase_add_test(notes, all_are_listed_by_their_ids);
    tcase_add_test(notes, a_note_has_a_text);
    tcase_add_test(notes, a_missing_argument_is_named);
    suite_add_tcase(suite, notes);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
