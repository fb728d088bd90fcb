/* Packages on a peer: installed, listed, fetched. The peer's own list tells what it has; that
 * it has a package already it says in words only. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "client/gateway.h"
#include "client/proposal.h"
#include "heddle/lifecycle.h"
#include "package/package.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "wire/codec.h"
#include "wire/reader.h"

#define LIFECYCLE "_lifecycle"

enum { INSTALL_TIMEOUT_MS = 300000 };

static void free_bytes(heddle_bytes *bytes)
{
    heddle_bytes_done(bytes);
}
#define auto_bytes __attribute__((cleanup(free_bytes)))

/* Ask @p function with the message @p args, and decode nothing yet. */
static heddle_status ask(heddle_peer *peer, const char *function, const ProtobufCMessage *args,
                         const heddle_call_options *options, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    heddle_question question = HEDDLE_QUESTION(LIFECYCLE, function);
    BASE_TRY(wire_encode(args, &bytes, err));
    heddle_view arg = base_buffer_view(&bytes);
    question.args = &arg;
    question.arg_count = 1;
    return heddle_peer_ask(peer, &question, options, out, NULL, err);
}

static heddle_status give_text(const char *text, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer buf = {0};
    if (!out)
        return HEDDLE_OK;
    if (base_buffer_append_str(&buf, text))
        return base_fail_memory(err, "package id");
    return client_bytes_give(&buf, out, err);
}

static heddle_status choose_limit(const heddle_call_options *given, heddle_call_options *out,
                                  heddle_error *err)
{
    BASE_TRY(client_options_copy(out, sizeof(*out), given, "HEDDLE_CALL_OPTIONS", err));
    out->size = sizeof(*out);
    if (!out->timeout_ms && !out->evaluate_timeout_ms)
        out->evaluate_timeout_ms = INSTALL_TIMEOUT_MS;
    return HEDDLE_OK;
}

static heddle_status read_installed(const heddle_bytes *answer, const heddle_package *package,
                                    heddle_bytes *out_id, heddle_error *err)
{
    Lifecycle__InstallChaincodeResult *result;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "package id");
    BASE_TRY(wire_decode(lifecycle__install_chaincode_result,
                         heddle_view_of(answer->data, answer->len), arena, &result, err));
    if (strcmp(result->package_id, heddle_package_id(package)) != 0)
        return base_fail(err, HEDDLE_E_DECODE, "the peer's package id is %.128s, not %.128s",
                         result->package_id, heddle_package_id(package));
    return give_text(result->package_id, out_id, err);
}

heddle_status heddle_lifecycle_install(heddle_peer *peer, heddle_view bytes,
                                       const heddle_call_options *given, heddle_bytes *out_id,
                                       heddle_error *err)
{
    heddle_call_options options = {0};
    heddle_error why;
    base_auto(heddle_package) heddle_package *package = NULL;
    auto_bytes heddle_bytes answer = {0};
    Lifecycle__InstallChaincodeArgs args = LIFECYCLE__INSTALL_CHAINCODE_ARGS__INIT;
    BASE_TRY(heddle_package_read(bytes, &package, err));
    BASE_TRY(choose_limit(given, &options, err));
    args.chaincode_install_package = wire_bytes(bytes);
    heddle_status status = ask(peer, "InstallChaincode", &args.base, &options, &answer, &why);
    if (status == HEDDLE_OK)
        return read_installed(&answer, package, out_id, err);
    if (strstr(why.message, "chaincode already successfully installed"))
        return give_text(heddle_package_id(package), out_id, err);
    if (err)
        *err = why;
    return status;
}

struct heddle_installed {
    base_arena *arena;
    heddle_installed_package *items;
    size_t count;
};

BASE_AUTO_DEFINE(heddle_installed, heddle_installed *, heddle_installed_free)

void heddle_installed_free(heddle_installed *installed)
{
    if (!installed)
        return;
    base_arena_free(installed->arena);
    base_free(installed);
}

size_t heddle_installed_count(const heddle_installed *installed)
{
    return installed->count;
}

const heddle_installed_package *heddle_installed_at(const heddle_installed *installed, size_t index)
{
    return index < installed->count ? &installed->items[index] : NULL;
}

const heddle_installed_package *heddle_installed_find(const heddle_installed *installed,
                                                      const char *id)
{
    for (size_t i = 0; i < installed->count; i++)
        if (strcmp(installed->items[i].id, id) == 0)
            return &installed->items[i];
    return NULL;
}

typedef Lifecycle__QueryInstalledChaincodesResult__InstalledChaincode installed_message;

