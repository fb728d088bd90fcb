#include "wire/signature_memory.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"

typedef struct entry {
    uint8_t key[CRYPTO_SHA256_LEN];
} entry;

struct wire_signature_memory {
    atomic_uint refs;
    pthread_mutex_t lock; /* of entries */
    size_t count;
    entry entries[];
};

wire_signature_memory *wire_signature_memory_new(size_t count)
{
    wire_signature_memory *memory = base_calloc(1, sizeof(*memory) + count * sizeof(entry));
    if (!memory)
        return NULL;
    pthread_mutex_init(&memory->lock, NULL);
    atomic_init(&memory->refs, 1);
    memory->count = count;
    return memory;
}

wire_signature_memory *wire_signature_memory_ref(wire_signature_memory *memory)
{
    atomic_fetch_add_explicit(&memory->refs, 1, memory_order_relaxed);
    return memory;
}

void wire_signature_memory_unref(wire_signature_memory *memory)
{
    if (!memory || atomic_fetch_sub_explicit(&memory->refs, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&memory->lock);
    base_free(memory);
}

/* The lengths go in front, so that the same bytes parted in another way are another set. */
heddle_status wire_signature_memory_key(const wire_signed *set, uint8_t out[CRYPTO_SHA256_LEN])
{
    const uint64_t lengths[] = {set->identity.len, set->data[0].len, set->data[1].len};
    const heddle_view parts[] = {heddle_view_of((const uint8_t *)lengths, sizeof(lengths)),
                                 set->identity, set->data[0], set->data[1], set->signature};
    return crypto_digest_parts(CRYPTO_SHA256, parts, BASE_COUNT(parts), out);
}

static entry *place_of(wire_signature_memory *memory, const uint8_t *key)
{
    uint64_t number;
    memcpy(&number, key, sizeof(number));
    return &memory->entries[number % memory->count];
}

bool wire_signature_memory_has(wire_signature_memory *memory, const uint8_t key[CRYPTO_SHA256_LEN])
{
    pthread_mutex_lock(&memory->lock);
    bool has = memcmp(place_of(memory, key)->key, key, CRYPTO_SHA256_LEN) == 0;
    pthread_mutex_unlock(&memory->lock);
    return has;
}

void wire_signature_memory_put(wire_signature_memory *memory, const uint8_t key[CRYPTO_SHA256_LEN])
{
    pthread_mutex_lock(&memory->lock);
    memcpy(place_of(memory, key)->key, key, CRYPTO_SHA256_LEN);
    pthread_mutex_unlock(&memory->lock);
}
