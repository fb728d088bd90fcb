/* The DER form of an ECDSA signature, SEQUENCE { r INTEGER, s INTEGER }, and low-S. */
#ifndef CRYPTO_ECDSA_H
#define CRYPTO_ECDSA_H

#include "crypto/key.h"

/** Whether @p signature is strict DER with r and s in range for the curve; @p out_low tells
 *  whether s is the lower of the two possible. False for another kind than P-256, P-384. */
bool crypto_ecdsa_check(crypto_key_kind kind, heddle_view signature, bool *out_low);

/** The same signature with the lower s. False if @p signature is not well formed. */
bool crypto_ecdsa_to_low_s(crypto_key_kind kind, heddle_view signature, crypto_signature *out);

/** From r and s one after the other in the width of the curve, as tokens give them, to DER with
 *  the lower s. False if it is none. */
bool crypto_ecdsa_from_raw(crypto_key_kind kind, heddle_view raw, crypto_signature *out);

#endif
