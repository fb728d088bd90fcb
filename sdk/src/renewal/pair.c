#include "renewal/pair.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"

enum { CERT_MODE = 0644, KEY_MODE = 0600, FOLDER_MODE = 0755, FILE_MAX = 1 << 20 };

/* Paths are cut by no limit but that of the system. */
typedef struct path {
    char text[PATH_MAX];
} path;

static path join(const char *a, const char *b, const char *c)
{
    path out;
    int len = snprintf(out.text, sizeof(out.text), "%s%s%s", a, b, c);
    if (len < 0 || (size_t)len >= sizeof(out.text))
        out.text[0] = '\0'; /* no file has this name: opening it fails */
    return out;
}

static path number_path(const path *folder, uint64_t number, const char *file)
{
    path out;
    int len = snprintf(out.text, sizeof(out.text), "%s/%" PRIu64 "%s", folder->text, number, file);
    if (len < 0 || (size_t)len >= sizeof(out.text))
        out.text[0] = '\0';
    return out;
}

/* 0: the name is none of a pair. */
static uint64_t number_of(const char *name)
{
    uint64_t number = 0;
    return base_parse_u64(heddle_view_str(name), &number) ? number : 0;
}

static uint64_t last_number(const path *folder)
{
    uint64_t last = 0;
    DIR *dir = opendir(folder->text);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        uint64_t number = number_of(entry->d_name);
        if (number > last)
            last = number;
    }
    if (dir)
        closedir(dir);
    return last;
}

/* The pair that `current` is turned to; 0: none. */
static uint64_t current_number(const path *folder)
{
    char target[32];
    path link = join(folder->text, "/", "current");
    ssize_t len = readlink(link.text, target, sizeof(target) - 1);
    if (len <= 0)
        return 0;
    target[len] = '\0';
    return number_of(target);
}

/* Put a link in the place of what is at @p at. */
static heddle_status turn(const char *at, const char *target, heddle_error *err)
{
    path temporary = join(at, ".turn", "");
    unlink(temporary.text);
    if (symlink(target, temporary.text) != 0)
        return base_fail_errno(err, "link %s to %s", temporary.text, target);
    if (rename(temporary.text, at) != 0)
        return base_fail_errno(err, "rename %s to %s", temporary.text, at);
    return base_sync_parent(at, err);
}

/* Write a pair under the next free number and turn `current` to it. */
static heddle_status add(const path *folder, heddle_view cert_pem, heddle_view key_pem,
                         heddle_error *err)
{
    uint64_t number = last_number(folder) + 1;
    path dir = number_path(folder, number, "");
    while (mkdir(dir.text, FOLDER_MODE) != 0) {
        if (errno != EEXIST)
            return base_fail_errno(err, "create folder %s", dir.text);
        dir = number_path(folder, ++number, "");
    }
    path file = number_path(folder, number, "/key.pem");
    BASE_TRY(base_write_file(file.text, key_pem, KEY_MODE, err));
    file = number_path(folder, number, "/cert.pem");
    BASE_TRY(base_write_file(file.text, cert_pem, CERT_MODE, err));
    BASE_TRY(base_sync_parent(dir.text, err));
    path current = join(folder->text, "/", "current");
    char name[24];
    snprintf(name, sizeof(name), "%" PRIu64, number);
    return turn(current.text, name, err);
}

/* With what a kill has left in it. What cannot be removed is of no account. */
static void remove_pair(const path *folder, uint64_t number)
{
    path at = number_path(folder, number, "");
    DIR *dir = opendir(at.text);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            (void)!unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    (void)!rmdir(at.text);
}

/* What is older than the pair in use, but for the one before it. A higher number may be one that
 * another process is about to turn to. */
static void sweep(const path *folder, uint64_t before)
{
    uint64_t now = current_number(folder);
    DIR *dir = now ? opendir(folder->text) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        uint64_t number = number_of(entry->d_name);
        if (number && number < now && number != before)
            remove_pair(folder, number);
    }
    if (dir)
        closedir(dir);
}

