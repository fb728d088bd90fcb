#include "devnet/lifecycle/installs.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "devnet/lifecycle/record.h"
#include "package/package.h"

enum { HASH_CHARS = 2 * CRYPTO_SHA256_LEN };

struct dn_installs {
    char *dir;
    base_arena *arena; /* of the installs */
    pthread_mutex_t lock;
    const dn_install **items;
    size_t count;
};

/* The list, under the lock. */

static const dn_install *find(const dn_installs *installs, heddle_view package_id)
{
    for (size_t i = 0; i < installs->count; i++) {
        if (base_view_is(package_id, installs->items[i]->package_id))
            return installs->items[i];
    }
    return NULL;
}

static heddle_status hash_source(dn_install *install, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    dn_record record;
    if (!arena)
        return base_fail_memory(err, "package");
    BASE_TRY(dn_record_of_package("", install->package_id, arena, &record, err));
    if (crypto_sha256(record.fields[0].value, install->source_hash) != HEDDLE_OK)
        return base_fail_memory(err, "package");
    return HEDDLE_OK;
}

static heddle_status append(dn_installs *installs, heddle_view label, heddle_view hash,
                            const dn_install **out, heddle_error *err)
{
    dn_install *made = base_arena_zalloc(installs->arena, 1, sizeof(*made));
    const dn_install **grown =
        base_realloc(installs->items, (installs->count + 1) * sizeof(*grown));
    if (!grown)
        return base_fail_memory(err, "package");
    installs->items = grown;
    if (!made)
        return base_arena_fail(installs->arena, err, "package");
    made->label = base_arena_str(installs->arena, label);
    made->package_id =
        base_arena_printf(installs->arena, "%.*s:%.*s", BASE_VIEW_ARG(label), BASE_VIEW_ARG(hash));
    if (!made->label || !made->package_id)
        return base_arena_fail(installs->arena, err, "package");
    BASE_TRY(hash_source(made, err));
    installs->items[installs->count++] = made;
    *out = made;
    return HEDDLE_OK;
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(const dn_install *const *)a)->package_id,
                  (*(const dn_install *const *)b)->package_id);
}

/* Opening. */

/* "LABEL.HASH.tar.gz" */
static bool split_name(heddle_view name, heddle_view *out_label, heddle_view *out_hash)
{
    heddle_view end = VIEW(".tar.gz");
    if (name.len <= HASH_CHARS + end.len + 1)
        return false;
    size_t label = name.len - end.len - HASH_CHARS - 1;
    *out_label = base_view_slice(name, 0, label);
    *out_hash = base_view_slice(name, label + 1, HASH_CHARS);
    if (name.data[label] != '.' ||
        !base_view_equal(base_view_slice(name, label + 1 + HASH_CHARS, SIZE_MAX), end))
        return false;
    for (size_t i = 0; i < HASH_CHARS; i++) {
        uint8_t c = out_hash->data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

static heddle_status list_files(dn_installs *installs, DIR *folder, heddle_error *err)
{
    const dn_install *one;
    for (struct dirent *entry; (entry = readdir(folder));) {
        heddle_view label, hash;
        if (split_name(heddle_view_str(entry->d_name), &label, &hash))
            BASE_TRY(append(installs, label, hash, &one, err));
    }
    if (installs->count)
        qsort(installs->items, installs->count, sizeof(*installs->items), by_id);
    return HEDDLE_OK;
}

static heddle_status open_folder(dn_installs *installs, heddle_error *err)
{
    BASE_TRY(base_make_dirs(installs->dir, 0700, err));
    DIR *folder = opendir(installs->dir);
    if (!folder)
        return base_fail_errno(err, "%s", installs->dir);
    heddle_status status = list_files(installs, folder, err);
    closedir(folder);
    return status;
}

heddle_status dn_installs_open(const char *dir, dn_installs **out, heddle_error *err)
{
    dn_installs *made = base_calloc(1, sizeof(*made));
    if (!made)
        return base_fail_memory(err, "packages");
    pthread_mutex_init(&made->lock, NULL);
    base_auto_buffer base_buffer path = {0};
    heddle_status status = base_buffer_printf(&path, "%s/_lifecycle", dir);
    made->dir = base_strdup_view(base_buffer_view(&path));
    made->arena = base_arena_new(0);
    if (status != HEDDLE_OK || !made->dir || !made->arena)
        status = base_fail_memory(err, "packages");
    if (status == HEDDLE_OK)
        status = open_folder(made, err);
    if (status == HEDDLE_OK)
        *out = made;
    else
        dn_installs_close(made);
    return status;
}

void dn_installs_close(dn_installs *installs)
{
    if (!installs)
        return;
    pthread_mutex_destroy(&installs->lock);
    base_free(installs->items);
    base_arena_free(installs->arena);
    base_free(installs->dir);
    base_free(installs);
}

/* Installing. */

static const heddle_package_file *find_file(const heddle_package *package, const char *path)
{
    const heddle_package_file *found = NULL;
    for (size_t i = 0; i < heddle_package_file_count(package); i++) {
        const heddle_package_file *file = heddle_package_file_at(package, i);
        if (!strcmp(file->path, path))
            found = file;
    }
    return found;
}

static heddle_status read_connection(const heddle_package *package, base_arena *arena,
                                     dn_connection *out, heddle_error *err)
{
    const heddle_package_file *file = find_file(package, PACKAGE_CONNECTION);
    if (!file)
        return base_fail(err, HEDDLE_E_CONFIG, "%s not found", PACKAGE_CONNECTION);
    return dn_connection_read(file->content, arena, out, err);
}

/* A peer of Fabric would hand other types to a builder, of which this one has none. */
static heddle_status check_runnable(const heddle_package *package, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    dn_connection connection;
    if (!arena)
        return base_fail_memory(err, "package");
    if (strcasecmp(heddle_package_type(package), PACKAGE_CCAAS) != 0)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "could not build chaincode: no DockerBuilder, cannot build type '%.64s': "
                         "this peer runs chaincode as a service, of type 'ccaas'",
                         heddle_package_type(package));
    heddle_status status = read_connection(package, arena, &connection, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "could not build chaincode: external builder failed");
    return status;
}

static heddle_status path_of(const dn_installs *installs, const char *package_id, base_buffer *out,
                             heddle_error *err)
{
    const char *colon = strchr(package_id, ':');
    if (base_buffer_printf(out, "%s/%.*s.%s.tar.gz", installs->dir, (int)(colon - package_id),
                           package_id, colon + 1) != HEDDLE_OK ||
        base_buffer_append_byte(out, 0) != HEDDLE_OK)
        return base_fail_memory(err, "package");
    return HEDDLE_OK;
}

static heddle_status keep(dn_installs *installs, const heddle_package *package, heddle_view bytes,
                          const dn_install **out, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    const char *id = heddle_package_id(package);
    if (find(installs, heddle_view_str(id)))
        return base_fail(err, HEDDLE_E_EXISTS,
                         "chaincode already successfully installed (package ID '%s')", id);
    BASE_TRY(path_of(installs, id, &path, err));
    heddle_status status = base_write_file((const char *)path.data, bytes, 0600, err);
    if (status == HEDDLE_OK)
        status = base_sync_parent((const char *)path.data, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "could not save cc install package");
        return status;
    }
    return append(installs, heddle_view_str(heddle_package_label(package)),
                  heddle_view_str(strchr(id, ':') + 1), out, err);
}

