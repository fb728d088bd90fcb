/* What each daemon says and does before and beside its work: configuration, files, ports,
 * signals, exit codes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/suite.h"

#define GATEWAY HEDDLE_BIN "/heddle-gateway"
#define SYNC    HEDDLE_BIN "/heddle-sync"
#define DEVNET  HEDDLE_BIN "/heddle-devnet"
#define ORG1    HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com"
#define PEER    ORG1 "/peers/peer0.org1.example.com"
#define MSP     ORG1 "/users/User1@org1.example.com/msp"
#define ROOTS   ORG1 "/tlsca/tlsca.org1.example.com-cert.pem"

#define IDENTITY "identity: {msp_id: Org1MSP, msp_dir: " MSP "}\n"
#define PEERS    "peers: [{address: \"localhost:1\", tls_roots: " ROOTS "}]\n"
#define FRONT    "listen: 127.0.0.1:0\n"

enum { PATH_SIZE = 512, END_MS = 30000 };

static char *dir;
static char config[PATH_SIZE];
static char log_path[PATH_SIZE];
static char ready[PATH_SIZE];
static heddle_error err;

static void set_up(void)
{
    dir = fixture_dir_new();
    snprintf(config, sizeof(config), "%s/thing.yaml", dir);
    snprintf(log_path, sizeof(log_path), "%s/log", dir);
    snprintf(ready, sizeof(ready), "%s/ready", dir);
}

static void tear_down(void)
{
    fixture_dir_free(dir);
}

static void write_text(const char *path, const char *text)
{
    ck_assert_int_eq(base_write_file(path, heddle_view_str(text), 0600, &err), HEDDLE_OK);
}

static const char *read_text(const char *path, base_buffer *out)
{
    base_buffer_clear(out);
    ck_assert_msg(base_read_file(path, 0, out, &err) == HEDDLE_OK, "%s", err.message);
    return base_buffer_cstr(out);
}

/* The program ends by itself with this code, and says this. */
static void ends(const char *const argv[], int code, const char *said)
{
    base_auto_buffer base_buffer text = {0};
    unlink(log_path);
    int got = process_wait(process_start(log_path, argv), END_MS);
    const char *output = read_text(log_path, &text);
    ck_assert_msg(got == code, "%s: exit code %d, not %d: %s", argv[0], got, code, output);
    ck_assert_msg(strstr(output, said) != NULL, "%s: lacks \"%s\": %s", argv[0], said, output);
}

static void refuses(const char *program, const char *yaml, const char *said)
{
    write_text(config, yaml);
    ends((const char *const[]){program, "--config", config, NULL}, 2, said);
}

static process *start_gateway(const char *yaml)
{
    write_text(config, yaml);
    process *p = process_start(
        log_path, (const char *const[]){GATEWAY, "--config", config, "--ready-file", ready, NULL});
    process_wait_file(p, ready, END_MS);
    return p;
}

/* Command line and configuration. */

START_TEST(flags_that_only_print_need_no_configuration)
{
    static const char *const programs[] = {GATEWAY, SYNC, DEVNET};
    for (size_t i = 0; i < BASE_COUNT(programs); i++) {
        ends((const char *const[]){programs[i], "--help", NULL}, 0, "Exit codes:");
        ends((const char *const[]){programs[i], "--version", NULL}, 0, "heddle-");
        ends((const char *const[]){programs[i], "--reference", NULL}, 0, "| exit code |");
        ends((const char *const[]){programs[i], "--nonsense", NULL}, 2, "unknown key \"nonsense\"");
        ends((const char *const[]){programs[i], "word", NULL}, 2, "\"word\" is no flag");
        ends((const char *const[]){programs[i], "--config", "/nowhere/x.yaml", NULL}, 2,
             "/nowhere/x.yaml");
    }
}
END_TEST

