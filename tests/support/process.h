/* Real programs, started, watched and killed by system tests. */
#ifndef SUPPORT_PROCESS_H
#define SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct process process;

/**
 * Start @p argv (ends with NULL; argv[0] is a path), its output appended to @p log. The
 * child dies with the test program. Fails the test if the program cannot be started.
 */
process *process_start(const char *log, const char *const argv[]);

pid_t process_pid(const process *p);
bool process_is_running(process *p);

/** Send @p signal, wait for the end, and free. The exit code, or 128 + the signal's number. */
int process_stop(process *p, int signal);

/** Wait for the end on its own, at most @p timeout_ms (then the test fails), and free. */
int process_wait(process *p, uint64_t timeout_ms);

/** CPU time used so far, user and system, in milliseconds. */
uint64_t process_cpu_ms(const process *p);

/** Wait until the file is there and not empty; fails the test when @p p (may be NULL) ends
 *  before that or @p timeout_ms passes. */
void process_wait_file(process *p, const char *path, uint64_t timeout_ms);

/** A TCP port of loopback that was free a moment ago, and that no outgoing connection takes. */
uint16_t process_free_port(void);
/** The first of @p count such ports in a row. */
uint16_t process_free_ports(unsigned count);

/** Whether something listens on loopback's @p port. */
bool process_port_open(uint16_t port);

/** Wait until @p claim holds; asked every few milliseconds. False when time is over. */
bool process_until(bool (*claim)(void *user), void *user, uint64_t timeout_ms);

#endif
