/* Where blocks come from: a folder of files, or the Deliver service of peers. */
#ifndef SYNC_SOURCE_H
#define SYNC_SOURCE_H

#include "datasync/credentials.h"
#include "datasync/queue.h"

/** Blocks from a number on, in order, into a queue, until it is stopped or at an end. */
typedef struct sync_source sync_source;
struct sync_source {
    /** Return when nothing of it runs any more, and free it. Not on a reactor. */
    void (*stop)(sync_source *source);
    /** Take a part of the credentials from its files, and go on with it where the source is:
     *  nothing is left out and nothing comes twice. On failure nothing changes. NULL: there are
     *  none. One at a time, and none after the stop. Not on a reactor. */
    heddle_status (*reload)(sync_source *source, sync_credential part, int64_t *out_not_after_s,
                            heddle_error *err);
};

static inline heddle_status sync_source_reload(sync_source *source, sync_credential part,
                                               int64_t *out_not_after_s, heddle_error *err)
{
    return source->reload(source, part, out_not_after_s, err);
}

static inline void sync_source_stop(sync_source *source)
{
    if (source)
        source->stop(source);
}

/** When the certificates in use expire; 0: there is none. */
typedef struct sync_expiry {
    int64_t identity_s;
    int64_t tls_s;
} sync_expiry;

/** @p conf and @p queue are borrowed until the stop. */
HEDDLE_MUST_USE heddle_status sync_folder_start(const sync_conf *conf, uint64_t first,
                                                sync_queue *queue, sync_source **out,
                                                heddle_error *err);
HEDDLE_MUST_USE heddle_status sync_peers_start(const sync_conf *conf, uint64_t first,
                                               sync_queue *queue, sync_expiry *out_expiry,
                                               sync_source **out, heddle_error *err);

/** The channel that the lowest block of the folder names, appended to @p out. */
HEDDLE_MUST_USE heddle_status sync_folder_channel(const char *folder, base_buffer *out,
                                                  heddle_error *err);

#endif
