/*
 * The CA client against a running Fabric CA:
 *
 *   HEDDLE_CA_URL, HEDDLE_CA_ROOTS        where it is, and who issued its TLS certificate
 *   HEDDLE_CA_NAME                        what it calls itself
 *   HEDDLE_CA_SIGNER                      its own certificate and key, as an MSP folder
 *   HEDDLE_CA_FOLDERS                     where to leave the administrator's folders msp and tls
 *   HEDDLE_CA_MUTUAL                      set if it wants a certificate from every client
 *
 * Its administrator is admin:adminpw; it has the affiliation org1.department1 and lets
 * identities and affiliations be removed.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "crypto/msp_folder.h"
#include "heddle/heddle.h"
#include "support/fixture.h"
#include "support/softhsm.h"
#include "support/suite.h"

enum { TIMEOUT_S = 120, CODE_AUTHENTICATION = 20, CODE_AUTHORIZATION = 71, CODE_REGISTERED = 74 };

static heddle_ca *ca;
static heddle_identity *admin;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, expected)                                                                      \
    do {                                                                                           \
        err = (heddle_error){0};                                                                   \
        ck_assert_int_eq(call, HEDDLE_##expected);                                                 \
        ck_assert_int_eq(err.status, HEDDLE_##expected);                                           \
        ck_assert_str_ne(err.message, "");                                                         \
    } while (0)

/* A name that no other test and no earlier run has; good for the next seven calls. */
static const char *fresh(const char *word)
{
    static char names[8][64];
    static unsigned next;
    struct timespec now;
    char *name = names[next++ % 8];
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, sizeof(names[0]), "%s-%lx%lx-%x", word, (unsigned long)now.tv_sec,
             (unsigned long)now.tv_nsec, next);
    return name;
}

static heddle_enrollment *enroll_with(const char *id, const char *secret, const char *profile,
                                      const heddle_csr *csr)
{
    heddle_enrollment *made = NULL;
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    options.id = id;
    options.secret = secret;
    options.profile = profile;
    options.csr = csr;
    OK(heddle_ca_enroll(ca, &options, &made, &err));
    return made;
}

static heddle_identity *identity_of(heddle_enrollment *enrollment)
{
    heddle_identity *identity = NULL;
    OK(heddle_enrollment_identity(enrollment, "Org1MSP", &identity, &err));
    heddle_enrollment_free(enrollment);
    return identity;
}

static void register_user(const char *id, const char *secret)
{
    heddle_registration user = HEDDLE_REGISTRATION;
    user.id = id;
    user.secret = secret;
    user.affiliation = "org1.department1";
    OK(heddle_ca_register(ca, admin, &user, NULL, &err));
}

static heddle_identity *new_user(const char *id)
{
    register_user(id, "pw");
    return identity_of(enroll_with(id, "pw", NULL, NULL));
}

static crypto_cert *cert_of(heddle_view pem)
{
    crypto_cert *cert = NULL;
    OK(crypto_cert_parse(pem, &cert, &err));
    return cert;
}

static bool has_unit(const crypto_cert *cert, const char *unit)
{
    for (size_t i = 0; i < crypto_cert_ou_count(cert); i++)
        if (strcmp(crypto_cert_ou(cert, i), unit) == 0)
            return true;
    return false;
}

/* In PEM. */
struct pair {
    base_buffer cert;
    base_buffer key;
};

static void pair_done(struct pair *pair)
{
    base_buffer_done(&pair->cert);
    base_buffer_wipe(&pair->key);
}

/* A certificate as the CA makes them, of a new key, but not by asking it. */
static struct pair issued_here(const crypto_cert_spec *spec)
{
    crypto_cert *issuer = NULL, *cert = NULL;
    crypto_key *issuer_key = NULL, *key = NULL;
    struct pair pair = {0};
    OK(crypto_msp_folder_load(getenv("HEDDLE_CA_SIGNER"), &issuer, &issuer_key, &err));
    OK(crypto_key_generate(CRYPTO_KEY_P256, &key, &err));
    OK(crypto_issue(spec, crypto_key_public(key), issuer, issuer_key, &cert, &err));
    ck_assert_int_eq(base_buffer_append(&pair.cert, crypto_cert_pem(cert)), HEDDLE_OK);
    OK(crypto_key_pem(key, &pair.key, &err));
    crypto_cert_unref(cert);
    crypto_cert_unref(issuer);
    crypto_key_unref(key);
    crypto_key_unref(issuer_key);
    return pair;
}

