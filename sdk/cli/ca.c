#include "cli/ca.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "cli/state.h"

heddle_status cli_ca_open(cli_session *session, const cli_ca_choice *choice, heddle_ca **out,
                          heddle_error *err)
{
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    if (!choice->url)
        return cli_ca(session, NULL, out, err);
    if (!session->named_ca) {
        options.url = choice->url;
        options.ca_name = choice->ca_name;
        options.tls_roots_file = choice->tls_roots;
        options.name_override = choice->tls_name;
        options.skip_verification = choice->insecure;
        options.timeout_ms = (uint32_t)session->common.timeout_ms;
        heddle_status status = heddle_ca_open(&options, &session->named_ca, err);
        if (status != HEDDLE_OK && !choice->tls_roots)
            cli_hint(session, "name the CAs of its TLS certificate with --tls-roots");
        BASE_TRY(status);
    }
    *out = session->named_ca;
    return HEDDLE_OK;
}

/* Without a context there may be an MSP folder; a CA does not ask for an MSP id. */
static heddle_status registrar_of_folder(cli_session *session, heddle_identity **out,
                                         heddle_error *err)
{
    if (!session->named_identity)
        BASE_TRY(heddle_identity_from_msp("none", session->common.identity,
                                          &session->named_identity, err));
    *out = session->named_identity;
    return HEDDLE_OK;
}

static bool has_admin(cli_session *session, const cli_member *member)
{
    struct stat found;
    heddle_wallet *wallet;
    bool has = false;
    if (stat(member->wallet_dir, &found) != 0 ||
        cli_wallet(session, NULL, &wallet, NULL) != HEDDLE_OK)
        return false;
    return heddle_wallet_has(wallet, "admin", &has, NULL) == HEDDLE_OK && has;
}

heddle_status cli_ca_registrar(cli_session *session, heddle_identity **out, heddle_error *err)
{
    cli_member *member;
    const char *named = session->common.identity;
    struct stat found;
    if (named && strchr(named, '/') && stat(named, &found) == 0)
        return registrar_of_folder(session, out, err);
    BASE_TRY(cli_member_find(session, NULL, &member, err));
    if (!named && has_admin(session, member))
        session->common.identity = "admin";
    return cli_admin(session, NULL, out, err);
}

heddle_status cli_ca_explain(cli_session *session, heddle_status status, const heddle_error *err)
{
    enum { AUTHENTICATION = 20 };
    if (session->hint[0])
        return status;
    if (status == HEDDLE_E_DENIED && err->ca_code == AUTHENTICATION)
        cli_hint(session, "the certificate that asks expired, was revoked, or is of another CA: "
                          "heddle wallet show tells; enroll again if need be");
    else if (status == HEDDLE_E_DENIED)
        cli_hint(session, "ask as another identity with --identity LABEL");
    else if (status == HEDDLE_E_UNAVAILABLE)
        cli_hint(session, "see that the CA is running and that its URL is right "
                          "(heddle context show, or --url)");
    else if (status == HEDDLE_E_BAD_IDENTITY)
        cli_hint(session, "the CAs of its TLS certificate are named by --tls-roots or the context; "
                          "the name in it by --tls-name");
    return status;
}

/* "value:ecert" puts the attribute into certificates unasked. */
heddle_status cli_ca_attributes(cli_session *session, const cli_pairs *pairs,
                                const heddle_attribute **out, heddle_error *err)
{
    base_arena *arena = session->arena;
    heddle_attribute *made = base_arena_zalloc(arena, pairs->count + 1, sizeof(*made));
    if (!made)
        return base_fail_memory(err, "attributes");
    for (size_t i = 0; i < pairs->count; i++) {
        const char *value = pairs->items[i].value;
        size_t len = strlen(value), mark = strlen(":ecert");
        bool ecert = len >= mark && strcmp(value + len - mark, ":ecert") == 0;
        made[i].name = pairs->items[i].name;
        made[i].ecert = ecert;
        made[i].value = base_arena_str(arena, heddle_view_of(value, ecert ? len - mark : len));
        if (!made[i].value)
            return base_fail_memory(err, "attributes");
    }
    *out = made;
    return HEDDLE_OK;
}

/* "+30d", "-24h": from now. */
static bool read_span(const char *text, int64_t *out)
{
    uint64_t span_ms;
    heddle_view rest = heddle_view_str(text + 1);
    uint64_t days;
    if ((text[0] != '+' && text[0] != '-') || !rest.len)
        return false;
    if (rest.data[rest.len - 1] == 'd' &&
        base_parse_u64(base_view_slice(rest, 0, rest.len - 1), &days) && days < 100000)
        span_ms = days * 86400000;
    else if (!base_parse_duration_ms(rest, &span_ms))
        return false;
    int64_t span_s = (int64_t)(span_ms / 1000);
    *out = base_wall_now().seconds + (text[0] == '-' ? -span_s : span_s);
    return true;
}

static bool read_date(const char *text, int64_t *out)
{
    struct tm when = {0};
    const char *end = strptime(text, "%Y-%m-%d", &when);
    if (end && *end == 'T')
        end = strptime(end, "T%H:%M:%S", &when);
    if (!end || (*end && strcmp(end, "Z") != 0))
        return false;
    *out = timegm(&when);
    return true;
}

heddle_status cli_ca_time(const char *option, const char *text, int64_t *out, heddle_error *err)
{
    if (!text)
        *out = 0;
    else if (strcmp(text, "now") == 0)
        *out = base_wall_now().seconds;
    else if (!read_span(text, out) && !read_date(text, out))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "--%s: must be a time such as 2027-01-31, 2027-01-31T10:00:00Z, now, +30d "
                         "or -24h, not \"%s\"",
                         option, text);
    return HEDDLE_OK;
}
