/*
 * A Fabric CA that issues what it is asked for, or does as the test says. It checks no password
 * and no token. A test that uses it lists tests/support/scripted_ca.c in its SOURCES and ca in
 * its LAYERS.
 */
#ifndef SUPPORT_SCRIPTED_CA_H
#define SUPPORT_SCRIPTED_CA_H

#include <stdint.h>

#include "crypto/cert.h"

typedef struct scripted_ca scripted_ca;

typedef enum scripted_ca_mood {
    SCRIPTED_CA_ISSUES,
    SCRIPTED_CA_IS_DOWN,     /* hangs up */
    SCRIPTED_CA_DENIES,      /* 401, code 20, whoever asks */
    SCRIPTED_CA_DENIES_AGAIN /* the same to those who renew, but enrols */
} scripted_ca_mood;

/** In a checked fixture. */
scripted_ca *scripted_ca_start(void);
void scripted_ca_stop(scripted_ca *ca); /* NULL is fine */

const char *scripted_ca_url(const scripted_ca *ca);
void scripted_ca_set_mood(scripted_ca *ca, scripted_ca_mood mood);

/** Certificates from now on are valid for so long, from the time of base_wall_now() on. */
void scripted_ca_set_life(scripted_ca *ca, int64_t life_s);

/** They begin so long before that, as those of Fabric's CA do. */
void scripted_ca_set_back(scripted_ca *ca, int64_t back_s);

/** A certificate of @p name with a key, as if it had been enrolled; both appended. */
void scripted_ca_issue(scripted_ca *ca, const char *name, base_buffer *cert_pem,
                       base_buffer *key_pem);

/** Requests so far, answered or not; for renewals and for enrolments. */
unsigned scripted_ca_renewals(scripted_ca *ca);
unsigned scripted_ca_enrolments(scripted_ca *ca);

#endif
