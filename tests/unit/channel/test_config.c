/* A channel's configuration edited, and the update that comes of it. */
#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "heddle/heddle.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

#define ORGS HEDDLE_FIXTURES "/crypto-config/peerOrganizations"

static heddle_error err;
static base_buffer block;
static heddle_config *config;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, expected, says)                                                                \
    do {                                                                                           \
        ck_assert_int_eq(call, HEDDLE_##expected);                                                 \
        ck_assert_msg(strstr(err.message, says), "%s", err.message);                               \
    } while (0)

static void set_up(void)
{
    block = fixture_read("genesis.block");
    OK(heddle_config_from_block(base_buffer_view(&block), &config, &err));
}

static void tear_down(void)
{
    heddle_config_free(config);
    base_buffer_done(&block);
}

static heddle_view view_of(const heddle_bytes *bytes)
{
    return heddle_view_of(bytes->data, bytes->len);
}

static void has(const char *name, const char *expected)
{
    heddle_bytes value = {0};
    OK(heddle_config_get(config, name, &value, &err));
    ck_assert_str_eq((const char *)value.data, expected);
    heddle_bytes_done(&value);
}

static void set(const char *name, const char *value)
{
    OK(heddle_config_set(config, name, value, &err));
}

/* That the update of all edits changes just these, separated by blanks in pairs. */
static void changes(const char *expected)
{
    heddle_config_update *update = NULL;
    heddle_names *names = NULL;
    base_auto_buffer base_buffer all = {0};
    OK(heddle_config_update_new(config, &update, &err));
    OK(heddle_config_update_changes(update, &names, &err));
    for (size_t i = 0; i < heddle_names_count(names); i++)
        ck_assert_int_eq(base_buffer_printf(&all, "%s%s", i ? "\n" : "", heddle_names_at(names, i)),
                         HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&all), expected);
    heddle_names_free(names);
    heddle_config_update_free(update);
}

