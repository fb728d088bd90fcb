/* The object behind heddle_names. */
#ifndef CHANNEL_NAMES_H
#define CHANNEL_NAMES_H

#include "base/alloc.h"
#include "heddle/channel.h"

/** Room for @p count names; NULL when memory is gone. */
heddle_names *channel_names_new(size_t count);
/** Copy one to the end; false when memory is gone. */
bool channel_names_add(heddle_names *names, const char *name);
/** By strcmp(). */
void channel_names_sort(heddle_names *names);
/** Those of a protos.ChannelQueryResponse, in their order. */
HEDDLE_MUST_USE heddle_status channel_names_read(heddle_view payload, heddle_names **out,
                                                 heddle_error *err);

BASE_AUTO_DEFINE(heddle_names, heddle_names *, heddle_names_free)

#endif
