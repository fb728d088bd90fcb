/* Chaincode packages: what is made is the same everywhere, what is read may be hostile. */
#include "package/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "package/tar.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

#define OK(expr) ck_assert_msg((expr) == HEDDLE_OK, "%s", err.message)

static heddle_error err;

static heddle_package_file index_file(void)
{
    return (heddle_package_file){
        .path = "META-INF/statedb/couchdb/indexes/owner.json",
        .content = heddle_view_str(
            "{\"index\":{\"fields\":[\"owner\"]},\"name\":\"owner\",\"type\":\"json\"}")};
}

static heddle_status make(const heddle_package_recipe *recipe, heddle_bytes *out)
{
    return heddle_package_make(recipe, out, &err);
}

static void done(heddle_bytes *bytes)
{
    base_free(bytes->data);
}

/* The ids are those that `peer lifecycle chaincode calculatepackageid` of Fabric 2.5 and of 3
 * tell of the files. */
START_TEST(a_recipe_always_gives_the_same_package)
{
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("basic_1.0");
    heddle_bytes bytes = {0};
    heddle_package *package = NULL;
    recipe.address = "basic:9999";
    OK(make(&recipe, &bytes));
    OK(heddle_package_read(heddle_view_of(bytes.data, bytes.len), &package, &err));
    ck_assert_str_eq(heddle_package_id(package),
                     "basic_1.0:"
                     "3611b5ee1d83350b9741bcd21ac2ca7941463899f12ed87da3b29641c8992b00");
    ck_assert_str_eq(heddle_package_label(package), "basic_1.0");
    ck_assert_str_eq(heddle_package_type(package), "ccaas");
    ck_assert_str_eq(heddle_package_path(package), "");
    ck_assert_str_eq(heddle_package_address(package), "basic:9999");
    heddle_package_free(package);
    done(&bytes);

    heddle_package_file file = index_file();
    recipe.files = &file;
    recipe.file_count = 1;
    OK(make(&recipe, &bytes));
    OK(heddle_package_read(heddle_view_of(bytes.data, bytes.len), &package, &err));
    ck_assert_str_eq(heddle_package_id(package),
                     "basic_1.0:"
                     "8bd28a3541f526f363678d75148e52ae80ec75f424d79e1c2b12c772423a4e74");
    ck_assert_uint_eq(heddle_package_file_count(package), 2);
    ck_assert_str_eq(heddle_package_file_at(package, 0)->path, file.path);
    ck_assert_str_eq(heddle_package_file_at(package, 1)->path, "connection.json");
    ck_assert_ptr_null(heddle_package_file_at(package, 2));
    heddle_package_free(package);
    done(&bytes);
}
END_TEST

START_TEST(files_may_be_named_in_any_order)
{
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("a");
    heddle_package_file files[] = {index_file(), index_file()};
    heddle_bytes first = {0}, second = {0};
    files[1].path = "META-INF/statedb/couchdb/collections/private/indexes/size.json";
    recipe.address = "a:1";
    recipe.files = files;
    recipe.file_count = 2;
    OK(make(&recipe, &first));
    heddle_package_file swapped[] = {files[1], files[0]};
    recipe.files = swapped;
    OK(make(&recipe, &second));
    ck_assert_uint_eq(first.len, second.len);
    ck_assert_mem_eq(first.data, second.data, first.len);
    done(&first);
    done(&second);
    swapped[1] = swapped[0];
    ck_assert_int_eq(make(&recipe, &first), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "twice"));
}
END_TEST

START_TEST(a_service_with_tls_is_told_to_the_peers)
{
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("tls");
    heddle_bytes bytes = {0};
    heddle_package *package = NULL;
    recipe.address = "cc.example.com:9999";
    recipe.dial_timeout = "3s";
    recipe.tls_roots_pem = heddle_view_str("ROOT\n");
    recipe.client_cert_pem = heddle_view_str("CERT");
    ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_BAD_ARGUMENT);
    recipe.client_key_pem = heddle_view_str("KEY");
    OK(make(&recipe, &bytes));
    OK(heddle_package_read(heddle_view_of(bytes.data, bytes.len), &package, &err));
    heddle_view content = heddle_package_file_at(package, 0)->content;
    const char *expected = "{\"address\":\"cc.example.com:9999\",\"dial_timeout\":\"3s\","
                           "\"tls_required\":true,\"client_auth_required\":true,"
                           "\"client_key\":\"KEY\",\"client_cert\":\"CERT\","
                           "\"root_cert\":\"ROOT\\n\"}";
    ck_assert_uint_eq(content.len, strlen(expected));
    ck_assert_mem_eq(content.data, expected, content.len);
    heddle_package_free(package);
    done(&bytes);
}
END_TEST