START_TEST(the_settings_are_those_of_the_block)
{
    heddle_names *names = NULL;
    ck_assert_str_eq(heddle_config_channel(config), "mychannel");
    ck_assert_uint_eq(heddle_config_sequence(config), 0);
    OK(heddle_config_settings(config, &names, &err));
    ck_assert_str_eq(heddle_names_at(names, 0), "batch-size.max-messages");
    for (size_t i = 0; i < heddle_names_count(names); i++) {
        heddle_bytes value = {0};
        OK(heddle_config_get(config, heddle_names_at(names, i), &value, &err));
        /* What is read can be set, and is then as before. */
        OK(heddle_config_set(config, heddle_names_at(names, i), (const char *)value.data, &err));
        heddle_bytes_done(&value);
    }
    ck_assert_uint_gt(heddle_names_count(names), 15);
    heddle_names_free(names);
    heddle_config_update *untouched = NULL;
    FAILS(heddle_config_update_new(config, &untouched, &err), E_EXISTS, "mychannel");
    ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(sizes_and_times_of_batches_are_set)
{
    set("batch-size.max-messages", "50");
    has("batch-size.max-messages", "50");
    set("batch-size.absolute-max-bytes", "2 MiB");
    has("batch-size.absolute-max-bytes", "2097152");
    set("batch-size.preferred-max-bytes", "4096");
    set("batch-timeout", "750ms");
    has("batch-timeout", "750ms");
    changes("[Value]  /Channel/Orderer/BatchSize\n[Value]  /Channel/Orderer/BatchTimeout");
}
END_TEST

START_TEST(capabilities_and_the_state_are_set)
{
    set("capabilities.application", "V2_5");
    has("capabilities.application", "V2_5");
    set("capabilities.channel", "V3_0");
    set("consensus.state", "maintenance");
    has("consensus.state", "maintenance");
    changes("[Value]  /Channel/Orderer/ConsensusType\n[Value]  /Channel/Capabilities");
}
END_TEST

START_TEST(anchor_peers_are_set_by_either_name)
{
    set("anchor-peers.Org1MSP", "a.example.com:7051, [::1]:7052");
    has("anchor-peers.Org1MSP", "a.example.com:7051,[::1]:7052");
    heddle_names *orgs = NULL;
    OK(heddle_config_orgs(config, HEDDLE_CONFIG_APPLICATION, &orgs, &err));
    ck_assert_uint_eq(heddle_names_count(orgs), 2);
    char name[128];
    snprintf(name, sizeof(name), "anchor-peers.%s", heddle_names_at(orgs, 0));
    has(name, "a.example.com:7051,[::1]:7052");
    heddle_names_free(orgs);
}
END_TEST

START_TEST(acls_come_and_go)
{
    set("acl.peer/Propose", "/Channel/Application/Admins");
    set("acl.event/Block", "Readers");
    has("acl.peer/Propose", "/Channel/Application/Admins");
    changes("[Group]  /Channel/Application\n[Value]  /Channel/Application/ACLs");
    set("acl.event/Block", "");
    FAILS(heddle_config_set(config, "acl.event/Block", "", &err), E_NOT_FOUND, "event/Block");
    has("acl.peer/Propose", "/Channel/Application/Admins");
    set("acl.peer/Propose", "");
    heddle_config_update *untouched = NULL;
    FAILS(heddle_config_update_new(config, &untouched, &err), E_EXISTS, "the present one");
}
END_TEST

START_TEST(policies_are_text)
{
    has("policy./Channel/Application/Admins", "MAJORITY Admins");
    set("policy./Channel/Application/Admins", "ANY Admins");
    has("policy./Channel/Application/Admins", "ANY Admins");
    set("policy./Channel/Application/Mine", "AND('Org1MSP.admin','Org2MSP.admin')");
    changes("[Group]  /Channel/Application\n[Policy] /Channel/Application/Admins\n"
            "[Policy] /Channel/Application/Mine");
    set("policy./Channel/Application/Mine", "");
    changes("[Policy] /Channel/Application/Admins");
}
END_TEST

START_TEST(what_cannot_be_set_is_told)
{
    static const struct {
        const char *name, *value;
        heddle_status status;
        const char *says;
    } wrong[] = {
        {"batch", "1", HEDDLE_E_BAD_ARGUMENT, "no setting \"batch\""},
        {NULL, "1", HEDDLE_E_BAD_ARGUMENT, "no setting"},
        {"acl.", "1", HEDDLE_E_BAD_ARGUMENT, "no setting \"acl.\""},
        {"batch-timeout", NULL, HEDDLE_E_BAD_ARGUMENT, "batch-timeout: there is no value"},
        {"batch-timeout", "soon", HEDDLE_E_BAD_ARGUMENT, "\"soon\" is no length of time"},
        {"batch-timeout", "0s", HEDDLE_E_BAD_ARGUMENT, "no length of time"},
        {"batch-size.max-messages", "0", HEDDLE_E_BAD_ARGUMENT, "number from 1"},
        {"batch-size.max-messages", "-1", HEDDLE_E_BAD_ARGUMENT, "number from 1"},
        {"batch-size.max-messages", "4294967296", HEDDLE_E_BAD_ARGUMENT, "number from 1"},
        {"batch-size.absolute-max-bytes", "much", HEDDLE_E_BAD_ARGUMENT, "no size"},
        {"capabilities.channel", "", HEDDLE_E_BAD_ARGUMENT, "V2_0"},
        {"capabilities.channel", "V2_0,", HEDDLE_E_BAD_ARGUMENT, "V2_0"},
        {"capabilities.channel", "v2", HEDDLE_E_BAD_ARGUMENT, "V2_0"},
        {"consensus.state", "odd", HEDDLE_E_BAD_ARGUMENT, "\"odd\" is neither"},
        {"anchor-peers.Org9MSP", "a:1", HEDDLE_E_NOT_FOUND, "no organisation \"Org9MSP\""},
        {"anchor-peers.Org1MSP", "a", HEDDLE_E_BAD_ARGUMENT, "\"a\" is no \"host:port\""},
        {"anchor-peers.Org1MSP", "a:1,b:70000", HEDDLE_E_BAD_ARGUMENT, "\"b:70000\""},
        {"endpoints.Org1MSP", "a:1", HEDDLE_E_NOT_FOUND, "Orderer"},
        {"policy.Admins", "ANY Admins", HEDDLE_E_BAD_ARGUMENT, "no path"},
        {"policy./Channel/Nowhere/Admins", "ANY Admins", HEDDLE_E_NOT_FOUND, "/Channel/Nowhere"},
        {"policy./Channel/Admins", "SOME Admins", HEDDLE_E_BAD_ARGUMENT, "nor a signature policy"},
        {"policy./Channel/Nobody", "", HEDDLE_E_NOT_FOUND, "Nobody"},
    };
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ck_assert_int_eq(heddle_config_set(config, wrong[i].name, wrong[i].value, &err),
                         wrong[i].status);
        ck_assert_msg(strstr(err.message, wrong[i].says), "%s", err.message);
    }
    heddle_config_update *untouched = NULL;
    FAILS(heddle_config_update_new(config, &untouched, &err), E_EXISTS, "the present one");
}
END_TEST

