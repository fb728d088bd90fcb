/*
 * Making a package. Its bytes follow from the recipe: files sorted by name, of one mode, of
 * nobody, without a time, in gzip streams that are framed and not compressed.
 */
#include <string.h>

#include "base/fail.h"
#include "package/package.h"
#include "package/tar.h"
#include "json/document.h"
#include "json/writer.h"

static heddle_status check(const heddle_package_recipe *recipe, heddle_error *err)
{
    bool is_ccaas = !recipe->type || strcmp(recipe->type, PACKAGE_CCAAS) == 0;
    bool has_service = recipe->address || recipe->connection_json.len;
    BASE_TRY(heddle_package_check_label(recipe->label, err));
    if (recipe->code.len && (has_service || recipe->file_count))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "recipe: either code, or a service and its files");
    if (!recipe->code.len && !is_ccaas)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "recipe: type %.32s needs code", recipe->type);
    if (!recipe->code.len && !has_service)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "recipe: neither an address nor a connection.json nor code");
    if (recipe->client_cert_pem.len && (!recipe->client_key_pem.len || !recipe->tls_roots_pem.len))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "recipe: a client certificate goes with its key, and with TLS roots");
    return HEDDLE_OK;
}

static void write_member(json_writer *json, heddle_view name, heddle_view text)
{
    json_name(json, name);
    json_text(json, text);
}

static void write_truth(json_writer *json, heddle_view name, bool truth)
{
    json_name(json, name);
    json_word(json, truth ? "true" : "false");
}

static heddle_status write_connection(const heddle_package_recipe *recipe, base_buffer *out,
                                      heddle_error *err)
{
    json_writer json = {.out = out, .fresh = true};
    if (recipe->connection_json.len)
        return base_buffer_append(out, recipe->connection_json) ? base_fail_memory(err, "package")
                                                                : HEDDLE_OK;
    json_begin(&json, '{');
    write_member(&json, VIEW("address"), heddle_view_str(recipe->address));
    write_member(&json, VIEW("dial_timeout"),
                 heddle_view_str(recipe->dial_timeout ? recipe->dial_timeout : "10s"));
    write_truth(&json, VIEW("tls_required"), recipe->tls_roots_pem.len > 0);
    if (recipe->tls_roots_pem.len) {
        write_truth(&json, VIEW("client_auth_required"), recipe->client_cert_pem.len > 0);
        write_member(&json, VIEW("client_key"), recipe->client_key_pem);
        write_member(&json, VIEW("client_cert"), recipe->client_cert_pem);
        write_member(&json, VIEW("root_cert"), recipe->tls_roots_pem);
    }
    json_end(&json, '}');
    return json.status ? base_fail_memory(err, "package") : HEDDLE_OK;
}

/* An index that is no JSON would fail on the peer, after all have approved. */
static heddle_status check_file(const heddle_package_file *file, heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    size_t len = file->path ? strlen(file->path) : 0;
    if (!len || strncmp(file->path, "META-INF/", 9) != 0 || !package_path_is_inside(file->path + 9))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "recipe: %.128s: further files are below META-INF/",
                         file->path ? file->path : "a file without a name");
    if (strncmp(file->path, "META-INF/statedb/", 17) != 0)
        return HEDDLE_OK;
    if (len < 5 || strcmp(file->path + len - 5, ".json") != 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "recipe: %.128s: an index is a .json file",
                         file->path);
    heddle_status status = json_document_parse(file->content, 0, &document, err);
    if (status)
        base_error_prefix(err, "%.128s", file->path);
    return status;
}

static const heddle_package_file **sorted(const heddle_package_recipe *recipe, base_arena *arena)
{
    const heddle_package_file **files =
        base_arena_zalloc(arena, recipe->file_count + 1, sizeof(heddle_package_file *));
    for (size_t i = 0; files && i < recipe->file_count; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(recipe->files[i].path, files[at - 1]->path) < 0; at--)
            files[at] = files[at - 1];
        files[at] = &recipe->files[i];
    }
    return files;
}

