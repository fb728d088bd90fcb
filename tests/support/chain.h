/* Blocks made for tests: chained by their hashes, with the writes one asks for. */
#ifndef SUPPORT_CHAIN_H
#define SUPPORT_CHAIN_H

#include "wire/block.h"

typedef struct chain_maker {
    const char *channel;
    uint64_t next;
    uint8_t hash[32];
    base_buffer data; /* the envelopes of the block at hand */
    base_buffer filter;
    base_buffer joined; /* the same envelopes without their tags */
} chain_maker;

void chain_init(chain_maker *chain, const char *channel);
void chain_done(chain_maker *chain);

/** Add an endorser transaction with these public writes of @p namespace. Unsigned. */
void chain_add_tx(chain_maker *chain, const char *tx_id, int code, const char *namespace,
                  const wire_write *writes, size_t count);
/** The same without writes, but with an event, whose transaction it is. */
void chain_add_event(chain_maker *chain, int code, const wire_event *event);
/** Add any bytes as an envelope. */
void chain_add_bytes(chain_maker *chain, heddle_view envelope, int code);

/** Cut the block: its bytes are appended to @p out. */
void chain_cut(chain_maker *chain, base_buffer *out);

/** Cut it into @p dir/block_N.pb, by rename. */
void chain_cut_file(chain_maker *chain, const char *dir);

#endif
