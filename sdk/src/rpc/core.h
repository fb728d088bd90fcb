/* What the files of this layer share about gRPC core. No other layer includes it. */
#ifndef RPC_CORE_H
#define RPC_CORE_H

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include "rpc/bytes.h"
#include "rpc/call.h"
#include "rpc/channel.h"
#include "rpc/credentials.h"
#include "rpc/handoff.h"
#include "rpc/runtime.h"

/*
 * The address of an rpc_op is the tag of a batch; embed it in whatever owns the batch. Each
 * op that was started is done exactly once, on the thread of its reactor, and its owner is
 * freed only after that.
 */
typedef struct rpc_op rpc_op;
typedef void rpc_op_fn(rpc_op *op, bool ok);
struct rpc_op {
    rpc_op_fn *done;
    rpc_task failure;
};

grpc_completion_queue *rpc_core_queue(rpc_reactor *reactor);

/** @p wanted, else the current reactor, else the next in turn. */
rpc_reactor *rpc_core_choose(rpc_reactor *wanted);

/** Start a batch. If core refuses it, op is done later with ok = false all the same. */
void rpc_core_batch(rpc_reactor *reactor, grpc_call *call, const grpc_op *ops, size_t count,
                    rpc_op *op);

/** What core last logged as an error on this thread; "" after clearing. */
void rpc_core_error_clear(void);
const char *rpc_core_error_last(void);

/** Between a deadline in ms of base_now_ms() (0: none) and core's. */
gpr_timespec rpc_core_deadline(uint64_t deadline_ms);
uint64_t rpc_core_deadline_ms(gpr_timespec deadline);

/** Takes @p buffer; NULL for NULL or when memory is gone. */
rpc_bytes *rpc_core_bytes(grpc_byte_buffer *buffer);
grpc_byte_buffer *rpc_core_buffer_copy(heddle_view bytes);
grpc_byte_buffer *rpc_core_buffer_share(rpc_bytes *bytes);

heddle_view rpc_core_slice_view(const grpc_slice *slice);
grpc_slice rpc_core_slice_copy(heddle_view bytes);
/** The first value of @p key; empty: none. */
heddle_view rpc_core_metadata_find(const grpc_metadata_array *array, const char *key);

#define RPC_CORE_DETAILS_KEY "grpc-status-details-bin"

grpc_channel *rpc_core_channel(rpc_channel *channel);
grpc_channel_credentials *rpc_core_client_creds(rpc_client_creds *creds);
/** TLS credentials around @p core, which is taken in each case. */
HEDDLE_MUST_USE heddle_status rpc_core_client_creds_wrap(grpc_channel_credentials *core,
                                                         rpc_client_creds **out, heddle_error *err);
bool rpc_core_client_creds_are_tls(const rpc_client_creds *creds);

/** Core parses PEM only when it connects, and its message then names nothing. */
HEDDLE_MUST_USE heddle_status rpc_core_check_pem(heddle_view pem, const char *label,
                                                 const char *what, heddle_error *err);
HEDDLE_MUST_USE heddle_status rpc_core_check_pair(heddle_view cert, heddle_view key,
                                                  const char *whose, heddle_error *err);

void rpc_core_secret_free(char *text); /* overwrites */
BASE_AUTO_DEFINE(rpc_core_secret, char *, rpc_core_secret_free)

/** Credentials of one port, which live as @p creds; NULL: memory is gone. */
grpc_server_credentials *rpc_core_server_creds(rpc_server_creds *creds);

/** A core call for @p options, without a batch yet. */
HEDDLE_MUST_USE heddle_status rpc_core_call_new(rpc_channel *channel,
                                                const rpc_call_options *options,
                                                rpc_reactor *reactor, grpc_call **out,
                                                heddle_error *err);

/** Start the first batch of a client's call: ops[0] becomes SEND_INITIAL_METADATA. */
HEDDLE_MUST_USE heddle_status rpc_core_call_begin(grpc_call *call, const rpc_call_options *options,
                                                  grpc_op *ops, size_t count, rpc_op *op,
                                                  heddle_error *err);

#endif
