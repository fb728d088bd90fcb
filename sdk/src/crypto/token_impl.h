/*
 * What the files of the token share.
 *
 * A generation is the time between two losses of the token's sessions. When an operation finds
 * its session, its key's handle or the token itself gone, it begins a new one: sessions and
 * handles of an older generation are not used again, and the slot is looked for anew.
 */
#ifndef CRYPTO_TOKEN_IMPL_H
#define CRYPTO_TOKEN_IMPL_H

#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "base/list.h"
#include "crypto/token.h"

/** A loaded and initialised library; one a path and process, counted. */
typedef struct crypto_module {
    base_list link; /* of the registry, and `users`: under its lock */
    unsigned users;
    char *path;
    pid_t pid;    /* the process that initialised it */
    bool is_ours; /* this registry initialised it, and so ends it */
    CK_FUNCTION_LIST *fn;
} crypto_module;

HEDDLE_MUST_USE heddle_status crypto_module_open(const char *path, crypto_module **out,
                                                 heddle_error *err);
void crypto_module_close(crypto_module *module); /* NULL is fine */
/** Initialise it again after somebody else in the process ended it. */
void crypto_module_revive(crypto_module *module);
/** E_BAD_STATE in a process that is not the one that opened it. */
HEDDLE_MUST_USE heddle_status crypto_module_check(const crypto_module *module, heddle_error *err);

/** Fill @p err with the text and the name of @p rv; the status is that of its kind. */
heddle_status crypto_token_fail(heddle_error *err, CK_RV rv, const char *fmt, ...)
    HEDDLE_PRINTF(3, 4);
/** Whether @p rv says that the session, the key's handle or the token is gone, so that the
 *  operation may go well in a new generation. */
bool crypto_token_is_lost(CK_RV rv);
/** Whether it says that the PIN is not accepted. */
bool crypto_token_is_refused(CK_RV rv);

enum { CRYPTO_SESSIONS_MAX = 256 };

typedef struct crypto_session {
    CK_SESSION_HANDLE handle;
    unsigned generation;
} crypto_session;

struct crypto_token {
    atomic_int refs;
    crypto_module *module;
    char *wanted_label; /* NULL: by slot, or the only one */
    bool use_slot;
    CK_SLOT_ID wanted_slot;
    char *pin;
    size_t pin_len;
    unsigned wait_ms;
    char label[33];

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t freed; /* a session came back, or there is room for a new one */
    CK_SLOT_ID slot;
    bool has_slot; /* false: look for it */
    bool is_pin_refused;
    unsigned generation;
    unsigned limit;
    unsigned open; /* sessions that are, or are being opened */
    unsigned idle_count;
    crypto_session *idle; /* the last used at the end */
};

HEDDLE_MUST_USE heddle_status crypto_pool_init(crypto_token *token, unsigned limit,
                                               heddle_error *err);
void crypto_pool_done(crypto_token *token);

/** One thing done in a session. May be called again in another one. */
typedef CK_RV crypto_operation(crypto_token *token, const crypto_session *session, void *user);

/** Run it in a session of the pool, again when the token was lost. @p what is for the error. */
HEDDLE_MUST_USE heddle_status crypto_token_run(crypto_token *token, crypto_operation *operation,
                                               void *user, const char *what, heddle_error *err);
/** The same in a session of its own that may write. */
HEDDLE_MUST_USE heddle_status crypto_token_run_writing(crypto_token *token,
                                                       crypto_operation *operation, void *user,
                                                       const char *what, heddle_error *err);

/** The slot of the wanted token. */
HEDDLE_MUST_USE heddle_status crypto_token_locate(crypto_token *token, CK_SLOT_ID *out,
                                                  heddle_error *err);

struct crypto_token_key {
    atomic_int refs;
    crypto_token *token;
    crypto_key_kind kind;
    bool asks_each_time; /* CKA_ALWAYS_AUTHENTICATE */
    base_buffer id;
    char *label; /* NULL: it is found by its id alone */
    crypto_public_key *public;
    pthread_mutex_t lock; /* guards what follows */
    bool has_handle;
    unsigned generation;
    CK_OBJECT_HANDLE handle;
};

crypto_token_key *crypto_token_key_new(crypto_token *token); /* NULL when memory is gone */
/** The key's handle, good for the generation of @p session. */
void crypto_token_key_keep(crypto_token_key *key, const crypto_session *session,
                           CK_OBJECT_HANDLE handle);

/* Objects. Their operations run in a session. */

enum { CRYPTO_OBJECT_MATCHES = 8 };

/** The first CRYPTO_OBJECT_MATCHES objects that match. */
CK_RV crypto_object_find(const crypto_token *token, CK_SESSION_HANDLE session,
                         CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out,
                         CK_ULONG *out_count);
/** Objects of a class with this id and label, as far as they are given. */
CK_RV crypto_object_named(const crypto_token *token, CK_SESSION_HANDLE session,
                          CK_OBJECT_CLASS class, heddle_view id, const char *label,
                          CK_OBJECT_HANDLE *out, CK_ULONG *out_count);
/** An attribute's value, appended; at most CRYPTO_CERT_MAX_BYTES. */
CK_RV crypto_object_read(const crypto_token *token, CK_SESSION_HANDLE session,
                         CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, base_buffer *out);
/** The kind of an elliptic curve key by its CKA_EC_PARAMS; CRYPTO_KEY_OTHER. */
crypto_key_kind crypto_object_kind(heddle_view ec_params);
heddle_view crypto_object_params(crypto_key_kind kind);
/** The bare point in a CKA_EC_POINT, which is a DER octet string or, in some tokens, bare. */
heddle_view crypto_object_point(crypto_key_kind kind, heddle_view ec_point);

#define CRYPTO_ATTRIBUTE(type, bytes, len)                                                         \
    {                                                                                              \
        (type), (void *)(bytes), (CK_ULONG)(len)                                                   \
    }

#endif
