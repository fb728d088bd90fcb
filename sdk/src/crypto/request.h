/* Certificate requests (PKCS#10), read by those who issue certificates. */
#ifndef CRYPTO_REQUEST_H
#define CRYPTO_REQUEST_H

#include "crypto/key.h"

/** Immutable. Strings that it gives live as long as it. */
typedef struct crypto_request crypto_request;

enum { CRYPTO_REQUEST_MAX_BYTES = 64 * 1024 };

/** From PEM "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST"; E_DECODE. The signature has not
 *  been looked at. */
HEDDLE_MUST_USE heddle_status crypto_request_parse(heddle_view pem, crypto_request **out,
                                                   heddle_error *err);
void crypto_request_free(crypto_request *request); /* NULL is fine */

/** Whether who asks has the key; E_BAD_SIGNATURE. */
HEDDLE_MUST_USE heddle_status crypto_request_verify(const crypto_request *request,
                                                    heddle_error *err);

crypto_public_key *crypto_request_public_key(const crypto_request *request); /* borrowed */
/** Of several the last; "" without one. */
const char *crypto_request_common_name(const crypto_request *request);
/** DNS names, IP addresses, mail addresses and URIs that it wants. */
size_t crypto_request_san_count(const crypto_request *request);
const char *crypto_request_san(const crypto_request *request, size_t index);
bool crypto_request_wants_ca(const crypto_request *request);

/** One entry of the subject. */
typedef struct crypto_name_entry {
    const char *field; /* "CN", "O", "serialNumber", …; "" of one without a name */
    const char *value; /* UTF-8 */
} crypto_name_entry;

size_t crypto_request_entry_count(const crypto_request *request);
const crypto_name_entry *crypto_request_entry(const crypto_request *request, size_t index);

BASE_AUTO_DEFINE(crypto_request, crypto_request *, crypto_request_free)

#endif
