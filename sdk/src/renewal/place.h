/* Where a certificate and its key are, and where the next ones go. */
#ifndef RENEWAL_PLACE_H
#define RENEWAL_PLACE_H

#include "heddle/ca.h"

/** One of msp_dir, cert_file and wallet is set. Texts are borrowed. */
typedef struct renewal_place {
    const char *mspid;
    const char *msp_dir;
    const char *cert_file;
    const char *key_file;
    heddle_wallet *wallet;
    const char *label;
    heddle_pkcs11 *token; /* has the key; NULL: the place has */
} renewal_place;

/** Whether there is a certificate. */
HEDDLE_MUST_USE heddle_status renewal_place_has(const renewal_place *place, bool *out,
                                                heddle_error *err);

/** The certificate with its key; yours to unref. */
HEDDLE_MUST_USE heddle_status renewal_place_load(const renewal_place *place, heddle_identity **out,
                                                 heddle_error *err);

/**
 * When what is there was issued, as far as one can tell: when it was written. Fabric's CA dates
 * certificates back to its own beginning, so that they do not say. 0: unknown.
 */
int64_t renewal_place_written_s(const renewal_place *place);

/**
 * Put @p enrollment there, certificate and key or neither, on the disk. @p cert_pem is its
 * certificate, with what shall stand behind it in a file.
 */
HEDDLE_MUST_USE heddle_status renewal_place_store(const renewal_place *place,
                                                  const heddle_enrollment *enrollment,
                                                  heddle_view cert_pem, heddle_error *err);

/** "msp/folder", for messages. */
const char *renewal_place_name(const renewal_place *place);

#endif