/* Over mutual TLS. */
static heddle_ca *opened(const char *url, const char *roots_file)
{
    heddle_ca *made = NULL;
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    crypto_cert_spec spec = {.common_name = "client",
                             .key_usage =
                                 CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_CLIENT_AUTH};
    struct pair pair = issued_here(&spec);
    options.url = url;
    options.tls_roots_file = roots_file;
    options.client_cert_pem = base_buffer_view(&pair.cert);
    options.client_key_pem = base_buffer_view(&pair.key);
    OK(heddle_ca_open(&options, &made, &err));
    pair_done(&pair);
    return made;
}

static void setup(void)
{
    ca = opened(getenv("HEDDLE_CA_URL"), getenv("HEDDLE_CA_ROOTS"));
    admin = identity_of(enroll_with("admin", "adminpw", NULL, NULL));
}

static void teardown(void)
{
    heddle_identity_unref(admin);
    heddle_ca_close(ca);
}

START_TEST(a_ca_tells_who_it_is)
{
    heddle_ca_info *info = NULL;
    OK(heddle_ca_get_info(ca, &info, &err));
    ck_assert_str_eq(heddle_ca_info_name(info), getenv("HEDDLE_CA_NAME"));
    crypto_cert *cert = cert_of(heddle_ca_info_chain_pem(info));
    ck_assert(crypto_cert_is_ca(cert));
    ck_assert_str_ne(heddle_ca_info_version(info), "");
    crypto_cert_unref(cert);
    heddle_ca_info_free(info);
}
END_TEST

START_TEST(a_registered_identity_enrols_with_what_it_asked_for)
{
    static const char *const hosts[] = {"app.example.com", "10.0.0.7"};
    static const heddle_attribute has[] = {{"level", "7", true}, {"secretary", "no", false}};
    static const heddle_attribute_request wants[] = {{"secretary", false}, {"absent", true}};
    const char *id = fresh("alice");
    heddle_registration user = HEDDLE_REGISTRATION;
    heddle_secret *secret = NULL;
    heddle_enrollment *enrollment = NULL;
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    user.id = id;
    user.affiliation = "org1.department1";
    user.attributes = has;
    user.attribute_count = 2;
    OK(heddle_ca_register(ca, admin, &user, &secret, &err));
    ck_assert_uint_ge(strlen(heddle_secret_text(secret)), 8);
    csr.country = "CH";
    csr.locality = "Bern";
    csr.organization = "Mill & Söhne";
    csr.hosts = hosts;
    csr.host_count = 2;
    csr.key_kind = HEDDLE_KEY_P384;
    options.id = id;
    options.secret = heddle_secret_text(secret);
    options.attributes = wants;
    options.attribute_count = 2;
    options.csr = &csr;
    OK(heddle_ca_enroll(ca, &options, &enrollment, &err));
    crypto_cert *cert = cert_of(heddle_enrollment_cert_pem(enrollment));
    ck_assert_str_eq(crypto_cert_common_name(cert), id);
    ck_assert(has_unit(cert, "client") && has_unit(cert, "department1"));
    ck_assert_ptr_nonnull(strstr(crypto_cert_subject(cert), "L=Bern"));
    ck_assert_uint_eq(crypto_cert_san_count(cert), 2);
    ck_assert_int_eq(crypto_public_key_get_kind(crypto_cert_public_key(cert)), CRYPTO_KEY_P384);
    heddle_view der = crypto_cert_der(cert);
    ck_assert_ptr_nonnull(memmem(der.data, der.len, "\"secretary\":\"no\"", 16));
    ck_assert_ptr_null(memmem(der.data, der.len, "\"level\"", 7));
    crypto_cert_unref(cert);
    heddle_enrollment_free(enrollment);
    heddle_secret_free(secret);
}
END_TEST

