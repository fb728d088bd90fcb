#include "admin/tls.h"

#include <gnutls/x509.h>

#include "base/fail.h"

static gnutls_datum_t datum_of(heddle_view bytes)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)bytes.data,
                            .size = (unsigned)bytes.len};
}

static heddle_status check_roots(gnutls_certificate_credentials_t credentials,
                                 const admin_http_tls *tls, heddle_error *err)
{
    if (tls->client_auth == ADMIN_CLIENT_NONE)
        return HEDDLE_OK;
    gnutls_datum_t roots = datum_of(tls->client_roots_pem);
    int count = gnutls_certificate_set_x509_trust_mem(credentials, &roots, GNUTLS_X509_FMT_PEM);
    if (count > 0)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_CONFIG, "roots of client certificates: %s",
                     count < 0 ? gnutls_strerror(count) : "there is none");
}

heddle_status admin_tls_check(const admin_http_tls *tls, heddle_error *err)
{
    gnutls_certificate_credentials_t credentials;
    if (gnutls_certificate_allocate_credentials(&credentials) < 0)
        return base_fail_memory(err, "TLS credentials");
    gnutls_datum_t cert = datum_of(tls->cert_pem), key = datum_of(tls->key_pem);
    int code = gnutls_certificate_set_x509_key_mem(credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
    heddle_status status = code < 0 ? base_fail(err, HEDDLE_E_CONFIG, "TLS certificate and key: %s",
                                                gnutls_strerror(code))
                                    : check_roots(credentials, tls, err);
    gnutls_certificate_free_credentials(credentials);
    return status;
}

/* Zero: go on with the handshake. */
static int verify(gnutls_session_t session)
{
    unsigned status = 0;
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                     .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned count = 0;
    if (!gnutls_certificate_get_peers(session, &count) || !count)
        return 0; /* whether that is enough was decided by the kind of request */
    int code = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
    return code < 0 || status ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

void admin_tls_expect(gnutls_session_t session, admin_client_auth auth)
{
    if (auth == ADMIN_CLIENT_NONE)
        return;
    gnutls_certificate_server_set_request(
        session, auth == ADMIN_CLIENT_REQUIRED ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
    gnutls_session_set_verify_function(session, verify);
}

heddle_view admin_tls_client(gnutls_session_t session)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    heddle_view none = {0};
    return chain && count ? heddle_view_of(chain->data, chain->size) : none;
}
