/* An identity that another one takes the place of while it is in use. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/view.h"
#include "client/identity.h"
#include "client/proposal.h"
#include "crypto/issue.h"
#include "heddle/heddle.h"
#include "support/suite.h"
#include "wire/identity.h"

static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

/* A member of @p mspid with a certificate and a key of its own. */
static heddle_identity *member(const char *mspid)
{
    crypto_key *key = NULL;
    crypto_cert *cert = NULL;
    base_buffer pem = {0};
    heddle_identity *identity = NULL;
    crypto_cert_spec spec = {.common_name = "alice"};
    OK(crypto_key_generate(CRYPTO_KEY_P256, &key, &err));
    OK(crypto_issue_self_signed(&spec, key, &cert, &err));
    OK(crypto_key_pem(key, &pem, &err));
    OK(heddle_identity_from_pem(mspid, crypto_cert_pem(cert), base_buffer_view(&pem), &identity,
                                &err));
    base_buffer_wipe(&pem);
    crypto_cert_unref(cert);
    crypto_key_unref(key);
    return identity;
}

static heddle_identity *replaceable(heddle_identity *first)
{
    heddle_identity *out = NULL;
    OK(heddle_identity_replaceable(first, &out, &err));
    return out;
}

static bool is_same(const heddle_identity *a, const heddle_identity *b)
{
    return base_view_equal(heddle_identity_cert_pem(a), heddle_identity_cert_pem(b));
}

START_TEST(it_is_what_was_put_last)
{
    heddle_identity *a = member("Org1MSP"), *b = member("Org1MSP"), *who = replaceable(a);
    ck_assert(is_same(who, a));
    heddle_view before = heddle_identity_cert_pem(who);
    OK(heddle_identity_replace(who, b, &err));
    ck_assert(is_same(who, b));
    ck_assert_str_eq(heddle_identity_mspid(who), "Org1MSP");
    heddle_identity *now = heddle_identity_now(who);
    ck_assert_ptr_eq(now, b);
    heddle_identity_unref(now);
    ck_assert(base_view_equal(before, heddle_identity_cert_pem(a)));
    heddle_identity_unref(who);
    heddle_identity_unref(a);
    heddle_identity_unref(b);
}
END_TEST

START_TEST(only_one_of_the_same_msp_takes_the_place)
{
    heddle_identity *a = member("Org1MSP"), *other = member("Org2MSP"), *who = replaceable(a);
    ck_assert_int_eq(heddle_identity_replace(who, other, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_msg(strstr(err.message, "Org2MSP") != NULL, "%s", err.message);
    ck_assert(is_same(who, a));
    ck_assert_int_eq(heddle_identity_replace(a, a, &err), HEDDLE_E_BAD_ARGUMENT);
    heddle_identity_unref(who);
    heddle_identity_unref(a);
    heddle_identity_unref(other);
}
END_TEST

static void expect_signed(const heddle_identity *who, heddle_view creator, heddle_view message)
{
    crypto_signature signature;
    crypto_cert *cert = NULL;
    wire_identity parts;
    OK(client_identity_sign(who, message, &signature, &err));
    OK(wire_identity_read(creator, &parts, &err));
    OK(crypto_cert_parse(parts.cert, &cert, &err));
    OK(crypto_cert_verify(cert, CRYPTO_SHA256, message, crypto_signature_view(&signature), &err));
    crypto_cert_unref(cert);
}

struct race {
    heddle_identity *who;
    atomic_bool is_over;
    atomic_uint signed_count;
};

static void *sign_on(void *user)
{
    struct race *race = user;
    while (!atomic_load(&race->is_over)) {
        heddle_identity *now = heddle_identity_now(race->who);
        expect_signed(now, client_identity_creator(now), VIEW("message"));
        heddle_identity_unref(now);
        atomic_fetch_add(&race->signed_count, 1);
    }
    return NULL;
}

START_TEST(what_it_is_at_a_time_signs_as_what_it_says)
{
    pthread_t threads[4];
    heddle_identity *members[] = {member("Org1MSP"), member("Org1MSP"), member("Org1MSP")};
    struct race race = {.who = replaceable(members[0])};
    for (size_t i = 0; i < BASE_COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_on, &race), 0);
    for (size_t i = 0; atomic_load(&race.signed_count) < 400; i++)
        OK(heddle_identity_replace(race.who, members[i % 3], &err));
    atomic_store(&race.is_over, true);
    for (size_t i = 0; i < BASE_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    heddle_identity_unref(race.who);
    for (size_t i = 0; i < BASE_COUNT(members); i++)
        heddle_identity_unref(members[i]);
}
END_TEST

START_TEST(a_call_ends_as_who_began_it_and_the_next_is_another)
{
    heddle_identity *a = member("Org1MSP"), *b = member("Org1MSP"), *who = replaceable(a);
    heddle_gateway *gateway = NULL;
    heddle_contract *contract = NULL;
    heddle_proposal *first = NULL, *second = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = "127.0.0.1:1";
    options.plaintext = true;
    OK(heddle_gateway_open(&options, &gateway, &err));
    OK(heddle_contract_new(gateway, who, "mychannel", "basic", &contract, &err));
    OK(heddle_proposal_new(contract, HEDDLE_CALL("f"), &first, &err));
    OK(heddle_identity_replace(who, b, &err));
    OK(heddle_proposal_new(contract, HEDDLE_CALL("f"), &second, &err));
    ck_assert(base_view_equal(first->creator, client_identity_creator(a)));
    expect_signed(first->binding.identity, first->creator, first->sealed.message);
    ck_assert(base_view_equal(second->creator, client_identity_creator(b)));
    expect_signed(second->binding.identity, second->creator, second->sealed.message);
    heddle_proposal_free(first);
    heddle_proposal_free(second);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    heddle_identity_unref(who);
    heddle_identity_unref(a);
    heddle_identity_unref(b);
}
END_TEST

SUITE_MAIN("client/replace",
           SUITE_CASE("replace", it_is_what_was_put_last, only_one_of_the_same_msp_takes_the_place,
                      what_it_is_at_a_time_signs_as_what_it_says,
                      a_call_ends_as_who_began_it_and_the_next_is_another))
