/* Certificates and MSPs that are wrong, at each of the places where one side judges the other. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/issue.h"
#include "heddle/heddle.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "support/stack.h"
#include "support/suite.h"

enum { PATH_SIZE = 512, END_MS = 60000, CALL_MS = 10000 };

static stack *s;
static heddle_error err;
static char org1[PATH_SIZE];
static char log_path[PATH_SIZE];

static void set_up(void)
{
    s = stack_start(HEDDLE_BIN);
    snprintf(org1, sizeof(org1), "%s/net/crypto-config/peerOrganizations/org1.example.com",
             stack_dir(s));
    snprintf(log_path, sizeof(log_path), "%s/second.log", stack_dir(s));
}

static void tear_down(void)
{
    stack_free(s);
}

/* What the client's side shows and trusts. */
typedef struct visitor {
    const char *target; /* NULL: the gateway of the stack */
    const char *roots;  /* NULL: the right ones */
    const char *name;
    heddle_view cert;
    heddle_view key;
    const char *msp_id; /* NULL: Org1MSP */
} visitor;

/* One query of a system chaincode's; every gateway answers it. */
static heddle_status visit(const visitor *v)
{
    heddle_gateway *gateway = NULL;
    heddle_identity *user = NULL;
    heddle_contract *contract = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_call_options call = HEDDLE_CALL_OPTIONS;
    options.target = v->target ? v->target : stack_gateway(s);
    options.tls_roots_file = v->roots ? v->roots : stack_gateway_ca(s);
    options.name_override = v->name;
    options.client_cert_pem = v->cert;
    options.client_key_pem = v->key;
    call.timeout_ms = CALL_MS;
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_OK);
    ck_assert_int_eq(
        heddle_identity_from_msp(v->msp_id ? v->msp_id : "Org1MSP", stack_user_msp(s), &user, &err),
        HEDDLE_OK);
    ck_assert_int_eq(heddle_contract_new(gateway, user, "mychannel", "basic", &contract, &err),
                     HEDDLE_OK);
    heddle_status status =
        heddle_evaluate(contract, HEDDLE_CALL("GetAllAssets"), &call, NULL, &err);
    heddle_contract_unref(contract);
    heddle_identity_unref(user);
    heddle_gateway_close(gateway);
    return status;
}

static void is_refused(const visitor *v, heddle_status status, const char *said)
{
    heddle_status got = visit(v);
    ck_assert_msg(got == status && strstr(err.message, said) != NULL, "%s: %s",
                  heddle_status_name(got), got == HEDDLE_OK ? "" : err.message);
}

/* A gateway of its own, with these lines more in its configuration. */
typedef struct second {
    process *process;
    char target[64];
    unsigned admin_port;
} second;

static second start_gateway(const char *msp_id, const char *peer, const char *peer_roots,
                            const char *more)
{
    second g = {0};
    unsigned port = 0;
    char config[PATH_SIZE], ready[PATH_SIZE];
    base_auto_buffer base_buffer yaml = {0}, line = {0};
    snprintf(config, sizeof(config), "%s/second.yaml", stack_dir(s));
    snprintf(ready, sizeof(ready), "%s/second.ready", stack_dir(s));
    ck_assert_int_eq(
        base_buffer_printf(&yaml,
                           "listen: 127.0.0.1:0\nadmin: {listen: \"127.0.0.1:0\"}\n"
                           "identity: {msp_id: %s, msp_dir: %s}\nchannels: [mychannel]\n"
                           "peers: [{address: \"%s\", tls_roots: %s}]\n"
                           "tls:\n  certificate: %s/peers/peer0.org1.example.com/tls/server.crt\n"
                           "  key: %s/peers/peer0.org1.example.com/tls/server.key\n%s",
                           msp_id, stack_user_msp(s), peer, peer_roots, org1, org1, more),
        HEDDLE_OK);
    ck_assert_int_eq(base_write_file(config, base_buffer_view(&yaml), 0600, &err), HEDDLE_OK);
    g.process =
        process_start(log_path, (const char *const[]){HEDDLE_BIN "/heddle-gateway", "--config",
                                                      config, "--ready-file", ready, NULL});
    process_wait_file(g.process, ready, END_MS);
    ck_assert_int_eq(base_read_file(ready, 0, &line, &err), HEDDLE_OK);
    ck_assert_int_eq(
        sscanf(base_buffer_cstr(&line), "ready port=%u admin_port=%u", &port, &g.admin_port), 2);
    snprintf(g.target, sizeof(g.target), "localhost:%u", port);
    return g;
}

static void stop_gateway(second *g)
{
    ck_assert_int_eq(process_stop(g->process, SIGTERM), 0);
}

/* The whole answer to GET /readyz. */
static void ask_ready(unsigned port, char *out, size_t size)
{
    static const char request[] = "GET /readyz HTTP/1.0\r\n\r\n";
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t len = 0;
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(write(fd, request, sizeof(request) - 1), (ssize_t)sizeof(request) - 1);
    for (ssize_t n; len < size - 1 && (n = read(fd, out + len, size - 1 - len)) > 0;)
        len += (size_t)n;
    out[len] = '\0';
    close(fd);
}

