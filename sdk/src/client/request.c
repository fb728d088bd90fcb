/* A request kept for longer than the call that brought it. */
#include "base/fail.h"
#include "client/proposal.h"

static const char *const *copy_texts(const char *const *texts, size_t count, base_arena *arena)
{
    const char **copy = base_arena_zalloc(arena, count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = base_arena_strdup(arena, texts[i] ? texts[i] : "");
        if (!copy[i])
            return NULL;
    }
    return copy;
}

static const heddle_view *copy_views(const heddle_view *views, size_t count, base_arena *arena)
{
    heddle_view *copy = base_arena_zalloc(arena, count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = base_arena_view(arena, views[i]);
        if (!copy[i].data && views[i].len)
            return NULL;
    }
    return copy;
}

static const heddle_transient *copy_transient(const heddle_transient *entries, size_t count,
                                              base_arena *arena)
{
    heddle_transient *copy = base_arena_zalloc(arena, count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i].name = entries[i].name ? base_arena_strdup(arena, entries[i].name) : NULL;
        copy[i].value = base_arena_view(arena, entries[i].value);
        if ((entries[i].name && !copy[i].name) || (!copy[i].value.data && entries[i].value.len))
            return NULL;
    }
    return copy;
}

heddle_status client_request_copy(const heddle_request *given, base_arena *arena,
                                  heddle_request *out, heddle_error *err)
{
    heddle_request request = {0};
    BASE_TRY(client_options_copy(&request, sizeof(request), given, "HEDDLE_REQUEST", err));
    BASE_TRY(client_request_check(&request, err));
    request.size = sizeof(request);
    request.function = base_arena_strdup(arena, request.function);
    if (request.args)
        request.args = copy_views(request.args, request.arg_count, arena);
    else if (request.texts)
        request.texts = copy_texts(request.texts, request.arg_count, arena);
    request.transient = copy_transient(request.transient, request.transient_count, arena);
    request.endorsing_orgs = copy_texts(request.endorsing_orgs, request.endorsing_org_count, arena);
    if (!request.function || !request.transient || !request.endorsing_orgs ||
        (request.arg_count && !request.args && !request.texts))
        return base_arena_fail(arena, err, "request");
    *out = request;
    return HEDDLE_OK;
}
