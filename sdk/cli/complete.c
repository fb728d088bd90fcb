#include "cli/complete.h"

#include <sys/stat.h>

#include "base/fail.h"
#include "cli/context_edit.h"
#include "cli/groups.h"
#include "cli/parse.h"
#include "cli/state.h"

struct completion {
    const char *word; /* what is typed so far */
    const char *const *before;
    size_t before_count;
    base_arena *arena;
    base_buffer *out;
};

static heddle_status offer(const struct completion *at, const char *text, const char *meaning)
{
    if (strncmp(text, at->word, strlen(at->word)) != 0)
        return HEDDLE_OK;
    return base_buffer_printf(at->out, "%s%s%s\n", text, meaning ? "\t" : "",
                              meaning ? meaning : "");
}

/* Names of the context. What cannot be read is not offered. */

static heddle_status offer_contexts(const struct completion *at, cli_session *session)
{
    const cli_contexts *all;
    if (cli_contexts_read(session, &all, NULL) != HEDDLE_OK)
        return HEDDLE_OK;
    const cli_context *contexts = all->contexts.items;
    for (size_t i = 0; i < all->contexts.count; i++)
        BASE_TRY(offer(at, contexts[i].name, contexts[i].channel));
    return HEDDLE_OK;
}

static heddle_status offer_orgs(const struct completion *at, cli_session *session)
{
    const cli_org *orgs;
    size_t count;
    session->common.org = NULL;
    if (cli_orgs(session, &orgs, &count, NULL) != HEDDLE_OK)
        return HEDDLE_OK;
    for (size_t i = 0; i < count; i++)
        BASE_TRY(offer(at, orgs[i].name, orgs[i].mspid));
    return HEDDLE_OK;
}

static heddle_status offer_nodes(const struct completion *at, const cli_node *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        BASE_TRY(offer(at, nodes[i].name, nodes[i].address));
    return HEDDLE_OK;
}

static heddle_status offer_peers(const struct completion *at, cli_session *session)
{
    const cli_org *orgs;
    const cli_node *nodes;
    size_t org_count, count;
    if (cli_orgs(session, &orgs, &org_count, NULL) != HEDDLE_OK)
        return HEDDLE_OK;
    for (size_t i = 0; i < org_count; i++)
        if (cli_peers(session, orgs[i].name, &nodes, &count, NULL) == HEDDLE_OK)
            BASE_TRY(offer_nodes(at, nodes, count));
    return HEDDLE_OK;
}

static heddle_status offer_orderers(const struct completion *at, cli_session *session)
{
    const cli_node *nodes;
    size_t count;
    if (cli_orderers(session, &nodes, &count, NULL) != HEDDLE_OK)
        return HEDDLE_OK;
    return offer_nodes(at, nodes, count);
}

/* The folder of --wallet, or the context's; NULL: neither. */
static const char *wallet_dir(const struct completion *at, cli_session *session)
{
    cli_member *member;
    for (size_t i = 0; i + 1 < at->before_count; i++)
        if (strcmp(at->before[i], "--wallet") == 0 || strcmp(at->before[i], "-w") == 0)
            return at->before[i + 1];
    return cli_member_find(session, NULL, &member, NULL) == HEDDLE_OK ? member->wallet_dir : NULL;
}

static heddle_status offer_labels(const struct completion *at, cli_session *session)
{
    heddle_wallet *wallet = NULL;
    heddle_wallet_labels *labels = NULL;
    struct stat found;
    heddle_status status = HEDDLE_OK;
    const char *dir = wallet_dir(at, session);
    if (!dir || stat(dir, &found) != 0 || heddle_wallet_open(dir, &wallet, NULL) != HEDDLE_OK)
        return HEDDLE_OK;
    if (heddle_wallet_list(wallet, &labels, NULL) == HEDDLE_OK)
        for (size_t i = 0; i < heddle_wallet_labels_count(labels) && status == HEDDLE_OK; i++)
            status = offer(at, heddle_wallet_labels_at(labels, i), NULL);
    heddle_wallet_labels_free(labels);
    heddle_wallet_close(wallet);
    return status;
}

