/* Wallets: the folder of the official SDKs, in memory, in a store of the application's. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "client/identity.h"
#include "crypto/issue.h"
#include "heddle/wallet.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

#define USER                                                                                       \
    HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com/users/"                     \
                    "User1@org1.example.com/msp"

static heddle_error err;
static char *dir;
static heddle_identity *user;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, wanted_status, text)                                                           \
    do {                                                                                           \
        heddle_status got_ = (call);                                                               \
        ck_assert_msg(got_ == (wanted_status), "%s: %s", heddle_status_name(got_), err.message);   \
        ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);                       \
    } while (0)

static void start(void)
{
    dir = fixture_dir_new();
    OK(heddle_identity_from_msp("Org1MSP", USER, &user, &err));
}

static void stop(void)
{
    heddle_identity_unref(user);
    fixture_dir_free(dir);
}

static heddle_wallet *folder(void)
{
    heddle_wallet *wallet = NULL;
    OK(heddle_wallet_open(dir, &wallet, &err));
    return wallet;
}

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    OK(base_write_file(path_of(name), heddle_view_str(text), 0600, &err));
}

static void expect_signs(heddle_wallet *wallet, const char *label)
{
    heddle_identity *found = NULL;
    crypto_signature signature;
    OK(heddle_wallet_get(wallet, label, NULL, &found, &err));
    ck_assert_str_eq(heddle_identity_mspid(found), "Org1MSP");
    OK(client_identity_sign(found, VIEW("m"), &signature, &err));
    OK(crypto_cert_verify(client_identity_cert(user), CRYPTO_SHA256, VIEW("m"),
                          crypto_signature_view(&signature), &err));
    heddle_identity_unref(found);
}

static void expect_labels(heddle_wallet *wallet, const char *wanted)
{
    heddle_wallet_labels *labels = NULL;
    base_auto_buffer base_buffer all = {0};
    OK(heddle_wallet_list(wallet, &labels, &err));
    for (size_t i = 0; i < heddle_wallet_labels_count(labels); i++)
        ck_assert_int_eq(base_buffer_printf(&all, "%s ", heddle_wallet_labels_at(labels, i)), 0);
    ck_assert_str_eq(base_buffer_cstr(&all), wanted);
    ck_assert_ptr_null(heddle_wallet_labels_at(labels, heddle_wallet_labels_count(labels)));
    heddle_wallet_labels_free(labels);
}

/* What every wallet does, wherever it is. */
static void walk_through(heddle_wallet *wallet)
{
    heddle_identity *none = NULL;
    bool there = true;
    expect_labels(wallet, "");
    OK(heddle_wallet_has(wallet, "ann", &there, &err));
    ck_assert(!there);
    FAILS(heddle_wallet_get(wallet, "ann", NULL, &none, &err), HEDDLE_E_NOT_FOUND, "ann");
    FAILS(heddle_wallet_remove(wallet, "ann", &err), HEDDLE_E_NOT_FOUND, "ann");
    OK(heddle_wallet_put(wallet, "bob", user, &err));
    OK(heddle_wallet_put(wallet, "ann", user, &err));
    OK(heddle_wallet_put(wallet, "ann", user, &err));
    expect_labels(wallet, "ann bob ");
    expect_signs(wallet, "ann");
    OK(heddle_wallet_has(wallet, "ann", &there, &err));
    ck_assert(there);
    OK(heddle_wallet_remove(wallet, "ann", &err));
    expect_labels(wallet, "bob ");
    FAILS(heddle_wallet_put(wallet, "../x", user, &err), HEDDLE_E_BAD_ARGUMENT, "label");
    FAILS(heddle_wallet_put(wallet, "", user, &err), HEDDLE_E_BAD_ARGUMENT, "label");
    FAILS(heddle_wallet_put(wallet, ".hidden", user, &err), HEDDLE_E_BAD_ARGUMENT, "label");
    FAILS(heddle_wallet_put(wallet, NULL, user, &err), HEDDLE_E_BAD_ARGUMENT, "label");
    FAILS(heddle_wallet_put(wallet, "x", NULL, &err), HEDDLE_E_BAD_ARGUMENT, "no identity");
}

