/* Whether files have changed since somebody looked. */
#ifndef UPKEEP_FILES_H
#define UPKEEP_FILES_H

#include <stddef.h>
#include <stdint.h>

/**
 * A number that is another one when one of the files is another: by place on the disk, size and
 * times of what a path leads to, so that links that were turned count. Of a folder what is in it
 * counts, two levels deep. What cannot be read counts as missing.
 */
uint64_t upkeep_files_mark(const char *const *paths, size_t count);

#endif
