/* Worker processes, with a port in place of a peer. A transaction's payload is its command. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/view.h"
#include "chaincode/process.h"
#include "chaincode/process_pipe.h"
#include "support/process.h"
#include "support/suite.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#endif

enum { MANY_POSTS = 5000, THREADS = 4, ROUNDS = 25, LARGE = 20 * 1024 * 1024 };

static cc_processes *processes;

/* The peer: counts, and answers a request with its own payload. */
typedef struct peer {
    cc_port port;
    unsigned asked, posted, settled;
    unsigned refuse_post; /* the nth one; 0: none */
} peer;

static heddle_status peer_ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                              heddle_error *err)
{
    peer *self = user;
    self->asked++;
    if (type == CC_QUERY_STATE_CLOSE)
        return base_fail(err, HEDDLE_E_REFUSED, "no such query");
    *out = payload;
    return HEDDLE_OK;
}

static heddle_status peer_post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    peer *self = user;
    (void)type;
    (void)payload;
    if (++self->posted == self->refuse_post)
        return base_fail(err, HEDDLE_E_REFUSED, "not this one");
    return HEDDLE_OK;
}

static heddle_status peer_settle(void *user, heddle_error *err)
{
    (void)err;
    ((peer *)user)->settled++;
    return HEDDLE_OK;
}

static void peer_init(peer *self, bool posts)
{
    *self = (peer){.port = {.ask = peer_ask, .user = self}};
    if (posts) {
        self->port.post = peer_post;
        self->port.settle = peer_settle;
    }
}

/* The contract */

static heddle_status finish(const cc_message *start, heddle_view text, base_blob **out,
                            heddle_error *err)
{
    cc_message last = {
        .type = CC_COMPLETED, .payload = text, .tx_id = start->tx_id, .channel = start->channel};
    return cc_message_blob(&last, out, err);
}

static heddle_status posts(const cc_port *port, heddle_error *err)
{
    ck_assert_ptr_nonnull(port->post);
    for (unsigned i = 0; i < MANY_POSTS; i++)
        BASE_TRY(port->post(port->user, CC_PUT_STATE, VIEW("some key and its value"), err));
    return port->settle(port->user, err);
}

static heddle_status large(const cc_port *port, heddle_view *out, heddle_error *err)
{
    uint8_t *bytes = calloc(1, LARGE);
    bytes[LARGE - 1] = 7;
    heddle_status st = port->ask(port->user, CC_GET_STATE, heddle_view_of(bytes, LARGE), out, err);
    free(bytes);
    return st;
}

/* What a worker must not have: descriptors of the program, or signals that end it. */
static heddle_view surroundings(void)
{
    static char text[64];
    unsigned fds = 0;
    DIR *dir = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(dir));)
        fds += entry->d_name[0] != '.';
    closedir(dir);
    struct sigaction action;
    sigaction(SIGTERM, NULL, &action);
    snprintf(text, sizeof(text), "%u descriptors, SIGTERM %s", fds - 1,
             action.sa_handler == SIG_IGN ? "ignored" : "ends it");
    return heddle_view_str(text);
}

static void scribble(void)
{
    DIR *dir = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(dir));) {
        int fd = atoi(entry->d_name);
        if (fd > 2 && write(fd, "nonsense, and more than a frame's head has", 42) < 0)
            continue;
    }
    closedir(dir);
}

