/* A certificate kept fresh, by a clock and a CA of the test's. */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include <utime.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "client/identity.h"
#include "crypto/msp_folder.h"
#include "heddle/heddle.h"
#include "support/fixture.h"
#include "support/scripted_ca.h"
#include "support/suite.h"

enum { DAY = 24 * 3600, START = 1800000000 };

static scripted_ca *server;
static heddle_ca *ca;
static heddle_error err;
static char *dir;
static char msp[512], cert_file[512], key_file[512], secret_file[512];
static atomic_llong fake_s;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, wanted_status, text)                                                           \
    do {                                                                                           \
        heddle_status got_ = (call);                                                               \
        ck_assert_msg(got_ == (wanted_status), "%s: %s", heddle_status_name(got_), err.message);   \
        ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);                       \
    } while (0)

static base_wall_time wall_now(void)
{
    return (base_wall_time){.seconds = atomic_load(&fake_s)};
}

static void start(void)
{
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    atomic_store(&fake_s, START);
    base_clock_override(NULL, wall_now);
    server = scripted_ca_start();
    scripted_ca_set_life(server, 90 * DAY);
    options.url = scripted_ca_url(server);
    options.skip_verification = true; /* it speaks http */
    OK(heddle_ca_open(&options, &ca, &err));
    dir = fixture_dir_new();
    snprintf(msp, sizeof(msp), "%s/msp", dir);
    snprintf(cert_file, sizeof(cert_file), "%s/cert.pem", dir);
    snprintf(key_file, sizeof(key_file), "%s/key.pem", dir);
    snprintf(secret_file, sizeof(secret_file), "%s/secret", dir);
    OK(base_write_file(secret_file, VIEW("Wonder-Land\n"), 0600, &err));
}

static void stop(void)
{
    heddle_ca_close(ca);
    scripted_ca_stop(server);
    fixture_dir_free(dir);
    base_clock_override(NULL, NULL);
}

/* A first pair in the two files. */
static void enrol(void)
{
    base_buffer cert = {0}, key = {0};
    scripted_ca_issue(server, "alice", &cert, &key);
    OK(base_write_file(cert_file, base_buffer_view(&cert), 0644, &err));
    OK(base_write_file(key_file, base_buffer_view(&key), 0600, &err));
    base_buffer_done(&cert);
    base_buffer_wipe(&key);
}

static heddle_renewal_options in_files(void)
{
    heddle_renewal_options options = HEDDLE_RENEWAL_OPTIONS;
    options.ca = ca;
    options.mspid = "Org1MSP";
    options.cert_file = cert_file;
    options.key_file = key_file;
    return options;
}

static heddle_renewal *opened(const heddle_renewal_options *options)
{
    heddle_renewal *renewal = NULL;
    OK(heddle_renewal_open(options, &renewal, &err));
    return renewal;
}

static heddle_renewal_state state_of(heddle_renewal *renewal)
{
    heddle_renewal_state state = HEDDLE_RENEWAL_STATE;
    OK(heddle_renewal_read(renewal, &state, &err));
    return state;
}

static bool step(heddle_renewal *renewal)
{
    bool renewed = false;
    OK(heddle_renewal_step(renewal, false, &renewed, &err));
    return renewed;
}

/* The identity that the two files make. */
static heddle_identity *in_place(void)
{
    heddle_identity *identity = NULL;
    OK(heddle_identity_from_files("Org1MSP", cert_file, key_file, &identity, &err));
    return identity;
}

static void expect_same(const heddle_identity *a, const heddle_identity *b)
{
    ck_assert(base_view_equal(heddle_identity_cert_pem(a), heddle_identity_cert_pem(b)));
}

