/* Messages made from JSON: the bytes, and what is refused. */
#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "heddle/decode.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static void check(const char *type, const char *json, heddle_view want)
{
    heddle_bytes got = {0};
    heddle_error err;
    ck_assert_msg(heddle_message_from_json(type, heddle_view_str(json), NULL, &got, &err) ==
                      HEDDLE_OK,
                  "%s: %s", json, err.message);
    char left[256], right[256];
    ck_assert_uint_lt(got.len, 100);
    base_hex(want, left);
    base_hex(heddle_view_of(got.data, got.len), right);
    ck_assert_msg(strcmp(left, right) == 0, "%s: want %s, got %s", json, left, right);
    ck_assert_uint_eq(got.data[got.len], 0);
    base_free(got.data);
}

static void refuse(const char *type, const char *json, const char *why)
{
    heddle_bytes got = {0};
    heddle_error err;
    ck_assert_msg(heddle_message_from_json(type, heddle_view_str(json), NULL, &got, &err) ==
                      HEDDLE_E_DECODE,
                  "%s is taken", json);
    ck_assert_msg(strstr(err.message, why) != NULL, "%s: %s", json, err.message);
    ck_assert_ptr_null(got.data);
}

START_TEST(what_is_empty_is_left_out)
{
    check("common.Block", "{}", VIEW(""));
    check("common.Block", "{\"header\":null,\"data\":{}}", VIEW("\x12\0"));
    check("common.BlockHeader", "{\"number\":\"0\",\"previous_hash\":\"\",\"data_hash\":null}",
          VIEW(""));
    check("common.BlockData", "{\"data\":[{},\"\",null]}", VIEW("\x0a\0\x0a\0\x0a\0"));
    check("lifecycle.StateData", "{\"Int64\":\"0\"}", VIEW("\x08\0"));
    check("lifecycle.StateData", "{\"Bytes\":null}", VIEW("\x12\0"));
    check("lifecycle.StateData", "{\"String\":\"\"}", VIEW("\x1a\0"));
}
END_TEST

