/*
 * A Fabric CA server: HTTPS at one port, one or more CAs behind it, told apart by their names.
 * It answers as fabric-ca-server 1.5 does. Idemix credentials are refused.
 */
#ifndef DEVNET_CA_SERVER_H
#define DEVNET_CA_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "heddle/status.h"
#include "heddle/view.h"

/** One CA. */
typedef struct dn_ca_options {
    const char *name;      /* "ca-org1" */
    const char *cert_path; /* its own certificate and key */
    const char *key_path;
    const char *dir;        /* of its registry; made if absent */
    const char *department; /* "org1": affiliations org1, org1.department1, … are there from the
                               start, beside those of Fabric's own CA */
} dn_ca_options;

/** The CA @p name has revoked the certificates @p revoked_pem, which @p crl_pem lists. */
typedef void dn_ca_revoked_fn(void *user, const char *name, heddle_view crl_pem,
                              heddle_view revoked_pem);

typedef struct dn_ca_server_options {
    const char *address; /* host:port; port 0: any */
    const char *tls_cert;
    const char *tls_key;
    const dn_ca_options *cas; /* the first is meant when no name is given */
    size_t ca_count;
    const char *admin; /* registered from the start, may do everything */
    const char *admin_password;
    int64_t valid_s;           /* how long certificates are valid, but for CAs'; 0: a year */
    dn_ca_revoked_fn *revoked; /* after a revocation, on the server's thread before the answer; and
                                  once by the opening, if something is revoked. NULL: none */
    void *user;
} dn_ca_server_options;

typedef struct dn_ca_server dn_ca_server;

/** Nothing of @p options is kept but `revoked` and `user`. */
HEDDLE_MUST_USE heddle_status dn_ca_server_open(const dn_ca_server_options *options,
                                                dn_ca_server **out, heddle_error *err);
void dn_ca_server_close(dn_ca_server *server); /* NULL is fine */
uint16_t dn_ca_server_port(const dn_ca_server *server);

#endif
