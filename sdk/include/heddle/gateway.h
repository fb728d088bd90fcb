/*
 * A connection to a Fabric gateway, at one address or several: the gateway service of peers
 * (2.4 and later), or heddle-gateway.
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

/** One gateway or several, as one handle. */
typedef struct heddle_gateway heddle_gateway;

/**
 * How to connect, and the time limits of calls on the connection. Start with
 * HEDDLE_GATEWAY_OPTIONS; what is 0 or NULL has the default. Everything is copied.
 */
typedef struct heddle_gateway_options {
    size_t size;                 /* of this struct, set by HEDDLE_GATEWAY_OPTIONS */
    const char *target;          /* "host:port"; required, or `targets` */
    heddle_view tls_roots_pem;   /* the CAs that the server's certificate must lead to */
    const char *tls_roots_file;  /* the same, from a file; one of the two is required … */
    bool plaintext;              /* … unless this asks for a connection without TLS */
    const char *name_override;   /* the name in the server's certificate, if not the host */
    heddle_view client_cert_pem; /* for mutual TLS, with client_key_pem */
    heddle_view client_key_pem;
    uint32_t connections;              /* HTTP/2 connections to each address that share the calls;
                                          default 1, at most 64 */
    uint32_t keepalive_ms;             /* default and least 60000: servers punish more */
    uint32_t connect_wait_ms;          /* how long a call waits for connections; default 5000 */
    uint32_t evaluate_timeout_ms;      /* default 30000 */
    uint32_t endorse_timeout_ms;       /* default 30000 */
    uint32_t submit_timeout_ms;        /* default 30000 */
    uint32_t commit_status_timeout_ms; /* default 60000 */
    const char *const *targets;        /* in place of, or besides, `target`: several addresses of
                                          gateways of one network; all trust the same roots */
    size_t target_count;               /* at most 64 */
    uint32_t backoff_ms;     /* how long an address that failed is passed over; doubles with each
                                failure in a row; default 500 */
    uint32_t backoff_max_ms; /* default 30000 */
    const char *const *name_overrides; /* NULL, or for each of `targets` its name_override; a
                                          NULL in it stands for the one above */
    bool follow_commits; /* learn of commits from one stream of filtered blocks for each channel
                            and identity, which has to be allowed to read it, in place of a
                            call for each transaction; where that does not work the call is
                            made as ever */
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
 * With several addresses a call goes to the healthy one with the fewest calls under way. One
 * that gives no answer is passed over for a time, and then tried with one call. A call moves
 * to the next address, within its deadline, if it could not be sent or was turned away for
 * want of room, or if no answer came and doing it twice does no harm. That is so for
 * evaluate, endorse and commit status, and for submit, because the ledger takes the same
 * signed transaction only once; then a refusal by the second address does not speak for the
 * first: err->retry is HEDDLE_RETRY_ASK_STATUS.
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

/** New certificates for a gateway in use. Start with HEDDLE_TLS_MATERIAL; what is empty stays
 *  as it was. Everything is copied. */
typedef struct heddle_tls_material {
    size_t size;
    heddle_view roots_pem;
    const char *roots_file;
    heddle_view client_cert_pem; /* goes with client_key_pem */
    heddle_view client_key_pem;
} heddle_tls_material;

#ifdef __cplusplus
static inline heddle_tls_material heddle_tls_material_init(void)
{
    heddle_tls_material material = {};
    material.size = sizeof(material);
    return material;
}
#define HEDDLE_TLS_MATERIAL heddle_tls_material_init()
#else
#define HEDDLE_TLS_MATERIAL                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_tls_material)                                                        \
    }
#endif

/**
 * Connect anew with @p material from the next call on. Calls and streams under way end on the
 * connections that they have, which close after the last of them. On failure nothing changes.
 * A gateway of heddle_network_open() takes a client certificate; its roots are those of the nodes.
 * Any thread. HEDDLE_E_BAD_STATE for a gateway without TLS, or one that is closed;
 * HEDDLE_E_BAD_IDENTITY if the key is not that of the certificate.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_gateway_reload_tls(
    heddle_gateway *gateway, const heddle_tls_material *material, heddle_error *err);

/** Room for every heddle_stage, also of later versions. */
enum { HEDDLE_STAGES_MAX = 16 };

