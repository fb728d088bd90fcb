#include "crypto/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/fail.h"
#include "base/view.h"
#include "crypto/openssl.h"
#include "crypto/tls_context.h"

enum { RECORD = 16 * 1024 };

struct crypto_tls {
    crypto_tls_context *context;
    SSL *ssl;
    heddle_view in;   /* of the present call: not yet read by OpenSSL */
    base_buffer *out; /* of the present call */
    bool is_ready;
};

/* The way of the bytes: OpenSSL reads from `in` and writes to `out`. */

static int bio_read(BIO *bio, char *data, size_t len, size_t *done)
{
    crypto_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    heddle_view part = base_view_slice(tls->in, 0, len);
    if (!part.len) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(data, part.data, part.len);
    tls->in.data += part.len;
    tls->in.len -= part.len;
    *done = part.len;
    return 1;
}

static int bio_write(BIO *bio, const char *data, size_t len, size_t *done)
{
    crypto_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!tls->out || base_buffer_append(tls->out, heddle_view_of(data, len)) != HEDDLE_OK)
        return 0;
    *done = len;
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

BIO_METHOD *crypto_tls_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "heddle");
    if (!method)
        return NULL;
    if (BIO_meth_set_read_ex(method, bio_read) == 1 &&
        BIO_meth_set_write_ex(method, bio_write) == 1 && BIO_meth_set_ctrl(method, bio_ctrl) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

static heddle_status attach_bio(crypto_tls *tls, heddle_error *err)
{
    BIO *bio = BIO_new(tls->context->bio);
    if (!bio)
        return base_fail_memory(err, "TLS session");
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    return HEDDLE_OK;
}

/* Opening */

static heddle_status expect(SSL *ssl, const char *server_name, heddle_error *err)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, server_name) == 1)
        return HEDDLE_OK;
    ERR_clear_error();
    if (X509_VERIFY_PARAM_set1_host(param, server_name, 0) != 1 ||
        SSL_set_tlsext_host_name(ssl, server_name) != 1)
        return crypto_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%s\" is no name of a server",
                           server_name);
    return HEDDLE_OK;
}

static heddle_status open_session(crypto_tls *tls, const char *server_name, heddle_error *err)
{
    tls->ssl = SSL_new(tls->context->ctx);
    if (!tls->ssl)
        return crypto_fail(err, HEDDLE_E_NO_MEMORY, "TLS session");
    BASE_TRY(attach_bio(tls, err));
    if (tls->context->is_server) {
        SSL_set_accept_state(tls->ssl);
        return HEDDLE_OK;
    }
    SSL_set_connect_state(tls->ssl);
    if (!server_name || !server_name[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a TLS client must name the server");
    return expect(tls->ssl, server_name, err);
}

heddle_status crypto_tls_open(crypto_tls_context *context, const char *server_name,
                              crypto_tls **out, heddle_error *err)
{
    crypto_tls *tls = base_calloc(1, sizeof(*tls));
    if (!tls)
        return base_fail_memory(err, "TLS session");
    tls->context = crypto_tls_context_ref(context);
    ERR_clear_error();
    heddle_status st = open_session(tls, server_name, err);
    if (st == HEDDLE_OK)
        *out = tls;
    else
        crypto_tls_close(tls);
    return st;
}

void crypto_tls_close(crypto_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    crypto_tls_context_unref(tls->context);
    base_free(tls);
}

/* Running */

static heddle_status check_protocol(const crypto_tls *tls, heddle_error *err)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    const crypto_tls_context *context = tls->context;
    if (!context->protocol_len)
        return HEDDLE_OK;
    SSL_get0_alpn_selected(tls->ssl, &name, &len);
    if (base_view_equal(heddle_view_of(name, len),
                        heddle_view_of(context->protocol + 1, context->protocol_len - 1)))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_CRYPTO, "TLS: the other side does not agree on \"%.*s\" (ALPN)",
                     (int)context->protocol_len - 1, (const char *)context->protocol + 1);
}

/* What OpenSSL's -1 or 0 means. HEDDLE_OK: it waits for more bytes. */
static heddle_status outcome(crypto_tls *tls, int rc, heddle_error *err)
{
    switch (SSL_get_error(tls->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        return HEDDLE_OK;
    case SSL_ERROR_ZERO_RETURN:
        return base_fail(err, HEDDLE_E_END, "the other side closed the connection");
    default:
        break;
    }
    long verdict = SSL_get_verify_result(tls->ssl);
    if (verdict != X509_V_OK && !tls->is_ready) {
        ERR_clear_error();
        return base_fail(err, HEDDLE_E_CRYPTO, "TLS: the other side's certificate: %s",
                         X509_verify_cert_error_string(verdict));
    }
    return crypto_fail(err, HEDDLE_E_CRYPTO, "TLS");
}

static heddle_status shake_hands(crypto_tls *tls, heddle_error *err)
{
    int rc = SSL_do_handshake(tls->ssl);
    if (rc != 1)
        return outcome(tls, rc, err);
    BASE_TRY(check_protocol(tls, err));
    tls->is_ready = true;
    return HEDDLE_OK;
}

static heddle_status read_all(crypto_tls *tls, base_buffer *plain, heddle_error *err)
{
    for (;;) {
        size_t n = 0;
        if (base_buffer_reserve(plain, RECORD) != HEDDLE_OK)
            return base_fail_memory(err, "TLS record");
        int rc = SSL_read_ex(tls->ssl, plain->data + plain->len, RECORD, &n);
        if (rc != 1)
            return outcome(tls, rc, err);
        plain->len += n;
    }
}

heddle_status crypto_tls_receive(crypto_tls *tls, heddle_view wire, base_buffer *out_plain,
                                 base_buffer *out_wire, heddle_error *err)
{
    heddle_status st = HEDDLE_OK;
    ERR_clear_error();
    tls->in = wire;
    tls->out = out_wire;
    if (!tls->is_ready)
        st = shake_hands(tls, err);
    if (st == HEDDLE_OK && tls->is_ready)
        st = read_all(tls, out_plain, err);
    tls->in = heddle_view_of(NULL, 0);
    tls->out = NULL;
    return st;
}

heddle_status crypto_tls_send(crypto_tls *tls, heddle_view plain, base_buffer *out_wire,
                              heddle_error *err)
{
    heddle_status st = HEDDLE_OK;
    size_t n = 0;
    ERR_clear_error();
    tls->out = out_wire;
    if (plain.len && SSL_write_ex(tls->ssl, plain.data, plain.len, &n) != 1)
        st = crypto_fail(err, HEDDLE_E_CRYPTO, "TLS: encrypt");
    tls->out = NULL;
    return st;
}

void crypto_tls_shutdown(crypto_tls *tls, base_buffer *out_wire)
{
    ERR_clear_error();
    tls->out = out_wire;
    if (tls->is_ready)
        (void)SSL_shutdown(tls->ssl);
    tls->out = NULL;
    ERR_clear_error();
}

bool crypto_tls_is_ready(const crypto_tls *tls)
{
    return tls->is_ready;
}

heddle_status crypto_tls_peer_cert(const crypto_tls *tls, base_buffer *out, heddle_error *err)
{
    X509 *x509 = SSL_get0_peer_certificate(tls->ssl);
    if (!x509)
        return HEDDLE_OK;
    base_auto(bio) BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_X509(bio, x509) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "certificate of the other side");
    return crypto_bio_take(bio, out, err);
}
