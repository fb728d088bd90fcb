/*
 * One run of a command: the options that every command has, the context (cli/context.h), and
 * what is opened of it when a command first asks.
 *
 * Vocabulary: a context is a network as a user works on it: organisations with their peers,
 * CAs and identities, orderers, and a channel. The organisation that acts is the one of --org,
 * or the context's own. What these functions give out is the session's, and lives as long.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/command.h"
#include "cli/document.h"
#include "heddle/ca.h"
#include "heddle/gateway.h"
#include "heddle/network.h"
#include "heddle/wallet.h"

/** The options that stand with every command. */
typedef struct cli_common {
    const char *config;   /* --config: the file of contexts */
    const char *context;  /* --context */
    const char *org;      /* --org: who acts */
    const char *channel;  /* --channel */
    const char *identity; /* --identity: a label of the wallet, or an MSP folder */
    int form;             /* --output: cli_form */
    uint64_t timeout_ms;  /* --timeout; 0: the defaults */
    int color;            /* --color */
    bool verbose;
    bool quiet;
    bool help;
} cli_common;

const cli_common *cli_session_common(const cli_session *session);
/** For what lives as long as the command. */
base_arena *cli_session_arena(cli_session *session);

/* Organisations. */

typedef struct cli_org {
    const char *name; /* in the context: "Org1" */
    const char *mspid;
} cli_org;

/** Those of the context that have peers, the one that acts first. Others, that only sign, are
 *  found by their names. */
HEDDLE_MUST_USE heddle_status cli_orgs(cli_session *session, const cli_org **out, size_t *out_count,
                                       heddle_error *err);
/** The one of this name or MSP id; NULL: the one that acts. */
HEDDLE_MUST_USE heddle_status cli_org_find(cli_session *session, const char *name, cli_org *out,
                                           heddle_error *err);

/* Who acts. @p org is a name or an MSP id, NULL for the organisation that acts. */

/** Its `identity`, or what --identity says. */
HEDDLE_MUST_USE heddle_status cli_identity(cli_session *session, const char *org,
                                           heddle_identity **out, heddle_error *err);
/** Its `admin`, for what only administrators may do; its `identity` if it has none. */
HEDDLE_MUST_USE heddle_status cli_admin(cli_session *session, const char *org,
                                        heddle_identity **out, heddle_error *err);
/** The wallet of the organisation's identity. */
HEDDLE_MUST_USE heddle_status cli_wallet(cli_session *session, const char *org, heddle_wallet **out,
                                         heddle_error *err);

/* Whom to ask. */

/** A peer or an orderer. */
typedef struct cli_node {
    const char *name;          /* "peer0.org1.example.com", or the address */
    const char *org;           /* its organisation's name in the context; "" of an orderer */
    const char *mspid;         /* "" if it is not known */
    const char *address;       /* host:port */
    heddle_view tls_roots_pem; /* empty with `plaintext` */
    bool plaintext;
    const char *name_override; /* in its certificate; NULL: the host */
    heddle_view client_cert_pem;
    heddle_view client_key_pem;
    /* Of an orderer: where it takes requests to join channels; NULL if that is not known. */
    const char *admin_url; /* "https://host:port" */
    heddle_view admin_roots_pem;
    const char *admin_name_override;
    heddle_view admin_cert_pem; /* the client's own */
    heddle_view admin_key_pem;
} cli_node;

/** The peers of an organisation; NULL: of the one that acts. */
HEDDLE_MUST_USE heddle_status cli_peers(cli_session *session, const char *org, const cli_node **out,
                                        size_t *out_count, heddle_error *err);
/** The peer of this name or address, of whichever organisation. */
HEDDLE_MUST_USE heddle_status cli_peer_find(cli_session *session, const char *name,
                                            const cli_node **out, heddle_error *err);
/** The peers of these names or addresses; those of the one that acts if none is named. */
HEDDLE_MUST_USE heddle_status cli_peers_chosen(cli_session *session, const cli_texts *names,
                                               const cli_node **out, size_t *out_count,
                                               heddle_error *err);
