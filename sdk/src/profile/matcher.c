#include "profile/matcher.h"

#include <regex.h>

#include "base/fail.h"
#include "base/text.h"

enum { PATTERN_MAX = 256, REPEATS_MAX = 1000, GROUPS_MAX = 10, RESULT_MAX = 1024, DEPTH_MAX = 16 };

struct profile_matcher {
    regex_t regex;
    bool is_compiled;
    const char *address;
    const char *name_override;
    const char *mapped;
    bool is_ignored;
};

/* The product of all counted repetitions bounds the size of what they expand to. */
static bool is_bounded(const char *pattern)
{
    unsigned long product = 1;
    int depth = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '\\' && at[1]) {
            at++;
            if (*at >= '1' && *at <= '9')
                return false; /* a back-reference takes exponential time */
            continue;
        }
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (depth > DEPTH_MAX)
            return false;
        if (*at != '{')
            continue;
        unsigned long most = 1, number = 0;
        for (at++; (*at >= '0' && *at <= '9') || *at == ','; at++) {
            number = *at == ',' ? 0 : number * 10 + (unsigned long)(*at - '0');
            if (number > REPEATS_MAX)
                return false;
            most = number > most ? number : most;
        }
        product *= most;
        if (product > REPEATS_MAX || !*at)
            return false;
    }
    return true;
}

/* Go's classes in the words of POSIX; \w, \s and their like are known to both. */
static heddle_status to_posix(const char *pattern, base_buffer *out)
{
    for (const char *at = pattern; *at; at++) {
        bool is_digit = at[0] == '\\' && (at[1] == 'd' || at[1] == 'D');
        bool is_escape = !is_digit && at[0] == '\\' && at[1];
        if (is_digit)
            BASE_TRY(base_buffer_append_str(out, at[1] == 'd' ? "[0-9]" : "[^0-9]"));
        else
            BASE_TRY(base_buffer_append(out, heddle_view_of(at, is_escape ? 2 : 1)));
        at += is_digit || is_escape;
    }
    return HEDDLE_OK;
}

static heddle_status compile(const profile_reader *r, const profile_section *in,
                             const char *pattern, profile_matcher *matcher)
{
    base_auto_buffer base_buffer posix = {0};
    unsigned line = in->node->line;
    if (strlen(pattern) > PATTERN_MAX || !is_bounded(pattern))
        return profile_fail(r, line, in->where, "pattern", "the pattern is too large to match");
    if (to_posix(pattern, &posix) || !base_buffer_cstr(&posix))
        return base_fail_memory(r->err, "profile");
    int failed = regcomp(&matcher->regex, (const char *)posix.data, REG_EXTENDED);
    if (failed == REG_ESPACE)
        return base_fail_memory(r->err, "profile");
    if (failed) {
        char why[128];
        regerror(failed, &matcher->regex, why, sizeof(why));
        return profile_fail(r, line, in->where, "pattern", "%s", why);
    }
    matcher->is_compiled = true;
    return HEDDLE_OK;
}

static heddle_status read_matcher(const profile_reader *r, const profile_section *in,
                                  profile_matcher *out)
{
    const char *pattern, *mapped_name;
    BASE_TRY(profile_field_text(r, in, "pattern", &pattern));
    if (!pattern)
        return profile_fail(r, in->node->line, in->where, "pattern", "is missing");
    BASE_TRY(profile_field_text(r, in, "urlSubstitutionExp", &out->address));
    BASE_TRY(profile_field_text(r, in, "sslTargetOverrideUrlSubstitutionExp", &out->name_override));
    BASE_TRY(profile_field_text(r, in, "mappedHost", &out->mapped));
    BASE_TRY(profile_field_text(r, in, "mappedName", &mapped_name));
    BASE_TRY(profile_field_bool(r, in, "ignoreEndpoint", &out->is_ignored));
    if (!out->mapped)
        out->mapped = mapped_name;
    return compile(r, in, pattern, out);
}

