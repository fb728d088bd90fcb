/* TLS of the server: the only part that knows GnuTLS, on which libmicrohttpd is built. */
#ifndef ADMIN_TLS_H
#define ADMIN_TLS_H

#include <gnutls/gnutls.h>

#include "admin/http.h"

/** E_CONFIG if certificate, key or roots are not what they should be; the message says which. */
HEDDLE_MUST_USE heddle_status admin_tls_check(const admin_http_tls *tls, heddle_error *err);

/** Before the handshake of a connection: what is wanted of the client. */
void admin_tls_expect(gnutls_session_t session, admin_client_auth auth);

/** The client's certificate, empty without one; lives as the session. */
heddle_view admin_tls_client(gnutls_session_t session);

#endif
