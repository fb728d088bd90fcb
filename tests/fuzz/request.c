/* Any bytes as what comes to a CA: certificate requests, times, lists. */
#include "crypto/issue.h"
#include "devnet/ca/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static crypto_key *key;
static crypto_cert *ca;

static bool make_ca(void)
{
    crypto_cert_spec spec = {.common_name = "ca", .is_ca = true};
    return ca || (crypto_key_generate(CRYPTO_KEY_P256, &key, NULL) == HEDDLE_OK &&
                  crypto_issue_self_signed(&spec, key, &ca, NULL) == HEDDLE_OK);
}

static void try_request(heddle_view bytes)
{
    base_auto(crypto_request) crypto_request *request = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    const char *sans[16];
    if (crypto_request_parse(bytes, &request, NULL) != HEDDLE_OK || !make_ca())
        return;
    crypto_cert_spec spec = {.subject_of_request = request, .sans = sans};
    for (size_t i = 0; i < crypto_request_entry_count(request); i++)
        (void)!strlen(crypto_request_entry(request, i)->value);
    while (spec.san_count < BASE_COUNT(sans) && crypto_request_san(request, spec.san_count)) {
        sans[spec.san_count] = crypto_request_san(request, spec.san_count);
        spec.san_count++;
    }
    (void)!crypto_request_verify(request, NULL);
    (void)!crypto_issue(&spec, crypto_request_public_key(request), ca, key, &cert, NULL);
}

static void try_text(const char *text)
{
    int64_t at_s;
    bool flag;
    (void)!dn_ca_time_parse(text, 1, &at_s);
    (void)!dn_ca_bool_parse(text, &flag);
    (void)!dn_ca_list_has(text, "peer");
    (void)!dn_ca_is_below(text, "org1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = base_strdup_view(heddle_view_of(data, size));
    try_request(heddle_view_of(data, size));
    if (text)
        try_text(text);
    base_free(text);
    return 0;
}
