/* The places that a wallet can be in. */
#ifndef PROFILE_STORE_H
#define PROFILE_STORE_H

#include "base/buffer.h"
#include "heddle/wallet.h"

/** A folder of files, made if it is not there. */
HEDDLE_MUST_USE heddle_status profile_folder_store(const char *dir, heddle_wallet_store *out,
                                                   heddle_error *err);
/** In memory. */
HEDDLE_MUST_USE heddle_status profile_memory_store(heddle_wallet_store *out, heddle_error *err);

#endif
