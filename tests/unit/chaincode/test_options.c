#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "chaincode/options.h"
#include "support/fixture.h"
#include "support/suite.h"

static heddle_cc_server_options options;
static heddle_error err;

/* Each test runs in a process of its own, whose environment it may change. */
static void setup(void)
{
    clearenv();
    options = (heddle_cc_server_options)HEDDLE_CC_SERVER_OPTIONS;
}

static heddle_status from_env(void)
{
    return heddle_cc_options_from_env(&options, &err);
}

#define FROM_ARGS(command, ...) from_args((command), (const char *[]){"cc", __VA_ARGS__, NULL})
static heddle_status from_args(cc_command *command, const char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    int at;
    return cc_options_from_args(argc, (char *const *)argv, &options, command, &at, &err);
}

START_TEST(variables_of_the_go_samples_are_understood)
{
    setenv("CHAINCODE_ID", "asset:1", 1);
    setenv("CHAINCODE_SERVER_ADDRESS", ":9999", 1);
    setenv("CHAINCODE_TLS_DISABLED", "false", 1);
    setenv("CHAINCODE_TLS_KEY", "key.pem", 1);
    setenv("CHAINCODE_TLS_CERT", "cert.pem", 1);
    setenv("CHAINCODE_CLIENT_CA_CERT", "ca.pem", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.chaincode_id, "asset:1");
    ck_assert_str_eq(options.address, ":9999");
    ck_assert_str_eq(options.tls_key_file, "key.pem");
    ck_assert_str_eq(options.tls_cert_file, "cert.pem");
    ck_assert_str_eq(options.tls_client_ca_file, "ca.pem");
}
END_TEST

START_TEST(variables_of_the_node_shim_are_understood)
{
    setenv("CORE_CHAINCODE_ID_NAME", "asset:1", 1);
    setenv("CORE_CHAINCODE_ADDRESS", "0.0.0.0:9999", 1);
    setenv("CORE_CHAINCODE_TLS_KEY_PATH", "key.b64", 1);
    setenv("CORE_CHAINCODE_TLS_CERT_FILE", "cert.pem", 1);
    setenv("CORE_CHAINCODE_TLS_CLIENT_CACERT_PATH", "ca.b64", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.chaincode_id, "asset:1");
    ck_assert_str_eq(options.address, "0.0.0.0:9999");
    ck_assert_str_eq(options.tls_key_file, "key.b64");
    ck_assert_str_eq(options.tls_cert_file, "cert.pem");
    ck_assert_str_eq(options.tls_client_ca_file, "ca.b64");
}
END_TEST