/* Links. */

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

static bool are_beside(const renewal_pair *files)
{
    size_t a = (size_t)(base_name(files->cert_file) - files->cert_file);
    size_t b = (size_t)(base_name(files->key_file) - files->key_file);
    return a == b && strncmp(files->cert_file, files->key_file, a) == 0;
}

/* What a file's link says: relative to its own folder where that is the pairs' too. */
static heddle_status target_of(const renewal_pair *files, const path *folder, const char *name,
                               path *out, heddle_error *err)
{
    if (are_beside(files)) {
        *out = join(base_name(files->cert_file), ".pairs/current/", name);
        return HEDDLE_OK;
    }
    char *whole = realpath(folder->text, NULL);
    if (!whole)
        return base_fail_errno(err, "%s", folder->text);
    *out = join(whole, "/current/", name);
    free(whole);
    return HEDDLE_OK;
}

static bool is_link_to(const char *file, const path *target)
{
    char is[PATH_MAX];
    ssize_t len = readlink(file, is, sizeof(is) - 1);
    if (len < 0)
        return false;
    is[len] = '\0';
    return strcmp(is, target->text) == 0;
}

/* A copy of what the two files hold becomes the current pair. */
static heddle_status copy_present(const renewal_pair *files, const path *folder, heddle_error *err)
{
    base_auto_buffer base_buffer cert = {0};
    base_buffer key = {0};
    if (access(files->cert_file, F_OK) != 0)
        return HEDDLE_OK;
    heddle_status status = base_read_file(files->cert_file, FILE_MAX, &cert, err);
    if (status == HEDDLE_OK)
        status = base_read_file(files->key_file, FILE_MAX, &key, err);
    if (status == HEDDLE_OK)
        status = add(folder, base_buffer_view(&cert), base_buffer_view(&key), err);
    base_buffer_wipe(&key);
    return status;
}

struct links {
    path cert;
    path key;
};

static heddle_status find_links(const renewal_pair *files, const path *folder, struct links *out,
                                heddle_error *err)
{
    BASE_TRY(target_of(files, folder, "cert.pem", &out->cert, err));
    return target_of(files, folder, "key.pem", &out->key, err);
}

static bool are_linked(const renewal_pair *files, const struct links *links)
{
    return is_link_to(files->cert_file, &links->cert) && is_link_to(files->key_file, &links->key);
}

static heddle_status link_both(const renewal_pair *files, const struct links *links,
                               heddle_error *err)
{
    BASE_TRY(turn(files->key_file, links->key.text, err));
    return turn(files->cert_file, links->cert.text, err);
}

/* A key without its certificate may be somebody's only copy. */
static heddle_status check_first(const renewal_pair *files, heddle_error *err)
{
    struct stat st;
    if (lstat(files->key_file, &st) == 0 && S_ISREG(st.st_mode))
        return base_fail(err, HEDDLE_E_EXISTS, "%s is there, without a certificate %s",
                         files->key_file, files->cert_file);
    return HEDDLE_OK;
}

heddle_status renewal_pair_write(const renewal_pair *files, heddle_view cert_pem,
                                 heddle_view key_pem, heddle_error *err)
{
    struct links links;
    path folder = join(files->cert_file, ".pairs", "");
    bool has_pair = access(files->cert_file, F_OK) == 0;
    if (!has_pair)
        BASE_TRY(check_first(files, err));
    BASE_TRY(base_make_dirs(folder.text, FOLDER_MODE, err));
    BASE_TRY(find_links(files, &folder, &links, err));
    bool linked = are_linked(files, &links);
    if (!linked && has_pair) {
        BASE_TRY(copy_present(files, &folder, err));
        BASE_TRY(link_both(files, &links, err));
    }
    uint64_t before = current_number(&folder);
    BASE_TRY(add(&folder, cert_pem, key_pem, err));
    if (!linked && !has_pair)
        BASE_TRY(link_both(files, &links, err));
    sweep(&folder, before);
    return HEDDLE_OK;
}
