/* heddle channel: its commands and what they take. */
#include "cli/channel.h"

#include "cli/groups.h"

#define PEER_ROW(values, member, text)                                                             \
    {                                                                                              \
        .name = "peer", .type = CLI_TEXTS, CLI_AT(values, member),                                 \
        .completion = CLI_COMPLETE_PEER, .flags = CLI_COMMAS, .shown = "PEER", .help = (text)      \
    }
#define BLOCK_ROW(values, member, text)                                                            \
    {                                                                                              \
        .name = "block", CLI_AT(values, member), .completion = CLI_COMPLETE_FILE, .shown = "FILE", \
        .help = (text)                                                                             \
    }
#define SIGN_ROW(values, member)                                                                   \
    {                                                                                              \
        .name = "sign", .type = CLI_TEXTS, CLI_AT(values, member), .completion = CLI_COMPLETE_ORG, \
        .flags = CLI_COMMAS, .shown = "ORG",                                                       \
        .help = "organisations of the context whose administrators sign too"                       \
    }
#define NO_WAIT_ROW(values, member)                                                                \
    {                                                                                              \
        .name = "no-wait", .type = CLI_FLAG, CLI_AT(values, member),                               \
        .help = "do not wait for the block"                                                        \
    }
#define CHANGE_ROWS(values)                                                                        \
    SIGN_ROW(values, change.sign), NO_WAIT_ROW(values, change.no_wait),                            \
        {.name = "save",                                                                           \
         CLI_AT(values, change.save),                                                              \
         .completion = CLI_COMPLETE_FILE,                                                          \
         .shown = "FILE",                                                                          \
         .help = "keep the signed update in a file, for others to sign and to submit"},            \
    {                                                                                              \
        .name = "dry-run", .type = CLI_FLAG, CLI_AT(values, change.dry_run),                       \
        .help = "tell what would change, and whether the signatures would do"                      \
    }

static const cli_option list_options[] = {
    PEER_ROW(struct cli_channel_list, peers,
             "ask these peers; by default all of the organisation that acts"),
};

static const cli_option join_options[] = {
    PEER_ROW(struct cli_channel_join, peers,
             "these peers join; by default all of the organisation that acts"),
    BLOCK_ROW(struct cli_channel_join, block,
              "block 0 of the channel; by default it is asked of an orderer"),
    {.name = "snapshot",
     CLI_AT(struct cli_channel_join, snapshot),
     .shown = "FOLDER",
     .help = "join by a snapshot, which is in this folder of the peer's own machine"},
};

static const cli_option source_options[] = {
    BLOCK_ROW(struct cli_channel_source, block,
              "read a config block of a file, in place of the present configuration"),
};

static const cli_option get_arguments[] = {
    {.name = "SETTING",
     .type = CLI_TEXTS,
     CLI_AT(struct cli_channel_get, names),
     .help = "names of settings, or how they begin: batch, policy./Channel/Application"},
};
static const cli_option get_options[] = {
    BLOCK_ROW(struct cli_channel_get, source.block,
              "read a config block of a file, in place of the present configuration"),
};

static const cli_option fetch_arguments[] = {
    {.name = "WHICH",
     CLI_AT(struct cli_channel_fetch, which),
     .flags = CLI_REQUIRED,
     .help = "newest, oldest, config, or the number of a block"},
    {.name = "FILE",
     CLI_AT(struct cli_channel_fetch, file),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "where it is written; - is standard output"},
};

static const cli_option set_arguments[] = {
    {.name = "SETTING=VALUE",
     .type = CLI_PAIRS,
     CLI_AT(struct cli_channel_set, settings),
     .flags = CLI_REQUIRED,
     .help = "what is to change; all of it in one update"},
};
static const cli_option set_options[] = {CHANGE_ROWS(struct cli_channel_set)};

static const cli_option apply_arguments[] = {
    {.name = "FILE",
     CLI_AT(struct cli_channel_apply, file),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "the whole configuration as JSON, as heddle channel config prints it"},
};
static const cli_option apply_options[] = {CHANGE_ROWS(struct cli_channel_apply)};
static const cli_option edit_options[] = {CHANGE_ROWS(struct cli_channel_edit)};