START_TEST(folder_keeps_identities)
{
    heddle_wallet *wallet = folder();
    struct stat st;
    walk_through(wallet);
    ck_assert_int_eq(stat(path_of("bob.id"), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    heddle_wallet_close(wallet);
    wallet = folder();
    expect_signs(wallet, "bob");
    heddle_wallet_close(wallet);
}
END_TEST

START_TEST(folder_is_made_for_its_owner_alone)
{
    heddle_wallet *wallet = NULL;
    struct stat st;
    OK(heddle_wallet_open(path_of("a/b"), &wallet, &err));
    ck_assert_int_eq(stat(path_of("a/b"), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
    heddle_wallet_close(wallet);
    write_file("file", "");
    FAILS(heddle_wallet_open(path_of("file/x"), &wallet, &err), HEDDLE_E_IO, "file");
    FAILS(heddle_wallet_open("", &wallet, &err), HEDDLE_E_BAD_ARGUMENT, "folder");
}
END_TEST

START_TEST(memory_keeps_identities)
{
    heddle_wallet *wallet = NULL;
    OK(heddle_wallet_new(&wallet, &err));
    walk_through(wallet);
    heddle_wallet_close(wallet);
}
END_TEST

/* A store with room for four, as an application would write one. */
struct shelf {
    char labels[4][32];
    base_buffer documents[4];
    int released;
    bool is_broken;
};

static int find(const struct shelf *shelf, const char *label)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(shelf->labels[i], label) == 0)
            return i;
    return -1;
}

static heddle_status shelf_put(const char *label, heddle_view data, void *user_, heddle_error *e)
{
    struct shelf *shelf = user_;
    int at = find(shelf, label) < 0 ? find(shelf, "") : find(shelf, label);
    (void)e;
    snprintf(shelf->labels[at], sizeof(shelf->labels[at]), "%s", label);
    base_buffer_clear(&shelf->documents[at]);
    return base_buffer_append(&shelf->documents[at], data);
}

static heddle_status shelf_get(const char *label, void *sink, void *user_, heddle_error *e)
{
    struct shelf *shelf = user_;
    int at = find(shelf, label);
    if (shelf->is_broken)
        return base_fail(e, HEDDLE_E_DATABASE, "the shelf fell down");
    return at < 0 ? HEDDLE_E_NOT_FOUND
                  : heddle_wallet_give(sink, base_buffer_view(&shelf->documents[at]));
}

static heddle_status shelf_remove(const char *label, void *user_, heddle_error *e)
{
    struct shelf *shelf = user_;
    int at = find(shelf, label);
    (void)e;
    if (at < 0)
        return HEDDLE_E_NOT_FOUND;
    shelf->labels[at][0] = 0;
    return HEDDLE_OK;
}

static heddle_status shelf_list(void *sink, void *user_, heddle_error *e)
{
    struct shelf *shelf = user_;
    (void)e;
    for (int i = 0; i < 4; i++)
        if (shelf->labels[i][0])
            BASE_TRY(heddle_wallet_give(sink, heddle_view_str(shelf->labels[i])));
    return HEDDLE_OK;
}

static void shelf_release(void *user_)
{
    struct shelf *shelf = user_;
    shelf->released++;
    for (int i = 0; i < 4; i++)
        base_buffer_done(&shelf->documents[i]);
}

START_TEST(store_of_the_application_keeps_identities)
{
    struct shelf shelf = {.released = 0};
    heddle_wallet *wallet = NULL;
    heddle_identity *none = NULL;
    heddle_wallet_store store = HEDDLE_WALLET_STORE;
    FAILS(heddle_wallet_with_store(&store, &wallet, &err), HEDDLE_E_BAD_ARGUMENT, "store");
    store.put = shelf_put;
    store.get = shelf_get;
    store.remove = shelf_remove;
    store.list = shelf_list;
    store.release = shelf_release;
    store.user = &shelf;
    OK(heddle_wallet_with_store(&store, &wallet, &err));
    walk_through(wallet);
    shelf.is_broken = true;
    FAILS(heddle_wallet_get(wallet, "bob", NULL, &none, &err), HEDDLE_E_DATABASE, "fell down");
    heddle_wallet_close(wallet);
    ck_assert_int_eq(shelf.released, 1);
}
END_TEST

START_TEST(what_is_no_identity_is_explained)
{
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {{"", "JSON"},
               {"{\"version\":1,\"mspId\":\"M\",\"credentials\":{}}", "\"type\" is missing"},
               {"{\"type\":\"idemix\",\"version\":1}", "type \"idemix\""},
               {"{\"type\":\"X.509\",\"version\":2}", "version 2"},
               {"{\"type\":\"X.509\"}", "version none"},
               {"{\"type\":\"X.509\",\"version\":1}", "\"mspId\" is missing"},
               {"{\"type\":\"X.509\",\"version\":1,\"mspId\":7}", "\"mspId\" is no string"},
               {"{\"type\":\"X.509\",\"version\":1,\"mspId\":\"M\",\"credentials\":[]}",
                "\"certificate\""},
               {"{\"type\":\"X.509\",\"version\":1,\"mspId\":\"M\",\"credentials\":{"
                "\"certificate\":\"x\"}}",
                "\"privateKey\" is missing"}};
    heddle_wallet *wallet = folder();
    heddle_identity *none = NULL;
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        write_file("bad.id", bad[i].text);
        FAILS(heddle_wallet_get(wallet, "bad", NULL, &none, &err), HEDDLE_E_DECODE, bad[i].why);
        ck_assert_ptr_nonnull(strstr(err.message, "wallet, bad: "));
    }
    heddle_wallet_close(wallet);
}
END_TEST

/* The user's state as fabric-client 1.4 writes it. */
static void write_old_user(const char *label, bool with_key)
{
    base_auto_buffer base_buffer state = {0}, key = {0};
    char name[256];
    ck_assert_int_eq(base_buffer_printf(&state,
                                        "{\"name\":\"%s\",\"mspid\":\"Org1MSP\",\"roles\":null,"
                                        "\"affiliation\":\"\",\"enrollmentSecret\":\"\","
                                        "\"enrollment\":{\"signingIdentity\":\"0a1b2c\","
                                        "\"identity\":{\"certificate\":\"",
                                        label),
                     HEDDLE_OK);
    heddle_view pem = heddle_identity_cert_pem(user);
    for (size_t i = 0; i < pem.len; i++)
        ck_assert_int_eq(pem.data[i] == '\n' ? base_buffer_append_str(&state, "\\r\\n")
                                             : base_buffer_append_byte(&state, pem.data[i]),
                         HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&state, "\"}}}"), HEDDLE_OK);
    OK(base_make_dirs(path_of(label), 0700, &err));
    snprintf(name, sizeof(name), "%s/%s", label, label);
    OK(base_write_file(path_of(name), base_buffer_view(&state), 0600, &err));
    OK(base_read_file(USER "/keystore/priv_sk", 0, &key, &err));
    snprintf(name, sizeof(name), "%s/0a1b2c-priv", label);
    if (with_key)
        OK(base_write_file(path_of(name), base_buffer_view(&key), 0600, &err));
}

