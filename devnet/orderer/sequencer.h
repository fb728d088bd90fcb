/*
 * The one thread that puts envelopes in order.
 *
 * Envelopes that wait together are written to the journal with one sync, then answered,
 * then cut into blocks: by count, by size, or when the oldest has waited for the batch
 * timeout. An answer therefore means that the envelope survives a crash.
 *
 * A config update is turned into a configuration when it is taken, against the one that the
 * envelopes before it leave; what comes after it is held against the new one, as far as it was
 * checked against another. So what is in the journal is right at its place. Its block holds
 * nothing else; when that is written the channel has the configuration.
 */
#ifndef DEVNET_SEQUENCER_H
#define DEVNET_SEQUENCER_H

#include <stdatomic.h>

#include "base/list.h"
#include "devnet/network/channel.h"
#include "devnet/orderer/admission.h"
#include "devnet/orderer/block_writer.h"
#include "rpc/bytes.h"

typedef struct dn_sequencer dn_sequencer;

typedef struct dn_sequencer_options {
    const char *dir;       /* of the journal */
    dn_blockstore *blocks; /* borrowed */
    const dn_signer *signer;
    const dn_consenters *bft; /* borrowed; NULL: the channel has Raft orderers */
    dn_config_holder *config; /* borrowed: the batch settings, and where a new configuration goes;
                                 NULL: settings as follow, and none comes */
    uint32_t max_messages;
    uint32_t preferred_bytes;
    uint64_t timeout_ms;
    uint64_t journal_bytes; /* trim the journal beyond this size; 0: 64 MiB */
    dn_faults *faults;      /* borrowed; NULL: none */
    const char *node;       /* whose they are */
} dn_sequencer_options;

/** One envelope on its way, embedded in what waits for it. */
typedef struct dn_order {
    base_list link;
    rpc_bytes *envelope; /* borrowed; NULL: only an answer in its turn */
    size_t size;         /* of payload and signature */
    dn_admitted admitted;
    atomic_bool *is_broken; /* borrowed, of the stream it came on: one of its orders was refused,
                               and none behind that is taken; NULL: it came alone */
    int refusal;            /* the sequencer's: a common.Status, if it refuses; 0 */
    heddle_error why;
    /** Once, on the sequencer's thread, in the order of submission. E_IO: not taken. E_REFUSED:
     *  the configuration at its place in the chain does not allow it. The order may be freed in
     *  it. */
    void (*answer)(struct dn_order *order, heddle_status status, const heddle_error *err);
} dn_order;

/** Recover: what is in the journal and not in a block is ordered first. */
HEDDLE_MUST_USE heddle_status dn_sequencer_open(const dn_sequencer_options *options,
                                                dn_sequencer **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_sequencer_start(dn_sequencer *sequencer, heddle_error *err);

/** Any thread, from start to stop. After the stop the answer comes at once: E_CANCELLED. */
void dn_sequencer_submit(dn_sequencer *sequencer, dn_order *order);

/** Answer what was submitted and end the thread; the pending batch stays in the journal. */
void dn_sequencer_stop(dn_sequencer *sequencer);
void dn_sequencer_free(dn_sequencer *sequencer); /* NULL is fine */

#endif
