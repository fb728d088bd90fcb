/* A package that was read. */
#ifndef PACKAGE_PACKAGE_H
#define PACKAGE_PACKAGE_H

#include "base/alloc.h"
#include "heddle/package.h"

#define PACKAGE_METADATA   "metadata.json"
#define PACKAGE_CODE       "code.tar.gz"
#define PACKAGE_CONNECTION "connection.json"
#define PACKAGE_CCAAS      "ccaas"

enum {
    PACKAGE_PACKED_MAX = 100 * 1024 * 1024,
    PACKAGE_UNPACKED_MAX = 512 * 1024 * 1024,
    PACKAGE_FILE_MAX = 1024 * 1024,      /* one that the peer reads itself … */
    PACKAGE_FILES_MAX = 16 * 1024 * 1024 /* … and all of them */
};

BASE_AUTO_DEFINE(heddle_package, heddle_package *, heddle_package_free)

#endif
