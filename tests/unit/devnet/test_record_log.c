#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/view.h"
#include "devnet/blockstore/record_log.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static char path[512];
static heddle_error err;

static void setup(void)
{
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/log", dir);
}

static void teardown(void)
{
    fixture_dir_free(dir);
}

static heddle_status open_log(bool one_by_one, dn_log **out)
{
    dn_log_options options = {.path = path, .first = 7, .max_body = 4096, .one_by_one = one_by_one};
    return dn_log_open(&options, out, &err);
}

static dn_log *opened(bool one_by_one)
{
    dn_log *log = NULL;
    if (open_log(one_by_one, &log) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return log;
}

static void append(dn_log *log, const char *text)
{
    ck_assert_int_eq(dn_log_append(log, heddle_view_str(text), &err), HEDDLE_OK);
    ck_assert_int_eq(dn_log_sync(log, &err), HEDDLE_OK);
}

static void assert_record(const dn_log *log, uint64_t number, const char *text)
{
    base_auto_buffer base_buffer body = {0};
    ck_assert_int_eq(dn_log_read(log, number, &body, &err), HEDDLE_OK);
    ck_assert(base_view_is(base_buffer_view(&body), text));
}

static off_t file_size(void)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_size;
}

static void flip_byte(off_t at)
{
    int fd = open(path, O_RDWR);
    uint8_t byte;
    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x40;
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void two_records(bool one_by_one, off_t *second_at)
{
    dn_log *log = opened(one_by_one);
    append(log, "first");
    *second_at = file_size();
    append(log, "the second record");
    dn_log_close(log);
}

START_TEST(records_come_back_after_reopening)
{
    off_t at;
    two_records(true, &at);
    dn_log *log = opened(true);
    ck_assert_uint_eq(dn_log_first(log), 7);
    ck_assert_uint_eq(dn_log_next(log), 9);
    assert_record(log, 7, "first");
    assert_record(log, 8, "the second record");
    base_auto_buffer base_buffer body = {0};
    ck_assert_int_eq(dn_log_read(log, 9, &body, &err), HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(dn_log_read(log, 6, &body, &err), HEDDLE_E_NOT_FOUND);
    dn_log_close(log);
}
END_TEST

START_TEST(a_record_cut_anywhere_is_dropped_and_the_log_goes_on)
{
    off_t second_at;
    two_records(true, &second_at);
    base_auto_buffer base_buffer whole = {0};
    ck_assert_int_eq(base_read_file(path, 0, &whole, &err), HEDDLE_OK);
    for (size_t len = (size_t)second_at; len < whole.len; len++) {
        ck_assert_int_eq(base_write_file(path, heddle_view_of(whole.data, len), 0600, &err),
                         HEDDLE_OK);
        dn_log *log = opened(true);
        ck_assert_uint_eq(dn_log_next(log), 8);
        assert_record(log, 7, "first");
        append(log, "another");
        dn_log_close(log);
        log = opened(true);
        assert_record(log, 8, "another");
        dn_log_close(log);
    }
}
END_TEST

START_TEST(a_last_record_with_a_wrong_byte_is_dropped)
{
    off_t second_at;
    two_records(true, &second_at);
    base_auto_buffer base_buffer whole = {0};
    ck_assert_int_eq(base_read_file(path, 0, &whole, &err), HEDDLE_OK);
    for (off_t at = second_at; at < (off_t)whole.len; at++) {
        ck_assert_int_eq(base_write_file(path, base_buffer_view(&whole), 0600, &err), HEDDLE_OK);
        flip_byte(at);
        dn_log *log = opened(true);
        ck_assert_uint_eq(dn_log_next(log), 8);
        dn_log_close(log);
        ck_assert_int_eq(file_size(), second_at);
    }
}
END_TEST

START_TEST(damage_before_a_good_record_is_an_error_where_records_were_synced_one_by_one)
{
    off_t second_at;
    two_records(true, &second_at);
    off_t size = file_size();
    flip_byte(24); /* the first record's marker */
    dn_log *log = NULL;
    ck_assert_int_eq(open_log(true, &log), HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "is damaged"));
    ck_assert_int_eq(file_size(), size);
}
END_TEST

START_TEST(a_damaged_body_is_told_by_the_read)
{
    off_t second_at;
    two_records(true, &second_at);
    flip_byte(second_at - 1);
    dn_log *log = opened(true);
    base_auto_buffer base_buffer body = {0};
    ck_assert_int_eq(dn_log_read(log, 7, &body, &err), HEDDLE_E_DECODE);
    ck_assert_uint_eq(body.len, 0);
    assert_record(log, 8, "the second record");
    dn_log_close(log);
}
END_TEST

START_TEST(without_one_by_one_everything_from_the_damage_on_is_dropped)
{
    off_t second_at;
    two_records(false, &second_at);
    flip_byte(24);
    dn_log *log = opened(false);
    ck_assert_uint_eq(dn_log_next(log), 7);
    dn_log_close(log);
}
END_TEST

START_TEST(records_can_be_taken_back)
{
    dn_log *log = opened(false);
    append(log, "a");
    append(log, "b");
    append(log, "c");
    ck_assert_int_eq(dn_log_cut(log, 8, &err), HEDDLE_OK);
    ck_assert_uint_eq(dn_log_next(log), 8);
    append(log, "d");
    assert_record(log, 8, "d");
    dn_log_close(log);
}
END_TEST

START_TEST(too_large_a_record_and_a_foreign_file_are_refused)
{
    char big[4097];
    dn_log *log = opened(true);
    ck_assert_int_eq(dn_log_append(log, heddle_view_of(big, sizeof(big)), &err),
                     HEDDLE_E_TOO_LARGE);
    ck_assert_uint_eq(dn_log_next(log), 7);
    dn_log_close(log);
    ck_assert_int_eq(
        base_write_file(path, VIEW("something else, long enough for a header"), 0600, &err),
        HEDDLE_OK);
    ck_assert_int_eq(open_log(true, &log), HEDDLE_E_DECODE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/record_log");
    TCase *tc =
        SUITE_CASE("log", records_come_back_after_reopening,
                   a_record_cut_anywhere_is_dropped_and_the_log_goes_on,
                   a_last_record_with_a_wrong_byte_is_dropped,
                   damage_before_a_good_record_is_an_error_where_records_were_synced_one_by_one,
                   a_damaged_body_is_told_by_the_read,
                   without_one_by_one_everything_from_the_damage_on_is_dropped,
                   records_can_be_taken_back, too_large_a_record_and_a_foreign_file_are_refused);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
