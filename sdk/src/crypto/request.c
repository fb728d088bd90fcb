#include "crypto/request.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/arena.h"
#include "base/fail.h"
#include "crypto/openssl.h"

enum { MAX_NAMES = 256 };

struct crypto_request {
    base_arena *arena; /* of the strings */
    X509_REQ *x509;
    crypto_public_key *key;
    crypto_name_entry *entries;
    size_t entry_count;
    const char **sans;
    size_t san_count;
    bool wants_ca;
};

static void release_extensions(STACK_OF(X509_EXTENSION) * extensions)
{
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
typedef STACK_OF(X509_EXTENSION) extension_stack;
BASE_AUTO_DEFINE(request_extensions, extension_stack *, release_extensions)

static heddle_status unreadable(heddle_error *err)
{
    return crypto_fail(err, HEDDLE_E_DECODE, "certificate request");
}

/* The subject. */

/* NULL for what is no text without NUL. */
static const char *text_of(base_arena *arena, const ASN1_STRING *string)
{
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    if (len < 0)
        return NULL;
    const char *text = memchr(utf8, 0, (size_t)len)
                           ? NULL
                           : base_arena_str(arena, heddle_view_of(utf8, (size_t)len));
    OPENSSL_free(utf8);
    return text;
}

static heddle_status read_entries(crypto_request *request, heddle_error *err)
{
    const X509_NAME *name = X509_REQ_get_subject_name(request->x509);
    int count = X509_NAME_entry_count(name);
    if (count > MAX_NAMES)
        return base_fail(err, HEDDLE_E_DECODE, "certificate request: %d parts of a name", count);
    request->entries =
        base_arena_zalloc(request->arena, (size_t)count + 1, sizeof(*request->entries));
    if (!request->entries)
        return base_arena_fail(request->arena, err, "certificate request");
    for (int i = 0; i < count; i++) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        const char *value = text_of(request->arena, X509_NAME_ENTRY_get_data(entry));
        if (!value)
            return base_fail(err, HEDDLE_E_DECODE, "certificate request: part %d of the name", i);
        request->entries[request->entry_count++] =
            (crypto_name_entry){nid == NID_undef ? "" : OBJ_nid2sn(nid), value};
    }
    return HEDDLE_OK;
}

/* What it wants. */

static const char *address_text(base_arena *arena, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    int len = ASN1_STRING_length(address);
    if (len != 4 && len != 16)
        return NULL;
    inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof(text));
    return base_arena_strdup(arena, text);
}

static heddle_status read_name(crypto_request *request, const GENERAL_NAME *name, heddle_error *err)
{
    const char *text = NULL;
    switch (name->type) {
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
        text = text_of(request->arena, name->d.ia5);
        break;
    case GEN_IPADD:
        text = address_text(request->arena, name->d.iPAddress);
        break;
    default:
        return HEDDLE_OK;
    }
    if (!text)
        return base_fail(err, HEDDLE_E_DECODE, "certificate request: an alternative name");
    request->sans[request->san_count++] = text;
    return HEDDLE_OK;
}

static heddle_status read_names(crypto_request *request, const GENERAL_NAMES *names,
                                heddle_error *err)
{
    int count = sk_GENERAL_NAME_num(names);
    if (count > MAX_NAMES)
        return base_fail(err, HEDDLE_E_DECODE, "certificate request: %d names", count);
    request->sans = base_arena_zalloc(request->arena, (size_t)count + 1, sizeof(*request->sans));
    if (!request->sans)
        return base_arena_fail(request->arena, err, "certificate request");
    for (int i = 0; i < count; i++)
        BASE_TRY(read_name(request, sk_GENERAL_NAME_value(names, i), err));
    return HEDDLE_OK;
}

static heddle_status read_extensions(crypto_request *request, heddle_error *err)
{
    int critical = 0;
    base_auto(request_extensions) extension_stack *all = X509_REQ_get_extensions(request->x509);
    if (!all)
        return HEDDLE_OK;
    BASIC_CONSTRAINTS *constraints = X509V3_get_d2i(all, NID_basic_constraints, &critical, NULL);
    if (!constraints && critical != -1)
        return crypto_fail(err, HEDDLE_E_DECODE, "certificate request: basicConstraints");
    request->wants_ca = constraints && constraints->ca;
    BASIC_CONSTRAINTS_free(constraints);
    GENERAL_NAMES *names = X509V3_get_d2i(all, NID_subject_alt_name, &critical, NULL);
    if (!names)
        return critical == -1
                   ? HEDDLE_OK
                   : crypto_fail(err, HEDDLE_E_DECODE, "certificate request: subjectAltName");
    heddle_status status = read_names(request, names, err);
    GENERAL_NAMES_free(names);
    return status;
}

/* Reading. */

static heddle_status read_pem(crypto_request *request, heddle_view pem, heddle_error *err)
{
    if (pem.len > CRYPTO_REQUEST_MAX_BYTES)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "certificate request: %zu bytes", pem.len);
    base_auto(bio) BIO *bio = crypto_bio_of(pem);
    if (!bio)
        return base_fail_memory(err, "certificate request");
    request->x509 = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    if (!request->x509)
        return unreadable(err);
    EVP_PKEY *key = X509_REQ_get_pubkey(request->x509);
    if (!key)
        return unreadable(err);
    BASE_TRY(crypto_public_key_wrap(key, &request->key, err));
    BASE_TRY(read_entries(request, err));
    return read_extensions(request, err);
}

heddle_status crypto_request_parse(heddle_view pem, crypto_request **out, heddle_error *err)
{
    crypto_request *request = base_calloc(1, sizeof(*request));
    if (!request)
        return base_fail_memory(err, "certificate request");
    request->arena = base_arena_new(0);
    heddle_status status =
        request->arena ? read_pem(request, pem, err) : base_fail_memory(err, "certificate request");
    if (status != HEDDLE_OK) {
        crypto_request_free(request);
        return status;
    }
    *out = request;
    return HEDDLE_OK;
}

void crypto_request_free(crypto_request *request)
{
    if (!request)
        return;
    crypto_public_key_unref(request->key);
    X509_REQ_free(request->x509);
    base_arena_free(request->arena);
    base_free(request);
}

heddle_status crypto_request_verify(const crypto_request *request, heddle_error *err)
{
    if (X509_REQ_verify(request->x509, crypto_public_key_pkey(request->key)) == 1)
        return HEDDLE_OK;
    return crypto_fail(err, HEDDLE_E_BAD_SIGNATURE,
                       "certificate request: it is not signed by its key");
}

/* Questions. */

X509_REQ *crypto_request_x509(const crypto_request *request)
{
    return request->x509;
}

crypto_public_key *crypto_request_public_key(const crypto_request *request)
{
    return request->key;
}

const char *crypto_request_common_name(const crypto_request *request)
{
    for (size_t i = request->entry_count; i-- > 0;)
        if (strcmp(request->entries[i].field, SN_commonName) == 0)
            return request->entries[i].value;
    return "";
}

size_t crypto_request_san_count(const crypto_request *request)
{
    return request->san_count;
}

const char *crypto_request_san(const crypto_request *request, size_t index)
{
    return index < request->san_count ? request->sans[index] : NULL;
}

bool crypto_request_wants_ca(const crypto_request *request)
{
    return request->wants_ca;
}

size_t crypto_request_entry_count(const crypto_request *request)
{
    return request->entry_count;
}

const crypto_name_entry *crypto_request_entry(const crypto_request *request, size_t index)
{
    return index < request->entry_count ? &request->entries[index] : NULL;
}
