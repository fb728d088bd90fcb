#include "heddle/wallet.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "client/gateway.h"
#include "client/identity.h"
#include "profile/entry.h"
#include "profile/store.h"

enum { LABEL_MAX = 200, LABELS_MAX = 1 << 20 };

struct heddle_wallet {
    heddle_wallet_store store;
};

struct heddle_wallet_labels {
    size_t count;
    size_t room;
    char **items;
};

/* Where a store puts what it was asked for: one document, or labels. */
struct sink {
    base_buffer *document;
    heddle_wallet_labels *labels;
    bool given;
};

/* Opening. */

static heddle_status wrap(const heddle_wallet_store *store, heddle_wallet **out, heddle_error *err)
{
    heddle_wallet *wallet = base_calloc(1, sizeof(*wallet));
    if (!wallet)
        return base_fail_memory(err, "wallet");
    wallet->store = *store;
    *out = wallet;
    return HEDDLE_OK;
}

static heddle_status wrap_own(const heddle_wallet_store *store, heddle_wallet **out,
                              heddle_error *err)
{
    heddle_status status = wrap(store, out, err);
    if (status)
        store->release(store->user);
    return status;
}

heddle_status heddle_wallet_open(const char *dir, heddle_wallet **out, heddle_error *err)
{
    heddle_wallet_store store;
    if (!dir || !*dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "wallet: the folder is not given");
    BASE_TRY(profile_folder_store(dir, &store, err));
    return wrap_own(&store, out, err);
}

heddle_status heddle_wallet_new(heddle_wallet **out, heddle_error *err)
{
    heddle_wallet_store store;
    BASE_TRY(profile_memory_store(&store, err));
    return wrap_own(&store, out, err);
}

heddle_status heddle_wallet_with_store(const heddle_wallet_store *store, heddle_wallet **out,
                                       heddle_error *err)
{
    heddle_wallet_store own = {0};
    BASE_TRY(client_options_copy(&own, sizeof(own), store, "HEDDLE_WALLET_STORE", err));
    if (!own.put || !own.get || !own.remove || !own.list)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "wallet: a store puts, gets, removes and lists");
    return wrap(&own, out, err);
}

void heddle_wallet_close(heddle_wallet *wallet)
{
    if (!wallet)
        return;
    if (wallet->store.release)
        wallet->store.release(wallet->store.user);
    base_free(wallet);
}

/* Labels. */

void heddle_wallet_labels_free(heddle_wallet_labels *labels)
{
    if (!labels)
        return;
    for (size_t i = 0; i < labels->count; i++)
        base_free(labels->items[i]);
    base_free(labels->items);
    base_free(labels);
}
BASE_AUTO_DEFINE(labels, heddle_wallet_labels *, heddle_wallet_labels_free)

size_t heddle_wallet_labels_count(const heddle_wallet_labels *labels)
{
    return labels->count;
}

const char *heddle_wallet_labels_at(const heddle_wallet_labels *labels, size_t index)
{
    return index < labels->count ? labels->items[index] : NULL;
}

static bool is_label(heddle_view label)
{
    return label.len >= 1 && label.len <= LABEL_MAX && label.data[0] != '.' &&
           !memchr(label.data, '/', label.len) && !memchr(label.data, 0, label.len);
}

static heddle_status check_label(const heddle_wallet *wallet, const char *label, heddle_error *err)
{
    if (!wallet)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "wallet: it is NULL");
    if (is_label(heddle_view_str(label)))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "wallet: a label has 1 to %d bytes, no '/', and no '.' in front", LABEL_MAX);
}

