/*
 * The requests that clients sent to a real fabric-ca-server, put again: devnet's CA gives the
 * answers of the recording, but for keys, certificates and what follows from them. Requests for
 * certificates and tokens are made anew, since nobody has the keys of the recorded ones.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ca_bed.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "json/document.h"

enum { MAX_USERS = 4 };

static heddle_error err;
static ca_user users[MAX_USERS];
static size_t user_count;
static char tls_serial[80], tls_aki[80];

#define OK(call) ck_assert_msg((call) == HEDDLE_OK, "%s", err.message)

typedef struct exchange {
    json_document *document;
    char *method, *path, *body, *authorization, *answer;
    int64_t status;
} exchange;

static char *text_at(const json_item *object, const char *name)
{
    heddle_view text = VIEW("");
    ck_assert(json_item_text(json_item_member(object, name), &text));
    return base_strdup_view(text);
}

static char *header_of(const json_item *request, const char *wanted)
{
    const json_item *all = json_item_member(request, "rawHeaders");
    for (size_t i = 0; i + 1 < json_item_count(all); i += 2) {
        heddle_view name, value;
        ck_assert(json_item_text(json_item_at(all, i), &name) &&
                  json_item_text(json_item_at(all, i + 1), &value));
        if (base_view_is(name, wanted))
            return base_strdup_view(value);
    }
    return NULL;
}

static exchange read_exchange(const char *file)
{
    char path[128];
    exchange x = {0};
    snprintf(path, sizeof(path), "golden-ca/%s", file);
    base_auto_buffer base_buffer bytes = fixture_read(path);
    OK(json_document_parse(base_buffer_view(&bytes), 0, &x.document, &err));
    const json_item *root = json_document_root(x.document);
    const json_item *request = json_item_member(root, "request");
    const json_item *response = json_item_member(root, "response");
    x.method = text_at(request, "method");
    x.path = text_at(request, "url");
    x.body = text_at(request, "body");
    x.authorization = header_of(request, "Authorization");
    x.answer = text_at(response, "body");
    ck_assert(json_item_integer(json_item_member(response, "status"), &x.status));
    return x;
}

static void exchange_done(exchange *x)
{
    base_free(x->method);
    base_free(x->path);
    base_free(x->body);
    base_free(x->authorization);
    base_free(x->answer);
    json_document_free(x->document);
}

/* Who asks: by his name, the key is ours. */

static ca_user *user_named(const char *id)
{
    for (size_t i = 0; i < user_count; i++)
        if (strcmp(users[i].id, id) == 0)
            return &users[i];
    ck_assert_uint_lt(user_count, MAX_USERS);
    users[user_count] = ca_user_new(id);
    return &users[user_count++];
}

/* "Basic NAME:PASSWORD", or a token, which begins with the caller's certificate. */
static ca_user *caller_of(const char *authorization)
{
    crypto_cert *cert = NULL;
    base_auto_buffer base_buffer plain = {0};
    bool is_basic = strncmp(authorization, "Basic ", 6) == 0;
    const char *text = authorization + (is_basic ? 6 : 0);
    OK(base_unbase64(heddle_view_of(text, strcspn(text, ".")), &plain));
    if (is_basic) {
        char *name = (char *)(uintptr_t)base_buffer_cstr(&plain);
        *strchr(name, ':') = '\0';
        return user_named(name);
    }
    OK(crypto_cert_parse(base_buffer_view(&plain), &cert, &err));
    ca_user *user = user_named(crypto_cert_common_name(cert));
    crypto_cert_unref(cert);
    return user;
}

/* The recorded body with a request of our key in it. */
static void renew_request(exchange *x, const ca_user *user)
{
    static const char start[] = "\"certificate_request\":\"";
    char *old = strstr(x->body, start);
    if (!old)
        return;
    base_auto_buffer base_buffer body = {0};
    const char *rest = strchr(old + sizeof(start), '"') + 1;
    char *made = base_strdup(ca_bed_request(user, ""));
    made[strlen(made) - 1] = '\0'; /* without its brackets */
    ck_assert_int_eq(
        base_buffer_printf(&body, "%.*s%s%s", (int)(old - x->body), x->body, made + 1, rest),
        HEDDLE_OK);
    base_free(made);
    base_free(x->body);
    x->body = base_strdup(base_buffer_cstr(&body));
}

static void renew_numbers(exchange *x)
{
    char body[512];
    if (!strstr(x->body, "\"serial\":"))
        return;
    snprintf(body, sizeof(body), "{\"serial\":\"%s\",\"aki\":\"%s\",\"reason\":\"keycompromise\"}",
             tls_serial, tls_aki);
    base_free(x->body);
    x->body = base_strdup(body);
}

/* A certificate for TLS is what the recording revokes by its numbers. */
static void take_certificate(const exchange *x, ca_user *user)
{
    ca_user other = {0};
    if (!strstr(x->answer, "\"Cert\":"))
        return;
    bool is_tls = strstr(x->body, "\"profile\":\"tls\"");
    ca_user_take(is_tls ? &other : user);
    if (is_tls) {
        base_hex(crypto_cert_serial(other.cert), tls_serial);
        base_hex(crypto_cert_aki(other.cert), tls_aki);
    }
    ca_user_done(&other);
}