typedef struct awaited {
    unsigned port;
    const char *text;
    char answer[4096];
} awaited;

static bool readiness_says(void *user)
{
    awaited *a = user;
    ask_ready(a->port, a->answer, sizeof(a->answer));
    return strstr(a->answer, a->text) != NULL;
}

static void until_ready_says(unsigned port, const char *text)
{
    awaited a = {.port = port, .text = text};
    ck_assert_msg(process_until(readiness_says, &a, END_MS), "/readyz lacks \"%s\": %s", text,
                  a.answer);
}

START_TEST(a_client_takes_no_gateway_that_it_cannot_trust)
{
    ck_assert_msg(visit(&(visitor){0}) == HEDDLE_OK, "%s", err.message);
    is_refused(&(visitor){.roots = stack_orderer_ca(s)}, HEDDLE_E_UNAVAILABLE, stack_gateway(s));
    is_refused(&(visitor){.name = "other.example.com"}, HEDDLE_E_UNAVAILABLE, stack_gateway(s));
}
END_TEST

/* An authority of the test's own. */
typedef struct authority {
    crypto_key *key;
    crypto_cert *cert;
} authority;

static authority new_authority(void)
{
    authority a = {0};
    const crypto_cert_spec spec = {.common_name = "authority",
                                   .is_ca = true,
                                   .key_usage = CRYPTO_USAGE_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &a.key, &err), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue_self_signed(&spec, a.key, &a.cert, &err), HEDDLE_OK);
    return a;
}

static void visit_with(const second *g, const authority *issuer, int64_t from, int64_t to,
                       bool is_welcome)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto_buffer base_buffer pem = {0};
    int64_t now = base_wall_now().seconds;
    const crypto_cert_spec spec = {.common_name = "client",
                                   .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE,
                                   .not_before_s = now + from,
                                   .not_after_s = now + to};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &key, &err), HEDDLE_OK);
    ck_assert_int_eq(
        crypto_issue(&spec, crypto_key_public(key), issuer->cert, issuer->key, &cert, &err),
        HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(key, &pem, &err), HEDDLE_OK);
    const visitor v = {
        .target = g->target, .cert = crypto_cert_pem(cert), .key = base_buffer_view(&pem)};
    if (is_welcome)
        ck_assert_msg(visit(&v) == HEDDLE_OK, "%s", err.message);
    else
        is_refused(&v, HEDDLE_E_UNAVAILABLE, "");
}

START_TEST(a_gateway_takes_no_client_that_it_cannot_trust)
{
    authority own = new_authority(), other = new_authority();
    char roots[PATH_SIZE], more[2 * PATH_SIZE];
    snprintf(roots, sizeof(roots), "%s/authority.pem", stack_dir(s));
    ck_assert_int_eq(base_write_file(roots, crypto_cert_pem(own.cert), 0644, &err), HEDDLE_OK);
    snprintf(more, sizeof(more), "  client_auth: require\n  client_roots: [%s]\n", roots);
    second g = start_gateway("Org1MSP", stack_peer(s), stack_gateway_ca(s), more);
    visit_with(&g, &own, -3600, 3600, true);
    visit_with(&g, &own, -7200, -3600, false);
    visit_with(&g, &other, -3600, 3600, false);
    is_refused(&(visitor){.target = g.target}, HEDDLE_E_UNAVAILABLE, "");
    visit_with(&g, &own, -3600, 3600, true);
    stop_gateway(&g);
    crypto_key_unref(own.key);
    crypto_cert_unref(own.cert);
    crypto_key_unref(other.key);
    crypto_cert_unref(other.cert);
}
END_TEST

START_TEST(a_gateway_says_that_it_cannot_trust_its_peer)
{
    second g = start_gateway("Org1MSP", stack_peer(s), stack_orderer_ca(s), "");
    until_ready_says(g.admin_port, "503");
    until_ready_says(g.admin_port, stack_peer(s));
    ck_assert_int_ne(visit(&(visitor){.target = g.target}), HEDDLE_OK);
    ck_assert(err.message[0]);
    stop_gateway(&g);
}
END_TEST

static void sync_ends(const char *msp_id, const char *peer, const char *roots, int code,
                      const char *said)
{
    base_auto_buffer base_buffer text = {0};
    unlink(log_path);
    char *url = stack_database_named(s, "postgres");
    process *sync = process_start(
        log_path, (const char *const[]){HEDDLE_BIN "/heddle-sync", "--channel", "mychannel",
                                        "--peer", peer, "--peer-tls-roots", roots,
                                        "--identity-msp-id", msp_id, "--identity-msp-dir",
                                        stack_user_msp(s), "--database", url, "--once", NULL});
    int got = process_wait(sync, END_MS);
    ck_assert_int_eq(base_read_file(log_path, 0, &text, &err), HEDDLE_OK);
    const char *last = strstr(base_buffer_cstr(&text), "heddle-sync: ");
    ck_assert_msg(got == code && strstr(base_buffer_cstr(&text), said), "%d: %s", got,
                  last ? last : base_buffer_cstr(&text));
    free(url);
}

