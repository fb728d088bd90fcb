/* Certificates that keep a connection from coming about, and what is said of them. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "client/diagnosis.h"
#include "crypto/issue.h"
#include "wire/gateway.h"
#include "wire/services.h"

enum { PATIENT_MS = 20000, IMPATIENT_MS = 300, LIFE_S = 8 };

typedef struct party {
    crypto_key *key;
    crypto_cert *cert;
    base_buffer key_pem;
} party;

static party root, leaf;
static rpc_server *server;
static char target[32];
static heddle_identity *user;

static party make(const char *name, const party *issuer, const char *san, int64_t not_after_s)
{
    party p = {0};
    crypto_cert_spec spec = {.common_name = name,
                             .sans = &san,
                             .san_count = san ? 1 : 0,
                             .is_ca = !issuer,
                             .key_usage =
                                 issuer ? CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_SERVER_AUTH
                                        : CRYPTO_USAGE_CERT_SIGN,
                             .not_before_s = time(NULL) - 3600,
                             .not_after_s = not_after_s};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &p.key, NULL), HEDDLE_OK);
    ck_assert_int_eq(issuer ? crypto_issue(&spec, crypto_key_public(p.key), issuer->cert,
                                           issuer->key, &p.cert, NULL)
                            : crypto_issue_self_signed(&spec, p.key, &p.cert, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(p.key, &p.key_pem, NULL), HEDDLE_OK);
    return p;
}

static void party_done(party *p)
{
    crypto_cert_unref(p->cert);
    crypto_key_unref(p->key);
    base_buffer_done(&p->key_pem);
}

static void evaluate(rpc_server_call *call, void *unused)
{
    (void)unused;
    wire_evaluate_response answer = {.result = {.status = 200, .payload = VIEW("here")}};
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_int_eq(wire_shape_write(&wire_evaluate_response_shape, &answer, &bytes), 0);
    rpc_server_call_reply(call, base_buffer_view(&bytes));
}

static void serve(const char *san, int64_t not_after_s)
{
    const rpc_method methods[] = {{WIRE_GATEWAY_EVALUATE, RPC_METHOD_UNARY, evaluate, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 1};
    rpc_server_creds *creds = NULL;
    uint16_t port = 0;
    leaf = make("the gateway", &root, san, not_after_s);
    rpc_tls_server tls = {.cert_pem = crypto_cert_pem(leaf.cert),
                          .key_pem = base_buffer_view(&leaf.key_pem)};
    ck_assert_int_eq(rpc_server_creds_tls(&tls, &creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&options, &server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(server, "127.0.0.1:0", creds, &port, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(server, NULL), HEDDLE_OK);
    rpc_server_creds_free(creds);
    snprintf(target, sizeof(target), "localhost:%u", port);
}

static heddle_gateway *connect_to(heddle_view roots_pem, uint32_t connect_wait_ms)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_gateway *gateway = NULL;
    options.target = target;
    options.tls_roots_pem = roots_pem;
    options.connect_wait_ms = connect_wait_ms;
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, NULL), HEDDLE_OK);
    return gateway;
}

static heddle_status ask(heddle_gateway *gateway, heddle_error *err)
{
    heddle_contract *contract = NULL;
    ck_assert_int_eq(heddle_contract_new(gateway, user, "c", "cc", &contract, NULL), HEDDLE_OK);
    heddle_status status = heddle_evaluate(contract, HEDDLE_CALL("Get"), NULL, NULL, err);
    heddle_contract_unref(contract);
    return status;
}

/* The reason is looked for beside the calls: one of the first has it. */
static void expect_unreachable(heddle_view roots_pem, const char *reason)
{
    heddle_error err = {0};
    heddle_gateway *gateway = connect_to(roots_pem, IMPATIENT_MS);
    uint64_t until = base_now_ms() + PATIENT_MS;
    do {
        ck_assert_int_eq(ask(gateway, &err), HEDDLE_E_UNAVAILABLE);
        ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
        ck_assert_msg(base_now_ms() < until, "%s", err.message);
    } while (!strstr(err.message, reason));
    heddle_gateway_close(gateway);
}

