#include "devnet/peer/invoke.h"

#include "base/fail.h"
#include "devnet/lifecycle/runner.h"
#include "devnet/peer/chaincode.h"
#include "devnet/peer/core.h"
#include "devnet/peer/support.h"
#include "wire/reader.h"

enum { TOLD_DIAL_TIMEOUT_MS = 3000 };

/* A chaincode's service: of a package, or told. */
typedef struct service {
    base_list link;
    const dn_install *install; /* NULL: told */
    char *name;                /* of a chaincode that is told */
    dn_chaincode_client *client;
} service;

struct dn_invoker {
    const dn_core *core;
    uint64_t execute_timeout_ms;
    pthread_mutex_t lock; /* of what follows */
    base_list services;
    bool is_stopped;
    dn_definitions *followed; /* the services have been looked at with these; a reference */
};

static void service_free(service *s)
{
    base_list_remove(&s->link);
    dn_chaincode_client_free(s->client);
    base_free(s->name);
    base_free(s);
}

/* No service is added once it is stopped. */
void dn_invoker_stop(dn_invoker *invoker)
{
    pthread_mutex_lock(&invoker->lock);
    invoker->is_stopped = true;
    pthread_mutex_unlock(&invoker->lock);
    base_list_each (it, &invoker->services)
        dn_chaincode_client_stop(base_list_entry(it, service, link)->client);
}

void dn_invoker_free(dn_invoker *invoker)
{
    if (!invoker)
        return;
    base_list_each_safe (it, &invoker->services)
        service_free(base_list_entry(it, service, link));
    dn_definitions_unref(invoker->followed);
    pthread_mutex_destroy(&invoker->lock);
    base_free(invoker);
}

static heddle_status add_service(dn_invoker *invoker, const dn_install *install, const char *name,
                                 const dn_chaincode_options *options, service **out,
                                 heddle_error *err)
{
    service *made = base_calloc(1, sizeof(*made));
    if (!made)
        return base_fail_memory(err, "chaincodes");
    base_list_init(&made->link);
    made->install = install;
    made->name = base_strdup(name);
    heddle_status status = made->name ? dn_chaincode_client_open(options, &made->client, err)
                                      : base_fail_memory(err, "chaincodes");
    if (status != HEDDLE_OK) {
        service_free(made);
        return status;
    }
    base_list_append(&invoker->services, &made->link);
    *out = made;
    return HEDDLE_OK;
}

static heddle_status add_told(dn_invoker *invoker, const dn_definition *told, heddle_error *err)
{
    base_auto_buffer base_buffer id = {0};
    dn_connection connection = {
        .address = told->address, .domain = "", .dial_timeout_ms = TOLD_DIAL_TIMEOUT_MS};
    service *made;
    if (base_buffer_printf(&id, "%s:%s", told->name, told->version) != HEDDLE_OK ||
        base_buffer_append_byte(&id, 0) != HEDDLE_OK)
        return base_fail_memory(err, "chaincodes");
    dn_chaincode_options options = {.id = (const char *)id.data,
                                    .connection = &connection,
                                    .execute_timeout_ms = invoker->execute_timeout_ms,
                                    .is_old = invoker->core->options.is_old};
    return add_service(invoker, NULL, told->name, &options, &made, err);
}

static heddle_status add_install(dn_invoker *invoker, const dn_install *install, service **out,
                                 heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    dn_connection connection;
    if (!arena)
        return base_fail_memory(err, "chaincodes");
    BASE_TRY(
        dn_installs_connection(invoker->core->local->installs, install, arena, &connection, err));
    dn_chaincode_options options = {.id = install->package_id,
                                    .checks_id = true,
                                    .connection = &connection,
                                    .execute_timeout_ms = invoker->execute_timeout_ms,
                                    .is_old = invoker->core->options.is_old};
    return add_service(invoker, install, "", &options, out, err);
}

const dn_core *dn_invoker_core(const dn_invoker *invoker)
{
    return invoker->core;
}

heddle_status dn_invoker_open(const dn_core *core, uint64_t execute_timeout_ms, dn_invoker **out,
                              heddle_error *err)
{
    dn_invoker *invoker = base_calloc(1, sizeof(*invoker));
    if (!invoker)
        return base_fail_memory(err, "chaincodes");
    invoker->core = core;
    invoker->execute_timeout_ms = execute_timeout_ms;
    base_list_init(&invoker->services);
    pthread_mutex_init(&invoker->lock, NULL);
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; i < dn_definitions_count(core->told) && status == HEDDLE_OK; i++) {
        if (dn_definitions_at(core->told, i)->address)
            status = add_told(invoker, dn_definitions_at(core->told, i), err);
    }
    if (status == HEDDLE_OK) {
        *out = invoker;
        return HEDDLE_OK;
    }
    dn_invoker_stop(invoker);
    dn_invoker_free(invoker);
    return status;
}

