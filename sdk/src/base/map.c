/*
 * Open addressing with linear probing over a power-of-two table, at most 3/4 full. A
 * removed entry is closed up by shifting its successors back, so there are no tombstones:
 * every key is reachable from its home slot without crossing an empty one.
 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

struct entry {
    uint8_t *key; /* NULL: the slot is empty */
    size_t key_len;
    uint64_t hash;
    void *value;
};

struct base_map {
    struct entry *slots;
    size_t cap;
    size_t count;
};

static uint64_t seed[2];
static pthread_once_t seeded = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
    if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed[0] = (uint64_t)now.tv_nsec;
        seed[1] = (uint64_t)now.tv_sec ^ (uintptr_t)&now;
    }
}

static inline uint64_t rotl(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

uint64_t base_hash(heddle_view bytes)
{
    pthread_once(&seeded, make_seed);
    uint64_t v[4] = {0x736f6d6570736575 ^ seed[0], 0x646f72616e646f6d ^ seed[1],
                     0x6c7967656e657261 ^ seed[0], 0x7465646279746573 ^ seed[1]};
    size_t left = bytes.len;
    const uint8_t *at = bytes.data;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sip_word(v, word);
    }
    uint64_t last = (uint64_t)bytes.len << 56;
    if (left)
        memcpy(&last, at, left);
    sip_word(v, last);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

base_map *base_map_new(void)
{
    return base_calloc(1, sizeof(base_map));
}

void base_map_free(base_map *map, base_map_value_fn *free_value)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->cap; i++) {
        if (!map->slots[i].key)
            continue;
        if (free_value)
            free_value(map->slots[i].value);
        base_free(map->slots[i].key);
    }
    base_free(map->slots);
    base_free(map);
}

size_t base_map_count(const base_map *map)
{
    return map->count;
}

/* The slot that holds the key, or the empty one where it would go. Needs cap > 0. */
static struct entry *find(const base_map *map, heddle_view key, uint64_t hash)
{
    size_t mask = map->cap - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct entry *slot = &map->slots[i];
        if (!slot->key)
            return slot;
        if (slot->hash == hash && base_view_equal(heddle_view_of(slot->key, slot->key_len), key))
            return slot;
    }
}

void *base_map_get(const base_map *map, heddle_view key)
{
    if (!map->count)
        return NULL;
    struct entry *slot = find(map, key, base_hash(key));
    return slot->key ? slot->value : NULL;
}

static bool grow(base_map *map)
{
    size_t cap = map->cap ? map->cap * 2 : 16;
    base_map bigger = {.slots = base_calloc(cap, sizeof(struct entry)), .cap = cap};
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < map->cap; i++) {
        const struct entry *old = &map->slots[i];
        if (old->key)
            *find(&bigger, heddle_view_of(old->key, old->key_len), old->hash) = *old;
    }
    base_free(map->slots);
    map->slots = bigger.slots;
    map->cap = cap;
    return true;
}

heddle_status base_map_put(base_map *map, heddle_view key, void *value, void **out_old)
{
    if ((map->count + 1) * 4 > map->cap * 3 && !grow(map))
        return HEDDLE_E_NO_MEMORY;
    uint64_t hash = base_hash(key);
    struct entry *slot = find(map, key, hash);
    void *old = NULL;
    if (slot->key) {
        old = slot->value;
    } else {
        slot->key = base_memdup(key.data, key.len);
        if (!slot->key)
            return HEDDLE_E_NO_MEMORY;
        slot->key_len = key.len;
        slot->hash = hash;
        map->count++;
    }
    slot->value = value;
    if (out_old)
        *out_old = old;
    return HEDDLE_OK;
}

static void close_gap(base_map *map, size_t gap)
{
    size_t mask = map->cap - 1;
    for (size_t i = (gap + 1) & mask; map->slots[i].key; i = (i + 1) & mask) {
        size_t home = map->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - gap) & mask))
            continue;
        map->slots[gap] = map->slots[i];
        gap = i;
    }
    map->slots[gap] = (struct entry){0};
}

void *base_map_remove(base_map *map, heddle_view key)
{
    if (!map->count)
        return NULL;
    struct entry *slot = find(map, key, base_hash(key));
    if (!slot->key)
        return NULL;
    void *value = slot->value;
    base_free(slot->key);
    map->count--;
    close_gap(map, (size_t)(slot - map->slots));
    return value;
}

bool base_map_next(const base_map *map, size_t *cursor, heddle_view *out_key, void **out_value)
{
    while (*cursor < map->cap) {
        const struct entry *slot = &map->slots[(*cursor)++];
        if (!slot->key)
            continue;
        if (out_key)
            *out_key = heddle_view_of(slot->key, slot->key_len);
        if (out_value)
            *out_value = slot->value;
        return true;
    }
    return false;
}