START_TEST(a_password_that_is_wrong_is_refused_without_naming_it)
{
    heddle_enrollment *none = NULL;
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    options.id = "admin";
    options.secret = "Wrong-Horse";
    FAILS(heddle_ca_enroll(ca, &options, &none, &err), E_DENIED);
    ck_assert_int_eq(err.ca_code, CODE_AUTHENTICATION);
    ck_assert_ptr_null(strstr(err.message, "Wrong-Horse"));
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(refusals_say_what_is_wrong)
{
    const char *id = fresh("bob");
    heddle_identity *bob = new_user(id);
    heddle_registration again = HEDDLE_REGISTRATION;
    heddle_ca_identities *found = NULL;
    again.id = id;
    again.affiliation = "org1";
    FAILS(heddle_ca_register(ca, admin, &again, NULL, &err), E_EXISTS);
    ck_assert_int_eq(err.ca_code, CODE_REGISTERED);
    again.id = fresh("nobody");
    again.affiliation = "org9.nowhere";
    ck_assert_int_ne(heddle_ca_register(ca, admin, &again, NULL, &err), HEDDLE_OK);
    ck_assert_int_gt(err.ca_code, 0);
    again.affiliation = "org1";
    FAILS(heddle_ca_register(ca, bob, &again, NULL, &err), E_DENIED);
    ck_assert_int_eq(err.ca_code, CODE_AUTHORIZATION);
    FAILS(heddle_ca_get_identity(ca, admin, fresh("nobody"), &found, &err), E_NOT_FOUND);
    ck_assert_ptr_null(found);
    heddle_identity_unref(bob);
}
END_TEST

START_TEST(a_certificate_is_renewed_with_a_new_key)
{
    heddle_enrollment *renewed = NULL;
    heddle_identity *user = new_user(fresh("carol"));
    OK(heddle_ca_reenroll(ca, user, NULL, &renewed, &err));
    crypto_cert *old = cert_of(heddle_identity_cert_pem(user));
    crypto_cert *new = cert_of(heddle_enrollment_cert_pem(renewed));
    ck_assert_str_eq(crypto_cert_subject(old), crypto_cert_subject(new));
    ck_assert(!crypto_public_key_equal(crypto_cert_public_key(old), crypto_cert_public_key(new)));
    ck_assert_uint_gt(heddle_enrollment_key_pem(renewed).len, 0);
    crypto_cert_unref(old);
    crypto_cert_unref(new);
    heddle_identity_unref(identity_of(renewed));
    heddle_identity_unref(user);
}
END_TEST

static heddle_status sign_elsewhere(heddle_view digest, uint8_t *signature, size_t *len, void *user,
                                    heddle_error *why)
{
    return heddle_identity_sign(user, digest, signature, len, why);
}

START_TEST(a_certificate_is_renewed_with_the_key_of_a_signer_of_ones_own)
{
    heddle_enrollment *renewed = NULL;
    heddle_identity *user = new_user(fresh("dave")), *remote = NULL;
    heddle_reenroll_options options = HEDDLE_REENROLL_OPTIONS;
    OK(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(user), sign_elsewhere, user,
                                   NULL, &remote, &err));
    FAILS(heddle_ca_reenroll(ca, remote, &options, &renewed, &err), E_BAD_ARGUMENT);
    options.same_key = true;
    OK(heddle_ca_reenroll(ca, remote, &options, &renewed, &err));
    ck_assert_uint_eq(heddle_enrollment_key_pem(renewed).len, 0);
    heddle_identity_unref(remote);
    remote = identity_of(renewed);
    OK(heddle_ca_reenroll(ca, remote, &options, &renewed, &err)); /* it can sign for the CA */
    heddle_enrollment_free(renewed);
    heddle_identity_unref(remote);
    heddle_identity_unref(user);
}
END_TEST

