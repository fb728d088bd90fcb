#include "crypto/issue.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/fail.h"
#include "crypto/canonical.h"
#include "crypto/openssl.h"

enum { SERIAL_BYTES = 16, BACKDATED_S = 5 * 60, VALID_S = 3650 * 24 * 3600 };

BASE_AUTO_DEFINE(x509_req, X509_REQ *, X509_REQ_free)
BASE_AUTO_DEFINE(x509_crl, X509_CRL *, X509_CRL_free)
BASE_AUTO_DEFINE(asn1_integer, ASN1_INTEGER *, ASN1_INTEGER_free)
BASE_AUTO_DEFINE(asn1_time, ASN1_TIME *, ASN1_TIME_free)
BASE_AUTO_DEFINE(asn1_bits, ASN1_BIT_STRING *, ASN1_BIT_STRING_free)
BASE_AUTO_DEFINE(asn1_octets, ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free)

static void release_names(GENERAL_NAMES *names)
{
    GENERAL_NAMES_free(names);
}
BASE_AUTO_DEFINE(general_names, GENERAL_NAMES *, release_names)

static void release_extensions(STACK_OF(X509_EXTENSION) * extensions)
{
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
typedef STACK_OF(X509_EXTENSION) extension_stack;
BASE_AUTO_DEFINE(extensions, extension_stack *, release_extensions)

static bool add_entry(X509_NAME *name, int kind, const char *text)
{
    return !text || !*text ||
           X509_NAME_add_entry_by_NID(name, kind, MBSTRING_UTF8, (const uint8_t *)text, -1, -1,
                                      0) == 1;
}

/* One entry after the other, also where the other has several in one part of the name. */
static bool copy_entries(X509_NAME *name, const X509_NAME *from)
{
    for (int i = 0; i < X509_NAME_entry_count(from); i++) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(from, i);
        int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        if (kind != NID_organizationalUnitName && kind != NID_commonName &&
            X509_NAME_add_entry(name, entry, -1, 0) != 1)
            return false;
    }
    return true;
}

/* Of several the last, which is the one that counts. */
static bool copy_common_name(X509_NAME *name, const X509_NAME *from)
{
    for (int i = X509_NAME_entry_count(from); i-- > 0;) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(from, i);
        if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == NID_commonName)
            return X509_NAME_add_entry(name, entry, -1, 0) == 1;
    }
    return true;
}

/* The first begins a part of the name, the others join it. */
static bool add_units(X509_NAME *name, const crypto_cert_spec *spec)
{
    for (size_t i = 0; i < spec->unit_count; i++)
        if (X509_NAME_add_entry_by_NID(name, NID_organizationalUnitName, MBSTRING_UTF8,
                                       (const uint8_t *)spec->units[i], -1, -1, i ? -1 : 0) != 1)
            return false;
    return true;
}

static bool copy_name(X509_NAME *name, const X509_NAME *from, const crypto_cert_spec *spec)
{
    return copy_entries(name, from) && add_units(name, spec) && copy_common_name(name, from);
}

static bool fill_name(X509_NAME *name, const crypto_cert_spec *spec)
{
    if (spec->subject_of)
        return copy_name(name, X509_get_subject_name(crypto_cert_x509(spec->subject_of)), spec);
    if (spec->subject_of_request)
        return copy_name(
            name, X509_REQ_get_subject_name(crypto_request_x509(spec->subject_of_request)), spec);
    return add_entry(name, NID_countryName, spec->country) &&
           add_entry(name, NID_stateOrProvinceName, spec->province) &&
           add_entry(name, NID_localityName, spec->locality) &&
           add_entry(name, NID_organizationName, spec->organization) &&
           add_entry(name, NID_organizationalUnitName, spec->organizational_unit) &&
           add_units(name, spec) && add_entry(name, NID_commonName, spec->common_name);
}

static int san_kind(const char *text)
{
    return strstr(text, "://") ? GEN_URI : strchr(text, '@') ? GEN_EMAIL : GEN_DNS;
}

