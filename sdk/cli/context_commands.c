/* heddle context: which networks there are, and as whom one works on them. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/context_edit.h"
#include "cli/groups.h"
#include "cli/state.h"
#include "json/document.h"

struct named {
    const char *name;
};

static const cli_option name_argument[] = {
    {.name = "NAME",
     CLI_AT(struct named, name),
     .completion = CLI_COMPLETE_CONTEXT,
     .flags = CLI_REQUIRED,
     .help = "name of the context"},
};

/* list */

static heddle_status run_list(cli_session *session, const void *values, heddle_error *err)
{
    (void)values;
    cli_auto_document cli_document doc;
    const cli_contexts *all;
    cli_document_init(&doc);
    BASE_TRY(cli_contexts_read(session, &all, err));
    const cli_context *contexts = all->contexts.items;
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < all->contexts.count; i++) {
        const cli_organization *orgs = contexts[i].organizations.items;
        cli_begin_object(&doc, NULL);
        cli_put_text(&doc, "name", contexts[i].name);
        cli_put_truth(&doc, "current", strcmp(contexts[i].name, all->current) == 0);
        cli_put_text(&doc, "channel", contexts[i].channel);
        cli_begin_list(&doc, "organizations");
        for (size_t k = 0; k < contexts[i].organizations.count; k++)
            cli_put_text(&doc, NULL, orgs[k].name);
        cli_end_list(&doc);
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    return cli_print(session, &doc, "current name channel organizations", err);
}

/* show */

static heddle_status run_show(cli_session *session, const void *values, heddle_error *err)
{
    const struct named *named = values;
    cli_auto_document cli_document doc;
    base_auto_buffer base_buffer text = {0};
    const cli_contexts *all;
    const cli_context *context;
    cli_document_init(&doc);
    if (named->name) {
        BASE_TRY(cli_contexts_read(session, &all, err));
        BASE_TRY(cli_contexts_must_have(session, all, named->name, &context, err));
    } else {
        BASE_TRY(cli_session_context(session, &context, err));
    }
    cli_context_describe(context, &doc);
    cli_form form = (cli_form)cli_session_common(session)->form;
    BASE_TRY(
        cli_document_write(&doc, form == CLI_TABLE ? CLI_YAML : form, NULL, false, &text, err));
    return cli_print_bytes(session, base_buffer_view(&text), err);
}

static const cli_option show_argument[] = {
    {.name = "NAME",
     CLI_AT(struct named, name),
     .completion = CLI_COMPLETE_CONTEXT,
     .help = "name of the context; the current one if it is left out"},
};

/* use, remove */

static heddle_status use(cli_session *session, cli_contexts *all, const void *values,
                         heddle_error *err)
{
    const struct named *named = values;
    const cli_context *context;
    BASE_TRY(cli_contexts_must_have(session, all, named->name, &context, err));
    all->current = context->name;
    return HEDDLE_OK;
}

static heddle_status run_use(cli_session *session, const void *values, heddle_error *err)
{
    const struct named *named = values;
    BASE_TRY(cli_contexts_change(session, use, values, err));
    cli_note(session, "context \"%s\" is the current one", named->name);
    return HEDDLE_OK;
}

static heddle_status drop(cli_session *session, cli_contexts *all, const void *values,
                          heddle_error *err)
{
    const struct named *named = values;
    const cli_context *found;
    BASE_TRY(cli_contexts_must_have(session, all, named->name, &found, err));
    cli_context *items = (cli_context *)(uintptr_t)all->contexts.items;
    size_t index = (size_t)(found - items);
    if (strcmp(all->current, named->name) == 0)
        all->current = "";
    memmove(items + index, items + index + 1, (all->contexts.count - index - 1) * sizeof(*items));
    all->contexts.count--;
    return HEDDLE_OK;
}

static heddle_status run_remove(cli_session *session, const void *values, heddle_error *err)
{
    const struct named *named = values;
    BASE_TRY(cli_contexts_change(session, drop, values, err));
    cli_note(session, "context \"%s\" is removed; wallets and keys stay", named->name);
    return HEDDLE_OK;
}

/* import-devnet */

struct import {
    const char *dir;
    const char *name;
};

static const cli_option import_arguments[] = {
    {.name = "DIR",
     CLI_AT(struct import, dir),
     .completion = CLI_COMPLETE_FOLDER,
     .flags = CLI_REQUIRED,
     .help = "folder of heddle-devnet (its --dir)"},
    {.name = "NAME", CLI_AT(struct import, name), .value = "devnet", .help = "name of the context"},
};

static heddle_status run_import(cli_session *session, const void *values, heddle_error *err)
{
    const struct import *import = values;
    const cli_context *made;
    BASE_TRY(cli_devnet_context(session, import->dir, import->name, &made, err));
    BASE_TRY(cli_contexts_change(session, cli_contexts_put, made, err));
    cli_note(session, "context \"%s\" is the current one: channel %s, %zu organisations",
             made->name, made->channel, made->organizations.count);
    return HEDDLE_OK;
}

static const cli_command commands[] = {
    {.verb = "list", .summary = "list the contexts", .run = run_list},
    {.verb = "show",
     .summary = "show what a context says",
     CLI_ARGUMENTS(show_argument),
     .size = sizeof(struct named),
     .run = run_show},
    {.verb = "use",
     .summary = "make a context the current one",
     CLI_ARGUMENTS(name_argument),
     .size = sizeof(struct named),
     .run = run_use},
    {.verb = "add",
     .summary = "make a context, or add an organisation to one",
     .details =
         "The organisation is the one of --org, by default the one that the profile's client "
         "belongs to.\nAn organisation that the context has already is replaced. The context "
         "becomes the current one.",
     .example =
         "heddle context add test --profile connection-org1.json --msp users/User1/msp \\\n"
         "    --admin-msp users/Admin/msp --channel mychannel\n"
         "heddle context add test --org Org2 --profile connection-org2.json --label user2\n"
         "heddle context add plain --org Org1 --mspid Org1MSP --peer peer0=localhost:7051 \\\n"
         "    --tls-roots ca.pem --msp users/User1/msp",
     CLI_ARGUMENTS(cli_add_arguments),
     .options = cli_add_options,
     .option_count = CLI_ADD_OPTIONS,
     .size = sizeof(cli_add),
     .run = cli_add_run},
    {.verb = "import-devnet",
     .summary = "make a context of the folder of a devnet",
     .details = "Every organisation of the devnet with its User1 and its Admin, the peers, the "
                "orderers and the\nCAs; the orderers' organisation is called Orderer, and signs "
                "what changes them. The context\nbecomes the current one.",
     .example = "heddle-devnet --dir net &\nheddle context import-devnet net",
     CLI_ARGUMENTS(import_arguments),
     .size = sizeof(struct import),
     .run = run_import},
    {.verb = "remove",
     .summary = "remove a context",
     CLI_ARGUMENTS(name_argument),
     .size = sizeof(struct named),
     .run = run_remove},
};

const cli_group cli_group_context = {
    .name = "context",
    .summary = "networks, channels and identities to work with",
    .details =
        "A context is a network as a user works on it: organisations with their peers, CAs and\n"
        "identities, orderers, and a channel. Contexts are kept in one file, which holds no "
        "secret:\n"
        "~/.config/heddle/config.yaml, or what $HEDDLE_CONFIG or --config name.",
    CLI_COMMANDS(commands),
};