static service *find(const dn_invoker *invoker, const dn_runner *runner)
{
    base_list_each (it, &invoker->services) {
        service *s = base_list_entry(it, service, link);
        if (runner->install ? s->install == runner->install
                            : !s->install && !strcmp(s->name, runner->definition->name))
            return s;
    }
    return NULL;
}

static heddle_status find_dialler(const dn_invoker *invoker, const dn_definition *d,
                                  dn_chaincode_client **out, heddle_error *err)
{
    base_auto_buffer base_buffer id = {0};
    if (base_buffer_printf(&id, "%s:%s", d->name, d->version) != HEDDLE_OK ||
        !base_buffer_cstr(&id))
        return base_fail_memory(err, "chaincodes");
    return dn_support_client(invoker->core->local->support, base_buffer_cstr(&id), out, err);
}

/* A package's chaincode that has dialled in by itself is not dialled. */
static heddle_status find_client(dn_invoker *invoker, const dn_runner *runner,
                                 dn_chaincode_client **out, heddle_error *err)
{
    dn_support *support = invoker->core->local->support;
    service *s = find(invoker, runner);
    if (runner->install && (*out = dn_support_present(support, runner->install->package_id)))
        return HEDDLE_OK;
    if (!s && invoker->is_stopped)
        return base_fail(err, HEDDLE_E_BAD_STATE, "error sending: chaincode stream terminated");
    if (!s && !runner->install)
        return find_dialler(invoker, runner->definition, out, err);
    if (!s)
        BASE_TRY(add_install(invoker, runner->install, &s, err));
    *out = s->client;
    return HEDDLE_OK;
}

/* Under the lock: the service stays until the call has a reference to its client. */
static heddle_status call_service(dn_invoker *invoker, const dn_runner *runner,
                                  const dn_chaincode_task *task, dn_outcome_fn *done, void *user,
                                  heddle_error *err)
{
    dn_chaincode_client *client = NULL;
    BASE_TRY(find_client(invoker, runner, &client, err));
    return dn_chaincode_client_call(client, task, done, user, err);
}

/* Leaving services. */

static bool is_used(const service *s, const dn_definitions *definitions)
{
    for (size_t i = 0; i < dn_definitions_count(definitions); i++) {
        const dn_definition *d = dn_definitions_at(definitions, i);
        if (d->has_source && !memcmp(d->source_hash, s->install->source_hash, 32))
            return true;
    }
    return false;
}

/* Take one that is not used out of the list; NULL: there is none. */
static service *take_unused(dn_invoker *invoker, const dn_definitions *definitions)
{
    service *found = NULL;
    pthread_mutex_lock(&invoker->lock);
    base_list_each (it, &invoker->services) {
        service *s = base_list_entry(it, service, link);
        if (!invoker->is_stopped && !found && s->install && !is_used(s, definitions))
            found = s;
    }
    if (found)
        base_list_remove(&found->link);
    pthread_mutex_unlock(&invoker->lock);
    return found;
}

void dn_invoker_follow(dn_invoker *invoker)
{
    base_auto(dn_definitions) dn_definitions *now = dn_ledger_definitions(invoker->core->ledger);
    service *unused;
    if (now == invoker->followed)
        return;
    while ((unused = take_unused(invoker, now))) {
        dn_chaincode_client_stop(unused->client);
        service_free(unused);
    }
    dn_definitions_unref(invoker->followed);
    invoker->followed = base_steal(&now);
}

static bool is_init(heddle_view input)
{
    wire_reader reader = wire_reader_of(input);
    wire_field field;
    bool init = false;
    while (wire_reader_next(&reader, &field)) {
        if (field.number == 3 && field.type == WIRE_TYPE_VARINT)
            init = field.varint != 0;
    }
    return init;
}

static heddle_status check_invocation(const dn_invoker *invoker, const dn_chaincode_task *task,
                                      dn_runner *out, heddle_error *err)
{
    heddle_status status =
        dn_runner_find(invoker->core->local->installs, task->txn, task->name, out, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "[channel %s] failed to get chaincode container info for %s",
                          dn_txn_channel(task->txn), task->name);
    if (status == HEDDLE_OK)
        status = dn_runner_check_init(out->definition, task->txn, task->is_init, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "invalid invocation");
    return status;
}

heddle_status dn_invoke(dn_invoker *invoker, dn_txn *txn, const char *name, heddle_view input,
                        dn_outcome_fn *done, void *user, heddle_error *err)
{
    dn_chaincode_task task = {
        .name = name, .txn = txn, .invoker = invoker, .input = input, .is_init = is_init(input)};
    dn_runner runner;
    BASE_TRY(check_invocation(invoker, &task, &runner, err));
    pthread_mutex_lock(&invoker->lock);
    heddle_status status = call_service(invoker, &runner, &task, done, user, err);
    pthread_mutex_unlock(&invoker->lock);
    return status;
}