static const cli_option anchor_arguments[] = {
    {.name = "HOST:PORT",
     .type = CLI_TEXTS,
     CLI_AT(struct cli_channel_anchor, addresses),
     .flags = CLI_REQUIRED,
     .help = "all anchor peers of the organisation that acts"},
};
static const cli_option anchor_options[] = {CHANGE_ROWS(struct cli_channel_anchor)};

static const cli_option org_arguments[] = {
    {.name = "NAME",
     CLI_AT(struct cli_channel_org, name),
     .flags = CLI_REQUIRED,
     .help = "of the organisation in the channel"},
};
#define ORDERS_ROW                                                                                 \
    {                                                                                              \
        .name = "orderer", .type = CLI_FLAG, CLI_AT(struct cli_channel_org, orders),               \
        .help = "it runs orderers; by default it has peers"                                        \
    }
static const cli_option org_add_options[] = {
    {.name = "mspid",
     CLI_AT(struct cli_channel_org, mspid),
     .shown = "MSPID",
     .help = "of its MSP; by default its name"},
    {.name = "msp-dir",
     CLI_AT(struct cli_channel_org, msp_dir),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "FOLDER",
     .help = "its MSP folder: cacerts, tlscacerts, config.yaml; the policies are those by role"},
    {.name = "json",
     CLI_AT(struct cli_channel_org, json),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "its definition as configtxgen -printOrg prints it, in place of a folder"},
    ORDERS_ROW,
    CHANGE_ROWS(struct cli_channel_org),
};
static const cli_option org_remove_options[] = {ORDERS_ROW, CHANGE_ROWS(struct cli_channel_org)};

static const cli_option update_arguments[] = {
    {.name = "FILE",
     CLI_AT(struct cli_channel_update, file),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "an update, of --save or of the peer command"},
};
static const cli_option update_sign_options[] = {SIGN_ROW(struct cli_channel_update, sign)};
static const cli_option update_submit_options[] = {
    SIGN_ROW(struct cli_channel_update, sign),
    NO_WAIT_ROW(struct cli_channel_update, no_wait),
};

static const cli_option snapshot_arguments[] = {
    {.name = "NUMBER",
     .type = CLI_NUMBER,
     CLI_AT(struct cli_channel_snapshot, number),
     .value = "0",
     .help = "of the block after which it is made; 0: the last one that there is"},
};
static const cli_option snapshot_options[] = {
    {.name = "peer",
     CLI_AT(struct cli_channel_snapshot, peer),
     .completion = CLI_COMPLETE_PEER,
     .shown = "PEER",
     .help = "by default the first of the organisation that acts"},
};

#define ORDERER_ROW                                                                                \
    {                                                                                              \
        .name = "orderer", .type = CLI_TEXTS, CLI_AT(struct cli_channel_orderer, orderers),        \
        .completion = CLI_COMPLETE_ORDERER, .flags = CLI_COMMAS, .shown = "ORDERER",               \
        .help = "these orderers; by default all of the context"                                    \
    }
static const cli_option orderer_list_options[] = {ORDERER_ROW};
static const cli_option orderer_join_options[] = {ORDERER_ROW};
static const cli_option orderer_join_arguments[] = {
    {.name = "FILE",
     CLI_AT(struct cli_channel_orderer, block),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "block 0 of a new channel, or the last config block of one that others have"},
};
static const cli_option orderer_remove_arguments[] = {
    {.name = "ORDERER",
     .type = CLI_TEXTS,
     CLI_AT(struct cli_channel_orderer, orderers),
     .completion = CLI_COMPLETE_ORDERER,
     .flags = CLI_REQUIRED,
     .help = "those that leave the channel"},
};

