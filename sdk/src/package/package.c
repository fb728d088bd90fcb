/*
 * Reading a package: the outer archive with metadata.json and code.tar.gz, and within the
 * latter the files that a peer looks at. Content that nobody asks for is passed over unread;
 * limits hold for all that is unpacked.
 */
#include "package/package.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/fail.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "package/tar.h"
#include "json/document.h"

struct heddle_package {
    base_arena *arena; /* holds all but the code */
    base_buffer code;
    base_buffer metadata;
    bool has_code, has_metadata;
    const char *id, *label, *type, *path, *address;
    heddle_package_file *files;
    size_t file_count, file_room;
};

void heddle_package_free(heddle_package *package)
{
    if (!package)
        return;
    base_arena_free(package->arena);
    base_buffer_done(&package->code);
    base_buffer_done(&package->metadata);
    base_free(package);
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

heddle_status heddle_package_check_label(const char *label, heddle_error *err)
{
    if (!label || !*label)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the label of a package is empty");
    if (!is_letter_or_digit(*label))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "label '%.64s': the first character is no letter and no digit", label);
    for (size_t i = 1; label[i]; i++) {
        if (!is_letter_or_digit(label[i]) && !strchr("_.+-", label[i]))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "label '%.64s': character %zu: only letters, digits and _ . + - may "
                             "stand there",
                             label, i + 1);
        if (i == HEDDLE_LABEL_MAX)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "label '%.64s…' has more than %d characters", label, HEDDLE_LABEL_MAX);
    }
    return HEDDLE_OK;
}

/* Keys in any case, as Go's reader takes them; the last one counts. */
static heddle_status take_text(heddle_package *package, const char *file, const json_item *object,
                               const char *key, const char **out, heddle_error *err)
{
    const void *cursor = NULL;
    const json_item *member;
    heddle_view name, text;
    *out = "";
    while (json_item_next(object, &cursor, &name, &member)) {
        if (name.len != strlen(key) || strncasecmp((const char *)name.data, key, name.len) != 0 ||
            json_item_kind(member) == JSON_KIND_NULL)
            continue;
        if (!json_item_text(member, &text) || memchr(text.data, 0, text.len))
            return base_fail(err, HEDDLE_E_DECODE, "%s: %s is not a text", file, key);
        *out = base_arena_str(package->arena, text);
        if (!*out)
            return base_arena_fail(package->arena, err, file);
    }
    return HEDDLE_OK;
}

static heddle_status parse_object(heddle_view bytes, const char *file, json_document **out,
                                  heddle_error *err)
{
    heddle_status status = json_document_parse(bytes, PACKAGE_FILE_MAX, out, err);
    if (status) {
        base_error_prefix(err, "%s", file);
        return status;
    }
    if (json_item_kind(json_document_root(*out)) != JSON_KIND_OBJECT)
        return base_fail(err, HEDDLE_E_DECODE, "%s: not a JSON object", file);
    return HEDDLE_OK;
}

static heddle_status read_metadata(heddle_package *package, heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    const char *file = PACKAGE_METADATA;
    BASE_TRY(parse_object(base_buffer_view(&package->metadata), file, &document, err));
    const json_item *root = json_document_root(document);
    BASE_TRY(take_text(package, file, root, "label", &package->label, err));
    BASE_TRY(take_text(package, file, root, "type", &package->type, err));
    BASE_TRY(take_text(package, file, root, "path", &package->path, err));
    if (heddle_package_check_label(package->label, err)) {
        base_error_prefix(err, "%s", file);
        if (err)
            err->status = HEDDLE_E_DECODE;
        return HEDDLE_E_DECODE;
    }
    return HEDDLE_OK;
}

static heddle_status take_once(package_tar *tar, const package_entry *entry, size_t limit,
                               bool *taken, base_buffer *out, heddle_error *err)
{
    if (*taken)
        return base_fail(err, HEDDLE_E_DECODE, "%s: there are two files %s", tar->what,
                         entry->name);
    *taken = true;
    return package_tar_content(tar, entry, limit, out, err);
}

/* The two files of the archive; others a peer passes over. */
static heddle_status take_part(heddle_package *package, package_tar *tar,
                               const package_entry *entry, heddle_error *err)
{
    if (entry->type != '0')
        return base_fail(err, HEDDLE_E_DECODE, "%s: %.128s is no regular file", tar->what,
                         entry->name);
    if (strcmp(entry->name, PACKAGE_METADATA) == 0)
        return take_once(tar, entry, PACKAGE_FILE_MAX, &package->has_metadata, &package->metadata,
                         err);
    if (strcmp(entry->name, PACKAGE_CODE) == 0)
        return take_once(tar, entry, PACKAGE_PACKED_MAX, &package->has_code, &package->code, err);
    return HEDDLE_OK;
}

typedef heddle_status take_fn(heddle_package *package, package_tar *tar, const package_entry *entry,
                              heddle_error *err);

static heddle_status walk(heddle_package *package, heddle_view packed, const char *what,
                          take_fn *fn, heddle_error *err)
{
    base_auto(package_gunzip) package_gunzip *gunzip = NULL;
    BASE_TRY(package_gunzip_new(packed, PACKAGE_UNPACKED_MAX, what, &gunzip, err));
    package_tar tar = {.from = gunzip, .arena = package->arena, .what = what};
    for (;;) {
        package_entry entry;
        bool more;
        BASE_TRY(package_tar_next(&tar, &entry, &more, err));
        if (!more)
            return HEDDLE_OK;
        BASE_TRY(fn(package, &tar, &entry, err));
    }
}

