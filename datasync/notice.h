/* Telling who listens which blocks are stored: over nng, after the commit. */
#ifndef SYNC_NOTICE_H
#define SYNC_NOTICE_H

#include "wire/block.h"

typedef struct sync_notice sync_notice;

/** @p url "": tells nobody. */
HEDDLE_MUST_USE heddle_status sync_notice_open(const char *url, sync_notice **out,
                                               heddle_error *err);
void sync_notice_close(sync_notice *notice); /* NULL is fine */

/** Where it listens; "": nowhere. */
const char *sync_notice_url(const sync_notice *notice);

/** Remember a block of @p channel until sync_notice_send(). */
HEDDLE_MUST_USE heddle_status sync_notice_add(sync_notice *notice, const char *channel,
                                              const wire_block *block, const uint8_t hash[32],
                                              heddle_error *err);

/** Publish what was added: a message a block, topic heddle/CHANNEL/block, a JSON object. */
void sync_notice_send(sync_notice *notice, const char *channel);

#endif
