/* Paths and their queries, percent-encoded. */
#ifndef CA_PATH_H
#define CA_PATH_H

#include "base/buffer.h"

/** Zero-initialised it is empty; what does not fit into memory shows when it is asked for. */
typedef struct ca_path {
    base_buffer text;
    heddle_status status;
    bool has_query;
} ca_path;

void ca_path_done(ca_path *path);
#define ca_auto_path __attribute__((cleanup(ca_path_done)))

void ca_path_add(ca_path *path, const char *part);     /* as it is */
void ca_path_segment(ca_path *path, const char *text); /* "/" and the text */
/** A parameter; none if @p value is NULL or "". */
void ca_path_query(ca_path *path, const char *name, const char *value);
void ca_path_query_always(ca_path *path, const char *name, const char *value);
void ca_path_query_flag(ca_path *path, const char *name, bool value);
void ca_path_query_time(ca_path *path, const char *name, int64_t seconds); /* none if 0 */

/** Lives as @p path. */
HEDDLE_MUST_USE heddle_status ca_path_text(ca_path *path, const char **out, heddle_error *err);

#endif
