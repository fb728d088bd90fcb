/*
 * What a CA knows: identities, affiliations, certificates.
 *
 * It is kept in a log of changes. A change has one or more steps and is there whole or not at
 * all, also after kill -9; opening plays the log from its beginning. Belongs to one thread.
 */
#ifndef DEVNET_CA_REGISTRY_H
#define DEVNET_CA_REGISTRY_H

#include "base/list.h"
#include "crypto/password.h"
#include "json/document.h"
#include "json/writer.h"

typedef struct dn_ca_registry dn_ca_registry;

typedef struct dn_ca_attribute {
    const char *name;
    const char *value;
    bool ecert; /* goes into enrolment certificates unasked */
} dn_ca_attribute;

/** Stays at its address while it is changed; its strings do not. */
typedef struct dn_ca_identity {
    base_list link;
    const char *id;
    const char *type;
    const char *affiliation; /* "org1.department1"; "": the root */
    const dn_ca_attribute *attributes;
    size_t attribute_count;
    int64_t max_enrollments; /* -1: any number */
    int64_t enrollments;     /* -1: revoked */
    int64_t wrong_passwords; /* one after the other */
    uint8_t salt[CRYPTO_PASSWORD_SALT_LEN];
    uint8_t password[CRYPTO_PASSWORD_LEN];
} dn_ca_identity;

typedef struct dn_ca_certificate {
    base_list link;
    const char *id;     /* whose it is */
    const char *serial; /* hexadecimal, lower case, without leading zeros */
    const char *aki;    /* the same */
    const char *pem;
    int64_t not_after_s;
    int64_t revoked_at_s; /* 0: it is good */
} dn_ca_certificate;

typedef struct dn_ca_affiliation {
    base_list link;
    const char *name;
} dn_ca_affiliation;

/** The folder of @p path is there. E_DECODE: damaged. */
HEDDLE_MUST_USE heddle_status dn_ca_registry_open(const char *path, dn_ca_registry **out,
                                                  heddle_error *err);
void dn_ca_registry_close(dn_ca_registry *registry); /* NULL is fine */

/* In the order in which they came. */
const base_list *dn_ca_registry_identities(const dn_ca_registry *registry);
const base_list *dn_ca_registry_certificates(const dn_ca_registry *registry);
const base_list *dn_ca_registry_affiliations(const dn_ca_registry *registry);

/* NULL: there is none. */
const dn_ca_identity *dn_ca_registry_identity(const dn_ca_registry *registry, const char *id);
const dn_ca_certificate *dn_ca_registry_certificate(const dn_ca_registry *registry,
                                                    const char *serial, const char *aki);
const dn_ca_affiliation *dn_ca_registry_affiliation(const dn_ca_registry *registry,
                                                    const char *name);

/* Changes. A failure on the way is told by the commit. */

typedef struct dn_ca_change {
    base_buffer text;
    json_writer json;
} dn_ca_change;

void dn_ca_change_begin(dn_ca_change *change);
void dn_ca_change_done(dn_ca_change *change);
#define dn_ca_auto_change __attribute__((cleanup(dn_ca_change_done)))

/** Add it, or put it in the place of what has its id. The link is not looked at. */
void dn_ca_change_put_identity(dn_ca_change *change, const dn_ca_identity *identity);
void dn_ca_change_drop_identity(dn_ca_change *change, const char *id);
/** Add it, or put it in the place of what has its serial and aki. */
void dn_ca_change_put_certificate(dn_ca_change *change, const dn_ca_certificate *certificate);
void dn_ca_change_add_affiliation(dn_ca_change *change, const char *name);
void dn_ca_change_drop_affiliation(dn_ca_change *change, const char *name);

/** Write it down, and then do it. A change without steps does nothing. */
HEDDLE_MUST_USE heddle_status dn_ca_registry_commit(dn_ca_registry *registry, dn_ca_change *change,
                                                    heddle_error *err);

/** "attrs" as Fabric's CA tells them, or nothing if there are none; for an object. */
void dn_ca_write_attributes(json_writer *json, const dn_ca_identity *identity);

#endif
