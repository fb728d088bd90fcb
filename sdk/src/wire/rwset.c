#include "wire/rwset.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/view.h"
#include "wire/rwset_shape.h"

static const wire_slot version_slots[] = {
    WIRE_SLOT(1, WIRE_U64, wire_version, block),
    WIRE_SLOT(2, WIRE_U64, wire_version, tx),
};
static const wire_shape version_shape = WIRE_SHAPE(wire_version, "Version", version_slots);

static const wire_slot read_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_read, key),
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, wire_read, version, has_version, &version_shape),
};
static const wire_shape read_shape = WIRE_SHAPE(wire_read, "KVRead", read_slots);

static const wire_slot write_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_write, key),
    WIRE_SLOT(2, WIRE_BOOL, wire_write, is_delete),
    WIRE_SLOT(3, WIRE_BYTES, wire_write, value),
};
static const wire_shape write_shape = WIRE_SHAPE(wire_write, "KVWrite", write_slots);

static const wire_slot entry_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_metadata_entry, name),
    WIRE_SLOT(2, WIRE_BYTES, wire_metadata_entry, value),
};
static const wire_shape entry_shape =
    WIRE_SHAPE(wire_metadata_entry, "KVMetadataEntry", entry_slots);

static const wire_slot metadata_write_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_metadata_write, key),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_metadata_write, entries, entry_count, &entry_shape),
};
const wire_shape wire_metadata_write_shape =
    WIRE_SHAPE(wire_metadata_write, "KVMetadataWrite", metadata_write_slots);

static const wire_slot query_reads_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, wire_query_reads, reads, read_count, &read_shape),
};
const wire_shape wire_query_reads_shape =
    WIRE_SHAPE(wire_query_reads, "QueryReads", query_reads_slots);

static const wire_slot summary_slots[] = {
    WIRE_SLOT(1, WIRE_U32, wire_query_summary, max_degree),
    WIRE_SLOT(2, WIRE_U32, wire_query_summary, max_level),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_BYTES, wire_query_summary, hashes, hash_count, NULL),
};
static const wire_shape summary_shape =
    WIRE_SHAPE(wire_query_summary, "QueryReadsMerkleSummary", summary_slots);

static const wire_slot range_query_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_range_query, start_key),
    WIRE_SLOT(2, WIRE_BYTES, wire_range_query, end_key),
    WIRE_SLOT(3, WIRE_BOOL, wire_range_query, exhausted),
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, wire_range_query, raw, has_raw, &wire_query_reads_shape),
    WIRE_SLOT_EXTRA(5, WIRE_OPTIONAL, wire_range_query, summary, has_summary, &summary_shape),
};
static const wire_shape range_query_shape =
    WIRE_SHAPE(wire_range_query, "RangeQueryInfo", range_query_slots);

static const wire_slot kv_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, wire_kv_rwset, reads, read_count, &read_shape),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_kv_rwset, range_queries, range_query_count,
                    &range_query_shape),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_MESSAGE, wire_kv_rwset, writes, write_count, &write_shape),
    WIRE_SLOT_EXTRA(4, WIRE_EACH_MESSAGE, wire_kv_rwset, metadata_writes, metadata_write_count,
                    &wire_metadata_write_shape),
};
static const wire_shape kv_shape = WIRE_SHAPE(wire_kv_rwset, "KVRWSet", kv_slots);

static const wire_slot hashed_read_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_hashed_read, key_hash),
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, wire_hashed_read, version, has_version, &version_shape),
};
static const wire_shape hashed_read_shape =
    WIRE_SHAPE(wire_hashed_read, "KVReadHash", hashed_read_slots);

static const wire_slot hashed_write_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_hashed_write, key_hash),
    WIRE_SLOT(2, WIRE_BOOL, wire_hashed_write, is_delete),
    WIRE_SLOT(3, WIRE_BYTES, wire_hashed_write, value_hash),
    WIRE_SLOT(4, WIRE_BOOL, wire_hashed_write, is_purge),
};
static const wire_shape hashed_write_shape =
    WIRE_SHAPE(wire_hashed_write, "KVWriteHash", hashed_write_slots);

static const wire_slot hashed_metadata_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_hashed_metadata_write, key_hash),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_hashed_metadata_write, entries, entry_count,
                    &entry_shape),
};
static const wire_shape hashed_metadata_shape =
    WIRE_SHAPE(wire_hashed_metadata_write, "KVMetadataWriteHash", hashed_metadata_slots);

static const wire_slot hashed_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, wire_hashed_rwset, reads, read_count, &hashed_read_shape),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_hashed_rwset, writes, write_count,
                    &hashed_write_shape),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_MESSAGE, wire_hashed_rwset, metadata_writes, metadata_write_count,
                    &hashed_metadata_shape),
};
static const wire_shape hashed_shape = WIRE_SHAPE(wire_hashed_rwset, "HashedRWSet", hashed_slots);

static const wire_slot collection_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_collection_rwset, name),
    WIRE_SLOT_OF(2, WIRE_NESTED, wire_collection_rwset, hashed, &hashed_shape),
    WIRE_SLOT(3, WIRE_BYTES, wire_collection_rwset, pvt_rwset_hash),
};
static const wire_shape collection_shape =
    WIRE_SHAPE(wire_collection_rwset, "CollectionHashedReadWriteSet", collection_slots);

static const wire_slot ns_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_ns_rwset, name),
    WIRE_SLOT_OF(2, WIRE_NESTED, wire_ns_rwset, kv, &kv_shape),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_MESSAGE, wire_ns_rwset, collections, collection_count,
                    &collection_shape),
};
static const wire_shape ns_shape = WIRE_SHAPE(wire_ns_rwset, "NsReadWriteSet", ns_slots);