static heddle_status append_files(const heddle_package_recipe *recipe, base_buffer *tar,
                                  heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    for (size_t i = 0; i < recipe->file_count; i++)
        BASE_TRY(check_file(&recipe->files[i], err));
    const heddle_package_file **files = arena ? sorted(recipe, arena) : NULL;
    if (!files)
        return base_fail_memory(err, "package");
    for (size_t i = 0; i < recipe->file_count; i++) {
        if (i && strcmp(files[i]->path, files[i - 1]->path) == 0)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "recipe: %.128s is there twice",
                             files[i]->path);
        BASE_TRY(package_tar_append(tar, files[i]->path, files[i]->content, err));
    }
    return HEDDLE_OK;
}

static heddle_status pack(base_buffer *tar, base_buffer *out, heddle_error *err)
{
    if (package_tar_finish(tar) || package_gzip(base_buffer_view(tar), out))
        return base_fail_memory(err, "package");
    return HEDDLE_OK;
}

/* META-INF sorts before connection.json. */
static heddle_status make_code(const heddle_package_recipe *recipe, base_buffer *out,
                               heddle_error *err)
{
    base_auto_buffer base_buffer tar = {0}, connection = {0};
    if (recipe->code.len)
        return base_buffer_append(out, recipe->code) ? base_fail_memory(err, "package") : HEDDLE_OK;
    BASE_TRY(append_files(recipe, &tar, err));
    BASE_TRY(write_connection(recipe, &connection, err));
    BASE_TRY(package_tar_append(&tar, PACKAGE_CONNECTION, base_buffer_view(&connection), err));
    return pack(&tar, out, err);
}

static heddle_status make_metadata(const heddle_package_recipe *recipe, base_buffer *out,
                                   heddle_error *err)
{
    json_writer json = {.out = out, .fresh = true};
    json_begin(&json, '{');
    write_member(&json, VIEW("path"), heddle_view_str(recipe->path));
    write_member(&json, VIEW("type"), heddle_view_str(recipe->type ? recipe->type : PACKAGE_CCAAS));
    write_member(&json, VIEW("label"), heddle_view_str(recipe->label));
    json_end(&json, '}');
    return json.status ? base_fail_memory(err, "package") : HEDDLE_OK;
}

static heddle_status make(const heddle_package_recipe *recipe, base_buffer *out, heddle_error *err)
{
    base_auto_buffer base_buffer tar = {0}, metadata = {0}, code = {0};
    BASE_TRY(make_metadata(recipe, &metadata, err));
    BASE_TRY(make_code(recipe, &code, err));
    BASE_TRY(package_tar_append(&tar, PACKAGE_METADATA, base_buffer_view(&metadata), err));
    BASE_TRY(package_tar_append(&tar, PACKAGE_CODE, base_buffer_view(&code), err));
    return pack(&tar, out, err);
}

static heddle_status copy_recipe(const heddle_package_recipe *given, heddle_package_recipe *out,
                                 heddle_error *err)
{
    if (given->size <= sizeof(given->size))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "the struct does not start as HEDDLE_PACKAGE_RECIPE");
    memcpy(out, given, given->size < sizeof(*out) ? given->size : sizeof(*out));
    return HEDDLE_OK;
}

heddle_status heddle_package_make(const heddle_package_recipe *given, heddle_bytes *out,
                                  heddle_error *err)
{
    heddle_package_recipe recipe = {0};
    base_auto_buffer base_buffer made = {0};
    base_auto(heddle_package) heddle_package *package = NULL;
    BASE_TRY(copy_recipe(given, &recipe, err));
    BASE_TRY(check(&recipe, err));
    BASE_TRY(make(&recipe, &made, err));
    BASE_TRY(heddle_package_read(base_buffer_view(&made), &package, err));
    if (!base_buffer_cstr(&made))
        return base_fail_memory(err, "package");
    size_t len = 0;
    uint8_t *data = base_buffer_take(&made, &len);
    *out = (heddle_bytes){.data = data, .len = len};
    return HEDDLE_OK;
}
