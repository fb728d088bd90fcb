/*
 * The path without a gateway: the library itself asks peers to endorse, hands transactions to
 * the orderers and follows the blocks. Only peers and orderers are needed.
 *
 * heddle_network_open() gives a heddle_gateway, and everything that is called through one
 * works on it: contracts, proposals and their signing elsewhere, commits, events. What only
 * this path can do is here: which peers are asked (heddle_selection), how many of them must
 * have committed (heddle_commit_strategy), and what discovery knows.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library.
 * Threads: a network and a selection belong to one thread at a time until they are used; what was
 *     opened from them may be used from any thread.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_NETWORK_H
#define HEDDLE_NETWORK_H

#include "heddle/gateway.h"
#include "heddle/identity.h"

HEDDLE_BEGIN_DECLS

/* What is known beforehand. */

/** Peers, orderers and where they are. One thread at a time. */
typedef struct heddle_network heddle_network;

/**
 * A network of which nothing is known yet. @p identity asks discovery and opens block streams, each
 * time with its own signature; it is referenced. It need not be the one that proposes.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_network_new(heddle_identity *identity,
                                                            heddle_network **out,
                                                            heddle_error *err);
HEDDLE_API void heddle_network_free(heddle_network *network); /* NULL is fine */

/** A peer or an orderer. Start with HEDDLE_NODE; everything is copied. */
typedef struct heddle_node {
    size_t size;
    const char *address;        /* "host:port"; required */
    const char *mspid;          /* of its organisation; required without discovery */
    heddle_view tls_roots_pem;  /* the CAs that its certificate must lead to */
    const char *tls_roots_file; /* the same, from a file; one of the two is required … */
    bool plaintext;             /* … unless this asks for a connection without TLS */
    const char *name_override;  /* the name in its certificate, if not the host */
} heddle_node;

#ifdef __cplusplus
static inline heddle_node heddle_node_init(const char *address)
{
    heddle_node node = {};
    node.size = sizeof(node);
    node.address = address;
    return node;
}
#define HEDDLE_NODE(at) heddle_node_init(at)
#else
#define HEDDLE_NODE(at)                                                                            \
    {                                                                                              \
        .size = sizeof(heddle_node), .address = (at)                                               \
    }
#endif

/**
 * A peer to begin with, of the organisation of the network's identity: at least one.
 * Discovery finds the others, those of other organisations too. Without discovery: any peer.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_network_add_peer(heddle_network *network,
                                                                 const heddle_node *node,
                                                                 heddle_error *err);
/** An orderer; without discovery only. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_network_add_orderer(heddle_network *network,
                                                                    const heddle_node *node,
                                                                    heddle_error *err);
/** Where a discovered "host:port", or host, is: a host:port, or a host. The name in the
 *  certificate stays the discovered one. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_network_map_host(heddle_network *network,
                                                                 const char *name,
                                                                 const char *target,
                                                                 heddle_error *err);

/* Opening. */

/**
 * When a commit is told, and heddle_submit() comes back. The streams of blocks that it takes
 * begin before the transaction is broadcast; a peer whose stream ends while a commit is awaited
 * counts no more. Who does not want to wait at all takes heddle_transaction_submit().
 */
typedef enum heddle_commit_strategy {
    HEDDLE_COMMIT_DEFAULT,     /* one peer of the own organisation told, as a gateway's */
    HEDDLE_COMMIT_OWN_ANY,     /* any peer of the own organisation that can be reached */
    HEDDLE_COMMIT_OWN_ALL,     /* all of them; at least one */
    HEDDLE_COMMIT_NETWORK_ANY, /* the same with the peers of all organisations */
    HEDDLE_COMMIT_NETWORK_ALL,
    HEDDLE_COMMIT_PREFER_OWN_ANY, /* the own organisation, or all if it has no peer there */
    HEDDLE_COMMIT_PREFER_OWN_ALL
} heddle_commit_strategy;

/** Which peer a query goes to. A peer that fails is followed by the next one. */
typedef enum heddle_query_strategy {
    HEDDLE_QUERY_DEFAULT,           /* the least busy of the own organisation, then others */
    HEDDLE_QUERY_OWN_SINGLE,        /* the same peer of the own organisation while it answers */
    HEDDLE_QUERY_OWN_ROUND_ROBIN,   /* each of them in turn */
    HEDDLE_QUERY_PREFER_OWN_SINGLE, /* as these, but then the peers of other organisations */
    HEDDLE_QUERY_PREFER_OWN_ROUND_ROBIN
} heddle_query_strategy;