HEDDLE_MUST_USE heddle_status cli_orderers(cli_session *session, const cli_node **out,
                                           size_t *out_count, heddle_error *err);
HEDDLE_MUST_USE heddle_status cli_orderer_find(cli_session *session, const char *name,
                                               const cli_node **out, heddle_error *err);
/** How to connect to exactly this node; --timeout becomes the limit of its calls. */
heddle_gateway_options cli_node_options(const cli_session *session, const cli_node *node);

/** The channel of --channel or of the context. */
HEDDLE_MUST_USE heddle_status cli_channel(cli_session *session, const char **out,
                                          heddle_error *err);
/** The gateways of the organisation that acts, its peers if it names none; cli_network() in a
 *  context that asks no gateway. */
HEDDLE_MUST_USE heddle_status cli_gateway(cli_session *session, heddle_gateway **out,
                                          heddle_error *err);
/** The path without a gateway, with discovery from the peers of the organisation that acts. */
HEDDLE_MUST_USE heddle_status cli_network(cli_session *session, heddle_gateway **out,
                                          heddle_error *err);
/** The same of any organisation of the context; NULL: of the one that acts. */
HEDDLE_MUST_USE heddle_status cli_org_gateway(cli_session *session, const char *org,
                                              heddle_gateway **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status cli_org_network(cli_session *session, const char *org,
                                              heddle_gateway **out, heddle_error *err);
/** The CA of an organisation; NULL: of the one that acts. */
HEDDLE_MUST_USE heddle_status cli_ca(cli_session *session, const char *org, heddle_ca **out,
                                     heddle_error *err);

/** The limits of one call: --timeout, and the details that the session shows when it fails. */
heddle_call_options cli_call_options(cli_session *session);

/* On the terminal: standard error, never standard output. */

/** What is being done, on a line of its own that the next one replaces; on a terminal only. */
void cli_progress(cli_session *session, const char *fmt, ...) HEDDLE_PRINTF(2, 3);
/** A step of several is done: "✓ …" on a terminal, the text alone elsewhere. Not with -q. */
void cli_step(cli_session *session, const char *fmt, ...) HEDDLE_PRINTF(2, 3);
/** A line for people; not with -q. */
void cli_note(cli_session *session, const char *fmt, ...) HEDDLE_PRINTF(2, 3);
void cli_warn(cli_session *session, const char *fmt, ...) HEDDLE_PRINTF(2, 3);
/** What would put the next failure right, shown below it. */
void cli_hint(cli_session *session, const char *fmt, ...) HEDDLE_PRINTF(2, 3);

/** A password of @p file, of the variable @p variable, or typed without echo, in this order;
 *  wiped when the session ends. @p file may be NULL; "-" is standard input. */
HEDDLE_MUST_USE heddle_status cli_secret(cli_session *session, const char *file,
                                         const char *variable, const char *prompt, const char **out,
                                         heddle_error *err);

/* Ctrl-C. Without a function set it ends the program at once with 130; nothing is left half
 * written by that, as files are put in their places whole. A second one ends it in any case. */

/** Runs on a thread of its own, once. */
typedef void cli_interrupt_fn(void *user);
/** From now on Ctrl-C calls @p fn; NULL: as without. When it returns, the function that was set
 *  before does not run any more. */
void cli_interrupt_set(cli_session *session, cli_interrupt_fn *fn, void *user);
bool cli_interrupted(const cli_session *session);
/** HEDDLE_E_CANCELLED when Ctrl-C was pressed. */
HEDDLE_MUST_USE heddle_status cli_interrupt_check(const cli_session *session, heddle_error *err);

/** A file, or standard input for "-"; in the session's memory. */
HEDDLE_MUST_USE heddle_status cli_read_file(cli_session *session, const char *path,
                                            heddle_view *out, heddle_error *err);

#endif
