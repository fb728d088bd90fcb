#include "support/scripted_ca.h"

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/issue.h"
#include "support/replay.h"

struct scripted_ca {
    replay *server;
    crypto_cert *cert;
    crypto_key *key;
    atomic_int mood;
    atomic_llong life_s;
    atomic_llong back_s;
    atomic_uint renewals, enrolments;
};

/* Of the request's DER: the public key, which for P-256 always begins like this. */
static crypto_public_key *key_in(heddle_view der)
{
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    base_buffer pem = {0};
    crypto_public_key *key = NULL;
    const uint8_t *at = memmem(der.data, der.len, head, sizeof(head));
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(base_buffer_append_str(&pem, "-----BEGIN PUBLIC KEY-----\n"), HEDDLE_OK);
    ck_assert_int_eq(base_base64(heddle_view_of(at, sizeof(head) + 65), &pem), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&pem, "\n-----END PUBLIC KEY-----\n"), HEDDLE_OK);
    ck_assert_int_eq(crypto_public_key_parse(base_buffer_view(&pem), &key, NULL), HEDDLE_OK);
    base_buffer_done(&pem);
    return key;
}

/* The key that the body of a request asks a certificate for. */
static crypto_public_key *key_asked_for(heddle_view body)
{
    base_buffer text = {0}, der = {0};
    const char *from = memmem(body.data, body.len, "REQUEST-----", 12);
    ck_assert_ptr_nonnull(from);
    for (from += 12; *from != '-'; from++) {
        if (*from == '\\')
            from++; /* the letter behind it: "\n" and "\/" */
        if (*from != 'n' || from[-1] != '\\')
            ck_assert_int_eq(base_buffer_append_byte(&text, (uint8_t)*from), HEDDLE_OK);
    }
    ck_assert_int_eq(base_unbase64(base_buffer_view(&text), &der), HEDDLE_OK);
    crypto_public_key *key = key_in(base_buffer_view(&der));
    base_buffer_done(&text);
    base_buffer_done(&der);
    return key;
}

static crypto_cert *certify(scripted_ca *ca, const char *name, const crypto_public_key *key)
{
    crypto_cert *cert = NULL;
    int64_t now = base_wall_now().seconds;
    crypto_cert_spec spec = {.common_name = name,
                             .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE,
                             .not_before_s = now - atomic_load(&ca->back_s),
                             .not_after_s = now + atomic_load(&ca->life_s)};
    ck_assert_int_eq(crypto_issue(&spec, key, ca->cert, ca->key, &cert, NULL), HEDDLE_OK);
    return cert;
}

static int issue(scripted_ca *ca, heddle_view body, base_buffer *out)
{
    crypto_public_key *key = key_asked_for(body);
    crypto_cert *cert = certify(ca, "alice", key);
    ck_assert_int_eq(
        base_buffer_append_str(out, "{\"success\":true,\"errors\":[],\"result\":{\"ServerInfo\":{"
                                    "\"CAName\":\"ca1\",\"CAChain\":\""),
        HEDDLE_OK);
    ck_assert_int_eq(base_base64(crypto_cert_pem(ca->cert), out), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(out, "\"},\"Cert\":\""), HEDDLE_OK);
    ck_assert_int_eq(base_base64(crypto_cert_pem(cert), out), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(out, "\"}}"), HEDDLE_OK);
    crypto_cert_unref(cert);
    crypto_public_key_unref(key);
    return 201;
}

static int deny(base_buffer *out)
{
    ck_assert_int_eq(base_buffer_append_str(out, "{\"result\":\"\",\"errors\":[{\"code\":20,"
                                                 "\"message\":\"Authentication failure\"}],"
                                                 "\"messages\":[],\"success\":false}"),
                     HEDDLE_OK);
    return 401;
}

static int answer(const char *uri, heddle_view body, base_buffer *out, void *user)
{
    scripted_ca *ca = user;
    bool again = strstr(uri, "/reenroll") != NULL;
    atomic_fetch_add(again ? &ca->renewals : &ca->enrolments, 1);
    switch ((scripted_ca_mood)atomic_load(&ca->mood)) {
    case SCRIPTED_CA_IS_DOWN:
        return 0;
    case SCRIPTED_CA_DENIES:
        return deny(out);
    case SCRIPTED_CA_DENIES_AGAIN:
        return again ? deny(out) : issue(ca, body, out);
    default:
        return issue(ca, body, out);
    }
}

scripted_ca *scripted_ca_start(void)
{
    scripted_ca *ca = calloc(1, sizeof(*ca));
    crypto_cert_spec spec = {
        .common_name = "ca1", .is_ca = true, .key_usage = CRYPTO_USAGE_CERT_SIGN};
    ck_assert_ptr_nonnull(ca);
    atomic_init(&ca->life_s, 365 * 24 * 3600);
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &ca->key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue_self_signed(&spec, ca->key, &ca->cert, NULL), HEDDLE_OK);
    ca->server = replay_start();
    replay_script(ca->server, answer, ca);
    return ca;
}

void scripted_ca_stop(scripted_ca *ca)
{
    if (!ca)
        return;
    replay_stop(ca->server);
    crypto_cert_unref(ca->cert);
    crypto_key_unref(ca->key);
    free(ca);
}

const char *scripted_ca_url(const scripted_ca *ca)
{
    return replay_url(ca->server);
}

void scripted_ca_set_mood(scripted_ca *ca, scripted_ca_mood mood)
{
    atomic_store(&ca->mood, mood);
}

void scripted_ca_set_life(scripted_ca *ca, int64_t life_s)
{
    atomic_store(&ca->life_s, life_s);
}

void scripted_ca_set_back(scripted_ca *ca, int64_t back_s)
{
    atomic_store(&ca->back_s, back_s);
}

void scripted_ca_issue(scripted_ca *ca, const char *name, base_buffer *cert_pem,
                       base_buffer *key_pem)
{
    crypto_key *key = NULL;
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &key, NULL), HEDDLE_OK);
    crypto_cert *cert = certify(ca, name, crypto_key_public(key));
    ck_assert_int_eq(base_buffer_append(cert_pem, crypto_cert_pem(cert)), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(key, key_pem, NULL), HEDDLE_OK);
    crypto_cert_unref(cert);
    crypto_key_unref(key);
}

unsigned scripted_ca_renewals(scripted_ca *ca)
{
    return atomic_load(&ca->renewals);
}

unsigned scripted_ca_enrolments(scripted_ca *ca)
{
    return atomic_load(&ca->enrolments);
}
