/* A wallet in memory. */
#include <pthread.h>

#include "base/fail.h"
#include "base/map.h"
#include "profile/store.h"

struct memory {
    pthread_mutex_t lock; /* guards the map */
    base_map *documents;  /* label -> base_buffer */
};

static void document_free(void *document)
{
    base_buffer *buf = document;
    if (!buf)
        return;
    base_buffer_wipe(buf);
    base_free(buf);
}

static void memory_release(void *user)
{
    struct memory *memory = user;
    base_map_free(memory->documents, document_free);
    pthread_mutex_destroy(&memory->lock);
    base_free(memory);
}

static heddle_status memory_put(const char *label, heddle_view data, void *user, heddle_error *err)
{
    struct memory *memory = user;
    base_buffer *document = base_calloc(1, sizeof(*document));
    void *old = NULL;
    if (!document)
        return base_fail_memory(err, label);
    heddle_status status = base_buffer_append(document, data);
    pthread_mutex_lock(&memory->lock);
    if (status == HEDDLE_OK)
        status = base_map_put(memory->documents, heddle_view_str(label), document, &old);
    pthread_mutex_unlock(&memory->lock);
    document_free(status ? document : old);
    return status ? base_fail_memory(err, label) : HEDDLE_OK;
}

static heddle_status memory_get(const char *label, void *sink, void *user, heddle_error *err)
{
    struct memory *memory = user;
    pthread_mutex_lock(&memory->lock);
    base_buffer *document = base_map_get(memory->documents, heddle_view_str(label));
    heddle_status status =
        document ? heddle_wallet_give(sink, base_buffer_view(document)) : HEDDLE_E_NOT_FOUND;
    pthread_mutex_unlock(&memory->lock);
    return status ? base_fail(err, status, "%s", heddle_status_text(status)) : HEDDLE_OK;
}

static heddle_status memory_remove(const char *label, void *user, heddle_error *err)
{
    struct memory *memory = user;
    pthread_mutex_lock(&memory->lock);
    void *document = base_map_remove(memory->documents, heddle_view_str(label));
    pthread_mutex_unlock(&memory->lock);
    document_free(document);
    return document ? HEDDLE_OK : base_fail(err, HEDDLE_E_NOT_FOUND, "not found");
}

static heddle_status memory_list(void *sink, void *user, heddle_error *err)
{
    struct memory *memory = user;
    heddle_status status = HEDDLE_OK;
    size_t cursor = 0;
    heddle_view label;
    void *document;
    pthread_mutex_lock(&memory->lock);
    while (status == HEDDLE_OK && base_map_next(memory->documents, &cursor, &label, &document))
        status = heddle_wallet_give(sink, label);
    pthread_mutex_unlock(&memory->lock);
    return status ? base_fail(err, status, "%s", heddle_status_text(status)) : HEDDLE_OK;
}

heddle_status profile_memory_store(heddle_wallet_store *out, heddle_error *err)
{
    struct memory *memory = base_calloc(1, sizeof(*memory));
    if (!memory)
        return base_fail_memory(err, "wallet");
    memory->documents = base_map_new();
    if (!memory->documents) {
        base_free(memory);
        return base_fail_memory(err, "wallet");
    }
    pthread_mutex_init(&memory->lock, NULL);
    *out = (heddle_wallet_store){.size = sizeof(*out),
                                 .put = memory_put,
                                 .get = memory_get,
                                 .remove = memory_remove,
                                 .list = memory_list,
                                 .release = memory_release,
                                 .user = memory};
    return HEDDLE_OK;
}
