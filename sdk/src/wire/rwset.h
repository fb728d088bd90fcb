/*
 * The read-write set of a transaction (rwset.TxReadWriteSet and what it holds), decoded or
 * to be encoded. Views borrow what they were made from.
 */
#ifndef WIRE_RWSET_H
#define WIRE_RWSET_H

#include "wire/reader.h"

/** The place of the transaction that wrote a value. */
typedef struct wire_version {
    uint64_t block;
    uint64_t tx;
} wire_version;

typedef struct wire_read {
    heddle_view key;
    bool has_version; /* false: the key was not there */
    wire_version version;
} wire_read;

typedef struct wire_write {
    heddle_view key;
    bool is_delete;
    heddle_view value;
} wire_write;

typedef struct wire_metadata_entry {
    heddle_view name;
    heddle_view value;
} wire_metadata_entry;

/** No entries: the metadata of the key is deleted. */
typedef struct wire_metadata_write {
    heddle_view key;
    wire_metadata_entry *entries;
    size_t entry_count;
} wire_metadata_write;

/** What a range query saw: the keys, or the top of a Merkle tree over them. */
typedef struct wire_query_reads {
    wire_read *reads;
    size_t read_count;
} wire_query_reads;

typedef struct wire_query_summary {
    uint32_t max_degree;
    uint32_t max_level;
    heddle_view *hashes;
    size_t hash_count;
} wire_query_summary;

typedef struct wire_range_query {
    heddle_view start_key;
    heddle_view end_key;
    bool exhausted;
    bool has_raw;
    wire_query_reads raw;
    bool has_summary;
    wire_query_summary summary;
} wire_range_query;

/** The public part of one namespace (kvrwset.KVRWSet). */
typedef struct wire_kv_rwset {
    wire_read *reads;
    size_t read_count;
    wire_range_query *range_queries;
    size_t range_query_count;
    wire_write *writes;
    size_t write_count;
    wire_metadata_write *metadata_writes;
    size_t metadata_write_count;
} wire_kv_rwset;

typedef struct wire_hashed_read {
    heddle_view key_hash;
    bool has_version;
    wire_version version;
} wire_hashed_read;

typedef struct wire_hashed_write {
    heddle_view key_hash;
    bool is_delete;
    heddle_view value_hash;
    bool is_purge;
} wire_hashed_write;

typedef struct wire_hashed_metadata_write {
    heddle_view key_hash;
    wire_metadata_entry *entries;
    size_t entry_count;
} wire_hashed_metadata_write;

typedef struct wire_hashed_rwset {
    wire_hashed_read *reads;
    size_t read_count;
    wire_hashed_write *writes;
    size_t write_count;
    wire_hashed_metadata_write *metadata_writes;
    size_t metadata_write_count;
} wire_hashed_rwset;

typedef struct wire_collection_rwset {
    heddle_view name;
    wire_hashed_rwset hashed;
    heddle_view pvt_rwset_hash;
} wire_collection_rwset;

typedef struct wire_ns_rwset {
    heddle_view name;
    wire_kv_rwset kv;
    wire_collection_rwset *collections;
    size_t collection_count;
} wire_ns_rwset;

typedef struct wire_rwset {
    int32_t data_model; /* 0: KV, the only one there is */
    wire_ns_rwset *namespaces;
    size_t namespace_count;
} wire_rwset;

/** The cleartext of one collection is a wire_kv_rwset with writes and metadata only. */
typedef struct wire_private_collection {
    heddle_view name;
    wire_kv_rwset kv;
} wire_private_collection;

typedef struct wire_private_ns {
    heddle_view name;
    wire_private_collection *collections;
    size_t collection_count;
} wire_private_ns;

/** rwset.TxPvtReadWriteSet. */
typedef struct wire_private_rwset {
    int32_t data_model;
    wire_private_ns *namespaces;
    size_t namespace_count;
} wire_private_rwset;

/** Decode TxReadWriteSet; arrays live in @p arena, views borrow @p bytes. */
HEDDLE_MUST_USE heddle_status wire_rwset_read(heddle_view bytes, base_arena *arena, wire_rwset *out,
                                              heddle_error *err);
HEDDLE_MUST_USE heddle_status wire_private_rwset_read(heddle_view bytes, base_arena *arena,
                                                      wire_private_rwset *out, heddle_error *err);
/** Decode one KVRWSet, as a collection's cleartext is kept. */
HEDDLE_MUST_USE heddle_status wire_kv_rwset_read(heddle_view bytes, base_arena *arena,
                                                 wire_kv_rwset *out, heddle_error *err);

/**
 * Put everything into the order in which Fabric writes it, so that every endorser gives the
 * same bytes: namespaces and collections by name, reads, writes and metadata writes by key
 * (byte order), metadata entries by name; range queries keep the order in which they were
 * made. Hashed reads and writes are ordered by the key in clear, which only the caller knows:
 * they stay as they are. Sorts the arrays in place.
 */
void wire_rwset_sort(wire_rwset *rwset);
void wire_private_rwset_sort(wire_private_rwset *rwset);

/** Whether a write deletes its key. One that leaves an empty value does, in Fabric. */
bool wire_write_deletes(const wire_write *write);
bool wire_hashed_write_deletes(const wire_hashed_write *write);

/** Append the bytes of TxReadWriteSet; sort first. */
HEDDLE_MUST_USE heddle_status wire_rwset_write(const wire_rwset *rwset, base_buffer *out);
HEDDLE_MUST_USE heddle_status wire_private_rwset_write(const wire_private_rwset *rwset,
                                                       base_buffer *out);
HEDDLE_MUST_USE heddle_status wire_kv_rwset_write(const wire_kv_rwset *kv, base_buffer *out);
HEDDLE_MUST_USE heddle_status wire_hashed_rwset_write(const wire_hashed_rwset *hashed,
                                                      base_buffer *out);

#endif
