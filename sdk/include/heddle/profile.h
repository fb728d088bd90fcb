/*
 * Fabric's common connection profiles, YAML or JSON, read as the official SDKs read them.
 *
 *   heddle_profile_load("connection-org1.yaml", NULL, &profile, &err);
 *   heddle_profile_open_gateway(profile, NULL, NULL, &gateway, &err);
 *
 * Keys that are not known are passed over: profiles carry what other SDKs need. A value of a
 * wrong type, a name that nothing defines and a file that is not there are errors, which name
 * the line and the key. Paths are relative to the folder of the profile; ${NAME} in them is
 * taken from the environment.
 *
 * The structs are the library's: a program reads them, and a later version may add to their
 * ends, which is what `size` tells.
 *
 * Blocking: heddle_profile_load() and heddle_profile_parse() read files; nothing waits for the
 * network.
 *
 * Threads: any, several at a time; a profile does not change once it is read.
 *
 * Ownership: what is given is borrowed for the call; what is got lives as long as the profile;
 * what is loaded, opened or made is the caller's to give back.
 *
 * Errors: a status, and a heddle_error filled on failure. HEDDLE_E_CONFIG names the file, the
 * line and the key of what is wrong with a profile.
 */
#ifndef HEDDLE_PROFILE_H
#define HEDDLE_PROFILE_H

#include <stdbool.h>

#include "heddle/gateway.h"
#include "heddle/identity.h"
#include "heddle/network.h"

HEDDLE_BEGIN_DECLS

/** A connection profile. */
typedef struct heddle_profile heddle_profile;

/** Start with HEDDLE_PROFILE_OPTIONS. */
typedef struct heddle_profile_options {
    size_t size;
    bool as_localhost;    /* every host becomes localhost, its port stays; the name in the
                             certificate stays that of the profile */
    const char *base_dir; /* for paths, in place of the profile's folder; copied */
} heddle_profile_options;

