/* The program of a chaincode: how it ends, and what it outlives. The test is the peer. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/view.h"
#include "support/dialled_peer.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/suite.h"

enum { MANY = 200, ARGUMENTS = 8, SOON_MS = 15000 };

static dialled_peer peer;
static process *program;
static char *dir;
static char log_file[256];
static char peer_address[48];

static void start(const char *const *options)
{
    const char *argv[ARGUMENTS + 4] = {HEDDLE_BIN "/../tests/chaincode_victim", peer_address,
                                       "--chaincode-id=cc:1.0"};
    for (size_t i = 0; options[i]; i++)
        argv[3 + i] = options[i];
    program = process_start(log_file, argv);
    dialled_peer_greet(&peer, 1, "cc:1.0");
}
#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static void setup(void)
{
    dir = fixture_dir_new();
    snprintf(log_file, sizeof(log_file), "%s/log", dir);
    dialled_peer_open(&peer, 0, NULL);
    snprintf(peer_address, sizeof(peer_address), "--peer.address=127.0.0.1:%u", peer.port);
}

static void teardown(void)
{
    dialled_peer_close(&peer);
    fixture_dir_free(dir);
}

static void stop(int expected)
{
    kill(process_pid(program), SIGTERM);
    ck_assert_int_eq(process_wait(program, SOON_MS), expected);
}

static const char *text_of(const cc_message *m)
{
    static char text[512];
    snprintf(text, sizeof(text), "%.*s", BASE_VIEW_ARG(m->payload));
    for (char *c = text; c < text + m->payload.len && c < text + sizeof(text) - 1; c++)
        *c = *c ? *c : ' ';
    return text;
}

static void check_ends(const char *tx_id, const char *function, const char *says)
{
    dialled_peer_invoke(&peer, tx_id, function);
    cc_message m = dialled_peer_take(&peer);
    ck_assert_int_eq(m.type, CC_COMPLETED);
    ck_assert(base_view_is(m.tx_id, tx_id));
    ck_assert_msg(strstr(text_of(&m), says), "%s", text_of(&m));
}

/* Send what is refused once the end has begun; what is not is served. */
static void wait_for_refusal(void)
{
    for (unsigned i = 0;; i++) {
        char tx_id[32];
        snprintf(tx_id, sizeof(tx_id), "probe%u", i);
        dialled_peer_invoke(&peer, tx_id, "Greet");
        cc_message m = dialled_peer_take(&peer);
        ck_assert(base_view_is(m.tx_id, tx_id));
        if (m.type == CC_ERROR) {
            ck_assert(strstr(text_of(&m), "the chaincode is stopping"));
            return;
        }
    }
}

static const struct {
    const char *option;
    unsigned running;
} ways[] = {{"--workers=64", 63}, {"--processes=4", 3}};

/* One worker is left for probes. */
START_TEST(sigterm_under_load_loses_nothing)
{
    char tx_id[32];
    unsigned completed = 0;
    START(ways[_i].option);
    for (unsigned i = 0; i < ways[_i].running; i++) {
        snprintf(tx_id, sizeof(tx_id), "running%u", i);
        dialled_peer_invoke(&peer, tx_id, "Get");
        ck_assert_int_eq(dialled_peer_take(&peer).type, CC_GET_STATE);
    }
    kill(process_pid(program), SIGTERM);
    wait_for_refusal();
    for (unsigned i = 0; i < ways[_i].running; i++) {
        snprintf(tx_id, sizeof(tx_id), "running%u", i);
        dialled_peer_send(&peer, CC_RESPONSE, tx_id, VIEW("value"));
    }
    while (completed < ways[_i].running) {
        cc_message m = dialled_peer_take(&peer);
        ck_assert_int_eq(m.type, CC_COMPLETED);
        ck_assert(strstr(text_of(&m), "value"));
        completed++;
    }
    dialled_peer_wait_half_close(&peer);
    ck_assert_int_eq(process_wait(program, SOON_MS), 0);
}
END_TEST

static void answer(const cc_message *m)
{
    char tx_id[32];
    snprintf(tx_id, sizeof(tx_id), "%.*s", BASE_VIEW_ARG(m->tx_id));
    dialled_peer_send(&peer, CC_RESPONSE, tx_id, VIEW("value"));
}

