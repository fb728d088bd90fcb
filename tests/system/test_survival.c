/*
 * Programs are killed at random under load. What the client was told is on the ledger, once,
 * and in the tables, once; and the tables are those that a sync makes which nobody killed.
 */
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "support/stack.h"
#include "support/suite.h"

enum { KILLS = 20, IN_FLIGHT = 16, PROGRESS_MS = 60000 };

struct acknowledged {
    char path[512];
    size_t wanted;
};

static stack *system_under_test;

static void set_up(void)
{
    system_under_test = stack_start(HEDDLE_BIN);
}

static void tear_down(void)
{
    stack_free(system_under_test);
}

static process *start_load(const stack *s, const char *acknowledged)
{
    char log[512], in_flight[16];
    snprintf(log, sizeof(log), "%s/load.log", stack_dir(s));
    snprintf(in_flight, sizeof(in_flight), "%d", IN_FLIGHT);
    return process_start(
        log,
        (const char *const[]){HEDDLE_BIN "/heddle-load", "--gateway", stack_gateway(s), "--tls-ca",
                              stack_gateway_ca(s), "--msp-dir", stack_user_msp(s), "--in-flight",
                              in_flight, "--persist", "--acknowledged", acknowledged, NULL});
}

static base_buffer read_acknowledged(const char *path)
{
    base_buffer text = {0};
    heddle_error err;
    if (base_read_file(path, 0, &text, &err) != HEDDLE_OK)
        base_buffer_clear(&text);
    return text;
}

/* Whole lines; the last one may be half written. */
static size_t count_lines(const base_buffer *text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text->len; i++)
        lines += text->data[i] == '\n';
    return lines;
}

static bool has_progressed(void *user)
{
    const struct acknowledged *acknowledged = user;
    base_auto_buffer base_buffer text = read_acknowledged(acknowledged->path);
    return count_lines(&text) >= acknowledged->wanted;
}

static size_t wait_for_progress(struct acknowledged *acknowledged, size_t more)
{
    base_auto_buffer base_buffer text = read_acknowledged(acknowledged->path);
    acknowledged->wanted = count_lines(&text) + more;
    ck_assert_msg(process_until(has_progressed, acknowledged, PROGRESS_MS),
                  "no %zu further transactions were acknowledged within %d ms; see %s", more,
                  PROGRESS_MS, stack_dir(system_under_test));
    return acknowledged->wanted;
}

/* The transaction ids as a PostgreSQL array. */
static char *as_array(const base_buffer *text)
{
    base_buffer array = {0};
    ck_assert_int_eq(base_buffer_append_byte(&array, '{'), HEDDLE_OK);
    for (size_t at = 0; at < text->len;) {
        const uint8_t *end = memchr(text->data + at, '\n', text->len - at);
        if (!end)
            break;
        ck_assert_int_eq(base_buffer_printf(&array, "%s%.64s", at ? "," : "", text->data + at),
                         HEDDLE_OK);
        at = (size_t)(end - text->data) + 1;
    }
    ck_assert_int_eq(base_buffer_append_byte(&array, '}'), HEDDLE_OK);
    ck_assert_ptr_nonnull(base_buffer_cstr(&array));
    return (char *)array.data;
}

static PGconn *open_database(const char *url)
{
    PGconn *db = PQconnectdb(url);
    ck_assert_msg(PQstatus(db) == CONNECTION_OK, "%s", PQerrorMessage(db));
    return db;
}

