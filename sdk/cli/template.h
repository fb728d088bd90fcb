/* The files of a new chaincode's folder, as they are in sdk/cli/template. */
#ifndef CLI_TEMPLATE_H
#define CLI_TEMPLATE_H

#include <stddef.h>

/** A file; in its text @NAME@, @ADDRESS@ and NEW_CHAINCODE stand for what the user chooses. */
typedef struct cli_template_file {
    const char *name; /* "gitignore" is written as ".gitignore" */
    const unsigned char *bytes;
    size_t len;
} cli_template_file;

/** Ends with a row whose name is NULL. */
extern const cli_template_file cli_template[];

#endif