START_TEST(a_key_made_in_a_token_never_leaves_it)
{
    softhsm *hsm = softhsm_start();
    heddle_pkcs11 *token = NULL;
    heddle_pkcs11_options options = HEDDLE_PKCS11_OPTIONS;
    heddle_reenroll_options again = HEDDLE_REENROLL_OPTIONS;
    heddle_enrollment *renewed = NULL;
    heddle_enroll_options wrong = HEDDLE_ENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    const char *id = fresh("erin");
    softhsm_add_token(hsm, "ca");
    options.module = softhsm_module();
    options.token_label = "ca";
    options.pin = SOFTHSM_PIN;
    OK(heddle_pkcs11_open(&options, &token, &err));
    register_user(id, "pw");
    csr.token = token;
    wrong.id = id;
    wrong.secret = "not this";
    wrong.csr = &csr;
    FAILS(heddle_ca_enroll(ca, &wrong, &renewed, &err), E_DENIED);
    heddle_enrollment *enrollment = enroll_with(id, "pw", NULL, &csr);
    ck_assert_uint_eq(heddle_enrollment_key_pem(enrollment).len, 0);
    heddle_identity *user = identity_of(enrollment), *found = NULL;
    key.label = id; /* the only one of this label: that of the refusal is gone */
    key.cert_pem = heddle_identity_cert_pem(user);
    OK(heddle_pkcs11_identity(token, "Org1MSP", &key, &found, &err));
    again.same_key = true;
    OK(heddle_ca_reenroll(ca, found, &again, &renewed, &err));
    heddle_identity_unref(found);
    found = identity_of(renewed);
    OK(heddle_ca_reenroll(ca, found, &again, &renewed, &err));
    heddle_enrollment_free(renewed);
    heddle_identity_unref(found);
    heddle_identity_unref(user);
    heddle_pkcs11_close(token);
    softhsm_free(hsm);
}
END_TEST

START_TEST(a_revoked_certificate_is_on_the_list_and_good_for_nothing)
{
    char serial[80], aki[80];
    heddle_identity *user = new_user(fresh("frank"));
    crypto_cert *cert = cert_of(heddle_identity_cert_pem(user));
    heddle_revocation what = HEDDLE_REVOCATION;
    heddle_revocation_result *result = NULL;
    heddle_enrollment *none = NULL;
    heddle_bytes crl = {0};
    base_hex(crypto_cert_serial(cert), serial);
    base_hex(crypto_cert_aki(cert), aki);
    what.serial = serial;
    what.aki = aki;
    what.reason = "keycompromise";
    what.make_crl = true;
    OK(heddle_ca_revoke(ca, admin, &what, &result, &err));
    ck_assert_uint_eq(heddle_revocation_result_count(result), 1);
    ck_assert_str_eq(heddle_revocation_result_at(result, 0)->serial, serial + strspn(serial, "0"));
    ck_assert(base_view_starts(heddle_revocation_result_crl_pem(result),
                               VIEW("-----BEGIN X509 CRL-----")));
    heddle_revocation_result_free(result);
    OK(heddle_ca_make_crl(ca, admin, NULL, &crl, &err));
    ck_assert_ptr_nonnull(strstr((const char *)crl.data, "-----END X509 CRL-----"));
    heddle_bytes_done(&crl);
    FAILS(heddle_ca_reenroll(ca, user, NULL, &none, &err), E_DENIED);
    ck_assert_int_gt(err.ca_code, 0);
    what.serial = "123abc";
    FAILS(heddle_ca_revoke(ca, admin, &what, NULL, &err), E_NOT_FOUND);
    crypto_cert_unref(cert);
    heddle_identity_unref(user);
}
END_TEST

