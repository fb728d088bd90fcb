/* What is asked of the CA. */
#ifndef RENEWAL_ORDER_H
#define RENEWAL_ORDER_H

#include "base/buffer.h"
#include "heddle/ca.h"

/** Borrowed. */
typedef struct renewal_order {
    heddle_ca *ca;
    heddle_pkcs11 *token;
    bool same_key;
    const char *profile;
    const heddle_attribute_request *attributes;
    size_t attribute_count;
    const char *id; /* NULL: there is no password to enrol with */
    const char *secret_file;
    const char *const *hosts;
    size_t host_count;
} renewal_order;

/** The next certificate of @p holder, by the present one. */
HEDDLE_MUST_USE heddle_status renewal_order_renew(const renewal_order *order,
                                                  heddle_identity *holder, heddle_enrollment **out,
                                                  heddle_error *err);

/** A certificate by the password. @p before: the one it takes the place of; NULL: none. */
HEDDLE_MUST_USE heddle_status renewal_order_enroll(const renewal_order *order,
                                                   heddle_identity *before, heddle_enrollment **out,
                                                   heddle_error *err);

/** The certificate as it goes into a file: for TLS with the CAs between it and the root. */
HEDDLE_MUST_USE heddle_status renewal_order_pem(const renewal_order *order,
                                                const heddle_enrollment *enrollment,
                                                base_buffer *out, heddle_error *err);

#endif
