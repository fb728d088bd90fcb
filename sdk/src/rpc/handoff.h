/*
 * Core hands an op's memory from the thread that starts a batch to the reactor that gets the
 * event. ThreadSanitizer cannot see that, since core is not built with it: GIVE and
 * TAKE say so. SENT and GOT say the same of two sides in one process: what was written before
 * a message was sent is seen after one was received.
 */
#ifndef RPC_HANDOFF_H
#define RPC_HANDOFF_H

#if defined(__SANITIZE_THREAD__)
#define RPC_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RPC_TSAN 1
#endif
#endif

#ifdef RPC_TSAN
void __tsan_acquire(void *at);
void __tsan_release(void *at);
#define RPC_HANDOFF_GIVE(op) __tsan_release(op)
#define RPC_HANDOFF_TAKE(op) __tsan_acquire(op)
#define RPC_HANDOFF_SENT()   __tsan_release(&rpc_handoff_network)
#define RPC_HANDOFF_GOT()    __tsan_acquire(&rpc_handoff_network)
extern char rpc_handoff_network;
#else
#define RPC_HANDOFF_SENT()   ((void)0)
#define RPC_HANDOFF_GOT()    ((void)0)
#define RPC_HANDOFF_GIVE(op) ((void)(op))
#define RPC_HANDOFF_TAKE(op) ((void)(op))
#endif

#endif
