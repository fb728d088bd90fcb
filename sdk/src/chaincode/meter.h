/* What is counted about transactions, for Prometheus. It stands before what runs them. */
#ifndef CC_METER_H
#define CC_METER_H

#include "base/metrics.h"
#include "chaincode/pool.h"
#include "chaincode/process.h"
#include "chaincode/stub.h"

typedef struct cc_meter cc_meter;

/** @p inner, with @p inner_user, is what runs transactions. */
HEDDLE_MUST_USE heddle_status cc_meter_new(const heddle_cc_chaincode *chaincode, cc_execute *inner,
                                           const void *inner_user, cc_meter **out,
                                           heddle_error *err);
void cc_meter_free(cc_meter *meter); /* NULL is fine */

/** @p user is the cc_meter. */
cc_execute cc_meter_execute;

/** What others know at the moment. */
typedef struct cc_meter_sample {
    cc_pool_load load;
    cc_processes_tally processes;
    unsigned peers;
    unsigned peers_ready;
    uint64_t overdue;
    bool draining;
} cc_meter_sample;

/** The exposition text of everything. One thread at a time. */
HEDDLE_MUST_USE heddle_status cc_meter_render(cc_meter *meter, const cc_meter_sample *sample,
                                              base_buffer *out);

#endif
