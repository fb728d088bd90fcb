#include "devnet/blockstore/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"

static const char ledger_file[] = "blocks.log";

static heddle_status join(const char *dir, const char *name, base_buffer *out, heddle_error *err)
{
    base_buffer_clear(out);
    if (base_buffer_printf(out, "%s/%s", dir, name) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    return HEDDLE_OK;
}

/** A walk over the entries of a folder, without "." and "..". */
static const char *next_name(DIR *dir)
{
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    }
    return NULL;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Listing. */

typedef struct names {
    const char **items;
    size_t count;
    size_t room;
} names;

static heddle_status add_name(names *list, const char *name, base_arena *arena, heddle_error *err)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 8;
        const char **grown = base_arena_zalloc(arena, room, sizeof(*grown));
        if (!grown)
            return base_arena_fail(arena, err, "the channels");
        if (list->count)
            memcpy(grown, list->items, list->count * sizeof(*grown));
        list->items = grown;
        list->room = room;
    }
    list->items[list->count] = base_arena_strdup(arena, name);
    if (!list->items[list->count])
        return base_arena_fail(arena, err, "the channels");
    list->count++;
    return HEDDLE_OK;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static heddle_status list_open(DIR *open, const char *dir, base_arena *arena, names *list,
                               heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    const char *name;
    while ((name = next_name(open))) {
        BASE_TRY(join(dir, name, &path, err));
        if (*name >= 'a' && *name <= 'z' && is_folder(base_buffer_cstr(&path)))
            BASE_TRY(add_name(list, name, arena, err));
    }
    return HEDDLE_OK;
}

heddle_status dn_folder_list(const char *dir, base_arena *arena, const char *const **out,
                             size_t *count, heddle_error *err)
{
    names list = {0};
    DIR *open = opendir(dir);
    if (!open && errno != ENOENT)
        return base_fail_errno(err, "the folder %s", dir);
    heddle_status status = open ? list_open(open, dir, arena, &list, err) : HEDDLE_OK;
    if (open)
        closedir(open);
    BASE_TRY(status);
    if (list.count)
        qsort(list.items, list.count, sizeof(*list.items), compare);
    *out = list.items;
    *count = list.count;
    return HEDDLE_OK;
}

/* Moving down. The file that says that there is a ledger is the last. */

static heddle_status move_file(const char *dir, const char *channel, const char *name,
                               heddle_error *err)
{
    base_auto_buffer base_buffer from = {0}, to = {0};
    BASE_TRY(join(dir, name, &from, err));
    if (base_buffer_printf(&to, "%s/%s/%s", dir, channel, name) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    if (is_folder(base_buffer_cstr(&from)))
        return HEDDLE_OK;
    if (rename(base_buffer_cstr(&from), base_buffer_cstr(&to)) != 0)
        return base_fail_errno(err, "moving %s", base_buffer_cstr(&from));
    return HEDDLE_OK;
}

static heddle_status move_others(const char *dir, const char *channel, heddle_error *err)
{
    DIR *open = opendir(dir);
    const char *name;
    heddle_status status = HEDDLE_OK;
    if (!open)
        return base_fail_errno(err, "the folder %s", dir);
    while (status == HEDDLE_OK && (name = next_name(open))) {
        if (strcmp(name, ledger_file) != 0)
            status = move_file(dir, channel, name, err);
    }
    closedir(open);
    return status;
}

heddle_status dn_folder_move_down(const char *dir, const char *channel, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    BASE_TRY(join(dir, ledger_file, &path, err));
    if (access(base_buffer_cstr(&path), F_OK) != 0)
        return HEDDLE_OK;
    BASE_TRY(join(dir, channel, &path, err));
    BASE_TRY(base_make_dirs(base_buffer_cstr(&path), 0700, err));
    BASE_TRY(move_others(dir, channel, err));
    return move_file(dir, channel, ledger_file, err);
}

/* Removing: first it gets a name that is no channel's. */

static heddle_status remove_files(const char *dir, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    heddle_status status = HEDDLE_OK;
    const char *name;
    DIR *open = opendir(dir);
    if (!open)
        return base_fail_errno(err, "the folder %s", dir);
    while (status == HEDDLE_OK && (name = next_name(open))) {
        status = join(dir, name, &path, err);
        if (status == HEDDLE_OK && unlink(base_buffer_cstr(&path)) != 0)
            status = base_fail_errno(err, "removing %s", base_buffer_cstr(&path));
    }
    closedir(open);
    if (status == HEDDLE_OK && rmdir(dir) != 0)
        status = base_fail_errno(err, "removing %s", dir);
    return status;
}

heddle_status dn_folder_remove(const char *dir, const char *channel, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0}, gone = {0};
    BASE_TRY(join(dir, channel, &path, err));
    if (base_buffer_printf(&gone, "%s/.removed-%s", dir, channel) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    if (is_folder(base_buffer_cstr(&gone)))
        BASE_TRY(remove_files(base_buffer_cstr(&gone), err));
    if (!is_folder(base_buffer_cstr(&path)))
        return HEDDLE_OK;
    if (rename(base_buffer_cstr(&path), base_buffer_cstr(&gone)) != 0)
        return base_fail_errno(err, "removing %s", base_buffer_cstr(&path));
    return remove_files(base_buffer_cstr(&gone), err);
}