/* With its one worker at work and all other transactions taken, which the echo of a KEEPALIVE
 * says. */
static void wait_until_taken(void)
{
    dialled_peer_send(&peer, CC_KEEPALIVE, "keepalive", VIEW(""));
    int32_t one = dialled_peer_take(&peer).type, other = dialled_peer_take(&peer).type;
    ck_assert(one == CC_KEEPALIVE ? other == CC_GET_STATE
                                  : one == CC_GET_STATE && other == CC_KEEPALIVE);
}

START_TEST(what_waits_for_a_worker_when_the_signal_comes_is_run_too)
{
    char tx_id[32];
    cc_message m;
    START("--workers=1");
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(tx_id, sizeof(tx_id), "%u", i);
        dialled_peer_invoke(&peer, tx_id, "Get");
    }
    wait_until_taken();
    kill(process_pid(program), SIGTERM);
    dialled_peer_send(&peer, CC_RESPONSE, "0", VIEW("value"));
    for (unsigned completed = 0; completed < MANY;) {
        m = dialled_peer_take(&peer);
        if (m.type == CC_GET_STATE)
            answer(&m);
        else if (m.type == CC_COMPLETED)
            completed++;
        else
            ck_abort_msg("%s", text_of(&m));
    }
    ck_assert_int_eq(process_wait(program, SOON_MS), 0);
}
END_TEST

START_TEST(a_second_signal_ends_it_at_once)
{
    START("--drain=1h");
    dialled_peer_invoke(&peer, "1", "Get");
    ck_assert_int_eq(dialled_peer_take(&peer).type, CC_GET_STATE);
    kill(process_pid(program), SIGTERM);
    wait_for_refusal();
    stop(128 + SIGTERM);
}
END_TEST

START_TEST(what_does_not_end_in_time_is_left_behind)
{
    START("--drain=100ms");
    dialled_peer_invoke(&peer, "1", "Loop");
    dialled_peer_invoke(&peer, "2", "Get");
    ck_assert_int_eq(dialled_peer_take(&peer).type, CC_GET_STATE);
    stop(1);
}
END_TEST

START_TEST(worker_processes_are_ended_with_what_they_run)
{
    START("--drain=100ms", "--processes=2");
    dialled_peer_invoke(&peer, "1", "Loop");
    stop(0);
}
END_TEST

START_TEST(a_crash_is_the_end_of_one_transaction)
{
    START("--processes=4");
    for (int i = 0; i < 3; i++) {
        check_ends("crash", "Crash", "the contract crashed (signal 11)");
        check_ends("leave", "Leave", "the contract ended its process (exit code 7)");
        check_ends("greet", "Greet", "hello");
    }
    stop(0);
}
END_TEST

START_TEST(others_go_on_while_one_crashes)
{
    START("--processes=4");
    dialled_peer_invoke(&peer, "1", "Get");
    ck_assert_int_eq(dialled_peer_take(&peer).type, CC_GET_STATE);
    check_ends("2", "Crash", "the contract crashed (signal 11)");
    dialled_peer_send(&peer, CC_RESPONSE, "1", VIEW("value"));
    cc_message m = dialled_peer_take(&peer);
    ck_assert(base_view_is(m.tx_id, "1"));
    ck_assert(strstr(text_of(&m), "value"));
    stop(0);
}
END_TEST

START_TEST(a_worker_that_is_killed_is_replaced)
{
    START("--processes=2");
    dialled_peer_invoke(&peer, "1", "Get");
    cc_message m = dialled_peer_take(&peer);
    heddle_view key;
    ck_assert(wire_field_find(m.payload, 1, &key));
    char pid[16];
    snprintf(pid, sizeof(pid), "%.*s", BASE_VIEW_ARG(key));
    ck_assert_int_ne(atoi(pid), process_pid(program));
    ck_assert_int_eq(kill((pid_t)atoi(pid), SIGKILL), 0);
    dialled_peer_send(&peer, CC_RESPONSE, "1", VIEW("value"));
    m = dialled_peer_take(&peer);
    ck_assert_int_eq(m.type, CC_COMPLETED);
    ck_assert(strstr(text_of(&m), "the contract crashed (signal 9)"));
    check_ends("2", "Greet", "hello");
    stop(0);
}
END_TEST

