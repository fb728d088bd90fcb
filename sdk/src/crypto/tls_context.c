#include "crypto/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/fail.h"
#include "base/view.h"
#include "crypto/cert.h"
#include "crypto/openssl.h"

/* Forward secrecy and authenticated encryption: what HTTP/2 asks of TLS 1.2. */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

crypto_tls_context *crypto_tls_context_ref(crypto_tls_context *context)
{
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
    return context;
}

void crypto_tls_context_unref(crypto_tls_context *context)
{
    if (!context || atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(context->ctx);
    BIO_meth_free(context->bio);
    base_free(context);
}

/* The own chain and key */

static heddle_status use_chain(SSL_CTX *ctx, heddle_view pem, heddle_error *err)
{
    crypto_certs certs = {0};
    heddle_status st = crypto_certs_parse(pem, &certs, err);
    if (st != HEDDLE_OK)
        return st;
    bool ok = SSL_CTX_use_certificate(ctx, crypto_cert_x509(certs.items[0])) == 1;
    for (size_t i = 1; ok && i < certs.count; i++)
        ok = SSL_CTX_add1_chain_cert(ctx, crypto_cert_x509(certs.items[i])) == 1;
    crypto_certs_done(&certs);
    return ok ? HEDDLE_OK : crypto_fail(err, HEDDLE_E_CRYPTO, "certificate of this side");
}

/* A question for a password on the terminal is no answer. */
static int no_password(char *buf, int size, int rwflag, void *user)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)user;
    return -1;
}

static heddle_status use_key(SSL_CTX *ctx, heddle_view pem, heddle_error *err)
{
    base_auto(bio) BIO *bio = crypto_bio_of(pem);
    base_auto(evp_pkey) EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    if (!key)
        return crypto_fail(err, HEDDLE_E_BAD_ARGUMENT, "private key: no PEM, or encrypted");
    if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return crypto_fail(err, HEDDLE_E_BAD_ARGUMENT, "the private key is not the certificate's");
    return HEDDLE_OK;
}

static heddle_status use_identity(SSL_CTX *ctx, const crypto_tls_options *o, heddle_error *err)
{
    if (!o->cert_pem.len != !o->key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "certificate and private key go together");
    if (!o->cert_pem.len)
        return HEDDLE_OK;
    BASE_TRY(use_chain(ctx, o->cert_pem, err));
    return use_key(ctx, o->key_pem, err);
}

/* Whom to trust. Each certificate given is an anchor, also one in the middle of a chain. */
static heddle_status use_roots(SSL_CTX *ctx, heddle_view pem, bool is_server, heddle_error *err)
{
    crypto_certs certs = {0};
    if (!pem.len)
        return HEDDLE_OK;
    heddle_status st = crypto_certs_parse(pem, &certs, err);
    if (st != HEDDLE_OK) {
        base_error_prefix(err, "CA certificates");
        return st;
    }
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    bool ok = X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
    for (size_t i = 0; ok && i < certs.count; i++)
        ok = X509_STORE_add_cert(store, crypto_cert_x509(certs.items[i])) == 1;
    crypto_certs_done(&certs);
    int mode = SSL_VERIFY_PEER | (is_server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    SSL_CTX_set_verify(ctx, mode, NULL);
    return ok ? HEDDLE_OK : crypto_fail(err, HEDDLE_E_CRYPTO, "CA certificates");
}

/* ALPN */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *user)
{
    (void)ssl;
    const crypto_tls_context *context = user;
    for (unsigned at = 0; at < offered_len; at += 1u + offered[at]) {
        heddle_view one = heddle_view_of(offered + at, 1u + offered[at]);
        if (one.len <= offered_len - at &&
            base_view_equal(one, heddle_view_of(context->protocol, context->protocol_len))) {
            *out = offered + at + 1;
            *out_len = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static heddle_status use_protocol(crypto_tls_context *context, const char *name, heddle_error *err)
{
    size_t len = name ? strlen(name) : 0;
    if (!name)
        return HEDDLE_OK;
    if (len == 0 || len >= sizeof(context->protocol))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%s\" is no name of a protocol", name);
    context->protocol[0] = (uint8_t)len;
    memcpy(context->protocol + 1, name, len);
    context->protocol_len = len + 1;
    if (context->is_server)
        SSL_CTX_set_alpn_select_cb(context->ctx, choose_protocol, context);
    else if (SSL_CTX_set_alpn_protos(context->ctx, context->protocol,
                                     (unsigned)context->protocol_len) != 0)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "protocol \"%s\"", name);
    return HEDDLE_OK;
}

/* Making */

static bool set_rules(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set_cipher_list(ctx, TLS12_CIPHERS) == 1;
}

static heddle_status fill_context(crypto_tls_context *context, const crypto_tls_options *o,
                                  heddle_error *err)
{
    context->bio = crypto_tls_bio_method();
    context->ctx = SSL_CTX_new(context->is_server ? TLS_server_method() : TLS_client_method());
    if (!context->bio || !context->ctx || !set_rules(context->ctx))
        return crypto_fail(err, HEDDLE_E_CRYPTO, "TLS");
    BASE_TRY(use_identity(context->ctx, o, err));
    BASE_TRY(use_roots(context->ctx, o->roots_pem, context->is_server, err));
    return use_protocol(context, o->protocol, err);
}

static heddle_status context_new(const crypto_tls_options *o, bool is_server,
                                 crypto_tls_context **out, heddle_error *err)
{
    crypto_tls_context *context = base_calloc(1, sizeof(*context));
    if (!context)
        return base_fail_memory(err, "TLS context");
    atomic_init(&context->references, 1);
    context->is_server = is_server;
    ERR_clear_error();
    heddle_status st = fill_context(context, o, err);
    if (st == HEDDLE_OK)
        *out = context;
    else
        crypto_tls_context_unref(context);
    return st;
}

heddle_status crypto_tls_server_new(const crypto_tls_options *options, crypto_tls_context **out,
                                    heddle_error *err)
{
    if (!options->cert_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a TLS server needs a certificate");
    return context_new(options, true, out, err);
}

heddle_status crypto_tls_client_new(const crypto_tls_options *options, crypto_tls_context **out,
                                    heddle_error *err)
{
    if (!options->roots_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a TLS client needs CA certificates");
    return context_new(options, false, out, err);
}
