#include "json/writer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static void put(json_writer *writer, const void *data, size_t len)
{
    if (writer->status == HEDDLE_OK)
        writer->status = base_buffer_append(writer->out, heddle_view_of(data, len));
}

static void put_byte(json_writer *writer, char byte)
{
    if (writer->status == HEDDLE_OK)
        writer->status = base_buffer_append_byte(writer->out, (uint8_t)byte);
}

static void break_line(json_writer *writer)
{
    if (!writer->indent)
        return;
    put_byte(writer, '\n');
    for (unsigned i = 0; i < writer->depth; i++)
        put_byte(writer, '\t');
}

void json_element(json_writer *writer)
{
    if (!writer->fresh)
        put_byte(writer, ',');
    writer->fresh = false;
    break_line(writer);
}

void json_name(json_writer *writer, heddle_view name)
{
    json_element(writer);
    json_text(writer, name);
    put_byte(writer, ':');
    if (writer->indent)
        put_byte(writer, ' ');
}

void json_begin(json_writer *writer, char bracket)
{
    put_byte(writer, bracket);
    writer->depth++;
    writer->fresh = true;
}

void json_end(json_writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->fresh)
        break_line(writer);
    writer->fresh = false;
    put_byte(writer, bracket);
}

/* U+2028 and U+2029 end lines in JavaScript, <, > and & mean something in HTML. */
static size_t escape(const uint8_t *at, size_t left, char out[8])
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *pair = short_forms; *pair; pair += 2) {
        if (*at == (uint8_t)*pair) {
            snprintf(out, 8, "\\%c", pair[1]);
            return 1;
        }
    }
    if (*at < 0x20 || *at == '<' || *at == '>' || *at == '&') {
        snprintf(out, 8, "\\u%04x", *at);
        return 1;
    }
    if (left >= 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8) {
        snprintf(out, 8, "\\u%04x", 0x2000 + (at[2] & 0x3f));
        return 3;
    }
    return 0;
}

void json_text(json_writer *writer, heddle_view utf8)
{
    put_byte(writer, '"');
    size_t done = 0;
    for (size_t i = 0; i < utf8.len;) {
        char escaped[8];
        size_t taken = escape(utf8.data + i, utf8.len - i, escaped);
        if (!taken) {
            i++;
            continue;
        }
        put(writer, utf8.data + done, i - done);
        put(writer, escaped, strlen(escaped));
        done = i += taken;
    }
    if (utf8.len > done)
        put(writer, utf8.data + done, utf8.len - done);
    put_byte(writer, '"');
}

void json_base64(json_writer *writer, heddle_view bytes)
{
    put_byte(writer, '"');
    if (writer->status == HEDDLE_OK)
        writer->status = base_base64(bytes, writer->out);
    put_byte(writer, '"');
}

void json_word(json_writer *writer, const char *word)
{
    put(writer, word, strlen(word));
}

void json_printf(json_writer *writer, const char *fmt, ...)
{
    char text[64];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    json_word(writer, text);
}

json_mark json_marked(const json_writer *writer)
{
    return (json_mark){writer->out->len, writer->fresh, writer->depth};
}

void json_rewind(json_writer *writer, json_mark mark)
{
    writer->out->len = mark.len;
    writer->fresh = mark.fresh;
    writer->depth = mark.depth;
}
