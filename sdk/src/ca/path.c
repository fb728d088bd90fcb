#include "ca/path.h"

#include "base/clock.h"
#include "base/fail.h"

void ca_path_done(ca_path *path)
{
    base_buffer_done(&path->text);
}

void ca_path_add(ca_path *path, const char *part)
{
    if (path->status == HEDDLE_OK)
        path->status = base_buffer_append_str(&path->text, part);
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-_.~", c);
}

static void add_encoded(ca_path *path, const char *text)
{
    for (; path->status == HEDDLE_OK && *text; text++)
        path->status = is_plain(*text)
                           ? base_buffer_append_byte(&path->text, (uint8_t)*text)
                           : base_buffer_printf(&path->text, "%%%02X", (unsigned char)*text);
}

void ca_path_segment(ca_path *path, const char *text)
{
    ca_path_add(path, "/");
    add_encoded(path, text);
}

void ca_path_query_always(ca_path *path, const char *name, const char *value)
{
    ca_path_add(path, path->has_query ? "&" : "?");
    path->has_query = true;
    ca_path_add(path, name);
    ca_path_add(path, "=");
    add_encoded(path, value);
}

void ca_path_query(ca_path *path, const char *name, const char *value)
{
    if (value && *value)
        ca_path_query_always(path, name, value);
}

void ca_path_query_flag(ca_path *path, const char *name, bool value)
{
    ca_path_query_always(path, name, value ? "true" : "false");
}

void ca_path_query_time(ca_path *path, const char *name, int64_t seconds)
{
    char text[32];
    if (!seconds)
        return;
    base_wall_format((base_wall_time){.seconds = seconds}, text);
    ca_path_query_always(path, name, text);
}

heddle_status ca_path_text(ca_path *path, const char **out, heddle_error *err)
{
    const char *text = path->status ? NULL : base_buffer_cstr(&path->text);
    if (!text)
        return base_fail_memory(err, "request to the CA");
    *out = text;
    return HEDDLE_OK;
}