START_TEST(numbers_come_as_numbers_or_as_texts)
{
    check("common.LastConfig", "{\"index\":\"18446744073709551615\"}",
          VIEW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    check("common.LastConfig", "{\"index\":300}", VIEW("\x08\xac\x02"));
    check("lifecycle.StateData", "{\"Int64\":\"-1\"}",
          VIEW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    check("protos.Response", "{\"status\":-2}",
          VIEW("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    check("common.MSPRole", "{\"role\":\"PEER\",\"msp_identifier\":\"A\"}",
          VIEW("\x0a\x01\x41\x10\x03"));
    check("common.MSPRole", "{\"role\":77}", VIEW("\x10\x4d"));
    check("etcdraft.BlockMetadata", "{\"consenter_ids\":[\"1\",300],\"raft_index\":5}",
          VIEW("\x0a\x03\x01\xac\x02\x18\x05"));
    refuse("common.LastConfig", "{\"index\":-1}", "common.LastConfig.index: no number");
    refuse("common.LastConfig", "{\"index\":\"18446744073709551616\"}", "no number");
    refuse("common.LastConfig", "{\"index\":\"\"}", "no number");
    refuse("common.LastConfig", "{\"index\":1.5}", "no number");
    refuse("lifecycle.StateData", "{\"Int64\":\"9223372036854775808\"}", "no number");
    refuse("lifecycle.StateData", "{\"Int64\":\"-9223372036854775809\"}", "no number");
    refuse("protos.Response", "{\"status\":2147483648}", "no number");
    refuse("protos.Response", "{\"status\":-2147483649}", "no number");
    refuse("common.BlockDataHashingStructure", "{\"width\":4294967296}", "no number");
    refuse("common.MSPRole", "{\"role\":\"BOSS\"}", "no name");
    refuse("protos.ChaincodeInput", "{\"is_init\":1}", "neither true nor false");
}
END_TEST

START_TEST(maps_are_put_in_order)
{
    check("common.ConfigUpdate", "{\"isolated_data\":{\"b\":\"Mg==\",\"a\":\"MQ==\"}}",
          VIEW("\x2a\x06\x0a\x01\x61\x12\x01\x31\x2a\x06\x0a\x01\x62\x12\x01\x32"));
    check("protos.BlockAndPrivateData", "{\"private_data_map\":{\"10\":{},\"9\":{}}}",
          VIEW("\x12\x04\x08\x09\x12\0\x12\x04\x08\x0a\x12\0"));
    check("lifecycle.CheckCommitReadinessResult", "{\"approvals\":{\"A\":true,\"B\":false}}",
          VIEW("\x0a\x05\x0a\x01\x41\x10\x01\x0a\x05\x0a\x01\x42\x10\0"));
    refuse("protos.BlockAndPrivateData", "{\"private_data_map\":{\"x\":{}}}", "no number");
    refuse("common.ConfigUpdate", "{\"isolated_data\":[]}", "no object");
}
END_TEST

START_TEST(nested_messages_are_found_by_what_is_around_them)
{
    check("common.Policy", "{\"value\":{\"rule\":\"ALL\",\"sub_policy\":\"A\"},\"type\":3}",
          VIEW("\x08\x03\x12\x05\x0a\x01\x41\x10\x01"));
    check("common.BlockMetadata",
          "{\"metadata\":[\"\",\"\",[\"VALID\",\"MVCC_READ_CONFLICT\",99]]}",
          VIEW("\x0a\0\x0a\0\x0a\x03\0\x0b\x63"));
    check("common.Metadata",
          "{\"value\":\"QQ==\",\"signatures\":[{\"identifier_header\":{\"identifier\":3}}]}",
          VIEW("\x0a\x01\x41\x12\x04\x1a\x02\x08\x03"));
    check("protos.ChaincodeSpec",
          "{\"input\":{\"args\":[\"UXVlcnlDaGFpbmNvZGVEZWZpbml0aW9u\",{\"name\":\"b\"}]},"
          "\"chaincode_id\":{\"name\":\"_lifecycle\"}}",
          VIEW("\x12\x0c\x12\x0a_lifecycle\x1a\x1f\x0a\x18QueryChaincodeDefinition\x0a\x03\x0a\x01"
               "b"));
    refuse("common.Policy", "{\"value\":{}}", "cannot be told");
    refuse("common.BlockMetadata", "{\"metadata\":[\"\",\"\",[\"FINE\"]]}", "validation code");
    refuse("common.BlockMetadata", "{\"metadata\":[\"\",\"\",[256]]}", "validation code");
    refuse("common.Envelope", "{\"signature\":{}}", "cannot be told");
}
END_TEST

START_TEST(what_was_undecodable_is_what_it_was)
{
    check("common.Envelope",
          "{\"payload\":{\"@undecodable\":\"common.Payload\",\"bytes\":\"CgU=\"}}",
          VIEW("\x0a\x02\x0a\x05"));
    check("common.Payload", "{\"header\":{\"@undecodable\":\"common.Header\",\"bytes\":\"/w==\"}}",
          VIEW("\x0a\x01\xff"));
}
END_TEST

START_TEST(times_are_read)
{
    const char *type = "protos.ProposalResponse";
    check(type, "{\"timestamp\":\"1970-01-01T00:00:01Z\"}", VIEW("\x12\x02\x08\x01"));
    check(type, "{\"timestamp\":\"1970-01-01T01:00:01+01:00\"}", VIEW("\x12\x02\x08\x01"));
    check(type, "{\"timestamp\":\"1969-12-31T23:30:01-00:30\"}", VIEW("\x12\x02\x08\x01"));
    check(type, "{\"timestamp\":\"1970-01-01T00:00:00.000000003Z\"}", VIEW("\x12\x02\x10\x03"));
    check(type, "{\"timestamp\":\"1970-01-01T00:00:00.1Z\"}", VIEW("\x12\x05\x10\x80\xc2\xd7\x2f"));
    check(type, "{\"timestamp\":null}", VIEW(""));
    static const char *const bad[] = {"",
                                      "1970-01-01",
                                      "1970-01-01T00:00:00",
                                      "now",
                                      "1970-13-01T00:00:00Z",
                                      "1970-02-30T00:00:00Z",
                                      "1970-01-01T25:00:00Z",
                                      "1970-01-01T00:00:00.Z",
                                      "1970-01-01T00:00:00Zz",
                                      "1970-01-01T00:00:00+1:00"};
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        char json[128];
        snprintf(json, sizeof(json), "{\"timestamp\":\"%s\"}", bad[i]);
        refuse(type, json, "no point in time");
    }
}
END_TEST

START_TEST(what_fits_no_message_is_refused)
{
    refuse("common.Block", "[]", "common.Block: no object");
    refuse("common.Block", "{", "line 1");
    refuse("common.Block", "{\"haeder\":{}}", "common.Block has no field \"haeder\"");
    refuse("common.Block", "{\"header\":7}", "common.BlockHeader: no object");
    refuse("common.BlockData", "{\"data\":{}}", "common.BlockData.data: no list");
    refuse("common.Envelope", "{\"signature\":\"?\"}", "no base64");
    refuse("common.Envelope", "{\"signature\":5}", "no base64");
    refuse("common.HashingAlgorithm", "{\"name\":5}", "no text");
    heddle_bytes got = {0};
    heddle_error err;
    ck_assert_int_eq(heddle_message_from_json("x", VIEW("{}"), NULL, &got, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.max_len = 3;
    ck_assert_int_eq(heddle_message_from_json("common.HashingAlgorithm", VIEW("{\"name\":\"SHA\"}"),
                                              &options, &got, &err),
                     HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_null(got.data);
}
END_TEST

START_TEST(what_is_too_deep_is_refused)
{
    base_auto_buffer base_buffer json = {0};
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(base_buffer_append_str(&json, "{\"n_out_of\":{\"rules\":["), HEDDLE_OK);
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(base_buffer_append_str(&json, "]}}"), HEDDLE_OK);
    refuse("common.SignaturePolicy", base_buffer_cstr(&json), "nested more than");
}
END_TEST

START_TEST(each_allocation_may_fail)
{
    base_auto_buffer base_buffer block = {0};
    heddle_bytes json = {0};
    ck_assert_int_eq(base_read_file(HEDDLE_FIXTURES "/golden-blocks/block_8.pb", 0, &block, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_block_to_json(base_buffer_view(&block), NULL, &json, NULL), HEDDLE_OK);
    for (size_t nth = 1;; nth++) {
        heddle_bytes back = {0};
        heddle_error err = {0};
        fault_alloc_arm(nth);
        heddle_status status = heddle_message_from_json(
            "common.Block", heddle_view_of(json.data, json.len), NULL, &back, &err);
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(status, fired ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
        ck_assert_int_eq(err.status, status);
        base_free(back.data);
        if (!fired)
            break;
    }
    base_free(json.data);
}
END_TEST

SUITE_MAIN("json/encode",
           SUITE_CASE("bytes", what_is_empty_is_left_out, numbers_come_as_numbers_or_as_texts,
                      maps_are_put_in_order, nested_messages_are_found_by_what_is_around_them,
                      what_was_undecodable_is_what_it_was, times_are_read),
           SUITE_CASE("refusals", what_fits_no_message_is_refused, what_is_too_deep_is_refused,
                      each_allocation_may_fail))
