/*
 * One request to a CA, on its way to an answer.
 *
 * What handles it gives true with its result written, or false after a dn_ca_refuse…(): codes
 * and statuses are those of Fabric's CA. Changes are committed last, so that nothing that was
 * refused has happened.
 */
#ifndef DEVNET_CA_CALL_H
#define DEVNET_CA_CALL_H

#include "admin/http.h"
#include "base/arena.h"
#include "crypto/issue.h"
#include "crypto/msp.h"
#include "devnet/ca/registry.h"

typedef struct dn_ca dn_ca;

/** One CA: a name, a key, a registry. */
struct dn_ca {
    const char *name; /* "ca-org1" */
    crypto_cert *cert;
    crypto_key *key;
    crypto_msp *msp; /* of its certificate alone: what it issued */
    dn_ca_registry *registry;
    int64_t valid_s; /* how long what it issues is valid, but for CAs; 0: as the profile says */
    void (*revoked)(void *user, const dn_ca *ca); /* something was; NULL: nobody asks */
    void *revoked_user;
};

enum { DN_CA_MESSAGE_SIZE = 512 };

typedef struct dn_ca_call {
    const dn_ca *ca;
    const admin_request *request;
    const char *name; /* what the path names: an identity, an affiliation */
    json_document *document;
    const json_item *body;        /* NULL: empty */
    const dn_ca_identity *caller; /* after authentication */
    crypto_cert *caller_cert;     /* after authentication by token */
    base_arena *arena;
    base_buffer result;
    json_writer json; /* into result */
    const char *location;
    unsigned status;  /* of the answer */
    bool is_streamed; /* no line break behind the result, as where Fabric's CA streams it */
    int code;
    char message[DN_CA_MESSAGE_SIZE];
} dn_ca_call;

/* The codes of Fabric's CA that are told by number here. */
typedef enum dn_ca_code {
    DN_CA_UNKNOWN = 0,
    DN_CA_METHOD = 1,
    DN_CA_NO_AUTHORIZATION = 2,
    DN_CA_EMPTY_BODY = 4,
    DN_CA_BAD_BODY = 5,
    DN_CA_CERT_NOT_FOUND = 8,
    DN_CA_CERT_OWNER = 9,
    DN_CA_ID_NOT_FOUND = 10,
    DN_CA_MISSING_REVOKE = 15,
    DN_CA_GETTING_AFFILIATION = 16,
    DN_CA_CA_NOT_FOUND = 19,
    DN_CA_AUTHENTICATION = 20,
    DN_CA_BAD_CSR = 31,
    DN_CA_REVOKED_AFTER = 36,
    DN_CA_EXPIRED_AFTER = 37,
    DN_CA_ADD_IDENTITY = 52,
    DN_CA_REMOVE_IDENTITY = 56,
    DN_CA_MODIFY_IDENTITY = 58,
    DN_CA_ADD_AFFILIATION = 60,
    DN_CA_BOOL_PARAMETER = 61,
    DN_CA_GET = 63,
    DN_CA_MODIFY_AFFILIATION = 64,
    DN_CA_ALREADY_REVOKED = 66,
    DN_CA_GETTING_CERT = 67,
    DN_CA_AUTHORIZATION = 71,
    DN_CA_PASSWORD_ATTEMPTS = 73,
    DN_CA_REGISTERED = 74,
    DN_CA_CN_INVALID = 77,
    DN_CA_CSR_INPUT = 80,
    DN_CA_MAX_ENROLLMENTS = 82
} dn_ca_code;

/* Refusing: always false. */

bool dn_ca_refuse(dn_ca_call *call, unsigned status, dn_ca_code code, const char *fmt, ...)
    HEDDLE_PRINTF(4, 5);
/** 401 or 403 in words that tell nothing; the reason goes into the log. */
bool dn_ca_refuse_caller(dn_ca_call *call, const char *reason);
bool dn_ca_refuse_action(dn_ca_call *call, const char *reason);
/** 500: something failed here. */
bool dn_ca_refuse_error(dn_ca_call *call, const heddle_error *err);
bool dn_ca_refuse_memory(dn_ca_call *call);

