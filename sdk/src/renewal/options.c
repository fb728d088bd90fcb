#include "renewal/options.h"

#include "base/fail.h"
#include "client/gateway.h"

enum { LIFE_LEFT = 33, JITTER = 10, RETRY_MS = 10000, RETRY_MAX_MS = 600000 };

static heddle_status bad(heddle_error *err, const char *what)
{
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "renewal: %s", what);
}

static heddle_status check_place(const heddle_renewal_options *o, heddle_error *err)
{
    int places = !!o->msp_dir + !!o->cert_file + !!o->wallet;
    if (places != 1)
        return bad(err, "give one place, of msp_dir, cert_file and wallet");
    if (!o->wallet != !o->label)
        return bad(err, "wallet and label go together");
    if (o->cert_file && !o->key_file && !o->token)
        return bad(err, "cert_file goes with key_file, or with a token that has the key");
    if (o->key_file && (o->token || !o->cert_file))
        return bad(err, o->token ? "the key is in key_file, or in the token"
                                 : "key_file goes with cert_file");
    return HEDDLE_OK;
}

static heddle_status check(const heddle_renewal_options *o, heddle_error *err)
{
    if (!o->ca)
        return bad(err, "the CA is missing");
    if (!o->mspid || !*o->mspid)
        return bad(err, "the MSP id is missing");
    if (!o->id != !o->secret_file)
        return bad(err, "id and secret_file go together");
    if (o->life_left_percent > 99)
        return bad(err, "life_left_percent is at most 99");
    if (o->jitter_percent > 100)
        return bad(err, "jitter_percent is at most 100");
    return check_place(o, err);
}

/* Remembers in @p failed that a copy could not be made. */
static const char *copy(base_arena *arena, const char *text, bool *failed)
{
    const char *made = text ? base_arena_strdup(arena, text) : NULL;
    *failed = *failed || (text && !made);
    return made;
}

static const char *const *copy_hosts(base_arena *arena, const heddle_renewal_options *o,
                                     bool *failed)
{
    const char **hosts = base_arena_zalloc(arena, o->host_count + 1, sizeof(*hosts));
    for (size_t i = 0; hosts && i < o->host_count; i++)
        hosts[i] = copy(arena, o->hosts[i], failed);
    *failed = *failed || !hosts;
    return hosts;
}

static const heddle_attribute_request *
copy_attributes(base_arena *arena, const heddle_renewal_options *o, bool *failed)
{
    heddle_attribute_request *made =
        base_arena_zalloc(arena, o->attribute_count + 1, sizeof(*made));
    for (size_t i = 0; made && i < o->attribute_count; i++)
        made[i] = (heddle_attribute_request){copy(arena, o->attributes[i].name, failed),
                                             o->attributes[i].optional};
    *failed = *failed || !made;
    return made;
}

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

static renewal_schedule schedule_of(const heddle_renewal_options *o)
{
    renewal_schedule made = {.life_left_percent = or_default(o->life_left_percent, LIFE_LEFT),
                             .jitter_percent = or_default(o->jitter_percent, JITTER),
                             .retry_ms = or_default(o->retry_ms, RETRY_MS),
                             .retry_max_ms = or_default(o->retry_max_ms, RETRY_MAX_MS)};
    if (made.retry_max_ms < made.retry_ms)
        made.retry_max_ms = made.retry_ms;
    return made;
}

heddle_status renewal_options_take(const heddle_renewal_options *given, base_arena *arena,
                                   renewal_options *out, heddle_error *err)
{
    heddle_renewal_options o = {0};
    bool failed = false;
    BASE_TRY(client_options_copy(&o, sizeof(o), given, "HEDDLE_RENEWAL_OPTIONS", err));
    BASE_TRY(check(&o, err));
    renewal_options made = {.order = {.ca = o.ca,
                                      .token = o.token,
                                      .same_key = o.same_key,
                                      .profile = copy(arena, o.profile, &failed),
                                      .attributes = copy_attributes(arena, &o, &failed),
                                      .attribute_count = o.attribute_count,
                                      .id = copy(arena, o.id, &failed),
                                      .secret_file = copy(arena, o.secret_file, &failed),
                                      .hosts = copy_hosts(arena, &o, &failed),
                                      .host_count = o.host_count},
                            .place = {.mspid = copy(arena, o.mspid, &failed),
                                      .msp_dir = copy(arena, o.msp_dir, &failed),
                                      .cert_file = copy(arena, o.cert_file, &failed),
                                      .key_file = copy(arena, o.key_file, &failed),
                                      .wallet = o.wallet,
                                      .label = copy(arena, o.label, &failed),
                                      .token = o.token},
                            .schedule = schedule_of(&o),
                            .renewed = o.renewed,
                            .user = o.user};
    if (failed)
        return base_arena_fail(arena, err, "renewal");
    *out = made;
    return HEDDLE_OK;
}
