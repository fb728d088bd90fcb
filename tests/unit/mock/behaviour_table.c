#include "behaviour_table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "crypto/digest.h"
#include "support/suite.h"

enum { MAX_SHOWN = 200, MAX_NAME = 32 };

static void append(base_buffer *out, const char *text)
{
    ck_assert_int_eq(base_buffer_append_str(out, text), HEDDLE_OK);
}

static size_t split(char *line, char **words, size_t most)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        ck_assert_uint_lt(count, most);
        words[count++] = word;
    }
    return count;
}

static void read_option(table_transaction *t, const char *option, char *value)
{
    if (strcmp(option, "by") == 0)
        t->client = atoi(value);
    else if (strcmp(option, "at") == 0)
        t->peer = atoi(value);
    else if (strcmp(option, "to") == 0)
        t->chaincode = value;
    else if (strcmp(option, "with") == 0)
        t->transient[t->transient_count++] = value;
    else
        ck_abort_msg("no option %s", option);
}

static void read_head(char *line, table_transaction *t)
{
    char *words[64];
    size_t count = split(line, words, BASE_COUNT(words)), at = 1;
    *t = (table_transaction){.kind = words[0], .client = 1};
    for (; at + 1 < count && strcmp(words[at], "call") != 0; at += 2)
        read_option(t, words[at], words[at + 1]);
    for (at++; at < count; at++)
        t->call[t->call_count++] = words[at];
}

static void read_step(char *line, table_transaction *t)
{
    table_step *step = &t->steps[t->step_count++];
    char *arrow = strstr(line, "=>");
    ck_assert_msg(arrow && t->step_count < TABLE_MAX_LINES, "%s", line);
    *arrow = '\0';
    step->expected = arrow + 2 + strspn(arrow + 2, " ");
    step->count = split(line, step->words, BASE_COUNT(step->words));
}

static void read_aspect(char *line, table_transaction *t)
{
    char *what = line + strspn(line, " =");
    char *end = strchr(what, ' ');
    table_aspect *aspect = &t->aspects[t->aspect_count++];
    for (size_t len = strlen(what); len && what[len - 1] == ' '; len--)
        what[len - 1] = '\0';
    *aspect = (table_aspect){.what = what, .text = end && *end ? end + 1 : ""};
    if (end)
        *end = '\0';
}

static void end_transaction(table_transaction *t, const table_reader *reader)
{
    if (t->kind)
        reader->on_transaction(t, reader->user);
    *t = (table_transaction){0};
}

static void read_line(char *line, table_transaction *t, const table_reader *reader)
{
    if (line[0] == '\0' || line[0] == '#')
        return;
    if (strncmp(line, "  =", 3) == 0)
        read_aspect(line, t);
    else if (line[0] == ' ')
        read_step(line, t);
    else
        end_transaction(t, reader);
    if (strncmp(line, "case ", 5) == 0)
        reader->on_case(line + 5, reader->user);
    else if (line[0] != ' ')
        read_head(line, t);
}

void table_read(const char *path, const table_reader *reader)
{
    base_buffer text = {0};
    table_transaction transaction = {0};
    char *rest = NULL;
    ck_assert_int_eq(base_read_file(path, 0, &text, NULL), HEDDLE_OK);
    ck_assert_ptr_nonnull(base_buffer_cstr(&text));
    for (char *line = strtok_r((char *)text.data, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        read_line(line, &transaction, reader);
    end_transaction(&transaction, reader);
    base_buffer_done(&text);
}

void table_show(heddle_view bytes, base_buffer *out)
{
    uint32_t sum = 0x811c9dc5;
    for (size_t i = 0; i < bytes.len; i++)
        sum = (sum ^ bytes.data[i]) * 0x01000193u;
    if (bytes.len > MAX_SHOWN) {
        ck_assert_int_eq(base_buffer_printf(out, "<%zu %08x>", bytes.len, sum), HEDDLE_OK);
        return;
    }
    append(out, "'");
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned byte = bytes.data[i];
        bool plain = byte > 0x20 && byte < 0x7f && byte != '\'' && byte != '\\';
        ck_assert_int_eq(base_buffer_printf(out, plain ? "%c" : "\\x%02x", byte), HEDDLE_OK);
    }
    append(out, "'");
}

/* Put in what the name at @p at stands for; gives how long it is, or 0 if there is none. */
static size_t put_name(const char *at, table_name_fn *name_of, void *user, base_buffer *out,
                       bool *known)
{
    char name[MAX_NAME] = "";
    size_t len = strcspn(at + 1, "> ");
    if (at[0] != '<' || at[len + 1] != '>' || len >= MAX_NAME || !isalpha((unsigned char)at[1]))
        return 0;
    memcpy(name, at + 1, len);
    const char *value = name_of(name, user);
    if (strncmp(name, "sha:", 4) == 0) {
        uint8_t digest[CRYPTO_SHA256_LEN];
        ck_assert_int_eq(crypto_sha256(heddle_view_str(name + 4), digest), HEDDLE_OK);
        table_show(heddle_view_of(digest, sizeof(digest)), out);
    } else if (value) {
        append(out, value);
    } else {
        *known = false;
    }
    return len + 2;
}

bool table_fill(const char *expected, table_name_fn *name_of, void *user, base_buffer *out)
{
    bool known = true;
    while (*expected) {
        size_t len = put_name(expected, name_of, user, out, &known);
        if (len == 0 && *expected == '$')
            append(out, name_of("$", user));
        else if (len == 0)
            ck_assert_int_eq(base_buffer_append_byte(out, (uint8_t)*expected), HEDDLE_OK);
        expected += len ? len : 1;
    }
    return known;
}

heddle_view table_word(const char *word, table_name_fn *name_of, void *user, base_arena *arena)
{
    base_buffer filled = {0}, bytes = {0};
    ck_assert(table_fill(strcmp(word, "''") == 0 ? "" : word, name_of, user, &filled));
    for (const char *at = base_buffer_cstr(&filled); *at; at++) {
        uint8_t byte = (uint8_t)*at;
        if (at[0] == '\\' && at[1] == '_') {
            byte = ' ';
            at++;
        } else if (at[0] == '\\') {
            char hex[3] = {at[2], at[3], '\0'};
            byte = (uint8_t)strtoul(hex, NULL, 16);
            at += 3;
        }
        ck_assert_int_eq(base_buffer_append_byte(&bytes, byte), HEDDLE_OK);
    }
    heddle_view copy = base_arena_view(arena, base_buffer_view(&bytes));
    base_buffer_done(&filled);
    base_buffer_done(&bytes);
    return copy;
}
