#include "cli/complete.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static base_arena *arena;
static heddle_error err;

static const char contexts[] =
    "current: one\n"
    "contexts:\n"
    "  - name: one\n"
    "    channel: c\n"
    "    organizations:\n"
    "      - {name: Org1, mspid: Org1MSP, wallet: wallet, peers: [{name: peer0, address: \"a:1\", "
    "plaintext: true}]}\n"
    "      - {name: Org2, mspid: Org2MSP, peers: [{name: peer9, address: \"a:2\", plaintext: "
    "true}]}\n"
    "    orderers: [{name: orderer7, address: \"a:3\", plaintext: true}]\n"
    "  - {name: other, organizations: [{name: Org5, mspid: Org5MSP}]}\n";

static void put_file(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    ck_assert_msg(base_write_file(path, heddle_view_str(text), 0600, &err) == HEDDLE_OK, "%s",
                  err.message);
}

static void set_up(void)
{
    char path[512];
    arena = base_arena_new(0);
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/wallet", dir);
    ck_assert_int_eq(base_make_dirs(path, 0700, &err), HEDDLE_OK);
    put_file("config.yaml", contexts);
    put_file("wallet/ann.id", "half");
    snprintf(path, sizeof(path), "%s/config.yaml", dir);
    setenv("HEDDLE_CONFIG", path, 1);
}

static void tear_down(void)
{
    fixture_dir_free(dir);
    base_arena_free(arena);
}

/* The candidates without their meanings, with blanks between. */
static const char *candidates(const char *const *words, size_t count)
{
    static char out[4096];
    base_auto_buffer base_buffer text = {0};
    size_t len = 0;
    ck_assert_int_eq(cli_complete(words, count, arena, &text), HEDDLE_OK);
    const char *line = text.len ? base_buffer_cstr(&text) : "";
    for (; *line; line += strcspn(line, "\n") + 1)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%.*s", len ? " " : "",
                                (int)strcspn(line, "\t\n"), line);
    out[len] = 0;
    return out;
}

/* The word that is typed, and the words before it. */
#define OFFERS(wanted, ...)                                                                        \
    ck_assert_str_eq(candidates((const char *const[]){__VA_ARGS__},                                \
                                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)),      \
                     wanted)

START_TEST(words_of_commands)
{
    OFFERS("wallet", "wal");
    OFFERS("submit status", "s", "tx");
    OFFERS("identity", "id", "ca");
    OFFERS("list get modify remove", "", "ca", "identity");
    OFFERS("", "x", "nonsense");
}
END_TEST

START_TEST(options_and_their_values)
{
    OFFERS("--endorsing-orgs", "--en", "tx", "submit");
    OFFERS("--context --config --color", "--co", "tx");
    OFFERS("table json yaml", "", "tx", "submit", "-o");
    OFFERS("yaml", "y", "--output", "=");
    OFFERS(":file", "", "tx", "submit", "--arg-file");
    OFFERS(":folder", "", "context", "import-devnet");
    OFFERS("", "", "tx", "submit", "--once");
}
END_TEST

START_TEST(names_of_the_context)
{
    OFFERS("one other", "", "--context");
    OFFERS("Org1 Org2", "", "tx", "submit", "--org");
    OFFERS("Org5", "", "--context", "other", "--org");
    OFFERS("ann", "", "wallet", "show");
    OFFERS("ann", "a", "-i");
}
END_TEST

START_TEST(a_bad_file_offers_nothing)
{
    put_file("config.yaml", "contexts: [\n");
    OFFERS("", "", "--context");
    OFFERS("", "", "wallet", "show");
}
END_TEST

START_TEST(behind_two_dashes_there_are_no_options)
{
    OFFERS("", "--", "tx", "submit", "basic", "Add", "--");
}
END_TEST

int main(void)
{
    TCase *tcase =
        SUITE_CASE("complete", words_of_commands, options_and_their_values, names_of_the_context,
                   a_bad_file_offers_nothing, behind_two_dashes_there_are_no_options);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    Suite *suite = suite_create("cli/complete");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