/** Start with HEDDLE_NETWORK_OPTIONS; what is 0 or NULL has the default. */
typedef struct heddle_network_options {
    size_t size;
    bool without_discovery;      /* the peers and orderers that were added are all there are */
    bool as_localhost;           /* every discovered host is localhost, but for mapped ones */
    const char *home_peer;       /* "host:port", as discovery has it, of the peer preferred among
                                    equals; default the first one added */
    heddle_view client_cert_pem; /* for mutual TLS with peers and orderers */
    heddle_view client_key_pem;
    uint32_t connections;      /* to each peer and orderer; default 1, at most 64 */
    uint32_t in_flight;        /* requests under way to one of them, more wait; default 1000 */
    uint32_t height_tolerance; /* peers so many blocks behind the highest count as equal;
                                  default 3; HEDDLE_HEIGHT_EXACT: none */
    heddle_commit_strategy commit;
    heddle_query_strategy query;
    bool read_your_writes; /* queries go to peers that have every block which a commit of this
                              handle was told of */
    uint32_t discovery_interval_ms; /* age of what is known of peers; default 30000 */
    uint32_t dial_timeout_ms;       /* for one attempt to connect; default 5000 */
    uint32_t endorser_timeout_ms;   /* for one endorser's answer; default 10000 */
    uint32_t orderer_timeout_ms;    /* for one orderer's answer; default 10000 */
    uint32_t evaluate_timeout_ms;   /* for whole calls: as in heddle_gateway_options */
    uint32_t endorse_timeout_ms;
    uint32_t submit_timeout_ms;
    uint32_t commit_status_timeout_ms;
} heddle_network_options;

/** A height tolerance that lets no peer behind the highest count as equal to it. */
enum { HEDDLE_HEIGHT_EXACT = 0x7fffffff };

#ifdef __cplusplus
static inline heddle_network_options heddle_network_options_init(void)
{
    heddle_network_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_NETWORK_OPTIONS heddle_network_options_init()
#else
#define HEDDLE_NETWORK_OPTIONS                                                                     \
    {                                                                                              \
        .size = sizeof(heddle_network_options)                                                     \
    }
#endif

/**
 * A handle on the network, lazily: peers are asked at the first call. As for
 * heddle_gateway_open(): it starts the library's threads if nobody did. @p network may be
 * freed afterwards, or opened again.
 *
 * @param options  may be NULL
 * @param out      yours to heddle_gateway_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_network_open(const heddle_network *network,
                                                             const heddle_network_options *options,
                                                             heddle_gateway **out,
                                                             heddle_error *err);

/* Choosing peers. */

/** Whom a call may ask. Counted; once a call has used it it can not be changed. */
typedef struct heddle_selection heddle_selection;

/** What an entry of a selection says of a peer or an organisation. */
typedef enum heddle_selection_kind {
    HEDDLE_SELECT_TARGET,       /* this peer, "host:port" as discovery has it; several: all */
    HEDDLE_SELECT_REQUIRED_ORG, /* peers of this MSP; with several required ones: of any */
    HEDDLE_SELECT_REQUIRED_PEER,
    HEDDLE_SELECT_PREFERRED_ORG, /* these before others that would do as well */
    HEDDLE_SELECT_PREFERRED_PEER,
    HEDDLE_SELECT_IGNORED_ORG, /* never these */
    HEDDLE_SELECT_IGNORED_PEER
} heddle_selection_kind;

/** A selection that leaves everything open; NULL when memory is gone. */
HEDDLE_API heddle_selection *heddle_selection_new(void); /* NULL when memory is gone */
HEDDLE_API heddle_selection *heddle_selection_ref(heddle_selection *selection);
HEDDLE_API void heddle_selection_unref(heddle_selection *selection); /* NULL is fine */

/** Add an entry; @p name is copied. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_selection_add(heddle_selection *selection,
                                                              heddle_selection_kind kind,
                                                              const char *name, heddle_error *err);
/** Only peers that have at least @p height blocks. Within its deadline a query is held until there
 * is one. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_selection_min_height(heddle_selection *selection,
                                                                     uint64_t height,
                                                                     heddle_error *err);
/** Which peers answer queries, in place of the network's strategy. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_selection_query(heddle_selection *selection,
                                                                heddle_query_strategy strategy,
                                                                heddle_error *err);
/** Whose commit is awaited, in place of the network's. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_selection_commit(heddle_selection *selection,
                                                                 heddle_commit_strategy strategy,
                                                                 heddle_error *err);

HEDDLE_END_DECLS

#endif
