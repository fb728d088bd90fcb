/* A wallet whose writers are killed: every identity in it is whole, with the key it had. */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "heddle/heddle.h"
#include "support/fixture.h"
#include "support/suite.h"

enum { KILLS = 150, LABELS = 3 };

static const char *const labels[LABELS] = {"alice", "bob", "carol"};
static heddle_identity *identities[LABELS + 1];
static char *dir;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static heddle_identity *fresh(void)
{
    crypto_key *key = NULL;
    crypto_cert *cert = NULL;
    base_buffer pem = {0};
    heddle_identity *identity = NULL;
    crypto_cert_spec spec = {.common_name = "somebody"};
    OK(crypto_key_generate(CRYPTO_KEY_P256, &key, &err));
    OK(crypto_issue_self_signed(&spec, key, &cert, &err));
    OK(crypto_key_pem(key, &pem, &err));
    OK(heddle_identity_from_pem("Org1MSP", crypto_cert_pem(cert), base_buffer_view(&pem), &identity,
                                &err));
    base_buffer_wipe(&pem);
    crypto_cert_unref(cert);
    crypto_key_unref(key);
    return identity;
}

static heddle_wallet *opened(void)
{
    heddle_wallet *wallet = NULL;
    OK(heddle_wallet_open(dir, &wallet, &err));
    return wallet;
}

/* One identity over another under each label, without end, in a process of its own. */
static pid_t start_writer(unsigned turn)
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid)
        return pid;
    heddle_wallet *wallet = opened();
    for (unsigned i = turn;; i++)
        if (heddle_wallet_put(wallet, labels[i % LABELS], identities[i % (LABELS + 1)], NULL))
            _exit(1);
}

static void wait_ms(unsigned ms)
{
    for (uint64_t until = base_now_ms() + ms; base_now_ms() < until;)
        sched_yield();
}

static bool is_one_of_ours(const heddle_identity *identity)
{
    for (size_t i = 0; i <= LABELS; i++)
        if (base_view_equal(heddle_identity_cert_pem(identity),
                            heddle_identity_cert_pem(identities[i])))
            return true;
    return false;
}

/* Reading compares the key with the certificate. */
static size_t expect_whole(void)
{
    heddle_wallet_labels *found = NULL;
    heddle_wallet *wallet = opened();
    OK(heddle_wallet_list(wallet, &found, &err));
    size_t count = heddle_wallet_labels_count(found);
    ck_assert_uint_le(count, LABELS);
    for (size_t i = 0; i < count; i++) {
        char path[1024];
        struct stat st;
        heddle_identity *identity = NULL;
        const char *label = heddle_wallet_labels_at(found, i);
        OK(heddle_wallet_get(wallet, label, NULL, &identity, &err));
        ck_assert(is_one_of_ours(identity));
        snprintf(path, sizeof(path), "%s/%s.id", dir, label);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 0777, 0600);
        heddle_identity_unref(identity);
    }
    heddle_wallet_labels_free(found);
    heddle_wallet_close(wallet);
    return count;
}

START_TEST(what_is_in_it_is_whole_whoever_was_killed)
{
    for (unsigned i = 0; i < KILLS; i++) {
        pid_t writer = start_writer(i);
        wait_ms(i % 10);
        kill(writer, SIGKILL);
        ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
        expect_whole();
    }
    ck_assert_uint_eq(expect_whole(), LABELS);
}
END_TEST

static size_t files(void)
{
    size_t count = 0;
    DIR *open = opendir(dir);
    for (struct dirent *entry; open && (entry = readdir(open));)
        count += entry->d_name[0] != '.';
    closedir(open);
    return count;
}

START_TEST(half_written_files_are_no_entries_and_go)
{
    char path[1024];
    heddle_wallet *wallet = opened();
    OK(heddle_wallet_put(wallet, "alice", identities[0], &err));
    heddle_wallet_close(wallet);
    snprintf(path, sizeof(path), "%s/alice.id.Ab12yz", dir);
    OK(base_write_file(path, VIEW("{\"credentials\":{\"priv"), 0600, &err));
    ck_assert_uint_eq(expect_whole(), 1);
    ck_assert_uint_eq(files(), 2); /* somebody may be writing it */
    struct utimbuf earlier = {.actime = 1000, .modtime = 1000};
    ck_assert_int_eq(utime(path, &earlier), 0);
    ck_assert_uint_eq(expect_whole(), 1);
    ck_assert_uint_eq(files(), 1);
}
END_TEST

static void start(void)
{
    dir = fixture_dir_new();
    for (size_t i = 0; i <= LABELS; i++)
        identities[i] = fresh();
}

static void stop(void)
{
    for (size_t i = 0; i <= LABELS; i++)
        heddle_identity_unref(identities[i]);
    fixture_dir_free(dir);
}

static TCase *with_wallet(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, stop);
    return tests;
}

SUITE_MAIN("profile/kill", with_wallet(SUITE_CASE("kill", what_is_in_it_is_whole_whoever_was_killed,
                                                  half_written_files_are_no_entries_and_go)))