/* Comparing. */

static bool is_ours(heddle_view name)
{
    static const char *const names[] = {
        "Cert",    "CAChain", "IssuerPublicKey", "IssuerRevocationPublicKey",
        "Version", "CRL",     "Serial",          "AKI",
        "PEM"};
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        if (base_view_is(name, names[i]))
            return true;
    return false;
}

static bool is_same(const json_item *a, const json_item *b, bool is_text_free);

/* In any order, as Fabric's CA gives attributes. */
static bool has_all(const json_item *a, const json_item *b)
{
    for (size_t i = 0; i < json_item_count(a); i++) {
        bool found = false;
        for (size_t k = 0; k < json_item_count(b) && !found; k++)
            found = is_same(json_item_at(a, i), json_item_at(b, k), false);
        if (!found)
            return false;
    }
    return json_item_count(a) == json_item_count(b);
}

static bool has_same_members(const json_item *a, const json_item *b)
{
    const void *cursor = NULL;
    heddle_view name;
    const json_item *member;
    while (json_item_next(a, &cursor, &name, &member)) {
        char text[64];
        snprintf(text, sizeof(text), "%.*s", BASE_VIEW_ARG(name));
        if (!is_same(member, json_item_member(b, text), is_ours(name)))
            return false;
    }
    return json_item_count(a) == json_item_count(b);
}

static bool is_same(const json_item *a, const json_item *b, bool is_text_free)
{
    heddle_view one = {0}, two = {0};
    int64_t n = 0, m = 0;
    bool t = false, u = false;
    if (json_item_kind(a) != json_item_kind(b))
        return false;
    switch (json_item_kind(a)) {
    case JSON_KIND_TEXT:
        return json_item_text(a, &one) && json_item_text(b, &two) &&
               (is_text_free || base_view_equal(one, two));
    case JSON_KIND_NUMBER:
        return json_item_integer(a, &n) && json_item_integer(b, &m) && n == m;
    case JSON_KIND_TRUTH:
        return json_item_truth(a, &t) && json_item_truth(b, &u) && t == u;
    case JSON_KIND_ARRAY:
        return has_all(a, b);
    case JSON_KIND_OBJECT:
        return has_same_members(a, b);
    default:
        return true;
    }
}

static void check_answer(const char *file, const exchange *x)
{
    json_document *ours = NULL, *theirs = NULL;
    if (!strstr(x->answer, "\"success\":true")) {
        ck_assert_str_eq(ca_bed_answer(), x->answer); /* to the letter */
        return;
    }
    OK(json_document_parse(heddle_view_str(ca_bed_answer()), 0, &ours, &err));
    OK(json_document_parse(heddle_view_str(x->answer), 0, &theirs, &err));
    ck_assert_msg(is_same(json_document_root(ours), json_document_root(theirs), false),
                  "%s:\n%s\ninstead of\n%s", file, ca_bed_answer(), x->answer);
    json_document_free(ours);
    json_document_free(theirs);
}

static void replay(const char *file)
{
    exchange x = read_exchange(file);
    ca_user *user = x.authorization ? caller_of(x.authorization) : NULL;
    const char *body = *x.body ? x.body : NULL;
    long status;
    if (user) {
        renew_request(&x, user);
        renew_numbers(&x);
        body = *x.body ? x.body : NULL;
    }
    if (user && strncmp(x.authorization, "Basic ", 6) != 0)
        status = ca_bed_ask_as(user, x.method, x.path, body);
    else
        status = ca_bed_ask(x.method, x.path, x.authorization, body);
    ck_assert_msg(status == x.status, "%s: %ld instead of %lld: %s", file, status,
                  (long long)x.status, ca_bed_answer());
    check_answer(file, &x);
    if (user)
        take_certificate(&x, user);
    exchange_done(&x);
}

START_TEST(the_recorded_requests_get_the_recorded_answers)
{
    static const char *const files[] = {"00_POST__cainfo.json",
                                        "01_POST__enroll.json",
                                        "02_GET__affiliations.json",
                                        "03_POST__affiliations.json",
                                        "04_POST__register.json",
                                        "05_POST__register.json",
                                        "06_POST__register.json",
                                        "07_POST__enroll.json",
                                        "08_POST__enroll.json",
                                        "09_POST__enroll.json",
                                        "10_POST__enroll.json",
                                        "11_POST__reenroll.json",
                                        "12_GET__identities.json",
                                        "13_GET__identities_user1.json",
                                        "14_PUT__identities_user1.json",
                                        "15_GET__certificates.json",
                                        "16_POST__register.json",
                                        "17_POST__revoke.json",
                                        "18_POST__revoke.json",
                                        "19_POST__gencrl.json",
                                        "20_POST__enroll.json",
                                        "21_POST__reenroll.json",
                                        "22_DELETE__identities_peer1.json"};
    for (size_t i = 0; i < BASE_COUNT(files); i++)
        replay(files[i]);
    for (size_t i = 0; i < user_count; i++)
        ca_user_done(&users[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/ca_golden");
    TCase *tcase = SUITE_CASE("golden", the_recorded_requests_get_the_recorded_answers);
    tcase_add_checked_fixture(tcase, ca_bed_start, ca_bed_stop);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