START_TEST(labels_out_of_the_rules_are_told_with_the_place)
{
    static const struct {
        const char *label, *said;
    } cases[] = {
        {"", "empty"},          {"_a", "first character"},           {"-", "first character"},
        {"a b", "character 2"}, {"basic_1.0+x-y/z", "character 14"}, {"ba\xc3\xa4", "character 3"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        ck_assert_int_eq(heddle_package_check_label(cases[i].label, &err), HEDDLE_E_BAD_ARGUMENT);
        ck_assert_msg(strstr(err.message, cases[i].said) != NULL, "%s", err.message);
    }
    char longest[HEDDLE_LABEL_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    ck_assert_int_eq(heddle_package_check_label(longest, &err), HEDDLE_E_BAD_ARGUMENT);
    longest[HEDDLE_LABEL_MAX] = '\0';
    OK(heddle_package_check_label(longest, &err));
    OK(heddle_package_check_label("basic_1.0+x-y", &err));
}
END_TEST

START_TEST(recipes_that_make_no_package_are_refused)
{
    heddle_bytes bytes = {0};
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("a");
    ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_BAD_ARGUMENT);
    recipe.type = "golang";
    recipe.address = "a:1";
    ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_BAD_ARGUMENT);
    recipe.code = heddle_view_str("x");
    ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_BAD_ARGUMENT);
    recipe.address = NULL;
    ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_DECODE); /* no gzip */
    recipe.code = heddle_view_of(NULL, 0);
    recipe.type = NULL;
    recipe.connection_json = heddle_view_str("{}");
    ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "no address"));

    static const char *const paths[] = {"index.json", "META-INF/../x.json",
                                        "META-INF/statedb/couchdb/indexes/x.txt", ""};
    recipe.connection_json = heddle_view_str("{\"address\":\"a:1\"}");
    for (size_t i = 0; i < BASE_COUNT(paths); i++) {
        heddle_package_file file = {.path = paths[i], .content = heddle_view_str("{}")};
        recipe.files = &file;
        recipe.file_count = 1;
        ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_BAD_ARGUMENT);
    }
    heddle_package_file bad = index_file();
    bad.content = heddle_view_str("{\"index\":");
    recipe.files = &bad;
    ck_assert_int_eq(make(&recipe, &bytes), HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "owner.json"));
}
END_TEST

/* Archives made by hand. */

typedef struct archive {
    base_buffer tar;
} archive;

static void add(archive *a, const char *name, heddle_view content)
{
    OK(package_tar_append(&a->tar, name, content, &err));
}

static void retype(archive *a, size_t at, char type)
{
    uint8_t *header = a->tar.data + at;
    int change = type - header[156];
    header[156] = (uint8_t)type;
    unsigned sum = (unsigned)strtoul((char *)header + 148, NULL, 8) + (unsigned)change;
    snprintf((char *)header + 148, 8, "%06o", sum);
}

static base_buffer finish(archive *a)
{
    base_buffer out = {0};
    ck_assert_int_eq(package_tar_finish(&a->tar), HEDDLE_OK);
    ck_assert_int_eq(package_gzip(base_buffer_view(&a->tar), &out), HEDDLE_OK);
    base_buffer_done(&a->tar);
    return out;
}

static heddle_status read_only(const base_buffer *bytes)
{
    heddle_package *package = NULL;
    memset(&err, 0, sizeof(err));
    heddle_status status = heddle_package_read(base_buffer_view(bytes), &package, &err);
    heddle_package_free(package);
    return status;
}

