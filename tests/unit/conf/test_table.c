#include <stdio.h>

#include "base/text.h"
#include "conf/table.h"
#include "support/fixture.h"
#include "support/suite.h"

struct peer {
    const char *address;
    const char *roots;
};

struct values {
    const char *listen;
    uint64_t channels;
    uint64_t timeout_ms;
    bool once;
    int level;
    conf_list topics;
    conf_list rules;
    conf_list hosts;
    conf_list peers;
};

static const char *const levels[] = {"debug", "info", NULL};
static const conf_key peer_keys[] = {
    {.name = "address",
     .type = CONF_TEXT,
     CONF_AT(struct peer, address),
     .flags = CONF_REQUIRED,
     .help = "where"},
    {.name = "tls_roots",
     .type = CONF_TEXT,
     CONF_AT(struct peer, roots),
     .flags = CONF_PATH,
     .help = "roots"},
};
static const conf_key keys[] = {
    {.name = "listen",
     .type = CONF_TEXT,
     CONF_AT(struct values, listen),
     .value = "127.0.0.1:7080",
     .help = "address"},
    {.name = "pool.channels",
     .type = CONF_NUMBER,
     CONF_AT(struct values, channels),
     .value = "2",
     .min = 1,
     .max = 64,
     .flags = CONF_LIVE,
     .help = "connections"},
    {.name = "pool.dial_timeout",
     .type = CONF_DURATION,
     CONF_AT(struct values, timeout_ms),
     .value = "5s",
     .flags = CONF_LIVE,
     .help = "dial"},
    {.name = "once", .type = CONF_BOOL, CONF_AT(struct values, once), .help = "stop"},
    {.name = "level",
     .type = CONF_CHOICE,
     CONF_AT(struct values, level),
     .value = "info",
     .choices = levels,
     .help = "level"},
    {.name = "topics", .type = CONF_TEXTS, CONF_AT(struct values, topics), .help = "topics"},
    {.name = "rules",
     .type = CONF_TEXTS,
     CONF_AT(struct values, rules),
     .flags = CONF_WHOLE,
     .help = "rules"},
    {.name = "hosts", .type = CONF_TEXT_MAP, CONF_AT(struct values, hosts), .help = "hosts"},
    {.name = "peers",
     .type = CONF_ITEMS,
     CONF_AT(struct values, peers),
     .items = peer_keys,
     .item_count = BASE_COUNT(peer_keys),
     .item_size = sizeof(struct peer),
     .help = "peers"},
};
static const conf_table table = {.program = "thing",
                                 .summary = "does it",
                                 .prefix = "THING_",
                                 .keys = keys,
                                 .count = BASE_COUNT(keys),
                                 .size = sizeof(struct values)};

#define ARGS(...) ((char **)(const char *[]){__VA_ARGS__, NULL})

static char *dir;
static char path[512];
static heddle_error err;
static conf_action action;

static void set_up(void)
{
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/thing.yaml", dir);
}

static void tear_down(void)
{
    fixture_dir_free(dir);
}

static heddle_status load(const char *file, char **environment, char **flags, conf_snapshot **out)
{
    static char *no_environment[] = {NULL};
    char *argv[16] = {path};
    int argc = 1;
    if (file) {
        ck_assert_int_eq(base_write_file(path, heddle_view_str(file), 0644, &err), HEDDLE_OK);
        argv[argc++] = ARGS("--config")[0];
        argv[argc++] = path;
    }
    for (; flags && *flags; flags++)
        argv[argc++] = *flags;
    conf_request request = {argc, argv, environment ? environment : no_environment};
    return conf_load(&table, &request, out, &action, &err);
}

static void refused(const char *file, char **flags, const char *why)
{
    conf_snapshot *snapshot = NULL;
    ck_assert_int_eq(load(file, NULL, flags, &snapshot), HEDDLE_E_CONFIG);
    ck_assert_ptr_null(snapshot);
    ck_assert_msg(strstr(err.message, why) != NULL, "\"%s\" lacks \"%s\"", err.message, why);
}