/* The JSON of the whole, with @p from in it replaced by @p to. */
static void edit_text(const char *from, const char *to)
{
    heddle_bytes json = {0};
    base_auto_buffer base_buffer edited = {0};
    OK(heddle_config_to_json(config, NULL, &json, &err));
    const char *text = (const char *)json.data;
    const char *at = strstr(text, from);
    ck_assert_msg(at, "%s", text);
    ck_assert_int_eq(base_buffer_append(&edited, heddle_view_of(text, (size_t)(at - text))), 0);
    ck_assert_int_eq(base_buffer_append_str(&edited, to), 0);
    ck_assert_int_eq(base_buffer_append_str(&edited, at + strlen(from)), 0);
    heddle_bytes_done(&json);
    OK(heddle_config_edit_json(config, base_buffer_view(&edited), &err));
}

START_TEST(the_whole_is_edited_as_json)
{
    heddle_config_update *untouched = NULL;
    edit_text("{", "{");
    FAILS(heddle_config_update_new(config, &untouched, &err), E_EXISTS, "the present one");
    set("batch-size.max-messages", "123456");
    edit_text(":123456", ":7");
    has("batch-size.max-messages", "7");
    changes("[Value]  /Channel/Orderer/BatchSize");
}
END_TEST

START_TEST(json_that_is_no_configuration_is_told)
{
    ck_assert_int_ne(heddle_config_edit_json(config, VIEW("{"), &err), HEDDLE_OK);
    ck_assert_int_ne(heddle_config_edit_json(config, VIEW("{\"a\":1}"), &err), HEDDLE_OK);
    ck_assert_int_ne(heddle_config_edit_json(config, VIEW("{}"), &err), HEDDLE_OK);
    heddle_config_update *untouched = NULL;
    FAILS(heddle_config_update_new(config, &untouched, &err), E_EXISTS, "the present one");
}
END_TEST

static heddle_org org2(void)
{
    heddle_org org = HEDDLE_ORG;
    org.mspid = "Org2MSP";
    org.msp_dir = ORGS "/org2.example.com/msp";
    return org;
}

static void whole(base_buffer *out)
{
    heddle_bytes bytes = {0};
    OK(heddle_config_bytes(config, &bytes, &err));
    ck_assert_int_eq(base_buffer_append(out, view_of(&bytes)), HEDDLE_OK);
    heddle_bytes_done(&bytes);
}

START_TEST(an_organisation_is_the_same_from_its_folder_and_from_configtxgen)
{
    base_auto_buffer base_buffer json = fixture_read("channel/org2-printorg.json");
    base_auto_buffer base_buffer by_folder = {0}, by_json = {0};
    heddle_org org = org2();
    FAILS(heddle_config_add_org(config, &org, &err), E_EXISTS, "Org2MSP");
    OK(heddle_config_remove_org(config, HEDDLE_CONFIG_APPLICATION, "Org2MSP", &err));
    FAILS(heddle_config_remove_org(config, HEDDLE_CONFIG_APPLICATION, "Org2MSP", &err), E_NOT_FOUND,
          "Org2MSP");
    OK(heddle_config_add_org(config, &org, &err));
    whole(&by_folder);
    OK(heddle_config_remove_org(config, HEDDLE_CONFIG_APPLICATION, "Org2MSP", &err));
    org = (heddle_org)HEDDLE_ORG;
    org.name = "Org2MSP";
    org.json = base_buffer_view(&json);
    OK(heddle_config_add_org(config, &org, &err));
    whole(&by_json);
    ck_assert(base_view_equal(base_buffer_view(&by_folder), base_buffer_view(&by_json)));
}
END_TEST

