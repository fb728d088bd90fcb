/* Recorded blocks as JSON, beside what configtxlator made of them. */
#include <jansson.h>

#include "base/text.h"
#include "base/view.h"
#include "heddle/decode.h"
#include "support/suite.h"

enum { BLOCKS = 40 };

static void read_fixture(base_buffer *out, int number, const char *ending)
{
    char path[256];
    heddle_error err;
    snprintf(path, sizeof(path), "%s/golden-blocks/block_%d.%s", HEDDLE_FIXTURES, number, ending);
    ck_assert_msg(base_read_file(path, 0, out, &err) == HEDDLE_OK, "%s", err.message);
}

static heddle_bytes decode(const char *type, heddle_view bytes, const heddle_json_options *options)
{
    heddle_bytes json = {0};
    heddle_error err;
    ck_assert_msg(heddle_message_to_json(type, bytes, options, &json, &err) == HEDDLE_OK, "%s",
                  err.message);
    return json;
}

static heddle_bytes decode_block(int number, const heddle_json_options *options)
{
    base_auto_buffer base_buffer block = {0};
    read_fixture(&block, number, "pb");
    return decode("common.Block", base_buffer_view(&block), options);
}

/* Tells each difference with its path; gives how many there are. */
static int differences(const json_t *want, const json_t *got, const char *path)
{
    char below[512];
    int count = 0;
    if (json_is_object(want) && json_is_object(got)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)want, key, value)
        {
            snprintf(below, sizeof(below), "%s.%s", path, key);
            count += differences(value, json_object_get(got, key), below);
        }
        json_object_foreach((json_t *)got, key, value)
        {
            if (json_object_get(want, key))
                continue;
            count++;
            fprintf(stderr, "%s.%s: too much\n", path, key);
        }
        return count;
    }
    if (json_is_array(want) && json_is_array(got) &&
        json_array_size(want) == json_array_size(got)) {
        for (size_t i = 0; i < json_array_size(want); i++) {
            snprintf(below, sizeof(below), "%s[%zu]", path, i);
            count += differences(json_array_get(want, i), json_array_get(got, i), below);
        }
        return count;
    }
    if (got && json_equal((json_t *)want, (json_t *)got))
        return 0;
    char *left = json_dumps(want, JSON_ENCODE_ANY), *right = json_dumps(got, JSON_ENCODE_ANY);
    fprintf(stderr, "%s: want %.80s, got %.80s\n", path, left, right ? right : "nothing");
    free(left);
    free(right);
    return 1;
}

static json_t *parse(const void *data, size_t len)
{
    json_error_t why;
    json_t *root = json_loadb(data, len, JSON_ALLOW_NUL, &why);
    ck_assert_msg(root != NULL, "line %d: %s", why.line, why.text);
    return root;
}

static int compare_block(int number)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.style = HEDDLE_JSON_CONFIGTXLATOR_2;
    options.strict = true;
    base_auto_buffer base_buffer want = {0};
    read_fixture(&want, number, "json");
    heddle_bytes got = decode_block(number, &options);
    json_t *left = parse(want.data, want.len), *right = parse(got.data, got.len);
    char name[16];
    snprintf(name, sizeof(name), "%d", number);
    int count = differences(left, right, name);
    json_decref(left);
    json_decref(right);
    base_free(got.data);
    return count;
}

START_TEST(every_field_is_as_configtxlator_has_it)
{
    int count = 0;
    for (int i = 0; i < BLOCKS; i++)
        count += compare_block(i);
    ck_assert_int_eq(count, 0);
}
END_TEST

START_TEST(indented_it_is_the_same_text)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.style = HEDDLE_JSON_CONFIGTXLATOR_2;
    options.indent = true;
    for (int i = 0; i < BLOCKS; i++) {
        base_auto_buffer base_buffer want = {0};
        read_fixture(&want, i, "json");
        heddle_bytes got = decode_block(i, &options);
        ck_assert_msg(base_view_equal(base_buffer_view(&want), heddle_view_of(got.data, got.len)),
                      "block %d", i);
        ck_assert_int_eq(got.data[got.len], 0);
        base_free(got.data);
    }
}
END_TEST

/* Blocks are of Go's encoder and of JavaScript's, which agree but for the order of maps, and
 * those are in the configuration only. */
static void check_back(int number, heddle_json_style style)
{
    static const int with_maps[] = {0, 1, 2, 36};
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.style = style;
    base_auto_buffer base_buffer block = {0};
    read_fixture(&block, number, "pb");
    heddle_bytes json = decode_block(number, &options), back = {0};
    heddle_error err;
    ck_assert_msg(heddle_message_from_json("common.Block", heddle_view_of(json.data, json.len),
                                           NULL, &back, &err) == HEDDLE_OK,
                  "block %d: %s", number, err.message);
    heddle_bytes again = decode("common.Block", heddle_view_of(back.data, back.len), &options);
    ck_assert_str_eq((char *)again.data, (char *)json.data);
    bool is_config = false;
    for (size_t i = 0; i < BASE_COUNT(with_maps); i++)
        is_config |= number == with_maps[i];
    ck_assert_uint_eq(back.len, block.len);
    ck_assert_msg(is_config || memcmp(back.data, block.data, block.len) == 0,
                  "block %d in style %d", number, (int)style);
    base_free(again.data);
    base_free(back.data);
    base_free(json.data);
}

START_TEST(the_way_back_leads_to_the_same_bytes)
{
    for (int i = 0; i < BLOCKS; i++) {
        check_back(i, HEDDLE_JSON_COMPLETE);
        check_back(i, HEDDLE_JSON_CONFIGTXLATOR);
        check_back(i, HEDDLE_JSON_CONFIGTXLATOR_2);
    }
}
END_TEST

SUITE_MAIN("json/golden",
           SUITE_CASE("blocks", every_field_is_as_configtxlator_has_it,
                      indented_it_is_the_same_text, the_way_back_leads_to_the_same_bytes))
