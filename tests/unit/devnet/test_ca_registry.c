#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devnet/ca/registry.h"
#include "devnet/ca/time.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static char path[512];
static dn_ca_registry *registry;
static heddle_error err;

#define OK(call) ck_assert_msg((call) == HEDDLE_OK, "%s", err.message)

static void set_up(void)
{
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/registry.log", dir);
    OK(dn_ca_registry_open(path, &registry, &err));
}

static void tear_down(void)
{
    dn_ca_registry_close(registry);
    fixture_dir_free(dir);
}

static void reopen(void)
{
    dn_ca_registry_close(base_steal(&registry));
    OK(dn_ca_registry_open(path, &registry, &err));
}

static void commit(dn_ca_change *change)
{
    OK(dn_ca_registry_commit(registry, change, &err));
    dn_ca_change_done(change);
}

static void put_user(const char *id, const char *level)
{
    dn_ca_change change;
    const dn_ca_attribute attributes[] = {{"level", level, true}, {"note", "\"<&>\n", false}};
    dn_ca_identity user = {.id = id,
                           .type = "client",
                           .affiliation = "org1",
                           .attributes = attributes,
                           .attribute_count = 2,
                           .max_enrollments = -1,
                           .enrollments = 3,
                           .salt = {1, 2, 3},
                           .password = {4, 5, 6}};
    dn_ca_change_begin(&change);
    dn_ca_change_put_identity(&change, &user);
    commit(&change);
}

START_TEST(an_identity_is_kept_whole)
{
    put_user("alice", "7");
    reopen();
    const dn_ca_identity *alice = dn_ca_registry_identity(registry, "alice");
    ck_assert_ptr_nonnull(alice);
    ck_assert_str_eq(alice->attributes[0].value, "7");
    ck_assert(alice->attributes[0].ecert && !alice->attributes[1].ecert);
    ck_assert_str_eq(alice->attributes[1].value, "\"<&>\n");
    ck_assert_int_eq(alice->max_enrollments, -1);
    ck_assert_int_eq(alice->enrollments, 3);
    ck_assert_uint_eq(alice->salt[2], 3);
    ck_assert_uint_eq(alice->password[0], 4);
    ck_assert_ptr_null(dn_ca_registry_identity(registry, "bob"));
}
END_TEST

START_TEST(an_identity_changes_where_it_stands)
{
    put_user("alice", "7");
    put_user("bob", "1");
    const dn_ca_identity *alice = dn_ca_registry_identity(registry, "alice");
    put_user("alice", "8");
    ck_assert_ptr_eq(dn_ca_registry_identity(registry, "alice"), alice);
    ck_assert_str_eq(alice->attributes[0].value, "8");
    const base_list *first = dn_ca_registry_identities(registry)->next;
    ck_assert_ptr_eq(base_list_entry(first, dn_ca_identity, link), alice);
}
END_TEST

START_TEST(what_is_dropped_stays_away)
{
    dn_ca_change change;
    put_user("alice", "7");
    dn_ca_change_begin(&change);
    dn_ca_change_add_affiliation(&change, "mill");
    dn_ca_change_add_affiliation(&change, "mill");
    dn_ca_change_add_affiliation(&change, "mill.lab");
    commit(&change);
    dn_ca_change_begin(&change);
    dn_ca_change_drop_identity(&change, "alice");
    dn_ca_change_drop_affiliation(&change, "mill");
    commit(&change);
    reopen();
    ck_assert_ptr_null(dn_ca_registry_identity(registry, "alice"));
    ck_assert_ptr_null(dn_ca_registry_affiliation(registry, "mill"));
    ck_assert_ptr_nonnull(dn_ca_registry_affiliation(registry, "mill.lab"));
}
END_TEST