START_TEST(an_organisation_of_orderers_is_added)
{
    heddle_org org = org2();
    org.part = HEDDLE_CONFIG_ORDERER;
    org.name = "Second";
    OK(heddle_config_add_org(config, &org, &err));
    set("endpoints.Second", "orderer.org2.example.com:7050");
    changes("[Group]  /Channel/Orderer\n[Group]  /Channel/Orderer/Second\n"
            "[Value]  /Channel/Orderer/Second/Endpoints\n[Value]  /Channel/Orderer/Second/MSP\n"
            "[Policy] /Channel/Orderer/Second/Admins\n[Policy] /Channel/Orderer/Second/Readers\n"
            "[Policy] /Channel/Orderer/Second/Writers");
}
END_TEST

START_TEST(what_makes_no_organisation_is_told)
{
    heddle_org org = HEDDLE_ORG;
    org.part = (heddle_config_part)7;
    FAILS(heddle_config_add_org(config, &org, &err), E_BAD_ARGUMENT, "no part 7");
    org.part = HEDDLE_CONFIG_APPLICATION;
    FAILS(heddle_config_add_org(config, &org, &err), E_BAD_ARGUMENT, "MSP folder or JSON");
    org.msp_dir = "/no/such/folder";
    FAILS(heddle_config_add_org(config, &org, &err), E_BAD_ARGUMENT, "MSP id is missing");
    org.mspid = "Org3MSP";
    FAILS(heddle_config_add_org(config, &org, &err), E_CONFIG, "/no/such/folder");
    org.msp_dir = NULL;
    org.name = "Org3";
    org.json = VIEW("[]");
    FAILS(heddle_config_add_org(config, &org, &err), E_DECODE, "no object");
    org.json = VIEW("{}");
    FAILS(heddle_config_add_org(config, &org, &err), E_DECODE, "no MSP");
    org.json = VIEW("{\"colour\":1}");
    ck_assert_int_ne(heddle_config_add_org(config, &org, &err), HEDDLE_OK);
    org.json = VIEW("{}}");
    ck_assert_int_ne(heddle_config_add_org(config, &org, &err), HEDDLE_OK);
}
END_TEST

static heddle_identity *admin_of(int number)
{
    char mspid[16], dir[256];
    heddle_identity *admin = NULL;
    snprintf(mspid, sizeof(mspid), "Org%dMSP", number);
    snprintf(dir, sizeof(dir), ORGS "/org%d.example.com/users/Admin@org%d.example.com/msp", number,
             number);
    OK(heddle_identity_from_msp(mspid, dir, &admin, &err));
    return admin;
}

/* Through bytes, as from one administrator to the next. */
static heddle_config_update *passed_on(heddle_config_update *update)
{
    heddle_bytes bytes = {0};
    heddle_config_update *again = NULL;
    OK(heddle_config_update_bytes(update, &bytes, &err));
    heddle_config_update_free(update);
    OK(heddle_config_update_from_bytes(view_of(&bytes), &again, &err));
    heddle_bytes_done(&bytes);
    return again;
}

static void signed_by(const heddle_config_update *update, const char *expected)
{
    heddle_names *names = NULL;
    base_auto_buffer base_buffer all = {0};
    OK(heddle_config_update_signers(update, &names, &err));
    for (size_t i = 0; i < heddle_names_count(names); i++)
        ck_assert_int_eq(base_buffer_printf(&all, "%s%s", i ? " " : "", heddle_names_at(names, i)),
                         HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&all), expected);
    heddle_names_free(names);
}

START_TEST(signatures_are_collected)
{
    heddle_config_update *update = NULL;
    heddle_identity *first = admin_of(1), *second = admin_of(2);
    set("policy./Channel/Application/Admins", "ANY Admins");
    OK(heddle_config_update_new(config, &update, &err));
    FAILS(heddle_config_update_check(update, config, &err), E_POLICY, "more signatures are needed");
    ck_assert_msg(strstr(err.message, "[Policy] /Channel/Application/Admins"), "%s", err.message);
    OK(heddle_config_update_sign(update, first, &err));
    update = passed_on(update);
    FAILS(heddle_config_update_check(update, config, &err), E_POLICY, "1 sub-policies");
    OK(heddle_config_update_sign(update, second, &err));
    OK(heddle_config_update_sign(update, first, &err)); /* twice is once */
    update = passed_on(update);
    signed_by(update, "Org1MSP Org2MSP");
    OK(heddle_config_update_check(update, config, &err));
    ck_assert_str_eq(heddle_config_update_channel(update), "mychannel");
    heddle_config_update_free(update);
    heddle_identity_unref(first);
    heddle_identity_unref(second);
}
END_TEST

