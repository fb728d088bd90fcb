/* The signing certificate and key of an MSP folder, as cryptogen and fabric-ca-client write it. */
#ifndef CRYPTO_MSP_FOLDER_H
#define CRYPTO_MSP_FOLDER_H

#include "crypto/cert.h"
#include "crypto/key.h"

/**
 * The first certificate of `signcerts`, and of `keystore` the key that belongs to it. Errors
 * name the file or folder.
 */
HEDDLE_MUST_USE heddle_status crypto_msp_folder_load(const char *dir, crypto_cert **out_cert,
                                                     crypto_key **out_key, heddle_error *err);

/** The first certificate of `signcerts` alone, of one whose key is elsewhere. */
HEDDLE_MUST_USE heddle_status crypto_msp_folder_cert(const char *dir, crypto_cert **out,
                                                     heddle_error *err);

#endif
