/* A wallet in a folder: LABEL.id, and the folders that fabric-client made. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "profile/entry.h"
#include "profile/store.h"

enum { READ_AHEAD = 65536, LEFTOVER_S = 60 };

static const char suffix[] = ".id";

struct folder {
    char *dir;
};

/* @p parts end with NULL. */
static const char *join(base_buffer *path, const struct folder *folder, const char *const *parts)
{
    base_buffer_clear(path);
    if (base_buffer_append_str(path, folder->dir))
        return NULL;
    for (; *parts; parts++)
        if (base_buffer_append_str(path, *parts))
            return NULL;
    return base_buffer_cstr(path);
}
#define JOIN(path, folder, ...) join(path, folder, (const char *const[]){__VA_ARGS__, NULL})

/* Room for all at once, so that growing leaves no copy of a key behind. */
static heddle_status read_secret(const char *path, base_buffer *out, heddle_error *err)
{
    if (base_buffer_reserve(out, PROFILE_ENTRY_MAX + READ_AHEAD + 1))
        return base_fail_memory(err, path);
    return base_read_file(path, PROFILE_ENTRY_MAX, out, err);
}

static bool is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The name of a key is a digest in hexadecimal: nothing that leads out of the folder. */
static bool is_key_name(const base_buffer *name)
{
    for (size_t i = 0; i < name->len; i++)
        if (!strchr("0123456789abcdefABCDEF", name->data[i]))
            return false;
    return name->len > 0;
}

/* A key that is not beside the certificate is in a token. */
static heddle_status read_user_key(const struct folder *folder, const char *label,
                                   const base_buffer *name, profile_entry *entry, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (!is_key_name(name))
        return base_fail(err, HEDDLE_E_DECODE, "\"signingIdentity\" is no name of a key");
    if (!JOIN(&path, folder, "/", label, "/", (const char *)name->data, "-priv"))
        return base_fail_memory(err, label);
    if (!is_there((const char *)path.data))
        return HEDDLE_OK;
    return read_secret((const char *)path.data, &entry->key_pem, err);
}

static heddle_status read_user(const struct folder *folder, const char *label, const char *path,
                               profile_entry *entry, heddle_error *err)
{
    base_auto_buffer base_buffer state = {0}, key_name = {0};
    BASE_TRY(base_read_file(path, PROFILE_ENTRY_MAX, &state, err));
    BASE_TRY(profile_entry_read_user(base_buffer_view(&state), entry, &key_name, err));
    return read_user_key(folder, label, &key_name, entry, err);
}

static heddle_status give_user(const struct folder *folder, const char *label, const char *path,
                               void *sink, heddle_error *err)
{
    profile_auto_entry profile_entry entry = {0};
    base_buffer document = {0};
    BASE_TRY(read_user(folder, label, path, &entry, err));
    heddle_status status = profile_entry_write(&entry, &document, err);
    if (status == HEDDLE_OK)
        status = heddle_wallet_give(sink, base_buffer_view(&document));
    base_buffer_wipe(&document);
    return status ? base_fail(err, status, "%s", heddle_status_text(status)) : HEDDLE_OK;
}

static heddle_status give_file(const char *path, void *sink, heddle_error *err)
{
    base_buffer document = {0};
    heddle_status status = read_secret(path, &document, err);
    if (status == HEDDLE_OK) {
        status = heddle_wallet_give(sink, base_buffer_view(&document));
        if (status)
            base_fail_memory(err, path);
    }
    base_buffer_wipe(&document);
    return status;
}

static heddle_status folder_get(const char *label, void *sink, void *user, heddle_error *err)
{
    const struct folder *folder = user;
    base_auto_buffer base_buffer path = {0};
    const char *file = JOIN(&path, folder, "/", label, suffix);
    if (file && is_there(file))
        return give_file(file, sink, err);
    if (file)
        file = JOIN(&path, folder, "/", label, "/", label);
    if (!file)
        return base_fail_memory(err, label);
    if (is_there(file))
        return give_user(folder, label, file, sink, err);
    return base_fail(err, HEDDLE_E_NOT_FOUND, "not found in %s", folder->dir);
}

static heddle_status folder_put(const char *label, heddle_view data, void *user, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (!JOIN(&path, user, "/", label, suffix))
        return base_fail_memory(err, label);
    return base_write_file((const char *)path.data, data, 0600, err);
}

