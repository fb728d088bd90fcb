/*
 * Parts of a running system go away and come back: those that stay say so clearly, and go on
 * when they can, without a restart.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "heddle/heddle.h"
#include "rpc/runtime.h"
#include "support/fixture.h"
#include "support/scripted_chaincode.h"
#include "support/stack.h"
#include "support/suite.h"

enum { BACK_MS = 60000, SHORT_MS = 3000 };

static stack *s;
static heddle_gateway *gateway;
static heddle_identity *user;
static heddle_contract *assets;
static heddle_contract *scripts;
static scripted_chaincode *script;
static heddle_error err;

#define OK(call)                                                                                   \
    do {                                                                                           \
        heddle_status status_ = (call);                                                            \
        ck_assert_msg(status_ == HEDDLE_OK, #call ": %s", err.message);                            \
    } while (0)

static void set_up(void)
{
    static char option[64];
    static const char *const args[] = {"--chaincode", option, "--execute-timeout", "1s", NULL};
    uint16_t port = process_free_port();
    snprintf(option, sizeof(option), "script=127.0.0.1:%u", port);
    s = stack_start_with(HEDDLE_BIN, args);
    OK(rpc_init(2, &err));
    script = scripted_chaincode_start(port);
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = stack_gateway(s);
    options.tls_roots_file = stack_gateway_ca(s);
    OK(heddle_gateway_open(&options, &gateway, &err));
    OK(heddle_identity_from_msp("Org1MSP", stack_user_msp(s), &user, &err));
    OK(heddle_contract_new(gateway, user, "mychannel", "basic", &assets, &err));
    OK(heddle_contract_new(gateway, user, "mychannel", "script", &scripts, &err));
}

static void tear_down(void)
{
    heddle_contract_unref(assets);
    heddle_contract_unref(scripts);
    heddle_identity_unref(user);
    heddle_gateway_close(gateway);
    scripted_chaincode_stop(script);
    rpc_shutdown();
    stack_free(s);
}

static heddle_status create(const char *id, uint32_t timeout_ms)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = timeout_ms;
    return heddle_submit(assets, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"),
                         &options, NULL, &err);
}

/* A new asset at each attempt: one that failed may have come through all the same. */
static bool creates_again(void *named)
{
    static unsigned attempt;
    snprintf(named, 32, "after-%u", ++attempt);
    return create(named, SHORT_MS) == HEDDLE_OK;
}

static bool is_in_the_tables(void *id)
{
    const char *const values[] = {id};
    PGconn *db = PQconnectdb(stack_database(s));
    PGresult *result = PQexecParams(db, "SELECT 1 FROM heddle.state WHERE key_text = $1", 1, NULL,
                                    values, NULL, NULL, 0);
    bool found = PQntuples(result) == 1;
    PQclear(result);
    PQfinish(db);
    return found;
}

static void goes_on_after(void (*interrupt)(stack *of, stack_part part))
{
    char id[32];
    pid_t gateway_pid = process_pid(stack_process(s, STACK_GATEWAY));
    pid_t sync_pid = process_pid(stack_process(s, STACK_SYNC));
    interrupt(s, STACK_DEVNET);
    ck_assert_int_ne(create("meanwhile", SHORT_MS), HEDDLE_OK);
    ck_assert(err.message[0] && err.grpc_code > 0);
    stack_resume(s, STACK_DEVNET);
    ck_assert_msg(process_until(creates_again, id, BACK_MS), "%s", err.message);
    ck_assert_msg(process_until(is_in_the_tables, id, BACK_MS), "%s is not in the tables", id);
    ck_assert(process_is_running(stack_process(s, STACK_GATEWAY)));
    ck_assert(process_is_running(stack_process(s, STACK_SYNC)));
    ck_assert_int_eq(process_pid(stack_process(s, STACK_GATEWAY)), gateway_pid);
    ck_assert_int_eq(process_pid(stack_process(s, STACK_SYNC)), sync_pid);
}

static void stop_in_order(stack *of, stack_part part)
{
    ck_assert_int_eq(stack_stop(of, part), 0);
}

START_TEST(gateway_and_sync_go_on_when_peers_and_orderer_are_back)
{
    OK(create("before", 0));
    goes_on_after(stop_in_order);
    goes_on_after(stack_kill);
}
END_TEST

