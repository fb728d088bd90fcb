#include "devnet/network/collection_option.h"

#include "base/fail.h"
#include "base/text.h"
#include "package/collection.h"

enum { MAX_FILE = 1024 * 1024 };

static heddle_status keep(const package_collection *collections, size_t count, base_arena *arena,
                          dn_chaincode *out, heddle_error *err)
{
    dn_collection_config *items = base_arena_zalloc(arena, count + 1, sizeof(*items));
    if (!items)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < count; i++) {
        const package_collection *from = &collections[i];
        items[i] = (dn_collection_config){.name = from->name,
                                          .policy = from->policy,
                                          .required_peer_count = from->required_peer_count,
                                          .max_peer_count = from->max_peer_count,
                                          .block_to_live = from->block_to_live,
                                          .member_only_read = from->member_only_read,
                                          .member_only_write = from->member_only_write,
                                          .signature_policy = from->signature_policy,
                                          .channel_policy = from->channel_policy};
    }
    out->collections = items;
    out->collection_count = count;
    return HEDDLE_OK;
}

heddle_status dn_collections_read(const char *path, base_arena *arena, dn_chaincode *out,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    const package_collection *collections;
    size_t count;
    BASE_TRY(base_read_file(path, MAX_FILE, &bytes, err));
    heddle_status status =
        package_collections_read(base_buffer_view(&bytes), arena, &collections, &count, err);
    if (status == HEDDLE_OK)
        return keep(collections, count, arena, out, err);
    base_error_prefix(err, "%.128s", path);
    if (status == HEDDLE_E_NO_MEMORY)
        return status;
    if (err)
        err->status = HEDDLE_E_CONFIG;
    return HEDDLE_E_CONFIG;
}
