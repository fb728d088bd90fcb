/* One process a folder. */
#ifndef DEVNET_DIR_LOCK_H
#define DEVNET_DIR_LOCK_H

#include "heddle/status.h"

/** Held until released, or until the process ends in whatever way. */
typedef struct dn_dir_lock dn_dir_lock;

/** By the file "lock" in @p dir. E_LOCKED names the process that holds it. */
HEDDLE_MUST_USE heddle_status dn_dir_lock_acquire(const char *dir, dn_dir_lock **out,
                                                  heddle_error *err);
void dn_dir_lock_release(dn_dir_lock *lock); /* NULL is fine */

#endif
