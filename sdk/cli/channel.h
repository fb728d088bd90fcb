/*
 * heddle channel: the values of its commands. The rows that fill them are in channel.c.
 *
 * Vocabulary: a change is an edited configuration on its way; it is signed by the administrator
 * of the organisation that acts and of those in --sign, and handed in to the orderers of the
 * context, unless it is kept in a file for others to sign.
 */
#ifndef CLI_CHANNEL_H
#define CLI_CHANNEL_H

#include "cli/session.h"
#include "heddle/config.h"
#include "heddle/participation.h"

/* Peers. */

struct cli_channel_list {
    cli_texts peers;
};
struct cli_channel_join {
    cli_texts peers;
    const char *block;    /* NULL: from an orderer */
    const char *snapshot; /* a folder of the peer */
};
struct cli_channel_snapshot {
    uint64_t number;
    const char *peer;
};

cli_run_fn cli_channel_list;
cli_run_fn cli_channel_join;
cli_run_fn cli_channel_snapshot_request;
cli_run_fn cli_channel_snapshot_cancel;
cli_run_fn cli_channel_snapshot_list;

/* The configuration. */

struct cli_channel_source {
    const char *block; /* a file with a config block, NULL: the present configuration */
};
struct cli_channel_get {
    cli_texts names;
    struct cli_channel_source source;
};
struct cli_channel_fetch {
    const char *which;
    const char *file;
};

/** What becomes of an edited configuration; in the values of every command that edits. */
typedef struct cli_channel_change {
    cli_texts sign;
    const char *save;
    bool dry_run;
    bool no_wait;
} cli_channel_change;

struct cli_channel_set {
    cli_pairs settings;
    cli_channel_change change;
};
struct cli_channel_apply {
    const char *file;
    cli_channel_change change;
};
struct cli_channel_edit {
    cli_channel_change change;
};
struct cli_channel_anchor {
    cli_texts addresses;
    cli_channel_change change;
};
struct cli_channel_org {
    const char *name;
    const char *mspid;
    const char *msp_dir;
    const char *json;
    bool orders;
    cli_channel_change change;
};

cli_run_fn cli_channel_info;
cli_run_fn cli_channel_get;
cli_run_fn cli_channel_config;
cli_run_fn cli_channel_fetch;
cli_run_fn cli_channel_set;
cli_run_fn cli_channel_apply;
cli_run_fn cli_channel_edit;
cli_run_fn cli_channel_anchor;
cli_run_fn cli_channel_org_list;
cli_run_fn cli_channel_org_add;
cli_run_fn cli_channel_org_remove;

/* Updates in files. */

struct cli_channel_update {
    const char *file;
    cli_texts sign;
    bool no_wait;
};

cli_run_fn cli_channel_update_show;
cli_run_fn cli_channel_update_sign;
cli_run_fn cli_channel_update_submit;

/* Orderers. */

struct cli_channel_orderer {
    cli_texts orderers;
    const char *block;
};

cli_run_fn cli_channel_orderer_list;
cli_run_fn cli_channel_orderer_join;
cli_run_fn cli_channel_orderer_remove;

/* Shared. */

/** Connections to all orderers of the context, as the administrator of the organisation that
 *  acts; for cli_channel_orderers_close(). */
typedef struct cli_channel_orderers {
    heddle_orderer **items;
    size_t count;
} cli_channel_orderers;

HEDDLE_MUST_USE heddle_status cli_channel_orderers_open(cli_session *session,
                                                        cli_channel_orderers *out,
                                                        heddle_error *err);
void cli_channel_orderers_close(cli_channel_orderers *orderers);
#define cli_auto_orderers __attribute__((cleanup(cli_channel_orderers_close)))

/** A block from the first orderer that gives it. */
HEDDLE_MUST_USE heddle_status cli_channel_block(cli_session *session,
                                                const cli_channel_orderers *orderers,
                                                const char *channel, uint64_t which,
                                                heddle_bytes *out, heddle_error *err);
/** The present configuration of the session's channel. */
HEDDLE_MUST_USE heddle_status cli_channel_present(cli_session *session, heddle_config **out,
                                                  heddle_error *err);

/** Sign what was edited, and hand it in, keep it or only look, as @p change says. */
HEDDLE_MUST_USE heddle_status cli_channel_finish(cli_session *session, const heddle_config *config,
                                                 const cli_channel_change *change,
                                                 heddle_error *err);

BASE_AUTO_DEFINE(heddle_config, heddle_config *, heddle_config_free)
BASE_AUTO_DEFINE(heddle_config_update, heddle_config_update *, heddle_config_update_free)
BASE_AUTO_DEFINE(heddle_names, heddle_names *, heddle_names_free)
BASE_AUTO_DEFINE(heddle_peer, heddle_peer *, heddle_peer_close)
BASE_AUTO_DEFINE(heddle_participation, heddle_participation *, heddle_participation_close)

#endif
