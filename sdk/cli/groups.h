/* All groups of commands. A new one is a line here and a line in groups.c. */
#ifndef CLI_GROUPS_H
#define CLI_GROUPS_H

#include "cli/command.h"

/** In the order of --help; NULL past the end. */
const cli_group *cli_group_at(size_t index);
const cli_group *cli_group_find(const char *name); /* NULL: there is none */

extern const cli_group cli_group_block;
extern const cli_group cli_group_ca;
extern const cli_group cli_group_chaincode;
extern const cli_group cli_group_channel;
extern const cli_group cli_group_completion;
extern const cli_group cli_group_context;
extern const cli_group cli_group_discover;
extern const cli_group cli_group_doctor;
extern const cli_group cli_group_events;
extern const cli_group cli_group_tx;
extern const cli_group cli_group_version;
extern const cli_group cli_group_wallet;

#endif