START_TEST(an_identity_is_revoked_with_all_its_certificates)
{
    const char *id = fresh("grace");
    heddle_identity *first = new_user(id), *second = identity_of(enroll_with(id, "pw", NULL, NULL));
    heddle_revocation what = HEDDLE_REVOCATION;
    heddle_revocation_result *result = NULL;
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    heddle_enrollment *none = NULL;
    heddle_certificates *certs = NULL;
    heddle_certificate_filter filter = HEDDLE_CERTIFICATE_FILTER;
    filter.id = id;
    OK(heddle_ca_list_certificates(ca, admin, &filter, &certs, &err));
    ck_assert_uint_eq(heddle_certificates_count(certs), 2);
    heddle_certificates_free(certs);
    what.id = id;
    OK(heddle_ca_revoke(ca, admin, &what, &result, &err));
    ck_assert_uint_eq(heddle_revocation_result_count(result), 2);
    heddle_revocation_result_free(result);
    options.id = id;
    options.secret = "pw";
    FAILS(heddle_ca_enroll(ca, &options, &none, &err), E_DENIED);
    filter.not_revoked = true;
    OK(heddle_ca_list_certificates(ca, admin, &filter, &certs, &err));
    ck_assert_uint_eq(heddle_certificates_count(certs), 0);
    heddle_certificates_free(certs);
    heddle_identity_unref(first);
    heddle_identity_unref(second);
}
END_TEST

/* A certificate that the CA might have issued a day too long ago. */
static heddle_identity *expired_user(const char *id)
{
    heddle_identity *user = NULL;
    int64_t now = (int64_t)time(NULL);
    crypto_cert_spec spec = {.common_name = id,
                             .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE,
                             .not_before_s = now - 2 * 86400,
                             .not_after_s = now - 86400};
    struct pair pair = issued_here(&spec);
    OK(heddle_identity_from_pem("Org1MSP", base_buffer_view(&pair.cert),
                                base_buffer_view(&pair.key), &user, &err));
    pair_done(&pair);
    return user;
}

START_TEST(an_expired_certificate_renews_nothing)
{
    const char *id = fresh("heidi");
    heddle_enrollment *none = NULL;
    register_user(id, "pw");
    heddle_identity *user = expired_user(id);
    FAILS(heddle_ca_reenroll(ca, user, NULL, &none, &err), E_DENIED);
    ck_assert_int_gt(err.ca_code, 0);
    heddle_identity_unref(user);
}
END_TEST

static bool is_listed(const heddle_ca_identities *all, const char *id)
{
    for (size_t i = 0; i < heddle_ca_identities_count(all); i++)
        if (strcmp(heddle_ca_identities_at(all, i)->id, id) == 0)
            return true;
    return false;
}

static const char *attribute_of(const heddle_ca_identity *identity, const char *name)
{
    for (size_t i = 0; i < identity->attribute_count; i++)
        if (strcmp(identity->attributes[i].name, name) == 0)
            return identity->attributes[i].value;
    return NULL;
}

START_TEST(identities_are_listed_changed_and_removed)
{
    static const heddle_attribute level[] = {{"level", "9", true}};
    const char *id = fresh("ivan");
    heddle_ca_identities *found = NULL;
    heddle_identity_change change = HEDDLE_IDENTITY_CHANGE;
    register_user(id, "pw");
    OK(heddle_ca_list_identities(ca, admin, &found, &err));
    ck_assert(is_listed(found, id) && is_listed(found, "admin"));
    ck_assert_ptr_null(heddle_ca_identities_at(found, heddle_ca_identities_count(found)));
    heddle_ca_identities_free(found);
    change.attributes = level;
    change.attribute_count = 1;
    change.affiliation = "org1";
    change.secret = "other";
    OK(heddle_ca_modify_identity(ca, admin, id, &change, &found, &err));
    ck_assert_str_eq(attribute_of(heddle_ca_identities_at(found, 0), "level"), "9");
    heddle_ca_identities_free(found);
    OK(heddle_ca_get_identity(ca, admin, id, &found, &err));
    ck_assert_str_eq(heddle_ca_identities_at(found, 0)->affiliation, "org1");
    ck_assert_str_eq(heddle_ca_identities_at(found, 0)->type, "client");
    heddle_ca_identities_free(found);
    heddle_enrollment_free(enroll_with(id, "other", NULL, NULL));
    OK(heddle_ca_remove_identity(ca, admin, id, false, &found, &err));
    ck_assert_str_eq(heddle_ca_identities_at(found, 0)->id, id);
    heddle_ca_identities_free(found);
    FAILS(heddle_ca_get_identity(ca, admin, id, &found, &err), E_NOT_FOUND);
}
END_TEST