START_TEST(a_certificate_is_found_by_both_its_numbers)
{
    dn_ca_change change;
    dn_ca_certificate one = {
        .id = "alice", .serial = "1a", .aki = "ff", .pem = "PEM", .not_after_s = 99};
    dn_ca_change_begin(&change);
    dn_ca_change_put_certificate(&change, &one);
    one.revoked_at_s = 50;
    dn_ca_change_put_certificate(&change, &one);
    commit(&change);
    reopen();
    const dn_ca_certificate *found = dn_ca_registry_certificate(registry, "1a", "ff");
    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(found->revoked_at_s, 50);
    ck_assert_int_eq(found->not_after_s, 99);
    ck_assert_ptr_null(dn_ca_registry_certificate(registry, "1a", "fe"));
    ck_assert_ptr_eq(found->link.next, dn_ca_registry_certificates(registry));
}
END_TEST

/* Writes until it is killed. Tells of each change that is committed. */
static void write_for_ever(int out)
{
    for (unsigned i = 0;; i++) {
        char id[32];
        dn_ca_change change;
        snprintf(id, sizeof(id), "user%u", i);
        dn_ca_change_begin(&change);
        dn_ca_change_add_affiliation(&change, id);
        dn_ca_identity user = {.id = id, .type = "client", .affiliation = id};
        dn_ca_change_put_identity(&change, &user);
        if (dn_ca_registry_commit(registry, &change, NULL) != HEDDLE_OK ||
            write(out, &i, sizeof(i)) != sizeof(i))
            _exit(1);
    }
}

START_TEST(what_was_committed_outlives_a_kill)
{
    int ends[2];
    unsigned last = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        write_for_ever(ends[1]);
    close(ends[1]);
    while (last < 20)
        ck_assert_int_eq(read(ends[0], &last, sizeof(last)), sizeof(last));
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    while (read(ends[0], &last, sizeof(last)) == sizeof(last))
        ;
    close(ends[0]);
    reopen();
    unsigned count = 0;
    base_list_each (it, dn_ca_registry_identities(registry)) {
        const dn_ca_identity *user = base_list_entry(it, dn_ca_identity, link);
        ck_assert_ptr_nonnull(dn_ca_registry_affiliation(registry, user->id)); /* both or none */
        count++;
    }
    ck_assert_uint_ge(count, last + 1);
    put_user("after", "1");
}
END_TEST

START_TEST(times_are_read_in_every_form)
{
    static const struct {
        const char *text;
        int64_t at_s;
    } good[] = {{"1970-01-02", 86400},
                {"1970-01-01T00:01:00Z", 60},
                {"1970-01-01T01:00:00+01:00", 0},
                {"1970-01-01T00:00:01.25Z", 1},
                {"+1d", 86400 + 1000},
                {"-10s", 990},
                {"+1h30m", 5400 + 1000},
                {"0001-01-01T00:00:00Z", -62135596800}};
    static const char *const bad[] = {"",
                                      "soon",
                                      "+",
                                      "+1",
                                      "+1y",
                                      "1970-13-01",
                                      "1970-01-01T",
                                      "-d",
                                      "+99999999999d",
                                      "1970-01-01T00:00:00",
                                      "1970-01-01T00:00:00+1:00",
                                      "1970-01-01T00:00:00Zulu"};
    int64_t at_s = 0;
    for (size_t i = 0; i < BASE_COUNT(good); i++) {
        ck_assert_msg(dn_ca_time_parse(good[i].text, 1000, &at_s), "%s", good[i].text);
        ck_assert_msg(at_s == good[i].at_s, "%s: %lld", good[i].text, (long long)at_s);
    }
    for (size_t i = 0; i < BASE_COUNT(bad); i++)
        ck_assert_msg(!dn_ca_time_parse(bad[i], 1000, &at_s), "%s", bad[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/ca_registry");
    TCase *tcase =
        SUITE_CASE("registry", an_identity_is_kept_whole, an_identity_changes_where_it_stands,
                   what_is_dropped_stays_away, a_certificate_is_found_by_both_its_numbers,
                   what_was_committed_outlives_a_kill, times_are_read_in_every_form);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
