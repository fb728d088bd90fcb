/* Private data collections from a file in the form of Fabric's collections_config.json. */
#ifndef DEVNET_COLLECTION_OPTION_H
#define DEVNET_COLLECTION_OPTION_H

#include "base/arena.h"
#include "devnet/devnet.h"

/**
 * Read the collections of a chaincode into @p out; everything lives in @p arena. Numbers left
 * out are those of Fabric's tools: maxPeerCount 1, everything else 0. E_CONFIG names the file,
 * the collection and the key; E_IO.
 */
HEDDLE_MUST_USE heddle_status dn_collections_read(const char *path, base_arena *arena,
                                                  dn_chaincode *out, heddle_error *err);

#endif