START_TEST(a_certificate_that_expires_ends_no_connection_but_lets_none_begin)
{
    heddle_error err = {0};
    int64_t end_s = time(NULL) + LIFE_S;
    serve("localhost", end_s);
    heddle_gateway *gateway = connect_to(crypto_cert_pem(root.cert), PATIENT_MS);
    ck_assert_msg(ask(gateway, &err) == HEDDLE_OK, "%s", err.message);
    while (time(NULL) <= end_s)
        ck_assert_msg(ask(gateway, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_msg(ask(gateway, &err) == HEDDLE_OK, "%s", err.message);
    expect_unreachable(crypto_cert_pem(root.cert), "the certificate of CN=the gateway expired at");
    heddle_gateway_close(gateway);
}
END_TEST

START_TEST(a_wrong_name_is_told)
{
    serve("gateway.example.com", time(NULL) + 3600);
    expect_unreachable(crypto_cert_pem(root.cert), "is not for the name localhost");
}
END_TEST

START_TEST(a_root_that_is_not_trusted_is_told)
{
    party other = make("another root", NULL, NULL, time(NULL) + 3600);
    serve("localhost", time(NULL) + 3600);
    expect_unreachable(crypto_cert_pem(other.cert), "is issued by CN=the root");
    party_done(&other);
}
END_TEST

START_TEST(nobody_at_the_address_is_told)
{
    serve("localhost", time(NULL) + 3600);
    rpc_server_stop_blocking(server, 0);
    rpc_server_free(base_steal(&server));
    expect_unreachable(crypto_cert_pem(root.cert), "refused");
    party_done(&leaf);
}
END_TEST

static void expect_finding(const party *p, heddle_view roots, const char *host, const char *part)
{
    char text[RPC_PROBE_TEXT] = "";
    client_diagnosis_explain(crypto_cert_pem(p->cert), roots, host, text);
    ck_assert_msg(part ? strstr(text, part) != NULL : !text[0], "%s", text);
}

START_TEST(chains_are_explained)
{
    int64_t later = time(NULL) + 3600;
    heddle_view roots = crypto_cert_pem(root.cert);
    party good = make("good", &root, "*.example.com", later);
    party early = make("early", &root, "a.example.com", time(NULL) - 60);
    party old_root = make("old root", NULL, NULL, time(NULL) - 60);
    expect_finding(&good, roots, "a.example.com", NULL);
    expect_finding(&good, roots, "A.EXAMPLE.COM", NULL);
    expect_finding(&good, roots, "example.com", "is not for the name example.com");
    expect_finding(&good, roots, "a.b.example.com", "is not for the name");
    expect_finding(&early, roots, "a.example.com", "CN=early expired at");
    expect_finding(&good, crypto_cert_pem(old_root.cert), "a.example.com", "among the trusted");
    char text[RPC_PROBE_TEXT] = "";
    client_diagnosis_explain(VIEW("no certificate"), roots, "a", text);
    ck_assert_str_eq(text, "");
    party_done(&good);
    party_done(&early);
    party_done(&old_root);
}
END_TEST

static void start(void)
{
    ck_assert_int_eq(rpc_init(2, NULL), HEDDLE_OK);
    root = make("the root", NULL, NULL, time(NULL) + 3600);
    user = bed_user();
}

static void stop(void)
{
    heddle_identity_unref(user);
    if (server) {
        rpc_server_stop_blocking(server, 0);
        rpc_server_free(server);
        party_done(&leaf);
    }
    party_done(&root);
    rpc_shutdown();
}

static TCase *trust_case(void)
{
    TCase *tc =
        SUITE_CASE("trust", a_certificate_that_expires_ends_no_connection_but_lets_none_begin,
                   a_wrong_name_is_told, a_root_that_is_not_trusted_is_told,
                   nobody_at_the_address_is_told, chains_are_explained);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("client/trust", trust_case())
