/*
 * tar archives: read as they are unpacked, and written with nothing in them but names and
 * content.
 *
 * Long names come in two ways, both of which are read: in a record before the file (pax), or
 * in a file before the file (GNU).
 */
#ifndef PACKAGE_TAR_H
#define PACKAGE_TAR_H

#include "base/arena.h"
#include "package/gzip.h"

enum { PACKAGE_NAME_MAX = 4096, PACKAGE_ENTRIES_MAX = 100000 };

typedef struct package_tar {
    package_gunzip *from; /* borrowed */
    base_arena *arena;    /* borrowed: names live there */
    const char *what;     /* in errors */
    uint64_t left;        /* of the present entry's content … */
    size_t padding;       /* … and after it */
    size_t entries;
} package_tar;

typedef struct package_entry {
    const char *name;
    uint64_t size;
    char type; /* '0': a file, '5': a folder, or another of tar's letters */
} package_entry;

/** The next entry; false in @p out_more at the end. What is left of the one before is passed
 *  over. */
HEDDLE_MUST_USE heddle_status package_tar_next(package_tar *tar, package_entry *out, bool *out_more,
                                               heddle_error *err);
/** The content of the entry at hand, at most @p limit bytes, appended to @p out. */
HEDDLE_MUST_USE heddle_status package_tar_content(package_tar *tar, const package_entry *entry,
                                                  size_t limit, base_buffer *out,
                                                  heddle_error *err);

/** Whether @p name stays in the folder that it is unpacked in. */
bool package_path_is_inside(const char *name);

/** A file of mode 0644, of nobody and without a time, appended. E_BAD_ARGUMENT: its name does
 *  not fit into tar's 100 characters, or the 155 of a folder before them. */
HEDDLE_MUST_USE heddle_status package_tar_append(base_buffer *out, const char *name,
                                                 heddle_view content, heddle_error *err);
/** The end of the archive. */
HEDDLE_MUST_USE heddle_status package_tar_finish(base_buffer *out);

#endif
