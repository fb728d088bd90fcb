#include "crypto/cert.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/openssl.h"

enum { MAX_NAMES = 256, MAX_NAME_LEN = 4096 };

/* Everything is read out once, when the certificate is made, into one arena. */
struct crypto_cert {
    atomic_int refs;
    X509 *x509;
    crypto_public_key *key;
    base_arena *arena;
    heddle_view der, pem, serial, ski, aki;
    uint8_t sha256[CRYPTO_SHA256_LEN];
    const char *common_name, *subject, *issuer;
    const char **ous;
    size_t ou_count;
    const char **sans;
    size_t san_count;
    int64_t not_before_s, not_after_s;
    unsigned key_usage;
    bool is_ca;
};

static const char *copy_chars(crypto_cert *cert, const void *text, int len)
{
    if (len < 0 || len > MAX_NAME_LEN || (len && memchr(text, 0, (size_t)len)))
        return NULL;
    return base_arena_str(cert->arena, heddle_view_of(text, (size_t)len));
}

/* The value of a name's entry as UTF-8; NULL if it can not be shown as text. */
static const char *entry_text(crypto_cert *cert, X509_NAME_ENTRY *entry)
{
    uint8_t *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    const char *text = len < 0 ? NULL : copy_chars(cert, utf8, len);
    OPENSSL_free(utf8);
    return text;
}

static const char *name_text(crypto_cert *cert, const X509_NAME *name)
{
    base_auto(bio) BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
        return NULL;
    long len = BIO_get_mem_data(bio, &data);
    return copy_chars(cert, data, (int)len);
}

static heddle_status read_names(crypto_cert *cert, heddle_error *err)
{
    X509_NAME *subject = X509_get_subject_name(cert->x509);
    int count = X509_NAME_entry_count(subject);
    if (count > MAX_NAMES)
        return base_fail(err, HEDDLE_E_DECODE, "certificate: the subject has %d parts", count);
    cert->ous = base_arena_zalloc(cert->arena, (size_t)count + 1, sizeof(*cert->ous));
    if (!cert->ous)
        return base_arena_fail(cert->arena, err, "certificate");
    cert->common_name = "";
    for (int i = 0; i < count; i++) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
        int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        if (kind != NID_commonName && kind != NID_organizationalUnitName)
            continue;
        const char *text = entry_text(cert, entry);
        if (!text)
            return crypto_fail(err, HEDDLE_E_DECODE, "certificate: part %d of the subject", i);
        if (kind == NID_commonName)
            cert->common_name = text;
        else
            cert->ous[cert->ou_count++] = text;
    }
    cert->subject = name_text(cert, subject);
    cert->issuer = name_text(cert, X509_get_issuer_name(cert->x509));
    if (!cert->subject || !cert->issuer)
        return crypto_fail(err, HEDDLE_E_DECODE, "certificate: subject or issuer");
    return HEDDLE_OK;
}

static bool read_time(const ASN1_TIME *time, int64_t *out)
{
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    *out = (int64_t)timegm(&parts);
    return true;
}

static const char *san_text(crypto_cert *cert, const GENERAL_NAME *name)
{
    char text[INET6_ADDRSTRLEN];
    if (name->type == GEN_DNS)
        return copy_chars(cert, ASN1_STRING_get0_data(name->d.dNSName),
                          ASN1_STRING_length(name->d.dNSName));
    int len = ASN1_STRING_length(name->d.iPAddress);
    if (len != 4 && len != 16)
        return NULL;
    inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text,
              sizeof(text));
    return base_arena_strdup(cert->arena, text);
}

static heddle_status fill_sans(crypto_cert *cert, GENERAL_NAMES *names, heddle_error *err)
{
    int count = sk_GENERAL_NAME_num(names);
    if (count > MAX_NAMES)
        return base_fail(err, HEDDLE_E_DECODE, "certificate: %d alternative names", count);
    cert->sans = base_arena_zalloc(cert->arena, (size_t)count + 1, sizeof(*cert->sans));
    if (!cert->sans)
        return base_arena_fail(cert->arena, err, "certificate");
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_IPADD)
            continue;
        const char *text = san_text(cert, name);
        if (!text)
            return base_fail(err, HEDDLE_E_DECODE, "certificate: alternative name %d", i);
        cert->sans[cert->san_count++] = text;
    }
    return HEDDLE_OK;
}