static heddle_status offer_names(const struct completion *at, cli_completion kind)
{
    cli_call call;
    heddle_error ignored;
    if (cli_parse(at->before, at->before_count, at->arena, &call, &ignored) != HEDDLE_OK)
        base_error_clear(&ignored); /* half a command line: the common options count */
    cli_session *session = cli_session_new(&call.common, at->arena);
    if (!session)
        return HEDDLE_E_NO_MEMORY;
    heddle_status status = kind == CLI_COMPLETE_CONTEXT ? offer_contexts(at, session)
                           : kind == CLI_COMPLETE_ORG   ? offer_orgs(at, session)
                           : kind == CLI_COMPLETE_LABEL ? offer_labels(at, session)
                           : kind == CLI_COMPLETE_PEER  ? offer_peers(at, session)
                                                        : offer_orderers(at, session);
    cli_session_free(session);
    return status;
}

/* Values, options, words of commands. */

static heddle_status offer_value(const struct completion *at, const cli_option *row)
{
    if (row->type == CLI_FLAG)
        return HEDDLE_OK;
    for (int i = 0; row->choices && row->choices[i]; i++)
        BASE_TRY(offer(at, row->choices[i], NULL));
    switch (row->completion) {
    case CLI_COMPLETE_NOTHING:
        return HEDDLE_OK;
    case CLI_COMPLETE_FILE:
        return base_buffer_append_str(at->out, ":file\n");
    case CLI_COMPLETE_FOLDER:
        return base_buffer_append_str(at->out, ":folder\n");
    default:
        return offer_names(at, row->completion);
    }
}

static heddle_status offer_options(const struct completion *at, const cli_option *rows,
                                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = base_arena_printf(at->arena, "--%s", rows[i].name);
        if (!name)
            return HEDDLE_E_NO_MEMORY;
        BASE_TRY(offer(at, name, rows[i].help));
    }
    return HEDDLE_OK;
}

static heddle_status offer_groups(const struct completion *at)
{
    const cli_group *group;
    for (size_t i = 0; (group = cli_group_at(i)); i++)
        BASE_TRY(offer(at, group->name, group->summary));
    return HEDDLE_OK;
}

/* The next words of the verbs that go on as the path does; each once. */
static heddle_status offer_verbs(const struct completion *at, const cli_path *path)
{
    size_t len = strlen(path->verb);
    const char *last = "";
    const cli_command *command;
    for (size_t i = 0; (command = cli_command_at(path->group, i)); i++) {
        const char *verb = command->verb;
        if (strncmp(verb, path->verb, len) != 0 || (len && verb[len] != ' '))
            continue;
        const char *rest = verb + len + (len != 0);
        size_t word = strcspn(rest, " ");
        const char *next = base_arena_str(at->arena, heddle_view_of(rest, word));
        if (!next)
            return HEDDLE_E_NO_MEMORY;
        if (strcmp(next, last) != 0)
            BASE_TRY(offer(at, next, rest[word] ? NULL : command->summary));
        last = next;
    }
    return HEDDLE_OK;
}

static heddle_status offer_argument(const struct completion *at, const cli_path *path)
{
    const cli_command *command = path->command;
    size_t index = path->argument_count;
    if (!command->argument_count)
        return HEDDLE_OK;
    if (index >= command->argument_count) {
        index = command->argument_count - 1;
        if (command->arguments[index].type != CLI_TEXTS)
            return HEDDLE_OK;
    }
    return offer_value(at, &command->arguments[index]);
}

heddle_status cli_complete(const char *const *words, size_t count, base_arena *arena,
                           base_buffer *out)
{
    const struct completion at = {.word = count ? words[0] : "",
                                  .before = words + (count > 0),
                                  .before_count = count ? count - 1 : 0,
                                  .arena = arena,
                                  .out = out};
    cli_path path = {0};
    for (size_t i = 0; i < at.before_count; i++)
        if (!path.value || strcmp(at.before[i], "=") != 0) /* bash parts --option=value there */
            cli_path_follow(&path, at.before[i]);
    if (path.value)
        return offer_value(&at, path.value);
    if (at.word[0] == '-' && !path.options_ended) {
        if (path.command)
            BASE_TRY(offer_options(&at, path.command->options, path.command->option_count));
        return offer_options(&at, cli_common_options, cli_common_option_count);
    }
    if (path.command)
        return offer_argument(&at, &path);
    return path.group ? offer_verbs(&at, &path) : offer_groups(&at);
}