START_TEST(tls_can_be_switched_off)
{
    setenv("CHAINCODE_TLS_DISABLED", "true", 1);
    setenv("CHAINCODE_TLS_KEY", "key.pem", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_ptr_null(options.tls_key_file);
}
END_TEST

START_TEST(an_empty_variable_counts_as_none)
{
    setenv("CHAINCODE_ID", "", 1);
    setenv("CORE_CHAINCODE_ID_NAME", "asset:1", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.chaincode_id, "asset:1");
}
END_TEST

START_TEST(what_is_set_is_not_asked_of_the_environment)
{
    options.chaincode_id = "mine:1";
    options.workers = 3;
    setenv("CHAINCODE_ID", "asset:1", 1);
    setenv("HEDDLE_CC_WORKERS", "5", 1);
    setenv("HEDDLE_CC_QUEUE_LIMIT", "7", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.chaincode_id, "mine:1");
    ck_assert_uint_eq(options.workers, 3);
    ck_assert_uint_eq(options.queue_limit, 7);
}
END_TEST

START_TEST(numbers_times_and_sizes_are_read)
{
    setenv("HEDDLE_CC_WORKERS", "12", 1);
    setenv("HEDDLE_CC_DRAIN", "1m", 1);
    setenv("HEDDLE_CC_ANSWER_TIMEOUT", "250ms", 1);
    setenv("HEDDLE_CC_STACK_SIZE", "1MiB", 1);
    setenv("HEDDLE_CC_MEMORY_LIMIT", "64 MB", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_uint_eq(options.workers, 12);
    ck_assert_uint_eq(options.drain_ms, 60000);
    ck_assert_uint_eq(options.answer_timeout_ms, 250);
    ck_assert_uint_eq(options.stack_size, 1 << 20);
    ck_assert_uint_eq(options.memory_limit, 64 << 20);
}
END_TEST

static const struct {
    const char *name, *value, *says;
} bad[] = {
    {"HEDDLE_CC_WORKERS", "many", "HEDDLE_CC_WORKERS: \"many\" is not a number"},
    {"HEDDLE_CC_WORKERS", "99999999999", "HEDDLE_CC_WORKERS: too large"},
    {"HEDDLE_CC_DRAIN", "soon", "HEDDLE_CC_DRAIN: \"soon\" is not a time"},
    {"HEDDLE_CC_LINT", "yes", "HEDDLE_CC_LINT: \"yes\" is not true or false"},
    {"HEDDLE_CC_RECONNECT", "yes", "HEDDLE_CC_RECONNECT: \"yes\" is not auto, always or never"},
    {"CORE_PEER_TLS_ENABLED", "yes", "CORE_PEER_TLS_ENABLED: \"yes\" is not true or false"},
    {"CHAINCODE_TLS_DISABLED", "no", "CHAINCODE_TLS_DISABLED: \"no\" is not true or false"},
    {"HEDDLE_CC_STACK_SIZE", "big", "HEDDLE_CC_STACK_SIZE: \"big\" is not a size"},
};

START_TEST(a_bad_variable_is_named_and_nothing_changes)
{
    setenv("CHAINCODE_ID", "asset:1", 1);
    setenv(bad[_i].name, bad[_i].value, 1);
    ck_assert_int_eq(from_env(), HEDDLE_E_CONFIG);
    ck_assert_msg(strstr(err.message, bad[_i].says), "%s", err.message);
    ck_assert_ptr_null(options.chaincode_id);
}
END_TEST

START_TEST(arguments_come_in_four_spellings)
{
    cc_command command;
    ck_assert_int_eq(FROM_ARGS(&command, "--chaincode-id", "a:1", "--workers=3", "-queue-limit=4",
                               "-drain", "5s"),
                     HEDDLE_OK);
    ck_assert_int_eq(command, CC_COMMAND_SERVE);
    ck_assert_str_eq(options.chaincode_id, "a:1");
    ck_assert_uint_eq(options.workers, 3);
    ck_assert_uint_eq(options.queue_limit, 4);
    ck_assert_uint_eq(options.drain_ms, 5000);
}
END_TEST

START_TEST(wrong_arguments_are_named)
{
    cc_command command;
    ck_assert_int_eq(FROM_ARGS(&command, "--colour", "red"), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, "--colour: no such option; --help tells them");
    ck_assert_int_eq(FROM_ARGS(&command, "start"), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(FROM_ARGS(&command, "-"), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(FROM_ARGS(&command, "--workers"), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, "--workers: its value is missing");
    ck_assert_int_eq(FROM_ARGS(&command, "--workers="), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(FROM_ARGS(&command, "--workers=x"), HEDDLE_E_CONFIG);
}
END_TEST

START_TEST(help_names_every_option)
{
    cc_command command;
    base_buffer text = {0};
    ck_assert_int_eq(FROM_ARGS(&command, "--help"), HEDDLE_OK);
    ck_assert_int_eq(command, CC_COMMAND_HELP);
    ck_assert_int_eq(FROM_ARGS(&command, "--version"), HEDDLE_OK);
    ck_assert_int_eq(command, CC_COMMAND_VERSION);
    ck_assert_int_eq(cc_options_help("cc", &text), HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(base_buffer_cstr(&text), "CHAINCODE_SERVER_ADDRESS"));
    ck_assert_ptr_nonnull(strstr(base_buffer_cstr(&text), "--drain\n"));
    base_buffer_done(&text);
}
END_TEST

START_TEST(commands_are_found_among_the_arguments)
{
    cc_command command;
    int at = 0;
    const char *const replay[] = {"cc", "--lint", "--replay", "a", "b", NULL};
    const char *const nothing[] = {"cc", "--replay", NULL};
    ck_assert_int_eq(cc_options_from_args(5, (char *const *)replay, &options, &command, &at, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(command, CC_COMMAND_REPLAY);
    ck_assert_int_eq(at, 2);
    ck_assert(options.lint);
    ck_assert_int_eq(cc_options_from_args(2, (char *const *)nothing, &options, &command, &at, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(FROM_ARGS(&command, "--metadata"), HEDDLE_OK);
    ck_assert_int_eq(command, CC_COMMAND_METADATA);
}
END_TEST

START_TEST(a_peer_to_dial_comes_from_the_variables_of_a_launch)
{
    setenv("CORE_CHAINCODE_ID_NAME", "asset:1", 1);
    setenv("CORE_PEER_ADDRESS", "peer0:7052", 1);
    setenv("CORE_PEER_TLS_ENABLED", "true", 1);
    setenv("CORE_PEER_TLS_ROOTCERT_FILE", "root.pem", 1);
    setenv("CORE_TLS_CLIENT_KEY_PATH", "key.b64", 1);
    setenv("CORE_TLS_CLIENT_CERT_FILE", "cert.pem", 1);
    setenv("CORE_TLS_CLIENT_CERT_PATH", "cert.b64", 1);
    setenv("HEDDLE_CC_RECONNECT", "never", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.peer_address, "peer0:7052");
    ck_assert_str_eq(options.peer_tls_root_file, "root.pem");
    ck_assert_str_eq(options.peer_tls_key_file, "key.b64");
    ck_assert_str_eq(options.peer_tls_cert_file, "cert.pem");
    ck_assert_int_eq(options.reconnect, HEDDLE_CC_RECONNECT_NEVER);
}
END_TEST

START_TEST(tls_to_a_peer_is_off_unless_it_is_on)
{
    setenv("CORE_PEER_ADDRESS", "peer0:7052", 1);
    setenv("CORE_PEER_TLS_ROOTCERT_FILE", "root.pem", 1);
    setenv("CORE_PEER_TLS_ENABLED", "false", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_ptr_null(options.peer_tls_root_file);
    unsetenv("CORE_PEER_TLS_ROOTCERT_FILE");
    setenv("CORE_PEER_TLS_ENABLED", "true", 1);
    ck_assert_int_eq(from_env(), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "CORE_PEER_TLS_ROOTCERT_FILE"));
}
END_TEST

static const char *const words_for_true[] = {"1", "t", "T", "true", "TRUE", "True"};

START_TEST(what_go_takes_for_true_is_no_plain_text)
{
    setenv("CORE_PEER_ADDRESS", "peer0:7052", 1);
    setenv("CORE_PEER_TLS_ROOTCERT_FILE", "root.pem", 1);
    setenv("CORE_PEER_TLS_ENABLED", words_for_true[_i], 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.peer_tls_root_file, "root.pem");
}
END_TEST

START_TEST(a_service_is_no_client_and_a_flag_comes_before_variables)
{
    cc_command command;
    setenv("CHAINCODE_SERVER_ADDRESS", ":9999", 1);
    setenv("CORE_PEER_ADDRESS", "peer0:7052", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.address, ":9999");
    ck_assert_ptr_null(options.peer_address);
    options = (heddle_cc_server_options)HEDDLE_CC_SERVER_OPTIONS;
    ck_assert_int_eq(FROM_ARGS(&command, "-peer.address=peer1:7052"), HEDDLE_OK);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_str_eq(options.peer_address, "peer1:7052");
    ck_assert_ptr_null(options.address);
}
END_TEST

START_TEST(what_a_peer_launched_does_not_reconnect)
{
    static const struct {
        const char *id;
        heddle_cc_reconnect does;
    } ids[] = {
        {"asset:1.0", HEDDLE_CC_RECONNECT_ALWAYS},
        {"asset_1:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
         HEDDLE_CC_RECONNECT_NEVER},
        {"asset_1:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
         HEDDLE_CC_RECONNECT_ALWAYS},
        {":0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
         HEDDLE_CC_RECONNECT_ALWAYS},
    };
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        options.chaincode_id = ids[i].id;
        ck_assert_int_eq(cc_options_complete(&options).reconnect, ids[i].does);
    }
    options.reconnect = HEDDLE_CC_RECONNECT_NEVER;
    ck_assert_int_eq(cc_options_complete(&options).reconnect, HEDDLE_CC_RECONNECT_NEVER);
}
END_TEST

START_TEST(a_key_may_be_pem_or_base64_of_it)
{
    char *dir = fixture_dir_new();
    char path[512];
    base_buffer pem = fixture_read("tls/server.key"), base64 = {0}, out = {0};
    snprintf(path, sizeof(path), "%s/key", dir);
    ck_assert_int_eq(base_base64(base_buffer_view(&pem), &base64), HEDDLE_OK);
    ck_assert_int_eq(base_write_file(path, base_buffer_view(&base64), 0600, NULL), HEDDLE_OK);
    ck_assert_int_eq(cc_pem_read(path, &out, NULL), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&out), base_buffer_cstr(&pem));
    base_buffer_clear(&out);
    ck_assert_int_eq(cc_pem_read(HEDDLE_FIXTURES "/tls/server.key", &out, NULL), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&out), base_buffer_cstr(&pem));
    ck_assert_int_eq(base_write_file(path, heddle_view_str("?!"), 0600, NULL), HEDDLE_OK);
    ck_assert_int_eq(cc_pem_read(path, &out, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "neither PEM nor base64"));
    base_buffer_done(&pem);
    base_buffer_done(&base64);
    base_buffer_done(&out);
    fixture_dir_free(dir);
}
END_TEST

START_TEST(a_program_may_know_less_of_the_options)
{
    heddle_cc_server_options taken;
    options.processes = 7;
    options.workers = 3;
    options.size = offsetof(heddle_cc_server_options, processes);
    ck_assert_int_eq(cc_options_take(&options, &taken, &err), HEDDLE_OK);
    ck_assert_uint_eq(taken.processes, 0);
    ck_assert_uint_eq(taken.workers, 3);
    ck_assert_uint_eq(taken.size, sizeof(taken));
    setenv("HEDDLE_CC_PROCESSES", "5", 1);
    setenv("HEDDLE_CC_QUEUE_LIMIT", "5", 1);
    ck_assert_int_eq(from_env(), HEDDLE_OK);
    ck_assert_uint_eq(options.processes, 7); /* not the library's to touch */
    ck_assert_uint_eq(options.queue_limit, 5);
    options.size = sizeof(options) + 1;
    ck_assert_int_eq(cc_options_take(&options, &taken, &err), HEDDLE_E_BAD_ARGUMENT);
    options.size = 3;
    ck_assert_int_eq(cc_options_take(&options, &taken, &err), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

START_TEST(what_contradicts_itself_is_refused)
{
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "CHAINCODE_ID"));
    options.chaincode_id = "a:1";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "CHAINCODE_SERVER_ADDRESS"));
    options.address = ":1";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_OK);
    options.tls_client_ca_file = "ca";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    options.tls_key_file = "key";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    options.tls_cert_file = "cert";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_OK);
    options.workers = 5000;
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    options.workers = 5;
    options.processes = 257;
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    options.processes = 2;
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_OK);
    options.peer_tls_key_file = "key";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    options.peer_tls_cert_file = "cert";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    options.peer_tls_root_file = "root";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_OK);
    options.peer_address = "peer:1";
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
    options.address = NULL;
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_OK);
    options.stack_size = 1000;
    ck_assert_int_eq(cc_options_check(&options, &err), HEDDLE_E_CONFIG);
}
END_TEST

int main(void)
{
    TCase *all = SUITE_CASE(
        "options", variables_of_the_go_samples_are_understood,
        variables_of_the_node_shim_are_understood, tls_can_be_switched_off,
        an_empty_variable_counts_as_none, what_is_set_is_not_asked_of_the_environment,
        numbers_times_and_sizes_are_read, arguments_come_in_four_spellings,
        wrong_arguments_are_named, help_names_every_option, a_key_may_be_pem_or_base64_of_it,
        commands_are_found_among_the_arguments, a_peer_to_dial_comes_from_the_variables_of_a_launch,
        tls_to_a_peer_is_off_unless_it_is_on,
        a_service_is_no_client_and_a_flag_comes_before_variables,
        what_a_peer_launched_does_not_reconnect, a_program_may_know_less_of_the_options,
        what_contradicts_itself_is_refused);
    tcase_add_loop_test(all, a_bad_variable_is_named_and_nothing_changes, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_loop_test(all, what_go_takes_for_true_is_no_plain_text, 0,
                        sizeof(words_for_true) / sizeof(words_for_true[0]));
    tcase_add_checked_fixture(all, setup, NULL);
    Suite *suite = suite_create("chaincode/options");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
