/* Files of tests/fixtures, and temporary folders. */
#ifndef SUPPORT_FIXTURE_H
#define SUPPORT_FIXTURE_H

#include "base/buffer.h"

/** The bytes of @p path (below tests/fixtures); fails the test if it cannot be read. The
 *  caller ends it with base_buffer_done. @p root is HEDDLE_FIXTURES. */
base_buffer fixture_read_at(const char *root, const char *path);
#define fixture_read(path) fixture_read_at(HEDDLE_FIXTURES, path)

/** A fresh temporary folder; free its name with fixture_dir_free, which removes it too. */
char *fixture_dir_new(void);
void fixture_dir_free(char *dir);

#endif
