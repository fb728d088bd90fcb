#include "client/identity.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "crypto/ecdsa.h"
#include "crypto/msp_folder.h"
#include "wire/identity.h"

/* Who it is and how it signs; shared by identities that differ in their hash. */
struct member {
    atomic_int refs;
    char *mspid;
    crypto_cert *cert;
    crypto_key_kind kind;
    crypto_key *key; /* or, if NULL, … */
    heddle_sign_fn *sign;
    bool signs_digests_only; /* the signer cannot take a message */
    void *user;
    void (*release)(void *user);
    base_buffer creator;
};

/* What stands behind a replaceable identity. */
struct slot {
    pthread_mutex_t lock; /* a leaf */
    heddle_identity *now;
    heddle_identity *before; /* for those who still read texts of it */
};

/* It has a member, or, if it is replaceable, a slot. */
struct heddle_identity {
    atomic_int refs;
    heddle_hash hash;
    struct member *member;
    struct slot *slot;
};

static void member_unref(struct member *member)
{
    if (atomic_fetch_sub_explicit(&member->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (member->release)
        member->release(member->user);
    crypto_cert_unref(member->cert);
    crypto_key_unref(member->key);
    base_buffer_done(&member->creator);
    base_free(member->mspid);
    base_free(member);
}

BASE_AUTO_DEFINE(member, struct member *, member_unref)

static heddle_status check(const char *mspid, const crypto_cert *cert, crypto_key *const *key,
                           heddle_error *err)
{
    if (!mspid || !*mspid)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: the MSP id is empty");
    if (key && !crypto_public_key_equal(crypto_cert_public_key(cert), crypto_key_public(*key)))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "identity: the private key is not that of the certificate of %s",
                         crypto_cert_subject(cert));
    return HEDDLE_OK;
}

/* Takes over the reference to @p member in each case. */
static heddle_status wrap(struct member *member, heddle_hash hash, heddle_identity **out,
                          heddle_error *err)
{
    heddle_identity *identity = base_calloc(1, sizeof(*identity));
    if (!identity) {
        member_unref(member);
        return base_fail_memory(err, "identity");
    }
    atomic_init(&identity->refs, 1);
    identity->hash = hash;
    identity->member = member;
    *out = identity;
    return HEDDLE_OK;
}

/* @p cert and @p key (NULL: none) are taken over on success. */
static heddle_status make(const char *mspid, crypto_cert **cert, crypto_key **key,
                          heddle_identity **out, heddle_error *err)
{
    BASE_TRY(check(mspid, *cert, key, err));
    base_auto(member) struct member *member = base_calloc(1, sizeof(*member));
    if (!member)
        return base_fail_memory(err, "identity");
    atomic_init(&member->refs, 1);
    member->kind = crypto_public_key_get_kind(crypto_cert_public_key(*cert));
    member->mspid = base_strdup(mspid);
    if (!member->mspid ||
        wire_identity_write(heddle_view_str(mspid), crypto_cert_pem(*cert), &member->creator))
        return base_fail_memory(err, "identity");
    struct member *made = member;
    heddle_hash hash = made->kind == CRYPTO_KEY_ED25519 ? HEDDLE_HASH_NONE : HEDDLE_HASH_SHA256;
    BASE_TRY(wrap(base_steal(&member), hash, out, err));
    made->cert = base_steal(cert);
    if (key)
        made->key = base_steal(key);
    return HEDDLE_OK;
}

heddle_status heddle_identity_from_pem(const char *mspid, heddle_view cert_pem, heddle_view key_pem,
                                       heddle_identity **out, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(crypto_cert_parse(cert_pem, &cert, err));
    BASE_TRY(crypto_key_parse(key_pem, &key, err));
    return make(mspid, &cert, &key, out, err);
}

static heddle_status read_pair(const char *mspid, const char *cert_path, const char *key_path,
                               heddle_identity **out, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(crypto_cert_load(cert_path, &cert, err));
    BASE_TRY(crypto_key_load(key_path, &key, err));
    return make(mspid, &cert, &key, out, err);
}

/* Files that are replaced between the two readings are another pair: they are read again. */
heddle_status heddle_identity_from_files(const char *mspid, const char *cert_path,
                                         const char *key_path, heddle_identity **out,
                                         heddle_error *err)
{
    if (!cert_path || !key_path)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: a path is NULL");
    heddle_status status = read_pair(mspid, cert_path, key_path, out, err);
    for (int again = 0; again < 2 && status == HEDDLE_E_BAD_IDENTITY; again++)
        status = read_pair(mspid, cert_path, key_path, out, err);
    return status;
}

heddle_status client_identity_new(const char *mspid, heddle_view cert_pem,
                                  const client_signer *signer, heddle_identity **out,
                                  heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    heddle_identity *identity = NULL;
    BASE_TRY(crypto_cert_parse(cert_pem, &cert, err));
    BASE_TRY(make(mspid, &cert, NULL, &identity, err));
    identity->member->sign = signer->sign;
    identity->member->signs_digests_only = signer->signs_digests_only;
    identity->member->user = signer->user;
    identity->member->release = signer->release;
    *out = identity;
    return HEDDLE_OK;
}

heddle_status heddle_identity_with_signer(const char *mspid, heddle_view cert_pem,
                                          heddle_sign_fn *sign, void *user,
                                          void (*release)(void *user), heddle_identity **out,
                                          heddle_error *err)
{
    client_signer signer = {.sign = sign, .user = user, .release = release};
    return client_identity_new(mspid, cert_pem, &signer, out, err);
}

heddle_status heddle_identity_from_msp(const char *mspid, const char *dir, heddle_identity **out,
                                       heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    if (!dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: the MSP folder is NULL");
    BASE_TRY(crypto_msp_folder_load(dir, &cert, &key, err));
    return make(mspid, &cert, &key, out, err);
}

static bool is_member_digesting(const struct member *member)
{
    return member->kind != CRYPTO_KEY_ED25519 && (member->key || member->signs_digests_only);
}

heddle_status heddle_identity_with_hash(heddle_identity *identity, heddle_hash hash,
                                        heddle_identity **out, heddle_error *err)
{
    if (!identity || (unsigned)hash > HEDDLE_HASH_NONE)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: %d is no hash", (int)hash);
    base_auto(heddle_identity) heddle_identity *now = heddle_identity_now(identity);
    struct member *member = now->member;
    if (hash == HEDDLE_HASH_NONE && is_member_digesting(member))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "identity: an ECDSA key signs digests, so the hash cannot be none; a "
                         "signer of your own may take the message");
    atomic_fetch_add_explicit(&member->refs, 1, memory_order_relaxed);
    return wrap(member, member->kind == CRYPTO_KEY_ED25519 ? HEDDLE_HASH_NONE : hash, out, err);
}

heddle_identity *heddle_identity_ref(heddle_identity *identity)
{
    atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
    return identity;
}

static void slot_free(struct slot *slot)
{
    heddle_identity_unref(slot->now);
    heddle_identity_unref(slot->before);
    pthread_mutex_destroy(&slot->lock);
    base_free(slot);
}

void heddle_identity_unref(heddle_identity *identity)
{
    if (!identity || atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (identity->slot)
        slot_free(identity->slot);
    else
        member_unref(identity->member);
    base_free(identity);
}

/* Replaceable identities. */

static heddle_identity *slot_now(struct slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    heddle_identity *now = heddle_identity_ref(slot->now);
    pthread_mutex_unlock(&slot->lock);
    return now;
}

heddle_identity *heddle_identity_now(heddle_identity *identity)
{
    return identity->slot ? slot_now(identity->slot) : heddle_identity_ref(identity);
}

heddle_status heddle_identity_replaceable(heddle_identity *first, heddle_identity **out,
                                          heddle_error *err)
{
    if (!first)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: there is none to begin with");
    heddle_identity *identity = base_calloc(1, sizeof(*identity));
    struct slot *slot = base_calloc(1, sizeof(*slot));
    if (!identity || !slot) {
        base_free(identity);
        base_free(slot);
        return base_fail_memory(err, "identity");
    }
    pthread_mutex_init(&slot->lock, NULL);
    slot->now = heddle_identity_now(first);
    atomic_init(&identity->refs, 1);
    identity->slot = slot;
    *out = identity;
    return HEDDLE_OK;
}

heddle_status heddle_identity_replace(heddle_identity *identity, heddle_identity *next,
                                      heddle_error *err)
{
    if (!identity || !next || !identity->slot)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "identity: only a replaceable one can be replaced, by another");
    const char *mspid = heddle_identity_mspid(identity);
    if (strcmp(mspid, heddle_identity_mspid(next)) != 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "identity: one of %s does not take the place of one of %s",
                         heddle_identity_mspid(next), mspid);
    struct slot *slot = identity->slot;
    heddle_identity *fresh = heddle_identity_now(next);
    pthread_mutex_lock(&slot->lock);
    heddle_identity *gone = slot->before;
    slot->before = slot->now;
    slot->now = fresh;
    pthread_mutex_unlock(&slot->lock);
    heddle_identity_unref(gone);
    return HEDDLE_OK;
}

/* Without a reference: what is read of it lives until the second replacement from now. */
static const heddle_identity *peek(const heddle_identity *identity)
{
    if (!identity->slot)
        return identity;
    pthread_mutex_lock(&identity->slot->lock);
    const heddle_identity *now = identity->slot->now;
    pthread_mutex_unlock(&identity->slot->lock);
    return now;
}

heddle_identity *client_identity_hold(const heddle_identity *identity)
{
    return heddle_identity_now((heddle_identity *)identity);
}

heddle_hash heddle_identity_hash(const heddle_identity *identity)
{
    return peek(identity)->hash;
}

const char *heddle_identity_mspid(const heddle_identity *identity)
{
    return peek(identity)->member->mspid;
}

heddle_view heddle_identity_cert_pem(const heddle_identity *identity)
{
    return crypto_cert_pem(peek(identity)->member->cert);
}

const crypto_cert *client_identity_cert(const heddle_identity *identity)
{
    return peek(identity)->member->cert;
}

const crypto_key *client_identity_key(const heddle_identity *identity)
{
    return peek(identity)->member->key;
}

bool client_identity_signer(const heddle_identity *identity, client_signer *out)
{
    const struct member *member = peek(identity)->member;
    *out = (client_signer){.sign = member->sign,
                           .signs_digests_only = member->signs_digests_only,
                           .user = member->user,
                           .release = member->release};
    return member->sign != NULL;
}

heddle_view client_identity_creator(const heddle_identity *identity)
{
    return base_buffer_view(&peek(identity)->member->creator);
}

static heddle_status ask_signer(const struct member *member, heddle_view digest,
                                crypto_signature *out, heddle_error *err)
{
    uint8_t signature[HEDDLE_SIGNATURE_MAX];
    size_t len = 0;
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    heddle_status status = member->sign(digest, signature, &len, member->user, &said);
    if (status)
        return base_fail_retry(err, status, said.retry, "the signer of %s failed: %s",
                               member->mspid,
                               said.message[0] ? said.message : heddle_status_text(status));
    heddle_view given = heddle_view_of(signature, len);
    if (member->kind == CRYPTO_KEY_ED25519 && len == 64) {
        memcpy(out->data, signature, len);
        out->len = len;
    } else if (len > sizeof(signature) || !crypto_ecdsa_to_low_s(member->kind, given, out)) {
        return base_fail(err, HEDDLE_E_CRYPTO,
                         "the signer of %s gave no signature of its certificate's kind of key",
                         member->mspid);
    }
    return HEDDLE_OK;
}

bool client_identity_can_sign(const heddle_identity *identity)
{
    const struct member *member = peek(identity)->member;
    return member->sign || member->key;
}

/* @p digest is the message itself when the hash is none. */
static heddle_status sign_digest(const struct member *member, heddle_view digest,
                                 crypto_signature *out, heddle_error *err)
{
    if (member->sign)
        return ask_signer(member, digest, out, err);
    if (!member->key)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "the identity of %s cannot sign, and no signature was set", member->mspid);
    if (member->kind == CRYPTO_KEY_ED25519)
        return crypto_key_sign(member->key, CRYPTO_SHA256, digest, out, err);
    return crypto_key_sign_digest(member->key, digest, out, err);
}

