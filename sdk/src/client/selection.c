#include "client/selection.h"

#include <stdatomic.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"

enum { KINDS = HEDDLE_SELECT_IGNORED_PEER + 1, NAMES_MAX = 1000 };

struct heddle_selection {
    atomic_int refs;
    atomic_bool is_frozen;
    char **names[KINDS];
    size_t counts[KINDS];
    bool has_query, has_await;
    route_wish wish; /* its lists are those above */
};

heddle_selection *heddle_selection_new(void)
{
    heddle_selection *selection = base_calloc(1, sizeof(*selection));
    if (selection)
        atomic_init(&selection->refs, 1);
    return selection;
}

heddle_selection *heddle_selection_ref(heddle_selection *selection)
{
    atomic_fetch_add_explicit(&selection->refs, 1, memory_order_relaxed);
    return selection;
}

void heddle_selection_unref(heddle_selection *selection)
{
    if (!selection || atomic_fetch_sub_explicit(&selection->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < selection->counts[kind]; i++)
            base_free(selection->names[kind][i]);
        base_free(selection->names[kind]);
    }
    base_free(selection);
}

static heddle_status check_open(const heddle_selection *selection, heddle_error *err)
{
    if (!atomic_load_explicit(&selection->is_frozen, memory_order_relaxed))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_STATE,
                     "selection: a call has used it, so it can not be changed");
}

static route_names *list_of(route_wish *wish, size_t kind)
{
    route_names *const lists[KINDS] = {[HEDDLE_SELECT_TARGET] = &wish->targets,
                                       [HEDDLE_SELECT_REQUIRED_ORG] = &wish->required_orgs,
                                       [HEDDLE_SELECT_REQUIRED_PEER] = &wish->required_peers,
                                       [HEDDLE_SELECT_PREFERRED_ORG] = &wish->preferred_orgs,
                                       [HEDDLE_SELECT_PREFERRED_PEER] = &wish->preferred_peers,
                                       [HEDDLE_SELECT_IGNORED_ORG] = &wish->ignored_orgs,
                                       [HEDDLE_SELECT_IGNORED_PEER] = &wish->ignored_peers};
    return lists[kind];
}

static bool is_listed(const heddle_selection *selection, size_t kind, const char *name)
{
    for (size_t i = 0; i < selection->counts[kind]; i++)
        if (strcmp(selection->names[kind][i], name) == 0)
            return true;
    return false;
}

heddle_status heddle_selection_add(heddle_selection *selection, heddle_selection_kind kind,
                                   const char *name, heddle_error *err)
{
    BASE_TRY(check_open(selection, err));
    size_t list = (size_t)kind;
    if (list >= KINDS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "selection: there is no kind %d", (int)kind);
    if (!name || !*name)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "selection: the name is empty");
    if (is_listed(selection, list, name))
        return HEDDLE_OK;
    if (selection->counts[list] >= NAMES_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "selection: more than %d names", NAMES_MAX);
    char *copy = base_strdup(name);
    char **more =
        copy ? base_realloc(selection->names[list], (selection->counts[list] + 1) * sizeof(char *))
             : NULL;
    if (!more) {
        base_free(copy);
        return base_fail_memory(err, "selection");
    }
    more[selection->counts[list]++] = copy;
    selection->names[list] = more;
    *list_of(&selection->wish, list) =
        (route_names){(const char *const *)more, selection->counts[list]};
    return HEDDLE_OK;
}

heddle_status heddle_selection_min_height(heddle_selection *selection, uint64_t height,
                                          heddle_error *err)
{
    BASE_TRY(check_open(selection, err));
    selection->wish.min_height = height;
    return HEDDLE_OK;
}

heddle_status heddle_selection_query(heddle_selection *selection, heddle_query_strategy strategy,
                                     heddle_error *err)
{
    BASE_TRY(check_open(selection, err));
    if ((unsigned)strategy > HEDDLE_QUERY_PREFER_OWN_ROUND_ROBIN)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "selection: there is no query strategy %d",
                         (int)strategy);
    selection->wish.query = (route_query)strategy;
    selection->has_query = true;
    return HEDDLE_OK;
}

heddle_status heddle_selection_commit(heddle_selection *selection, heddle_commit_strategy strategy,
                                      heddle_error *err)
{
    BASE_TRY(check_open(selection, err));
    if ((unsigned)strategy > HEDDLE_COMMIT_PREFER_OWN_ALL)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "selection: there is no commit strategy %d",
                         (int)strategy);
    selection->wish.await = (route_await)strategy;
    selection->has_await = true;
    return HEDDLE_OK;
}

void client_selection_freeze(heddle_selection *selection)
{
    if (selection)
        atomic_store_explicit(&selection->is_frozen, true, memory_order_relaxed);
}

const route_wish *client_selection_wish(const heddle_selection *selection, bool *has_query,
                                        bool *has_await)
{
    *has_query = selection->has_query;
    *has_await = selection->has_await;
    return &selection->wish;
}