static char *ask(PGconn *db, const char *sql, const char *argument)
{
    const char *const values[] = {argument};
    PGresult *result = PQexecParams(db, sql, argument ? 1 : 0, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
    char *answer = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return answer;
}

static void check_acknowledged(PGconn *db, const base_buffer *text)
{
    char *ids = as_array(text);
    char *found = ask(db,
                      "SELECT count(*) || ' ' || count(DISTINCT tx_id) FROM heddle.transactions"
                      " WHERE validation_code = 0 AND tx_id = ANY($1::text[])",
                      ids);
    char expected[64];
    size_t lines = count_lines(text);
    snprintf(expected, sizeof(expected), "%zu %zu", lines, lines);
    ck_assert_str_eq(found, expected);
    free(found);
    heddle_free(ids);
}

/* Everything that does not depend on when it was stored. */
static const char *const contents[] = {
    "SELECT md5(string_agg(concat_ws(',', number, hash, previous_hash, data_hash, tx_count), ';' "
    "ORDER BY number)) FROM heddle.blocks",
    "SELECT md5(string_agg(t::text, ';' ORDER BY block_number, tx_index)) FROM "
    "heddle.transactions t",
    "SELECT md5(string_agg(w::text, ';' ORDER BY block_number, tx_index, write_index)) FROM "
    "heddle.writes w",
    "SELECT md5(string_agg(s::text, ';' ORDER BY namespace, key)) FROM heddle.state s",
    "SELECT md5(string_agg(e::text, ';' ORDER BY e::text)) FROM heddle.events e",
};

static void check_same_tables(PGconn *one, PGconn *other)
{
    for (size_t i = 0; i < BASE_COUNT(contents); i++) {
        char *here = ask(one, contents[i], NULL), *there = ask(other, contents[i], NULL);
        ck_assert_msg(strcmp(here, there) == 0, "%s", contents[i]);
        free(here);
        free(there);
    }
}

static PGconn *ledger_afresh(stack *s)
{
    PGconn *db = open_database(stack_database(s));
    PQclear(PQexec(db, "CREATE DATABASE afresh"));
    PQfinish(db);
    char *url = stack_database_named(s, "afresh");
    ck_assert_int_eq(stack_sync_once(s, url), 0);
    db = open_database(url);
    free(url);
    return db;
}

static process *begin(stack *s, struct acknowledged *acknowledged)
{
    snprintf(acknowledged->path, sizeof(acknowledged->path), "%s/acknowledged", stack_dir(s));
    return start_load(s, acknowledged->path);
}

/* The load ends; then ledger and tables are asked. */
static void settle(stack *s, process *load, struct acknowledged *acknowledged)
{
    size_t total = wait_for_progress(acknowledged, IN_FLIGHT);
    ck_assert_int_eq(process_stop(load, SIGTERM), 0);
    ck_assert_int_eq(stack_stop(s, STACK_SYNC), 0);
    ck_assert_int_eq(stack_sync_once(s, stack_database(s)), 0);

    base_auto_buffer base_buffer text = read_acknowledged(acknowledged->path);
    printf("%zu acknowledged, at least %zu\n", count_lines(&text), total);
    PGconn *tables = open_database(stack_database(s)), *ledger = ledger_afresh(s);
    check_acknowledged(ledger, &text);
    check_acknowledged(tables, &text);
    check_same_tables(tables, ledger);
    PQfinish(tables);
    PQfinish(ledger);
}

START_TEST(nothing_acknowledged_is_lost_or_doubled_by_twenty_kills)
{
    stack *s = system_under_test;
    unsigned seed = (unsigned)time(NULL);
    struct acknowledged acknowledged = {0};
    process *load = begin(s, &acknowledged);
    printf("seed %u\n", seed);
    for (int i = 0; i < KILLS; i++) {
        wait_for_progress(&acknowledged, 1 + (size_t)rand_r(&seed) % 40);
        stack_part victim = (stack_part)(rand_r(&seed) % STACK_PARTS);
        stack_kill(s, victim);
        stack_resume(s, victim);
    }
    settle(s, load, &acknowledged);
}
END_TEST

START_TEST(nothing_acknowledged_is_lost_when_each_part_is_told_to_stop)
{
    stack *s = system_under_test;
    struct acknowledged acknowledged = {0};
    process *load = begin(s, &acknowledged);
    for (int part = 0; part < STACK_PARTS; part++) {
        wait_for_progress(&acknowledged, IN_FLIGHT);
        ck_assert_int_eq(stack_stop(s, (stack_part)part), 0);
        stack_resume(s, (stack_part)part);
    }
    settle(s, load, &acknowledged);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system/survival");
    TCase *tcase = SUITE_CASE("survival", nothing_acknowledged_is_lost_or_doubled_by_twenty_kills,
                              nothing_acknowledged_is_lost_when_each_part_is_told_to_stop);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