START_TEST(folders_of_fabric_client_are_read)
{
    heddle_wallet *wallet = folder();
    heddle_identity *none = NULL;
    write_old_user("carol", true);
    write_old_user("dave", false);
    write_file("notes.txt", "no identity");
    OK(base_make_dirs(path_of("empty"), 0700, &err));
    OK(heddle_wallet_put(wallet, "carol2", user, &err));
    expect_labels(wallet, "carol carol2 dave ");
    expect_signs(wallet, "carol");
    FAILS(heddle_wallet_get(wallet, "dave", NULL, &none, &err), HEDDLE_E_BAD_STATE, "in a token");
    OK(heddle_wallet_put(wallet, "carol", user, &err)); /* the new form comes first */
    expect_labels(wallet, "carol carol2 dave ");
    OK(heddle_wallet_remove(wallet, "carol", &err));
    expect_labels(wallet, "carol2 dave ");
    write_file("dave/dave", "{\"mspid\":\"Org1MSP\",\"enrollment\":{\"signingIdentity\":"
                            "\"../../x\",\"identity\":{\"certificate\":\"x\"}}}");
    FAILS(heddle_wallet_get(wallet, "dave", NULL, &none, &err), HEDDLE_E_DECODE, "name of a key");
    heddle_wallet_close(wallet);
}
END_TEST

START_TEST(file_is_that_of_the_node_sdk)
{
    heddle_wallet *theirs = NULL, *ours = folder();
    base_auto_buffer base_buffer written = {0}, wanted = {0};
    OK(heddle_wallet_open(HEDDLE_FIXTURES "/wallet", &theirs, &err));
    expect_labels(theirs, "user1 ");
    expect_signs(theirs, "user1");
    OK(heddle_wallet_put(ours, "user1", user, &err));
    OK(base_read_file(path_of("user1.id"), 0, &written, &err));
    OK(base_read_file(HEDDLE_FIXTURES "/wallet/user1.id", 0, &wanted, &err));
    ck_assert(base_view_equal(base_buffer_view(&written), base_buffer_view(&wanted)));
    heddle_wallet_close(theirs);
    heddle_wallet_close(ours);
}
END_TEST