static heddle_status read_sans(crypto_cert *cert, heddle_error *err)
{
    int critical = 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(cert->x509, NID_subject_alt_name, &critical, NULL);
    if (!names)
        return critical == -1 ? HEDDLE_OK
                              : crypto_fail(err, HEDDLE_E_DECODE, "certificate: subjectAltName");
    heddle_status status = fill_sans(cert, names, err);
    GENERAL_NAMES_free(names);
    return status;
}

static void read_usage(crypto_cert *cert)
{
    static const struct {
        uint32_t theirs;
        unsigned ours;
    } plain[] = {{KU_DIGITAL_SIGNATURE, CRYPTO_USAGE_DIGITAL_SIGNATURE},
                 {KU_KEY_ENCIPHERMENT, CRYPTO_USAGE_KEY_ENCIPHERMENT},
                 {KU_KEY_AGREEMENT, CRYPTO_USAGE_KEY_AGREEMENT},
                 {KU_KEY_CERT_SIGN, CRYPTO_USAGE_CERT_SIGN},
                 {KU_CRL_SIGN, CRYPTO_USAGE_CRL_SIGN}},
      extended[] = {{XKU_SSL_SERVER, CRYPTO_USAGE_SERVER_AUTH},
                    {XKU_SSL_CLIENT, CRYPTO_USAGE_CLIENT_AUTH}};
    uint32_t flags = X509_get_extension_flags(cert->x509);
    uint32_t usage = flags & EXFLAG_KUSAGE ? X509_get_key_usage(cert->x509) : 0;
    uint32_t more = flags & EXFLAG_XKUSAGE ? X509_get_extended_key_usage(cert->x509) : 0;
    for (size_t i = 0; i < BASE_COUNT(plain); i++)
        cert->key_usage |= usage & plain[i].theirs ? plain[i].ours : 0;
    for (size_t i = 0; i < BASE_COUNT(extended); i++)
        cert->key_usage |= more & extended[i].theirs ? extended[i].ours : 0;
    cert->is_ca = (flags & EXFLAG_BCONS) && (flags & EXFLAG_CA);
}

static heddle_view octets(const ASN1_OCTET_STRING *string)
{
    if (!string)
        return heddle_view_of(NULL, 0);
    return heddle_view_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

static heddle_view serial_of(const X509 *x509)
{
    heddle_view serial = octets(X509_get0_serialNumber(x509));
    while (serial.len > 1 && serial.data[0] == 0)
        serial = base_view_slice(serial, 1, serial.len);
    return serial;
}

static heddle_status read_fields(crypto_cert *cert, heddle_error *err)
{
    if (X509_check_purpose(cert->x509, -1, 0) != 1 ||
        X509_get_extension_flags(cert->x509) & EXFLAG_INVALID)
        return crypto_fail(err, HEDDLE_E_DECODE, "certificate: an extension is malformed");
    cert->serial = serial_of(cert->x509);
    cert->ski = octets(X509_get0_subject_key_id(cert->x509));
    cert->aki = octets(X509_get0_authority_key_id(cert->x509));
    if (!read_time(X509_get0_notBefore(cert->x509), &cert->not_before_s) ||
        !read_time(X509_get0_notAfter(cert->x509), &cert->not_after_s))
        return crypto_fail(err, HEDDLE_E_DECODE, "certificate: validity");
    read_usage(cert);
    BASE_TRY(read_names(cert, err));
    return read_sans(cert, err);
}

static heddle_status keep_encodings(crypto_cert *cert, heddle_error *err)
{
    uint8_t *der = NULL;
    int len = i2d_X509(cert->x509, &der);
    if (len > 0)
        cert->der = base_arena_view(cert->arena, heddle_view_of(der, (size_t)len));
    OPENSSL_free(der);
    base_auto(bio) BIO *bio = BIO_new(BIO_s_mem());
    if (!cert->der.data || !bio || PEM_write_bio_X509(bio, cert->x509) != 1)
        return crypto_fail(err, HEDDLE_E_NO_MEMORY, "certificate");
    char *text = NULL;
    long text_len = BIO_get_mem_data(bio, &text);
    cert->pem = base_arena_view(cert->arena, heddle_view_of(text, (size_t)text_len));
    if (!cert->pem.data)
        return base_arena_fail(cert->arena, err, "certificate");
    heddle_status status = crypto_sha256(cert->der, cert->sha256);
    return status ? base_fail(err, status, "digest of a certificate") : HEDDLE_OK;
}

heddle_status crypto_cert_wrap(X509 *x509, crypto_cert **out, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = base_calloc(1, sizeof(*cert));
    if (!cert) {
        X509_free(x509);
        return base_fail_memory(err, "certificate");
    }
    atomic_init(&cert->refs, 1);
    cert->x509 = x509;
    cert->arena = base_arena_new(4 * CRYPTO_CERT_MAX_BYTES);
    if (!cert->arena)
        return base_fail_memory(err, "certificate");
    EVP_PKEY *pkey = X509_get_pubkey(x509);
    if (!pkey)
        return crypto_fail(err, HEDDLE_E_DECODE, "certificate: public key");
    BASE_TRY(crypto_public_key_wrap(pkey, &cert->key, err));
    BASE_TRY(keep_encodings(cert, err));
    BASE_TRY(read_fields(cert, err));
    *out = base_steal(&cert);
    return HEDDLE_OK;
}

/* Without PEM's line "-----BEGIN" it is DER. */
static bool looks_like_pem(heddle_view bytes)
{
    return memmem(bytes.data, bytes.len, "-----BEGIN", 10) != NULL;
}

static heddle_status parse_der(heddle_view der, crypto_cert **out, heddle_error *err)
{
    const uint8_t *at = der.data;
    base_auto(x509) X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    if (!x509)
        return crypto_fail(err, HEDDLE_E_DECODE, "no X.509 certificate");
    if (at != der.data + der.len)
        return base_fail(err, HEDDLE_E_DECODE, "bytes follow the certificate");
    return crypto_cert_wrap(base_steal(&x509), out, err);
}

heddle_status crypto_cert_parse(heddle_view bytes, crypto_cert **out, heddle_error *err)
{
    if (bytes.len == 0)
        return base_fail(err, HEDDLE_E_DECODE, "the certificate is empty");
    if (bytes.len > CRYPTO_CERT_MAX_BYTES)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "a certificate of %zu bytes is above %d",
                         bytes.len, CRYPTO_CERT_MAX_BYTES);
    if (!looks_like_pem(bytes))
        return parse_der(bytes, out, err);
    base_auto(bio) BIO *bio = crypto_bio_of(bytes);
    if (!bio)
        return base_fail_memory(err, "certificate");
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (!x509)
        return crypto_fail(err, HEDDLE_E_DECODE, "no certificate in the PEM text");
    return crypto_cert_wrap(x509, out, err);
}

