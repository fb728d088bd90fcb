/*
 * Checkpointers: two functions and what they need, called under a lock, one at a time.
 */
#include "heddle/checkpoint.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "events/checkpoint_text.h"

enum { FILE_MAX = 4096, FILE_MODE = 0644 };

struct heddle_checkpointer {
    atomic_int refs;
    pthread_mutex_t lock;
    heddle_checkpoint_load_fn *load;
    heddle_checkpoint_save_fn *save;
    void *user;
    void (*release)(void *user);
};

heddle_checkpointer *heddle_checkpointer_ref(heddle_checkpointer *checkpointer)
{
    atomic_fetch_add_explicit(&checkpointer->refs, 1, memory_order_relaxed);
    return checkpointer;
}

void heddle_checkpointer_unref(heddle_checkpointer *checkpointer)
{
    if (!checkpointer ||
        atomic_fetch_sub_explicit(&checkpointer->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (checkpointer->release)
        checkpointer->release(checkpointer->user);
    pthread_mutex_destroy(&checkpointer->lock);
    base_free(checkpointer);
}

heddle_status heddle_checkpointer_callback(heddle_checkpoint_load_fn *load,
                                           heddle_checkpoint_save_fn *save, void *user,
                                           void (*release)(void *user), heddle_checkpointer **out,
                                           heddle_error *err)
{
    if (!load || !save)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "checkpointer: load and save are required");
    heddle_checkpointer *checkpointer = base_calloc(1, sizeof(*checkpointer));
    if (!checkpointer)
        return base_fail_memory(err, "checkpointer");
    atomic_init(&checkpointer->refs, 1);
    pthread_mutex_init(&checkpointer->lock, NULL);
    checkpointer->load = load;
    checkpointer->save = save;
    checkpointer->user = user;
    checkpointer->release = release;
    *out = checkpointer;
    return HEDDLE_OK;
}

/* What the memory kind keeps; the file kind keeps the same beside its file. */
typedef struct kept {
    bool is_there;
    heddle_checkpoint checkpoint;
    char *path; /* NULL: memory only */
} kept;

static heddle_status load_kept(void *user, heddle_checkpoint *out, heddle_error *err)
{
    const kept *k = user;
    if (!k->is_there)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "nothing was saved yet");
    *out = k->checkpoint;
    return HEDDLE_OK;
}

static heddle_status write_file(const kept *k, const heddle_checkpoint *checkpoint,
                                heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    if (events_checkpoint_write(checkpoint, &text))
        return base_fail_memory(err, "checkpoint");
    BASE_TRY(base_write_file(k->path, base_buffer_view(&text), FILE_MODE, err));
    return base_sync_parent(k->path, err);
}

static heddle_status save_kept(void *user, const heddle_checkpoint *checkpoint, heddle_error *err)
{
    kept *k = user;
    if (k->path)
        BASE_TRY(write_file(k, checkpoint, err));
    k->checkpoint = *checkpoint;
    k->is_there = true;
    return HEDDLE_OK;
}

static void release_kept(void *user)
{
    kept *k = user;
    base_free(k->path);
    base_free(k);
}

/* Takes @p k, also on failure. */
static heddle_status make(kept *k, heddle_checkpointer **out, heddle_error *err)
{
    heddle_status status =
        heddle_checkpointer_callback(load_kept, save_kept, k, release_kept, out, err);
    if (status)
        release_kept(k);
    return status;
}

heddle_status heddle_checkpointer_memory(heddle_checkpointer **out, heddle_error *err)
{
    kept *k = base_calloc(1, sizeof(*k));
    if (!k)
        return base_fail_memory(err, "checkpointer");
    return make(k, out, err);
}

/* An empty file is what Fabric's libraries leave before their first save. */
static heddle_status read_file(kept *k, heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    if (access(k->path, F_OK) != 0 && errno == ENOENT)
        return HEDDLE_OK;
    BASE_TRY(base_read_file(k->path, FILE_MAX, &text, err));
    if (text.len == 0)
        return HEDDLE_OK;
    heddle_status status =
        events_checkpoint_read(base_buffer_view(&text), &k->checkpoint, &k->is_there, err);
    if (status)
        base_error_prefix(err, "%s", k->path);
    return status;
}

heddle_status heddle_checkpointer_file(const char *path, heddle_checkpointer **out,
                                       heddle_error *err)
{
    if (!path || !*path)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "checkpointer: the path is empty");
    kept *k = base_calloc(1, sizeof(*k));
    if (!k || !(k->path = base_strdup(path))) {
        base_free(k);
        return base_fail_memory(err, "checkpointer");
    }
    heddle_status status = read_file(k, err);
    if (status) {
        release_kept(k);
        return status;
    }
    return make(k, out, err);
}

heddle_status heddle_checkpointer_load(heddle_checkpointer *checkpointer, heddle_checkpoint *out,
                                       heddle_error *err)
{
    heddle_checkpoint loaded = {0};
    heddle_error said;
    base_error_clear(&said);
    pthread_mutex_lock(&checkpointer->lock);
    heddle_status status = checkpointer->load(checkpointer->user, &loaded, &said);
    pthread_mutex_unlock(&checkpointer->lock);
    if (status)
        return base_fail(err, status, "checkpoint: %s",
                         said.message[0] ? said.message : heddle_status_text(status));
    loaded.tx_id[sizeof(loaded.tx_id) - 1] = 0;
    *out = loaded;
    return HEDDLE_OK;
}

heddle_status heddle_checkpointer_save(heddle_checkpointer *checkpointer,
                                       const heddle_checkpoint *checkpoint, heddle_error *err)
{
    heddle_view tx_id =
        heddle_view_of(checkpoint->tx_id, strnlen(checkpoint->tx_id, sizeof(checkpoint->tx_id)));
    heddle_error said;
    base_error_clear(&said);
    if (!events_checkpoint_is_tx_id(tx_id))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "checkpoint: the transaction id is malformed");
    pthread_mutex_lock(&checkpointer->lock);
    heddle_status status = checkpointer->save(checkpointer->user, checkpoint, &said);
    pthread_mutex_unlock(&checkpointer->lock);
    if (status)
        return base_fail(err, status, "checkpoint: %s",
                         said.message[0] ? said.message : heddle_status_text(status));
    return HEDDLE_OK;
}

heddle_status heddle_checkpointer_save_block(heddle_checkpointer *checkpointer,
                                             uint64_t block_number, heddle_error *err)
{
    const heddle_checkpoint next = {.block_number = block_number + 1};
    if (block_number == UINT64_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "checkpoint: no block comes after this one");
    return heddle_checkpointer_save(checkpointer, &next, err);
}

heddle_status heddle_checkpointer_save_tx(heddle_checkpointer *checkpointer, uint64_t block_number,
                                          const char *tx_id, heddle_error *err)
{
    heddle_checkpoint at = {.block_number = block_number};
    size_t len = tx_id ? strlen(tx_id) : 0;
    if (len == 0 || len >= sizeof(at.tx_id))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "checkpoint: a transaction id has 1 to 64 characters");
    memcpy(at.tx_id, tx_id, len + 1);
    return heddle_checkpointer_save(checkpointer, &at, err);
}