START_TEST(identity_without_a_key_is_kept_as_one_of_a_token)
{
    heddle_wallet *wallet = folder();
    heddle_identity *keyless = NULL, *none = NULL;
    base_auto_buffer base_buffer text = {0};
    OK(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(user), NULL, NULL, NULL,
                                   &keyless, &err));
    OK(heddle_wallet_put(wallet, "hsm", keyless, &err));
    OK(base_read_file(path_of("hsm.id"), 0, &text, &err));
    ck_assert_ptr_nonnull(strstr(base_buffer_cstr(&text), "\"type\":\"HSM-X.509\""));
    FAILS(heddle_wallet_get(wallet, "hsm", NULL, &none, &err), HEDDLE_E_BAD_STATE, "in a token");
    FAILS(heddle_wallet_export_msp(wallet, "hsm", path_of("msp"), &err), HEDDLE_E_BAD_STATE,
          "in a token");
    heddle_identity_unref(keyless);
    heddle_wallet_close(wallet);
}
END_TEST

START_TEST(msp_folders_come_and_go)
{
    heddle_wallet *wallet = folder();
    heddle_identity *back = NULL;
    struct stat st;
    OK(heddle_wallet_import_msp(wallet, "u1", "Org1MSP", USER, &err));
    expect_signs(wallet, "u1");
    OK(heddle_wallet_export_msp(wallet, "u1", path_of("out/msp"), &err));
    ck_assert_int_eq(stat(path_of("out/msp/keystore/priv_sk"), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    OK(heddle_identity_from_msp("Org1MSP", path_of("out/msp"), &back, &err));
    ck_assert(base_view_equal(client_identity_creator(back), client_identity_creator(user)));
    heddle_identity_unref(back);
    heddle_wallet_close(wallet);
}
END_TEST

static heddle_status keep_and_take(heddle_wallet *wallet, heddle_error *e)
{
    base_auto(heddle_identity) heddle_identity *found = NULL;
    heddle_wallet_labels *labels = NULL;
    bool there;
    BASE_TRY(heddle_wallet_put(wallet, "w", user, e));
    BASE_TRY(heddle_wallet_get(wallet, "w", NULL, &found, e));
    BASE_TRY(heddle_wallet_has(wallet, "w", &there, e));
    BASE_TRY(heddle_wallet_list(wallet, &labels, e));
    heddle_wallet_labels_free(labels);
    BASE_TRY(heddle_wallet_export_msp(wallet, "w", path_of("msp"), e));
    return heddle_wallet_remove(wallet, "w", e);
}

static heddle_status in_folder(heddle_error *e)
{
    base_auto(heddle_identity) heddle_identity *old = NULL;
    heddle_wallet *wallet = NULL;
    BASE_TRY(heddle_wallet_open(dir, &wallet, e));
    heddle_status status = keep_and_take(wallet, e);
    if (status == HEDDLE_OK)
        status = heddle_wallet_get(wallet, "old", NULL, &old, e);
    heddle_wallet_close(wallet);
    return status;
}

static heddle_status in_memory(heddle_error *e)
{
    heddle_wallet *wallet = NULL;
    BASE_TRY(heddle_wallet_new(&wallet, e));
    heddle_status status = keep_and_take(wallet, e);
    heddle_wallet_close(wallet);
    return status;
}

static void survives(heddle_status (*work)(heddle_error *))
{
    for (size_t nth = 1;; nth++) {
        heddle_error e = {0};
        fault_alloc_arm(nth);
        heddle_status status = work(&e);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_msg(alive == 0, "%ld blocks alive after failure %zu", alive, nth);
        if (!fired) {
            ck_assert_msg(status == HEDDLE_OK, "%s", e.message);
            ck_assert_uint_gt(nth, 10);
            return;
        }
        ck_assert_msg(status == HEDDLE_E_NO_MEMORY, "failure %zu: %s", nth, e.message);
    }
}

START_TEST(want_of_memory)
{
    write_old_user("old", true);
    survives(in_folder);
    survives(in_memory);
}
END_TEST

static TCase *wallet_case(void)
{
    TCase *tc =
        SUITE_CASE("wallet", folder_keeps_identities, folder_is_made_for_its_owner_alone,
                   memory_keeps_identities, store_of_the_application_keeps_identities,
                   what_is_no_identity_is_explained, folders_of_fabric_client_are_read,
                   file_is_that_of_the_node_sdk, identity_without_a_key_is_kept_as_one_of_a_token,
                   msp_folders_come_and_go, want_of_memory);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("profile/wallet", wallet_case())