heddle_status dn_installs_add(dn_installs *installs, heddle_view bytes, const dn_install **out,
                              heddle_error *err)
{
    base_auto(heddle_package) heddle_package *package = NULL;
    heddle_status status = heddle_package_read(bytes, &package, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "could not parse as a chaincode install package");
        return status;
    }
    BASE_TRY(check_runnable(package, err));
    pthread_mutex_lock(&installs->lock);
    status = keep(installs, package, bytes, out, err);
    pthread_mutex_unlock(&installs->lock);
    return status;
}

/* Questions. */

size_t dn_installs_count(dn_installs *installs)
{
    pthread_mutex_lock(&installs->lock);
    size_t count = installs->count;
    pthread_mutex_unlock(&installs->lock);
    return count;
}

const dn_install *dn_installs_at(dn_installs *installs, size_t index)
{
    pthread_mutex_lock(&installs->lock);
    const dn_install *found = index < installs->count ? installs->items[index] : NULL;
    pthread_mutex_unlock(&installs->lock);
    return found;
}

const dn_install *dn_installs_find(dn_installs *installs, heddle_view package_id)
{
    pthread_mutex_lock(&installs->lock);
    const dn_install *found = find(installs, package_id);
    pthread_mutex_unlock(&installs->lock);
    return found;
}

const dn_install *dn_installs_source(dn_installs *installs, const uint8_t hash[32])
{
    const dn_install *found = NULL;
    pthread_mutex_lock(&installs->lock);
    for (size_t i = 0; i < installs->count && !found; i++) {
        if (!memcmp(installs->items[i]->source_hash, hash, CRYPTO_SHA256_LEN))
            found = installs->items[i];
    }
    pthread_mutex_unlock(&installs->lock);
    return found;
}

heddle_status dn_installs_read(dn_installs *installs, const dn_install *install, base_buffer *out,
                               heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    BASE_TRY(path_of(installs, install->package_id, &path, err));
    return base_read_file((const char *)path.data, PACKAGE_PACKED_MAX, out, err);
}

heddle_status dn_installs_connection(dn_installs *installs, const dn_install *install,
                                     base_arena *arena, dn_connection *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    base_auto(heddle_package) heddle_package *package = NULL;
    BASE_TRY(dn_installs_read(installs, install, &bytes, err));
    BASE_TRY(heddle_package_read(base_buffer_view(&bytes), &package, err));
    if (strcmp(heddle_package_id(package), install->package_id) != 0)
        return base_fail(err, HEDDLE_E_DECODE, "the file of package %s is another one",
                         install->package_id);
    return read_connection(package, arena, out, err);
}
