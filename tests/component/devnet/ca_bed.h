/* One CA server on its own, and a client that says exactly what it is told to. */
#ifndef CA_BED_H
#define CA_BED_H

#include "crypto/issue.h"
#include "devnet/ca/server.h"
#include "http/client.h"

/** A key, its certificate when it is enrolled, and what it is called. */
typedef struct ca_user {
    char id[80];
    crypto_key *key;
    crypto_cert *cert;
} ca_user;

/** The last list that the CA gave out by itself. */
extern char ca_bed_told[16 * 1024];

void ca_bed_start(void);
void ca_bed_restart(void); /* of the same folder */
void ca_bed_stop(void);

/** Ask; the answer is good until the next question. @p authorization, @p body: NULL for none. */
long ca_bed_ask(const char *method, const char *path, const char *authorization, const char *body);
/** The same with a token of @p user. */
long ca_bed_ask_as(const ca_user *user, const char *method, const char *path, const char *body);
const char *ca_bed_answer(void);

/** "Basic …", good until the next. */
const char *ca_bed_basic(const char *id, const char *password);
/** A token; with @p old in the form from before 1.4. Good until the next. */
const char *ca_bed_token(const ca_user *user, const char *method, const char *path,
                         const char *body, bool old);

/** The body of an enrolment: {"certificate_request":…MORE}; good until the next. */
const char *ca_bed_request(const ca_user *user, const char *more);
/** A key for @p id, not yet enrolled. */
ca_user ca_user_new(const char *id);
/** Take the certificate from the last answer. */
void ca_user_take(ca_user *user);
/** A new key, enrolled. */
ca_user ca_user_enroll(const char *id, const char *password);
void ca_user_done(ca_user *user);

#endif