START_TEST(a_loop_in_a_worker_is_ended)
{
    START("--processes=2", "--execute-timeout=2s");
    check_ends("1", "Loop", "the contract did not end within 2000 ms");
    check_ends("2", "Greet", "hello");
    stop(0);
}
END_TEST

static pid_t only_child(pid_t pid)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%d", &child), 1);
    fclose(file);
    return child;
}

START_TEST(without_the_process_that_makes_workers_the_program_ends)
{
    START("--processes=2");
    check_ends("1", "Greet", "hello");
    ck_assert_int_eq(kill(only_child(process_pid(program)), SIGKILL), 0);
    ck_assert_int_eq(process_wait(program, SOON_MS), 1);
}
END_TEST

START_TEST(a_peer_that_restarts_finds_the_chaincode_again)
{
    char tx_id[32];
    uint16_t port = peer.port;
    START("--workers=16");
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(tx_id, sizeof(tx_id), "%u", i);
        dialled_peer_invoke(&peer, tx_id, "Get");
    }
    ck_assert_int_eq(dialled_peer_take(&peer).type, CC_GET_STATE);
    dialled_peer_close(&peer);
    dialled_peer_open(&peer, port, NULL);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    check_ends("again", "Greet", "hello");
    stop(0);
}
END_TEST

START_TEST(what_a_peer_launched_ends_with_the_peer)
{
    START("--reconnect=never");
    dialled_peer_close(&peer);
    ck_assert_int_eq(process_wait(program, SOON_MS), 1);
    dialled_peer_open(&peer, 0, NULL);
}
END_TEST

static int run_program(const char *command, const char *file)
{
    const char *argv[] = {HEDDLE_BIN "/../tests/chaincode_victim", command, file, NULL};
    return process_wait(process_start(log_file, argv), SOON_MS);
}

static void name_recording(const char *tx_id, char *out, size_t size)
{
    DIR *folder = opendir(dir);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strstr(entry->d_name, tx_id))
            snprintf(out, size, "%s/%.200s", dir, entry->d_name);
    }
    closedir(folder);
}

START_TEST(recordings_are_replayed)
{
    char option[256], same[512] = "", differs[512] = "";
    snprintf(option, sizeof(option), "--record=%s", dir);
    START(option);
    check_ends("same", "Greet", "hello");
    check_ends("first", "Differ", "0");
    check_ends("second", "Differ", "1");
    stop(0);
    name_recording("same", same, sizeof(same));
    name_recording("second", differs, sizeof(differs));
    ck_assert_int_eq(run_program("--replay", same), 0);
    ck_assert_int_eq(run_program("--replay", differs), 1);
}
END_TEST

START_TEST(lint_finds_what_differs)
{
    START("--lint", "--processes=1");
    check_ends("1", "Greet", "hello");
    check_ends("2", "Differ", "lint: ");
    stop(0);
}
END_TEST

START_TEST(wrong_arguments_are_told_by_the_exit_code)
{
    ck_assert_int_eq(run_program("--colour", "red"), 2);
    ck_assert_int_eq(run_program("--workers", "many"), 2);
    ck_assert_int_eq(run_program("--workers", "1"), 1);
    ck_assert_int_eq(run_program("--help", NULL), 0);
    ck_assert_int_eq(run_program("--version", NULL), 0);
    ck_assert_int_eq(run_program("--metadata", NULL), 0);
}
END_TEST

int main(void)
{
    TCase *all = SUITE_CASE(
        "program", what_waits_for_a_worker_when_the_signal_comes_is_run_too,
        a_second_signal_ends_it_at_once, what_does_not_end_in_time_is_left_behind,
        worker_processes_are_ended_with_what_they_run, a_crash_is_the_end_of_one_transaction,
        others_go_on_while_one_crashes, a_worker_that_is_killed_is_replaced,
        a_loop_in_a_worker_is_ended, without_the_process_that_makes_workers_the_program_ends,
        a_peer_that_restarts_finds_the_chaincode_again, what_a_peer_launched_ends_with_the_peer,
        recordings_are_replayed, lint_finds_what_differs,
        wrong_arguments_are_told_by_the_exit_code);
    tcase_add_loop_test(all, sigterm_under_load_loses_nothing, 0, sizeof(ways) / sizeof(ways[0]));
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    Suite *suite = suite_create("system/chaincode");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
