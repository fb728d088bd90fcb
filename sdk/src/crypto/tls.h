/*
 * TLS without sockets: bytes in, bytes out.
 *
 * A context holds what a side is known by and whom it trusts; it is immutable and counted, and
 * any thread may use it. A session is one connection's and for one thread at a time. TLS 1.2 or
 * later; no renegotiation, no resumption, no compression.
 */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "heddle/status.h"

typedef struct crypto_tls_context crypto_tls_context;

/** All PEM is copied; a key that OpenSSL holds is wiped with the context. */
typedef struct crypto_tls_options {
    heddle_view cert_pem;  /* the own chain, leaf first; a server must have it */
    heddle_view key_pem;   /* its private key, not encrypted; with cert_pem */
    heddle_view roots_pem; /* whom the other side's certificate must lead to; a client must have
                              it; a server that has it asks every client for a certificate */
    const char *protocol;  /* ALPN, e.g. "h2": offered by a client, and both sides refuse to go
                              on without it; NULL: none */
} crypto_tls_options;

/** E_BAD_ARGUMENT, E_CRYPTO: says which PEM is wrong, and that key and certificate differ. */
HEDDLE_MUST_USE heddle_status crypto_tls_server_new(const crypto_tls_options *options,
                                                    crypto_tls_context **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status crypto_tls_client_new(const crypto_tls_options *options,
                                                    crypto_tls_context **out, heddle_error *err);
crypto_tls_context *crypto_tls_context_ref(crypto_tls_context *context);
void crypto_tls_context_unref(crypto_tls_context *context); /* NULL is fine */

typedef struct crypto_tls crypto_tls;

/**
 * A session. A client's names the server (@p server_name: a host name or an IP address that the
 * certificate must be for); a server's gives NULL. Keeps a reference to @p context.
 */
HEDDLE_MUST_USE heddle_status crypto_tls_open(crypto_tls_context *context, const char *server_name,
                                              crypto_tls **out, heddle_error *err);
void crypto_tls_close(crypto_tls *tls); /* NULL is fine */

/**
 * Take all of @p wire, which came from the other side (empty: begin a client's handshake).
 * What was meant for us is appended to @p out_plain, what must be sent to @p out_wire, also
 * when the session fails: then it is an alert. E_CRYPTO says why it failed; E_END: the other
 * side said goodbye.
 */
HEDDLE_MUST_USE heddle_status crypto_tls_receive(crypto_tls *tls, heddle_view wire,
                                                 base_buffer *out_plain, base_buffer *out_wire,
                                                 heddle_error *err);

/** Append @p plain, encrypted, to @p out_wire. After the handshake only. */
HEDDLE_MUST_USE heddle_status crypto_tls_send(crypto_tls *tls, heddle_view plain,
                                              base_buffer *out_wire, heddle_error *err);

/** Append the goodbye. */
void crypto_tls_shutdown(crypto_tls *tls, base_buffer *out_wire);

/** The handshake is over: the other side is the one it must be. */
bool crypto_tls_is_ready(const crypto_tls *tls);

/** Append the other side's certificate (PEM, the leaf); nothing: it has shown none. */
HEDDLE_MUST_USE heddle_status crypto_tls_peer_cert(const crypto_tls *tls, base_buffer *out,
                                                   heddle_error *err);

BASE_AUTO_DEFINE(crypto_tls_context, crypto_tls_context *, crypto_tls_context_unref)
BASE_AUTO_DEFINE(crypto_tls, crypto_tls *, crypto_tls_close)

#endif