static int compare_uses(const void *a, const void *b)
{
    const heddle_package_use *first = a, *second = b;
    int order = strcmp(first->channel, second->channel);
    return order ? order : strcmp(first->name, second->name);
}

static heddle_status fill_uses(const installed_message *from, base_arena *arena,
                               heddle_installed_package *out, heddle_error *err)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < from->n_references; i++)
        count += from->references[i]->value ? from->references[i]->value->n_chaincodes : 0;
    heddle_package_use *uses = base_arena_zalloc(arena, count + 1, sizeof(*uses));
    if (!uses)
        return base_arena_fail(arena, err, "installed packages");
    for (size_t i = 0; i < from->n_references; i++)
        for (size_t j = 0;
             from->references[i]->value && j < from->references[i]->value->n_chaincodes; j++)
            uses[at++] =
                (heddle_package_use){.channel = from->references[i]->key,
                                     .name = from->references[i]->value->chaincodes[j]->name,
                                     .version = from->references[i]->value->chaincodes[j]->version};
    qsort(uses, count, sizeof(*uses), compare_uses);
    out->uses = uses;
    out->use_count = count;
    return HEDDLE_OK;
}

static int compare_packages(const void *a, const void *b)
{
    return strcmp(((const heddle_installed_package *)a)->id,
                  ((const heddle_installed_package *)b)->id);
}

static heddle_status read_list(heddle_view bytes, heddle_installed *out, heddle_error *err)
{
    Lifecycle__QueryInstalledChaincodesResult *result;
    BASE_TRY(
        wire_decode(lifecycle__query_installed_chaincodes_result, bytes, out->arena, &result, err));
    size_t count = result->n_installed_chaincodes;
    out->items = base_arena_zalloc(out->arena, count + 1, sizeof(*out->items));
    if (!out->items)
        return base_arena_fail(out->arena, err, "installed packages");
    for (size_t i = 0; i < count; i++) {
        const installed_message *from = result->installed_chaincodes[i];
        out->items[i] = (heddle_installed_package){.id = from->package_id, .label = from->label};
        BASE_TRY(fill_uses(from, out->arena, &out->items[i], err));
    }
    qsort(out->items, count, sizeof(*out->items), compare_packages);
    out->count = count;
    return HEDDLE_OK;
}

heddle_status heddle_lifecycle_installed(heddle_peer *peer, const heddle_call_options *options,
                                         heddle_installed **out, heddle_error *err)
{
    Lifecycle__QueryInstalledChaincodesArgs args = LIFECYCLE__QUERY_INSTALLED_CHAINCODES_ARGS__INIT;
    auto_bytes heddle_bytes answer = {0};
    BASE_TRY(ask(peer, "QueryInstalledChaincodes", &args.base, options, &answer, err));
    base_auto(heddle_installed) heddle_installed *installed = base_calloc(1, sizeof(*installed));
    if (installed)
        installed->arena = base_arena_new(0);
    if (!installed || !installed->arena)
        return base_fail_memory(err, "installed packages");
    BASE_TRY(read_list(heddle_view_of(answer.data, answer.len), installed, err));
    *out = base_steal(&installed);
    return HEDDLE_OK;
}

static heddle_status read_package(const heddle_bytes *answer, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    heddle_view package;
    if (!wire_field_find(heddle_view_of(answer->data, answer->len), 1, &package))
        return base_fail(err, HEDDLE_E_DECODE, "the answer has no package in it");
    if (base_buffer_append(&bytes, package))
        return base_fail_memory(err, "package");
    return client_bytes_give(&bytes, out, err);
}

heddle_status heddle_lifecycle_fetch(heddle_peer *peer, const char *id,
                                     const heddle_call_options *options, heddle_bytes *out,
                                     heddle_error *err)
{
    Lifecycle__GetInstalledChaincodePackageArgs args =
        LIFECYCLE__GET_INSTALLED_CHAINCODE_PACKAGE_ARGS__INIT;
    auto_bytes heddle_bytes answer = {0};
    heddle_error why;
    if (!id || !*id)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the package id is empty");
    args.package_id = wire_text(id);
    heddle_status status =
        ask(peer, "GetInstalledChaincodePackage", &args.base, options, &answer, &why);
    if (status == HEDDLE_OK)
        return read_package(&answer, out, err);
    if (status == HEDDLE_E_REFUSED && strstr(why.message, "not found"))
        why.status = HEDDLE_E_NOT_FOUND;
    if (err)
        *err = why;
    return why.status;
}
