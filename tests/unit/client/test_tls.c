/* Connections that are encrypted, and those that must not come about. */
#include <stdio.h>

#include "base/view.h"
#include "heddle/heddle.h"
#include "rpc/server.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/gateway.h"
#include "wire/services.h"

#define ORG1 "crypto-config/peerOrganizations/org1.example.com/"
#define ORG2 "crypto-config/peerOrganizations/org2.example.com/"
#define USER HEDDLE_FIXTURES "/" ORG1 "users/User1@org1.example.com/"

static const heddle_request request = {.size = sizeof(heddle_request), .function = "Read"};

static rpc_server *server;
static char target[32];
static heddle_identity *user;

static void evaluate(rpc_server_call *call, void *unused)
{
    (void)unused;
    wire_evaluate_response answer = {
        .result = {.status = 200, .payload = rpc_server_call_client_cert(call)}};
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_int_eq(wire_shape_write(&wire_evaluate_response_shape, &answer, &bytes), 0);
    rpc_server_call_reply(call, base_buffer_view(&bytes));
}

/* A server with the TLS certificate of peer0.org1. */
static void serve(rpc_client_auth auth)
{
    const rpc_method methods[] = {{WIRE_GATEWAY_EVALUATE, RPC_METHOD_UNARY, evaluate, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 1};
    base_buffer cert = fixture_read(ORG1 "peers/peer0.org1.example.com/tls/server.crt");
    base_buffer key = fixture_read(ORG1 "peers/peer0.org1.example.com/tls/server.key");
    base_buffer roots = fixture_read(ORG1 "tlsca/tlsca.org1.example.com-cert.pem");
    rpc_tls_server tls = {.cert_pem = base_buffer_view(&cert),
                          .key_pem = base_buffer_view(&key),
                          .client_roots_pem = base_buffer_view(&roots),
                          .client_auth = auth};
    rpc_server_creds *creds = NULL;
    uint16_t port = 0;
    ck_assert_int_eq(rpc_server_creds_tls(&tls, &creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&options, &server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(server, "127.0.0.1:0", creds, &port, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(server, NULL), HEDDLE_OK);
    snprintf(target, sizeof(target), "localhost:%u", port);
    rpc_server_creds_free(creds);
    base_buffer_done(&cert);
    base_buffer_done(&key);
    base_buffer_done(&roots);
}

/* Connections that must come about have time; those that must not are given up soon. */
enum { PATIENT_MS = 30000, IMPATIENT_MS = 1000 };

static heddle_status ask(heddle_gateway_options *options, heddle_bytes *out, heddle_error *err)
{
    heddle_gateway *gateway = NULL;
    heddle_contract *contract = NULL;
    options->target = target;
    ck_assert_int_eq(heddle_gateway_open(options, &gateway, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_contract_new(gateway, user, "c", "cc", &contract, NULL), HEDDLE_OK);
    heddle_status status = heddle_evaluate(contract, &request, NULL, out, err);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    return status;
}

static void setup(void)
{
    ck_assert_int_eq(rpc_init(2, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_from_msp("Org1MSP", USER "msp", &user, NULL), HEDDLE_OK);
}

static void teardown(void)
{
    heddle_identity_unref(user);
    rpc_server_stop_blocking(server, 0);
    rpc_server_free(server);
    rpc_shutdown();
}

START_TEST(verified_server_is_talked_to)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_bytes result = {0};
    serve(RPC_CLIENT_AUTH_NONE);
    options.connect_wait_ms = PATIENT_MS;
    options.tls_roots_file = HEDDLE_FIXTURES "/" ORG1 "tlsca/tlsca.org1.example.com-cert.pem";
    ck_assert_int_eq(ask(&options, &result, NULL), HEDDLE_OK);
    ck_assert_uint_eq(result.len, 0);
    heddle_bytes_done(&result);
    options.name_override = "peer0.org1.example.com";
    ck_assert_int_eq(ask(&options, NULL, NULL), HEDDLE_OK);
}
END_TEST

START_TEST(server_of_another_authority_or_name_is_not)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_error err = {0};
    serve(RPC_CLIENT_AUTH_NONE);
    options.connect_wait_ms = IMPATIENT_MS;
    options.tls_roots_file = HEDDLE_FIXTURES "/" ORG2 "tlsca/tlsca.org2.example.com-cert.pem";
    ck_assert_int_eq(ask(&options, NULL, &err), HEDDLE_E_UNAVAILABLE);
    options.tls_roots_file = HEDDLE_FIXTURES "/" ORG1 "tlsca/tlsca.org1.example.com-cert.pem";
    options.name_override = "peer9.org1.example.com";
    ck_assert_int_eq(ask(&options, NULL, &err), HEDDLE_E_UNAVAILABLE);
}
END_TEST

START_TEST(client_certificate_is_shown)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_bytes result = {0};
    heddle_error err = {0};
    base_buffer cert = fixture_read(ORG1 "users/User1@org1.example.com/tls/client.crt");
    base_buffer key = fixture_read(ORG1 "users/User1@org1.example.com/tls/client.key");
    serve(RPC_CLIENT_AUTH_REQUIRE);
    options.tls_roots_file = HEDDLE_FIXTURES "/" ORG1 "tlsca/tlsca.org1.example.com-cert.pem";
    options.connect_wait_ms = IMPATIENT_MS;
    ck_assert_int_ne(ask(&options, NULL, &err), HEDDLE_OK);
    options.connect_wait_ms = PATIENT_MS;
    options.client_cert_pem = base_buffer_view(&cert);
    options.client_key_pem = base_buffer_view(&key);
    ck_assert_int_eq(ask(&options, &result, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(heddle_view_of(result.data, result.len), base_buffer_view(&cert)));
    heddle_bytes_done(&result);
    base_buffer_done(&cert);
    base_buffer_done(&key);
}
END_TEST

static heddle_status evaluate_on(heddle_gateway *gateway, uint32_t timeout_ms)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_contract *contract = NULL;
    options.timeout_ms = timeout_ms;
    ck_assert_int_eq(heddle_contract_new(gateway, user, "c", "cc", &contract, NULL), HEDDLE_OK);
    heddle_status status = heddle_evaluate(contract, &request, &options, NULL, NULL);
    heddle_contract_unref(contract);
    return status;
}

START_TEST(a_gateway_in_use_takes_new_certificates)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_tls_material fresh = HEDDLE_TLS_MATERIAL;
    heddle_gateway *gateway = NULL;
    heddle_error err = {0};
    base_buffer cert = fixture_read(ORG1 "users/User1@org1.example.com/tls/client.crt");
    base_buffer key = fixture_read(ORG1 "users/User1@org1.example.com/tls/client.key");
    serve(RPC_CLIENT_AUTH_REQUIRE);
    options.target = target;
    options.tls_roots_file = HEDDLE_FIXTURES "/" ORG2 "tlsca/tlsca.org2.example.com-cert.pem";
    options.connect_wait_ms = PATIENT_MS;
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, NULL), HEDDLE_OK);
    ck_assert_int_eq(evaluate_on(gateway, IMPATIENT_MS), HEDDLE_E_UNAVAILABLE);

    fresh.client_cert_pem = base_buffer_view(&cert);
    ck_assert_int_eq(heddle_gateway_reload_tls(gateway, &fresh, &err), HEDDLE_E_BAD_ARGUMENT);
    fresh.client_key_pem = base_buffer_view(&key);
    fresh.roots_file = "/nonexistent/roots.pem";
    ck_assert_int_eq(heddle_gateway_reload_tls(gateway, &fresh, &err), HEDDLE_E_IO);
    ck_assert_int_eq(evaluate_on(gateway, IMPATIENT_MS), HEDDLE_E_UNAVAILABLE);
    fresh.roots_file = HEDDLE_FIXTURES "/" ORG1 "tlsca/tlsca.org1.example.com-cert.pem";
    ck_assert_int_eq(heddle_gateway_reload_tls(gateway, &fresh, NULL), HEDDLE_OK);
    ck_assert_int_eq(evaluate_on(gateway, PATIENT_MS), HEDDLE_OK);

    fresh = (heddle_tls_material)HEDDLE_TLS_MATERIAL; /* what is empty stays */
    ck_assert_int_eq(heddle_gateway_reload_tls(gateway, &fresh, NULL), HEDDLE_OK);
    ck_assert_int_eq(evaluate_on(gateway, PATIENT_MS), HEDDLE_OK);
    heddle_gateway_close(gateway);
    base_buffer_done(&cert);
    base_buffer_done(&key);
}
END_TEST

static TCase *tls_case(void)
{
    TCase *tc =
        SUITE_CASE("tls", verified_server_is_talked_to, server_of_another_authority_or_name_is_not,
                   client_certificate_is_shown, a_gateway_in_use_takes_new_certificates);
    tcase_add_checked_fixture(tc, setup, teardown);
    return tc;
}

SUITE_MAIN("client/tls", tls_case())