/* All files of a user's folder, then the folder. */
static heddle_status remove_user(const struct folder *folder, const char *label, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0}, inside = {0};
    if (!JOIN(&path, folder, "/", label))
        return base_fail_memory(err, label);
    DIR *dir = opendir((const char *)path.data);
    heddle_status status = HEDDLE_OK;
    struct dirent *entry;
    while (dir && status == HEDDLE_OK && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!JOIN(&inside, folder, "/", label, "/", entry->d_name))
            status = base_fail_memory(err, label);
        else if (unlink((const char *)inside.data) != 0)
            status = base_fail_errno(err, "remove %s", (const char *)inside.data);
    }
    if (dir)
        closedir(dir);
    if (status == HEDDLE_OK && rmdir((const char *)path.data) != 0)
        status = base_fail_errno(err, "remove %s", (const char *)path.data);
    return status;
}

static heddle_status folder_remove(const char *label, void *user, heddle_error *err)
{
    const struct folder *folder = user;
    base_auto_buffer base_buffer file = {0}, state = {0};
    if (!JOIN(&file, folder, "/", label, suffix) || !JOIN(&state, folder, "/", label, "/", label))
        return base_fail_memory(err, label);
    bool has_file = is_there((const char *)file.data);
    bool has_folder = is_there((const char *)state.data);
    if (!has_file && !has_folder)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "not found in %s", folder->dir);
    if (has_file && unlink((const char *)file.data) != 0)
        return base_fail_errno(err, "remove %s", (const char *)file.data);
    if (has_folder)
        BASE_TRY(remove_user(folder, label, err));
    return base_sync_parent((const char *)file.data, err);
}

/* Give the label that an entry of the folder stands for, if for any. */
static heddle_status give_label(const struct folder *folder, const char *name, base_buffer *path,
                                void *sink)
{
    size_t len = strlen(name), tail = sizeof(suffix) - 1;
    if (name[0] == '.')
        return HEDDLE_OK;
    if (len > tail && strcmp(name + len - tail, suffix) == 0)
        return heddle_wallet_give(sink, heddle_view_of(name, len - tail));
    const char *state = JOIN(path, folder, "/", name, "/", name);
    if (!state)
        return HEDDLE_E_NO_MEMORY;
    return is_there(state) ? heddle_wallet_give(sink, heddle_view_of(name, len)) : HEDDLE_OK;
}

static heddle_status folder_list(void *sink, void *user, heddle_error *err)
{
    const struct folder *folder = user;
    base_auto_buffer base_buffer path = {0};
    heddle_status status = HEDDLE_OK;
    DIR *dir = opendir(folder->dir);
    struct dirent *entry;
    if (!dir)
        return base_fail_errno(err, "read folder %s", folder->dir);
    while (status == HEDDLE_OK && (entry = readdir(dir)))
        status = give_label(folder, entry->d_name, &path, sink);
    closedir(dir);
    return status ? base_fail(err, status, "%s", heddle_status_text(status)) : HEDDLE_OK;
}

/* "LABEL.id.XXXXXX": what a writer that was killed has left. It is no entry, but may hold a key. */
static bool is_leftover_name(const char *name)
{
    size_t len = strlen(name), tail = sizeof(suffix) - 1 + 7;
    return len > tail && strncmp(name + len - tail, suffix, sizeof(suffix) - 1) == 0 &&
           name[len - 7] == '.' && !strchr(name + len - 6, '.');
}

/* Not those that somebody is writing now. */
static void remove_leftovers(const char *dir)
{
    struct stat st;
    DIR *open = opendir(dir);
    for (struct dirent *entry; open && (entry = readdir(open));)
        if (is_leftover_name(entry->d_name) &&
            fstatat(dirfd(open), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && st.st_mtime + LEFTOVER_S < time(NULL))
            (void)!unlinkat(dirfd(open), entry->d_name, 0);
    if (open)
        closedir(open);
}

static void folder_release(void *user)
{
    struct folder *folder = user;
    base_free(folder->dir);
    base_free(folder);
}

heddle_status profile_folder_store(const char *dir, heddle_wallet_store *out, heddle_error *err)
{
    BASE_TRY(base_make_dirs(dir, 0700, err));
    remove_leftovers(dir);
    struct folder *folder = base_calloc(1, sizeof(*folder));
    if (folder)
        folder->dir = base_strdup(dir);
    if (!folder || !folder->dir) {
        base_free(folder);
        return base_fail_memory(err, "wallet");
    }
    *out = (heddle_wallet_store){.size = sizeof(*out),
                                 .put = folder_put,
                                 .get = folder_get,
                                 .remove = folder_remove,
                                 .list = folder_list,
                                 .release = folder_release,
                                 .user = folder};
    return HEDDLE_OK;
}
