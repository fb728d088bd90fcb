/* A certificate that was issued, with its key. */
#ifndef CA_ENROLLMENT_H
#define CA_ENROLLMENT_H

#include "ca/answer.h"
#include "ca/key.h"

struct heddle_enrollment {
    crypto_cert *cert;
    ca_key key;
    base_buffer key_pem; /* wiped */
    base_buffer chain;   /* PEM */
    base_arena *arena;   /* of the texts */
    const char *ca_name;
    const char *file; /* "localhost-7054", how files of this CA's certificates are called */
    bool is_tls;
};

/** @p result is that of the CA's answer; the reference to @p key is taken over on success. */
HEDDLE_MUST_USE heddle_status ca_enrollment_new(heddle_ca *ca, const json_item *result,
                                                const char *profile, ca_key *key,
                                                heddle_enrollment **out, heddle_error *err);

#endif
