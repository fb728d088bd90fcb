/* Clients as contracts see them; the certificates and ids are Go's. */
#include "heddle/chaincode_identity.h"

#include <stdio.h>

#include "bare_stub.h"
#include "base/view.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

static base_arena *arena;
static heddle_cc_stub *stub;
static heddle_error err;

static void setup(void)
{
    arena = base_arena_new(0);
    stub = NULL;
}

static void teardown(void)
{
    cc_stub_free(stub);
    base_arena_free(arena);
}

static base_buffer fixture(const char *name, const char *kind)
{
    char path[128];
    snprintf(path, sizeof(path), "client-identities/%s.%s", name, kind);
    return fixture_read(path);
}

static void be(const char *name)
{
    base_buffer pem = fixture(name, "pem");
    cc_stub_free(stub);
    stub = bare_stub_new(arena, VIEW("Org1MSP"), base_buffer_view(&pem));
    base_buffer_done(&pem);
}

static const char *const readable[] = {"fabric-ca",   "escapes", "rare-kinds",
                                       "old-strings", "no-name", "bad-json"};

START_TEST(ids_are_those_of_go)
{
    base_buffer wanted = fixture(readable[_i], "id");
    const char *id;
    be(readable[_i]);
    ck_assert_int_eq(heddle_cc_client_id(stub, &id, NULL), HEDDLE_OK);
    ck_assert_str_eq(id, base_buffer_cstr(&wanted));
    base_buffer_done(&wanted);
}
END_TEST

START_TEST(the_certificate_is_told)
{
    const char *msp_id;
    heddle_cc_certificate cert, again;
    be("fabric-ca");
    ck_assert_int_eq(heddle_cc_client_msp_id(stub, &msp_id, NULL), HEDDLE_OK);
    ck_assert_str_eq(msp_id, "Org1MSP");
    ck_assert_int_eq(heddle_cc_client_cert(stub, &cert, NULL), HEDDLE_OK);
    ck_assert_str_eq(cert.common_name, "appUser");
    ck_assert_str_eq(cert.subject, "CN=appUser,OU=department1+OU=client+OU=org1,"
                                   "O=Hyperledger,ST=North Carolina,C=US");
    ck_assert_str_eq(cert.issuer, "CN=ca.org1.example.com,O=org1.example.com,L=Durham,"
                                  "ST=North Carolina,C=US");
    ck_assert_int_eq(cert.not_before_s, 1700000000);
    ck_assert_int_eq(cert.not_after_s, 2700000000);
    ck_assert(base_view_equal(cert.serial, VIEW("\x03\xe8")));
    ck_assert(base_view_starts(cert.pem, VIEW("-----BEGIN CERTIFICATE-----")));
    ck_assert_uint_eq(cert.der.data[0], 0x30);
    ck_assert_int_eq(heddle_cc_client_cert(stub, &again, NULL), HEDDLE_OK);
    ck_assert_ptr_eq(again.der.data, cert.der.data); /* read once */
}
END_TEST

START_TEST(attributes_are_found_by_name)
{
    static const char *const wanted[][2] = {
        {"hf.Type", "client"}, {"abac.creator", "true"}, {"empty", ""}, {"größe", "\"ü\""}};
    const char *value = "as it was";
    be("fabric-ca");
    ck_assert_int_eq(heddle_cc_client_attribute(stub, "nothing", &value, &err), HEDDLE_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "attribute 'nothing' was not found");
    ck_assert_str_eq(value, "as it was");
    for (size_t i = 0; i < BASE_COUNT(wanted); i++) {
        ck_assert_int_eq(heddle_cc_client_attribute(stub, wanted[i][0], &value, NULL), HEDDLE_OK);
        ck_assert_str_eq(value, wanted[i][1]);
    }
}
END_TEST

static const char *const without[] = {"escapes", "rare-kinds", "no-name"};

