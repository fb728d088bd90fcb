#include "cli/document.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "cli/form.h"
#include "json/document.h"

const char *const cli_forms[] = {"table", "json", "yaml", NULL};

void cli_document_init(cli_document *doc)
{
    *doc = (cli_document){.writer = {.fresh = true}};
    doc->writer.out = &doc->text;
}

void cli_document_done(cli_document *doc)
{
    base_buffer_done(&doc->text);
}

/* The place of a value: after its name, or as the next one of a list. */
static json_writer *place(cli_document *doc, const char *name)
{
    json_writer *writer = &doc->writer;
    if (name)
        json_name(writer, heddle_view_str(name));
    else if (writer->depth)
        json_element(writer);
    return writer;
}

void cli_begin_object(cli_document *doc, const char *name)
{
    json_begin(place(doc, name), '{');
}

void cli_end_object(cli_document *doc)
{
    json_end(&doc->writer, '}');
}

void cli_begin_list(cli_document *doc, const char *name)
{
    json_begin(place(doc, name), '[');
}

void cli_end_list(cli_document *doc)
{
    json_end(&doc->writer, ']');
}

void cli_put_text(cli_document *doc, const char *name, const char *utf8)
{
    if (utf8)
        cli_put_view(doc, name, heddle_view_str(utf8));
    else
        json_word(place(doc, name), "null");
}

void cli_put_view(cli_document *doc, const char *name, heddle_view utf8)
{
    if (base_is_utf8(utf8)) {
        json_text(place(doc, name), utf8);
        return;
    }
    cli_begin_object(doc, name);
    json_base64(place(doc, "base64"), utf8);
    cli_end_object(doc);
}

void cli_put_number(cli_document *doc, const char *name, uint64_t number)
{
    json_printf(place(doc, name), "%" PRIu64, number);
}

void cli_put_integer(cli_document *doc, const char *name, int64_t number)
{
    json_printf(place(doc, name), "%" PRId64, number);
}

void cli_put_truth(cli_document *doc, const char *name, bool truth)
{
    json_word(place(doc, name), truth ? "true" : "false");
}

void cli_put_time(cli_document *doc, const char *name, int64_t unix_s)
{
    char text[32];
    base_wall_format((base_wall_time){.seconds = unix_s}, text);
    char *dot = strchr(text, '.');
    if (dot)
        memcpy(dot, "Z", 2);
    cli_put_text(doc, name, text);
}

void cli_put_hex(cli_document *doc, const char *name, heddle_view bytes)
{
    char *text = base_malloc(2 * bytes.len + 1);
    if (!text) {
        doc->writer.status = HEDDLE_E_NO_MEMORY;
        return;
    }
    base_hex(bytes, text);
    cli_put_text(doc, name, text);
    base_free(text);
}

void cli_put_json(cli_document *doc, const char *name, heddle_view json)
{
    json_writer *writer = place(doc, name);
    if (writer->status == HEDDLE_OK)
        writer->status = base_buffer_append(writer->out, json);
}

void cli_put_payload(cli_document *doc, const char *name, heddle_view bytes)
{
    base_auto(json_document) json_document *parsed = NULL;
    if (bytes.len && json_document_parse(bytes, bytes.len, &parsed, NULL) == HEDDLE_OK)
        cli_put_json(doc, name, bytes);
    else
        cli_put_view(doc, name, bytes);
}

heddle_status cli_document_write(cli_document *doc, cli_form form, const char *columns, bool bold,
                                 base_buffer *out, heddle_error *err)
{
    base_auto(json_document) json_document *parsed = NULL;
    if (doc->writer.status != HEDDLE_OK)
        return base_fail(err, doc->writer.status, "the answer: %s",
                         heddle_status_text(doc->writer.status));
    BASE_TRY(json_document_parse(base_buffer_view(&doc->text), doc->text.len, &parsed, err));
    const json_item *root = json_document_root(parsed);
    heddle_status status = form == CLI_JSON   ? cli_form_json(root, true, out)
                           : form == CLI_YAML ? cli_form_yaml(root, out)
                                              : cli_form_table(root, columns, bold, out);
    return status == HEDDLE_OK ? status : base_fail_memory(err, "the answer");
}
