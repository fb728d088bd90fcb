/*
 * Which channels an orderer takes part in: its admin endpoint, as osnadmin uses it. It answers
 * over HTTPS, and knows its administrators by their TLS certificates.
 *
 *   heddle_participation_open(&options, &orderer, err);
 *   heddle_participation_join(orderer, genesis_block, NULL, err);
 *
 * A request that the orderer refuses is HEDDLE_E_DENIED, HEDDLE_E_NOT_FOUND, HEDDLE_E_EXISTS or
 * HEDDLE_E_REFUSED, with the orderer's own words and its HTTP status in err->message.
 * HEDDLE_E_UNAVAILABLE and HEDDLE_E_TIMED_OUT: there was no answer; err->retry is
 * HEDDLE_RETRY_SAFE where nothing can have happened or asking twice does no harm.
 *
 * Blocking: functions that take a heddle_participation wait for the network, at most the options'
 *     timeout_ms; heddle_participation_open() reads files.
 * Threads: any, at once. Requests of one heddle_participation go one after the other.
 * Ownership: what a function is given is borrowed until it returns; what it gives out by a pointer
 *     to a pointer is the caller's to free or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_PARTICIPATION_H
#define HEDDLE_PARTICIPATION_H

#include <stdbool.h>

#include "heddle/gateway.h"

HEDDLE_BEGIN_DECLS

/** The admin endpoint of an orderer, and the connection to it. */
typedef struct heddle_participation heddle_participation;

/** Start with HEDDLE_PARTICIPATION_OPTIONS; what is 0 or NULL has the default. Everything is
 *  copied. */
typedef struct heddle_participation_options {
    size_t size;
    const char *address;          /* "host:port" of the orderer's Admin.ListenAddress, or
                                     "https://host:port"; required */
    heddle_view tls_roots_pem;    /* who may have issued the orderer's certificate: these, … */
    const char *tls_roots_file;   /* … or those in this file; required unless … */
    bool plaintext;               /* … this: HTTP without TLS, for tests */
    const char *name_override;    /* the name in the orderer's certificate, if not the host */
    heddle_view client_cert_pem;  /* of an administrator: a certificate of one of the orderer's
                                     Admin.TLS.ClientRootCAs … */
    heddle_view client_key_pem;   /* … and its key; the copy is overwritten at the end */
    const char *client_cert_file; /* the same from files */
    const char *client_key_file;
    uint32_t timeout_ms; /* of each request; default 30000 */
} heddle_participation_options;

#ifdef __cplusplus
static inline heddle_participation_options heddle_participation_options_init(void)
{
    heddle_participation_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_PARTICIPATION_OPTIONS heddle_participation_options_init()
#else
#define HEDDLE_PARTICIPATION_OPTIONS                                                               \
    {                                                                                              \
        .size = sizeof(heddle_participation_options)                                               \
    }
#endif

/**
 * Does not touch the network. HEDDLE_E_BAD_ARGUMENT names what is wrong with the address or the
 * TLS material.
 *
 * @param out  yours to heddle_participation_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_participation_open(
    const heddle_participation_options *options, heddle_participation **out, heddle_error *err);
/** No request may be under way. NULL is fine. */
HEDDLE_API void heddle_participation_close(heddle_participation *orderer);

/** A channel at an orderer. Texts live as what they were taken from. */
typedef struct heddle_participation_channel {
    const char *name;
    const char *relation; /* "consenter", "follower", "config-tracker", "other"; "" in a list */
    const char *status;   /* "active", "onboarding", "inactive", "failed"; "" in a list */
    uint64_t height;      /* the number of the block that comes next; 0 in a list */
} heddle_participation_channel;

/** The channels that an orderer takes part in. */
typedef struct heddle_participation_channels heddle_participation_channels;

/** Ask for the names of all. @p out is yours to heddle_participation_channels_free(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_participation_list(
    heddle_participation *orderer, heddle_participation_channels **out, heddle_error *err);
/** Ask for all that the orderer tells of one channel: a list of one. HEDDLE_E_NOT_FOUND if the
 *  orderer does not take part in it. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_participation_info(heddle_participation *orderer, const char *channel,
                          heddle_participation_channels **out, heddle_error *err);
/** How many channels there are. */
HEDDLE_API size_t
heddle_participation_channels_count(const heddle_participation_channels *channels);
/** One of them, from 0; NULL past the end. */
HEDDLE_API const heddle_participation_channel *
heddle_participation_channels_at(const heddle_participation_channels *channels, size_t index);
HEDDLE_API void
heddle_participation_channels_free(heddle_participation_channels *channels); /* NULL is fine */

/**
 * Make the orderer take part in the channel of @p config_block, a common.Block: the genesis block
 * of a new channel, or the last config block of one that other orderers have. HEDDLE_E_EXISTS if
 * it does so already.
 *
 * @param out  a list of one, as of heddle_participation_info(); may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_participation_join(heddle_participation *orderer, heddle_view config_block,
                          heddle_participation_channels **out, heddle_error *err);

/**
 * Hand in a signed configuration update, a common.Envelope, in place of broadcasting it: for a
 * channel that takes nothing else because certificates of its orderers have expired. Orderers
 * before 3.1.2 refuse it.
 *
 * @param out  a list of one, as of heddle_participation_info(); may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_participation_update(heddle_participation *orderer, heddle_view envelope,
                            heddle_participation_channels **out, heddle_error *err);

/** Let the orderer leave a channel; its blocks there are deleted, which may go on behind the
 * answer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_participation_remove(heddle_participation *orderer,
                                                                     const char *channel,
                                                                     heddle_error *err);

/**
 * A block of a channel: by its number in decimal, or "newest", "oldest", or "config" for the last
 * that changed the configuration. HEDDLE_E_NOT_FOUND if it is not there; orderers before 3.1.2
 * have none.
 *
 * @param out  a common.Block; yours to heddle_bytes_done()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_participation_block(heddle_participation *orderer,
                                                                    const char *channel,
                                                                    const char *which,
                                                                    heddle_bytes *out,
                                                                    heddle_error *err);

HEDDLE_END_DECLS

#endif
