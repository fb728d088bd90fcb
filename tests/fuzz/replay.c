/* Feeds every file of the folders and files given to the fuzz target once. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static int replay(const char *path)
{
    base_auto_buffer base_buffer content = {0};
    heddle_error err;
    if (base_read_file(path, 0, &content, &err) != HEDDLE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    replayed++;
    /* A block of exactly that size, so that a sanitizer sees one byte too far. */
    uint8_t *exact = malloc(content.len ? content.len : 1);
    if (!exact)
        return 1;
    if (content.len)
        memcpy(exact, content.data, content.len);
    int failed = LLVMFuzzerTestOneInput(exact, content.len);
    free(exact);
    return failed;
}

static int replay_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return replay(path);
    int failed = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char file[4096];
        struct stat st;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
            failed |= replay(file);
    }
    closedir(dir);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= replay_folder(argv[i]);
    printf("replayed %zu inputs\n", replayed);
    return failed || replayed == 0;
}
