/* JSON documents, read by items. */
#include "json/document.h"

#include "base/view.h"
#include "support/suite.h"

static json_document *parse(const char *text)
{
    json_document *document = NULL;
    heddle_error err;
    ck_assert_msg(json_document_parse(heddle_view_str(text), 0, &document, &err) == HEDDLE_OK, "%s",
                  err.message);
    return document;
}

START_TEST(items_are_found_by_name_and_place)
{
    base_auto(json_document) json_document *document =
        parse("{\"a.b\": {\"c\": [1, true, \"x\\u0000y\", null]}, \"d\": 2.5}");
    const json_item *root = json_document_root(document);
    const json_item *list = json_item_member(json_item_member(root, "a.b"), "c");
    ck_assert_uint_eq(json_item_count(list), 4);
    int64_t number = 0;
    ck_assert(json_item_integer(json_item_at(list, 0), &number));
    ck_assert_int_eq(number, 1);
    bool truth = false;
    ck_assert(json_item_truth(json_item_at(list, 1), &truth) && truth);
    heddle_view text;
    ck_assert(json_item_text(json_item_at(list, 2), &text));
    ck_assert(base_view_equal(text, VIEW("x\0y")));
    ck_assert_int_eq(json_item_kind(json_item_at(list, 3)), JSON_KIND_NULL);
    ck_assert_int_eq(json_item_kind(json_item_member(root, "d")), JSON_KIND_NUMBER);
    ck_assert_int_eq(json_item_kind(root), JSON_KIND_OBJECT);
    ck_assert_int_eq(json_item_kind(list), JSON_KIND_ARRAY);
}
END_TEST

START_TEST(what_is_not_there_gives_nothing_and_changes_nothing)
{
    base_auto(json_document) json_document *document = parse("{\"a\": [], \"n\": 1}");
    const json_item *root = json_document_root(document);
    ck_assert_ptr_null(json_item_member(json_item_member(root, "b"), "c"));
    ck_assert_ptr_null(json_item_at(json_item_member(root, "a"), 0));
    ck_assert_ptr_null(json_item_member(json_item_member(root, "n"), "x"));
    ck_assert_int_eq(json_item_kind(NULL), JSON_KIND_ABSENT);
    ck_assert_uint_eq(json_item_count(NULL), 0);
    heddle_view text = VIEW("as it was");
    ck_assert(!json_item_text(json_item_member(root, "n"), &text));
    ck_assert(base_view_is(text, "as it was"));
    const void *cursor = NULL;
    ck_assert(!json_item_next(NULL, &cursor, &text, &root));
}
END_TEST

START_TEST(members_are_walked_in_the_order_of_the_text)
{
    base_auto(json_document) json_document *document = parse("{\"z\": 1, \"a\": 2, \"m\": 3}");
    const void *cursor = NULL;
    heddle_view name;
    const json_item *member;
    static const char *const names[] = {"z", "a", "m"};
    for (int i = 0; i < 3; i++) {
        ck_assert(json_item_next(json_document_root(document), &cursor, &name, &member));
        ck_assert(base_view_is(name, names[i]));
        int64_t number = 0;
        ck_assert(json_item_integer(member, &number) && number == i + 1);
    }
    ck_assert(!json_item_next(json_document_root(document), &cursor, &name, &member));
}
END_TEST

START_TEST(what_is_no_document_is_refused_with_its_place)
{
    json_document *document = NULL;
    heddle_error err;
    ck_assert_int_eq(json_document_parse(VIEW("{\n \"a\": }"), 0, &document, &err),
                     HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "line 2"));
    ck_assert_int_eq(json_document_parse(VIEW("{\"a\":1,\"a\":2}"), 0, &document, &err),
                     HEDDLE_E_DECODE);
    ck_assert_int_eq(json_document_parse(VIEW("{} x"), 0, &document, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(json_document_parse(VIEW("\"\xff\""), 0, &document, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(json_document_parse(VIEW(""), 0, &document, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(json_document_parse(VIEW("[1,2,3]"), 6, &document, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_null(document);
    char deep[8192];
    memset(deep, '[', sizeof(deep));
    ck_assert_int_eq(json_document_parse(heddle_view_of(deep, sizeof(deep)), 0, &document, &err),
                     HEDDLE_E_DECODE);
}
END_TEST

SUITE_MAIN("json/document",
           SUITE_CASE("items", items_are_found_by_name_and_place,
                      what_is_not_there_gives_nothing_and_changes_nothing,
                      members_are_walked_in_the_order_of_the_text),
           SUITE_CASE("text", what_is_no_document_is_refused_with_its_place))
