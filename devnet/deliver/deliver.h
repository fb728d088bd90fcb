/*
 * The Deliver protocol: an envelope with SeekInfo comes in, blocks and a closing status go
 * out, again and again on one stream. The orderer and the peers' three methods are the same
 * but for how a block is put into a response.
 */
#ifndef DEVNET_DELIVER_H
#define DEVNET_DELIVER_H

#include "devnet/network/channel.h"
#include "rpc/server.h"

/** A channel of the server, as a request names it. */
typedef struct dn_deliver_source {
    const dn_channel *channel;
    dn_blockstore *blocks;
    void *user; /* of the encoder and the release */
} dn_deliver_source;

/** The channel called @p name, valid until it is released. False: there is none. Any thread. */
typedef bool dn_deliver_find_fn(void *user, heddle_view name, dn_deliver_source *out);

/** What the encoder may ask of the request being answered. */
typedef struct dn_deliver_request {
    heddle_view creator; /* serialised identity of who asked; its signature is checked */
    const dn_channel *channel;
} dn_deliver_request;

/**
 * Append the response message that carries @p block (bytes of a common.Block) to @p out. @p user
 * is the source's.
 * Runs on a reactor thread, several at a time. A failure ends the request with
 * INTERNAL_SERVER_ERROR.
 */
typedef heddle_status dn_deliver_encode_fn(void *user, const dn_deliver_request *request,
                                           heddle_view block, base_buffer *out, heddle_error *err);

typedef struct dn_deliver_options {
    dn_deliver_find_fn *find;
    void (*release)(const dn_deliver_source *source); /* NULL: nothing is to be done */
    /** Whether the channel is one of the server's no more; NULL: that does not happen. */
    bool (*is_over)(void *user, const dn_deliver_source *source);
    void *user;                   /* of find and is_over */
    dn_faults *faults;            /* NULL: none */
    const char *node;             /* its name, and the method's, for faults */
    const char *method;           /* "DeliverFiltered" */
    const char *policy;           /* "/Channel/Readers"; NULL: that of the resource */
    const char *resource;         /* in the channel's access control list: "event/Block" */
    bool check_binding;           /* mutual TLS: the header must name the client's certificate */
    uint64_t time_window_ms;      /* 0: 15 minutes */
    dn_deliver_encode_fn *encode; /* NULL: DeliverResponse{block}, as orderer and peer's
                                     Deliver send */
} dn_deliver_options;

typedef struct dn_deliver dn_deliver; /* one method of one server */

/** Options are copied, what they point to is borrowed. */
HEDDLE_MUST_USE heddle_status dn_deliver_new(const dn_deliver_options *options, dn_deliver **out,
                                             heddle_error *err);

/** The row for rpc_server_options that serves @p path ("/protos.Deliver/Deliver", borrowed). */
rpc_method dn_deliver_method(dn_deliver *deliver, const char *path);

/** A channel may be over: streams of it end with SERVICE_UNAVAILABLE. */
void dn_deliver_wake(dn_deliver *deliver);
/** Let no stream wait for blocks any more: each ends with SERVICE_UNAVAILABLE. */
void dn_deliver_stop(dn_deliver *deliver);
/** After the server is gone. NULL is fine. */
void dn_deliver_free(dn_deliver *deliver);

#endif
