#include "upkeep/files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH = 2 };

/* FNV-1a. */
static uint64_t mix(uint64_t mark, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++)
        mark = (mark ^ bytes[i]) * 0x100000001b3;
    return mark;
}

static uint64_t mark_of(const char *path, unsigned depth);

/* Of the entries in any order: the sum. */
static uint64_t mark_of_folder(const char *path, unsigned depth)
{
    uint64_t sum = 0;
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char inside[PATH_MAX];
        int len = snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && len > 0 && (size_t)len < sizeof(inside))
            sum += mark_of(inside, depth);
    }
    if (dir)
        closedir(dir);
    return sum;
}

static uint64_t mark_of(const char *path, unsigned depth)
{
    struct stat st;
    uint64_t mark = mix(0xcbf29ce484222325, path, strlen(path));
    if (stat(path, &st) != 0)
        return mark;
    if (S_ISDIR(st.st_mode))
        return depth ? mark + mark_of_folder(path, depth - 1) : mark;
    const int64_t facts[] = {(int64_t)st.st_dev,          (int64_t)st.st_ino,
                             (int64_t)st.st_size,         (int64_t)st.st_mtim.tv_sec,
                             (int64_t)st.st_mtim.tv_nsec, (int64_t)st.st_ctim.tv_sec,
                             (int64_t)st.st_ctim.tv_nsec};
    return mix(mark, facts, sizeof(facts));
}

uint64_t upkeep_files_mark(const char *const *paths, size_t count)
{
    uint64_t mark = 0;
    for (size_t i = 0; i < count; i++)
        mark = mix(mark, &(uint64_t){mark_of(paths[i], DEPTH)}, sizeof(uint64_t));
    return mark;
}