START_TEST(errors_in_the_file_name_file_and_line)
{
    static const struct {
        const char *program;
        const char *yaml;
        const char *said;
    } cases[] = {
        {GATEWAY, "listen: a:1\nlissten: b:2\n",
         "thing.yaml:2: unknown key \"lissten\"; did you mean \"listen\"?"},
        {GATEWAY, FRONT "pool:\n  connections: many\n", "thing.yaml:3: pool.connections"},
        {GATEWAY, FRONT "pool: {connections: 65}\n", "thing.yaml:2: pool.connections"},
        {GATEWAY, FRONT "timeout: {endorse: soon}\n", "thing.yaml:2: timeout.endorse"},
        {GATEWAY, FRONT "log: {level: loud}\n", "thing.yaml:2: log.level"},
        {GATEWAY, FRONT FRONT, "thing.yaml:2:"},
        {GATEWAY, FRONT "tls: [a, b\n", "thing.yaml:"},
        {GATEWAY, FRONT "peers: [{tls_roots: x}]\n", "thing.yaml:2"},
        {GATEWAY, "- a\n- b\n", "thing.yaml:1: must be a mapping"},
        {SYNC, "channel: c\nverify: nothing\n", "thing.yaml:2: verify"},
        {SYNC, "channel: c\nqueue: 3 apples\n", "thing.yaml:2: queue"},
        {DEVNET, "channel: c\npeers: 10\n", "thing.yaml:2: peers"},
        {DEVNET, "batch_timeout: 1 fortnight\n", "thing.yaml:1: batch_timeout"},
        {DEVNET, "chaincode: [nonsense]\n", "nonsense"},
        {DEVNET, "\x01\x02", "thing.yaml:1"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        refuses(cases[i].program, cases[i].yaml, cases[i].said);
}
END_TEST

START_TEST(keys_that_do_not_go_together_are_named)
{
    refuses(GATEWAY, FRONT IDENTITY, "peers");
    refuses(GATEWAY, FRONT PEERS, "identity.msp_id");
    refuses(GATEWAY, FRONT PEERS "identity: {msp_id: Org1MSP}\n", "identity.msp_dir");
    refuses(GATEWAY, "listen: nowhere\n" IDENTITY PEERS, "listen: \"nowhere\" is not host:port");
    refuses(GATEWAY, FRONT IDENTITY PEERS "admin: {listen: \"9443\"}\n",
            "admin.listen: \"9443\" is not host:port");
    refuses(GATEWAY, FRONT IDENTITY "peers: [{address: peer}]\n", "peers: \"peer\"");
    refuses(GATEWAY, FRONT IDENTITY PEERS "tls: {certificate: x}\n", "tls.certificate and tls.key");
    refuses(SYNC, "channel: c\n" PEERS IDENTITY, "database");
    refuses(SYNC, "channel: c\ndatabase: dbname=x\n", "no source");
    refuses(SYNC, "database: dbname=x\n" PEERS IDENTITY, "channel: required");
    refuses(SYNC, "channel: c\ndatabase: dbname=x\n" PEERS, "identity.msp_id");
}
END_TEST

START_TEST(check_tells_without_starting)
{
    write_text(config, FRONT IDENTITY PEERS);
    ends((const char *const[]){GATEWAY, "--config", config, "--check", NULL}, 0, "");
    ends((const char *const[]){GATEWAY, "--config", config, "--check", "--listen", "x", NULL}, 2,
         "listen");
    ends((const char *const[]){DEVNET, "--dir", dir, "--check", "--chaincode", "x", NULL}, 2, "x");
    write_text(config, "database: dbname=x\nblocks: /nowhere\n");
    ends((const char *const[]){SYNC, "--config", config, "--check", NULL}, 0, "");
}
END_TEST

/* Files that the configuration names. */

/* A certificate and its key, valid from @p from to @p to. */
static void make_pair(int64_t from, int64_t to, char cert_path[PATH_SIZE], char key_path[PATH_SIZE])
{
    const char *const names[] = {"localhost", "127.0.0.1"};
    const crypto_cert_spec spec = {.common_name = "gateway",
                                   .sans = names,
                                   .san_count = BASE_COUNT(names),
                                   .not_before_s = from,
                                   .not_after_s = to};
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto_buffer base_buffer pem = {0};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &key, &err), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue_self_signed(&spec, key, &cert, &err), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(key, &pem, &err), HEDDLE_OK);
    snprintf(cert_path, PATH_SIZE, "%s/cert.pem", dir);
    snprintf(key_path, PATH_SIZE, "%s/key.pem", dir);
    ck_assert_int_eq(base_write_file(cert_path, crypto_cert_pem(cert), 0644, &err), HEDDLE_OK);
    ck_assert_int_eq(base_write_file(key_path, base_buffer_view(&pem), 0600, &err), HEDDLE_OK);
}

