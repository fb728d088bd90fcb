#include "devnet/peer/support.h"

#include <pthread.h>

#include "base/fail.h"
#include "base/map.h"
#include "base/view.h"
#include "devnet/peer/visit.h"
#include "wire/services.h"

enum { MOST_CLIENTS = 1000 };

struct dn_support {
    base_arena *arena; /* of the names */
    const char **names;
    size_t name_count;
    dn_support_options options;
    pthread_mutex_t lock; /* of what follows */
    base_map *clients;    /* id -> dn_chaincode_client */
    size_t client_count;
    bool is_stopped;
};

static heddle_status copy_names(dn_support *support, heddle_error *err)
{
    const dn_support_options *options = &support->options;
    support->names =
        base_arena_zalloc(support->arena, options->chaincode_count + 1, sizeof(*support->names));
    if (!support->names)
        return base_arena_fail(support->arena, err, "chaincodes");
    for (size_t i = 0; i < options->chaincode_count; i++) {
        if (!options->chaincodes[i].dials_in)
            continue;
        const char *name = base_arena_strdup(support->arena, options->chaincodes[i].name);
        if (!name)
            return base_arena_fail(support->arena, err, "chaincodes");
        support->names[support->name_count++] = name;
    }
    support->options.chaincodes = NULL;
    return HEDDLE_OK;
}

heddle_status dn_support_open(const dn_support_options *options, dn_support **out,
                              heddle_error *err)
{
    dn_support *support = base_calloc(1, sizeof(*support));
    if (!support)
        return base_fail_memory(err, "chaincodes");
    support->options = *options;
    pthread_mutex_init(&support->lock, NULL);
    support->arena = base_arena_new(0);
    support->clients = base_map_new();
    heddle_status status = support->arena && support->clients ? copy_names(support, err)
                                                              : base_fail_memory(err, "chaincodes");
    if (status == HEDDLE_OK)
        *out = support;
    else
        dn_support_free(support);
    return status;
}

bool dn_support_is_open(const dn_support *support)
{
    return support && support->name_count > 0;
}

/* "name:version" of one that dials in, or the id of a package. */
static bool is_known(const dn_support *support, const char *id)
{
    size_t len = strcspn(id, ":");
    for (size_t i = 0; i < support->name_count && id[len]; i++) {
        if (base_view_is(heddle_view_of(id, len), support->names[i]))
            return true;
    }
    return dn_installs_find(support->options.installs, heddle_view_str(id)) != NULL;
}

/* Under the lock. */
static heddle_status add_client(dn_support *support, const char *id, dn_chaincode_client **out,
                                heddle_error *err)
{
    dn_chaincode_options options = {.id = id,
                                    .execute_timeout_ms = support->options.execute_timeout_ms,
                                    .is_old = support->options.is_old};
    dn_chaincode_client *client = NULL;
    if (support->is_stopped)
        return base_fail(err, HEDDLE_E_BAD_STATE, "error sending: chaincode stream terminated");
    if (support->client_count == MOST_CLIENTS)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d chaincodes", MOST_CLIENTS);
    BASE_TRY(dn_chaincode_client_open(&options, &client, err));
    if (base_map_put(support->clients, heddle_view_str(id), client, NULL) != HEDDLE_OK) {
        dn_chaincode_client_stop(client);
        dn_chaincode_client_free(client);
        return base_fail_memory(err, "chaincodes");
    }
    support->client_count++;
    *out = client;
    return HEDDLE_OK;
}

heddle_status dn_support_client(dn_support *support, const char *id, dn_chaincode_client **out,
                                heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&support->lock);
    dn_chaincode_client *found = base_map_get(support->clients, heddle_view_str(id));
    if (!found)
        status = add_client(support, id, &found, err);
    pthread_mutex_unlock(&support->lock);
    if (status == HEDDLE_OK)
        *out = found;
    return status;
}

dn_chaincode_client *dn_support_present(dn_support *support, const char *id)
{
    if (!dn_support_is_open(support))
        return NULL;
    pthread_mutex_lock(&support->lock);
    dn_chaincode_client *found = base_map_get(support->clients, heddle_view_str(id));
    pthread_mutex_unlock(&support->lock);
    return found && dn_chaincode_client_is_ready(found) ? found : NULL;
}

static heddle_status greet(void *user, const char *id, dn_chaincode_client **out, heddle_error *err)
{
    dn_support *support = user;
    dn_chaincode_client *client = NULL;
    if (!is_known(support, id))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "peer will not accept external chaincode connection %.200s (no chaincode "
                         "of that name dials in, and no package has that id)",
                         id);
    BASE_TRY(dn_support_client(support, id, &client, err));
    *out = dn_chaincode_client_ref(client);
    return HEDDLE_OK;
}

static void on_register(rpc_server_call *call, void *user)
{
    dn_visit_begin(call, greet, user);
}

rpc_method dn_support_method(dn_support *support)
{
    return (rpc_method){WIRE_CHAINCODE_REGISTER, RPC_METHOD_STREAM, on_register, support};
}

void dn_support_stop(dn_support *support)
{
    size_t cursor = 0;
    heddle_view key;
    void *client;
    if (!support)
        return;
    pthread_mutex_lock(&support->lock);
    bool was_stopped = support->is_stopped;
    support->is_stopped = true;
    pthread_mutex_unlock(&support->lock);
    while (!was_stopped && base_map_next(support->clients, &cursor, &key, &client))
        dn_chaincode_client_stop(client);
}

static void free_client(void *client)
{
    dn_chaincode_client_free(client);
}

void dn_support_free(dn_support *support)
{
    if (!support)
        return;
    dn_support_stop(support);
    base_map_free(support->clients, free_client);
    base_arena_free(support->arena);
    pthread_mutex_destroy(&support->lock);
    base_free(support);
}
