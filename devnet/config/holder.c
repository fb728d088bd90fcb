#include "devnet/config/holder.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "wire/block.h"

struct dn_config_holder {
    pthread_mutex_t lock; /* of both */
    wire_bundle *bundle;
    uint64_t block;
};

/* For questions, which change nothing but the lock. */
static pthread_mutex_t *lock_of(const dn_config_holder *holder)
{
    return (pthread_mutex_t *)(uintptr_t)&holder->lock;
}

heddle_status dn_config_holder_new(wire_bundle *bundle, uint64_t number, dn_config_holder **out,
                                   heddle_error *err)
{
    dn_config_holder *holder = base_calloc(1, sizeof(*holder));
    if (!holder)
        return base_fail_memory(err, "the channel's configuration");
    pthread_mutex_init(&holder->lock, NULL);
    holder->bundle = wire_bundle_ref(bundle);
    holder->block = number;
    *out = holder;
    return HEDDLE_OK;
}

void dn_config_holder_free(dn_config_holder *holder)
{
    if (!holder)
        return;
    wire_bundle_unref(holder->bundle);
    pthread_mutex_destroy(&holder->lock);
    base_free(holder);
}

static wire_bundle *acquire(const dn_config_holder *holder, uint64_t *out_block)
{
    pthread_mutex_lock(lock_of(holder));
    wire_bundle *bundle = wire_bundle_ref(holder->bundle);
    *out_block = holder->block;
    pthread_mutex_unlock(lock_of(holder));
    return bundle;
}

wire_bundle *dn_config_holder_acquire(const dn_config_holder *holder)
{
    uint64_t block;
    return acquire(holder, &block);
}

uint64_t dn_config_holder_block(const dn_config_holder *holder)
{
    pthread_mutex_lock(lock_of(holder));
    uint64_t block = holder->block;
    pthread_mutex_unlock(lock_of(holder));
    return block;
}

uint64_t dn_config_holder_sequence(const dn_config_holder *holder)
{
    pthread_mutex_lock(lock_of(holder));
    uint64_t sequence = wire_bundle_config(holder->bundle)->sequence;
    pthread_mutex_unlock(lock_of(holder));
    return sequence;
}

void dn_config_holder_put(dn_config_holder *holder, wire_bundle *bundle, uint64_t number)
{
    wire_bundle_ref(bundle);
    pthread_mutex_lock(&holder->lock);
    wire_bundle *old = holder->bundle;
    holder->bundle = bundle;
    holder->block = number;
    pthread_mutex_unlock(&holder->lock);
    wire_bundle_unref(old);
}

/* Opening. */

static heddle_status find_block(const dn_blockstore *blocks, uint64_t height, uint64_t *out,
                                heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    base_auto_buffer base_buffer bytes = {0};
    wire_block last;
    if (!arena)
        return base_fail_memory(err, "a block");
    BASE_TRY(dn_blockstore_read(blocks, height - 1, &bytes, err));
    BASE_TRY(wire_block_read(base_buffer_view(&bytes), arena, &last, err));
    *out = last.number && last.has_last_config ? last.last_config : 0;
    return HEDDLE_OK;
}

static heddle_status read_bundle(const dn_blockstore *blocks, heddle_view genesis, uint64_t number,
                                 wire_bundle **out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    if (number)
        BASE_TRY(dn_blockstore_read(blocks, number, &bytes, err));
    heddle_status status =
        wire_bundle_from_block(number ? base_buffer_view(&bytes) : genesis, out, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "config block %llu", (unsigned long long)number);
    return status;
}

heddle_status dn_config_holder_open(const dn_blockstore *blocks, heddle_view genesis,
                                    const dn_config_holder *with, dn_config_holder **out,
                                    heddle_error *err)
{
    uint64_t number = 0, others_number = 0;
    uint64_t height = dn_blockstore_height(blocks);
    base_auto(wire_bundle) wire_bundle *bundle = NULL;
    base_auto(wire_bundle) wire_bundle *other = with ? acquire(with, &others_number) : NULL;
    if (height)
        BASE_TRY(find_block(blocks, height, &number, err));
    if (other && others_number == number)
        return dn_config_holder_new(other, number, out, err);
    BASE_TRY(read_bundle(blocks, genesis, number, &bundle, err));
    if (other)
        wire_bundle_remember_with(bundle, other);
    return dn_config_holder_new(bundle, number, out, err);
}
