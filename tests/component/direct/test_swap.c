/* Without a gateway: identity and TLS certificate replaced under running calls. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/text.h"
#include "support/process.h"
#include "yard.h"

enum { CALLERS = 3, SWAPS = 6, WAIT_MS = 30000 };

typedef struct load {
    atomic_bool is_over;
    atomic_uint done, failed;
    heddle_error first;
    pthread_mutex_t lock;
} load;

static void *create_on(void *user)
{
    static atomic_uint number;
    load *l = user;
    while (!atomic_load(&l->is_over)) {
        heddle_error why = {0};
        char id[32];
        snprintf(id, sizeof(id), "swap%u", atomic_fetch_add(&number, 1));
        heddle_status status =
            heddle_submit(yard_assets, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"),
                          NULL, NULL, &why);
        atomic_fetch_add(status ? &l->failed : &l->done, 1);
        pthread_mutex_lock(&l->lock);
        if (status && !l->first.status)
            l->first = why;
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

struct progress {
    load *l;
    unsigned wanted;
};

static bool has_progressed(void *user)
{
    const struct progress *progress = user;
    return atomic_load(&progress->l->failed) || atomic_load(&progress->l->done) >= progress->wanted;
}

static void wait_for(load *l, unsigned more)
{
    struct progress progress = {.l = l, .wanted = atomic_load(&l->done) + more};
    ck_assert(process_until(has_progressed, &progress, WAIT_MS));
    ck_assert_msg(!atomic_load(&l->failed), "%s: %s", heddle_status_name(l->first.status),
                  l->first.message);
}

static void tls_file(const char *user, const char *name, base_buffer *out)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/../tls/%s", devnet_msp(yard_net, "org1.example.com", user),
             name);
    OK(base_read_file(path, 0, out, &yard_err));
}

static void show_pair_of(const char *user)
{
    base_buffer cert = {0}, key = {0};
    heddle_tls_material fresh = HEDDLE_TLS_MATERIAL;
    tls_file(user, "client.crt", &cert);
    tls_file(user, "client.key", &key);
    fresh.client_cert_pem = base_buffer_view(&cert);
    fresh.client_key_pem = base_buffer_view(&key);
    OK(heddle_gateway_reload_tls(yard_gateway, &fresh, &yard_err));
    base_buffer_done(&cert);
    base_buffer_wipe(&key);
}

static void become(const char *user)
{
    heddle_identity *next = NULL;
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(yard_net, "org1.example.com", user), &next,
                                &yard_err));
    OK(heddle_identity_replace(yard_user, next, &yard_err));
    heddle_identity_unref(next);
}

static void open_as(const char *user)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    base_buffer cert = {0}, key = {0};
    tls_file(user, "client.crt", &cert);
    tls_file(user, "client.key", &key);
    options.client_cert_pem = base_buffer_view(&cert);
    options.client_key_pem = base_buffer_view(&key);
    yard_open(&options);
    base_buffer_done(&cert);
    base_buffer_wipe(&key);
}

static void start(void)
{
    yard_client_auth = true;
    yard_start();
}

static heddle_blocks *follow_blocks(void)
{
    heddle_blocks *blocks = NULL;
    heddle_events_options from = HEDDLE_EVENTS_OPTIONS;
    from.from_block = true;
    OK(heddle_blocks_open(yard_gateway, yard_user, "mychannel", HEDDLE_BLOCKS_FILTERED, &from,
                          &blocks, &yard_err));
    return blocks;
}

START_TEST(no_call_is_lost_and_streams_go_on)
{
    static const char *const users[] = {"Admin", "User1"};
    pthread_t threads[CALLERS];
    load l = {0};
    pthread_mutex_init(&l.lock, NULL);
    open_as("User1");
    heddle_blocks *blocks = follow_blocks();
    for (size_t i = 0; i < CALLERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, create_on, &l), 0);
    wait_for(&l, 5);
    for (unsigned i = 0; i < SWAPS; i++) {
        become(users[i % 2]);
        wait_for(&l, 5);
        show_pair_of(users[i % 2]);
        wait_for(&l, 5);
    }
    atomic_store(&l.is_over, true);
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    wait_for(&l, 0);
    for (uint64_t due = 0; due < SWAPS; due++) {
        heddle_block_event block;
        OK(heddle_blocks_next(blocks, 20000, &block, &yard_err));
        ck_assert_uint_eq(block.number, due);
    }
    heddle_blocks_close(blocks);
    pthread_mutex_destroy(&l.lock);
}
END_TEST

START_TEST(a_pair_that_is_none_is_refused)
{
    base_buffer cert = {0}, key = {0};
    heddle_tls_material fresh = HEDDLE_TLS_MATERIAL;
    open_as("User1");
    tls_file("User1", "client.crt", &cert);
    tls_file("Admin", "client.key", &key);
    fresh.client_cert_pem = base_buffer_view(&cert);
    fresh.client_key_pem = base_buffer_view(&key);
    ck_assert_int_eq(heddle_gateway_reload_tls(yard_gateway, &fresh, &yard_err),
                     HEDDLE_E_BAD_IDENTITY);
    fresh = (heddle_tls_material)HEDDLE_TLS_MATERIAL;
    fresh.roots_pem = base_buffer_view(&cert);
    ck_assert_int_eq(heddle_gateway_reload_tls(yard_gateway, &fresh, &yard_err),
                     HEDDLE_E_BAD_ARGUMENT);
    OK(yard_create("after", NULL));
    base_buffer_done(&cert);
    base_buffer_wipe(&key);
}
END_TEST

static TCase *with_yard(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, yard_stop);
    return tests;
}

SUITE_MAIN("direct/swap", with_yard(SUITE_CASE("swap", no_call_is_lost_and_streams_go_on,
                                               a_pair_that_is_none_is_refused)))
