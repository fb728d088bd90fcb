/* The main of a chaincode, in the process of the test. Of its end: tests/system. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "heddle/chaincode_server.h"
#include "support/dialled_peer.h"
#include "support/fixture.h"
#include "support/suite.h"

static heddle_status greet(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply_text(stub, "hello", err);
}

static const heddle_cc_transaction transactions[] = {{"Greet", .function = greet}};
static const heddle_cc_contract contract = {
    .size = sizeof(contract), .name = "Test", .transactions = transactions, .transaction_count = 1};
static const heddle_cc_contract *const contracts[] = {&contract};
static heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static char *dir;
static char output_file[256];

static void setup(void)
{
    clearenv();
    dir = fixture_dir_new();
    snprintf(output_file, sizeof(output_file), "%s/output", dir);
    ck_assert_ptr_nonnull(freopen(output_file, "w", stdout));
}

static void teardown(void)
{
    fixture_dir_free(dir);
}

#define RUN(...) run((const char *[]){"greeter", __VA_ARGS__, NULL})
static int run(const char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return heddle_cc_main(&chaincode, argc, (char **)argv);
}

static const char *output(void)
{
    static base_buffer text;
    base_buffer_done(&text);
    fflush(stdout);
    ck_assert_int_eq(base_read_file(output_file, 0, &text, NULL), HEDDLE_OK);
    return base_buffer_cstr(&text);
}

START_TEST(it_tells_about_itself)
{
    ck_assert_int_eq(RUN("--help"), 0);
    ck_assert_ptr_nonnull(strstr(output(), "usage: greeter [option...]\n"));
    ck_assert_int_eq(RUN("--version"), 0);
    ck_assert_ptr_nonnull(strstr(output(), "\nTest, libheddle-chaincode "));
    chaincode.title = "Greeter";
    chaincode.version = "2.1";
    ck_assert_int_eq(RUN("--version"), 0);
    ck_assert_ptr_nonnull(strstr(output(), "\nGreeter 2.1, libheddle-chaincode "));
    ck_assert_int_eq(RUN("--metadata"), 0);
    ck_assert_ptr_nonnull(strstr(output(), "\"Greet\""));
}
END_TEST

START_TEST(what_it_cannot_do_has_an_exit_code)
{
    heddle_cc_chaincode bad = {.size = 1};
    const char *argv[] = {"greeter", "--metadata", NULL};
    ck_assert_int_eq(RUN("--colour"), 2);
    ck_assert_int_eq(RUN("--workers=1"), 1);
    ck_assert_int_eq(RUN("--replay", "/nonexistent"), 1);
    ck_assert_ptr_nonnull(strstr(output(), "/nonexistent: "));
    ck_assert_int_eq(heddle_cc_main(&bad, 2, (char **)argv), 1);
    setenv("HEDDLE_CC_WORKERS", "many", 1);
    ck_assert_int_eq(RUN("--chaincode-id=cc:1"), 1);
}
END_TEST

typedef struct visit {
    dialled_peer peer;
    char address[48];
} visit;

/* Serves it once, and then ends it. */
static void *visit_and_signal(void *arg)
{
    visit *v = arg;
    dialled_peer_greet(&v->peer, 1, "cc:1");
    dialled_peer_invoke(&v->peer, "1", "Greet");
    ck_assert_int_eq(dialled_peer_take(&v->peer).type, CC_COMPLETED);
    kill(getpid(), SIGTERM);
    return NULL;
}

static void open_peer(visit *v)
{
    dialled_peer_open(&v->peer, 0, NULL);
    snprintf(v->address, sizeof(v->address), "--peer.address=127.0.0.1:%u", v->peer.port);
}

/* Signals for the main, not for the threads of the test. */
static void start_thread(pthread_t *thread, void *(*body)(void *), void *arg)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    ck_assert_int_eq(pthread_create(thread, NULL, body, arg), 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

START_TEST(it_serves_until_a_signal)
{
    visit v;
    pthread_t thread;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL); /* those of the peer's loop too */
    open_peer(&v);
    start_thread(&thread, visit_and_signal, &v);
    setenv("CORE_CHAINCODE_LOGGING_LEVEL", "ERROR", 1);
    ck_assert_int_eq(RUN("--chaincode-id=cc:1", v.address), 0);
    pthread_join(thread, NULL);
    dialled_peer_close(&v.peer);
}
END_TEST

static void *visit_and_leave(void *arg)
{
    visit *v = arg;
    dialled_peer_greet(&v->peer, 1, "cc:1");
    dialled_peer_close(&v->peer);
    return NULL;
}

START_TEST(it_ends_with_its_peer_if_it_is_to)
{
    visit v;
    pthread_t thread;
    open_peer(&v);
    start_thread(&thread, visit_and_leave, &v);
    ck_assert_int_eq(RUN("--chaincode-id=cc:1", "--reconnect=never", v.address), 1);
    pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
    TCase *all = SUITE_CASE("main", it_tells_about_itself, what_it_cannot_do_has_an_exit_code,
                            it_serves_until_a_signal, it_ends_with_its_peer_if_it_is_to);
    tcase_add_checked_fixture(all, setup, teardown);
    Suite *suite = suite_create("chaincode/main");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