heddle_status profile_matchers_read(const profile_reader *r, const profile_section *root,
                                    const char *kind, profile_matchers *out)
{
    profile_section matchers;
    BASE_TRY(profile_field_section(r, root, "entityMatchers", &matchers));
    const conf_node *list = profile_field(&matchers, kind);
    if (!list)
        return HEDDLE_OK;
    if (list->kind != CONF_SEQUENCE)
        return profile_fail(r, list->line, matchers.where, kind, "a list is expected");
    out->items = base_arena_zalloc(r->arena, list->count + 1, sizeof(*out->items));
    if (!out->items)
        return base_arena_fail(r->arena, r->err, "profile");
    for (size_t i = 0; i < list->count; i++) {
        profile_section in = {
            .node = list->items[i],
            .where = base_arena_printf(r->arena, "%s.%s[%zu]", matchers.where, kind, i)};
        if (!in.where)
            return base_arena_fail(r->arena, r->err, "profile");
        if (in.node->kind != CONF_MAPPING)
            return profile_fail(r, in.node->line, in.where, "", "a mapping is expected");
        out->count++;
        BASE_TRY(read_matcher(r, &in, &out->items[i]));
    }
    return HEDDLE_OK;
}

void profile_matchers_done(profile_matchers *matchers)
{
    for (size_t i = 0; i < matchers->count; i++)
        if (matchers->items[i].is_compiled)
            regfree(&matchers->items[i].regex);
    matchers->count = 0;
}

/* The group that $1 or ${1} stands for; *io_at is moved to its last byte. -1: it is none. */
static int group_of(const char **io_at)
{
    const char *at = *io_at;
    bool in_braces = at[1] == '{';
    const char *digit = at + (in_braces ? 2 : 1);
    if (*at != '$' || *digit < '0' || *digit > '9' || (in_braces && digit[1] != '}'))
        return -1;
    *io_at = digit + in_braces;
    return *digit - '0';
}

/* NULL if memory is gone. */
static const char *substitute(const char *expression, const char *text, const regmatch_t *groups,
                              base_arena *arena)
{
    base_auto_buffer base_buffer out = {.limit = RESULT_MAX};
    for (const char *at = expression; *at; at++) {
        int group = group_of(&at);
        heddle_view piece = heddle_view_of(at, 1);
        if (group >= 0)
            piece = groups[group].rm_so < 0
                        ? (heddle_view){0}
                        : heddle_view_of(text + groups[group].rm_so,
                                         (size_t)(groups[group].rm_eo - groups[group].rm_so));
        if (base_buffer_append(&out, piece))
            return NULL;
    }
    return base_arena_str(arena, base_buffer_view(&out));
}

static heddle_status describe(const profile_matcher *matcher, const char *text,
                              const regmatch_t *groups, base_arena *arena, profile_match *out)
{
    profile_match match = {.mapped = matcher->mapped, .is_ignored = matcher->is_ignored};
    if (matcher->address)
        match.address = substitute(matcher->address, text, groups, arena);
    if (matcher->name_override)
        match.name_override = substitute(matcher->name_override, text, groups, arena);
    if ((matcher->address && !match.address) || (matcher->name_override && !match.name_override))
        return HEDDLE_E_NO_MEMORY;
    *out = match;
    return HEDDLE_OK;
}

bool profile_matchers_find(const profile_matchers *matchers, const char *text, base_arena *arena,
                           profile_match *out, heddle_status *out_status)
{
    *out_status = HEDDLE_OK;
    for (size_t i = 0; i < matchers->count; i++) {
        regmatch_t groups[GROUPS_MAX];
        int failed = regexec(&matchers->items[i].regex, text, GROUPS_MAX, groups, 0);
        if (failed == REG_ESPACE)
            *out_status = HEDDLE_E_NO_MEMORY;
        if (*out_status)
            return false;
        if (failed)
            continue;
        *out_status = describe(&matchers->items[i], text, groups, arena, out);
        return *out_status == HEDDLE_OK;
    }
    return false;
}