static void gateway_refuses_tls(const char *cert, const char *key, const char *said)
{
    char yaml[4 * PATH_SIZE];
    snprintf(yaml, sizeof(yaml), FRONT IDENTITY PEERS "tls: {certificate: %s, key: %s}\n", cert,
             key);
    refuses(GATEWAY, yaml, said);
}

START_TEST(certificates_that_cannot_work_are_refused_at_the_start)
{
    char cert[PATH_SIZE], key[PATH_SIZE];
    int64_t now = base_wall_now().seconds;
    make_pair(now - 7200, now - 3600, cert, key);
    gateway_refuses_tls(cert, key, "tls.certificate: ");
    make_pair(now + 3600, now + 7200, cert, key);
    gateway_refuses_tls(cert, key, "tls.certificate: ");
    gateway_refuses_tls(PEER "/tls/server.crt", key, "tls.key: not the key of tls.certificate");
    gateway_refuses_tls("/nowhere/cert.pem", key, "tls.certificate: open /nowhere/cert.pem");
    gateway_refuses_tls(ROOTS, ROOTS, "tls.key: ");
    gateway_refuses_tls(key, key, "tls.certificate: ");
}
END_TEST

START_TEST(identities_and_roots_that_are_none_are_refused_at_the_start)
{
    char yaml[4 * PATH_SIZE], cert[PATH_SIZE], key[PATH_SIZE];
    int64_t now = base_wall_now().seconds;
    make_pair(now - 7200, now - 3600, cert, key);
    snprintf(yaml, sizeof(yaml),
             FRONT PEERS "identity: {msp_id: Org1MSP, certificate: %s, key: %s}\n", cert, key);
    refuses(GATEWAY, yaml, "identity: ");
    refuses(GATEWAY, FRONT PEERS "identity: {msp_id: Org1MSP, msp_dir: /nowhere}\n",
            "identity: /nowhere/signcerts");
    refuses(GATEWAY, FRONT IDENTITY "peers: [{address: \"localhost:1\", tls_roots: /nowhere}]\n",
            "peers: localhost:1: open /nowhere");
    snprintf(yaml, sizeof(yaml),
             FRONT IDENTITY "peers: [{address: \"localhost:1\", tls_roots: %s}]\n", key);
    refuses(GATEWAY, yaml, "peers: localhost:1: ");
    refuses(GATEWAY, FRONT IDENTITY "peers: [{address: \"localhost:1\", tls_roots: /dev/null}]\n",
            "peers: localhost:1: /dev/null is empty");
}
END_TEST

/* Ports, the ready file, signals. */

START_TEST(an_address_in_use_is_named)
{
    char yaml[PATH_SIZE * 4], address[64];
    process *first = start_gateway(FRONT IDENTITY PEERS "admin: {listen: \"127.0.0.1:0\"}\n");
    base_auto_buffer base_buffer text = {0};
    unsigned port = 0, admin_port = 0;
    ck_assert_int_eq(
        sscanf(read_text(ready, &text), "ready port=%u admin_port=%u", &port, &admin_port), 2);
    ck_assert(process_port_open((uint16_t)port) && process_port_open((uint16_t)admin_port));
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    snprintf(yaml, sizeof(yaml), "listen: %s\n" IDENTITY PEERS, address);
    char second[PATH_SIZE];
    snprintf(second, sizeof(second), "%s/second.yaml", dir);
    write_text(second, yaml);
    ends((const char *const[]){GATEWAY, "--config", second, NULL}, 1, address);
    snprintf(yaml, sizeof(yaml), FRONT IDENTITY PEERS "admin: {listen: \"127.0.0.1:%u\"}\n",
             admin_port);
    write_text(second, yaml);
    ends((const char *const[]){GATEWAY, "--config", second, NULL}, 1, "admin.listen");
    snprintf(address, sizeof(address), "%u", port);
    ends((const char *const[]){DEVNET, "--dir", dir, "--base-port", address, NULL}, 1, address);
    ck_assert_int_eq(process_stop(first, SIGTERM), 0);
}
END_TEST