START_TEST(defaults_stand_without_a_file)
{
    conf_snapshot *snapshot;
    ck_assert_int_eq(load(NULL, NULL, NULL, &snapshot), HEDDLE_OK);
    const struct values *v = conf_values(snapshot);
    ck_assert_str_eq(v->listen, "127.0.0.1:7080");
    ck_assert_uint_eq(v->channels, 2);
    ck_assert_uint_eq(v->timeout_ms, 5000);
    ck_assert_int_eq(v->level, 1);
    ck_assert_uint_eq(v->peers.count, 0);
    conf_snapshot_free(snapshot);
}
END_TEST

START_TEST(flags_win_over_variables_over_the_file)
{
    char **environment = ARGS("THING_POOL_CHANNELS=3", "THING_LISTEN=b:2");
    char **flags = ARGS("--listen", "c:3", "--once", "--topics=x", "--topics=y");
    conf_snapshot *snapshot;
    ck_assert_int_eq(load("listen: a:1\npool: {channels: 9, dial_timeout: 250ms}\n", environment,
                          flags, &snapshot),
                     HEDDLE_OK);
    const struct values *v = conf_values(snapshot);
    ck_assert_str_eq(v->listen, "c:3");
    ck_assert_uint_eq(v->channels, 3);
    ck_assert_uint_eq(v->timeout_ms, 250);
    ck_assert(v->once);
    ck_assert_uint_eq(v->topics.count, 2);
    ck_assert_str_eq(((const char *const *)v->topics.items)[1], "y");
    conf_snapshot_free(snapshot);
}
END_TEST

START_TEST(commas_part_a_list_unless_they_belong_to_its_texts)
{
    conf_snapshot *snapshot;
    ck_assert_int_eq(load("", ARGS("THING_TOPICS=a,b", "THING_RULES=a=1,b"), NULL, &snapshot),
                     HEDDLE_OK);
    const struct values *v = conf_values(snapshot);
    ck_assert_uint_eq(v->topics.count, 2);
    ck_assert_uint_eq(v->rules.count, 1);
    conf_snapshot_free(snapshot);
    ck_assert_int_eq(load("", NULL, ARGS("--rules=a=1,b", "--rules", "c,d"), &snapshot), HEDDLE_OK);
    v = conf_values(snapshot);
    ck_assert_uint_eq(v->rules.count, 2);
    ck_assert_str_eq(((const char *const *)v->rules.items)[0], "a=1,b");
    ck_assert_str_eq(((const char *const *)v->rules.items)[1], "c,d");
    conf_snapshot_free(snapshot);
}
END_TEST

START_TEST(a_single_text_is_a_list_of_one)
{
    conf_snapshot *snapshot;
    ck_assert_int_eq(load("topics: a,b\n", NULL, NULL, &snapshot), HEDDLE_OK);
    const struct values *v = conf_values(snapshot);
    ck_assert_uint_eq(v->topics.count, 1);
    ck_assert_str_eq(((const char *const *)v->topics.items)[0], "a,b");
    conf_snapshot_free(snapshot);
    ck_assert_int_eq(load("topics:\n", NULL, NULL, &snapshot), HEDDLE_E_CONFIG);
    ck_assert_int_eq(load("peers: p0:7051\n", NULL, NULL, &snapshot), HEDDLE_E_CONFIG);
}
END_TEST

START_TEST(items_and_maps_come_from_the_file)
{
    conf_snapshot *snapshot;
    ck_assert_int_eq(load("peers:\n- address: p0:7051\n  tls_roots: ca.pem\n- {address: p1:7051}\n"
                          "hosts:\n  peer0.org1: 127.0.0.1:1\n",
                          NULL, NULL, &snapshot),
                     HEDDLE_OK);
    const struct values *v = conf_values(snapshot);
    const struct peer *peers = v->peers.items;
    const conf_text_pair *hosts = v->hosts.items;
    ck_assert_uint_eq(v->peers.count, 2);
    ck_assert_str_eq(peers[1].address, "p1:7051");
    ck_assert_str_eq(peers[1].roots, "");
    ck_assert_int_eq(strncmp(peers[0].roots, dir, strlen(dir)), 0);
    ck_assert_str_eq(peers[0].roots + strlen(dir), "/ca.pem");
    ck_assert_str_eq(hosts[0].name, "peer0.org1");
    ck_assert_str_eq(hosts[0].value, "127.0.0.1:1");
    conf_snapshot_free(snapshot);
}
END_TEST

