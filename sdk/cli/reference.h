/* The reference pages in Markdown, of which the manual pages are made too. */
#ifndef CLI_REFERENCE_H
#define CLI_REFERENCE_H

#include "base/buffer.h"
#include "cli/command.h"

/** The page of a group; NULL: that of the program. */
HEDDLE_MUST_USE heddle_status cli_reference(const cli_group *group, base_buffer *out);

#endif
