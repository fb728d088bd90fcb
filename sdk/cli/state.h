/* What is inside a session. Private to the sources that make one up. */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/context.h"
#include "cli/session.h"
#include "heddle/profile.h"

/** What was opened of an organisation of the context; each NULL until it is asked for. */
typedef struct cli_member {
    const cli_organization *settings;
    const char *mspid;
    const char *wallet_dir;
    bool is_ready; /* the profile was read, if there is one */
    heddle_profile *profile;
    heddle_identity *identity;
    heddle_identity *admin;
    heddle_wallet *wallet;
    heddle_ca *ca;
    heddle_pkcs11 *token; /* of identity and admin, if they are in one */
    cli_node *peers;
    size_t peer_count;
    heddle_gateway *gateway;
    heddle_gateway *network;
} cli_member;

typedef struct cli_secret_text {
    char *text;
    struct cli_secret_text *next;
} cli_secret_text;

struct cli_session {
    cli_common common;
    base_arena *arena;
    conf_snapshot *contexts;
    const cli_context *context;
    cli_member *members; /* in the order of the context */
    size_t member_count;
    cli_member *acting;
    cli_node *orderers;
    size_t orderer_count;
    bool has_orderers;
    heddle_ca *named_ca;             /* by --url */
    heddle_identity *named_identity; /* by --identity, without a context */
    heddle_details *details;
    cli_secret_text *secrets;

    bool out_colors;
    bool err_colors;
    bool err_terminal;
    bool has_progress; /* a line of progress is shown */
    bool is_cut;       /* nobody reads the answer any more */
    char hint[512];

    pthread_t watcher; /* of signals */
    bool is_watched;
    pthread_mutex_t lock; /* of what follows */
    cli_interrupt_fn *on_interrupt;
    void *interrupt_user;
    atomic_bool interrupted;
};

/** @p common is copied; its texts are borrowed. NULL when memory is gone. */
cli_session *cli_session_new(const cli_common *common, base_arena *arena);
/** Close what was opened. NULL is fine. */
void cli_session_free(cli_session *session);

/** Have SIGINT and SIGTERM go to a thread of the session. */
HEDDLE_MUST_USE heddle_status cli_interrupt_watch(cli_session *session, heddle_error *err);
void cli_interrupt_done(cli_session *session);

/** The context's organisation of this name or MSP id, its profile read. */
HEDDLE_MUST_USE heddle_status cli_member_find(cli_session *session, const char *org,
                                              cli_member **out, heddle_error *err);
/** The context; E_CONFIG says how to make one if there is none. */
HEDDLE_MUST_USE heddle_status cli_session_context(cli_session *session, const cli_context **out,
                                                  heddle_error *err);
/** Take the line of progress away. */
void cli_progress_end(cli_session *session);

/** Words that may be the network's, on standard error: nothing in them that a terminal would
 *  obey. */
void cli_words_show(const char *words);

/** "heddle: …" and what belongs to it, on standard error. */
void cli_failure_show(cli_session *session, const heddle_error *err);

/** An identity as settings say; @p session->token of @p member is opened for one in a token. */
HEDDLE_MUST_USE heddle_status cli_who_open(cli_session *session, cli_member *member,
                                           const cli_who *who, heddle_identity **out,
                                           heddle_error *err);
/** Open the token that @p who names, once. */
HEDDLE_MUST_USE heddle_status cli_token_open(cli_session *session, cli_member *member,
                                             const cli_who *who, heddle_error *err);

#endif
