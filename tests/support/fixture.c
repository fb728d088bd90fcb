#include "support/fixture.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

base_buffer fixture_read_at(const char *root, const char *path)
{
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", root, path);
    base_buffer content = {0};
    heddle_error err;
    if (base_read_file(full, 0, &content, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return content;
}

char *fixture_dir_new(void)
{
    const char *base = getenv("TMPDIR");
    char *dir = NULL;
    ck_assert_int_gt(asprintf(&dir, "%s/heddle-test-XXXXXX", base ? base : "/tmp"), 0);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    return dir;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void fixture_dir_free(char *dir)
{
    if (!dir)
        return;
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}
