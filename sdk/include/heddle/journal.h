/*
 * Submitting once, whatever is killed when.
 *
 * Every submission has a key of the caller's choice: the number of an order, of a payment. A
 * journal on disk says what became of each key. The nonce of the proposal is made of key and
 * attempt, so the transaction id is known beforehand and is the same in every process with
 * this identity; the signed transaction is in the journal before an orderer sees it. What
 * then happens, a transaction takes effect at most once for its key:
 *
 *   the process dies           the same bytes are sent again, and Fabric makes a second copy
 *                              of a transaction id invalid
 *   the answer is lost         as above
 *   the key comes again        what became of it is told, nothing is submitted
 *   two processes at once      the ledger takes one of them, both learn of it
 *   another one was faster     (MVCC or phantom conflict) nothing took effect: a new attempt,
 *                              with a transaction of its own
 *
 * A transaction id depends on the identity's certificate: after a renewal only the journal
 * knows the keys from before. Of the same key with another request the second is refused.
 *
 * Blocking: on the disk wherever the journal is read or written, also to start; functions that
 *     wait for the network say so, and refuse to inside a callback of the library.
 *
 * Threads: all functions may be called by any thread. One file may serve several processes of
 * one machine.
 *
 * Ownership: strings and views are borrowed until the function returns.
 *
 * Errors: a failure of the disk is HEDDLE_E_DATABASE or HEDDLE_E_IO and names the file; nothing
 * is sent that could not be written.
 */
#ifndef HEDDLE_JOURNAL_H
#define HEDDLE_JOURNAL_H

#include "heddle/contract.h"

HEDDLE_BEGIN_DECLS

/** An open journal. */
typedef struct heddle_journal heddle_journal;

/**
 * Open the journal in the file @p path, made with mode 0600 if it is absent. Blocks on the
 * disk. E_CONFIG: the file is something else.
 *
 * @param path  copied
 * @param out   yours to heddle_journal_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_journal_open(const char *path, heddle_journal **out,
                                                             heddle_error *err);

/** Wait for the calls under way and close the file. To cut them short close their gateways
 *  first. Not inside a callback of the library. NULL is fine. */
HEDDLE_API void heddle_journal_close(heddle_journal *journal);

/** The length of the longest key, in bytes. */
enum { HEDDLE_KEY_MAX = 1024 };

/** Start with HEDDLE_ONCE_OPTIONS; NULL in place of it means the defaults. */
typedef struct heddle_once_options {
    size_t size;
    uint32_t timeout_ms;     /* for all attempts together; default 120000 */
    uint32_t max_attempts;   /* transactions for one key after conflicts; default 5 */
    uint32_t backoff_ms;     /* before the second attempt or sending, doubled for each further
                                one, with jitter; default 50 */
    heddle_details *details; /* as in heddle_call_options */
} heddle_once_options;

#ifdef __cplusplus
static inline heddle_once_options heddle_once_options_init(void)
{
    heddle_once_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_ONCE_OPTIONS heddle_once_options_init()
#else
#define HEDDLE_ONCE_OPTIONS                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_once_options)                                                        \
    }
#endif

/**
 * Submit @p request under @p key, or tell what became of it before. Blocks; not inside a
 * callback of the library. A call with a key that is under way in this process waits for it,
 * for as long as its own timeout says; all other options are those of the call it joins.
 *
 * @param key      1 to HEDDLE_KEY_MAX bytes
 * @param options  may be NULL
 * @param out      as of heddle_submit(); may be NULL
 *
 * HEDDLE_E_EXISTS      the key was used for another request
 * HEDDLE_E_TX_INVALID  the ledger found it invalid, and says so again for this key: what
 *                      err->validation_code says is final, unless it is a conflict
 * others               as of heddle_submit(). With HEDDLE_RETRY_ASK_STATUS the outcome is open,
 *                      also when an orderer refused, since the journal has the transaction:
 *                      call again with the same key, or heddle_journal_recover() later
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_submit_once(
    heddle_journal *journal, heddle_contract *contract, const heddle_request *request,
    heddle_view key, const heddle_once_options *options, heddle_outcome *out, heddle_error *err);

/** The same without waiting: on HEDDLE_OK @p fn runs exactly once, later, on a thread of the
 *  library, and must not block; otherwise never. It is cut short by closing the gateway. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_submit_once_start(
    heddle_journal *journal, heddle_contract *contract, const heddle_request *request,
    heddle_view key, const heddle_once_options *options, heddle_submit_fn *fn, void *user,
    heddle_error *err);

/** What the journal says of a key. */
typedef struct heddle_journal_entry {
    bool is_done;           /* false: the transaction may or may not be on the ledger */
    uint32_t attempt;       /* from 0 */
    heddle_outcome outcome; /* validation code and block count when is_done */
} heddle_journal_entry;

/** Look a key up. Blocks on the disk. E_NOT_FOUND: nothing was sent for it.
 *  @param out  yours to heddle_outcome_done(&out->outcome) */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_journal_find(heddle_journal *journal,
                                                             heddle_view key,
                                                             heddle_journal_entry *out,
                                                             heddle_error *err);

/** What heddle_journal_recover() found. */
typedef struct heddle_recovery {
    uint64_t valid;   /* took effect */
    uint64_t invalid; /* on the ledger without effect; a conflict gets a new attempt when its
                         key is submitted again */
    uint64_t open;    /* still unknown */
} heddle_recovery;

/**
 * After a crash: bring every transaction that may have gone out to its end on the ledger.
 * Blocks; not inside a callback of the library.
 *
 * @param identity  may read on the channels; the transactions themselves are signed already
 * @param options   may be NULL; its timeout is for each transaction, its details are not used
 *
 * HEDDLE_OK also when some remain open: see out->open; @p err then tells why of the last one.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_journal_recover(heddle_journal *journal, heddle_gateway *gateway, heddle_identity *identity,
                       const heddle_once_options *options, heddle_recovery *out, heddle_error *err);

/** Forget keys whose transactions were done @p age_s seconds ago or earlier; should they come
 *  again, only the ledger knows them. Blocks on the disk.
 *  @param out_count  their number; may be NULL */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_journal_forget(heddle_journal *journal,
                                                               uint64_t age_s, uint64_t *out_count,
                                                               heddle_error *err);

HEDDLE_END_DECLS

#endif
