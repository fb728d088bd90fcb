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

/** Start with HEDDLE_CC_SERVER_OPTIONS; what is 0 or NULL has the default. All is copied. */
typedef struct heddle_cc_server_options {
    size_t size;              /* of this struct */
    const char *address;      /* "host:port" to listen on; port 0: any */
    const char *chaincode_id; /* the package id, "label:hash" */
    const char *tls_key_file; /* PEM, or base64 of it; key and certificate turn TLS on */
    const char *tls_cert_file;
    const char *tls_client_ca_file; /* then peers must show a certificate of this CA */
    unsigned workers;               /* transactions that run at the same time; default 64 */
    unsigned queue_limit;           /* that may wait for a worker; default 10000 */
    unsigned answer_timeout_ms;     /* for the peer's answer to one request; default 120000 */
    size_t memory_limit;            /* bytes for one transaction; default 256 MiB */
    size_t stack_size;              /* of each worker; default 512 KiB, at least 64 KiB */
    unsigned drain_ms;              /* for what is in flight at the end; default 30000 */
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
 * Listen, and serve @p chaincode (borrowed until the server is closed) to the peers that connect,
 * on threads of the library. Do not fork after it. @p out is yours to heddle_cc_server_close().
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_server_open(const heddle_cc_server_options *options, const heddle_cc_chaincode *chaincode,
                      heddle_cc_server **out, heddle_error *err);

/** The port it listens on. */
HEDDLE_API unsigned heddle_cc_server_port(const heddle_cc_server *server);

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
 * heddle_cc_server_close() does; a second signal ends the process at once. Gives back the exit
 * code: 0, 1 if it cannot run, 2 if the arguments are wrong. For programs with one thread that
 * do nothing else. Blocks until then.
 */
HEDDLE_API int heddle_cc_main(const heddle_cc_chaincode *chaincode, int argc, char **argv);

HEDDLE_END_DECLS

#endif