START_TEST(nothing_is_asked_before_the_time)
{
    enrol();
    heddle_renewal_options options = in_files();
    heddle_renewal *renewal = opened(&options);
    heddle_renewal_state state = state_of(renewal);
    ck_assert_int_eq(state.not_after_s, START + 90 * DAY);
    ck_assert_int_le(state.next_at_s, START + 90 * DAY - 90 * DAY / 100 * 33);
    ck_assert_int_ge(state.next_at_s, START + 90 * DAY - 90 * DAY * 37 / 100);
    atomic_store(&fake_s, state.next_at_s - 1);
    ck_assert(!step(renewal));
    ck_assert_uint_eq(scripted_ca_renewals(server), 0);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(when_it_is_time_there_is_a_new_certificate_with_a_new_key)
{
    enrol();
    heddle_renewal_options options = in_files();
    heddle_renewal *renewal = opened(&options);
    heddle_identity *who = heddle_renewal_identity(renewal), *before = heddle_identity_now(who);
    atomic_store(&fake_s, state_of(renewal).next_at_s);
    ck_assert(step(renewal));
    heddle_identity *there = in_place();
    expect_same(who, there);
    ck_assert(!base_view_equal(heddle_identity_cert_pem(who), heddle_identity_cert_pem(before)));
    ck_assert(!crypto_public_key_equal(crypto_key_public(client_identity_key(before)),
                                       crypto_key_public(client_identity_key(there))));
    heddle_renewal_state state = state_of(renewal);
    ck_assert_uint_eq(state.renewals, 1);
    ck_assert_int_eq(state.renewed_at_s, atomic_load(&fake_s));
    ck_assert_int_eq(state.not_after_s, atomic_load(&fake_s) + 90 * DAY);
    ck_assert(!step(renewal));
    heddle_identity_unref(there);
    heddle_identity_unref(before);
    heddle_identity_unref(who);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(what_counts_is_when_it_was_issued_not_where_it_begins)
{
    scripted_ca_set_back(server, 3000LL * DAY);
    enrol();
    struct utimbuf written = {.actime = START, .modtime = START};
    ck_assert_int_eq(utime(cert_file, &written), 0);
    heddle_renewal_options options = in_files();
    heddle_renewal *renewal = opened(&options);
    int64_t wait = 90 * DAY - 90 * DAY * 37 / 100;
    ck_assert_int_ge(state_of(renewal).next_at_s, START + wait);
    atomic_store(&fake_s, START + 70 * DAY);
    ck_assert(step(renewal));
    ck_assert_int_ge(state_of(renewal).next_at_s, START + 70 * DAY + wait);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(the_key_stays_where_that_is_asked_for)
{
    enrol();
    heddle_renewal_options options = in_files();
    options.same_key = true;
    heddle_renewal *renewal = opened(&options);
    heddle_identity *before = in_place();
    OK(heddle_renewal_step(renewal, true, NULL, &err));
    heddle_identity *after = in_place();
    ck_assert(crypto_public_key_equal(crypto_key_public(client_identity_key(before)),
                                      crypto_key_public(client_identity_key(after))));
    ck_assert(!base_view_equal(heddle_identity_cert_pem(after), heddle_identity_cert_pem(before)));
    heddle_identity_unref(before);
    heddle_identity_unref(after);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(a_ca_that_is_down_is_asked_until_it_answers_and_in_time)
{
    enrol();
    heddle_renewal_options options = in_files();
    heddle_renewal *renewal = opened(&options);
    scripted_ca_set_mood(server, SCRIPTED_CA_IS_DOWN);
    int64_t end = state_of(renewal).not_after_s;
    for (unsigned i = 1; atomic_load(&fake_s) < end - 60; i++) {
        heddle_renewal_state state = state_of(renewal);
        ck_assert_int_gt(state.next_at_s, atomic_load(&fake_s));
        ck_assert_int_lt(state.next_at_s, end);
        /* Not each of them over the network: days of these are many. */
        atomic_store(&fake_s, i % 4 ? state.next_at_s : (state.next_at_s + end) / 2);
        FAILS(heddle_renewal_step(renewal, false, NULL, &err), HEDDLE_E_UNAVAILABLE, "127.0.0.1");
        state = state_of(renewal);
        ck_assert_uint_eq(state.failures, i);
        ck_assert_uint_eq(state.failures_in_a_row, i);
        ck_assert_int_eq(state.last_error.status, HEDDLE_E_UNAVAILABLE);
    }
    scripted_ca_set_mood(server, SCRIPTED_CA_ISSUES);
    atomic_store(&fake_s, state_of(renewal).next_at_s);
    ck_assert(step(renewal));
    heddle_renewal_state state = state_of(renewal);
    ck_assert_uint_eq(state.failures_in_a_row, 0);
    ck_assert_int_eq(state.last_error.status, HEDDLE_OK);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(an_expired_certificate_needs_the_password)
{
    enrol();
    heddle_renewal_options options = in_files();
    heddle_renewal *renewal = opened(&options);
    scripted_ca_set_mood(server, SCRIPTED_CA_DENIES_AGAIN);
    atomic_store(&fake_s, START + 91 * DAY);
    FAILS(heddle_renewal_step(renewal, false, NULL, &err), HEDDLE_E_DENIED, "enrol anew");
    ck_assert_int_eq(err.ca_code, 20);
    ck_assert_uint_eq(scripted_ca_enrolments(server), 0);
    heddle_renewal_close(renewal);

    options.id = "alice";
    options.secret_file = secret_file;
    renewal = opened(&options);
    ck_assert(step(renewal));
    ck_assert_uint_eq(scripted_ca_enrolments(server), 1);
    ck_assert_int_eq(state_of(renewal).not_after_s, START + 181 * DAY);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(a_refusal_before_the_end_is_no_reason_for_the_password)
{
    enrol();
    heddle_renewal_options options = in_files();
    options.id = "alice";
    options.secret_file = secret_file;
    heddle_renewal *renewal = opened(&options);
    scripted_ca_set_mood(server, SCRIPTED_CA_DENIES_AGAIN);
    FAILS(heddle_renewal_step(renewal, true, NULL, &err), HEDDLE_E_DENIED, "Authentication");
    ck_assert_uint_eq(scripted_ca_enrolments(server), 0);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(an_empty_place_is_filled_by_the_password)
{
    crypto_cert *cert = NULL;
    crypto_key *key = NULL;
    heddle_renewal *renewal = NULL;
    heddle_renewal_options options = in_files();
    options.cert_file = options.key_file = NULL;
    options.msp_dir = msp;
    FAILS(heddle_renewal_open(&options, &renewal, &err), HEDDLE_E_NOT_FOUND, "no certificate");
    options.id = "alice";
    options.secret_file = secret_file;
    renewal = opened(&options);
    OK(crypto_msp_folder_load(msp, &cert, &key, &err));
    crypto_cert_unref(cert);
    crypto_key_unref(key);
    OK(heddle_renewal_step(renewal, true, NULL, &err));
    OK(crypto_msp_folder_load(msp, &cert, &key, &err));
    heddle_identity *who = heddle_renewal_identity(renewal);
    ck_assert(base_view_equal(heddle_identity_cert_pem(who), crypto_cert_pem(cert)));
    heddle_identity_unref(who);
    crypto_cert_unref(cert);
    crypto_key_unref(key);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(a_wallet_is_a_place)
{
    heddle_wallet *wallet = NULL;
    heddle_identity *there = NULL;
    heddle_renewal_options options = in_files();
    options.cert_file = options.key_file = NULL;
    OK(heddle_wallet_new(&wallet, &err));
    options.wallet = wallet;
    options.label = "alice";
    options.id = "alice";
    options.secret_file = secret_file;
    heddle_renewal *renewal = opened(&options);
    OK(heddle_renewal_step(renewal, true, NULL, &err));
    heddle_identity *who = heddle_renewal_identity(renewal);
    OK(heddle_wallet_get(wallet, "alice", NULL, &there, &err));
    expect_same(who, there);
    heddle_identity_unref(there);
    heddle_identity_unref(who);
    heddle_renewal_close(renewal);
    heddle_wallet_close(wallet);
}
END_TEST

START_TEST(one_file_may_have_both)
{
    base_buffer cert = {0}, key = {0};
    heddle_identity *there = NULL;
    heddle_renewal_options options = in_files();
    scripted_ca_issue(server, "alice", &cert, &key);
    OK(base_buffer_append(&cert, base_buffer_view(&key)));
    OK(base_write_file(cert_file, base_buffer_view(&cert), 0600, &err));
    options.key_file = cert_file;
    heddle_renewal *renewal = opened(&options);
    OK(heddle_renewal_step(renewal, true, NULL, &err));
    heddle_identity *who = heddle_renewal_identity(renewal);
    OK(heddle_identity_from_files("Org1MSP", cert_file, cert_file, &there, &err));
    expect_same(who, there);
    heddle_identity_unref(there);
    heddle_identity_unref(who);
    heddle_renewal_close(renewal);
    base_buffer_done(&cert);
    base_buffer_wipe(&key);
}
END_TEST

struct told {
    unsigned count;
    unsigned found;
    bool has_key;
    base_buffer cert;
};

static void on_renewed(const heddle_renewed *renewed, void *user)
{
    struct told *told = user;
    told->count++;
    told->found += renewed->is_found;
    told->has_key = renewed->key_pem.len > 0;
    base_buffer_clear(&told->cert);
    OK(base_buffer_append(&told->cert, renewed->cert_pem));
}

START_TEST(who_listens_is_told_once)
{
    struct told told = {0};
    enrol();
    heddle_renewal_options options = in_files();
    options.renewed = on_renewed;
    options.user = &told;
    heddle_renewal *renewal = opened(&options);
    ck_assert_uint_eq(told.count, 0);
    OK(heddle_renewal_step(renewal, true, NULL, &err));
    heddle_identity *there = in_place();
    ck_assert_uint_eq(told.count, 1);
    ck_assert(told.has_key);
    ck_assert(base_view_equal(base_buffer_view(&told.cert), heddle_identity_cert_pem(there)));
    heddle_identity_unref(there);
    heddle_renewal_close(renewal);
    base_buffer_done(&told.cert);
}
END_TEST

START_TEST(what_another_has_renewed_is_taken_over)
{
    struct told told = {0};
    enrol();
    heddle_renewal_options options = in_files();
    heddle_renewal *other = opened(&options);
    options.renewed = on_renewed;
    options.user = &told;
    heddle_renewal *renewal = opened(&options);
    heddle_identity *who = heddle_renewal_identity(renewal);
    atomic_store(&fake_s, START + 61 * DAY);
    ck_assert(step(other));
    ck_assert_uint_eq(scripted_ca_renewals(server), 1);
    atomic_fetch_add(&fake_s, 3600);
    ck_assert(step(renewal));
    ck_assert_uint_eq(scripted_ca_renewals(server), 1);
    ck_assert_uint_eq(told.found, 1);
    heddle_identity *there = in_place();
    expect_same(who, there);
    heddle_identity_unref(there);
    heddle_identity_unref(who);
    heddle_renewal_close(renewal);
    heddle_renewal_close(other);
    base_buffer_done(&told.cert);
}
END_TEST

START_TEST(what_could_not_be_written_is_written_later)
{
    char blocked[600];
    enrol();
    heddle_renewal_options options = in_files();
    heddle_renewal *renewal = opened(&options);
    heddle_identity *before = in_place();
    snprintf(blocked, sizeof(blocked), "%s.pairs", cert_file); /* where a folder has to be */
    OK(base_write_file(blocked, VIEW("no folder"), 0600, &err));
    FAILS(heddle_renewal_step(renewal, true, NULL, &err), HEDDLE_E_IO, "could not be written");
    heddle_identity *who = heddle_renewal_identity(renewal);
    expect_same(who, before);
    ck_assert_int_eq(unlink(blocked), 0);
    atomic_store(&fake_s, state_of(renewal).next_at_s + 1);
    ck_assert(step(renewal));
    ck_assert_uint_eq(scripted_ca_renewals(server), 1);
    heddle_identity *after = in_place();
    expect_same(who, after);
    heddle_identity_unref(who);
    heddle_identity_unref(before);
    heddle_identity_unref(after);
    heddle_renewal_close(renewal);
}
END_TEST

START_TEST(a_key_of_another_certificate_is_found_out)
{
    heddle_renewal *renewal = NULL;
    base_buffer cert = {0}, key = {0};
    enrol();
    scripted_ca_issue(server, "bob", &cert, &key);
    OK(base_write_file(key_file, base_buffer_view(&key), 0600, &err));
    heddle_renewal_options options = in_files();
    FAILS(heddle_renewal_open(&options, &renewal, &err), HEDDLE_E_BAD_IDENTITY, "alice");
    base_buffer_done(&cert);
    base_buffer_wipe(&key);
}
END_TEST

START_TEST(options_are_checked)
{
    heddle_renewal *renewal = NULL;
    heddle_renewal_options options = in_files();
    options.msp_dir = msp;
    FAILS(heddle_renewal_open(&options, &renewal, &err), HEDDLE_E_BAD_ARGUMENT, "one place");
    options = in_files();
    options.key_file = NULL;
    FAILS(heddle_renewal_open(&options, &renewal, &err), HEDDLE_E_BAD_ARGUMENT, "key_file");
    options = in_files();
    options.id = "alice";
    FAILS(heddle_renewal_open(&options, &renewal, &err), HEDDLE_E_BAD_ARGUMENT, "secret_file");
    options = in_files();
    options.ca = NULL;
    FAILS(heddle_renewal_open(&options, &renewal, &err), HEDDLE_E_BAD_ARGUMENT, "CA");
    options = in_files();
    options.life_left_percent = 100;
    FAILS(heddle_renewal_open(&options, &renewal, &err), HEDDLE_E_BAD_ARGUMENT, "99");
}
END_TEST

static void post(const heddle_renewed *renewed, void *user)
{
    (void)renewed;
    sem_post(user);
}

/* By the true clock: lives of seconds. */
START_TEST(the_thread_renews_again_and_again)
{
    sem_t renewed;
    sem_init(&renewed, 0, 0);
    base_clock_override(NULL, NULL);
    scripted_ca_set_life(server, 3);
    enrol();
    heddle_renewal_options options = in_files();
    options.retry_ms = 100;
    options.renewed = post;
    options.user = &renewed;
    heddle_renewal *renewal = opened(&options);
    OK(heddle_renewal_start(renewal, &err));
    FAILS(heddle_renewal_start(renewal, &err), HEDDLE_E_BAD_STATE, "runs already");
    sem_wait(&renewed);
    sem_wait(&renewed);
    heddle_renewal_close(renewal);
    ck_assert_uint_ge(scripted_ca_renewals(server), 2);
    sem_destroy(&renewed);
}
END_TEST

static TCase *with_ca(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, stop);
    tcase_set_timeout(tests, 30);
    return tests;
}

SUITE_MAIN("renewal/renewal",
           with_ca(SUITE_CASE("renewal", nothing_is_asked_before_the_time,
                              when_it_is_time_there_is_a_new_certificate_with_a_new_key,
                              what_counts_is_when_it_was_issued_not_where_it_begins,
                              the_key_stays_where_that_is_asked_for, who_listens_is_told_once,
                              the_thread_renews_again_and_again)),
           with_ca(SUITE_CASE("places", an_empty_place_is_filled_by_the_password,
                              a_wallet_is_a_place, one_file_may_have_both,
                              what_another_has_renewed_is_taken_over,
                              what_could_not_be_written_is_written_later)),
           with_ca(SUITE_CASE("trouble", a_ca_that_is_down_is_asked_until_it_answers_and_in_time,
                              an_expired_certificate_needs_the_password,
                              a_refusal_before_the_end_is_no_reason_for_the_password,
                              a_key_of_another_certificate_is_found_out, options_are_checked)))
