/* Opening a server: each allocation fails once, and what was begun is taken back. */
#include <dirent.h>
#include <stdio.h>

#include "heddle/chaincode_server.h"
#include "support/fault_alloc.h"
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
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static heddle_cc_server_options options;
static char *dir;

static void setup(void)
{
    dir = fixture_dir_new();
    options = (heddle_cc_server_options)HEDDLE_CC_SERVER_OPTIONS;
    options.chaincode_id = "cc:1";
    options.admin_address = "127.0.0.1:0";
    options.record_dir = dir;
    options.lint = true;
    options.execute_timeout_ms = 60000;
    options.drain_ms = 1;
}

static void teardown(void)
{
    fixture_dir_free(dir);
}

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* False: none failed. */
static bool open_with_failure(size_t nth)
{
    heddle_cc_server *server = NULL;
    heddle_error err = {0};
    fault_alloc_arm(nth);
    heddle_status st = heddle_cc_server_open(&options, &chaincode, &server, &err);
    if (st == HEDDLE_OK)
        heddle_cc_server_close(server);
    bool failed = fault_alloc_disarm();
    ck_assert_int_eq(fault_alloc_live(), 0);
    ck_assert(st == HEDDLE_OK || (failed && err.message[0]));
    return failed;
}

static void check_every_failure(void)
{
    size_t nth = 1;
    open_with_failure(0); /* what is made once, is */
    unsigned files = open_files();
    while (open_with_failure(nth))
        nth++;
    ck_assert_uint_gt(nth, 10);
    ck_assert_uint_eq(open_files(), files);
}

START_TEST(a_service_opens_or_not)
{
    options.address = "127.0.0.1:0";
    options.tls_key_file = HEDDLE_FIXTURES "/tls/server.key";
    options.tls_cert_file = HEDDLE_FIXTURES "/tls/server.pem";
    options.tls_client_ca_file = HEDDLE_FIXTURES "/tls/ca.pem";
    check_every_failure();
}
END_TEST

START_TEST(a_client_opens_or_not)
{
    options.peer_address = "127.0.0.1:1"; /* nobody */
    options.peer_tls_root_file = HEDDLE_FIXTURES "/tls/ca.pem";
    options.peer_server_name = "localhost";
    options.reconnect = HEDDLE_CC_RECONNECT_NEVER;
    check_every_failure();
}
END_TEST

START_TEST(processes_open_or_not)
{
    options.address = "127.0.0.1:0";
    options.processes = 2;
    check_every_failure();
}
END_TEST

int main(void)
{
    TCase *all =
        SUITE_CASE("open", a_service_opens_or_not, a_client_opens_or_not, processes_open_or_not);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    Suite *suite = suite_create("chaincode/open");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