heddle_status crypto_cert_load(const char *path, crypto_cert **out, heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    BASE_TRY(base_read_file(path, CRYPTO_CERT_MAX_BYTES, &text, err));
    heddle_status status = crypto_cert_parse(base_buffer_view(&text), out, err);
    if (status)
        base_error_prefix(err, "%s", path);
    return status;
}

crypto_cert *crypto_cert_ref(crypto_cert *cert)
{
    atomic_fetch_add_explicit(&cert->refs, 1, memory_order_relaxed);
    return cert;
}

void crypto_cert_unref(crypto_cert *cert)
{
    if (!cert || atomic_fetch_sub_explicit(&cert->refs, 1, memory_order_acq_rel) != 1)
        return;
    crypto_public_key_unref(cert->key);
    X509_free(cert->x509);
    base_arena_free(cert->arena);
    base_free(cert);
}

heddle_status crypto_certs_add(crypto_certs *certs, crypto_cert *cert)
{
    crypto_cert **items = base_realloc(certs->items, (certs->count + 1) * sizeof(*items));
    if (!items)
        return HEDDLE_E_NO_MEMORY;
    certs->items = items;
    certs->items[certs->count++] = crypto_cert_ref(cert);
    return HEDDLE_OK;
}

void crypto_certs_done(crypto_certs *certs)
{
    for (size_t i = 0; i < certs->count; i++)
        crypto_cert_unref(certs->items[i]);
    base_free(certs->items);
    *certs = (crypto_certs){0};
}