static GENERAL_NAME *san_name(const char *text)
{
    uint8_t address[16];
    int len = inet_pton(AF_INET, text, address) == 1    ? 4
              : inet_pton(AF_INET6, text, address) == 1 ? 16
                                                        : 0;
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = ASN1_STRING_type_new(len ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    bool ok = name && value &&
              ASN1_STRING_set(value, len ? (const void *)address : text, len ? len : -1) == 1;
    if (!ok) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, len ? GEN_IPADD : san_kind(text), value);
    return name;
}

static GENERAL_NAMES *san_names(const crypto_cert_spec *spec)
{
    base_auto(general_names) GENERAL_NAMES *names = GENERAL_NAMES_new();
    for (size_t i = 0; names && i < spec->san_count; i++) {
        GENERAL_NAME *name = san_name(spec->sans[i]);
        if (!name || sk_GENERAL_NAME_push(names, name) <= 0) {
            GENERAL_NAME_free(name);
            return NULL;
        }
    }
    return base_steal(&names);
}

static bool add_key_usage(X509 *x509, unsigned usage)
{
    /* Ours and the number of the bit in the extension. */
    static const struct {
        unsigned ours;
        int bit;
    } bits[] = {{CRYPTO_USAGE_DIGITAL_SIGNATURE, 0},
                {CRYPTO_USAGE_KEY_ENCIPHERMENT, 2},
                {CRYPTO_USAGE_KEY_AGREEMENT, 4},
                {CRYPTO_USAGE_CERT_SIGN, 5},
                {CRYPTO_USAGE_CRL_SIGN, 6}};
    base_auto(asn1_bits) ASN1_BIT_STRING *set = ASN1_BIT_STRING_new();
    bool any = false;
    for (size_t i = 0; set && i < BASE_COUNT(bits); i++)
        if (usage & bits[i].ours) {
            any = true;
            if (ASN1_BIT_STRING_set_bit(set, bits[i].bit, 1) != 1)
                return false;
        }
    return set && (!any || X509_add1_ext_i2d(x509, NID_key_usage, set, 1, 0) == 1);
}

static bool add_extended_usage(X509 *x509, unsigned usage)
{
    if (!(usage & (CRYPTO_USAGE_SERVER_AUTH | CRYPTO_USAGE_CLIENT_AUTH)))
        return true;
    EXTENDED_KEY_USAGE *set = sk_ASN1_OBJECT_new_null();
    bool ok = set != NULL;
    if (ok && usage & CRYPTO_USAGE_SERVER_AUTH)
        ok = sk_ASN1_OBJECT_push(set, OBJ_nid2obj(NID_server_auth)) > 0;
    if (ok && usage & CRYPTO_USAGE_CLIENT_AUTH)
        ok = sk_ASN1_OBJECT_push(set, OBJ_nid2obj(NID_client_auth)) > 0;
    ok = ok && X509_add1_ext_i2d(x509, NID_ext_key_usage, set, 0, 0) == 1;
    sk_ASN1_OBJECT_free(set);
    return ok;
}

static bool add_constraints(X509 *x509, const crypto_cert_spec *spec)
{
    BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();
    if (!constraints)
        return false;
    constraints->ca = spec->is_ca ? 0xff : 0;
    bool is_last = spec->is_ca && spec->is_last_ca;
    bool ok = (!is_last || ((constraints->pathlen = ASN1_INTEGER_new()) &&
                            ASN1_INTEGER_set(constraints->pathlen, 0) == 1)) &&
              X509_add1_ext_i2d(x509, NID_basic_constraints, constraints, 1, 0) == 1;
    BASIC_CONSTRAINTS_free(constraints);
    return ok;
}

static ASN1_OCTET_STRING *octets_of(heddle_view bytes)
{
    ASN1_OCTET_STRING *string = ASN1_OCTET_STRING_new();
    if (string && ASN1_OCTET_STRING_set(string, bytes.data, (int)bytes.len) != 1) {
        ASN1_OCTET_STRING_free(string);
        return NULL;
    }
    return string;
}

static AUTHORITY_KEYID *authority_of(heddle_view ski)
{
    AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
    if (authority && !(authority->keyid = octets_of(ski))) {
        AUTHORITY_KEYID_free(authority);
        return NULL;
    }
    return authority;
}

