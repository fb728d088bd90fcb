/* The results in the CA's answers, read into what the public functions give. */
#ifndef CA_RESULTS_H
#define CA_RESULTS_H

#include "ca/answer.h"
#include "heddle/ca.h"

HEDDLE_MUST_USE heddle_status ca_info_read(const json_item *result, heddle_ca_info **out,
                                           heddle_error *err);
HEDDLE_MUST_USE heddle_status ca_identities_read(const json_item *result,
                                                 heddle_ca_identities **out, heddle_error *err);
/** A list of one. */
HEDDLE_MUST_USE heddle_status ca_identity_read(const json_item *result, heddle_ca_identities **out,
                                               heddle_error *err);
HEDDLE_MUST_USE heddle_status ca_affiliations_read(const json_item *result,
                                                   heddle_ca_affiliations **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status ca_revocation_read(const json_item *result,
                                                 heddle_revocation_result **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status ca_certificates_read(const json_item *result,
                                                   heddle_certificates **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status ca_secret_read(const json_item *result, heddle_secret **out,
                                             heddle_error *err);

#endif