static const wire_slot rwset_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_rwset, data_model),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_rwset, namespaces, namespace_count, &ns_shape),
};
const wire_shape wire_rwset_shape = WIRE_SHAPE(wire_rwset, "TxReadWriteSet", rwset_slots);

static const wire_slot private_collection_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_private_collection, name),
    WIRE_SLOT_OF(2, WIRE_NESTED, wire_private_collection, kv, &kv_shape),
};
static const wire_shape private_collection_shape =
    WIRE_SHAPE(wire_private_collection, "CollectionPvtReadWriteSet", private_collection_slots);

static const wire_slot private_ns_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_private_ns, name),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_private_ns, collections, collection_count,
                    &private_collection_shape),
};
static const wire_shape private_ns_shape =
    WIRE_SHAPE(wire_private_ns, "NsPvtReadWriteSet", private_ns_slots);

static const wire_slot private_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_private_rwset, data_model),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_private_rwset, namespaces, namespace_count,
                    &private_ns_shape),
};
static const wire_shape private_shape =
    WIRE_SHAPE(wire_private_rwset, "TxPvtReadWriteSet", private_slots);

heddle_status wire_rwset_read(heddle_view bytes, base_arena *arena, wire_rwset *out,
                              heddle_error *err)
{
    wire_rwset rwset = {0};
    BASE_TRY(wire_shape_read(&wire_rwset_shape, bytes, arena, &rwset, err));
    *out = rwset;
    return HEDDLE_OK;
}

heddle_status wire_private_rwset_read(heddle_view bytes, base_arena *arena, wire_private_rwset *out,
                                      heddle_error *err)
{
    wire_private_rwset rwset = {0};
    BASE_TRY(wire_shape_read(&private_shape, bytes, arena, &rwset, err));
    *out = rwset;
    return HEDDLE_OK;
}

heddle_status wire_kv_rwset_read(heddle_view bytes, base_arena *arena, wire_kv_rwset *out,
                                 heddle_error *err)
{
    wire_kv_rwset kv = {0};
    BASE_TRY(wire_shape_read(&kv_shape, bytes, arena, &kv, err));
    *out = kv;
    return HEDDLE_OK;
}

/* Every struct that is sorted starts with the view it is sorted by. */
_Static_assert(offsetof(wire_read, key) == 0 && offsetof(wire_write, key) == 0 &&
                   offsetof(wire_metadata_write, key) == 0 &&
                   offsetof(wire_metadata_entry, name) == 0 &&
                   offsetof(wire_collection_rwset, name) == 0 &&
                   offsetof(wire_ns_rwset, name) == 0 &&
                   offsetof(wire_private_collection, name) == 0 &&
                   offsetof(wire_private_ns, name) == 0,
               "by_first_view() reads the first member");

static int by_first_view(const void *a, const void *b)
{
    return base_view_compare(*(const heddle_view *)a, *(const heddle_view *)b);
}

#define SORT(items, count)                                                                         \
    do {                                                                                           \
        if ((count) > 1)                                                                           \
            qsort((items), (count), sizeof((items)[0]), by_first_view);                            \
    } while (0)

static void sort_kv(wire_kv_rwset *kv)
{
    SORT(kv->reads, kv->read_count);
    SORT(kv->writes, kv->write_count);
    SORT(kv->metadata_writes, kv->metadata_write_count);
    for (size_t i = 0; i < kv->metadata_write_count; i++)
        SORT(kv->metadata_writes[i].entries, kv->metadata_writes[i].entry_count);
}

static void sort_hashed_entries(wire_hashed_rwset *hashed)
{
    for (size_t i = 0; i < hashed->metadata_write_count; i++)
        SORT(hashed->metadata_writes[i].entries, hashed->metadata_writes[i].entry_count);
}

void wire_rwset_sort(wire_rwset *rwset)
{
    SORT(rwset->namespaces, rwset->namespace_count);
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        wire_ns_rwset *ns = &rwset->namespaces[i];
        sort_kv(&ns->kv);
        SORT(ns->collections, ns->collection_count);
        for (size_t j = 0; j < ns->collection_count; j++)
            sort_hashed_entries(&ns->collections[j].hashed);
    }
}

void wire_private_rwset_sort(wire_private_rwset *rwset)
{
    SORT(rwset->namespaces, rwset->namespace_count);
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        wire_private_ns *ns = &rwset->namespaces[i];
        SORT(ns->collections, ns->collection_count);
        for (size_t j = 0; j < ns->collection_count; j++)
            sort_kv(&ns->collections[j].kv);
    }
}

bool wire_write_deletes(const wire_write *write)
{
    return write->is_delete || !write->value.len;
}

bool wire_hashed_write_deletes(const wire_hashed_write *write)
{
    /* SHA-256 of no bytes */
    static const uint8_t empty[] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                    0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                    0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
    return write->is_delete || write->is_purge || !write->value_hash.len ||
           base_view_equal(write->value_hash, heddle_view_of(empty, sizeof(empty)));
}

heddle_status wire_rwset_write(const wire_rwset *rwset, base_buffer *out)
{
    return wire_shape_write(&wire_rwset_shape, rwset, out);
}

heddle_status wire_private_rwset_write(const wire_private_rwset *rwset, base_buffer *out)
{
    return wire_shape_write(&private_shape, rwset, out);
}

heddle_status wire_kv_rwset_write(const wire_kv_rwset *kv, base_buffer *out)
{
    return wire_shape_write(&kv_shape, kv, out);
}

heddle_status wire_hashed_rwset_write(const wire_hashed_rwset *hashed, base_buffer *out)
{
    return wire_shape_write(&hashed_shape, hashed, out);
}