static void misbehave(const char *how)
{
    signal(SIGSEGV, SIG_DFL); /* sanitizers have a handler */
    if (strcmp(how, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(how, "abort") == 0)
        raise(SIGABRT);
    if (strcmp(how, "exit") == 0)
        _exit(3);
    if (strcmp(how, "scribble") == 0)
        scribble();
    if (strcmp(how, "loop") == 0)
        for (;;)
            pause();
}

static heddle_status contract(const void *user, heddle_view bytes, const cc_port *port,
                              const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    char command[64] = "";
    cc_message start;
    heddle_view out = VIEW("done");
    ck_assert_str_eq(user, "user");
    BASE_TRY(cc_message_read(bytes, &start, err));
    snprintf(command, sizeof(command), "%.*s", BASE_VIEW_ARG(start.payload));
    misbehave(command);
    heddle_status st = HEDDLE_OK;
    if (strcmp(command, "ask") == 0)
        st = port->ask(port->user, CC_GET_STATE, VIEW("question"), &out, err);
    else if (strcmp(command, "refused") == 0)
        st = port->ask(port->user, CC_QUERY_STATE_CLOSE, VIEW("x"), &out, err);
    else if (strcmp(command, "forge") == 0)
        st = port->ask(port->user, CC_REGISTER, VIEW("x"), &out, err);
    else if (strcmp(command, "posts") == 0)
        st = posts(port, err);
    else if (strcmp(command, "large") == 0)
        st = large(port, &out, err);
    else if (strcmp(command, "surroundings") == 0)
        out = surroundings();
    else if (strcmp(command, "limits") == 0)
        out = limits->memory == 42 && limits->use_multi_get ? VIEW("kept") : VIEW("lost");
    else if (strcmp(command, "port") == 0)
        out = port->post || port->settle ? VIEW("posts") : VIEW("asks only");
    else if (strcmp(command, "other end") == 0)
        start.tx_id = VIEW("another");
    else if (strcmp(command, "pid") == 0)
        out = heddle_view_of(command, (size_t)snprintf(command, sizeof(command), "%d", getpid()));
    return st == HEDDLE_OK ? finish(&start, out, out_last, err) : st;
}

/* Driving it */

static void open_processes(unsigned limit, uint64_t timeout_ms)
{
    cc_processes_options options = {
        .limit = limit, .timeout_ms = timeout_ms, .execute = contract, .user = "user"};
    heddle_error err;
    heddle_status st = cc_processes_new(&options, &processes, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
}

static void setup(void)
{
    open_processes(THREADS, 0);
}

static void teardown(void)
{
    cc_processes_free(processes);
    processes = NULL;
}

/* The payload of the last message as text, before it its type. */
typedef struct result {
    heddle_status st;
    heddle_error err;
    char text[256];
    size_t len;
} result;

static result run_with(peer *p, cc_type type, const char *command)
{
    result r = {0};
    cc_limits limits = {.memory = 42, .use_multi_get = true};
    cc_message start = {.type = type,
                        .payload = heddle_view_str(command),
                        .tx_id = VIEW("tx1"),
                        .channel = VIEW("ch")};
    base_blob *bytes = NULL, *last = NULL;
    cc_message m;
    ck_assert_int_eq(cc_message_blob(&start, &bytes, NULL), HEDDLE_OK);
    r.st = cc_processes_execute(processes, base_blob_view(bytes), &p->port, &limits, &last, &r.err);
    if (r.st == HEDDLE_OK) {
        ck_assert_int_eq(cc_message_read(base_blob_view(last), &m, NULL), HEDDLE_OK);
        ck_assert(base_view_is(m.tx_id, "tx1"));
        ck_assert(base_view_is(m.channel, "ch"));
        r.len = m.payload.len;
        snprintf(r.text, sizeof(r.text), "%s %.*s", cc_type_name(m.type),
                 m.payload.len > 200 ? 0 : (int)m.payload.len, (const char *)m.payload.data);
    }
    base_blob_unref(bytes);
    base_blob_unref(last);
    return r;
}

static result run(const char *command)
{
    peer p;
    peer_init(&p, true);
    return run_with(&p, CC_TRANSACTION, command);
}

static void check_works(void)
{
    ck_assert_str_eq(run("ask").text, "COMPLETED question");
}

START_TEST(a_transaction_runs_in_another_process)
{
    char here[64];
    snprintf(here, sizeof(here), "COMPLETED %d", getpid());
    result first = run("pid"), second = run("pid");
    ck_assert_int_eq(first.st, HEDDLE_OK);
    ck_assert_str_ne(first.text, here);
    ck_assert_str_eq(first.text, second.text);
    ck_assert_uint_eq(cc_processes_count(processes).alive, 1);
}
END_TEST

START_TEST(questions_reach_the_peer_and_answers_the_contract)
{
    check_works();
    result r = run("refused");
    ck_assert_int_eq(r.st, HEDDLE_E_REFUSED);
    ck_assert_str_eq(r.err.message, "no such query");
    ck_assert_str_eq(run("limits").text, "COMPLETED kept");
    check_works();
}
END_TEST

START_TEST(writes_are_passed_on_without_waiting)
{
    peer p;
    peer_init(&p, true);
    ck_assert_str_eq(run_with(&p, CC_TRANSACTION, "posts").text, "COMPLETED done");
    ck_assert_uint_eq(p.posted, MANY_POSTS);
    ck_assert_uint_eq(p.settled, 1);
    ck_assert_uint_eq(p.asked, 0);
    peer_init(&p, true);
    p.refuse_post = 10;
    result r = run_with(&p, CC_TRANSACTION, "posts");
    ck_assert_int_eq(r.st, HEDDLE_E_REFUSED);
    ck_assert_str_eq(r.err.message, "not this one");
    ck_assert_uint_eq(p.posted, 10);
    peer_init(&p, false);
    ck_assert_str_eq(run_with(&p, CC_TRANSACTION, "port").text, "COMPLETED asks only");
}
END_TEST

START_TEST(large_messages_pass_both_ways)
{
    ck_assert_uint_eq(run("large").len, LARGE);
    check_works();
}
END_TEST

START_TEST(a_worker_has_nothing_of_the_program)
{
    ck_assert_str_eq(run("surroundings").text, "COMPLETED 4 descriptors, SIGTERM ignored");
}
END_TEST

static const struct {
    const char *command, *says;
} crashes[] = {
    {"segv", "the contract crashed (signal 11)"},
    {"abort", "the contract crashed (signal 6)"},
    {"exit", "the contract ended its process (exit code 3)"},
    {"scribble", "the contract's process was ended: "},
    {"forge", "the contract's process was ended: frame 3 of type 1"},
    {"other end", "the contract's process was ended: the end of another transaction"},
};

START_TEST(a_crash_is_the_answer_to_one_transaction)
{
    peer p;
    check_works();
    for (unsigned i = 0; i < 3; i++) {
        peer_init(&p, true);
        result r = run_with(&p, CC_TRANSACTION, crashes[_i].command);
        ck_assert_int_eq(r.st, HEDDLE_OK);
        ck_assert_msg(strstr(r.text, crashes[_i].says), "%s", r.text);
        ck_assert_ptr_nonnull(strstr(r.text, "COMPLETED"));
        ck_assert_uint_eq(p.settled, 1);
        check_works();
    }
    ck_assert_uint_eq(cc_processes_count(processes).crashes, 3);
    ck_assert_uint_eq(cc_processes_count(processes).alive, 1);
    result r = run_with(&p, CC_INIT, crashes[_i].command);
    ck_assert_msg(strstr(r.text, "ERROR "), "%s", r.text);
}
END_TEST

START_TEST(a_worker_that_loops_is_killed)
{
    cc_processes_free(processes);
    open_processes(1, 1500);
    ck_assert_ptr_nonnull(strstr(run("loop").text, "the contract did not end within 1500 ms"));
    check_works();
    ck_assert_uint_eq(cc_processes_count(processes).timeouts, 1);
    ck_assert_uint_eq(cc_processes_count(processes).crashes, 0);
}
END_TEST

static bool is_gone(void *user)
{
    return kill(*(pid_t *)user, 0) != 0;
}

/* Whoever is the parent then may leave it a zombie. */
static bool has_ended(void *user)
{
    char path[64], state = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", *(pid_t *)user);
    FILE *file = fopen(path, "r");
    bool known = file && fscanf(file, "%*d %*s %c", &state) == 1;
    if (file)
        fclose(file);
    return !known || state == 'Z';
}

START_TEST(a_worker_that_dies_idle_is_replaced_and_leaves_no_zombie)
{
    result first = run("pid");
    pid_t pid = (pid_t)atoi(strchr(first.text, ' '));
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert(process_until(is_gone, &pid, 10000));
    result second = run("pid");
    ck_assert_int_eq(second.st, HEDDLE_OK);
    ck_assert_str_ne(first.text, second.text);
    ck_assert_uint_eq(cc_processes_count(processes).crashes, 0);
}
END_TEST

START_TEST(workers_end_with_the_program)
{
    pid_t pid = (pid_t)atoi(strchr(run("pid").text, ' '));
    cc_processes_free(processes);
    processes = NULL;
    ck_assert(process_until(is_gone, &pid, 10000));
}
END_TEST

/* The program is a child of the test, killed in the midst of a transaction. */
START_TEST(workers_end_when_the_program_is_killed)
{
    int ends[2];
    pid_t worker = 0;
    cc_processes_free(processes);
    processes = NULL;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t program = fork();
    if (program == 0) {
        open_processes(1, 0);
        worker = (pid_t)atoi(strchr(run("pid").text, ' '));
        if (write(ends[1], &worker, sizeof(worker)) == sizeof(worker))
            run("loop");
        _exit(0);
    }
    ck_assert_int_eq(read(ends[0], &worker, sizeof(worker)), sizeof(worker));
    ck_assert_int_eq(kill(worker, 0), 0);
    kill(program, SIGKILL);
    ck_assert(process_until(has_ended, &worker, 10000));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

static void *run_loop(void *out)
{
    *(result *)out = run("loop");
    return NULL;
}

static bool has_worker(void *unused)
{
    (void)unused;
    return cc_processes_count(processes).alive == 1;
}

START_TEST(a_stop_ends_what_does_not_end)
{
    pthread_t thread;
    result r;
    ck_assert_int_eq(pthread_create(&thread, NULL, run_loop, &r), 0);
    ck_assert(process_until(has_worker, NULL, 10000));
    cc_processes_stop(processes);
    pthread_join(thread, NULL);
    ck_assert_msg(strstr(r.text, "the chaincode is stopping"), "%s", r.text);
}
END_TEST

START_TEST(after_a_stop_no_worker_is_made)
{
    cc_processes_stop(processes);
    result r = run("loop");
    ck_assert_int_eq(r.st, HEDDLE_E_UNAVAILABLE);
    ck_assert_str_eq(r.err.message, "the chaincode is stopping");
    ck_assert_uint_eq(cc_processes_count(processes).alive, 0);
}
END_TEST

static void *run_many(void *unused)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        ck_assert_ptr_nonnull(strstr(run("segv").text, "signal 11"));
        check_works();
    }
    return unused;
}

START_TEST(threads_have_workers_of_their_own)
{
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_many, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cc_processes_tally tally = cc_processes_count(processes);
    ck_assert_uint_eq(tally.crashes, THREADS * ROUNDS);
    ck_assert_uint_le(tally.alive, THREADS);
}
END_TEST

#ifndef UNDER_TSAN
static void *wait_for_end(void *ends)
{
    char byte;
    return read(((int *)ends)[0], &byte, 1) == 0 ? NULL : ends;
}

START_TEST(a_program_with_threads_cannot_have_them)
{
    int ends[2];
    pthread_t thread;
    heddle_error err;
    cc_processes *none = NULL;
    cc_processes_options options = {.limit = 1, .execute = contract};
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_end, ends), 0);
    ck_assert_int_eq(cc_processes_new(&options, &none, &err), HEDDLE_E_BAD_STATE);
    ck_assert_str_eq(err.message, "worker processes are for programs with one thread: this has 2");
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
}
END_TEST
#endif

int main(void)
{
    TCase *all = SUITE_CASE("processes", a_transaction_runs_in_another_process,
                            questions_reach_the_peer_and_answers_the_contract,
                            writes_are_passed_on_without_waiting, large_messages_pass_both_ways,
                            a_worker_has_nothing_of_the_program, a_worker_that_loops_is_killed,
                            a_worker_that_dies_idle_is_replaced_and_leaves_no_zombie,
                            workers_end_with_the_program, workers_end_when_the_program_is_killed,
                            a_stop_ends_what_does_not_end, after_a_stop_no_worker_is_made,
                            threads_have_workers_of_their_own);
    tcase_add_loop_test(all, a_crash_is_the_answer_to_one_transaction, 0,
                        sizeof(crashes) / sizeof(crashes[0]));
#ifndef UNDER_TSAN
    tcase_add_test(all, a_program_with_threads_cannot_have_them);
#endif
    tcase_add_checked_fixture(all, setup, teardown);
    Suite *suite = suite_create("chaincode/process");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
