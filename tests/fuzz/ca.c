/* Any bytes as an answer of a Fabric CA: each result is read from it, as far as it goes. */
#include "ca/answer.h"
#include "ca/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_listings(const json_item *result)
{
    heddle_error err;
    heddle_ca_identities *identities = NULL;
    heddle_ca_affiliations *affiliations = NULL;
    heddle_certificates *certificates = NULL;
    if (ca_identities_read(result, &identities, &err) == HEDDLE_OK)
        heddle_ca_identities_free(identities);
    if (ca_identity_read(result, &identities, &err) == HEDDLE_OK)
        heddle_ca_identities_free(identities);
    if (ca_affiliations_read(result, &affiliations, &err) == HEDDLE_OK)
        heddle_ca_affiliations_free(affiliations);
    if (ca_certificates_read(result, &certificates, &err) == HEDDLE_OK)
        heddle_certificates_free(certificates);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_error err;
    ca_auto_answer ca_answer answer = {0};
    heddle_ca_info *info = NULL;
    heddle_revocation_result *revoked = NULL;
    heddle_secret *secret = NULL;
    if (ca_answer_read("ca:7054", 200, heddle_view_of(data, size), &answer, &err))
        return 0;
    if (ca_info_read(answer.result, &info, &err) == HEDDLE_OK)
        heddle_ca_info_free(info);
    if (ca_revocation_read(answer.result, &revoked, &err) == HEDDLE_OK)
        heddle_revocation_result_free(revoked);
    if (ca_secret_read(answer.result, &secret, &err) == HEDDLE_OK)
        heddle_secret_free(secret);
    read_listings(answer.result);
    return 0;
}
