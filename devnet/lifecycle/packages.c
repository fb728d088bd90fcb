/* Packages of chaincode: installed, listed, handed out. */
#include "base/fail.h"
#include "devnet/lifecycle/lifecycle.h"

typedef Lifecycle__QueryInstalledChaincodesResult all_result;
typedef Lifecycle__QueryInstalledChaincodesResult__InstalledChaincode installed;
typedef Lifecycle__QueryInstalledChaincodesResult__InstalledChaincode__ReferencesEntry entry;
typedef Lifecycle__QueryInstalledChaincodesResult__Chaincode chaincode;

static heddle_status no_memory(const dn_lifecycle *l, heddle_error *err)
{
    return base_arena_fail(l->arena, err, "lifecycle");
}

heddle_status dn_lifecycle_install(const dn_lifecycle *l, heddle_view input, heddle_view *out,
                                   heddle_error *err)
{
    Lifecycle__InstallChaincodeArgs *args;
    Lifecycle__InstallChaincodeResult result = LIFECYCLE__INSTALL_CHAINCODE_RESULT__INIT;
    const dn_install *install;
    BASE_TRY(wire_decode(lifecycle__install_chaincode_args, input, l->arena, &args, err));
    BASE_TRY(dn_installs_add(l->call->local->installs, wire_view(args->chaincode_install_package),
                             &install, err));
    result.label = wire_text(install->label);
    result.package_id = wire_text(install->package_id);
    return wire_encode_arena(&result.base, l->arena, out, err);
}

heddle_status dn_lifecycle_get_package(const dn_lifecycle *l, heddle_view input, heddle_view *out,
                                       heddle_error *err)
{
    Lifecycle__GetInstalledChaincodePackageArgs *args;
    Lifecycle__GetInstalledChaincodePackageResult result =
        LIFECYCLE__GET_INSTALLED_CHAINCODE_PACKAGE_RESULT__INIT;
    base_auto_buffer base_buffer bytes = {0};
    dn_installs *installs = l->call->local->installs;
    BASE_TRY(
        wire_decode(lifecycle__get_installed_chaincode_package_args, input, l->arena, &args, err));
    const dn_install *install = dn_installs_find(installs, heddle_view_str(args->package_id));
    if (!install)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "could not load cc install package: chaincode install package '%.256s' "
                         "not found",
                         args->package_id);
    BASE_TRY(dn_installs_read(installs, install, &bytes, err));
    result.chaincode_install_package = wire_bytes(base_buffer_view(&bytes));
    return wire_encode_arena(&result.base, l->arena, out, err);
}

/* Definitions of one channel that run the package. */

static bool uses(const dn_definition *d, const dn_install *install)
{
    return d->is_approved && d->has_source &&
           !memcmp(d->source_hash, install->source_hash, sizeof(d->source_hash));
}

static heddle_status list_uses(const dn_lifecycle *l, const dn_definitions *definitions,
                               const dn_install *install, chaincode ***out, size_t *out_count,
                               heddle_error *err)
{
    size_t count = dn_definitions_count(definitions), made = 0;
    chaincode **items = base_arena_zalloc(l->arena, count + 1, sizeof(*items));
    if (!items)
        return no_memory(l, err);
    for (size_t i = 0; i < count; i++) {
        const dn_definition *d = dn_definitions_at(definitions, i);
        if (!uses(d, install))
            continue;
        chaincode *one =
            wire_new(lifecycle__query_installed_chaincodes_result__chaincode, l->arena);
        if (!one)
            return no_memory(l, err);
        one->name = base_arena_strdup(l->arena, d->name);
        one->version = base_arena_strdup(l->arena, d->version);
        if (!one->name || !one->version)
            return no_memory(l, err);
        items[made++] = one;
    }
    *out = items;
    *out_count = made;
    return HEDDLE_OK;
}

static heddle_status add_channel(const dn_lifecycle *l, const dn_core *core,
                                 const dn_install *install, installed *to, heddle_error *err)
{
    base_auto(dn_definitions) dn_definitions *definitions = dn_ledger_definitions(core->ledger);
    chaincode **items = NULL;
    size_t count = 0;
    BASE_TRY(list_uses(l, definitions, install, &items, &count, err));
    if (!count)
        return HEDDLE_OK;
    entry *reference = wire_new(
        lifecycle__query_installed_chaincodes_result__installed_chaincode__references_entry,
        l->arena);
    if (reference)
        reference->value =
            wire_new(lifecycle__query_installed_chaincodes_result__references, l->arena);
    if (!reference || !reference->value)
        return no_memory(l, err);
    reference->key = wire_text(core->channel->name);
    reference->value->chaincodes = items;
    reference->value->n_chaincodes = count;
    to->references[to->n_references++] = reference;
    return HEDDLE_OK;
}

static heddle_status describe(const dn_lifecycle *l, const dn_install *install, installed **out,
                              heddle_error *err)
{
    const dn_local *local = l->call->local;
    size_t channels = 0;
    while (dn_local_at(local, channels))
        channels++;
    installed *made =
        wire_new(lifecycle__query_installed_chaincodes_result__installed_chaincode, l->arena);
    if (made)
        made->references = base_arena_zalloc(l->arena, channels + 1, sizeof(*made->references));
    if (!made || !made->references)
        return no_memory(l, err);
    made->package_id = wire_text(install->package_id);
    made->label = wire_text(install->label);
    for (size_t i = 0; i < channels; i++)
        BASE_TRY(add_channel(l, dn_local_at(local, i), install, made, err));
    *out = made;
    return HEDDLE_OK;
}

heddle_status dn_lifecycle_query_all_installed(const dn_lifecycle *l, heddle_view input,
                                               heddle_view *out, heddle_error *err)
{
    all_result result = LIFECYCLE__QUERY_INSTALLED_CHAINCODES_RESULT__INIT;
    dn_installs *installs = l->call->local->installs;
    size_t count = dn_installs_count(installs);
    (void)input;
    result.installed_chaincodes =
        base_arena_zalloc(l->arena, count + 1, sizeof(*result.installed_chaincodes));
    if (!result.installed_chaincodes)
        return no_memory(l, err);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(describe(l, dn_installs_at(installs, i), &result.installed_chaincodes[i], err));
    result.n_installed_chaincodes = count;
    return wire_encode_arena(&result.base, l->arena, out, err);
}

/* The message of one has the same fields under the same numbers as each of all. */
heddle_status dn_lifecycle_query_installed(const dn_lifecycle *l, heddle_view input,
                                           heddle_view *out, heddle_error *err)
{
    Lifecycle__QueryInstalledChaincodeArgs *args;
    installed *result;
    BASE_TRY(wire_decode(lifecycle__query_installed_chaincode_args, input, l->arena, &args, err));
    const dn_install *install =
        dn_installs_find(l->call->local->installs, heddle_view_str(args->package_id));
    if (!install)
        return base_fail(err, HEDDLE_E_REFUSED, "could not find chaincode with package id '%.256s'",
                         args->package_id);
    BASE_TRY(describe(l, install, &result, err));
    return wire_encode_arena(&result->base, l->arena, out, err);
}
