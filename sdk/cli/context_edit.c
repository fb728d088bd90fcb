#include "cli/context_edit.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/state.h"

heddle_status cli_contexts_read(cli_session *session, const cli_contexts **out, heddle_error *err)
{
    const char *path;
    BASE_TRY(cli_context_path(session->common.config, session->arena, &path, err));
    if (!session->contexts)
        BASE_TRY(cli_contexts_load(path, &session->contexts, err));
    *out = conf_values(session->contexts);
    return HEDDLE_OK;
}

heddle_status cli_contexts_must_have(cli_session *session, const cli_contexts *all,
                                     const char *name, const cli_context **out, heddle_error *err)
{
    const cli_context *found = cli_context_find(all, name);
    if (found) {
        *out = found;
        return HEDDLE_OK;
    }
    cli_hint(session, "heddle context list shows those that there are");
    return base_fail(err, HEDDLE_E_NOT_FOUND, "there is no context \"%s\"", name);
}

static heddle_status change_file(cli_session *session, const char *path, cli_contexts_fn *change,
                                 const void *values, heddle_error *err)
{
    const cli_contexts *all;
    BASE_TRY(cli_contexts_read(session, &all, err));
    cli_contexts changed = *all;
    BASE_TRY(change(session, &changed, values, err));
    return cli_contexts_save(path, &changed, err);
}

heddle_status cli_contexts_change(cli_session *session, cli_contexts_fn *change, const void *values,
                                  heddle_error *err)
{
    const char *path;
    int lock;
    BASE_TRY(cli_context_path(session->common.config, session->arena, &path, err));
    BASE_TRY(cli_contexts_lock(path, &lock, err));
    heddle_status status = change_file(session, path, change, values, err);
    close(lock);
    return status;
}

/* A list with @p item behind it, or in place of number @p index. */
static heddle_status put_item(cli_session *session, conf_list *list, size_t index, const void *item,
                              size_t size, heddle_error *err)
{
    size_t count = index < list->count ? list->count : list->count + 1;
    char *items = base_arena_zalloc(session->arena, count, size);
    if (!items)
        return base_fail_memory(err, "contexts");
    if (list->count)
        memcpy(items, list->items, list->count * size);
    memcpy(items + index * size, item, size);
    *list = (conf_list){.count = count, .items = items};
    return HEDDLE_OK;
}

heddle_status cli_contexts_put(cli_session *session, cli_contexts *all, const void *values,
                               heddle_error *err)
{
    const cli_context *context = values;
    const cli_context *found = cli_context_find(all, context->name);
    const cli_context *items = all->contexts.items;
    size_t index = found ? (size_t)(found - items) : all->contexts.count;
    BASE_TRY(put_item(session, &all->contexts, index, context, sizeof(*context), err));
    all->current = context->name;
    return HEDDLE_OK;
}

heddle_status cli_context_put_organization(cli_session *session, cli_context *context,
                                           const cli_organization *org, heddle_error *err)
{
    const cli_organization *items = context->organizations.items;
    size_t index = 0;
    while (index < context->organizations.count && strcmp(items[index].name, org->name) != 0)
        index++;
    return put_item(session, &context->organizations, index, org, sizeof(*org), err);
}

heddle_status cli_context_put_place(cli_session *session, conf_list *places, const cli_place *place,
                                    heddle_error *err)
{
    return put_item(session, places, places->count, place, sizeof(*place), err);
}

cli_place cli_place_none(void)
{
    return (cli_place){"", "", "", "", false, "", "", "", "", "", ""};
}

cli_organization cli_organization_none(void)
{
    static const cli_who nobody = {"", "", "", "", "", "", "", "", ""};
    return (cli_organization){.name = "",
                              .mspid = "",
                              .profile = "",
                              .wallet = "",
                              .certificate = "",
                              .key = "",
                              .identity = nobody,
                              .admin = nobody,
                              .ca = {"", "", "", "", "", ""}};
}

heddle_status cli_absolute(cli_session *session, const char *path, const char **out,
                           heddle_error *err)
{
    if (!path || !path[0]) {
        *out = "";
        return HEDDLE_OK;
    }
    char *whole = realpath(path, NULL);
    if (!whole)
        return base_fail_errno(err, "%s", path);
    const char *copy = base_arena_strdup(session->arena, whole);
    free(whole);
    if (!copy)
        return base_fail_memory(err, path);
    *out = copy;
    return HEDDLE_OK;
}