/* A server of the test's own with a certificate of the peer's authority. */
static rpc_server *start_server(int64_t from, int64_t to, char address[64])
{
    char path[2 * PATH_SIZE];
    const char *const names[] = {"localhost"};
    int64_t now = base_wall_now().seconds;
    const crypto_cert_spec spec = {.common_name = "peer",
                                   .sans = names,
                                   .san_count = BASE_COUNT(names),
                                   .key_usage =
                                       CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_SERVER_AUTH,
                                   .not_before_s = now + from,
                                   .not_after_s = now + to};
    base_auto(crypto_key) crypto_key *ca_key = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *ca = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(rpc_server_creds) rpc_server_creds *creds = NULL;
    base_auto_buffer base_buffer pem = {0};
    rpc_server *server = NULL;
    uint16_t port = 0;
    snprintf(path, sizeof(path), "%s/tlsca/priv_sk", org1);
    ck_assert_int_eq(crypto_key_load(path, &ca_key, &err), HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_load(stack_gateway_ca(s), &ca, &err), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &key, &err), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue(&spec, crypto_key_public(key), ca, ca_key, &cert, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(key, &pem, &err), HEDDLE_OK);
    const rpc_tls_server tls = {.cert_pem = crypto_cert_pem(cert),
                                .key_pem = base_buffer_view(&pem)};
    ck_assert_int_eq(rpc_server_creds_tls(&tls, &creds, &err), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&(rpc_server_options){0}, &server, &err), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(server, "127.0.0.1:0", creds, &port, &err), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(server, &err), HEDDLE_OK);
    snprintf(address, 64, "localhost:%u", port);
    return server;
}

static void stop_server(rpc_server *server)
{
    rpc_server_stop_blocking(server, 0);
    rpc_server_free(server);
}

START_TEST(a_peer_whose_certificate_has_expired_is_named)
{
    char good[64], expired[64];
    ck_assert_int_eq(rpc_init(1, &err), HEDDLE_OK);
    rpc_server *trusted = start_server(-7200, 3600, good);
    rpc_server *server = start_server(-7200, -3600, expired);
    ck_assert_int_ne(visit(&(visitor){.target = good}), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, RPC_UNIMPLEMENTED);
    is_refused(&(visitor){.target = expired}, HEDDLE_E_UNAVAILABLE, expired);
    second g = start_gateway("Org1MSP", expired, stack_gateway_ca(s), "");
    until_ready_says(g.admin_port, expired);
    stop_gateway(&g);
    sync_ends("Org1MSP", expired, stack_gateway_ca(s), 1, expired);
    stop_server(trusted);
    stop_server(server);
    rpc_shutdown();
}
END_TEST

START_TEST(a_gateway_of_the_wrong_msp_says_that_it_is_denied)
{
    second g = start_gateway("Org2MSP", stack_peer(s), stack_gateway_ca(s), "");
    until_ready_says(g.admin_port, "503");
    until_ready_says(g.admin_port, "access denied");
    ck_assert_int_ne(visit(&(visitor){.target = g.target}), HEDDLE_OK);
    stop_gateway(&g);
}
END_TEST

START_TEST(a_client_of_the_wrong_msp_is_told_so)
{
    static const char *const wrong[] = {"Org2MSP", "NoSuchMSP", "OrdererMSP"};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ck_assert_int_ne(visit(&(visitor){.msp_id = wrong[i]}), HEDDLE_OK);
        ck_assert_int_gt(err.grpc_code, 0);
        ck_assert_msg(strstr(err.message, "error validating proposal") ||
                          strstr(err.message, "access denied") || strstr(err.message, "creator"),
                      "%s: %s", wrong[i], err.message);
    }
}
END_TEST

START_TEST(a_sync_says_what_is_wrong_and_stops)
{
    sync_ends("Org2MSP", stack_peer(s), stack_gateway_ca(s), 6, "does not let this identity read");
    sync_ends("NoSuchMSP", stack_peer(s), stack_gateway_ca(s), 6,
              "does not let this identity read");
    sync_ends("Org1MSP", stack_peer(s), stack_orderer_ca(s), 1, stack_peer(s));
    sync_ends("Org1MSP", stack_peer(s), stack_gateway_ca(s), 0, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system/trust");
    TCase *tcase = SUITE_CASE(
        "trust", a_client_takes_no_gateway_that_it_cannot_trust,
        a_gateway_takes_no_client_that_it_cannot_trust,
        a_gateway_says_that_it_cannot_trust_its_peer, a_peer_whose_certificate_has_expired_is_named,
        a_gateway_of_the_wrong_msp_says_that_it_is_denied, a_client_of_the_wrong_msp_is_told_so,
        a_sync_says_what_is_wrong_and_stops);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