/* @p aki is the issuer's key identifier; empty for a root. */
static bool add_key_ids(X509 *x509, const crypto_public_key *key, heddle_view aki)
{
    uint8_t ski[CRYPTO_SHA256_LEN];
    if (crypto_public_key_ski(key, ski))
        return false;
    base_auto(asn1_octets) ASN1_OCTET_STRING *id = octets_of(heddle_view_of(ski, sizeof(ski)));
    if (!id || X509_add1_ext_i2d(x509, NID_subject_key_identifier, id, 0, 0) != 1)
        return false;
    if (aki.len == 0)
        return true;
    AUTHORITY_KEYID *authority = authority_of(aki);
    bool ok =
        authority && X509_add1_ext_i2d(x509, NID_authority_key_identifier, authority, 0, 0) == 1;
    AUTHORITY_KEYID_free(authority);
    return ok;
}

static bool add_sans(X509 *x509, const crypto_cert_spec *spec)
{
    if (spec->san_count == 0)
        return true;
    base_auto(general_names) GENERAL_NAMES *names = san_names(spec);
    return names && X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) == 1;
}

static bool add_attributes(X509 *x509, heddle_view attributes)
{
    if (attributes.len == 0)
        return true;
    ASN1_OBJECT *kind = OBJ_txt2obj("1.2.3.4.5.6.7.8.1", 1);
    base_auto(asn1_octets) ASN1_OCTET_STRING *value = octets_of(attributes);
    X509_EXTENSION *extension =
        kind && value ? X509_EXTENSION_create_by_OBJ(NULL, kind, 0, value) : NULL;
    bool ok = extension && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(kind);
    return ok;
}

static bool set_serial(X509 *x509)
{
    uint8_t bytes[SERIAL_BYTES];
    if (crypto_random(bytes, sizeof(bytes)))
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
    BN_free(number);
    return ok;
}

static bool set_validity(X509 *x509, const crypto_cert_spec *spec)
{
    int64_t from = spec->not_before_s ? spec->not_before_s : base_wall_now().seconds - BACKDATED_S;
    int64_t to = spec->not_after_s ? spec->not_after_s : from + VALID_S;
    return ASN1_TIME_adj(X509_getm_notBefore(x509), (time_t)from, 0, 0) &&
           ASN1_TIME_adj(X509_getm_notAfter(x509), (time_t)to, 0, 0);
}

static bool fill(X509 *x509, const crypto_cert_spec *spec, const crypto_public_key *key,
                 heddle_view aki)
{
    return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
           set_validity(x509, spec) && fill_name(X509_get_subject_name(x509), spec) &&
           X509_set_pubkey(x509, crypto_public_key_pkey(key)) == 1 &&
           add_key_usage(x509, spec->key_usage) && add_extended_usage(x509, spec->key_usage) &&
           add_constraints(x509, spec) && add_key_ids(x509, key, aki) && add_sans(x509, spec) &&
           add_attributes(x509, spec->attributes);
}

/* The digest that goes with a key of this kind; none for Ed25519. */
static const EVP_MD *digest_for(const crypto_key *key)
{
    switch (crypto_key_get_kind(key)) {
    case CRYPTO_KEY_ED25519:
        return NULL;
    case CRYPTO_KEY_P384:
        return crypto_md(CRYPTO_SHA384);
    default:
        return crypto_md(CRYPTO_SHA256);
    }
}

static heddle_status finish(X509 *x509, const crypto_key *issuer_key, crypto_cert **out,
                            heddle_error *err)
{
    if (X509_sign(x509, crypto_key_pkey(issuer_key), digest_for(issuer_key)) <= 0)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "signing a certificate");
    base_auto(crypto_cert) crypto_cert *raw = NULL;
    if (X509_up_ref(x509) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "certificate");
    BASE_TRY(crypto_cert_wrap(x509, &raw, err));
    base_auto_buffer base_buffer der = {0};
    BASE_TRY(crypto_canonical_der(raw, crypto_key_get_kind(issuer_key), &der, err));
    return crypto_cert_parse(base_buffer_view(&der), out, err);
}

