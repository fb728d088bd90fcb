/*
 * A connection to a Fabric gateway: the gateway service of a peer (2.4 and later), or
 * heddle-gateway.
 *
 * Blocking: functions that wait say so, and refuse to inside a callback of the library.
 * Threads: a gateway and a call may be used from any thread, at once; details and bytes belong
 *     to one thread at a time.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_GATEWAY_H
#define HEDDLE_GATEWAY_H

#include <stdbool.h>

#include "heddle/status.h"
#include "heddle/view.h"

HEDDLE_BEGIN_DECLS

typedef struct heddle_gateway heddle_gateway;

/**
 * How to connect, and the time limits of calls on the connection. Start with
 * HEDDLE_GATEWAY_OPTIONS; what is 0 or NULL has the default. Everything is copied.
 */
typedef struct heddle_gateway_options {
    size_t size;                 /* of this struct, set by HEDDLE_GATEWAY_OPTIONS */
    const char *target;          /* "host:port"; required */
    heddle_view tls_roots_pem;   /* the CAs that the server's certificate must lead to */
    const char *tls_roots_file;  /* the same, from a file; one of the two is required … */
    bool plaintext;              /* … unless this asks for a connection without TLS */
    const char *name_override;   /* the name in the server's certificate, if not the host */
    heddle_view client_cert_pem; /* for mutual TLS, with client_key_pem */
    heddle_view client_key_pem;
    uint32_t connections;     /* HTTP/2 connections that share the calls; default 1, at most 64 */
    uint32_t keepalive_ms;    /* default and least 60000: servers punish more */
    uint32_t connect_wait_ms; /* how long a call waits for a connection; default 5000 */
    uint32_t evaluate_timeout_ms;      /* default 30000 */
    uint32_t endorse_timeout_ms;       /* default 30000 */
    uint32_t submit_timeout_ms;        /* default 30000 */
    uint32_t commit_status_timeout_ms; /* default 60000 */
} heddle_gateway_options;

#ifdef __cplusplus
static inline heddle_gateway_options heddle_gateway_options_init(void)
{
    heddle_gateway_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_GATEWAY_OPTIONS heddle_gateway_options_init()
#else
#define HEDDLE_GATEWAY_OPTIONS                                                                     \
    {                                                                                              \
        .size = sizeof(heddle_gateway_options)                                                     \
    }
#endif

/**
 * Make a connection, lazily: the network is touched by the first call. Messages may have up
 * to 100 MiB. The first gateway of a process starts the library's threads; do not fork after
 * it. Not inside a callback of the library.
 *
 * @param out  yours to heddle_gateway_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_gateway_open(const heddle_gateway_options *options,
                                                             heddle_gateway **out,
                                                             heddle_error *err);

/**
 * Cancel the calls under way, wait for their callbacks, and disconnect. What was made from
 * the gateway may outlive it, but its calls fail with HEDDLE_E_BAD_STATE. Event streams are
 * closed before. Not inside a callback of the library. NULL is fine.
 */
HEDDLE_API void heddle_gateway_close(heddle_gateway *gateway);

/** One endorser or orderer that had a part in a failure. Strings live as their details. */
typedef struct heddle_detail {
    const char *address; /* "peer0.org1.example.com:7051" */
    const char *mspid;
    const char *message;
} heddle_detail;

/** What each peer said when a call failed: hand it to calls in heddle_call_options. */
typedef struct heddle_details heddle_details;

HEDDLE_API heddle_details *heddle_details_new(void);          /* NULL when memory is gone */
HEDDLE_API void heddle_details_free(heddle_details *details); /* NULL is fine */
HEDDLE_API size_t heddle_details_count(const heddle_details *details);
HEDDLE_API const heddle_detail *heddle_details_at(const heddle_details *details, size_t index);

/** For one call. Start with HEDDLE_CALL_OPTIONS; NULL in place of it means the defaults. */
typedef struct heddle_call_options {
    size_t size;
    uint32_t timeout_ms;     /* for the whole call; 0: the gateway's limits for each stage */
    heddle_details *details; /* emptied, then filled on failure; not to be touched, nor used
                                for another call, until this one is over */
} heddle_call_options;

#ifdef __cplusplus
static inline heddle_call_options heddle_call_options_init(void)
{
    heddle_call_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_CALL_OPTIONS heddle_call_options_init()
#else
#define HEDDLE_CALL_OPTIONS                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_call_options)                                                        \
    }
#endif

/** An asynchronous call under way. */
typedef struct heddle_call heddle_call;

/** End it soon: its callback gets HEDDLE_E_CANCELLED unless the result was already there.
 *  Any thread, any time, also after the end. */
HEDDLE_API void heddle_call_cancel(heddle_call *call);
HEDDLE_API void heddle_call_unref(heddle_call *call); /* does not cancel; NULL is fine */

/** Bytes that the caller owns, with a NUL after them. */
typedef struct heddle_bytes {
    uint8_t *data;
    size_t len;
} heddle_bytes;

HEDDLE_API void heddle_bytes_done(heddle_bytes *bytes); /* frees; empty again */

HEDDLE_END_DECLS

#endif
