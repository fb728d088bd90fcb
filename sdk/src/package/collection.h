/* Private data collections of a definition: Fabric's collections_config.json, and the message
 * that goes into the definition. */
#ifndef PACKAGE_COLLECTION_H
#define PACKAGE_COLLECTION_H

#include "base/buffer.h"
#include "package/policy.h"
#include "peer/collection.pb-c.h"

/** A collection as the file says it; texts that are not there are NULL. */
typedef struct package_collection {
    const char *name;
    const char *policy; /* who has the data: "OR('Org1MSP.member','Org2MSP.member')" */
    uint32_t required_peer_count;
    uint32_t max_peer_count;
    uint64_t block_to_live; /* 0: for ever */
    bool member_only_read;
    bool member_only_write;
    const char *signature_policy; /* own endorsement policy; both NULL: the chaincode's */
    const char *channel_policy;
} package_collection;

/**
 * Read a list of collections; all in @p arena. Numbers left out are those of Fabric's tools:
 * maxPeerCount 1, everything else 0. Names of keys are taken in any case, unknown ones are not
 * taken. E_BAD_ARGUMENT names the collection and the key, E_DECODE line and column.
 */
HEDDLE_MUST_USE heddle_status package_collections_read(heddle_view json, base_arena *arena,
                                                       const package_collection **out,
                                                       size_t *out_count, heddle_error *err);

/** The message of these, in @p arena. E_BAD_ARGUMENT names the collection and the place in its
 *  policy; what only a channel can tell is left to the peers. */
HEDDLE_MUST_USE heddle_status package_collections_build(const package_collection *collections,
                                                        size_t count, base_arena *arena,
                                                        Protos__CollectionConfigPackage **out,
                                                        heddle_error *err);

/** The other way: as a file, indented, appended. E_BAD_ARGUMENT for a policy without text. */
HEDDLE_MUST_USE heddle_status package_collections_print(
    const Protos__CollectionConfigPackage *message, base_buffer *out, heddle_error *err);

#endif