heddle_status crypto_issue_self_signed(const crypto_cert_spec *spec, crypto_key *key,
                                       crypto_cert **out, heddle_error *err)
{
    base_auto(x509) X509 *x509 = X509_new();
    heddle_view none = {0};
    if (!x509 || !fill(x509, spec, crypto_key_public(key), none) ||
        X509_set_issuer_name(x509, X509_get_subject_name(x509)) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "certificate of %s",
                           spec->common_name ? spec->common_name : "?");
    return finish(x509, key, out, err);
}

heddle_status crypto_issue(const crypto_cert_spec *spec, const crypto_public_key *subject_key,
                           const crypto_cert *issuer, const crypto_key *issuer_key,
                           crypto_cert **out, heddle_error *err)
{
    if (!crypto_public_key_equal(crypto_cert_public_key(issuer), crypto_key_public(issuer_key)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the key is not that of the issuer %s",
                         crypto_cert_subject(issuer));
    base_auto(x509) X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(crypto_cert_x509(issuer));
    if (!x509 || !fill(x509, spec, subject_key, crypto_cert_ski(issuer)) ||
        X509_set_issuer_name(x509, name) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "certificate of %s",
                           spec->common_name ? spec->common_name : "?");
    return finish(x509, issuer_key, out, err);
}

static bool request_sans(X509_REQ *request, const crypto_cert_spec *spec)
{
    if (spec->san_count == 0)
        return true;
    base_auto(general_names) GENERAL_NAMES *names = san_names(spec);
    X509_EXTENSION *extension = names ? X509V3_EXT_i2d(NID_subject_alt_name, 0, names) : NULL;
    base_auto(extensions) extension_stack *all = sk_X509_EXTENSION_new_null();
    if (!extension || !all || sk_X509_EXTENSION_push(all, extension) <= 0) {
        X509_EXTENSION_free(extension);
        return false;
    }
    return X509_REQ_add_extensions(request, all) == 1;
}

static bool fill_request(X509_REQ *request, const crypto_cert_spec *spec,
                         const crypto_public_key *key)
{
    return X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
           fill_name(X509_REQ_get_subject_name(request), spec) &&
           X509_REQ_set_pubkey(request, crypto_public_key_pkey(key)) == 1 &&
           request_sans(request, spec);
}

static heddle_status fail_request(const crypto_cert_spec *spec, heddle_error *err)
{
    const char *name = spec->common_name  ? spec->common_name
                       : spec->subject_of ? crypto_cert_common_name(spec->subject_of)
                                          : "?";
    return crypto_fail(err, HEDDLE_E_CRYPTO, "certificate request of %s", name);
}

heddle_status crypto_request_pem(const crypto_cert_spec *spec, const crypto_key *key,
                                 base_buffer *out, heddle_error *err)
{
    base_auto(x509_req) X509_REQ *request = X509_REQ_new();
    base_auto(bio) BIO *bio = BIO_new(BIO_s_mem());
    if (!request || !bio || !fill_request(request, spec, crypto_key_public(key)) ||
        X509_REQ_sign(request, crypto_key_pkey(key), digest_for(key)) <= 0 ||
        PEM_write_bio_X509_REQ(bio, request) != 1)
        return fail_request(spec, err);
    return crypto_bio_take(bio, out, err);
}

static bool set_algorithm(X509_REQ *request, crypto_key_kind kind)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();
    int id = kind == CRYPTO_KEY_ED25519 ? NID_ED25519 : NID_ecdsa_with_SHA256;
    bool ok = algorithm && X509_ALGOR_set0(algorithm, OBJ_nid2obj(id), V_ASN1_UNDEF, NULL) == 1 &&
              X509_REQ_set1_signature_algo(request, algorithm) == 1;
    X509_ALGOR_free(algorithm);
    return ok;
}

static bool set_signature(X509_REQ *request, const crypto_signature *signature)
{
    base_auto(asn1_bits) ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    if (!bits || ASN1_STRING_set(bits, signature->data, (int)signature->len) != 1)
        return false;
    bits->flags &= ~0x07; /* no bit of the last byte is left out */
    bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
    X509_REQ_set0_signature(request, base_steal(&bits));
    return true;
}

