/* The inside of a TLS context. */
#ifndef CRYPTO_TLS_CONTEXT_H
#define CRYPTO_TLS_CONTEXT_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "crypto/tls.h"

struct crypto_tls_context {
    atomic_uint references;
    SSL_CTX *ctx;
    BIO_METHOD *bio; /* of the sessions: crypto_tls_bio_method() */
    bool is_server;
    uint8_t protocol[256]; /* as ALPN has it: the length, then the name */
    size_t protocol_len;   /* 0: none */
};

/** The way of a session's bytes; NULL if memory is gone. */
BIO_METHOD *crypto_tls_bio_method(void);

#endif
