/* Where blocks come from: a folder of files, or the Deliver service of peers. */
#ifndef SYNC_SOURCE_H
#define SYNC_SOURCE_H

#include "datasync/conf.h"
#include "datasync/queue.h"

/** Blocks from a number on, in order, into a queue, until it is stopped or at an end. */
typedef struct sync_source sync_source;
struct sync_source {
    /** Return when nothing of it runs any more, and free it. Not on a reactor. */
    void (*stop)(sync_source *source);
};

static inline void sync_source_stop(sync_source *source)
{
    if (source)
        source->stop(source);
}

/** @p conf and @p queue are borrowed until the stop. */
HEDDLE_MUST_USE heddle_status sync_folder_start(const sync_conf *conf, uint64_t first,
                                                sync_queue *queue, sync_source **out,
                                                heddle_error *err);
HEDDLE_MUST_USE heddle_status sync_peers_start(const sync_conf *conf, uint64_t first,
                                               sync_queue *queue, sync_source **out,
                                               heddle_error *err);

/** The channel that the lowest block of the folder names, appended to @p out. */
HEDDLE_MUST_USE heddle_status sync_folder_channel(const char *folder, base_buffer *out,
                                                  heddle_error *err);

#endif
