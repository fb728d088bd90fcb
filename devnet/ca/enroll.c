/* Enrolment: a certificate for a request, with what the CA knows of who asks. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "devnet/ca/call.h"

enum { YEAR_S = 8760 * 3600, CA_VALID_S = 43800 * 3600, MAX_NAMES = 256, MAX_UNITS = 128 };

/* Profiles. */

typedef struct profile {
    const char *name;
    unsigned usage;
    int64_t valid_s;
    bool is_ca;
} profile;

static const profile profiles[] = {
    {"", CRYPTO_USAGE_DIGITAL_SIGNATURE, YEAR_S, false},
    {"tls",
     CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_KEY_ENCIPHERMENT | CRYPTO_USAGE_KEY_AGREEMENT |
         CRYPTO_USAGE_SERVER_AUTH | CRYPTO_USAGE_CLIENT_AUTH,
     YEAR_S, false},
    {"ca", CRYPTO_USAGE_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN, CA_VALID_S, true}};

static const profile *profile_named(const char *name)
{
    for (size_t i = 0; i < BASE_COUNT(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

/** What is asked for, and what comes of it. */
typedef struct enrollment {
    const profile *profile;
    crypto_request *request;
    crypto_cert_spec spec;
    base_buffer attributes;
    crypto_cert *cert;
} enrollment;

static void enrollment_done(enrollment *e)
{
    crypto_request_free(e->request);
    base_buffer_done(&e->attributes);
    crypto_cert_unref(e->cert);
}

/* The request. */

static bool refuse_request(dn_ca_call *call, const heddle_error *err)
{
    return dn_ca_refuse(call, 500, DN_CA_UNKNOWN, "Certificate signing failure: %s", err->message);
}

static bool parse_request(dn_ca_call *call, enrollment *e)
{
    heddle_error err;
    const char *pem = NULL;
    if (!dn_ca_read_text(call, call->body, "certificate_request", &pem))
        return false;
    if (!strstr(pem, "-----BEGIN "))
        return dn_ca_refuse(call, 400, DN_CA_BAD_CSR, "CSR Decode failed");
    if (crypto_request_parse(heddle_view_str(pem), &e->request, &err) != HEDDLE_OK)
        return dn_ca_refuse(call, 400, DN_CA_BAD_CSR, "CSR Decode failed: %s", err.message);
    if (crypto_request_verify(e->request, &err) != HEDDLE_OK)
        return refuse_request(call, &err);
    if (strcmp(crypto_request_common_name(e->request), call->caller->id) != 0)
        return dn_ca_refuse(call, 403, DN_CA_CN_INVALID,
                            "The CSR subject common name must equal the enrollment ID");
    return true;
}

/* The lengths of X.520. */
static bool check_lengths(dn_ca_call *call, const crypto_request *request)
{
    static const struct {
        const char *field;
        size_t most;
    } limits[] = {{"CN", 64}, {"serialNumber", 64}, {"C", 2}, {"L", 128}, {"ST", 128}, {"O", 64},
                  {"OU", 64}};
    for (size_t i = 0; i < crypto_request_entry_count(request); i++) {
        const crypto_name_entry *entry = crypto_request_entry(request, i);
        for (size_t k = 0; k < BASE_COUNT(limits); k++)
            if (strcmp(entry->field, limits[k].field) == 0 && strlen(entry->value) > limits[k].most)
                return dn_ca_refuse(call, 400, DN_CA_CSR_INPUT,
                                    "CSR input validation failed: The %s '%.128s' exceeds the "
                                    "maximum character limit of %zu",
                                    entry->field, entry->value, limits[k].most);
    }
    return true;
}

/** A subject beside the request's may only repeat its name. */
static bool check_subject(dn_ca_call *call)
{
    const json_item *subject = dn_ca_member(call->body, "subject");
    const char *name = NULL;
    if (!subject)
        return true;
    if (!dn_ca_read_text(call, subject, "CN", &name))
        return false;
    return strcmp(name, call->caller->id) == 0 ||
           dn_ca_refuse(call, 403, DN_CA_CN_INVALID,
                        "The CSR subject common name must equal the enrollment ID");
}

static bool read_profile(dn_ca_call *call, enrollment *e)
{
    const char *name = NULL;
    if (!dn_ca_read_text(call, call->body, "profile", &name))
        return false;
    e->profile = profile_named(name);
    return e->profile || dn_ca_refuse(call, 500, DN_CA_UNKNOWN, "Invalid profile: '%.64s'", name);
}

static bool check_ca(dn_ca_call *call, const enrollment *e)
{
    return (!e->profile->is_ca && !crypto_request_wants_ca(e->request)) ||
           dn_ca_is_true(call->caller, "hf.IntermediateCA") ||
           dn_ca_refuse_action(call, "only with hf.IntermediateCA");
}

/* Names. */

/** The hosts of the body, or else those of the request. */
static bool fill_names(dn_ca_call *call, enrollment *e)
{
    const json_item *hosts = NULL;
    if (!dn_ca_read_list(call, call->body, "hosts", &hosts))
        return false;
    size_t count = hosts ? json_item_count(hosts) : crypto_request_san_count(e->request);
    const char **names = base_arena_zalloc(call->arena, count + 1, sizeof(*names));
    if (!names)
        return dn_ca_refuse_memory(call);
    if (count > MAX_NAMES)
        return dn_ca_refuse(call, 400, DN_CA_BAD_BODY, "Invalid request body: %zu hosts", count);
    for (size_t i = 0; i < count; i++) {
        heddle_view host = VIEW("");
        names[i] = crypto_request_san(e->request, i);
        if (hosts && !json_item_text(json_item_at(hosts, i), &host))
            return dn_ca_refuse(call, 400, DN_CA_BAD_BODY,
                                "Invalid request body: a host is not a string");
        if (hosts)
            names[i] = host.len ? (const char *)host.data : "";
    }
    e->spec.sans = names;
    e->spec.san_count = count;
    return true;
}

/** The type and the parts of the affiliation. */
static bool fill_units(dn_ca_call *call, enrollment *e)
{
    const char **units = base_arena_zalloc(call->arena, MAX_UNITS + 1, sizeof(*units));
    size_t count = 0;
    if (!units)
        return dn_ca_refuse_memory(call);
    units[count++] = call->caller->type;
    for (const char *at = call->caller->affiliation; *at && count < MAX_UNITS;) {
        size_t len = strcspn(at, ".");
        units[count] = base_arena_str(call->arena, heddle_view_of(at, len));
        if (!units[count++])
            return dn_ca_refuse_memory(call);
        at += len + (at[len] == '.');
    }
    e->spec.units = units;
    e->spec.unit_count = count;
    return true;
}

/* Attributes: {"attrs":{…}}, the names in order. */

static int by_name(const void *a, const void *b)
{
    const dn_ca_attribute *const *one = a, *const *two = b;
    return strcmp((*one)->name, (*two)->name);
}

static void write_attributes(enrollment *e, const dn_ca_attribute **chosen, size_t count,
                             json_writer *json)
{
    qsort(chosen, count, sizeof(*chosen), by_name);
    json->out = &e->attributes;
    json_begin(json, '{');
    json_name(json, VIEW("attrs"));
    json_begin(json, '{');
    for (size_t i = 0; i < count; i++) {
        json_name(json, heddle_view_str(chosen[i]->name));
        json_text(json, heddle_view_str(chosen[i]->value));
    }
    json_end(json, '}');
    json_end(json, '}');
}

static const dn_ca_attribute *attribute_named(const dn_ca_identity *identity, const char *name)
{
    for (size_t i = 0; i < identity->attribute_count; i++)
        if (strcmp(identity->attributes[i].name, name) == 0)
            return &identity->attributes[i];
    return NULL;
}

static bool is_chosen(const dn_ca_attribute **chosen, size_t count, const dn_ca_attribute *one)
{
    for (size_t i = 0; i < count; i++)
        if (chosen[i] == one)
            return true;
    return false;
}

/** @p chosen has room for every attribute of the caller. */
static bool choose_asked(dn_ca_call *call, const json_item *asked, const dn_ca_attribute **chosen,
                         size_t *count)
{
    for (size_t i = 0; i < json_item_count(asked); i++) {
        const char *name = NULL;
        bool is_optional = false;
        const json_item *one = json_item_at(asked, i);
        if (!dn_ca_read_text(call, one, "name", &name) ||
            !dn_ca_read_flag(call, one, "optional", &is_optional))
            return false;
        const dn_ca_attribute *found = attribute_named(call->caller, name);
        if (!found && !is_optional)
            return dn_ca_refuse(call, 500, DN_CA_UNKNOWN,
                                "Failed to find requested attributes: The following required "
                                "attributes are missing: [%.128s]",
                                name);
        if (found && !is_chosen(chosen, *count, found))
            chosen[(*count)++] = found;
    }
    return true;
}

static bool fill_attributes(dn_ca_call *call, enrollment *e)
{
    json_writer json = {0};
    const json_item *asked = NULL;
    const dn_ca_identity *caller = call->caller;
    size_t count = 0;
    const dn_ca_attribute **chosen =
        base_arena_zalloc(call->arena, caller->attribute_count + 1, sizeof(*chosen));
    if (!chosen)
        return dn_ca_refuse_memory(call);
    if (!dn_ca_read_list(call, call->body, "attr_reqs", &asked) ||
        (asked && !choose_asked(call, asked, chosen, &count)))
        return false;
    for (size_t i = 0; !asked && i < caller->attribute_count; i++)
        if (caller->attributes[i].ecert)
            chosen[count++] = &caller->attributes[i];
    if (!asked && count == 0)
        return true;
    write_attributes(e, chosen, count, &json);
    e->spec.attributes = base_buffer_view(&e->attributes);
    return json.status == HEDDLE_OK || dn_ca_refuse_memory(call);
}

/* Issuing. */

static void fill_times(const dn_ca *ca, enrollment *e)
{
    int64_t now_s = base_wall_now().seconds;
    bool by_profile = e->profile->is_ca || !ca->valid_s;
    int64_t valid_s = by_profile ? e->profile->valid_s : ca->valid_s;
    int64_t to_s = (now_s + 30) / 60 * 60 + valid_s;
    int64_t ca_to_s = crypto_cert_not_after_s(ca->cert);
    e->spec.not_before_s = crypto_cert_not_before_s(ca->cert);
    e->spec.not_after_s = to_s < ca_to_s ? to_s : ca_to_s;
}

static bool issue(dn_ca_call *call, enrollment *e)
{
    heddle_error err;
    e->spec.subject_of_request = e->request;
    e->spec.key_usage = e->profile->usage;
    e->spec.is_ca = e->spec.is_last_ca = e->profile->is_ca;
    fill_times(call->ca, e);
    return crypto_issue(&e->spec, crypto_request_public_key(e->request), call->ca->cert,
                        call->ca->key, &e->cert, &err) == HEDDLE_OK ||
           refuse_request(call, &err);
}

static const char *hex_of(dn_ca_call *call, heddle_view bytes)
{
    char *hex = base_arena_alloc(call->arena, 2 * bytes.len + 1);
    if (!hex)
        return NULL;
    base_hex(bytes, hex);
    return hex + strspn(hex, "0");
}

static bool record(dn_ca_call *call, const enrollment *e, dn_ca_change *change)
{
    dn_ca_certificate made = {.id = call->caller->id,
                              .serial = hex_of(call, crypto_cert_serial(e->cert)),
                              .aki = hex_of(call, crypto_cert_aki(e->cert)),
                              .pem = base_arena_str(call->arena, crypto_cert_pem(e->cert)),
                              .not_after_s = crypto_cert_not_after_s(e->cert)};
    if (!made.serial || !made.aki || !made.pem)
        return dn_ca_refuse_memory(call);
    dn_ca_change_put_certificate(change, &made);
    return true;
}

static void put_answer(dn_ca_call *call, const enrollment *e)
{
    json_begin(&call->json, '{');
    dn_ca_put_base64(call, "Cert", crypto_cert_pem(e->cert));
    json_name(&call->json, VIEW("ServerInfo"));
    json_begin(&call->json, '{');
    dn_ca_put_info(call, "");
    json_end(&call->json, '}');
    json_end(&call->json, '}');
}

static bool enroll(dn_ca_call *call, enrollment *e, dn_ca_change *change)
{
    if (!dn_ca_need_body(call) || !read_profile(call, e) || !parse_request(call, e) ||
        !check_subject(call) || !check_ca(call, e) || !check_lengths(call, e->request) ||
        !fill_names(call, e) || !fill_units(call, e) || !fill_attributes(call, e) ||
        !issue(call, e) || !record(call, e, change))
        return false;
    put_answer(call, e);
    return dn_ca_commit(call, change);
}

static bool enroll_with(dn_ca_call *call, dn_ca_change *change)
{
    enrollment e = {0};
    bool done = enroll(call, &e, change);
    enrollment_done(&e);
    return done;
}

bool dn_ca_enroll(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    dn_ca_change_begin(&change);
    if (!dn_ca_login(call))
        return false;
    dn_ca_identity now = *call->caller;
    now.enrollments++;
    dn_ca_change_put_identity(&change, &now);
    return enroll_with(call, &change);
}

bool dn_ca_reenroll(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    dn_ca_change_begin(&change);
    return dn_ca_authenticate(call) && enroll_with(call, &change);
}

/* Who the CA is. */

void dn_ca_put_info(dn_ca_call *call, const char *version)
{
    dn_ca_put_text(call, "CAName", call->ca->name);
    dn_ca_put_base64(call, "CAChain", crypto_cert_pem(call->ca->cert));
    dn_ca_put_text(call, "IssuerPublicKey", ""); /* of Idemix, which it does not issue */
    dn_ca_put_text(call, "IssuerRevocationPublicKey", "");
    dn_ca_put_text(call, "Version", version);
}

bool dn_ca_info(dn_ca_call *call)
{
    json_begin(&call->json, '{');
    dn_ca_put_info(call, "v1.5 heddle-devnet");
    json_end(&call->json, '}');
    return true;
}

bool dn_ca_idemix(dn_ca_call *call)
{
    return dn_ca_refuse(call, 501, DN_CA_UNKNOWN, "devnet's CA issues no Idemix credentials");
}
