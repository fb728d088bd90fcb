/* The process of a chaincode service: started, watched from outside, ended. */
#ifndef BENCH_CHAINCODE_PROCESS_H
#define BENCH_CHAINCODE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "heddle/status.h"

/** Say so and exit. @p err may be NULL. */
_Noreturn void die(const char *what, const heddle_error *err);
/** The same if @p status is not HEDDLE_OK. */
void check(heddle_status status, const char *what, const heddle_error *err);

typedef struct process {
    pid_t pid;
    uint16_t port;
} process;

/** What it has used since it began. */
typedef struct process_use {
    double cpu_ms;
    long long switches; /* of context, of all its threads */
} process_use;

/** Nanoseconds of a clock that never goes back. */
uint64_t now_ns(void);

/** Start @p argv on a free port, told it by CHAINCODE_SERVER_ADDRESS; exits when it cannot. */
process process_start(char **argv, const char *chaincode_id);
/** Wait until it answers the first bytes of HTTP/2; exits when that takes too long. The
 *  milliseconds since its start. */
double process_await_ready(const process *p, uint64_t started_ns);
void process_stop(process *p);

process_use process_use_now(const process *p);
/** MiB: resident, and of that what it shares with no file. */
void process_memory(const process *p, double *out_resident, double *out_anonymous);

#endif
