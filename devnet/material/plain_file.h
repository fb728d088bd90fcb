/* Files that can be made again: replaced whole, but not synced to disk. */
#ifndef DEVNET_PLAIN_FILE_H
#define DEVNET_PLAIN_FILE_H

#include "heddle/status.h"
#include "heddle/view.h"

/**
 * Write @p path by a temporary file beside it and rename. Readers see the old content or the
 * new one; after a power failure in the next seconds it may be neither. There are a hundred
 * such files in a network, and syncing each would take longer than all else at the start.
 */
HEDDLE_MUST_USE heddle_status dn_plain_file_write(const char *path, heddle_view content,
                                                  unsigned mode, heddle_error *err);

#endif
