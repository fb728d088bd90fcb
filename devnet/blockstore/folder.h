/* Folders that hold one folder for each channel. */
#ifndef DEVNET_FOLDER_H
#define DEVNET_FOLDER_H

#include "base/arena.h"
#include "heddle/status.h"

/** Names of the folders in @p dir that could be channels', in order; none if there is no such
 *  folder. In @p arena. */
HEDDLE_MUST_USE heddle_status dn_folder_list(const char *dir, base_arena *arena,
                                             const char *const **out, size_t *count,
                                             heddle_error *err);

/** If @p dir itself holds a ledger, the only channel's: move its files into dir/@p channel. An
 *  interrupted move is completed by the next. */
HEDDLE_MUST_USE heddle_status dn_folder_move_down(const char *dir, const char *channel,
                                                  heddle_error *err);

/** Remove a channel's folder with everything in it; fine if there is none. A crash leaves nothing
 *  that dn_folder_list() gives. */
HEDDLE_MUST_USE heddle_status dn_folder_remove(const char *dir, const char *channel,
                                               heddle_error *err);

#endif
