/* Any bytes as a certificate, a list of them, a key, and as the parts of an MSP. */
#include "crypto/msp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_msp(heddle_view bytes)
{
    crypto_views one = {.items = &bytes, .count = 1};
    crypto_msp_config config = {.name = heddle_view_str("FuzzMSP"),
                                .root_certs = one,
                                .tls_root_certs = one,
                                .node_ous_enabled = true,
                                .admin_ou = {.unit = heddle_view_str("admin")}};
    crypto_msp *msp = NULL;
    crypto_identity *identity = NULL;
    if (crypto_msp_new(&config, &msp, NULL) == HEDDLE_OK) {
        (void)!crypto_msp_identify(msp, bytes, &identity, NULL);
        crypto_identity_unref(identity);
    }
    crypto_msp_unref(msp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_view bytes = heddle_view_of(data, size);
    crypto_cert *cert = NULL;
    crypto_key *key = NULL;
    crypto_certs certs = {0};
    heddle_error err;
    if (crypto_cert_parse(bytes, &cert, &err) == HEDDLE_OK)
        (void)!crypto_cert_verify(cert, CRYPTO_SHA256, bytes, crypto_cert_serial(cert), &err);
    (void)!crypto_certs_parse(bytes, &certs, &err);
    (void)!crypto_key_parse(bytes, &key, &err);
    try_msp(bytes);
    crypto_cert_unref(cert);
    crypto_certs_done(&certs);
    crypto_key_unref(key);
    return 0;
}
