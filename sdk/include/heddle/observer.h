/*
 * The blocks of all channels of a peer, as one stream. The channels are asked of the peer itself,
 * again and again: one that the peer joins later is followed from then on. Each channel's stream
 * goes on after a cut as those of heddle/blocks.h do.
 *
 *     heddle_observer_open(peer, identity, NULL, &observer, &err);
 *     while (heddle_observer_next(observer, 1000, &seen, &err) == HEDDLE_OK)
 *         if (seen.block)
 *             printf("%s: block %llu\n", seen.channel, (unsigned long long)seen.block->number);
 *
 * Blocking: heddle_observer_next() waits up to its time limit, and with one other than 0 refuses
 *     to inside a callback of the library; every other function returns at once.
 * Threads: one thread at a time reads an observer; heddle_observer_cancel() may be called on any
 *     thread while it does.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is referenced; what it gives out by a pointer to a pointer is the caller's to close
 *     or free.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_OBSERVER_H
#define HEDDLE_OBSERVER_H

#include "heddle/blocks.h"
#include "heddle/channel.h"

HEDDLE_BEGIN_DECLS

/** All channels of a peer, being read. */
typedef struct heddle_observer heddle_observer;

/**
 * Where the stream of a channel is to begin: true with the number of its first block in
 * *out_block, false to leave it to the options. Runs in heddle_observer_next().
 */
typedef bool heddle_observer_start_fn(const char *channel, uint64_t *out_block, void *user);

/** Start with HEDDLE_OBSERVER_OPTIONS; what is 0 or NULL has the default. */
typedef struct heddle_observer_options {
    size_t size;
    heddle_blocks_kind kind; /* default HEDDLE_BLOCKS_FULL */
    bool from_oldest;        /* begin each channel with block 0; by default one that was there at
                                the start begins with its next block, and one that was joined
                                later with block 0 */
    heddle_observer_start_fn *start; /* where channels begin that were read before; or NULL */
    void *user;                      /* for `start` */
    uint32_t interval_ms; /* how often the peer is asked for its channels; default 5000 */
    uint32_t retry_ms;    /* when a channel whose stream ended is tried again; default
                             30000 */
    size_t queue_bytes;   /* what of a channel may wait to be read; default 8 MiB */
    bool check_chain;     /* whole blocks: verify hashes and their chain */
} heddle_observer_options;

#ifdef __cplusplus
static inline heddle_observer_options heddle_observer_options_init(void)
{
    heddle_observer_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_OBSERVER_OPTIONS heddle_observer_options_init()
#else
#define HEDDLE_OBSERVER_OPTIONS                                                                    \
    {                                                                                              \
        .size = sizeof(heddle_observer_options)                                                    \
    }
#endif

/** What was seen: a block, or the end of a channel's stream. Everything is borrowed until the next
 *  one is asked for. */
typedef struct heddle_observed {
    size_t size; /* set by HEDDLE_OBSERVED */
    const char *channel;
    const heddle_block_event *block; /* NULL: the stream of the channel has ended … */
    const heddle_error *ended;       /* … because of this, such as HEDDLE_E_DENIED; it is tried
                                        again, behind the last block given, after retry_ms */
} heddle_observed;

#ifdef __cplusplus
static inline heddle_observed heddle_observed_init(void)
{
    heddle_observed observed = {};
    observed.size = sizeof(observed);
    return observed;
}
#define HEDDLE_OBSERVED heddle_observed_init()
#else
#define HEDDLE_OBSERVED                                                                            \
    {                                                                                              \
        .size = sizeof(heddle_observed)                                                            \
    }
#endif

/**
 * Observe a peer, which has to outlive the observer. Nothing is asked yet.
 *
 * @param identity  referenced: reads the channels; the peer is asked for them by the identity that
 *                  it was opened with
 * @param options   may be NULL
 * @param out       yours to heddle_observer_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_observer_open(
    heddle_peer *peer, heddle_identity *identity, const heddle_observer_options *options,
    heddle_observer **out, heddle_error *err);

/**
 * The next of whatever channel, each in turn. Blocks up to @p timeout_ms for it.
 *
 * HEDDLE_E_TIMED_OUT  nothing yet, ask again; if the peer could not be asked for its channels the
 *                     message says why
 * HEDDLE_E_CANCELLED  by heddle_observer_cancel()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_observer_next(heddle_observer *observer,
                                                              uint32_t timeout_ms,
                                                              heddle_observed *out,
                                                              heddle_error *err);
/** A file descriptor for poll(): readable when heddle_observer_next() has something to do. It
 *  belongs to the observer: do not read, write or close it. */
HEDDLE_API int heddle_observer_fd(heddle_observer *observer);
/** The channels that are followed now. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_observer_channels(heddle_observer *observer,
                                                                  heddle_names **out,
                                                                  heddle_error *err);
/** End it soon: the reader gets HEDDLE_E_CANCELLED. */
HEDDLE_API void heddle_observer_cancel(heddle_observer *observer);
/** No thread may be in heddle_observer_next(). Waits until a question to the peer is over. Not
 *  inside a callback of the library. NULL is fine. */
HEDDLE_API void heddle_observer_close(heddle_observer *observer);

HEDDLE_END_DECLS

#endif