static heddle_status add_label(heddle_wallet_labels *labels, heddle_view label)
{
    if (!is_label(label))
        return HEDDLE_OK; /* it could not be asked for */
    if (labels->count == LABELS_MAX)
        return HEDDLE_E_TOO_LARGE;
    if (labels->count == labels->room) {
        size_t room = labels->room ? 2 * labels->room : 16;
        char **items = base_realloc(labels->items, room * sizeof(*items));
        if (!items)
            return HEDDLE_E_NO_MEMORY;
        labels->items = items;
        labels->room = room;
    }
    char *copy = base_strdup_view(label);
    if (!copy)
        return HEDDLE_E_NO_MEMORY;
    labels->items[labels->count++] = copy;
    return HEDDLE_OK;
}

heddle_status heddle_wallet_give(void *sink_, heddle_view data)
{
    struct sink *sink = sink_;
    sink->given = true;
    if (sink->labels)
        return add_label(sink->labels, data);
    if (data.len > PROFILE_ENTRY_MAX)
        return HEDDLE_E_TOO_LARGE;
    base_buffer_wipe(sink->document);
    return base_buffer_append(sink->document, data);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(heddle_wallet_labels *labels)
{
    size_t kept = 0;
    if (labels->count)
        qsort(labels->items, labels->count, sizeof(*labels->items), by_bytes);
    for (size_t i = 0; i < labels->count; i++) {
        if (kept && strcmp(labels->items[kept - 1], labels->items[i]) == 0)
            base_free(labels->items[i]);
        else
            labels->items[kept++] = labels->items[i];
    }
    labels->count = kept;
}

/* What a store says, with what it was about. */
static heddle_status told(heddle_status status, const heddle_error *said, const char *label,
                          heddle_error *err)
{
    if (status == HEDDLE_OK)
        return HEDDLE_OK;
    return base_fail_retry(err, status, said->retry, "wallet%s%s: %s", label ? ", " : "",
                           label ? label : "",
                           said->message[0] ? said->message : heddle_status_text(status));
}

heddle_status heddle_wallet_list(heddle_wallet *wallet, heddle_wallet_labels **out,
                                 heddle_error *err)
{
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    base_auto(labels) heddle_wallet_labels *labels = base_calloc(1, sizeof(*labels));
    if (!labels)
        return base_fail_memory(err, "labels of a wallet");
    struct sink sink = {.labels = labels};
    heddle_status status = wallet->store.list(&sink, wallet->store.user, &said);
    if (status)
        return told(status, &said, NULL, err);
    sort(labels);
    *out = base_steal(&labels);
    return HEDDLE_OK;
}

/* Identities. */

static heddle_status fill_entry(const heddle_identity *given, profile_entry *entry,
                                heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *identity = client_identity_hold(given);
    const crypto_key *key = client_identity_key(identity);
    if (base_buffer_append_str(&entry->mspid, heddle_identity_mspid(identity)) ||
        base_buffer_append(&entry->cert_pem, heddle_identity_cert_pem(identity)))
        return base_fail_memory(err, "identity");
    return key ? crypto_key_pem(key, &entry->key_pem, err) : HEDDLE_OK;
}

heddle_status heddle_wallet_put(heddle_wallet *wallet, const char *label,
                                const heddle_identity *identity, heddle_error *err)
{
    profile_auto_entry profile_entry entry = {0};
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    base_buffer document = {0};
    BASE_TRY(check_label(wallet, label, err));
    if (!identity)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "wallet, %s: no identity", label);
    heddle_status status = fill_entry(identity, &entry, &said);
    if (status == HEDDLE_OK)
        status = profile_entry_write(&entry, &document, &said);
    if (status == HEDDLE_OK)
        status = wallet->store.put(label, base_buffer_view(&document), wallet->store.user, &said);
    base_buffer_wipe(&document);
    return told(status, &said, label, err);
}

static heddle_status read_entry(heddle_wallet *wallet, const char *label, profile_entry *out,
                                heddle_error *err)
{
    base_buffer document = {0};
    struct sink sink = {.document = &document};
    heddle_status status = wallet->store.get(label, &sink, wallet->store.user, err);
    if (status == HEDDLE_OK && !sink.given)
        status = base_fail(err, HEDDLE_E_NOT_FOUND, "the store gave nothing");
    if (status == HEDDLE_OK)
        status = profile_entry_read(base_buffer_view(&document), out, err);
    base_buffer_wipe(&document);
    return status;
}

