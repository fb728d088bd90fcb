#include "devnet/peer/invoke.h"

#include "base/fail.h"
#include "devnet/peer/chaincode.h"
#include "devnet/peer/core.h"
#include "wire/reader.h"

struct dn_invoker {
    const dn_core *core;
    const dn_definitions *definitions; /* what is told */
    dn_chaincode_client **clients;     /* one for each definition */
    size_t count;
};

void dn_invoker_stop(dn_invoker *invoker)
{
    for (size_t i = 0; i < invoker->count; i++)
        dn_chaincode_client_stop(invoker->clients[i]);
}

void dn_invoker_free(dn_invoker *invoker)
{
    if (!invoker)
        return;
    for (size_t i = 0; i < invoker->count; i++)
        dn_chaincode_client_free(invoker->clients[i]);
    base_free(invoker->clients);
    base_free(invoker);
}

static heddle_status open_clients(dn_invoker *invoker, uint64_t execute_timeout_ms,
                                  heddle_error *err)
{
    size_t count = dn_definitions_count(invoker->definitions);
    invoker->clients = base_calloc(count + 1, sizeof(*invoker->clients));
    if (!invoker->clients)
        return base_fail_memory(err, "chaincodes");
    for (size_t i = 0; i < count; i++) {
        const dn_definition *d = dn_definitions_at(invoker->definitions, i);
        dn_chaincode_options options = {.name = d->name,
                                        .version = d->version,
                                        .address = d->address,
                                        .execute_timeout_ms = execute_timeout_ms,
                                        .invoker = invoker};
        BASE_TRY(dn_chaincode_client_open(&options, &invoker->clients[i], err));
        invoker->count++;
    }
    return HEDDLE_OK;
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
    invoker->definitions = core->told;
    heddle_status status = open_clients(invoker, execute_timeout_ms, err);
    if (status == HEDDLE_OK) {
        *out = invoker;
        return HEDDLE_OK;
    }
    dn_invoker_stop(invoker);
    dn_invoker_free(invoker);
    return status;
}

static dn_chaincode_client *find(const dn_invoker *invoker, const char *name)
{
    for (size_t i = 0; i < invoker->count; i++) {
        if (!strcmp(dn_definitions_at(invoker->definitions, i)->name, name))
            return invoker->clients[i];
    }
    return NULL;
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

heddle_status dn_invoke(dn_invoker *invoker, dn_txn *txn, const char *name, heddle_view input,
                        dn_outcome_fn *done, void *user, heddle_error *err)
{
    dn_chaincode_client *client = find(invoker, name);
    if (!client)
        return base_fail(err, HEDDLE_E_NOT_FOUND,
                         "invalid invocation: [channel %s] failed to get chaincode container info "
                         "for %s: chaincode %s not found",
                         dn_txn_channel(txn), name, name);
    if (is_init(input))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "invalid invocation: chaincode '%s' does not require initialization but "
                         "called as init",
                         name);
    return dn_chaincode_client_call(client, txn, input, done, user, err);
}

bool dn_invoker_is_ready(const dn_invoker *invoker, const char *name)
{
    const dn_chaincode_client *client = find(invoker, name);
    return client && dn_chaincode_client_is_ready(client);
}