/* "./a/b" is "a/b". */
static const char *without_dot(const char *name)
{
    while (name[0] == '.' && name[1] == '/')
        name += 2;
    return name;
}

static heddle_status grow(heddle_package *package, heddle_error *err)
{
    if (package->file_count < package->file_room)
        return HEDDLE_OK;
    size_t room = package->file_room * 2 + 8;
    heddle_package_file *files = base_arena_zalloc(package->arena, room, sizeof(*files));
    if (!files)
        return base_arena_fail(package->arena, err, PACKAGE_CODE);
    if (package->file_count)
        memcpy(files, package->files, package->file_count * sizeof(*files));
    package->files = files;
    package->file_room = room;
    return HEDDLE_OK;
}

/* A file of the code: it has to stay inside; those that a peer reads itself are kept. */
static heddle_status take_file(heddle_package *package, package_tar *tar,
                               const package_entry *entry, heddle_error *err)
{
    const char *name = without_dot(entry->name);
    base_auto_buffer base_buffer content = {0};
    if (!package_path_is_inside(entry->name))
        return base_fail(err, HEDDLE_E_DECODE, "%s: the path %.128s leaves the folder", tar->what,
                         entry->name);
    if (entry->type == '5')
        return HEDDLE_OK;
    if (entry->type != '0')
        return base_fail(err, HEDDLE_E_DECODE, "%s: %.128s is neither a file nor a folder",
                         tar->what, entry->name);
    if (strcmp(name, PACKAGE_CONNECTION) != 0 && strncmp(name, "META-INF/", 9) != 0)
        return HEDDLE_OK;
    BASE_TRY(grow(package, err));
    BASE_TRY(package_tar_content(tar, entry, PACKAGE_FILE_MAX, &content, err));
    heddle_view kept = base_arena_view(package->arena, base_buffer_view(&content));
    if (!kept.data && content.len)
        return base_arena_fail(package->arena, err, PACKAGE_CODE);
    package->files[package->file_count++] = (heddle_package_file){.path = name, .content = kept};
    return HEDDLE_OK;
}

/* The file of this name that counts: of several the last, which is unpacked over the others. */
static const heddle_package_file *find(const heddle_package *package, const char *path)
{
    for (size_t i = package->file_count; i-- > 0;)
        if (strcmp(package->files[i].path, path) == 0)
            return &package->files[i];
    return NULL;
}

static heddle_status read_connection(heddle_package *package, heddle_error *err)
{
    static const char *const file = PACKAGE_CONNECTION;
    const heddle_package_file *connection = find(package, file);
    base_auto(json_document) json_document *document = NULL;
    if (!connection)
        return base_fail(err, HEDDLE_E_DECODE, "%s of a chaincode as a service has no %s",
                         PACKAGE_CODE, file);
    BASE_TRY(parse_object(connection->content, file, &document, err));
    BASE_TRY(
        take_text(package, file, json_document_root(document), "address", &package->address, err));
    if (!*package->address)
        return base_fail(err, HEDDLE_E_DECODE, "%s: no address", file);
    return HEDDLE_OK;
}

static heddle_status name_it(heddle_package *package, heddle_view bytes, heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    char hex[2 * CRYPTO_SHA256_LEN + 1];
    if (crypto_sha256(bytes, digest))
        return base_fail_memory(err, "package");
    base_hex(heddle_view_of(digest, sizeof(digest)), hex);
    package->id = base_arena_printf(package->arena, "%s:%s", package->label, hex);
    return package->id ? HEDDLE_OK : base_arena_fail(package->arena, err, "package");
}

static heddle_status read_all(heddle_package *package, heddle_view bytes, heddle_error *err)
{
    if (bytes.len > PACKAGE_PACKED_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "package: larger than %d bytes",
                         PACKAGE_PACKED_MAX);
    BASE_TRY(walk(package, bytes, "package", take_part, err));
    if (!package->has_code)
        return base_fail(err, HEDDLE_E_DECODE, "package: there is no %s in it", PACKAGE_CODE);
    if (!package->has_metadata)
        return base_fail(err, HEDDLE_E_DECODE, "package: there is no %s in it", PACKAGE_METADATA);
    BASE_TRY(read_metadata(package, err));
    BASE_TRY(walk(package, base_buffer_view(&package->code), PACKAGE_CODE, take_file, err));
    package->address = "";
    if (strcasecmp(package->type, PACKAGE_CCAAS) == 0)
        BASE_TRY(read_connection(package, err));
    return name_it(package, bytes, err);
}

heddle_status heddle_package_read(heddle_view bytes, heddle_package **out, heddle_error *err)
{
    base_auto(heddle_package) heddle_package *package = base_calloc(1, sizeof(*package));
    if (package)
        package->arena = base_arena_new(2 * PACKAGE_FILES_MAX);
    if (!package || !package->arena)
        return base_fail_memory(err, "package");
    BASE_TRY(read_all(package, bytes, err));
    *out = base_steal(&package);
    return HEDDLE_OK;
}

const char *heddle_package_id(const heddle_package *package)
{
    return package->id;
}

const char *heddle_package_label(const heddle_package *package)
{
    return package->label;
}

const char *heddle_package_type(const heddle_package *package)
{
    return package->type;
}

const char *heddle_package_path(const heddle_package *package)
{
    return package->path;
}

const char *heddle_package_address(const heddle_package *package)
{
    return package->address;
}

heddle_view heddle_package_code(const heddle_package *package)
{
    return base_buffer_view(&package->code);
}

size_t heddle_package_file_count(const heddle_package *package)
{
    return package->file_count;
}

const heddle_package_file *heddle_package_file_at(const heddle_package *package, size_t index)
{
    return index < package->file_count ? &package->files[index] : NULL;
}
