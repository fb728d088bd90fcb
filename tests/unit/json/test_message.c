/* Messages as JSON: what is nested where, what no message is, and what a peer should not send. */
#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "heddle/decode.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

/* Bytes of messages, put together by hand; none is longer than a page. */
typedef struct bytes {
    uint8_t data[4096];
    size_t len;
} bytes;

static void put_varint(bytes *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out->data[out->len++] = (uint8_t)(value | 0x80);
    out->data[out->len++] = (uint8_t)value;
}

static void number(bytes *out, unsigned field, uint64_t value)
{
    put_varint(out, field << 3);
    put_varint(out, value);
}

static void data(bytes *out, unsigned field, heddle_view value)
{
    ck_assert_uint_lt(out->len + value.len + 8, sizeof(out->data));
    put_varint(out, field << 3 | 2);
    put_varint(out, value.len);
    if (value.len)
        memcpy(out->data + out->len, value.data, value.len);
    out->len += value.len;
}

static heddle_view view(const bytes *of)
{
    return heddle_view_of(of->data, of->len);
}

static void nest(bytes *out, unsigned field, const bytes *value)
{
    data(out, field, view(value));
}

static heddle_status decode(const char *type, heddle_view of, heddle_json_style style, bool strict,
                            char out[16384], heddle_error *err)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.style = style;
    options.strict = strict;
    heddle_bytes json = {0};
    heddle_status status = heddle_message_to_json(type, of, &options, &json, err);
    if (status == HEDDLE_OK) {
        ck_assert_uint_lt(json.len, 16384);
        memcpy(out, json.data, json.len + 1);
        base_free(json.data);
    }
    return status;
}

