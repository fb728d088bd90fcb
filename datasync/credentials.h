/* What peers are shown, and by what they are trusted: read from files, part by part. */
#ifndef SYNC_CREDENTIALS_H
#define SYNC_CREDENTIALS_H

#include "base/buffer.h"
#include "datasync/conf.h"
#include "heddle/identity.h"
#include "rpc/credentials.h"

/** Each is read, and replaced, by itself. */
typedef enum sync_credential {
    SYNC_CREDENTIAL_IDENTITY,
    SYNC_CREDENTIAL_TLS,  /* the client certificate and its key */
    SYNC_CREDENTIAL_PEERS /* their roots */
} sync_credential;

typedef struct sync_credentials {
    heddle_identity *identity;
    int64_t identity_not_after_s;
    base_buffer tls_cert; /* empty: none */
    base_buffer tls_key;  /* wiped */
    uint8_t tls_hash[32];
    int64_t tls_not_after_s;
    base_buffer *roots; /* by peer; empty: no TLS */
    size_t peer_count;
} sync_credentials;

void sync_credentials_done(sync_credentials *credentials);

/** Read one part into @p out, which is zero-initialised before the first and done in each case.
 *  What can be seen to be wrong is an error. */
HEDDLE_MUST_USE heddle_status sync_credentials_read(const sync_conf *conf, sync_credential part,
                                                    sync_credentials *out, heddle_error *err);

/** Exchange one part of the two. */
void sync_credentials_swap(sync_credentials *a, sync_credentials *b, sync_credential part);

/** What the @p index-th peer is connected to with. */
HEDDLE_MUST_USE heddle_status sync_credentials_connect(const sync_credentials *credentials,
                                                       size_t index, rpc_client_creds **out,
                                                       heddle_error *err);

#endif
