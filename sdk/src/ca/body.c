#include "ca/body.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"

/* Room at once for any but a very large body, so that growing leaves no copy behind. */
enum { ROOM = 16384 };

void ca_body_begin(ca_body *body)
{
    *body = (ca_body){0};
    body->writer.out = &body->bytes;
    body->writer.status = base_buffer_reserve(&body->bytes, ROOM);
    json_begin(&body->writer, '{');
}

void ca_body_done(ca_body *body)
{
    base_buffer_wipe(&body->bytes);
}

static void put_name(ca_body *body, const char *name)
{
    json_name(&body->writer, heddle_view_str(name));
}

static void put_text(ca_body *body, const char *name, heddle_view value)
{
    if (!body->bad && !base_is_utf8(value))
        body->bad = name;
    json_text(&body->writer, value);
}

void ca_body_view(ca_body *body, const char *name, heddle_view value)
{
    put_name(body, name);
    put_text(body, name, value);
}

void ca_body_text(ca_body *body, const char *name, const char *value)
{
    ca_body_view(body, name, heddle_view_str(value));
}

void ca_body_optional_text(ca_body *body, const char *name, const char *value)
{
    if (value && *value)
        ca_body_text(body, name, value);
}

void ca_body_flag(ca_body *body, const char *name, bool value)
{
    put_name(body, name);
    json_word(&body->writer, value ? "true" : "false");
}

void ca_body_number(ca_body *body, const char *name, int value)
{
    put_name(body, name);
    json_printf(&body->writer, "%d", value);
}

void ca_body_time(ca_body *body, const char *name, int64_t seconds)
{
    char text[32] = "0001-01-01T00:00:00Z";
    if (seconds)
        base_wall_format((base_wall_time){.seconds = seconds}, text);
    ca_body_text(body, name, text);
}

void ca_body_texts(ca_body *body, const char *name, const char *const *values, size_t count)
{
    put_name(body, name);
    json_begin(&body->writer, '[');
    for (size_t i = 0; i < count; i++) {
        json_element(&body->writer);
        put_text(body, name, heddle_view_str(values[i]));
    }
    json_end(&body->writer, ']');
}

void ca_body_attributes(ca_body *body, const heddle_attribute *attributes, size_t count)
{
    if (!count)
        return;
    put_name(body, "attrs");
    json_begin(&body->writer, '[');
    for (size_t i = 0; i < count; i++) {
        json_element(&body->writer);
        json_begin(&body->writer, '{');
        ca_body_text(body, "name", attributes[i].name);
        ca_body_text(body, "value", attributes[i].value);
        if (attributes[i].ecert)
            ca_body_flag(body, "ecert", true);
        json_end(&body->writer, '}');
    }
    json_end(&body->writer, ']');
}

void ca_body_requests(ca_body *body, const heddle_attribute_request *requests, size_t count)
{
    if (!count)
        return;
    put_name(body, "attr_reqs");
    json_begin(&body->writer, '[');
    for (size_t i = 0; i < count; i++) {
        json_element(&body->writer);
        json_begin(&body->writer, '{');
        ca_body_text(body, "name", requests[i].name);
        if (requests[i].optional)
            ca_body_flag(body, "optional", true);
        json_end(&body->writer, '}');
    }
    json_end(&body->writer, ']');
}

heddle_status ca_body_end(ca_body *body, heddle_view *out, heddle_error *err)
{
    json_end(&body->writer, '}');
    if (body->bad)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "CA: \"%s\" is not UTF-8", body->bad);
    if (body->writer.status)
        return base_fail_memory(err, "request to the CA");
    *out = base_buffer_view(&body->bytes);
    return HEDDLE_OK;
}
