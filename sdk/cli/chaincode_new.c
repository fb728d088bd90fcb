/* heddle chaincode new: the folder of a contract in C. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "cli/chaincode.h"
#include "cli/template.h"

enum { NAME_LIMIT = 64 };

/* What stands for the marks of a template. */
typedef struct terms {
    heddle_view name;
    heddle_view identifier;
    heddle_view address;
} terms;

/* As a channel takes it: letters and digits, with one - or _ between. */
static bool is_name(const char *name)
{
    bool after_letter = false;
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        bool letter = isalnum((unsigned char)name[i]) != 0;
        if (!letter && !(after_letter && (name[i] == '-' || name[i] == '_')))
            return false;
        after_letter = letter;
    }
    return after_letter && len <= NAME_LIMIT;
}

/* It goes into a Makefile: nothing but what a host and a port are made of. */
static bool is_address(const char *address)
{
    return strchr(address, ':') && address[strspn(address, "abcdefghijklmnopqrstuvwxyz"
                                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                           "0123456789.-_:[]")] == '\0';
}

/* Something that C takes for a name of its own: "my-notes" is my_notes_chaincode. */
static char *identifier_of(base_arena *arena, const char *name)
{
    const char *prefix = isdigit((unsigned char)name[0]) ? "chaincode_" : "";
    char *text = base_arena_printf(arena, "%s%s_chaincode", prefix, name);
    for (char *c = text; c && *c; c++)
        if (*c == '-')
            *c = '_';
    return text;
}

static const heddle_view *mark_at(heddle_view text, const terms *values, size_t *out_len)
{
    const struct {
        const char *mark;
        const heddle_view *value;
    } marks[] = {{"@NAME@", &values->name},
                 {"NEW_CHAINCODE", &values->identifier},
                 {"@ADDRESS@", &values->address}};
    for (size_t i = 0; i < BASE_COUNT(marks); i++) {
        size_t len = strlen(marks[i].mark);
        if (text.len >= len && memcmp(text.data, marks[i].mark, len) == 0) {
            *out_len = len;
            return marks[i].value;
        }
    }
    return NULL;
}

static heddle_status fill(const cli_template_file *file, const terms *values, base_buffer *out)
{
    for (size_t at = 0; at < file->len;) {
        size_t len = 1;
        heddle_view rest = heddle_view_of(file->bytes + at, file->len - at);
        const heddle_view *value = mark_at(rest, values, &len);
        BASE_TRY(base_buffer_append(out, value ? *value : base_view_slice(rest, 0, 1)));
        at += len;
    }
    return HEDDLE_OK;
}

static heddle_status write_file(cli_session *session, const char *folder,
                                const cli_template_file *file, const terms *values,
                                heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    bool hidden = strcmp(file->name, "gitignore") == 0;
    char *path = base_arena_printf(cli_session_arena(session), "%s/%s%s", folder, hidden ? "." : "",
                                   file->name);
    if (!path || fill(file, values, &text) != HEDDLE_OK)
        return base_fail_memory(err, "files");
    return base_write_file(path, base_buffer_view(&text), 0644, err);
}

static bool is_empty(DIR *folder)
{
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return false;
    return true;
}

/* What is there already is the user's: only a folder that is not there, or empty, is taken. */
static heddle_status take_folder(const char *path, heddle_error *err)
{
    BASE_TRY(base_make_dirs(path, 0777, err));
    DIR *folder = opendir(path);
    if (!folder)
        return base_fail(err, HEDDLE_E_IO, "%s: %s", path, strerror(errno));
    bool empty = is_empty(folder);
    closedir(folder);
    return empty ? HEDDLE_OK
                 : base_fail(err, HEDDLE_E_EXISTS, "%s: there is something already", path);
}

static heddle_status print_made(cli_session *session, const char *name, const char *folder,
                                heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "name", name);
    cli_put_text(&doc, "folder", folder);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

heddle_status cli_run_new(cli_session *session, const void *values, heddle_error *err)
{
    const cli_chaincode_new *given = values;
    const char *folder = given->folder ? given->folder : given->name;
    if (!is_name(given->name))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "NAME: letters and digits, with a - or _ between, at most %d", NAME_LIMIT);
    if (!is_address(given->address))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--address: \"%s\" is not HOST:PORT",
                         given->address);
    char *identifier = identifier_of(cli_session_arena(session), given->name);
    if (!identifier)
        return base_fail_memory(err, "files");
    terms values_of = {.name = heddle_view_str(given->name),
                       .identifier = heddle_view_str(identifier),
                       .address = heddle_view_str(given->address)};
    BASE_TRY(take_folder(folder, err));
    for (const cli_template_file *file = cli_template; file->name; file++)
        BASE_TRY(write_file(session, folder, file, &values_of, err));
    return print_made(session, given->name, folder, err);
}
