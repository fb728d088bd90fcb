/* A certificate and a key in two files, replaced as one, also under SIGKILL. */
#include "renewal/pair.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static char cert[512], key[512];
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void start(void)
{
    dir = fixture_dir_new();
    snprintf(cert, sizeof(cert), "%s/tls.pem", dir);
    snprintf(key, sizeof(key), "%s/tls.key", dir);
}

static void stop(void)
{
    fixture_dir_free(dir);
}

static heddle_status write_pair(unsigned number, heddle_error *error)
{
    char text[2][64];
    renewal_pair files = {.cert_file = cert, .key_file = key};
    snprintf(text[0], sizeof(text[0]), "certificate %u", number);
    snprintf(text[1], sizeof(text[1]), "key %u", number);
    return renewal_pair_write(&files, heddle_view_str(text[0]), heddle_view_str(text[1]), error);
}

static unsigned number_in(const char *path, const char *what)
{
    unsigned number = 0;
    base_buffer text = {0};
    OK(base_read_file(path, 0, &text, &err));
    ck_assert_ptr_nonnull(base_buffer_cstr(&text));
    ck_assert_int_eq(strncmp((const char *)text.data, what, strlen(what)), 0);
    ck_assert_int_eq(sscanf((const char *)text.data + strlen(what), " %u", &number), 1);
    base_buffer_done(&text);
    return number;
}

/* The pair that the two files hold, whose numbers are the same. */
static unsigned pair_there(void)
{
    unsigned a = number_in(cert, "certificate"), b = number_in(key, "key");
    ck_assert_uint_eq(a, b);
    return a;
}

static void put(const char *path, const char *text, unsigned mode)
{
    OK(base_write_file(path, heddle_view_str(text), mode, &err));
}

START_TEST(the_first_pair_makes_both_files)
{
    struct stat st;
    OK(write_pair(1, &err));
    ck_assert_uint_eq(pair_there(), 1);
    ck_assert_int_eq(stat(key, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(files_that_were_there_are_replaced)
{
    put(cert, "certificate 7", 0644);
    put(key, "key 7", 0600);
    OK(write_pair(8, &err));
    ck_assert_uint_eq(pair_there(), 8);
    OK(write_pair(9, &err));
    ck_assert_uint_eq(pair_there(), 9);
}
END_TEST

START_TEST(files_in_two_folders_are_one_pair_too)
{
    char other[512];
    snprintf(other, sizeof(other), "%s/keys", dir);
    OK(base_make_dirs(other, 0700, &err));
    snprintf(key, sizeof(key), "%s/keys/tls.key", dir);
    OK(write_pair(3, &err));
    OK(write_pair(4, &err));
    ck_assert_uint_eq(pair_there(), 4);
}
END_TEST

START_TEST(a_key_without_its_certificate_is_left_alone)
{
    put(key, "key 5", 0600);
    ck_assert_int_eq(write_pair(6, &err), HEDDLE_E_EXISTS);
    ck_assert_uint_eq(number_in(key, "key"), 5);
}
END_TEST

static unsigned pairs_kept(void)
{
    char folder[600];
    unsigned count = 0;
    snprintf(folder, sizeof(folder), "%s.pairs", cert);
    DIR *open = opendir(folder);
    ck_assert_ptr_nonnull(open);
    for (struct dirent *entry; (entry = readdir(open));)
        count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    closedir(open);
    return count;
}

START_TEST(the_pair_before_is_kept_and_no_other)
{
    for (unsigned i = 1; i <= 12; i++)
        OK(write_pair(i, &err));
    ck_assert_uint_eq(pairs_kept(), 2);
}
END_TEST

START_TEST(somebody_may_put_files_in_the_place_of_the_links)
{
    OK(write_pair(1, &err));
    put(cert, "certificate 20", 0644);
    put(key, "key 20", 0600);
    OK(write_pair(21, &err));
    ck_assert_uint_eq(pair_there(), 21);
}
END_TEST

/* Pairs without end, in a process of its own. */
static pid_t start_writer(unsigned from)
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid)
        return pid;
    while (write_pair(from++, NULL) == HEDDLE_OK)
        ;
    _exit(1);
}

static void wait_ms(unsigned ms)
{
    for (uint64_t until = base_now_ms() + ms; base_now_ms() < until;)
        sched_yield();
}

START_TEST(whatever_is_killed_when_the_two_belong_together)
{
    put(cert, "certificate 1", 0644);
    put(key, "key 1", 0600);
    unsigned last = 1;
    for (unsigned i = 0; i < 120; i++) {
        bool afresh = i % 3 == 0;
        if (afresh) { /* files again, so that the change to links is killed, too */
            char text[2][64];
            snprintf(text[0], sizeof(text[0]), "key %u", last);
            snprintf(text[1], sizeof(text[1]), "certificate %u", last);
            put(key, text[0], 0600);
            put(cert, text[1], 0644);
        }
        pid_t writer = start_writer(last + 1);
        wait_ms(i % 20);
        kill(writer, SIGKILL);
        ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
        unsigned now = pair_there();
        ck_assert_uint_ge(now, last);
        last = now;
    }
    ck_assert_uint_gt(last, 1);
    OK(write_pair(last + 1, &err));
    ck_assert_uint_le(pairs_kept(), 3);
}
END_TEST

static TCase *with_folder(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, stop);
    return tests;
}

SUITE_MAIN("renewal/pair", with_folder(SUITE_CASE("pair", the_first_pair_makes_both_files,
                                                  files_that_were_there_are_replaced,
                                                  files_in_two_folders_are_one_pair_too,
                                                  a_key_without_its_certificate_is_left_alone,
                                                  the_pair_before_is_kept_and_no_other,
                                                  somebody_may_put_files_in_the_place_of_the_links,
                                                  whatever_is_killed_when_the_two_belong_together)))
