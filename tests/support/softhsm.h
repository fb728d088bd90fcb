/* A SoftHSM of a test's own: tokens in a temporary folder. */
#ifndef SUPPORT_SOFTHSM_H
#define SUPPORT_SOFTHSM_H

#define SOFTHSM_PIN "98765432"

typedef struct softhsm softhsm;

/** An empty one, named in this process's environment (SOFTHSM2_CONF). */
softhsm *softhsm_start(void);
void softhsm_free(softhsm *hsm);

/** The path of its PKCS#11 module. */
const char *softhsm_module(void);

/** Make a token with SOFTHSM_PIN. */
void softhsm_add_token(const softhsm *hsm, const char *label);

/** Import the private key in a PEM file; @p id in hexadecimal. */
void softhsm_import(const softhsm *hsm, const char *token, const char *label, const char *id,
                    const char *key_path);

#endif
