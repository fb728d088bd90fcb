#include <stdio.h>

#include "cli/groups.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/request.h"
#include "cli/submission.h"
#include "cli/value.h"
#include "support/suite.h"

static base_arena *arena;
static heddle_error err;
static cli_call call;

static void set_up(void)
{
    arena = base_arena_new(0);
}

static void tear_down(void)
{
    base_arena_free(arena);
}

#define PARSE(...)                                                                                 \
    cli_parse((const char *const[]){__VA_ARGS__},                                                  \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), arena, &call, &err)

#define REFUSES(said, ...)                                                                         \
    do {                                                                                           \
        ck_assert_int_eq(PARSE(__VA_ARGS__), HEDDLE_E_BAD_ARGUMENT);                               \
        ck_assert_msg(strstr(err.message, said) != NULL, "%s", err.message);                       \
    } while (0)

START_TEST(options_stand_anywhere)
{
    ck_assert_int_eq(PARSE("--context", "a", "tx", "-o", "json", "submit", "basic",
                           "--endorsing-orgs=Org1,Org2", "Create", "x", "-qf", "y"),
                     HEDDLE_E_BAD_ARGUMENT); /* -q takes no value, so -qf is none */
    ck_assert_int_eq(PARSE("--context", "a", "tx", "-o", "json", "submit", "basic",
                           "--endorsing-orgs=Org1,Org2", "Create", "x", "-q", "-fy", "z"),
                     HEDDLE_OK);
    const cli_submission *values = call.values;
    ck_assert_str_eq(call.common.context, "a");
    ck_assert_int_eq(call.common.form, CLI_JSON);
    ck_assert(call.common.quiet);
    ck_assert_str_eq(values->request.chaincode, "basic");
    ck_assert_str_eq(values->request.function, "Create");
    ck_assert_uint_eq(values->request.args.count, 2);
    ck_assert_str_eq(values->request.args.items[1], "z");
    ck_assert_str_eq(values->request.arg_files.items[0], "y");
    ck_assert_uint_eq(values->request.endorsing_orgs.count, 2);
    ck_assert_str_eq(values->request.endorsing_orgs.items[1], "Org2");
}
END_TEST

START_TEST(two_dashes_end_options)
{
    ck_assert_int_eq(PARSE("tx", "submit", "basic", "Add", "--", "-7", "--init"), HEDDLE_OK);
    const cli_submission *values = call.values;
    ck_assert_uint_eq(values->request.args.count, 2);
    ck_assert_str_eq(values->request.args.items[0], "-7");
    ck_assert_str_eq(values->request.args.items[1], "--init");
    ck_assert(!values->request.is_init);
}
END_TEST

START_TEST(a_single_dash_is_an_argument)
{
    ck_assert_int_eq(PARSE("tx", "submit", "basic", "Add", "-"), HEDDLE_OK);
    const cli_submission *values = call.values;
    ck_assert_str_eq(values->request.args.items[0], "-");
}
END_TEST

START_TEST(verbs_may_have_two_words)
{
    ck_assert_int_eq(PARSE("ca", "identity", "-q", "list"), HEDDLE_OK);
    ck_assert_str_eq(call.command->verb, "identity list");
}
END_TEST

START_TEST(pairs_keep_what_is_behind_the_first_equals_sign)
{
    ck_assert_int_eq(PARSE("tx", "submit", "b", "F", "-t", "k=a=b", "--transient=l="), HEDDLE_OK);
    const cli_submission *values = call.values;
    ck_assert_uint_eq(values->request.transient.count, 2);
    ck_assert_str_eq(values->request.transient.items[0].value, "a=b");
    ck_assert_str_eq(values->request.transient.items[1].value, "");
    REFUSES("--transient: must be NAME=VALUE", "tx", "submit", "b", "F", "-t", "=secret");
    ck_assert_ptr_null(strstr(err.message, "secret"));
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    REFUSES("no command was given", "-q");
    REFUSES("\"tx\" wants a command behind it", "tx");
    REFUSES("there is no command \"txx\"; did you mean \"tx\"?", "txx");
    REFUSES("there is no command \"tx sumbit\"; did you mean \"tx submit\"?", "tx", "sumbit");
    REFUSES("there is no command \"ca identity lst\"; did you mean \"ca identity list\"?", "ca",
            "identity", "lst");
    REFUSES("there is no option --contxt; did you mean --context?", "tx", "submit", "--contxt=a");
    REFUSES("there is no option -Z", "tx", "submit", "-Z");
    REFUSES("--context: its value is missing", "tx", "submit", "--context");
    REFUSES("FUNCTION is missing", "tx", "submit", "basic");
    REFUSES("is one argument too many", "tx", "status", "a", "b");
    REFUSES("--output: must be one of table, json, yaml, not \"xml\"", "version", "-o", "xml");
    REFUSES("--timeout: must be a duration", "version", "--timeout", "soon");
    REFUSES("--quiet: takes no value", "version", "--quiet=perhaps");
}
END_TEST