START_TEST(the_ready_file_of_an_earlier_run_is_removed)
{
    write_text(ready, "ready port=1\n");
    write_text(config, "listen: 127.0.0.1:0\n" IDENTITY
                       "peers: [{address: \"localhost:1\", tls_roots: /nowhere}]\n");
    ends((const char *const[]){GATEWAY, "--config", config, "--ready-file", ready, NULL}, 2,
         "/nowhere");
    ck_assert_int_ne(access(ready, F_OK), 0);
    write_text(config, FRONT IDENTITY PEERS);
    ends((const char *const[]){GATEWAY, "--config", config, "--ready-file", "/nowhere/r", NULL}, 1,
         "ready_file: create a file beside /nowhere/r");
}
END_TEST

static const char *awaited;

static bool log_says(void *user)
{
    (void)user;
    base_auto_buffer base_buffer text = {0};
    return strstr(read_text(log_path, &text), awaited) != NULL;
}

static void until_log_says(const char *text)
{
    awaited = text;
    ck_assert_msg(process_until(log_says, NULL, END_MS), "the log lacks \"%s\"", text);
}

START_TEST(a_bad_file_changes_nothing_on_sighup_and_a_good_one_does)
{
    process *gateway = start_gateway(FRONT IDENTITY PEERS);
    write_text(config, FRONT IDENTITY PEERS "pool: {connections: none}\n");
    kill(process_pid(gateway), SIGHUP);
    until_log_says("thing.yaml:4: pool.connections");
    ck_assert(process_is_running(gateway));
    write_text(config, "listen: 127.0.0.1:1\n" IDENTITY PEERS "log: {level: debug}\n");
    kill(process_pid(gateway), SIGHUP);
    until_log_says("some keys need a restart");
    until_log_says("keys=listen");
    until_log_says("configuration reloaded");
    ck_assert_int_eq(process_stop(gateway, SIGINT), 0);
}
END_TEST

START_TEST(the_log_of_a_devnet_follows_sighup)
{
    write_text(config, "base_port: 0\nlog: {level: warn}\n");
    const char *const argv[] = {DEVNET, "--config",     config, "--dir",
                                dir,    "--ready-file", ready,  NULL};
    process *devnet = process_start(log_path, argv);
    process_wait_file(devnet, ready, END_MS);
    write_text(config, "base_port: 0\nlog: {level: info, json: true}\n");
    kill(process_pid(devnet), SIGHUP);
    until_log_says("\"configuration reloaded\"");
    ck_assert_int_eq(process_stop(devnet, SIGTERM), 0);
    until_log_says("\"stopped\"");
}
END_TEST

START_TEST(a_second_devnet_on_the_folder_says_so_and_stops)
{
    char first_pid[32];
    const char *const argv[] = {DEVNET, "--dir",        dir,   "--base-port",
                                "0",    "--ready-file", ready, NULL};
    process *first = process_start(log_path, argv);
    process_wait_file(first, ready, END_MS);
    snprintf(first_pid, sizeof(first_pid), "(process %d)", (int)process_pid(first));
    ends((const char *const[]){DEVNET, "--dir", dir, "--base-port", "0", NULL}, 1, first_pid);
    ck_assert(process_is_running(first));
    ck_assert_int_eq(process_stop(first, SIGTERM), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system/daemons");
    TCase *tcase = SUITE_CASE(
        "daemons", flags_that_only_print_need_no_configuration,
        errors_in_the_file_name_file_and_line, keys_that_do_not_go_together_are_named,
        check_tells_without_starting, certificates_that_cannot_work_are_refused_at_the_start,
        identities_and_roots_that_are_none_are_refused_at_the_start, an_address_in_use_is_named,
        the_ready_file_of_an_earlier_run_is_removed,
        a_bad_file_changes_nothing_on_sighup_and_a_good_one_does,
        the_log_of_a_devnet_follows_sighup, a_second_devnet_on_the_folder_says_so_and_stops);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
