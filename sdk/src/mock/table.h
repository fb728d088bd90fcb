/*
 * Keys in order, each with what is known of it: the ledger's state, and what a simulation reads
 * and writes.
 *
 * Entries are immutable and counted, so that a copy of a table shares them.
 */
#ifndef MOCK_TABLE_H
#define MOCK_TABLE_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/view.h"
#include "heddle/status.h"

/** Which of a namespace's keys: private data is there in clear, and with its hashes. */
typedef enum mock_kind { MOCK_PUBLIC, MOCK_HASHED, MOCK_CLEAR } mock_kind;

/** A key with its place, in the order in which entries are kept. */
typedef struct mock_place {
    heddle_view ns;
    mock_kind kind;
    heddle_view coll; /* empty if public */
    heddle_view key;  /* of hashed data the hash */
} mock_place;

static inline mock_place mock_public(heddle_view ns, heddle_view key)
{
    return (mock_place){.ns = ns, .key = key};
}

int mock_place_compare(const mock_place *a, const mock_place *b);

/** Where a value was written. */
typedef struct mock_version {
    uint64_t block;
    uint64_t tx;
} mock_version;

static inline bool mock_version_equal(mock_version a, mock_version b)
{
    return a.block == b.block && a.tx == b.tx;
}

typedef struct mock_entry {
    mock_place at;
    heddle_view value;
    heddle_view meta_name; /* of the key's one entry of metadata; empty: none */
    heddle_view meta_value;
    mock_version version;
    bool is_absent; /* of what was read: the key was not there */
    bool is_purge;  /* of what is written: no trace of it shall stay */
    size_t refs;
} mock_entry;

/** Zero-initialised is empty. */
typedef struct mock_table {
    mock_entry **items;
    size_t count;
    size_t cap;
} mock_table;

void mock_table_done(mock_table *table);
HEDDLE_MUST_USE heddle_status mock_table_copy(const mock_table *from, mock_table *out);

/** NULL: no such key. */
const mock_entry *mock_table_get(const mock_table *table, const mock_place *at);
/** Set or replace; the content of @p entry is copied. */
HEDDLE_MUST_USE heddle_status mock_table_put(mock_table *table, const mock_entry *entry);
void mock_table_remove(mock_table *table, const mock_place *at);

/** The position of the first entry at @p at, or behind it with @p exclusive. */
size_t mock_table_find(const mock_table *table, const mock_place *at, bool exclusive);
/** The first such entry in the same place; NULL at the end. */
const mock_entry *mock_table_seek(const mock_table *table, const mock_place *at, bool exclusive);

#endif