static void check(const char *type, const bytes *of, const char *want)
{
    static char got[16384];
    heddle_error err;
    ck_assert_msg(decode(type, view(of), HEDDLE_JSON_COMPLETE, true, got, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert_str_eq(got, want);
}

/* Also where it can not be decoded, and then only if it need not be. */
static void check_loose(const char *type, const bytes *of, const char *want)
{
    static char got[16384];
    heddle_error err;
    ck_assert_msg(decode(type, view(of), HEDDLE_JSON_COMPLETE, false, got, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert_str_eq(got, want);
    ck_assert_int_eq(decode(type, view(of), HEDDLE_JSON_COMPLETE, true, got, &err),
                     HEDDLE_E_DECODE);
    ck_assert_int_eq(err.status, HEDDLE_E_DECODE);
}

START_TEST(scalars_are_shown_as_protobuf_has_them)
{
    bytes m = {0};
    number(&m, 1, UINT64_MAX);
    check("common.LastConfig", &m, "{\"index\":\"18446744073709551615\"}");
    m.len = 0;
    number(&m, 1, (uint64_t)-5);
    check("lifecycle.StateData", &m, "{\"Int64\":\"-5\"}");
    m.len = 0;
    number(&m, 1, 0);
    check("lifecycle.StateData", &m, "{\"Int64\":\"0\"}");
    m.len = 0;
    number(&m, 1, (uint64_t)-7);
    data(&m, 2, VIEW("a\"<&>\x7f\b\n\xe2\x80\xa8\0z"));
    check("protos.Response", &m,
          "{\"message\":\"a\\\"\\u003c\\u0026\\u003e\x7f\\b\\n\\u2028\\u0000z\",\"payload\":\"\","
          "\"status\":-7}");
    m.len = 0;
    number(&m, 1, 13);
    number(&m, 2, 1);
    check("common.MSPRole", &m, "{\"msp_identifier\":\"\",\"role\":\"ADMIN\"}");
    number(&m, 2, 99);
    check("common.MSPRole", &m, "{\"msp_identifier\":\"\",\"role\":99}");
}
END_TEST

START_TEST(lists_may_be_packed_or_not)
{
    bytes m = {0};
    number(&m, 1, 1);
    data(&m, 1, VIEW("\x02\xac\x02"));
    number(&m, 1, 4);
    number(&m, 2, 5);
    check("etcdraft.BlockMetadata", &m,
          "{\"consenter_ids\":[\"1\",\"2\",\"300\",\"4\"],\"next_consenter_id\":\"5\","
          "\"raft_index\":\"0\"}");
    m.len = 0;
    data(&m, 1, VIEW("\x02\xac"));
    static char got[16384];
    heddle_error err;
    ck_assert_int_eq(
        decode("etcdraft.BlockMetadata", view(&m), HEDDLE_JSON_COMPLETE, false, got, &err),
        HEDDLE_E_DECODE);
}
END_TEST

START_TEST(of_what_comes_twice_the_last_counts_or_both_are_merged)
{
    bytes m = {0}, a = {0}, b = {0};
    number(&m, 1, 1);
    number(&m, 1, 2);
    check("common.LastConfig", &m, "{\"index\":\"2\"}");
    m.len = 0;
    number(&a, 1, 7);
    data(&b, 2, VIEW("p"));
    nest(&m, 1, &a);
    nest(&m, 1, &b);
    check("common.Block", &m,
          "{\"data\":null,\"header\":{\"data_hash\":\"\",\"number\":\"7\",\"previous_hash\":"
          "\"cA==\"},\"metadata\":null}");
    /* Of a oneof the last member stays, and what was there before it does not come back. */
    m.len = a.len = b.len = 0;
    number(&a, 1, 3);
    nest(&m, 2, &a);
    number(&m, 1, 9);
    check("common.SignaturePolicy", &m, "{\"signed_by\":9}");
    nest(&m, 2, &b);
    check("common.SignaturePolicy", &m, "{\"n_out_of\":{\"n\":0,\"rules\":[]}}");
}
END_TEST

START_TEST(maps_are_in_the_order_of_their_keys)
{
    bytes m = {0}, entry = {0};
    static const char *const keys[] = {"b", "a", "b", ""};
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        entry.len = 0;
        if (*keys[i])
            data(&entry, 1, heddle_view_str(keys[i]));
        data(&entry, 2, heddle_view_of(&"1234"[i], 1));
        nest(&m, 2, &entry);
    }
    check("protos.ChaincodeProposalPayload", &m,
          "{\"TransientMap\":{\"\":\"NA==\",\"a\":\"Mg==\",\"b\":\"Mw==\"},\"input\":null}");
    m.len = entry.len = 0;
    number(&entry, 1, 10);
    nest(&m, 2, &entry);
    entry.len = 0;
    number(&entry, 1, 9);
    nest(&m, 2, &entry);
    check("protos.BlockAndPrivateData", &m,
          "{\"block\":null,\"private_data_map\":{\"10\":{\"data_model\":\"KV\",\"ns_pvt_rwset\":[]}"
          ",\"9\":{\"data_model\":\"KV\",\"ns_pvt_rwset\":[]}}}");
}
END_TEST

static void check_time(uint64_t seconds, uint64_t nanos, const char *want)
{
    bytes m = {0}, time = {0};
    char text[128];
    number(&time, 1, seconds);
    number(&time, 2, nanos);
    nest(&m, 2, &time);
    snprintf(text, sizeof(text), "\"timestamp\":\"%s\"", want);
    static char got[16384];
    heddle_error err;
    ck_assert_int_eq(
        decode("protos.ProposalResponse", view(&m), HEDDLE_JSON_COMPLETE, true, got, &err),
        HEDDLE_OK);
    ck_assert_msg(strstr(got, text) != NULL, "%s", got);
}

START_TEST(times_are_texts)
{
    check_time(0, 0, "1970-01-01T00:00:00Z");
    check_time(1700000000, 120000000, "2023-11-14T22:13:20.120Z");
    check_time(1700000000, 1000, "2023-11-14T22:13:20.000001Z");
    check_time(1700000000, 1, "2023-11-14T22:13:20.000000001Z");
    check_time((uint64_t)-62135596800, 0, "0001-01-01T00:00:00Z");
    check_time(253402300799, 999999999, "9999-12-31T23:59:59.999999999Z");
    bytes m = {0}, time = {0};
    number(&time, 1, 253402300800);
    nest(&m, 2, &time);
    check_loose("protos.ProposalResponse", &m,
                "{\"endorsement\":null,\"interest\":null,\"payload\":null,\"response\":null,"
                "\"timestamp\":{\"@undecodable\":\"google.protobuf.Timestamp\",\"bytes\":"
                "\"CICD0f+vBw==\"},\"version\":0}");
}
END_TEST

/* A payload whose channel header says @p type. */
static bytes payload(unsigned type, const bytes *content)
{
    bytes channel_header = {0}, header = {0}, out = {0};
    number(&channel_header, 1, type);
    nest(&header, 1, &channel_header);
    nest(&out, 1, &header);
    nest(&out, 2, content);
    return out;
}

static void check_payload(unsigned type, const bytes *content, const char *want)
{
    bytes m = payload(type, content);
    static char got[16384];
    heddle_error err;
    ck_assert_msg(decode("common.Payload", view(&m), HEDDLE_JSON_COMPLETE, true, got, &err) ==
                      HEDDLE_OK,
                  "%s", err.message);
    ck_assert_msg(strncmp(got + strlen("{\"data\":"), want, strlen(want)) == 0, "%s", got);
}

START_TEST(a_payload_holds_what_its_header_says)
{
    bytes content = {0};
    data(&content, 3, VIEW("x"));
    check_payload(0, &content, "{\"mod_policy\":\"x\",");
    content.len = 0;
    data(&content, 2, VIEW(""));
    check_payload(1, &content, "{\"config\":null,\"last_update\":{\"payload\":null,");
    check_payload(2, &content, "{\"config_update\":null,\"signatures\":[{");
    check_payload(3, &content, "{\"actions\":[]}");
    check_payload(4, &content, "{\"payload\":null,\"signature\":\"\"}");
    check_payload(5, &content, "{\"behavior\":\"BLOCK_UNTIL_READY\",");
    bytes other = payload(6, &content);
    static char got[16384];
    heddle_error err;
    ck_assert_int_eq(decode("common.Payload", view(&other), HEDDLE_JSON_COMPLETE, true, got, &err),
                     HEDDLE_E_DECODE);
    ck_assert_int_eq(decode("common.Payload", view(&other), HEDDLE_JSON_COMPLETE, false, got, &err),
                     HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(got, "{\"data\":\"EgA=\""));
    /* configtxlator leaves what only this decoder knows as bytes. */
    bytes seek = payload(5, &content);
    ck_assert_int_eq(
        decode("common.Payload", view(&seek), HEDDLE_JSON_CONFIGTXLATOR, true, got, &err),
        HEDDLE_E_DECODE);
}
END_TEST

START_TEST(principals_go_by_their_kind)
{
    static const struct {
        unsigned kind;
        const char *want;
    } kinds[] = {
        {0,
         "{\"msp_identifier\":\"O\",\"role\":\"MEMBER\"},\"principal_classification\":\"ROLE\"}"},
        {1, "{\"certifiers_identifier\":\"\",\"msp_identifier\":\"O\","
            "\"organizational_unit_identifier\":\"\"},\"principal_classification\":"
            "\"ORGANIZATION_UNIT\"}"},
        {2, "{\"id_bytes\":\"\",\"mspid\":\"O\"},\"principal_classification\":\"IDENTITY\"}"},
        {3, "{\"anonymity_type\":\"NOMINAL\"},\"principal_classification\":\"ANONYMITY\"}"},
        {4, "{\"principals\":[{\"@undecodable\":\"common.MSPPrincipal\",\"bytes\":\"Tw==\"}]},"
            "\"principal_classification\":\"COMBINED\"}"},
    };
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        bytes m = {0}, held = {0};
        char want[512];
        static char got[16384];
        heddle_error err;
        data(&held, 1, VIEW("O"));
        number(&m, 1, kinds[i].kind);
        nest(&m, 2, &held);
        snprintf(want, sizeof(want), "{\"principal\":%s", kinds[i].want);
        ck_assert_int_eq(
            decode("common.MSPPrincipal", view(&m), HEDDLE_JSON_COMPLETE, false, got, &err),
            HEDDLE_OK);
        ck_assert_str_eq(got, want);
    }
}
END_TEST

/* BlockMetadata with one entry of value and, if @p bft, a signature by number. */
static bytes signed_metadata(const bytes *consenter, bool bft)
{
    bytes orderer = {0}, metadata = {0}, signature = {0}, identifier = {0}, out = {0};
    nest(&orderer, 2, consenter);
    nest(&metadata, 1, &orderer);
    number(&identifier, 1, 3);
    if (bft)
        nest(&signature, 3, &identifier);
    nest(&metadata, 2, &signature);
    nest(&out, 1, &metadata);
    return out;
}

START_TEST(metadata_of_a_block_goes_by_its_place)
{
    bytes consenter = {0};
    number(&consenter, 2, 8);
    bytes raft = signed_metadata(&consenter, false);
    check("common.BlockMetadata", &raft,
          "{\"metadata\":[{\"signatures\":[{\"identifier_header\":null,\"signature\":\"\","
          "\"signature_header\":null}],\"value\":{\"consenter_metadata\":{\"consenter_ids\":[],"
          "\"next_consenter_id\":\"8\",\"raft_index\":\"0\"},\"last_config\":null}}]}");
    bytes bft = signed_metadata(&consenter, true);
    check(
        "common.BlockMetadata", &bft,
        "{\"metadata\":[{\"signatures\":[{\"identifier_header\":{\"identifier\":3,\"nonce\":\"\"},"
        "\"signature\":\"\",\"signature_header\":null}],\"value\":{\"consenter_metadata\":"
        "{\"black_list\":[],\"decisions_in_view\":\"0\",\"latest_sequence\":\"8\","
        "\"prev_commit_signature_digest\":\"\",\"view_id\":\"0\"},\"last_config\":null}}]}");
    bytes m = {0}, hash = {0};
    for (int i = 0; i < 2; i++)
        data(&m, 1, VIEW(""));
    data(&m, 1, VIEW("\0\x0b\xfe\x63"));
    data(&m, 1, VIEW(""));
    data(&hash, 1, VIEW("hash"));
    nest(&m, 1, &hash);
    data(&m, 1, VIEW("new"));
    check("common.BlockMetadata", &m,
          "{\"metadata\":[{\"signatures\":[],\"value\":null},{\"signatures\":[],\"value\":null},"
          "[\"VALID\",\"MVCC_READ_CONFLICT\",\"NOT_VALIDATED\",99],"
          "{\"signatures\":[],\"value\":null},{\"signatures\":[],\"value\":\"aGFzaA==\"},"
          "\"bmV3\"]}");
}
END_TEST

/* A TxPvtReadWriteSet of one write. */
static bytes private_write(const char *space, const char *key, const bytes *value)
{
    bytes write = {0}, kv = {0}, collection = {0}, in = {0}, out = {0};
    data(&write, 1, heddle_view_str(key));
    nest(&write, 3, value);
    nest(&kv, 3, &write);
    nest(&collection, 2, &kv);
    data(&in, 1, heddle_view_str(space));
    nest(&in, 2, &collection);
    nest(&out, 2, &in);
    return out;
}

static void check_write(const char *space, const char *key, const bytes *value, const char *want)
{
    bytes m = private_write(space, key, value);
    char all[2048];
    snprintf(all, sizeof(all),
             "{\"data_model\":\"KV\",\"ns_pvt_rwset\":[{\"collection_pvt_rwset\":[{"
             "\"collection_name\":\"\",\"rwset\":{\"metadata_writes\":[],\"range_queries_info\":[],"
             "\"reads\":[],\"writes\":[{\"is_delete\":false,\"key\":\"%s\",\"value\":%s}]}}],"
             "\"namespace\":\"%s\"}]}",
             key, want, space);
    check("rwset.TxPvtReadWriteSet", &m, all);
}

START_TEST(writes_of_the_life_cycle_are_records)
{
    bytes value = {0}, info = {0}, policy = {0};
    data(&value, 2, VIEW("AB"));
    check_write("basic", "namespaces/metadata/x", &value, "\"EgJBQg==\"");
    check_write("_lifecycle", "namespaces/metadata/x#1", &value,
                "{\"datatype\":\"\",\"fields\":[\"AB\"]}");
    check_write("_lifecycle", "chaincode-sources/fields/x#1/PackageID", &value,
                "{\"Bytes\":\"QUI=\"}");
    check_write("_lifecycle", "other", &value, "\"EgJBQg==\"");
    data(&policy, 2, VIEW("/P"));
    nest(&info, 2, &policy);
    value.len = 0;
    nest(&value, 2, &info);
    check_write("_lifecycle", "namespaces/fields/x/ValidationInfo", &value,
                "{\"Bytes\":{\"validation_parameter\":{\"channel_config_policy_reference\":\"/P\"},"
                "\"validation_plugin\":\"\"}}");
    data(&info, 1, VIEW("mine"));
    value.len = 0;
    nest(&value, 2, &info);
    check_write("_lifecycle", "namespaces/fields/x/ValidationInfo", &value,
                "{\"Bytes\":{\"validation_parameter\":\"EgIvUA==\",\"validation_plugin\":"
                "\"mine\"}}");
    value.len = 0;
    check_write("_lifecycle", "namespaces/fields/x/Collections", &value, "null");
    data(&value, 1, VIEW("cc"));
    check_write("lscc", "cc", &value,
                "{\"data\":null,\"escc\":\"\",\"id\":\"\",\"instantiation_policy\":null,\"name\":"
                "\"cc\",\"policy\":null,\"version\":\"\",\"vscc\":\"\"}");
    value.len = 0;
    data(&value, 1, VIEW(""));
    check_write("lscc", "cc~collection", &value, "{\"config\":[{}]}");
}
END_TEST

START_TEST(status_details_go_by_their_type)
{
    bytes m = {0}, any = {0}, detail = {0};
    data(&detail, 1, VIEW("peer:7051"));
    data(&any, 1, VIEW("type.googleapis.com/gateway.ErrorDetail"));
    nest(&any, 2, &detail);
    nest(&m, 3, &any);
    check("google.rpc.Status", &m,
          "{\"code\":0,\"details\":[{\"type_url\":\"type.googleapis.com/gateway.ErrorDetail\","
          "\"value\":{\"address\":\"peer:7051\",\"message\":\"\",\"msp_id\":\"\"}}],\"message\":"
          "\"\"}");
}
END_TEST

static void check_readable(heddle_view value, const char *want)
{
    bytes m = {0};
    char all[512];
    static char got[16384];
    heddle_error err;
    data(&m, 2, value);
    snprintf(all, sizeof(all), "{\"id_bytes\":%s,\"mspid\":\"\"}", want);
    ck_assert_int_eq(
        decode("msp.SerializedIdentity", view(&m), HEDDLE_JSON_READABLE, true, got, &err),
        HEDDLE_OK);
    ck_assert_str_eq(got, all);
}

START_TEST(for_people_bytes_are_text_or_hexadecimal)
{
    check_readable(VIEW(""), "\"\"");
    check_readable(VIEW("Zo\xc3\xab\n"), "\"Zo\xc3\xab\\n\"");
    check_readable(VIEW("\xff"), "\"0xff\"");
    check_readable(VIEW("a\0b"), "\"0x610062\"");
    check_readable(VIEW("0123456789abcdef\x01"), "\"0x3031323334353637383961626364656601\"");
    check_readable(VIEW("-----BEGIN CERTIFICATE-----"), "\"-----BEGIN CERTIFICATE-----\"");
    base_auto_buffer base_buffer cert = {0};
    ck_assert_int_eq(base_read_file(HEDDLE_FIXTURES "/crypto-config/ordererOrganizations/"
                                                    "example.com/ca/ca.example.com-cert.pem",
                                    0, &cert, NULL),
                     HEDDLE_OK);
    static const char name[] = "CN=ca.example.com,O=example.com,L=San Francisco,ST=California,C=US";
    bytes m = {0};
    static char got[16384];
    char part[256];
    heddle_error err;
    data(&m, 2, base_buffer_view(&cert));
    ck_assert_int_eq(
        decode("msp.SerializedIdentity", view(&m), HEDDLE_JSON_READABLE, true, got, &err),
        HEDDLE_OK);
    snprintf(part, sizeof(part), "{\"id_bytes\":{\"issuer\":\"%s\",\"not_after\":\"20", name);
    ck_assert_msg(strncmp(got, part, strlen(part)) == 0, "%s", got);
    ck_assert_ptr_nonnull(strstr(got, "\"serial\":\"0x"));
    snprintf(part, sizeof(part), "\"subject\":\"%s\"},\"mspid\":\"\"}", name);
    ck_assert_msg(strstr(got, part) != NULL, "%s", got);
}
END_TEST

START_TEST(what_is_no_message_is_shown_as_bytes_and_the_rest_stays)
{
    bytes m = {0}, kept = {0};
    data(&kept, 2, VIEW("s"));
    nest(&m, 1, &kept);
    data(&m, 1, VIEW("\xff"));
    data(&kept, 1, VIEW("\x0a\x05"));
    nest(&m, 1, &kept);
    check_loose("common.BlockData", &m,
                "{\"data\":[{\"payload\":null,\"signature\":\"cw==\"},"
                "{\"@undecodable\":\"common.Envelope\",\"bytes\":\"/w==\"},"
                "{\"payload\":{\"@undecodable\":\"common.Payload\",\"bytes\":\"CgU=\"},"
                "\"signature\":\"cw==\"}]}");
    m.len = 0;
    data(&m, 1, VIEW("\xc3\x28"));
    static char got[16384] = "as it was";
    heddle_error err;
    ck_assert_int_eq(
        decode("common.HashingAlgorithm", view(&m), HEDDLE_JSON_COMPLETE, false, got, &err),
        HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "UTF-8"));
    ck_assert_str_eq(got, "as it was");
}
END_TEST

START_TEST(what_is_too_deep_is_shown_as_bytes)
{
    base_auto_buffer base_buffer deep = {0};
    base_auto_buffer base_buffer outer = {0};
    for (int i = 0; i < 500; i++) {
        /* n_out_of { rules { … } } with lengths of three bytes */
        for (unsigned field = 2; field > 0; field--) {
            uint8_t head[5] = {2 << 3 | 2, (uint8_t)(deep.len | 0x80),
                               (uint8_t)(deep.len >> 7 | 0x80), (uint8_t)(deep.len >> 14), 0};
            ck_assert_int_eq(base_buffer_append(&outer, heddle_view_of(head, 4)), HEDDLE_OK);
            ck_assert_int_eq(base_buffer_append(&outer, base_buffer_view(&deep)), HEDDLE_OK);
            base_buffer swap = deep;
            deep = outer;
            outer = swap;
            base_buffer_clear(&outer);
        }
    }
    heddle_bytes json = {0};
    heddle_error err;
    ck_assert_int_eq(heddle_message_to_json("common.SignaturePolicy", base_buffer_view(&deep), NULL,
                                            &json, &err),
                     HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr((char *)json.data, "{\"@undecodable\":"));
    base_free(json.data);
}
END_TEST

/* What each part is may depend on what is around all of them: that is not looked for again and
 * again, or this would end by the test's time-out. */
START_TEST(many_parts_take_their_time_once)
{
    enum { PARTS = 100000 };
    base_auto_buffer base_buffer parts = {0};
    base_auto_buffer base_buffer space = {0};
    for (int i = 0; i < PARTS; i++)
        ck_assert_int_eq(base_buffer_append(&parts, VIEW("\x1a\0")), HEDDLE_OK);
    /* Writes in one namespace with as many collections beside them, whose length takes
     * three bytes. */
    uint8_t head[] = {2 << 3 | 2, (uint8_t)(parts.len | 0x80), (uint8_t)(parts.len >> 7 | 0x80),
                      (uint8_t)(parts.len >> 14)};
    ck_assert_int_eq(base_buffer_append(&space, heddle_view_of(head, sizeof(head))), HEDDLE_OK);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(base_buffer_append(&space, base_buffer_view(&parts)), HEDDLE_OK);
    heddle_bytes json = {0};
    heddle_error err;
    ck_assert_int_eq(
        heddle_message_to_json("rwset.NsReadWriteSet", base_buffer_view(&space), NULL, &json, &err),
        HEDDLE_OK);
    ck_assert_uint_gt(json.len, PARTS * sizeof("{\"is_delete\":false,\"key\":\"\"}"));
    base_free(json.data);
}
END_TEST

START_TEST(a_result_has_a_limit)
{
    bytes m = {0};
    for (int i = 0; i < 100; i++)
        data(&m, 1, VIEW(""));
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.max_len = 200;
    heddle_bytes json = {0};
    heddle_error err;
    ck_assert_int_eq(heddle_message_to_json("common.BlockData", view(&m), &options, &json, &err),
                     HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_null(json.data);
    options.max_len = 100 * 32 + 10;
    ck_assert_int_eq(heddle_message_to_json("common.BlockData", view(&m), &options, &json, &err),
                     HEDDLE_OK);
    ck_assert_uint_eq(json.len, options.max_len);
    base_free(json.data);
    options.style = (heddle_json_style)9;
    ck_assert_int_eq(heddle_message_to_json("common.BlockData", view(&m), &options, &json, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    options.size = 0;
    ck_assert_int_eq(heddle_message_to_json("common.BlockData", view(&m), &options, &json, &err),
                     HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

static void fail_each_allocation(heddle_json_style style)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.style = style;
    base_auto_buffer base_buffer block = {0};
    ck_assert_int_eq(base_read_file(HEDDLE_FIXTURES "/golden-blocks/block_36.pb", 0, &block, NULL),
                     HEDDLE_OK);
    for (size_t nth = 1;; nth++) {
        heddle_bytes json = {0};
        heddle_error err = {0};
        fault_alloc_arm(nth);
        heddle_status status =
            heddle_block_to_json(base_buffer_view(&block), &options, &json, &err);
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(status, fired ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
        ck_assert_int_eq(err.status, status);
        ck_assert((json.data != NULL) == (status == HEDDLE_OK));
        base_free(json.data);
        if (!fired)
            break;
    }
}

START_TEST(each_allocation_may_fail)
{
    fail_each_allocation(HEDDLE_JSON_COMPLETE);
    fail_each_allocation(HEDDLE_JSON_READABLE);
}
END_TEST

SUITE_MAIN("json/message",
           SUITE_CASE("form", scalars_are_shown_as_protobuf_has_them, lists_may_be_packed_or_not,
                      of_what_comes_twice_the_last_counts_or_both_are_merged,
                      maps_are_in_the_order_of_their_keys, times_are_texts,
                      for_people_bytes_are_text_or_hexadecimal),
           SUITE_CASE("nested", a_payload_holds_what_its_header_says, principals_go_by_their_kind,
                      metadata_of_a_block_goes_by_its_place, writes_of_the_life_cycle_are_records,
                      status_details_go_by_their_type),
           SUITE_CASE("hostile", what_is_no_message_is_shown_as_bytes_and_the_rest_stays,
                      what_is_too_deep_is_shown_as_bytes, many_parts_take_their_time_once,
                      a_result_has_a_limit, each_allocation_may_fail))