static bool has_affiliation(const heddle_ca_affiliations *all, const char *name)
{
    for (size_t i = 0; i < heddle_ca_affiliations_count(all); i++)
        if (strcmp(heddle_ca_affiliations_at(all, i), name) == 0)
            return true;
    return false;
}

START_TEST(affiliations_are_listed_added_renamed_and_removed)
{
    char top[64], below[80], moved[64], moved_below[80];
    heddle_ca_affiliations *found = NULL;
    snprintf(top, sizeof(top), "%s", fresh("unit"));
    snprintf(below, sizeof(below), "%s.lab", top);
    snprintf(moved, sizeof(moved), "%s", fresh("moved"));
    snprintf(moved_below, sizeof(moved_below), "%s.lab", moved);
    ck_assert_int_ne(heddle_ca_add_affiliation(ca, admin, below, false, &err), HEDDLE_OK);
    ck_assert_int_gt(err.ca_code, 0);
    OK(heddle_ca_add_affiliation(ca, admin, below, true, &err));
    FAILS(heddle_ca_add_affiliation(ca, admin, below, false, &err), E_EXISTS);
    OK(heddle_ca_list_affiliations(ca, admin, &found, &err));
    ck_assert(has_affiliation(found, "org1.department1"));
    ck_assert(has_affiliation(found, top) && has_affiliation(found, below));
    heddle_ca_affiliations_free(found);
    OK(heddle_ca_modify_affiliation(ca, admin, top, moved, true, NULL, &err));
    OK(heddle_ca_get_affiliation(ca, admin, moved, &found, &err));
    ck_assert(has_affiliation(found, moved_below));
    heddle_ca_affiliations_free(found);
    OK(heddle_ca_remove_affiliation(ca, admin, moved, true, &found, &err));
    ck_assert(has_affiliation(found, moved));
    heddle_ca_affiliations_free(found);
    ck_assert_int_ne(heddle_ca_get_affiliation(ca, admin, moved, &found, &err), HEDDLE_OK);
    ck_assert_int_gt(err.ca_code, 0);
}
END_TEST

