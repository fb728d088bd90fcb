#include "cli/groups.h"

/* In the order of --help. */
static const cli_group *const groups[] = {
    /* clang-format off */
    &cli_group_context,
    &cli_group_wallet,
    &cli_group_ca,
    &cli_group_chaincode,
    &cli_group_channel,
    &cli_group_tx,
    &cli_group_events,
    &cli_group_block,
    &cli_group_discover,
    &cli_group_doctor,
    &cli_group_completion,
    &cli_group_version,
    /* clang-format on */
};

const cli_group *cli_group_at(size_t index)
{
    return index < BASE_COUNT(groups) ? groups[index] : NULL;
}

const cli_group *cli_group_find(const char *name)
{
    for (size_t i = 0; i < BASE_COUNT(groups); i++)
        if (strcmp(groups[i]->name, name) == 0)
            return groups[i];
    return NULL;
}

const cli_command *cli_command_at(const cli_group *group, size_t index)
{
    for (; group; group = group->more) {
        if (index < group->command_count)
            return &group->commands[index];
        index -= group->command_count;
    }
    return NULL;
}