START_TEST(certificates_may_have_no_attributes)
{
    const char *value;
    be(without[_i]);
    ck_assert_int_eq(heddle_cc_client_attribute(stub, "a", &value, NULL), HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(heddle_cc_client_assert(stub, "a", "b", NULL), HEDDLE_E_DENIED);
}
END_TEST

START_TEST(assertions_say_what_is_wrong)
{
    be("fabric-ca");
    ck_assert_int_eq(heddle_cc_client_assert(stub, "hf.Type", "client", &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_client_assert(stub, "hf.Type", "peer", &err), HEDDLE_E_DENIED);
    ck_assert_str_eq(err.message, "attribute 'hf.Type' equals 'client', not 'peer'");
    ck_assert_int_eq(heddle_cc_client_assert(stub, "hf.Typ", "client", &err), HEDDLE_E_DENIED);
    ck_assert_str_eq(err.message, "attribute 'hf.Typ' was not found");
}
END_TEST

static const char *const malformed[] = {"bad-value", "bad-json", "not-object"};

START_TEST(malformed_attributes_are_an_error)
{
    const char *value;
    be(malformed[_i]);
    ck_assert_int_eq(heddle_cc_client_attribute(stub, "a", &value, &err), HEDDLE_E_DECODE);
    ck_assert(strstr(err.message, "attributes of the client: "));
    ck_assert_int_eq(heddle_cc_client_assert(stub, "a", "b", &err), HEDDLE_E_DECODE);
}
END_TEST

START_TEST(identities_without_a_certificate_have_an_msp_only)
{
    const char *text;
    heddle_cc_certificate cert;
    stub = bare_stub_new(arena, VIEW("IdemixMSP"), VIEW("\x0a\x03 zk"));
    ck_assert_int_eq(heddle_cc_client_msp_id(stub, &text, NULL), HEDDLE_OK);
    ck_assert_str_eq(text, "IdemixMSP");
    ck_assert_int_eq(heddle_cc_client_id(stub, &text, &err), HEDDLE_E_BAD_IDENTITY);
    ck_assert_str_eq(
        err.message,
        "identity of the client: the client's identity is no X.509 certificate in PEM");
    ck_assert_int_eq(heddle_cc_client_cert(stub, &cert, NULL), HEDDLE_E_BAD_IDENTITY);
    ck_assert_int_eq(heddle_cc_client_attribute(stub, "a", &text, NULL), HEDDLE_E_BAD_IDENTITY);
}
END_TEST

START_TEST(broken_certificates_are_an_error)
{
    heddle_cc_certificate cert;
    base_buffer pem = fixture("fabric-ca", "pem");
    pem.data[100] = 0x21;
    stub = bare_stub_new(arena, VIEW("Org1MSP"), base_buffer_view(&pem));
    ck_assert_int_eq(heddle_cc_client_cert(stub, &cert, &err), HEDDLE_E_DECODE);
    ck_assert(strstr(err.message, "identity of the client: "));
    base_buffer_done(&pem);
}
END_TEST

START_TEST(without_a_proposal_nobody_asks)
{
    const char *text;
    stub = bare_stub_new(arena, VIEW(""), VIEW(""));
    ck_assert_int_eq(heddle_cc_client_msp_id(stub, &text, NULL), HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(heddle_cc_client_id(stub, &text, NULL), HEDDLE_E_NOT_FOUND);
}
END_TEST

static heddle_status ask_all(void)
{
    heddle_error why;
    heddle_cc_certificate cert;
    const char *text;
    heddle_status st = heddle_cc_client_msp_id(stub, &text, &why);
    if (st == HEDDLE_OK)
        st = heddle_cc_client_id(stub, &text, &why);
    if (st == HEDDLE_OK)
        st = heddle_cc_client_cert(stub, &cert, &why);
    return st == HEDDLE_OK ? heddle_cc_client_assert(stub, "hf.Type", "client", &why) : st;
}

/* Each allocation fails once: a status says so, and the next try finds everything. */
START_TEST(memory_may_be_gone)
{
    bool fired = true;
    size_t nth = 1;
    for (; fired; nth++) {
        be("fabric-ca");
        fault_alloc_arm(nth);
        heddle_status st = ask_all();
        fired = fault_alloc_disarm();
        ck_assert_msg(fired == (st != HEDDLE_OK), "%zu: %s", nth, heddle_status_text(st));
        ck_assert_int_eq(ask_all(), HEDDLE_OK);
    }
    ck_assert_uint_gt(nth, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/identity");
    TCase *all = tcase_create("identity");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, ids_are_those_of_go, 0, (int)BASE_COUNT(readable));
    tcase_add_test(all, the_certificate_is_told);
    tcase_add_test(all, attributes_are_found_by_name);
    tcase_add_loop_test(all, certificates_may_have_no_attributes, 0, (int)BASE_COUNT(without));
    tcase_add_test(all, assertions_say_what_is_wrong);
    tcase_add_loop_test(all, malformed_attributes_are_an_error, 0, (int)BASE_COUNT(malformed));
    tcase_add_test(all, identities_without_a_certificate_have_an_msp_only);
    tcase_add_test(all, broken_certificates_are_an_error);
    tcase_add_test(all, without_a_proposal_nobody_asks);
    tcase_add_test(all, memory_may_be_gone);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