static heddle_status sign_request(X509_REQ *request, crypto_request_sign_fn *sign, void *user,
                                  const crypto_cert_spec *spec, heddle_error *err)
{
    crypto_signature signature;
    uint8_t *body = NULL;
    int len = i2d_re_X509_REQ_tbs(request, &body);
    if (len <= 0)
        return fail_request(spec, err);
    heddle_status status = sign(heddle_view_of(body, (size_t)len), &signature, user, err);
    OPENSSL_free(body);
    if (status)
        return status;
    return set_signature(request, &signature) ? HEDDLE_OK : fail_request(spec, err);
}

heddle_status crypto_request_signed_pem(const crypto_cert_spec *spec, const crypto_public_key *key,
                                        crypto_request_sign_fn *sign, void *user, base_buffer *out,
                                        heddle_error *err)
{
    base_auto(x509_req) X509_REQ *request = X509_REQ_new();
    base_auto(bio) BIO *bio = BIO_new(BIO_s_mem());
    if (!request || !bio || !fill_request(request, spec, key) ||
        !set_algorithm(request, crypto_public_key_get_kind(key)))
        return fail_request(spec, err);
    BASE_TRY(sign_request(request, sign, user, spec, err));
    if (X509_REQ_verify(request, crypto_public_key_pkey(key)) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO,
                           "certificate request: what was signed with is not the key, or it is "
                           "signed by way of another hash than SHA-256");
    if (PEM_write_bio_X509_REQ(bio, request) != 1)
        return fail_request(spec, err);
    return crypto_bio_take(bio, out, err);
}

static bool revoke(X509_CRL *crl, const crypto_revoked *revoked, int64_t list_date_s)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    int64_t since_s = revoked->since_s ? revoked->since_s : list_date_s;
    base_auto(asn1_time) ASN1_TIME *since = ASN1_TIME_set(NULL, (time_t)since_s);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(crypto_cert_x509(revoked->cert));
    if (entry && since && X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)serial) == 1 &&
        X509_REVOKED_set_revocationDate(entry, since) == 1 &&
        X509_CRL_add0_revoked(crl, entry) == 1)
        return true;
    X509_REVOKED_free(entry);
    return false;
}

static bool fill_crl(X509_CRL *crl, const crypto_cert *issuer, const crypto_crl_spec *spec)
{
    int64_t from = spec->this_update_s ? spec->this_update_s : base_wall_now().seconds;
    int64_t to = spec->next_update_s ? spec->next_update_s : from + VALID_S;
    base_auto(asn1_time) ASN1_TIME *this_update = ASN1_TIME_set(NULL, (time_t)from);
    base_auto(asn1_time) ASN1_TIME *next_update = ASN1_TIME_set(NULL, (time_t)to);
    base_auto(asn1_integer) ASN1_INTEGER *number = ASN1_INTEGER_new();
    AUTHORITY_KEYID *authority = authority_of(crypto_cert_ski(issuer));
    bool ok = this_update && next_update && number && authority &&
              ASN1_INTEGER_set_int64(number, from) == 1 &&
              X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
              X509_CRL_set_issuer_name(crl, X509_get_subject_name(crypto_cert_x509(issuer))) == 1 &&
              X509_CRL_set1_lastUpdate(crl, this_update) == 1 &&
              X509_CRL_set1_nextUpdate(crl, next_update) == 1 &&
              X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, authority, 0, 0) == 1 &&
              X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
    for (size_t i = 0; ok && i < spec->count; i++)
        ok = revoke(crl, &spec->revoked[i], from);
    AUTHORITY_KEYID_free(authority);
    return ok && X509_CRL_sort(crl) == 1;
}

heddle_status crypto_issue_crl(const crypto_cert *issuer, const crypto_key *issuer_key,
                               const crypto_crl_spec *spec, base_buffer *out, heddle_error *err)
{
    base_auto(x509_crl) X509_CRL *crl = X509_CRL_new();
    base_auto(bio) BIO *bio = BIO_new(BIO_s_mem());
    if (!crl || !bio || !fill_crl(crl, issuer, spec) ||
        X509_CRL_sign(crl, crypto_key_pkey(issuer_key), digest_for(issuer_key)) <= 0 ||
        PEM_write_bio_X509_CRL(bio, crl) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "revocation list of %s",
                           crypto_cert_subject(issuer));
    return crypto_bio_take(bio, out, err);
}