/* A whole package around a code archive, which is ended. */
static base_buffer around(archive *code)
{
    archive outer = {0};
    base_buffer packed = finish(code);
    add(&outer, "metadata.json", heddle_view_str("{\"TYPE\":\"ccaas\",\"label\":\"a\"}"));
    add(&outer, "code.tar.gz", base_buffer_view(&packed));
    base_buffer_done(&packed);
    return finish(&outer);
}

static void refuse_code(archive *code, heddle_status status, const char *said)
{
    base_buffer bytes = around(code);
    ck_assert_int_eq(read_only(&bytes), status);
    ck_assert_msg(strstr(err.message, said) != NULL, "%s", err.message);
    base_buffer_done(&bytes);
}

static const char connection[] = "{\"address\":\"a:1\"}";

START_TEST(code_that_leaves_its_folder_is_refused)
{
    static const char *const names[] = {"../connection.json", "/etc/passwd", "a/../../b",
                                        "META-INF/../../x"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        archive code = {0};
        add(&code, names[i], heddle_view_str(connection));
        refuse_code(&code, HEDDLE_E_DECODE, names[i]);
    }
    archive code = {0};
    add(&code, "a/../connection.json", heddle_view_str("{}")); /* inside, another name */
    add(&code, "./connection.json", heddle_view_str(connection));
    base_buffer bytes = around(&code);
    OK(read_only(&bytes));
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(links_and_devices_are_refused)
{
    static const char types[] = "12346x";
    for (size_t i = 0; types[i]; i++) {
        archive code = {0};
        add(&code, "connection.json", heddle_view_str(connection));
        add(&code, "link", heddle_view_str(""));
        retype(&code, 1024, types[i]);
        if (types[i] == 'x')
            add(&code, "target", heddle_view_str(""));
        base_buffer bytes = around(&code);
        ck_assert_int_eq(read_only(&bytes), types[i] == 'x' ? HEDDLE_OK : HEDDLE_E_DECODE);
        base_buffer_done(&bytes);
    }
}
END_TEST

START_TEST(what_is_missing_is_named)
{
    archive code = {0}, outer = {0};
    add(&code, "main.go", heddle_view_str("package main"));
    refuse_code(&code, HEDDLE_E_DECODE, "no connection.json");
    add(&outer, "metadata.json", heddle_view_str("{}"));
    base_buffer bytes = finish(&outer);
    ck_assert_int_eq(read_only(&bytes), HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "code.tar.gz"));
    base_buffer_done(&bytes);
    add(&outer, "code.tar.gz", heddle_view_str("x"));
    bytes = finish(&outer);
    ck_assert_int_eq(read_only(&bytes), HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "metadata.json"));
    base_buffer_done(&bytes);
    add(&outer, "metadata.json", heddle_view_str("{\"type\":\"x\",\"label\":\"a b\"}"));
    add(&outer, "code.tar.gz", heddle_view_str("x"));
    bytes = finish(&outer);
    ck_assert_int_eq(read_only(&bytes), HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "metadata.json: label 'a b': character 2"));
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(cut_and_changed_bytes_are_refused)
{
    archive code = {0};
    add(&code, "connection.json", heddle_view_str(connection));
    base_buffer bytes = around(&code);
    OK(read_only(&bytes));
    size_t whole = bytes.len;
    for (bytes.len = 0; bytes.len < whole - 1024 - 8; bytes.len += 97)
        ck_assert_int_ne(read_only(&bytes), HEDDLE_OK);
    bytes.len = whole;
    for (size_t at = 0; at < whole; at += 31) {
        bytes.data[at] ^= 0x10;
        (void)!read_only(&bytes);
        bytes.data[at] ^= 0x10;
    }
    base_buffer_done(&bytes);
}
END_TEST

/* One member of a gzip stream: 1 MiB of zeros in a thousand bytes. */
static base_buffer zeros(void)
{
    enum { SIZE = 1 << 20 };
    base_buffer plain = {0}, out = {0};
    z_stream stream = {0};
    ck_assert_int_eq(base_buffer_reserve(&plain, SIZE), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_reserve(&out, 4096), HEDDLE_OK);
    memset(plain.data, 0, SIZE);
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = plain.data;
    stream.avail_in = SIZE;
    stream.next_out = out.data;
    stream.avail_out = 4096;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.len = stream.total_out;
    deflateEnd(&stream);
    base_buffer_done(&plain);
    return out;
}

