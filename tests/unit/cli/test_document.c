#include "cli/document.h"
#include "cli/form.h"
#include "support/suite.h"

static heddle_error err;

static void is_written(cli_document *doc, cli_form form, const char *columns, const char *wanted)
{
    base_auto_buffer base_buffer out = {0};
    ck_assert_msg(cli_document_write(doc, form, columns, false, &out, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert_str_eq(base_buffer_cstr(&out), wanted);
}

static void make_list(cli_document *doc)
{
    cli_document_init(doc);
    cli_begin_list(doc, NULL);
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "label", "ann");
    cli_put_number(doc, "block_number", 7);
    cli_put_truth(doc, "is_old", true);
    cli_begin_list(doc, "units");
    cli_put_text(doc, NULL, "client");
    cli_put_text(doc, NULL, "org1");
    cli_end_list(doc);
    cli_end_object(doc);
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "label", "björn");
    cli_put_text(doc, "block_number", NULL);
    cli_end_object(doc);
    cli_end_list(doc);
}

START_TEST(a_list_in_three_forms)
{
    cli_auto_document cli_document doc;
    make_list(&doc);
    is_written(&doc, CLI_TABLE, NULL,
               "LABEL   BLOCK NUMBER   IS OLD\n"
               "ann     7              yes\n"
               "björn   -              -\n");
    is_written(&doc, CLI_TABLE, "units label",
               "UNITS          LABEL\n"
               "client, org1   ann\n"
               "-              björn\n");
    is_written(&doc, CLI_JSON, NULL,
               "[\n  {\n    \"label\": \"ann\",\n    \"block_number\": 7,\n    \"is_old\": true,\n"
               "    \"units\": [\n      \"client\",\n      \"org1\"\n    ]\n  },\n"
               "  {\n    \"label\": \"björn\",\n    \"block_number\": null\n  }\n]\n");
    is_written(&doc, CLI_YAML, NULL,
               "- label: ann\n  block_number: 7\n  is_old: true\n  units:\n    - client\n"
               "    - org1\n- label: \"björn\"\n  block_number: null\n");
}
END_TEST

START_TEST(an_object_with_a_list_of_objects)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "id", "ann");
    cli_put_time(&doc, "expires", 1795241342);
    cli_put_hex(&doc, "serial", heddle_view_of("\x0f\xa0", 2));
    cli_begin_list(&doc, "attributes");
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "name", "role");
    cli_end_object(&doc);
    cli_end_list(&doc);
    cli_end_object(&doc);
    is_written(&doc, CLI_TABLE, NULL,
               "ID        ann\nEXPIRES   2026-11-21T06:09:02Z\nSERIAL    0fa0\n\n"
               "ATTRIBUTES\nNAME\nrole\n");
}
END_TEST

START_TEST(texts_of_several_lines)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "pem", "-----BEGIN\nabc\n");
    cli_end_object(&doc);
    is_written(&doc, CLI_YAML, NULL, "pem: |\n  -----BEGIN\n  abc\n");
    is_written(&doc, CLI_TABLE, NULL, "PEM   -----BEGIN\n      abc\n");
}
END_TEST

START_TEST(yaml_quotes_what_means_something_else)
{
    static const char *const quoted[] = {"",     "true", "No",    "null", "7",    "1.5", "-",
                                         "a: b", "a #b", " a",    "a ",   "{a}",  "[a]", "*a",
                                         "&a",   "!a",   "'a'",   "a\tb", "~",    "@a",  "0x1f",
                                         "a:",   ">a",   "\"a\"", "%a",   "a\nb", "|"};
    static const char *const plain[] = {"ann",           "/tmp/a b",         "localhost:7051",
                                        "https://a:1/b", "CN=ann,OU=client", "a-b_c.d"};
    for (size_t i = 0; i < BASE_COUNT(quoted) + BASE_COUNT(plain); i++) {
        bool is_quoted = i < BASE_COUNT(quoted);
        const char *text = is_quoted ? quoted[i] : plain[i - BASE_COUNT(quoted)];
        cli_auto_document cli_document doc;
        base_auto_buffer base_buffer out = {0};
        cli_document_init(&doc);
        cli_put_text(&doc, NULL, text);
        ck_assert_int_eq(cli_document_write(&doc, CLI_YAML, NULL, false, &out, &err), HEDDLE_OK);
        ck_assert_msg((out.data[0] == '"') == is_quoted, "%s", base_buffer_cstr(&out));
    }
}
END_TEST

START_TEST(a_terminal_is_not_spoken_to)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "name",
                 "a\033[2Jb\xc2\x9b"
                 "c\rd\x7f");
    cli_end_object(&doc);
    is_written(&doc, CLI_TABLE, NULL, "NAME   a [2Jb c d \n");
    is_written(&doc, CLI_JSON, NULL, "{\n  \"name\": \"a\\u001b[2Jb\\u009bc\\rd\\u007f\"\n}\n");
}
END_TEST

/* A list of objects that a chaincode answers is a table under names of its own. */
START_TEST(nor_by_names_and_answers)
{
    base_auto_buffer base_buffer shown = {0};
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_payload(&doc, "result", VIEW("[{\"a\\u001b[2J\":1}]"));
    cli_end_object(&doc);
    is_written(&doc, CLI_TABLE, NULL, "RESULT\nA [2J\n1\n");
    ck_assert_int_eq(cli_form_shown(VIEW("a\tb\n\033]0;c\a\r\xc2\x9b"), &shown), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&shown), "a\tb\n ]0;c   ");
}
END_TEST

static void payload_is(heddle_view bytes, const char *json)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_put_payload(&doc, NULL, bytes);
    is_written(&doc, CLI_JSON, NULL, json);
}

START_TEST(payloads_are_shown_as_what_they_are)
{
    payload_is(heddle_view_str("{\"a\": [1.10, 1e300, -7, true, null]}"),
               "{\n  \"a\": [\n    1.1,\n    1e+300,\n    -7,\n    true,\n    null\n  ]\n}\n");
    payload_is(heddle_view_str("just text"), "\"just text\"\n");
    payload_is(heddle_view_str("12345678901234567890"), "\"12345678901234567890\"\n");
    payload_is(heddle_view_str(""), "\"\"\n");
    payload_is(heddle_view_of("\xff\x00", 2), "{\n  \"base64\": \"/wA=\"\n}\n");
}
END_TEST

START_TEST(empty_things)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_list(&doc, NULL);
    cli_end_list(&doc);
    is_written(&doc, CLI_TABLE, NULL, "");
    is_written(&doc, CLI_JSON, NULL, "[]\n");
    is_written(&doc, CLI_YAML, NULL, "[]\n");
}
END_TEST

SUITE_MAIN("cli/document",
           SUITE_CASE("document", a_list_in_three_forms, an_object_with_a_list_of_objects,
                      texts_of_several_lines, yaml_quotes_what_means_something_else,
                      a_terminal_is_not_spoken_to, nor_by_names_and_answers,
                      payloads_are_shown_as_what_they_are, empty_things))