START_TEST(errors_name_the_place)
{
    refused("listen: a\npool:\n  chanels: 3\n", NULL,
            "thing.yaml:3: unknown key \"pool.chanels\"; did you mean \"pool.channels\"?");
    refused("pool: {channels: 65}\n", NULL, "thing.yaml:1: pool.channels: \"65\" is not within");
    refused("peers:\n- tls_roots: x\n", NULL, "thing.yaml:2: peers: address is required");
    refused("listen: a\nlisten: b\n", NULL, "thing.yaml:2: key \"listen\" is given twice");
    refused("listen: [a]\n", NULL, "thing.yaml:1: listen: must be a single value");
    refused("listen: 'a\n", NULL, "thing.yaml:");
    refused(NULL, ARGS("--lisen=x"), "unknown key \"lisen\"; did you mean \"listen\"?");
    refused(NULL, ARGS("--level=loud"), "--level: level: must be one of debug info");
    refused(NULL, ARGS("--listen"), "--listen needs a value");
    refused(NULL, ARGS("stray"), "\"stray\" is no flag");
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    char file[200] = "listen: ";
    for (int i = 0; i < 60; i++)
        strcat(file, "[");
    for (int i = 0; i < 60; i++)
        strcat(file, "]");
    refused(file, NULL, "nested too deeply");
}
END_TEST

START_TEST(a_reload_tells_live_from_fixed)
{
    conf_snapshot *before, *after;
    ck_assert_int_eq(load("listen: a\n", NULL, NULL, &before), HEDDLE_OK);
    ck_assert_int_eq(
        load("listen: b\npool: {channels: 4}\npeers: [{address: x}]\n", NULL, NULL, &after),
        HEDDLE_OK);
    base_auto_buffer base_buffer fixed = {0};
    bool live;
    ck_assert_int_eq(conf_compare(&table, before, after, &fixed, &live), HEDDLE_OK);
    ck_assert(live);
    ck_assert_str_eq(base_buffer_cstr(&fixed), "listen peers");
    base_buffer_clear(&fixed);
    ck_assert_int_eq(conf_compare(&table, after, after, &fixed, &live), HEDDLE_OK);
    ck_assert(!live && fixed.len == 0);
    conf_snapshot_free(before);
    conf_snapshot_free(after);
}
END_TEST

START_TEST(a_flag_has_dashes_for_dots_and_underscores)
{
    static const char *const spellings[] = {"--pool.dial_timeout=7s", "--pool-dial-timeout=7s",
                                            "--pool.dial-timeout=7s"};
    for (size_t i = 0; i < BASE_COUNT(spellings); i++) {
        conf_snapshot *snapshot;
        ck_assert_int_eq(load(NULL, NULL, ARGS(spellings[i]), &snapshot), HEDDLE_OK);
        ck_assert_uint_eq(((const struct values *)conf_values(snapshot))->timeout_ms, 7000);
        conf_snapshot_free(snapshot);
    }
    refused(NULL, ARGS("--pool-dial=7s"), "unknown key");
}
END_TEST

START_TEST(help_lists_every_flag)
{
    conf_snapshot *snapshot = (conf_snapshot *)&err;
    ck_assert_int_eq(load(NULL, NULL, ARGS("--help"), &snapshot), HEDDLE_OK);
    ck_assert_ptr_null(snapshot);
    ck_assert_int_eq(action, CONF_HELP);
    base_auto_buffer base_buffer text = {0};
    ck_assert_int_eq(conf_help(&table, &text), HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(base_buffer_cstr(&text), "--pool-dial-timeout <duration>"));
    base_buffer_clear(&text);
    ck_assert_int_eq(conf_reference(&table, &text), HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(base_buffer_cstr(&text), "| `peers[].address` | text |"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf/table");
    TCase *tcase =
        SUITE_CASE("table", defaults_stand_without_a_file, flags_win_over_variables_over_the_file,
                   commas_part_a_list_unless_they_belong_to_its_texts,
                   a_single_text_is_a_list_of_one, items_and_maps_come_from_the_file,
                   errors_name_the_place, deep_nesting_is_refused, a_reload_tells_live_from_fixed,
                   a_flag_has_dashes_for_dots_and_underscores, help_lists_every_flag);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