#ifdef __cplusplus
static inline heddle_profile_options heddle_profile_options_init(void)
{
    heddle_profile_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_PROFILE_OPTIONS heddle_profile_options_init()
#else
#define HEDDLE_PROFILE_OPTIONS                                                                     \
    {                                                                                              \
        .size = sizeof(heddle_profile_options)                                                     \
    }
#endif

/**
 * Read a profile and the certificates it names.
 *
 * @param options  may be NULL
 * @param out      yours to heddle_profile_free()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_profile_load(const char *path,
                                                             const heddle_profile_options *options,
                                                             heddle_profile **out,
                                                             heddle_error *err);

/** The same from memory; paths are relative to base_dir of the options, or to the working
 *  directory. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_profile_parse(heddle_view text,
                                                              const heddle_profile_options *options,
                                                              heddle_profile **out,
                                                              heddle_error *err);

HEDDLE_API void heddle_profile_free(heddle_profile *profile); /* NULL is fine */

/** The profile's `name`; "" if it has none. */
HEDDLE_API const char *heddle_profile_name(const heddle_profile *profile);

/** The `client` section. What is not there is NULL, empty or 0. */
typedef struct heddle_profile_client {
    size_t size;
    const char *organization;
    uint32_t endorser_timeout_ms;  /* connection.timeout.peer.endorser */
    uint32_t event_hub_timeout_ms; /* connection.timeout.peer.eventHub */
    uint32_t orderer_timeout_ms;   /* connection.timeout.orderer */
    heddle_view cert_pem;          /* tlsCerts.client: for mutual TLS */
    heddle_view key_pem;
    const char *credential_store; /* credentialStore.path */
} heddle_profile_client;

/** The client section; never NULL. */
HEDDLE_API const heddle_profile_client *heddle_profile_get_client(const heddle_profile *profile);

/** A peer or an orderer. */
typedef struct heddle_profile_node {
    size_t size;
    const char *name;          /* its key in the profile */
    const char *address;       /* "host:port", after entityMatchers and as_localhost */
    bool plaintext;            /* grpc:// in place of grpcs:// */
    bool is_ignored;           /* an entityMatcher says so */
    const char *mspid;         /* of the organisation that lists it; NULL if none does */
    const char *name_override; /* ssl-target-name-override or hostnameOverride; or NULL */
    heddle_view tls_roots_pem; /* tlsCACerts; may be empty */
    uint32_t keepalive_ms;     /* grpc.keepalive_time_ms; 0: not given, as for what follows */
    uint32_t keepalive_timeout_ms;
    uint32_t request_timeout_ms;
    uint64_t max_receive_bytes; /* grpc.max_receive_message_length */
    uint64_t max_send_bytes;
} heddle_profile_node;

/** How many peers there are. */
HEDDLE_API size_t heddle_profile_peer_count(const heddle_profile *profile);
/** One of them, from 0; NULL past the end. */
HEDDLE_API const heddle_profile_node *heddle_profile_peer_at(const heddle_profile *profile,
                                                             size_t index);
/** The one of this name; NULL if there is none. */
HEDDLE_API const heddle_profile_node *heddle_profile_peer(const heddle_profile *profile,
                                                          const char *name);
/** How many orderers there are. */
HEDDLE_API size_t heddle_profile_orderer_count(const heddle_profile *profile);
/** One of them, from 0; NULL past the end. */
HEDDLE_API const heddle_profile_node *heddle_profile_orderer_at(const heddle_profile *profile,
                                                                size_t index);
/** The one of this name; NULL if there is none. */
HEDDLE_API const heddle_profile_node *heddle_profile_orderer(const heddle_profile *profile,
                                                             const char *name);

/** A peer as a channel uses it; each role is true unless the profile says false. */
typedef struct heddle_profile_role {
    size_t size;
    const heddle_profile_node *peer;
    bool endorsing_peer;
    bool chaincode_query;
    bool ledger_query;
    bool event_source;
} heddle_profile_role;

/** A channel. */
typedef struct heddle_profile_channel {
    size_t size;
    const char *name;
    size_t peer_count;
    const heddle_profile_role *peers;
    size_t orderer_count;
    const heddle_profile_node *const *orderers;
} heddle_profile_channel;

/** How many channels there are. */
HEDDLE_API size_t heddle_profile_channel_count(const heddle_profile *profile);
/** One of them, from 0; NULL past the end. */
HEDDLE_API const heddle_profile_channel *heddle_profile_channel_at(const heddle_profile *profile,
                                                                   size_t index);
/** The one of this name; NULL if there is none. */
HEDDLE_API const heddle_profile_channel *heddle_profile_get_channel(const heddle_profile *profile,
                                                                    const char *name);

/** A certification authority. */
typedef struct heddle_profile_ca {
    size_t size;
    const char *name;            /* its key in the profile */
    const char *url;             /* after entityMatchers and as_localhost */
    const char *ca_name;         /* caName; or NULL */
    heddle_view tls_roots_pem;   /* tlsCACerts; may be empty */
    bool verify;                 /* httpOptions.verify; true if not given */
    const char *enroll_id;       /* of the first registrar; or NULL */
    const char *enroll_secret;   /* or NULL */
    heddle_view client_cert_pem; /* tlsCACerts.client */
    heddle_view client_key_pem;
} heddle_profile_ca;

/** How many certification authorities there are. */
HEDDLE_API size_t heddle_profile_ca_count(const heddle_profile *profile);
/** One of them, from 0; NULL past the end. */
HEDDLE_API const heddle_profile_ca *heddle_profile_ca_at(const heddle_profile *profile,
                                                         size_t index);
/** The one of this name; NULL if there is none. */
HEDDLE_API const heddle_profile_ca *heddle_profile_get_ca(const heddle_profile *profile,
                                                          const char *name);

/** An organisation. */
typedef struct heddle_profile_org {
    size_t size;
    const char *name; /* its key in the profile */
    const char *mspid;
    size_t peer_count;
    const heddle_profile_node *const *peers;
    size_t ca_count;
    const heddle_profile_ca *const *cas;
    heddle_identity *admin; /* of adminPrivateKey and signedCert; NULL unless both are there.
                               Take a reference to keep it */
} heddle_profile_org;

/** How many organisations there are. */
HEDDLE_API size_t heddle_profile_org_count(const heddle_profile *profile);
/** One of them, from 0; NULL past the end. */
HEDDLE_API const heddle_profile_org *heddle_profile_org_at(const heddle_profile *profile,
                                                           size_t index);
/** The one of this name; NULL for @p name: the client's own. NULL if there is none. */
HEDDLE_API const heddle_profile_org *heddle_profile_get_org(const heddle_profile *profile,
                                                            const char *name);

/**
 * Where the entityMatchers for peers or orderers send a host that the profile does not list,
 * e.g. one that discovery found: "host:port". HEDDLE_E_NOT_FOUND if none matches.
 *
 * @param out           yours to heddle_bytes_done()
 * @param out_override  the name in its certificate, empty if it is not said; may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_profile_map_peer(const heddle_profile *profile,
                                                                 const char *address,
                                                                 heddle_bytes *out,
                                                                 heddle_bytes *out_override,
                                                                 heddle_error *err);
/** The same for an orderer. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_profile_map_orderer(const heddle_profile *profile,
                                                                    const char *address,
                                                                    heddle_bytes *out,
                                                                    heddle_bytes *out_override,
                                                                    heddle_error *err);

/**
 * A gateway of the peers of an organisation: heddle_gateway_open() with their addresses, the
 * names in their certificates, all their TLS roots, the client's certificate and the time
 * limits of the profile.
 *
 * @param org      its name in the profile; NULL: the client's own
 * @param options  what it sets has precedence over the profile; may be NULL
 * @param out      yours to heddle_gateway_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_profile_open_gateway(
    const heddle_profile *profile, const char *org, const heddle_gateway_options *options,
    heddle_gateway **out, heddle_error *err);

/**
 * The network of the profile for the path without a gateway: the peers of the organisation of
 * @p identity by its MSP id, or with @p all_peers those of every organisation and the orderers,
 * as they are needed without discovery. Open it with heddle_network_open().
 *
 * @param out  yours to heddle_network_free()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_profile_network(const heddle_profile *profile,
                                                                heddle_identity *identity,
                                                                bool all_peers,
                                                                heddle_network **out,
                                                                heddle_error *err);

HEDDLE_END_DECLS

#endif
