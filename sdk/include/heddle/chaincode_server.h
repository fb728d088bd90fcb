/*
 * The server that runs contracts for the peers that connect. Included by heddle/chaincode.h.
 *
 * Blocking: as the functions' comments say.
 * Threads: a server may be used from any thread.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied.
 * Errors: the status, with its reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_CHAINCODE_SERVER_H
#define HEDDLE_CHAINCODE_SERVER_H

#include "heddle/chaincode.h"
#include "heddle/chaincode_contract.h"

HEDDLE_BEGIN_DECLS

/** A server of one chaincode, with its threads. */
typedef struct heddle_cc_server heddle_cc_server;

/** What a server that dials does when it has no connection to its peer. */
typedef enum heddle_cc_reconnect {
    /** HEDDLE_CC_RECONNECT_NEVER if the chaincode_id is a package's (a label and 64 hexadecimal
     *  digits): the peer that launched it starts it anew. Otherwise, as in a peer's development
     *  mode, HEDDLE_CC_RECONNECT_ALWAYS. */
    HEDDLE_CC_RECONNECT_AUTO,
    HEDDLE_CC_RECONNECT_ALWAYS, /* try again, after 100 ms at first and 5 s in the end */
    HEDDLE_CC_RECONNECT_NEVER   /* end: heddle_cc_server_wait() tells, heddle_cc_main() ends */
} heddle_cc_reconnect;

/**
 * Start with HEDDLE_CC_SERVER_OPTIONS; what is 0 or NULL has the default. All is copied. A server
 * either listens at `address` or dials `peer_address`. Keys and certificates are files of PEM,
 * or of base64 of it.
 */
typedef struct heddle_cc_server_options {
    size_t size;              /* of this struct */
    const char *address;      /* "host:port" to listen on; port 0: any */
    const char *chaincode_id; /* the package id, "label:hash" */
    const char *tls_key_file; /* key and certificate turn TLS on */
    const char *tls_cert_file;
    const char *tls_client_ca_file; /* then peers must show a certificate of this CA */
    unsigned workers;               /* transactions that run at the same time; default 64 */
    unsigned queue_limit;           /* that may wait for a worker; default 10000 */
    unsigned answer_timeout_ms;     /* for the peer's answer to one request; default 120000 */
    size_t memory_limit;            /* bytes for one transaction; default 256 MiB */
    size_t stack_size;              /* of each worker; default 512 KiB, at least 64 KiB */
    unsigned drain_ms;              /* for what is in flight at the end; default 30000 */
    const char *peer_address;       /* "host:port" of the peer to dial */
    const char *peer_tls_root_file; /* the peer's CA; turns TLS on */
    const char *peer_tls_key_file;  /* what the peer is shown, with a certificate */
    const char *peer_tls_cert_file;
    const char *peer_server_name; /* that its certificate is for; default: the host */
    heddle_cc_reconnect reconnect;
    /**
     * Run transactions in worker processes, this many at most, each one transaction at a time; 0:
     * on threads. A bug that traps, an exit() or a kill ends one process and its one transaction,
     * with status 500; the others go on. Workers are copies of the program as it is when the
     * server is opened, which must have one thread then: what a function leaves in variables
     * stays in its worker.
     */
    unsigned processes;
    unsigned execute_timeout_ms; /* of a transaction; 0: none. A worker process that takes longer
                                    is killed; on threads it is logged and counted */
    const char *admin_address;   /* "host:port" for GET /metrics, /livez, /readyz; NULL: none */
    bool lint; /* run each transaction twice, and fail it with status 500 if the two differ */
    const char *record_dir; /* each transaction's recording goes there: heddle/chaincode_replay.h */
} heddle_cc_server_options;

#ifdef __cplusplus
#define HEDDLE_CC_SERVER_OPTIONS                                                                   \
    {                                                                                              \
        sizeof(heddle_cc_server_options)                                                           \
    }
#else
#define HEDDLE_CC_SERVER_OPTIONS                                                                   \
    {                                                                                              \
        .size = sizeof(heddle_cc_server_options)                                                   \
    }
#endif

/**
 * Fill what is empty in @p options from the environment, by the names that the official
 * shims and samples use (docs/chaincode/running.md has them all) and by HEDDLE_CC_... for what
 * they do not have. The strings belong to the environment. HEDDLE_E_CONFIG names the variable
 * whose value cannot be; @p options is untouched then.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_options_from_env(heddle_cc_server_options *options, heddle_error *err);

/**
 * Serve @p chaincode, on threads of the library: listen, or (without waiting for the connection)
 * dial. Do not fork after it. @p chaincode is borrowed, with all it points to, until
 * heddle_cc_server_close(), which @p out is yours to.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_server_open(const heddle_cc_server_options *options, const heddle_cc_chaincode *chaincode,
                      heddle_cc_server **out, heddle_error *err);

/** The port it listens on; 0 if it dials. */
HEDDLE_API unsigned heddle_cc_server_port(const heddle_cc_server *server);

/** The port of its admin_address; 0 if it has none. */
HEDDLE_API unsigned heddle_cc_server_admin_port(const heddle_cc_server *server);

/**
 * Wait until the server can serve no longer: HEDDLE_E_UNAVAILABLE, and @p err says why (the peer
 * that it dialled is gone, or the process that makes its worker processes). HEDDLE_E_TIMED_OUT: it
 * still serves after @p timeout_ms. Blocks; any thread.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_server_wait(heddle_cc_server *server,
                                                               unsigned timeout_ms,
                                                               heddle_error *err);

/**
 * Stop, and lose nothing: from now on peers are told that the chaincode is stopping when they
 * begin a transaction; those in flight have drain_ms to finish, with their peers connected.
 * What is not finished then is woken with HEDDLE_E_UNAVAILABLE if it waits for the peer, and
 * waited for if it computes. Blocks. NULL is fine.
 */
HEDDLE_API void heddle_cc_server_close(heddle_cc_server *server);

/**
 * The whole of a main(): options from the arguments and, where these say nothing, from the
 * environment (--help tells all), logs to stderr from the level that
 * CORE_CHAINCODE_LOGGING_LEVEL says, serve until SIGTERM or SIGINT, stop as
 * heddle_cc_server_close() does but without waiting for what computes beyond drain_ms; a second
 * signal ends the process at once. Gives back the exit code: 0; 1 if it cannot run or go on; 2
 * if the arguments are wrong. For programs with one thread that do nothing else. Blocks until
 * then. With "--replay FILE..." it runs recordings instead and prints how they differ (1: some
 * do), with "--metadata" it prints the metadata; "--version".
 */
HEDDLE_API int heddle_cc_main(const heddle_cc_chaincode *chaincode, int argc, char **argv);

HEDDLE_END_DECLS

#endif