static heddle_status digest_of(const heddle_identity *identity, heddle_view message, uint8_t *out,
                               size_t *out_len, heddle_error *err)
{
    static const crypto_hash hashes[] = {[HEDDLE_HASH_SHA256] = CRYPTO_SHA256,
                                         [HEDDLE_HASH_SHA384] = CRYPTO_SHA384,
                                         [HEDDLE_HASH_SHA3_256] = CRYPTO_SHA3_256,
                                         [HEDDLE_HASH_SHA3_384] = CRYPTO_SHA3_384};
    if (identity->hash == HEDDLE_HASH_NONE)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "the identity of %s signs messages themselves, without a digest",
                         identity->member->mspid);
    crypto_hash hash = hashes[identity->hash];
    heddle_status status = crypto_digest(hash, message, out);
    if (status)
        return base_fail(err, status, "digest of the message to sign");
    *out_len = crypto_hash_len(hash);
    return HEDDLE_OK;
}

heddle_status heddle_identity_digest(const heddle_identity *identity, heddle_view message,
                                     uint8_t *out, size_t *out_len, heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *now = client_identity_hold(identity);
    return digest_of(now, message, out, out_len, err);
}

heddle_status client_identity_sign(const heddle_identity *identity, heddle_view message,
                                   crypto_signature *out, heddle_error *err)
{
    uint8_t digest[HEDDLE_DIGEST_MAX];
    size_t len = 0;
    base_auto(heddle_identity) heddle_identity *now = client_identity_hold(identity);
    if (now->hash == HEDDLE_HASH_NONE)
        return sign_digest(now->member, message, out, err);
    BASE_TRY(digest_of(now, message, digest, &len, err));
    return sign_digest(now->member, heddle_view_of(digest, len), out, err);
}

heddle_status heddle_identity_sign(const heddle_identity *identity, heddle_view digest,
                                   uint8_t *signature, size_t *signature_len, heddle_error *err)
{
    crypto_signature made;
    base_auto(heddle_identity) heddle_identity *now = client_identity_hold(identity);
    BASE_TRY(sign_digest(now->member, digest, &made, err));
    memcpy(signature, made.data, made.len);
    *signature_len = made.len;
    return HEDDLE_OK;
}
