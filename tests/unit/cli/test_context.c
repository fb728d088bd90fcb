#include "cli/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/context_edit.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static char path[512];
static heddle_error err;

static void set_up(void)
{
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/config.yaml", dir);
}

static void tear_down(void)
{
    fixture_dir_free(dir);
}

static void put_file(const char *text)
{
    ck_assert_int_eq(base_write_file(path, heddle_view_str(text), 0600, &err), HEDDLE_OK);
}

static void is_refused(const char *text, const char *said)
{
    conf_snapshot *contexts = NULL;
    put_file(text);
    ck_assert_int_eq(cli_contexts_load(path, &contexts, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_null(contexts);
    ck_assert_msg(strstr(err.message, said) != NULL, "%s", err.message);
}

START_TEST(no_file_is_no_contexts)
{
    base_auto(conf_snapshot) conf_snapshot *contexts = NULL;
    ck_assert_int_eq(cli_contexts_load(path, &contexts, &err), HEDDLE_OK);
    const cli_contexts *all = conf_values(contexts);
    ck_assert_uint_eq(all->contexts.count, 0);
    ck_assert_str_eq(all->current, "");
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_line)
{
    is_refused("current: a\ncontexts:\n  - nam: a\n", ":3");
    is_refused("contexts:\n  - channel: c\n", "name");
    is_refused("contexts: 7\n", "contexts");
    is_refused("contexts:\n  - name: a\n    organizations:\n      - name: o\n        peers:\n"
               "          - name: p\n",
               "address");
    is_refused("contexts: [\n", "config.yaml");
}
END_TEST

/* All kinds of values, twice through the file. */
START_TEST(what_is_written_is_read_again)
{
    cli_place place = cli_place_none();
    place.name = "peer0: \"odd\" #name";
    place.address = "localhost:7051";
    place.tls_roots = "/tmp/ca.pem";
    place.admin_url = "https://localhost:7053";
    place.admin_key = "/tmp/key.pem";
    cli_organization org = cli_organization_none();
    org.name = "Org1";
    org.mspid = "true";
    org.identity.label = "user 1";
    org.admin.msp_dir = "/msp";
    org.ca.url = "https://localhost:7054";
    org.peers = (conf_list){1, &place};
    conf_text_pair host = {"peer0.org1.example.com:7051", "localhost:9"};
    cli_context context = {.name = "a", .channel = "", .organization = "", .direct = true};
    context.hosts = (conf_list){1, &host};
    context.organizations = (conf_list){1, &org};
    context.orderers = (conf_list){1, &place};
    const cli_contexts all = {.current = "a", .contexts = {1, &context}};
    ck_assert_int_eq(cli_contexts_save(path, &all, &err), HEDDLE_OK);

    base_auto(conf_snapshot) conf_snapshot *contexts = NULL;
    ck_assert_msg(cli_contexts_load(path, &contexts, &err) == HEDDLE_OK, "%s", err.message);
    const cli_contexts *again = conf_values(contexts);
    const cli_context *found = cli_context_find(again, "a");
    ck_assert_ptr_nonnull(found);
    ck_assert_ptr_null(cli_context_find(again, "b"));
    const cli_organization *found_org = found->organizations.items;
    const cli_place *peer = found_org->peers.items;
    const cli_place *orderer = found->orderers.items;
    const conf_text_pair *found_host = found->hosts.items;
    ck_assert(found->direct && !found->as_localhost);
    ck_assert_str_eq(found_host->name, host.name);
    ck_assert_str_eq(found_host->value, host.value);
    ck_assert_str_eq(found_org->mspid, "true");
    ck_assert_str_eq(found_org->identity.label, "user 1");
    ck_assert_str_eq(found_org->identity.msp_dir, "");
    ck_assert_str_eq(found_org->admin.msp_dir, "/msp");
    ck_assert_str_eq(found_org->ca.url, "https://localhost:7054");
    ck_assert_str_eq(peer->name, place.name);
    ck_assert_str_eq(peer->address, "localhost:7051");
    ck_assert_str_eq(orderer->admin_url, "https://localhost:7053");
    ck_assert_str_eq(orderer->admin_key, "/tmp/key.pem");
}
END_TEST

START_TEST(only_its_owner_may_read_the_file)
{
    struct stat found;
    const cli_contexts none = {.current = ""};
    ck_assert_int_eq(cli_contexts_save(path, &none, &err), HEDDLE_OK);
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_mode & 0777, 0600);
}
END_TEST

START_TEST(relative_paths_are_taken_from_the_file)
{
    char wanted[600];
    base_auto(conf_snapshot) conf_snapshot *contexts = NULL;
    put_file("contexts:\n  - name: a\n    organizations:\n      - {name: o, wallet: w}\n");
    ck_assert_int_eq(cli_contexts_load(path, &contexts, &err), HEDDLE_OK);
    const cli_contexts *all = conf_values(contexts);
    const cli_context *context = all->contexts.items;
    const cli_organization *org = context->organizations.items;
    snprintf(wanted, sizeof(wanted), "%s/w", dir);
    ck_assert_str_eq(org->wallet, wanted);
}
END_TEST

START_TEST(where_the_file_is)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    const char *found;
    setenv("HEDDLE_CONFIG", "/a/b.yaml", 1);
    setenv("HOME", "/home/ann", 1);
    unsetenv("XDG_CONFIG_HOME");
    ck_assert_int_eq(cli_context_path("/c.yaml", arena, &found, &err), HEDDLE_OK);
    ck_assert_str_eq(found, "/c.yaml");
    ck_assert_int_eq(cli_context_path(NULL, arena, &found, &err), HEDDLE_OK);
    ck_assert_str_eq(found, "/a/b.yaml");
    unsetenv("HEDDLE_CONFIG");
    ck_assert_int_eq(cli_context_path(NULL, arena, &found, &err), HEDDLE_OK);
    ck_assert_str_eq(found, "/home/ann/.config/heddle/config.yaml");
    unsetenv("HOME");
    ck_assert_int_eq(cli_context_path(NULL, arena, &found, &err), HEDDLE_E_CONFIG);
}
END_TEST

int main(void)
{
    TCase *tcase =
        SUITE_CASE("context", no_file_is_no_contexts, what_is_wrong_is_named_with_its_line,
                   what_is_written_is_read_again, only_its_owner_may_read_the_file,
                   relative_paths_are_taken_from_the_file, where_the_file_is);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    Suite *suite = suite_create("cli/context");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