static const char settings_text[] =
    "batch-size.max-messages, .absolute-max-bytes, .preferred-max-bytes; batch-timeout;\n"
    "capabilities.channel, .orderer, .application; consensus.state (normal, maintenance);\n"
    "anchor-peers.ORG; endpoints.ORG; acl.RESOURCE; policy.PATH. A policy is \"MAJORITY Admins\",\n"
    "\"ANY Readers\", or a signature policy. An empty value takes an ACL, a policy or anchor "
    "peers\n"
    "away. What is as it is to be already stays, and is no failure.";

static const cli_command commands[] = {
    {.verb = "list",
     .summary = "tell the channels that peers have joined",
     .example = "heddle channel list\nheddle channel list --peer peer1.org1.example.com -o json",
     CLI_OPTIONS(list_options),
     .size = sizeof(struct cli_channel_list),
     .run = cli_channel_list},
    {.verb = "join",
     .summary = "let peers join a channel",
     .details = "A peer that has joined already is no failure.",
     .example = "heddle channel join\nheddle channel join --org Org2 --block mychannel.block",
     CLI_OPTIONS(join_options),
     .size = sizeof(struct cli_channel_join),
     .run = cli_channel_join},
    {.verb = "info",
     .summary = "tell how long a channel's ledger is, who is in it, and how it cuts blocks",
     .size = 1,
     .run = cli_channel_info},
    {.verb = "fetch",
     .summary = "write a block of an orderer to a file",
     .example = "heddle channel fetch oldest genesis.block\nheddle channel fetch config - | xxd",
     CLI_ARGUMENTS(fetch_arguments),
     .size = sizeof(struct cli_channel_fetch),
     .run = cli_channel_fetch},
    {.verb = "config",
     .summary = "print the whole configuration",
     .details = "As JSON in the form of configtxlator, unless YAML is asked for.",
     .example = "heddle channel config > config.json",
     CLI_OPTIONS(source_options),
     .size = sizeof(struct cli_channel_source),
     .run = cli_channel_config},
    {.verb = "get",
     .summary = "tell settings of the configuration",
     .example = "heddle channel get\nheddle channel get batch anchor-peers.Org1MSP",
     CLI_ARGUMENTS(get_arguments),
     CLI_OPTIONS(get_options),
     .size = sizeof(struct cli_channel_get),
     .run = cli_channel_get},
    {.verb = "set",
     .summary = "change settings of the configuration",
     .details = settings_text,
     .example = "heddle channel set batch-size.max-messages=50 batch-timeout=1s --org Orderer\n"
                "heddle channel set acl.peer/Propose=/Channel/Application/Writers --sign Org2\n"
                "heddle channel set 'policy./Channel/Application/Endorsement=ANY Endorsement' "
                "--dry-run",
     CLI_ARGUMENTS(set_arguments),
     CLI_OPTIONS(set_options),
     .size = sizeof(struct cli_channel_set),
     .run = cli_channel_set},
    {.verb = "anchor",
     .summary = "set the anchor peers of the organisation that acts",
     .example = "heddle channel anchor peer0.org1.example.com:7051",
     CLI_ARGUMENTS(anchor_arguments),
     CLI_OPTIONS(anchor_options),
     .size = sizeof(struct cli_channel_anchor),
     .run = cli_channel_anchor},
    {.verb = "apply",
     .summary = "make the configuration what a file says",
     .example = "heddle channel config > config.json\nheddle channel apply config.json --sign Org2",
     CLI_ARGUMENTS(apply_arguments),
     CLI_OPTIONS(apply_options),
     .size = sizeof(struct cli_channel_apply),
     .run = cli_channel_apply},
    {.verb = "edit",
     .summary = "edit the whole configuration in an editor",
     .details = "In $VISUAL, $EDITOR or vi. What was edited is kept when it does not do.",
     CLI_OPTIONS(edit_options),
     .size = sizeof(struct cli_channel_edit),
     .run = cli_channel_edit},
    {.verb = "org list",
     .summary = "tell the organisations of a channel",
     CLI_OPTIONS(source_options),
     .size = sizeof(struct cli_channel_source),
     .run = cli_channel_org_list},
    {.verb = "org add",
     .summary = "add an organisation to a channel",
     .example = "heddle channel org add Org3MSP --msp-dir org3.example.com/msp --sign Org2\n"
                "heddle channel org add Org3MSP --json org3.json --save org3-update.pb",
     CLI_ARGUMENTS(org_arguments),
     CLI_OPTIONS(org_add_options),
     .size = sizeof(struct cli_channel_org),
     .run = cli_channel_org_add},
    {.verb = "org remove",
     .summary = "take an organisation out of a channel",
     CLI_ARGUMENTS(org_arguments),
     CLI_OPTIONS(org_remove_options),
     .size = sizeof(struct cli_channel_org),
     .run = cli_channel_org_remove},
    {.verb = "update show",
     .summary = "tell what an update in a file changes, who has signed it, and whether that does",
     CLI_ARGUMENTS(update_arguments),
     .size = sizeof(struct cli_channel_update),
     .run = cli_channel_update_show},
    {.verb = "update sign",
     .summary = "add signatures to an update in a file",
     .details = "The administrator of the organisation that acts signs, and those of --sign.",
     .example = "heddle channel update sign org3-update.pb --org Org2",
     CLI_ARGUMENTS(update_arguments),
     CLI_OPTIONS(update_sign_options),
     .size = sizeof(struct cli_channel_update),
     .run = cli_channel_update_sign},
    {.verb = "update submit",
     .summary = "sign an update in a file, hand it in, and wait for its block",
     CLI_ARGUMENTS(update_arguments),
     CLI_OPTIONS(update_submit_options),
     .size = sizeof(struct cli_channel_update),
     .run = cli_channel_update_submit},
    {.verb = "snapshot request",
     .summary = "let a peer make a snapshot of its ledger",
     CLI_ARGUMENTS(snapshot_arguments),
     CLI_OPTIONS(snapshot_options),
     .size = sizeof(struct cli_channel_snapshot),
     .run = cli_channel_snapshot_request},
    {.verb = "snapshot cancel",
     .summary = "take back the request for a snapshot",
     CLI_ARGUMENTS(snapshot_arguments),
     CLI_OPTIONS(snapshot_options),
     .size = sizeof(struct cli_channel_snapshot),
     .run = cli_channel_snapshot_cancel},
    {.verb = "snapshot list",
     .summary = "tell the snapshots that a peer has still to make",
     CLI_OPTIONS(snapshot_options),
     .size = sizeof(struct cli_channel_snapshot),
     .run = cli_channel_snapshot_list},
    {.verb = "orderer list",
     .summary = "tell the channels that orderers take part in",
     CLI_OPTIONS(orderer_list_options),
     .size = sizeof(struct cli_channel_orderer),
     .run = cli_channel_orderer_list},
    {.verb = "orderer join",
     .summary = "let orderers take part in a channel, or make a new one",
     .example = "configtxgen -profile Channel -channelID second -outputBlock second.block\n"
                "heddle channel orderer join second.block\n"
                "heddle channel join --channel second",
     CLI_ARGUMENTS(orderer_join_arguments),
     CLI_OPTIONS(orderer_join_options),
     .size = sizeof(struct cli_channel_orderer),
     .run = cli_channel_orderer_join},
    {.verb = "orderer remove",
     .summary = "let orderers leave a channel; their blocks of it are deleted",
     CLI_ARGUMENTS(orderer_remove_arguments),
     .size = sizeof(struct cli_channel_orderer),
     .run = cli_channel_orderer_remove},
};

const cli_group cli_group_channel = {
    .name = "channel",
    .summary = "channels: joining, configuration, orderers, snapshots",
    .details =
        "Orderers' settings are changed by an administrator of theirs, who is an organisation of\n"
        "the context like the others: --org. Where the policy of what is changed wants several\n"
        "organisations, name those of the context with --sign, or keep the update in a file with\n"
        "--save and pass it on: heddle channel update sign, and at last submit.",
    CLI_COMMANDS(commands),
};