/* Read the next certificate of the text; a NULL *out is the end. */
static heddle_status next_cert(BIO *bio, crypto_cert **out, heddle_error *err)
{
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (x509)
        return crypto_cert_wrap(x509, out, err);
    unsigned long code = ERR_peek_last_error();
    if (ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
        return crypto_fail(err, HEDDLE_E_DECODE, "a certificate of the PEM text");
    ERR_clear_error();
    return HEDDLE_OK;
}

heddle_status crypto_certs_parse(heddle_view pem, crypto_certs *out, heddle_error *err)
{
    base_auto(bio) BIO *bio = crypto_bio_of(pem);
    if (!bio)
        return base_fail_memory(err, "certificates");
    crypto_auto_certs crypto_certs found = {0};
    for (;;) {
        base_auto(crypto_cert) crypto_cert *cert = NULL;
        BASE_TRY(next_cert(bio, &cert, err));
        if (!cert)
            break;
        if (found.count == CRYPTO_CERT_MAX_COUNT)
            return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d certificates in one text",
                             CRYPTO_CERT_MAX_COUNT);
        if (crypto_certs_add(&found, cert))
            return base_fail_memory(err, "certificates");
    }
    if (found.count == 0)
        return base_fail(err, HEDDLE_E_DECODE, "no certificate in the PEM text");
    for (size_t i = 0; i < found.count; i++)
        if (crypto_certs_add(out, found.items[i]))
            return base_fail_memory(err, "certificates");
    return HEDDLE_OK;
}

heddle_view crypto_cert_der(const crypto_cert *cert)
{
    return cert->der;
}

heddle_view crypto_cert_pem(const crypto_cert *cert)
{
    return cert->pem;
}

const uint8_t *crypto_cert_sha256(const crypto_cert *cert)
{
    return cert->sha256;
}

const char *crypto_cert_common_name(const crypto_cert *cert)
{
    return cert->common_name;
}

const char *crypto_cert_subject(const crypto_cert *cert)
{
    return cert->subject;
}

const char *crypto_cert_issuer(const crypto_cert *cert)
{
    return cert->issuer;
}

size_t crypto_cert_ou_count(const crypto_cert *cert)
{
    return cert->ou_count;
}

const char *crypto_cert_ou(const crypto_cert *cert, size_t index)
{
    return index < cert->ou_count ? cert->ous[index] : NULL;
}

heddle_view crypto_cert_serial(const crypto_cert *cert)
{
    return cert->serial;
}

heddle_view crypto_cert_ski(const crypto_cert *cert)
{
    return cert->ski;
}

heddle_view crypto_cert_aki(const crypto_cert *cert)
{
    return cert->aki;
}

int64_t crypto_cert_not_before_s(const crypto_cert *cert)
{
    return cert->not_before_s;
}

int64_t crypto_cert_not_after_s(const crypto_cert *cert)
{
    return cert->not_after_s;
}

bool crypto_cert_is_ca(const crypto_cert *cert)
{
    return cert->is_ca;
}

unsigned crypto_cert_key_usage(const crypto_cert *cert)
{
    return cert->key_usage;
}

size_t crypto_cert_san_count(const crypto_cert *cert)
{
    return cert->san_count;
}

const char *crypto_cert_san(const crypto_cert *cert, size_t index)
{
    return index < cert->san_count ? cert->sans[index] : NULL;
}

bool crypto_cert_extension(const crypto_cert *cert, const char *oid, heddle_view *out)
{
    const X509 *x509 = cert->x509;
    ASN1_OBJECT *kind = OBJ_txt2obj(oid, 1);
    int at = kind ? X509_get_ext_by_OBJ(x509, kind, -1) : -1;
    ASN1_OBJECT_free(kind);
    if (at < 0)
        return false;
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x509, at));
    *out = heddle_view_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    return true;
}

bool crypto_cert_equal(const crypto_cert *a, const crypto_cert *b)
{
    return base_view_equal(a->der, b->der);
}

crypto_public_key *crypto_cert_public_key(const crypto_cert *cert)
{
    return cert->key;
}

X509 *crypto_cert_x509(const crypto_cert *cert)
{
    return cert->x509;
}

heddle_status crypto_cert_verify(const crypto_cert *cert, crypto_hash hash, heddle_view message,
                                 heddle_view signature, heddle_error *err)
{
    return crypto_verify(cert->key, hash, message, signature, err);
}

heddle_status crypto_cert_check_time(const crypto_cert *cert, int64_t now_s, heddle_error *err)
{
    char date[32];
    if (now_s < cert->not_before_s) {
        base_wall_format((base_wall_time){.seconds = cert->not_before_s}, date);
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "the certificate of %s is not valid before %s",
                         cert->subject, date);
    }
    if (now_s > cert->not_after_s) {
        base_wall_format((base_wall_time){.seconds = cert->not_after_s}, date);
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "the certificate of %s expired at %s",
                         cert->subject, date);
    }
    return HEDDLE_OK;
}
