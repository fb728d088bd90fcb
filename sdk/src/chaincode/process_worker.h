/* The inside of a worker process. */
#ifndef CC_PROCESS_WORKER_H
#define CC_PROCESS_WORKER_H

#include "chaincode/process.h"
#include "chaincode/process_pipe.h"

/** What a START frame's body begins with; the peer's message follows. */
typedef struct cc_start {
    cc_limits limits;
    bool posts; /* the port has post and settle */
} cc_start;

/** Run transactions until the other side ends; @p options is a cc_processes_options. */
void cc_worker_run(int fd, const void *options);

#endif