START_TEST(sync_goes_on_where_it_was_stopped)
{
    char first[] = "first", second[] = "second";
    OK(create(first, 0));
    ck_assert(process_until(is_in_the_tables, first, BACK_MS));
    ck_assert_int_eq(stack_stop(s, STACK_SYNC), 0);
    OK(create(second, 0));
    stack_resume(s, STACK_SYNC);
    ck_assert(process_until(is_in_the_tables, second, BACK_MS));
}
END_TEST

/* What went wrong at a peer is in the details. */
static void is_refused_with(const char *function, const char *said)
{
    heddle_details *details = heddle_details_new();
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = details;
    ck_assert_int_ne(heddle_submit(scripts, HEDDLE_CALL(function), &options, NULL, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_uint_ge(heddle_details_count(details), 1);
    const char *message = heddle_details_at(details, 0)->message;
    ck_assert_msg(strstr(message, said) != NULL, "\"%s\" lacks \"%s\"", message, said);
    heddle_details_free(details);
}

START_TEST(a_chaincode_that_crashes_or_hangs_is_told_and_used_again)
{
    is_refused_with("die", "error sending: chaincode stream terminated");
    OK(heddle_evaluate(scripts, HEDDLE_CALL("get", "k"), NULL, NULL, &err));
    is_refused_with("hang", "error sending: timeout expired while executing transaction");
    OK(heddle_evaluate(scripts, HEDDLE_CALL("get", "k"), NULL, NULL, &err));
    is_refused_with("garbage", "error sending: chaincode stream terminated");
    OK(heddle_submit(scripts, HEDDLE_CALL("put", "k", "v"), NULL, NULL, &err));
}
END_TEST

START_TEST(a_chaincode_that_is_killed_comes_back)
{
    OK(create("one", 0));
    stack_kill(s, STACK_CHAINCODE);
    ck_assert_int_ne(create("two", 0), HEDDLE_OK);
    ck_assert_msg(strstr(err.message, "failed to endorse") != NULL, "%s", err.message);
    stack_resume(s, STACK_CHAINCODE);
    char id[32];
    ck_assert_msg(process_until(creates_again, id, BACK_MS), "%s", err.message);
}
END_TEST

/* A small disk of the test's own, which goes with its process; false: not allowed here. */
static bool mount_small_disk(const char *dir)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", dir, "tmpfs", 0, "size=300m,mode=1777") == 0;
}

static void fill_disk(const char *path)
{
    static const char block[1 << 16];
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    for (size_t size = sizeof(block); size;)
        if (write(fd, block, size) < 0)
            size /= 2;
    ck_assert_int_eq(errno, ENOSPC);
    close(fd);
}

START_TEST(everything_goes_on_when_the_disk_has_room_again)
{
    char *dir = fixture_dir_new();
    char filler[512], id[32];
    ck_assert_int_eq(chmod(dir, 0755), 0);
    if (!mount_small_disk(dir)) {
        printf("skipped: a file system of its own cannot be mounted here: %s\n", strerror(errno));
        fixture_dir_free(dir);
        return;
    }
    setenv("TMPDIR", dir, 1);
    snprintf(filler, sizeof(filler), "%s/filler", dir);
    set_up();
    OK(create("before", 0));
    fill_disk(filler);
    ck_assert_int_ne(create("meanwhile", SHORT_MS), HEDDLE_OK);
    ck_assert(err.message[0]);
    for (int part = 0; part < STACK_PARTS; part++)
        ck_assert(process_is_running(stack_process(s, (stack_part)part)));
    ck_assert_int_eq(unlink(filler), 0);
    ck_assert_msg(process_until(creates_again, id, BACK_MS), "%s", err.message);
    ck_assert_msg(process_until(is_in_the_tables, id, BACK_MS), "%s is not in the tables", id);
    for (int part = 0; part < STACK_PARTS; part++)
        ck_assert(process_is_running(stack_process(s, (stack_part)part)));
    tear_down();
    umount2(dir, MNT_DETACH);
    fixture_dir_free(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system/outage");
    TCase *tcase = SUITE_CASE("outage", gateway_and_sync_go_on_when_peers_and_orderer_are_back,
                              sync_goes_on_where_it_was_stopped,
                              a_chaincode_that_crashes_or_hangs_is_told_and_used_again,
                              a_chaincode_that_is_killed_comes_back);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite,
                    SUITE_CASE("full disk", everything_goes_on_when_the_disk_has_room_again));
    return suite_run(suite);
}
