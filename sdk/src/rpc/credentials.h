/* TLS material for channels and servers. TLS 1.2 or later. */
#ifndef RPC_CREDENTIALS_H
#define RPC_CREDENTIALS_H

#include <stdbool.h>

#include "base/alloc.h"
#include "heddle/status.h"
#include "heddle/view.h"

/** Counted by the channels and servers that use them: may be given up right after a channel
 *  was opened or a server listens. */
typedef struct rpc_client_creds rpc_client_creds;
typedef struct rpc_server_creds rpc_server_creds;

typedef struct rpc_tls_client {
    heddle_view roots_pem; /* CA certificates the server's must lead to; required */
    heddle_view cert_pem;  /* client certificate chain; empty: none */
    heddle_view key_pem;   /* its private key */
} rpc_tls_client;

typedef enum rpc_client_auth {
    RPC_CLIENT_AUTH_NONE,    /* no client certificate asked for */
    RPC_CLIENT_AUTH_REQUEST, /* asked for; taken unverified, for TLS binding only */
    RPC_CLIENT_AUTH_VERIFY,  /* asked for; if there is one it must lead to a root */
    RPC_CLIENT_AUTH_REQUIRE  /* none, or one that leads to no root: no connection */
} rpc_client_auth;

typedef struct rpc_tls_server {
    heddle_view cert_pem;         /* server certificate chain; required */
    heddle_view key_pem;          /* required */
    heddle_view client_roots_pem; /* required from RPC_CLIENT_AUTH_VERIFY on */
    rpc_client_auth client_auth;
    bool is_reloadable; /* for rpc_server_creds_reload(). With it RPC_CLIENT_AUTH_REQUEST asks
                           for certificates of the server's own issuer, so that some clients
                           show none */
} rpc_tls_server;

/** All PEM is copied. rpc_init() comes first. */
HEDDLE_MUST_USE heddle_status rpc_client_creds_insecure(rpc_client_creds **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status rpc_client_creds_tls(const rpc_tls_client *tls,
                                                   rpc_client_creds **out, heddle_error *err);
void rpc_client_creds_free(rpc_client_creds *creds);

HEDDLE_MUST_USE heddle_status rpc_server_creds_insecure(rpc_server_creds **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status rpc_server_creds_tls(const rpc_tls_server *tls,
                                                   rpc_server_creds **out, heddle_error *err);

/**
 * Other certificates for the ports that use @p creds, from the next connection on; those that
 * there are go on. What core can see to be wrong only when it makes a connection it refuses
 * then, and goes on with the material before; the caller has compared certificate and key.
 * client_auth stays as it was. Any thread. E_BAD_STATE unless they were made reloadable.
 */
HEDDLE_MUST_USE heddle_status rpc_server_creds_reload(rpc_server_creds *creds,
                                                      const rpc_tls_server *tls, heddle_error *err);
rpc_server_creds *rpc_server_creds_ref(rpc_server_creds *creds);
void rpc_server_creds_free(rpc_server_creds *creds); /* the last frees; NULL is fine */

BASE_AUTO_DEFINE(rpc_client_creds, rpc_client_creds *, rpc_client_creds_free)
BASE_AUTO_DEFINE(rpc_server_creds, rpc_server_creds *, rpc_server_creds_free)

#endif