START_TEST(a_stale_update_says_what_has_changed)
{
    base_auto_buffer base_buffer later_block = fixture_read("config_block.pb");
    heddle_config *later = NULL;
    heddle_config_update *update = NULL;
    OK(heddle_config_from_block(base_buffer_view(&later_block), &later, &err));
    set("anchor-peers.Org1MSP", "a:1");
    OK(heddle_config_update_new(config, &update, &err));
    heddle_status status = heddle_config_update_check(update, later, &err);
    ck_assert_msg(status == HEDDLE_E_BAD_STATE, "%s %s", heddle_status_name(status), err.message);
    ck_assert_msg(strstr(err.message, "fetch it anew"), "%s", err.message);
    ck_assert_msg(strstr(err.message, "/Channel/Application/Org1MSP"), "%s", err.message);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NEW_TX);
    heddle_config_update_free(update);
    heddle_config_free(later);
}
END_TEST

START_TEST(bytes_that_are_no_update_are_told)
{
    heddle_config_update *untouched = NULL;
    ck_assert_int_eq(heddle_config_update_from_bytes(VIEW("x"), &untouched, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(heddle_config_update_from_bytes(VIEW(""), &untouched, &err), HEDDLE_E_DECODE);
    ck_assert_ptr_null(untouched);
    heddle_bytes bytes = {0};
    ck_assert_int_ne(heddle_config_from_block(VIEW("x"), NULL, &err), HEDDLE_OK);
    ck_assert_int_ne(heddle_config_from_bytes("c", VIEW("x"), NULL, &err), HEDDLE_OK);
    OK(heddle_config_bytes(config, &bytes, &err));
    ck_assert_int_eq(heddle_config_from_bytes("", view_of(&bytes), NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_bytes_done(&bytes);
}
END_TEST

/* All of what an administrator does, up to the signed bytes. */
static heddle_status do_all(heddle_identity *admin, heddle_error *why)
{
    heddle_org org = org2();
    heddle_bytes bytes = {0};
    heddle_config *edited = NULL;
    heddle_config_update *update = NULL;
    org.part = HEDDLE_CONFIG_ORDERER;
    heddle_status status = heddle_config_from_block(base_buffer_view(&block), &edited, why);
    if (status == HEDDLE_OK)
        status = heddle_config_set(edited, "batch-timeout", "1s", why);
    if (status == HEDDLE_OK)
        status = heddle_config_set(edited, "policy./Channel/Application/Mine", "ANY Admins", why);
    if (status == HEDDLE_OK)
        status = heddle_config_set(edited, "acl.peer/Propose", "Writers", why);
    if (status == HEDDLE_OK)
        status = heddle_config_add_org(edited, &org, why);
    if (status == HEDDLE_OK)
        status = heddle_config_update_new(edited, &update, why);
    if (status == HEDDLE_OK)
        status = heddle_config_update_sign(update, admin, why);
    if (status == HEDDLE_OK)
        status = heddle_config_update_bytes(update, &bytes, why);
    heddle_bytes_done(&bytes);
    heddle_config_update_free(update);
    heddle_config_free(edited);
    return status;
}

START_TEST(every_lack_of_memory_is_told)
{
    bool reached = true;
    heddle_identity *admin = admin_of(1);
    for (size_t nth = 1; reached; nth++) {
        fault_alloc_arm(nth);
        heddle_status status = do_all(admin, &err);
        reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert_int_eq(status, reached ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
    }
    heddle_identity_unref(admin);
}
END_TEST

static TCase *config_case(void)
{
    TCase *tcase = SUITE_CASE(
        "config", the_settings_are_those_of_the_block, sizes_and_times_of_batches_are_set,
        capabilities_and_the_state_are_set, anchor_peers_are_set_by_either_name, acls_come_and_go,
        policies_are_text, what_cannot_be_set_is_told, the_whole_is_edited_as_json,
        json_that_is_no_configuration_is_told,
        an_organisation_is_the_same_from_its_folder_and_from_configtxgen,
        an_organisation_of_orderers_is_added, what_makes_no_organisation_is_told,
        signatures_are_collected, a_stale_update_says_what_has_changed,
        bytes_that_are_no_update_are_told, every_lack_of_memory_is_told);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    return tcase;
}

SUITE_MAIN("channel/config", config_case())