START_TEST(a_bomb_is_given_up_at_the_limit)
{
    archive head = {0}, outer = {0};
    base_buffer member = zeros(), code = {0};
    add(&head, "big", heddle_view_str(""));
    snprintf((char *)head.tar.data + 124, 12, "%011o", 600u << 20);
    retype(&head, 0, '0');
    unsigned sum = 0;
    memset(head.tar.data + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += head.tar.data[i];
    snprintf((char *)head.tar.data + 148, 8, "%06o", sum);
    ck_assert_int_eq(package_gzip(base_buffer_view(&head.tar), &code), HEDDLE_OK);
    base_buffer_done(&head.tar);
    for (int i = 0; i < 600; i++)
        ck_assert_int_eq(base_buffer_append(&code, base_buffer_view(&member)), HEDDLE_OK);
    ck_assert_uint_lt(code.len, 1u << 20);
    add(&outer, "metadata.json", heddle_view_str("{\"type\":\"ccaas\",\"label\":\"a\"}"));
    add(&outer, "code.tar.gz", base_buffer_view(&code));
    base_buffer bytes = finish(&outer);
    ck_assert_int_eq(read_only(&bytes), HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(err.message, "when unpacked"));
    base_buffer_done(&bytes);
    base_buffer_done(&code);
    base_buffer_done(&member);
}
END_TEST

START_TEST(long_names_are_read_in_both_ways)
{
    char record[4200], name[4000];
    static const char *const types = "xL";
    memset(name, 'n', sizeof(name));
    memcpy(name, "META-INF/", 9);
    name[sizeof(name) - 1] = '\0';
    for (size_t i = 0; types[i]; i++) {
        archive code = {0};
        heddle_package *package = NULL;
        int len = types[i] == 'x' ? snprintf(record, sizeof(record), "4010 path=%s\n", name)
                                  : snprintf(record, sizeof(record), "%s", name);
        ck_assert_int_eq(len, types[i] == 'x' ? 4010 : 3999);
        add(&code, "PaxHeaders", heddle_view_of(record, (size_t)len));
        retype(&code, 0, types[i]);
        add(&code, "short", heddle_view_str("content"));
        add(&code, "connection.json", heddle_view_str(connection));
        base_buffer bytes = around(&code);
        OK(heddle_package_read(base_buffer_view(&bytes), &package, &err));
        ck_assert_uint_eq(heddle_package_file_count(package), 2);
        ck_assert_str_eq(heddle_package_file_at(package, 0)->path, name);
        heddle_package_free(package);
        base_buffer_done(&bytes);
    }
}
END_TEST

START_TEST(want_of_memory_is_told)
{
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("basic_1.0");
    heddle_package_file file = index_file();
    recipe.address = "basic:9999";
    recipe.files = &file;
    recipe.file_count = 1;
    for (size_t nth = 1;; nth++) {
        heddle_bytes bytes = {0};
        fault_alloc_arm(nth);
        heddle_status status = make(&recipe, &bytes);
        done(&bytes);
        bool fired = fault_alloc_disarm();
        ck_assert_msg(fault_alloc_live() == 0, "allocation %zu", nth);
        if (!fired) {
            ck_assert_int_eq(status, HEDDLE_OK);
            return;
        }
        ck_assert_int_eq(status, HEDDLE_E_NO_MEMORY);
    }
}
END_TEST

SUITE_MAIN("package/package",
           SUITE_CASE("make", a_recipe_always_gives_the_same_package,
                      files_may_be_named_in_any_order, a_service_with_tls_is_told_to_the_peers,
                      labels_out_of_the_rules_are_told_with_the_place,
                      recipes_that_make_no_package_are_refused, want_of_memory_is_told),
           SUITE_CASE("read", code_that_leaves_its_folder_is_refused, links_and_devices_are_refused,
                      what_is_missing_is_named, cut_and_changed_bytes_are_refused,
                      a_bomb_is_given_up_at_the_limit, long_names_are_read_in_both_ways))