/** Counts since the gateway was opened, for metrics. Start with HEDDLE_GATEWAY_STATS. The
 *  arrays are indexed by heddle_stage; a call with several stages counts in each. */
typedef struct heddle_gateway_stats {
    size_t size;
    uint64_t calls[HEDDLE_STAGES_MAX];    /* that ended */
    uint64_t failures[HEDDLE_STAGES_MAX]; /* of these */
    uint64_t total_ms[HEDDLE_STAGES_MAX]; /* the time they took together */
    uint32_t in_flight;                   /* calls and streams under way */
    size_t node_count;                    /* addresses; see heddle_gateway_read_node() */
} heddle_gateway_stats;

/** One address. Start with HEDDLE_NODE_STATS. */
typedef struct heddle_node_stats {
    size_t size;
    const char *address;  /* lives as the gateway */
    uint64_t calls;       /* attempts that ended, of streams too */
    uint64_t failures;    /* of these, those that got no answer */
    uint64_t connects;    /* connections made; past the first of each, reconnects */
    uint32_t connections; /* that are up now */
    uint32_t in_flight;
    bool is_passed_over; /* it failed, and waits for its next try */
} heddle_node_stats;

#ifdef __cplusplus
static inline heddle_gateway_stats heddle_gateway_stats_init(void)
{
    heddle_gateway_stats stats = {};
    stats.size = sizeof(stats);
    return stats;
}
#define HEDDLE_GATEWAY_STATS heddle_gateway_stats_init()
static inline heddle_node_stats heddle_node_stats_init(void)
{
    heddle_node_stats stats = {};
    stats.size = sizeof(stats);
    return stats;
}
#define HEDDLE_NODE_STATS heddle_node_stats_init()
#else
#define HEDDLE_GATEWAY_STATS                                                                       \
    {                                                                                              \
        .size = sizeof(heddle_gateway_stats)                                                       \
    }
#define HEDDLE_NODE_STATS                                                                          \
    {                                                                                              \
        .size = sizeof(heddle_node_stats)                                                          \
    }
#endif

/** The counts of the whole gateway. Any thread; does not wait. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_gateway_read_stats(heddle_gateway *gateway,
                                                                   heddle_gateway_stats *out,
                                                                   heddle_error *err);
/** As above, of the address number @p index, from 0. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_gateway_read_node(heddle_gateway *gateway,
                                                                  size_t index,
                                                                  heddle_node_stats *out,
                                                                  heddle_error *err);

/** One endorser or orderer that had a part in a failure. Strings live as their details. */
typedef struct heddle_detail {
    const char *address; /* "peer0.org1.example.com:7051" */
    const char *mspid;
    const char *message;
} heddle_detail;

/** What each peer said when a call failed: hand it to calls in heddle_call_options. */
typedef struct heddle_details heddle_details;

/** Make an empty one. */
HEDDLE_API heddle_details *heddle_details_new(void);          /* NULL when memory is gone */
HEDDLE_API void heddle_details_free(heddle_details *details); /* NULL is fine */
/** How many peers said something. */
HEDDLE_API size_t heddle_details_count(const heddle_details *details);
/** What one of them said, in the order in which the gateway tells it; NULL past the last. */
HEDDLE_API const heddle_detail *heddle_details_at(const heddle_details *details, size_t index);

/** For one call. Start with HEDDLE_CALL_OPTIONS; NULL in place of it means the defaults. */
typedef struct heddle_call_options {
    size_t size;
    uint32_t timeout_ms;          /* for the whole call; 0: the gateway's limits for each stage */
    heddle_details *details;      /* emptied, then filled on failure; not to be touched, nor used
                                     for another call, until this one is over */
    uint32_t evaluate_timeout_ms; /* in place of the gateway's limit for this stage; the whole
                                     is bounded by timeout_ms all the same */
    uint32_t endorse_timeout_ms;
    uint32_t submit_timeout_ms;
    uint32_t commit_status_timeout_ms;
    const char *traceparent; /* W3C trace context, sent along as metadata of these names; */
    const char *tracestate;  /* copied */
    struct heddle_selection *selection; /* which peers are asked (heddle/network.h); referenced;
                                           of no account where a gateway chooses them */
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
