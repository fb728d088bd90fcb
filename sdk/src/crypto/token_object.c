/* Objects of a token: finding them and reading their attributes. */
#include "base/view.h"
#include "crypto/point.h"
#include "crypto/token_impl.h"

CK_RV crypto_object_find(const crypto_token *token, CK_SESSION_HANDLE session,
                         CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out,
                         CK_ULONG *out_count)
{
    CK_FUNCTION_LIST *fn = token->module->fn;
    CK_RV rv = fn->C_FindObjectsInit(session, template, count);
    CK_ULONG found = 0, more = 0;
    if (rv)
        return rv;
    /* Some modules give one at a time. */
    do {
        rv = fn->C_FindObjects(session, out + found, CRYPTO_OBJECT_MATCHES - found, &more);
        if (rv == CKR_OK)
            found += more;
    } while (rv == CKR_OK && more && found < CRYPTO_OBJECT_MATCHES);
    CK_RV end = fn->C_FindObjectsFinal(session);
    *out_count = found;
    return rv ? rv : end;
}

CK_RV crypto_object_read(const crypto_token *token, CK_SESSION_HANDLE session,
                         CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, base_buffer *out)
{
    CK_FUNCTION_LIST *fn = token->module->fn;
    CK_ATTRIBUTE attribute = {type, NULL, 0};
    CK_RV rv = fn->C_GetAttributeValue(session, object, &attribute, 1);
    if (rv)
        return rv;
    if (attribute.ulValueLen > CRYPTO_CERT_MAX_BYTES)
        return CKR_ATTRIBUTE_VALUE_INVALID;
    if (attribute.ulValueLen == 0)
        return CKR_OK;
    if (base_buffer_reserve(out, attribute.ulValueLen))
        return CKR_HOST_MEMORY;
    attribute.pValue = out->data + out->len;
    rv = fn->C_GetAttributeValue(session, object, &attribute, 1);
    if (rv == CKR_OK)
        out->len += attribute.ulValueLen;
    return rv;
}

/* The names of the curves in CKA_EC_PARAMS. Ed25519 has two: the printable one of PKCS#11 2.40
 * drafts, and the object identifier of 3.0. */
static const uint8_t oid_p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t oid_p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
static const uint8_t name_ed25519[] = {0x13, 0x0c, 'e', 'd', 'w', 'a', 'r',
                                       'd',  's',  '2', '5', '5', '1', '9'};
static const uint8_t oid_ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};

crypto_key_kind crypto_object_kind(heddle_view ec_params)
{
    static const struct {
        const uint8_t *bytes;
        size_t len;
        crypto_key_kind kind;
    } curves[] = {{oid_p256, sizeof(oid_p256), CRYPTO_KEY_P256},
                  {oid_p384, sizeof(oid_p384), CRYPTO_KEY_P384},
                  {name_ed25519, sizeof(name_ed25519), CRYPTO_KEY_ED25519},
                  {oid_ed25519, sizeof(oid_ed25519), CRYPTO_KEY_ED25519}};
    for (size_t i = 0; i < BASE_COUNT(curves); i++)
        if (base_view_equal(ec_params, heddle_view_of(curves[i].bytes, curves[i].len)))
            return curves[i].kind;
    return CRYPTO_KEY_OTHER;
}

heddle_view crypto_object_params(crypto_key_kind kind)
{
    switch (kind) {
    case CRYPTO_KEY_P256:
        return heddle_view_of(oid_p256, sizeof(oid_p256));
    case CRYPTO_KEY_P384:
        return heddle_view_of(oid_p384, sizeof(oid_p384));
    default:
        return heddle_view_of(name_ed25519, sizeof(name_ed25519));
    }
}

heddle_view crypto_object_point(crypto_key_kind kind, heddle_view ec_point)
{
    size_t bare = kind == CRYPTO_KEY_P256 ? 65 : kind == CRYPTO_KEY_P384 ? 97 : 32;
    if (ec_point.len == bare + 2 && ec_point.data[0] == 0x04 && ec_point.data[1] == bare)
        return base_view_slice(ec_point, 2, bare);
    return ec_point;
}

CK_RV crypto_object_named(const crypto_token *token, CK_SESSION_HANDLE session,
                          CK_OBJECT_CLASS class, heddle_view id, const char *label,
                          CK_OBJECT_HANDLE *out, CK_ULONG *out_count)
{
    CK_ATTRIBUTE template[3] = {CRYPTO_ATTRIBUTE(CKA_CLASS, &class, sizeof(class))};
    CK_ULONG count = 1;
    if (id.len)
        template[count++] = (CK_ATTRIBUTE)CRYPTO_ATTRIBUTE(CKA_ID, id.data, id.len);
    if (label)
        template[count++] = (CK_ATTRIBUTE)CRYPTO_ATTRIBUTE(CKA_LABEL, label, strlen(label));
    return crypto_object_find(token, session, template, count, out, out_count);
}
