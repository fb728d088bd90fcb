/*
 * Certificates renewed before they expire, and swapped in a running program.
 *
 *   heddle_renewal_open(&options, &renewal, err);
 *   identity = heddle_renewal_identity(renewal);      for contracts and streams: always the newest
 *   heddle_renewal_start(renewal, err);               or heddle_renewal_step() now and then
 *
 * One renewal stands for one certificate and its key, at one place: an MSP folder, two files, or
 * a wallet. When a third of its life is left the CA is asked for the next one; while the CA does
 * not answer it is asked again, more and more seldom but always before the certificate expires.
 * The new certificate and its key are written first, both or neither, then the identity is
 * replaced and `renewed` is called. One that somebody else has put at the place meanwhile is
 * taken over without asking the CA.
 *
 * Blocking: as each function says; for the CA at most the timeout_ms of its options for each
 *     request.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_RENEWAL_H
#define HEDDLE_RENEWAL_H

#include <stdbool.h>

#include "heddle/ca.h"

HEDDLE_BEGIN_DECLS

/** A certificate that is kept fresh. */
typedef struct heddle_renewal heddle_renewal;

/** What there is now; borrowed until the callback returns. */
typedef struct heddle_renewed {
    size_t size;
    heddle_identity *identity; /* of the new certificate, and never replaced */
    heddle_view cert_pem;      /* for TLS with the CAs between it and the root behind it */
    heddle_view key_pem;       /* empty if the key is in a token or behind a signer */
    bool is_found;             /* somebody else has put it there */
} heddle_renewed;

/** Runs on the thread that renews, exactly once for each new certificate, after it was written
 *  and the identity replaced. It may take its time, but must not close the renewal. */
typedef void heddle_renewed_fn(const heddle_renewed *renewed, void *user);

/**
 * Start with HEDDLE_RENEWAL_OPTIONS; what is 0 or NULL has the default. Texts are copied; `ca`,
 * `wallet` and `token` are borrowed until the close.
 */
typedef struct heddle_renewal_options {
    size_t size;
    heddle_ca *ca;     /* required */
    const char *mspid; /* required */

    /* Where certificate and key are, and where the new ones go; one of the three: */
    const char *msp_dir;   /* `signcerts` and `keystore` of it */
    const char *cert_file; /* with key_file, which may be the same file: one with both in it */
    const char *key_file;
    heddle_wallet *wallet; /* with label */
    const char *label;

    heddle_pkcs11 *token; /* the key is in this token, and a new one is made there; with
                             cert_file there is no key_file */
    bool same_key;        /* certify the key that there is again, and make no new one */

    const char *profile; /* as for enrolling: "tls" for a certificate of TLS */
    const heddle_attribute_request *attributes;
    size_t attribute_count;

    /* To enrol when there is no certificate yet, or when it has expired and the CA does not
     * renew such; both or neither: */
    const char *id;
    const char *secret_file;  /* has the password; read when it is needed */
    const char *const *hosts; /* of the first certificate; renewing keeps what is in it */
    size_t host_count;

    uint32_t life_left_percent; /* renew when so much of the life is left; default 33 */
    uint32_t jitter_percent;    /* of that, earlier by chance by up to so much; default 10 */
    uint32_t retry_ms;          /* after the first failure; doubles; default 10000 */
    uint32_t retry_max_ms;      /* default 600000 */

    heddle_renewed_fn *renewed; /* may be NULL */
    void *user;
} heddle_renewal_options;

#ifdef __cplusplus
static inline heddle_renewal_options heddle_renewal_options_init(void)
{
    heddle_renewal_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_RENEWAL_OPTIONS heddle_renewal_options_init()
#else
#define HEDDLE_RENEWAL_OPTIONS                                                                     \
    {                                                                                              \
        .size = sizeof(heddle_renewal_options)                                                     \
    }
#endif

/**
 * Read the certificate and its key. If there is none and an id is given, it is enrolled: this
 * blocks for the CA. Otherwise the network is not touched, and a certificate that has expired is
 * no error yet.
 *
 * HEDDLE_E_NOT_FOUND     there is no certificate at the place, and no id to enrol with
 * HEDDLE_E_BAD_IDENTITY  the key there is not that of the certificate
 *
 * @param out  yours to heddle_renewal_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_renewal_open(const heddle_renewal_options *options,
                                                             heddle_renewal **out,
                                                             heddle_error *err);

/** End the thread, if there is one, and wait for a request under way. Identities stay. NULL is
 *  fine. */
HEDDLE_API void heddle_renewal_close(heddle_renewal *renewal);

/**
 * Who the certificate makes one: replaceable, and replaced whenever there is a new certificate.
 * A new reference, yours to heddle_identity_unref().
 */
HEDDLE_API heddle_identity *heddle_renewal_identity(heddle_renewal *renewal);

/**
 * Do what is due, and wait for it: nothing, or one attempt to renew. For programs that have a
 * thread or a timer of their own; next_at_s of heddle_renewal_read() says when to come again.
 *
 * @param at_once      renew now, due or not
 * @param out_renewed  whether there is a new certificate; may be NULL
 *
 * HEDDLE_E_DENIED       the CA refuses: revoked, or expired, and then the message says what would
 *                       help
 * HEDDLE_E_UNAVAILABLE  the CA does not answer; it will be asked again
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_renewal_step(heddle_renewal *renewal, bool at_once,
                                                             bool *out_renewed, heddle_error *err);

/** Take the steps on a thread of its own from now on. HEDDLE_E_BAD_STATE if it runs. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_renewal_start(heddle_renewal *renewal,
                                                              heddle_error *err);

/** How it stands; start with HEDDLE_RENEWAL_STATE. Times are Unix times. */
typedef struct heddle_renewal_state {
    size_t size;
    int64_t not_before_s; /* of the certificate in use */
    int64_t not_after_s;
    int64_t next_at_s;          /* when the CA is asked next */
    int64_t renewed_at_s;       /* the last time; 0: not since the open */
    uint64_t renewals;          /* since the open; those that were found are counted */
    uint64_t failures;          /* attempts that failed */
    uint64_t failures_in_a_row; /* 0: all is well */
    heddle_error last_error;    /* of the last attempt; HEDDLE_OK if it succeeded */
} heddle_renewal_state;

#ifdef __cplusplus
static inline heddle_renewal_state heddle_renewal_state_init(void)
{
    heddle_renewal_state state = {};
    state.size = sizeof(state);
    return state;
}
#define HEDDLE_RENEWAL_STATE heddle_renewal_state_init()
#else
#define HEDDLE_RENEWAL_STATE                                                                       \
    {                                                                                              \
        .size = sizeof(heddle_renewal_state)                                                       \
    }
#endif

/** Read the state; does not wait for an attempt under way. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_renewal_read(heddle_renewal *renewal,
                                                             heddle_renewal_state *out,
                                                             heddle_error *err);

HEDDLE_END_DECLS

#endif