START_TEST(an_enrolment_becomes_a_wallet_and_a_folder)
{
    char path[512];
    struct stat st;
    char *dir = fixture_dir_new();
    const char *id = fresh("judy");
    heddle_wallet *wallet = NULL;
    heddle_identity *again = NULL;
    register_user(id, "pw");
    heddle_enrollment *first = enroll_with(id, "pw", NULL, NULL);
    heddle_enrollment *second = enroll_with(id, "pw", NULL, NULL);
    heddle_enrollment *tls = enroll_with(id, "pw", "tls", NULL);
    OK(heddle_wallet_new(&wallet, &err));
    OK(heddle_enrollment_to_wallet(first, "Org1MSP", wallet, "judy", &err));
    OK(heddle_wallet_get(wallet, "judy", NULL, &again, &err));
    heddle_identity_unref(again);
    snprintf(path, sizeof(path), "%s/msp", dir);
    OK(heddle_enrollment_to_msp(first, path, true, &err));
    OK(heddle_enrollment_to_msp(second, path, true, &err));
    OK(heddle_identity_from_msp("Org1MSP", path, &again, &err));
    ck_assert(base_view_equal(heddle_identity_cert_pem(again), heddle_enrollment_cert_pem(second)));
    snprintf(path, sizeof(path), "%s/msp/config.yaml", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    FAILS(heddle_enrollment_to_msp(tls, dir, true, &err), E_BAD_ARGUMENT);
    snprintf(path, sizeof(path), "%s/tls", dir);
    OK(heddle_enrollment_to_msp(tls, path, false, &err));
    snprintf(path, sizeof(path), "%s/tls/tlscacerts", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    heddle_identity_unref(again);
    heddle_wallet_close(wallet);
    heddle_enrollment_free(first);
    heddle_enrollment_free(second);
    heddle_enrollment_free(tls);
    fixture_dir_free(dir);
}
END_TEST

START_TEST(folders_are_left_for_the_official_client)
{
    char path[512];
    const char *dir = getenv("HEDDLE_CA_FOLDERS");
    if (!dir)
        return;
    heddle_enrollment *signing = enroll_with("admin", "adminpw", NULL, NULL);
    heddle_enrollment *tls = enroll_with("admin", "adminpw", "tls", NULL);
    snprintf(path, sizeof(path), "%s/msp", dir);
    OK(heddle_enrollment_to_msp(signing, path, true, &err));
    snprintf(path, sizeof(path), "%s/tls", dir);
    OK(heddle_enrollment_to_msp(tls, path, false, &err));
    heddle_enrollment_free(signing);
    heddle_enrollment_free(tls);
}
END_TEST

static unsigned closed_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

START_TEST(a_ca_that_is_down_or_somebody_else_gets_no_password)
{
    char url[64];
    heddle_ca *other = NULL;
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    heddle_enroll_options who = HEDDLE_ENROLL_OPTIONS;
    heddle_enrollment *none = NULL;
    who.id = "admin";
    who.secret = "adminpw";
    snprintf(url, sizeof(url), "https://localhost:%u", closed_port());
    options.url = url;
    options.tls_roots_file = getenv("HEDDLE_CA_ROOTS");
    OK(heddle_ca_open(&options, &other, &err));
    FAILS(heddle_ca_enroll(other, &who, &none, &err), E_UNAVAILABLE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    heddle_ca_close(other);
    options.url = getenv("HEDDLE_CA_URL");
    options.tls_roots_file = NULL;
    options.tls_roots_pem = heddle_identity_cert_pem(admin); /* a stranger's */
    OK(heddle_ca_open(&options, &other, &err));
    FAILS(heddle_ca_enroll(other, &who, &none, &err), E_BAD_IDENTITY);
    heddle_ca_close(other);
}
END_TEST

START_TEST(a_ca_that_wants_a_client_certificate_turns_others_away)
{
    heddle_ca *other = NULL;
    heddle_ca_info *none = NULL;
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    if (!getenv("HEDDLE_CA_MUTUAL"))
        return;
    options.url = getenv("HEDDLE_CA_URL");
    options.tls_roots_file = getenv("HEDDLE_CA_ROOTS");
    OK(heddle_ca_open(&options, &other, &err));
    FAILS(heddle_ca_get_info(other, &none, &err), E_UNAVAILABLE);
    ck_assert_msg(strstr(err.message, "certificate") != NULL, "%s", err.message);
    heddle_ca_close(other);
}
END_TEST

static TCase *with_ca(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, TIMEOUT_S);
    return tests;
}

SUITE_MAIN("interop/sdk/ca",
           with_ca(SUITE_CASE("enrolling", a_ca_tells_who_it_is,
                              a_registered_identity_enrols_with_what_it_asked_for,
                              a_password_that_is_wrong_is_refused_without_naming_it,
                              refusals_say_what_is_wrong, a_certificate_is_renewed_with_a_new_key,
                              a_certificate_is_renewed_with_the_key_of_a_signer_of_ones_own,
                              a_key_made_in_a_token_never_leaves_it,
                              a_ca_that_wants_a_client_certificate_turns_others_away,
                              a_ca_that_is_down_or_somebody_else_gets_no_password,
                              an_enrolment_becomes_a_wallet_and_a_folder,
                              folders_are_left_for_the_official_client)),
           with_ca(SUITE_CASE("administration",
                              a_revoked_certificate_is_on_the_list_and_good_for_nothing,
                              an_identity_is_revoked_with_all_its_certificates,
                              an_expired_certificate_renews_nothing,
                              identities_are_listed_changed_and_removed,
                              affiliations_are_listed_added_renamed_and_removed)))