static heddle_status make_identity(const profile_entry *entry, heddle_pkcs11 *token,
                                   heddle_identity **out, heddle_error *err)
{
    const char *mspid = (const char *)entry->mspid.data;
    heddle_view cert = base_buffer_view(&entry->cert_pem);
    if (entry->key_pem.len)
        return heddle_identity_from_pem(mspid, cert, base_buffer_view(&entry->key_pem), out, err);
    if (!token)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "the key is in a token, and none was given to look in");
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    key.cert_pem = cert;
    return heddle_pkcs11_identity(token, mspid, &key, out, err);
}

heddle_status heddle_wallet_get(heddle_wallet *wallet, const char *label, heddle_pkcs11 *token,
                                heddle_identity **out, heddle_error *err)
{
    profile_auto_entry profile_entry entry = {0};
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    BASE_TRY(check_label(wallet, label, err));
    heddle_status status = read_entry(wallet, label, &entry, &said);
    if (status == HEDDLE_OK)
        status = make_identity(&entry, token, out, &said);
    return told(status, &said, label, err);
}

heddle_status heddle_wallet_has(heddle_wallet *wallet, const char *label, bool *out,
                                heddle_error *err)
{
    base_buffer document = {0};
    struct sink sink = {.document = &document};
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    BASE_TRY(check_label(wallet, label, err));
    heddle_status status = wallet->store.get(label, &sink, wallet->store.user, &said);
    base_buffer_wipe(&document);
    if (status && status != HEDDLE_E_NOT_FOUND)
        return told(status, &said, label, err);
    *out = status == HEDDLE_OK && sink.given;
    return HEDDLE_OK;
}

heddle_status heddle_wallet_remove(heddle_wallet *wallet, const char *label, heddle_error *err)
{
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    BASE_TRY(check_label(wallet, label, err));
    return told(wallet->store.remove(label, wallet->store.user, &said), &said, label, err);
}

/* MSP folders. */

heddle_status heddle_wallet_import_msp(heddle_wallet *wallet, const char *label, const char *mspid,
                                       const char *dir, heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *identity = NULL;
    BASE_TRY(heddle_identity_from_msp(mspid, dir, &identity, err));
    return heddle_wallet_put(wallet, label, identity, err);
}

static heddle_status write_into(const char *dir, const char *folder, const char *name,
                                heddle_view bytes, unsigned mode, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (base_buffer_printf(&path, "%s/%s", dir, folder) || !base_buffer_cstr(&path))
        return base_fail_memory(err, dir);
    BASE_TRY(base_make_dirs((const char *)path.data, 0700, err));
    if (base_buffer_printf(&path, "/%s", name) || !base_buffer_cstr(&path))
        return base_fail_memory(err, dir);
    return base_write_file((const char *)path.data, bytes, mode, err);
}

heddle_status heddle_wallet_export_msp(heddle_wallet *wallet, const char *label, const char *dir,
                                       heddle_error *err)
{
    profile_auto_entry profile_entry entry = {0};
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    BASE_TRY(check_label(wallet, label, err));
    if (!dir || !*dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "wallet: the MSP folder is not given");
    heddle_status status = read_entry(wallet, label, &entry, &said);
    if (status == HEDDLE_OK && !entry.key_pem.len)
        status = base_fail(&said, HEDDLE_E_BAD_STATE, "the key is in a token and stays there");
    if (status == HEDDLE_OK)
        status =
            write_into(dir, "keystore", "priv_sk", base_buffer_view(&entry.key_pem), 0600, &said);
    if (status == HEDDLE_OK)
        status = write_into(dir, "signcerts", "cert.pem", base_buffer_view(&entry.cert_pem), 0644,
                            &said);
    return told(status, &said, label, err);
}