START_TEST(help_needs_nothing_else)
{
    ck_assert_int_eq(PARSE("tx", "submit", "--help"), HEDDLE_OK);
    ck_assert(call.wants_help);
    ck_assert_int_eq(PARSE("help", "tx", "submit"), HEDDLE_OK);
    ck_assert(call.wants_help && call.command);
    ck_assert_int_eq(PARSE("ca", "-h"), HEDDLE_OK);
    ck_assert(call.wants_help && call.group && !call.command);
    ck_assert_int_eq(PARSE("--version"), HEDDLE_OK);
    ck_assert(call.wants_version);
}
END_TEST

/* Every row of every command, as the tables are written by hand. */

static void check_rows(const char *of, const cli_option *rows, size_t count, bool is_option)
{
    for (size_t i = 0; i < count; i++) {
        const cli_option *row = &rows[i];
        ck_assert_msg(row->name && row->help, "%s: a row has no name or no help", of);
        size_t len = strlen(row->help);
        ck_assert_msg(len && row->help[len - 1] != '.', "%s: %s ends with a full stop", of,
                      row->name);
        ck_assert_msg((row->type == CLI_CHOICE) == (row->choices != NULL), "%s: %s: choices", of,
                      row->name);
        ck_assert_msg(is_option == (row->name[0] >= 'a' && row->name[0] <= 'z'), "%s: %s", of,
                      row->name);
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(strcmp(rows[k].name, row->name) != 0 &&
                              (!row->letter || rows[k].letter != row->letter),
                          "%s: %s stands there twice", of, row->name);
    }
}

static void check_command(const cli_group *group, const cli_command *command)
{
    base_auto_buffer base_buffer text = {0};
    char of[128];
    snprintf(of, sizeof(of), "heddle %s %s", group->name, command->verb);
    check_rows(of, command->arguments, command->argument_count, false);
    check_rows(of, command->options, command->option_count, true);
    for (size_t i = 0; i < command->option_count; i++)
        for (size_t k = 0; k < cli_common_option_count; k++) {
            const cli_option *mine = &command->options[i], *common = &cli_common_options[k];
            ck_assert_msg(strcmp(mine->name, common->name) != 0 &&
                              (!mine->letter || mine->letter != common->letter),
                          "%s: --%s hides an option of every command", of, mine->name);
        }
    ck_assert_msg(command->run && command->summary, "%s", of);
    void *values = base_arena_zalloc(arena, 1, command->size ? command->size : 1);
    ck_assert_msg(cli_value_defaults(command->options, command->option_count, arena, values,
                                     &err) == HEDDLE_OK,
                  "%s: %s", of, err.message);
    call = (cli_call){.group = group, .command = command};
    ck_assert_int_eq(cli_help(&call, false, &text), HEDDLE_OK);
}

START_TEST(every_command_is_in_order)
{
    check_rows("heddle", cli_common_options, cli_common_option_count, true);
    const cli_group *group;
    const cli_command *command;
    for (size_t i = 0; (group = cli_group_at(i)); i++) {
        ck_assert_ptr_eq(cli_group_find(group->name), group);
        for (size_t k = 0; (command = cli_command_at(group, k)); k++)
            check_command(group, command);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = SUITE_CASE(
        "parse", options_stand_anywhere, two_dashes_end_options, a_single_dash_is_an_argument,
        verbs_may_have_two_words, pairs_keep_what_is_behind_the_first_equals_sign,
        what_is_wrong_is_named, help_needs_nothing_else, every_command_is_in_order);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    Suite *suite = suite_create("cli/parse");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