/* Reading. A member's name is found in any case, as Go's decoder finds it; null is as if it were
 * not there. Another kind than asked for is refused. */

const json_item *dn_ca_member(const json_item *object, const char *name);
/** "" if it is not there. */
bool dn_ca_read_text(dn_ca_call *call, const json_item *object, const char *name, const char **out);
bool dn_ca_read_number(dn_ca_call *call, const json_item *object, const char *name, int64_t *out);
bool dn_ca_read_flag(dn_ca_call *call, const json_item *object, const char *name, bool *out);
/** NULL if it is not there. */
bool dn_ca_read_list(dn_ca_call *call, const json_item *object, const char *name,
                     const json_item **out);
/** There has to be a body, an object. */
bool dn_ca_need_body(dn_ca_call *call);
/** true, false, 1, 0, … as Go reads them. */
bool dn_ca_bool_parse(const char *text, bool *out);
bool dn_ca_query_flag(dn_ca_call *call, const char *name, bool *out);

/* Who calls. Both set call->caller. */

bool dn_ca_authenticate(dn_ca_call *call); /* by token; also call->caller_cert */
bool dn_ca_login(dn_ca_call *call);        /* by name and password */

/* What the caller may. */

/** NULL: the identity has no such attribute. */
const char *dn_ca_attribute_of(const dn_ca_identity *identity, const char *name);
/** Whether the attribute is there and true. */
bool dn_ca_is_true(const dn_ca_identity *identity, const char *name);
bool dn_ca_is_registrar(const dn_ca_call *call);
/** Whether @p affiliation is @p top or below it. */
bool dn_ca_is_below(const char *affiliation, const char *top);
bool dn_ca_check_affiliation(dn_ca_call *call, const char *affiliation);
bool dn_ca_check_type(dn_ca_call *call, const char *type);
/** Whether the one comma-separated list has the word, in any case; "*" of the list: any word. */
bool dn_ca_list_has(const char *list, const char *word);
/** May the caller act on it? */
bool dn_ca_check_manage(dn_ca_call *call, const dn_ca_identity *identity);

/** Commit; what fails is refused. */
bool dn_ca_commit(dn_ca_call *call, dn_ca_change *change);

/* Writing into the result. */

void dn_ca_put_text(dn_ca_call *call, const char *name, const char *value);
void dn_ca_put_base64(dn_ca_call *call, const char *name, heddle_view value);
/** The "caname" behind a streamed list, with the blank that Fabric's CA has there. */
void dn_ca_put_streamed_name(dn_ca_call *call, const char *name);
/** The members of an identity, without the brackets. */
void dn_ca_put_identity(dn_ca_call *call, const dn_ca_identity *identity);

/* Handlers: the route has been found, the body is read. */

typedef bool dn_ca_handler(dn_ca_call *call);
dn_ca_handler dn_ca_info, dn_ca_enroll, dn_ca_reenroll, dn_ca_register, dn_ca_revoke, dn_ca_gencrl;
dn_ca_handler dn_ca_list_identities, dn_ca_add_identity, dn_ca_get_identity, dn_ca_change_identity,
    dn_ca_remove_identity;
dn_ca_handler dn_ca_list_affiliations, dn_ca_add_affiliation, dn_ca_get_affiliation,
    dn_ca_change_affiliation, dn_ca_remove_affiliation;
dn_ca_handler dn_ca_list_certificates, dn_ca_idemix;

/** The members "CAName" to "Version" of a CA's description. */
void dn_ca_put_info(dn_ca_call *call, const char *version);

/** The list of what is revoked, as PEM. */
HEDDLE_MUST_USE heddle_status dn_ca_make_crl(const dn_ca *ca, base_buffer *out, heddle_error *err);

#endif
