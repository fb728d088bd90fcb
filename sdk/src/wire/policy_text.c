/*
 * Policies as text: GATE(P, P, …), where GATE is AND, OR or OutOf (with a number before the
 * first P) and P is 'MSPID.role' in quotes or another gate.
 */
#include "base/fail.h"
#include "base/text.h"
#include "msp/msp_principal.pb-c.h"
#include "wire/policy.h"
#include "wire/reader.h"

enum { MAX_DEPTH = 32, MAX_RULES = 256 };

typedef struct text_parser {
    heddle_view text;
    size_t at;
    base_arena *arena;
    Common__MSPPrincipal *principals[MAX_RULES];
    size_t principal_count;
    heddle_error *err;
} text_parser;

static heddle_status wrong(text_parser *p, const char *what)
{
    return base_fail(p->err, HEDDLE_E_BAD_ARGUMENT, "policy, character %zu: %s", p->at + 1, what);
}

static heddle_status no_memory(text_parser *p)
{
    return base_arena_fail(p->arena, p->err, "policy");
}

static void skip_space(text_parser *p)
{
    while (p->at < p->text.len && strchr(" \t\r\n", p->text.data[p->at]) && p->text.data[p->at])
        p->at++;
}

/* The next character that is no space; 0 at the end. */
static uint8_t peek(text_parser *p)
{
    skip_space(p);
    return p->at < p->text.len ? p->text.data[p->at] : 0;
}

static bool take(text_parser *p, char expected)
{
    if (peek(p) != (uint8_t)expected)
        return false;
    p->at++;
    return true;
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static heddle_view take_word(text_parser *p)
{
    skip_space(p);
    size_t from = p->at;
    while (p->at < p->text.len && is_alnum(p->text.data[p->at]))
        p->at++;
    return base_view_slice(p->text, from, p->at - from);
}

static heddle_status take_quoted(text_parser *p, heddle_view *out)
{
    uint8_t quote = peek(p);
    if (quote != '\'' && quote != '"')
        return wrong(p, "a gate or a principal in quotes is expected");
    size_t from = ++p->at;
    while (p->at < p->text.len && p->text.data[p->at] != quote)
        p->at++;
    if (p->at == p->text.len)
        return wrong(p, "the quote is not closed");
    *out = base_view_slice(p->text, from, p->at - from);
    p->at++;
    return HEDDLE_OK;
}

static const char *const roles[] = {"member", "admin", "client", "peer", "orderer"};

static bool split_principal(heddle_view text, heddle_view *out_mspid, int *out_role)
{
    const uint8_t *dot = text.len ? memrchr(text.data, '.', text.len) : NULL;
    if (!dot || dot == text.data)
        return false;
    heddle_view mspid = heddle_view_of(text.data, (size_t)(dot - text.data));
    heddle_view role = base_view_slice(text, mspid.len + 1, text.len);
    for (size_t i = 0; i < mspid.len; i++)
        if (!is_alnum(mspid.data[i]) && mspid.data[i] != '.' && mspid.data[i] != '-')
            return false;
    for (size_t i = 0; i < BASE_COUNT(roles); i++) {
        if (base_view_is(role, roles[i])) {
            *out_mspid = mspid;
            *out_role = (int)i;
            return true;
        }
    }
    return false;
}

static Common__MSPPrincipal *new_role(heddle_view mspid, int role, base_arena *arena)
{
    Common__MSPRole message = COMMON__MSPROLE__INIT;
    message.msp_identifier = base_arena_str(arena, mspid);
    message.role = (Common__MSPRole__MSPRoleType)role;
    heddle_view bytes;
    Common__MSPPrincipal *principal = wire_new(common__mspprincipal, arena);
    if (!principal || !message.msp_identifier ||
        wire_encode_arena(&message.base, arena, &bytes, NULL) != HEDDLE_OK)
        return NULL;
    principal->principal_classification = COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE;
    principal->principal = wire_bytes(bytes);
    return principal;
}

static Common__SignaturePolicy *new_signed_by(size_t principal, base_arena *arena)
{
    Common__SignaturePolicy *rule = wire_new(common__signature_policy, arena);
    if (rule) {
        rule->type_case = COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY;
        rule->signed_by = (int32_t)principal;
    }
    return rule;
}

static Common__SignaturePolicy *new_gate(int32_t n, Common__SignaturePolicy **rules, size_t count,
                                         base_arena *arena)
{
    Common__SignaturePolicy *rule = wire_new(common__signature_policy, arena);
    Common__SignaturePolicy__NOutOf *gate = wire_new(common__signature_policy__nout_of, arena);
    if (!rule || !gate)
        return NULL;
    gate->n = n;
    gate->n_rules = count;
    gate->rules = rules;
    rule->type_case = COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF;
    rule->n_out_of = gate;
    return rule;
}

static heddle_status parse_principal(text_parser *p, Common__SignaturePolicy **out)
{
    heddle_view text, mspid;
    int role;
    size_t start = p->at;
    BASE_TRY(take_quoted(p, &text));
    if (!split_principal(text, &mspid, &role)) {
        p->at = start;
        return wrong(p, "a principal is 'MSPID.role', the role one of member, admin, client, "
                        "peer, orderer");
    }
    if (p->principal_count == MAX_RULES)
        return wrong(p, "too many principals");
    Common__MSPPrincipal *principal = new_role(mspid, role, p->arena);
    *out = new_signed_by(p->principal_count, p->arena);
    if (!principal || !*out)
        return no_memory(p);
    p->principals[p->principal_count++] = principal;
    return HEDDLE_OK;
}

typedef enum gate_kind { GATE_AND, GATE_OR, GATE_OUT_OF } gate_kind;

static bool find_gate(heddle_view word, gate_kind *out)
{
    static const char *const names[][3] = {
        {"And", "and", "AND"}, {"Or", "or", "OR"}, {"OutOf", "outof", "OUTOF"}};
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        for (size_t j = 0; j < BASE_COUNT(names[i]); j++)
            if (base_view_is(word, names[i][j])) {
                *out = (gate_kind)i;
                return true;
            }
    return false;
}

/* The number of OutOf, which Fabric takes in quotes as well, and the comma after it. */
static heddle_status parse_number(text_parser *p, uint64_t *out)
{
    heddle_view digits;
    uint8_t next = peek(p);
    if (next == '\'' || next == '"')
        BASE_TRY(take_quoted(p, &digits));
    else
        digits = take_word(p);
    if (!base_parse_u64(digits, out) || *out > MAX_RULES)
        return wrong(p, "OutOf begins with a number");
    if (!take(p, ','))
        return wrong(p, "a comma is expected");
    return HEDDLE_OK;
}

static heddle_status parse_rule(text_parser *p, unsigned depth, Common__SignaturePolicy **out);

static heddle_status parse_rules(text_parser *p, unsigned depth, Common__SignaturePolicy ***out,
                                 size_t *out_count)
{
    Common__SignaturePolicy **rules = base_arena_zalloc(p->arena, MAX_RULES, sizeof(*rules));
    size_t count = 0;
    if (!rules)
        return no_memory(p);
    do {
        if (count == MAX_RULES)
            return wrong(p, "too many rules in one gate");
        BASE_TRY(parse_rule(p, depth, &rules[count++]));
    } while (take(p, ','));
    if (!take(p, ')'))
        return wrong(p, "a comma or a closing parenthesis is expected");
    *out = rules;
    *out_count = count;
    return HEDDLE_OK;
}

static heddle_status parse_gate(text_parser *p, unsigned depth, Common__SignaturePolicy **out)
{
    gate_kind kind;
    if (!find_gate(take_word(p), &kind))
        return wrong(p, "no gate but AND, OR and OutOf is known");
    if (!take(p, '('))
        return wrong(p, "an opening parenthesis is expected");
    uint64_t n = 1;
    if (kind == GATE_OUT_OF)
        BASE_TRY(parse_number(p, &n));
    Common__SignaturePolicy **rules = NULL;
    size_t count = 0;
    BASE_TRY(parse_rules(p, depth + 1, &rules, &count));
    if (kind == GATE_AND)
        n = count;
    /* One more than there are is Fabric's way to say "never". */
    if (n > count + 1)
        return wrong(p, "OutOf asks for more than there are");
    *out = new_gate((int32_t)n, rules, count, p->arena);
    return *out ? HEDDLE_OK : no_memory(p);
}

static heddle_status parse_rule(text_parser *p, unsigned depth, Common__SignaturePolicy **out)
{
    if (depth > MAX_DEPTH)
        return wrong(p, "gates are nested too deep");
    uint8_t next = peek(p);
    return is_alnum(next) ? parse_gate(p, depth, out) : parse_principal(p, out);
}

static Common__SignaturePolicyEnvelope *new_envelope(Common__SignaturePolicy *rule,
                                                     Common__MSPPrincipal *const *principals,
                                                     size_t count, base_arena *arena)
{
    Common__SignaturePolicyEnvelope *envelope = wire_new(common__signature_policy_envelope, arena);
    Common__MSPPrincipal **copies = base_arena_zalloc(arena, count + 1, sizeof(*copies));
    if (!rule || !envelope || !copies)
        return NULL;
    if (count)
        memcpy(copies, principals, count * sizeof(*copies));
    envelope->rule = rule;
    envelope->identities = copies;
    envelope->n_identities = count;
    return envelope;
}

heddle_status wire_policy_parse(heddle_view text, base_arena *arena,
                                Common__SignaturePolicyEnvelope **out, heddle_error *err)
{
    text_parser p = {.text = text, .arena = arena, .err = err};
    Common__SignaturePolicy *rule;
    if (peek(&p) == '\'' || peek(&p) == '"')
        return wrong(&p, "a policy begins with a gate: AND, OR or OutOf");
    BASE_TRY(parse_rule(&p, 0, &rule));
    if (peek(&p) || p.at < p.text.len)
        return wrong(&p, "nothing is expected after the policy");
    Common__SignaturePolicyEnvelope *envelope =
        new_envelope(rule, p.principals, p.principal_count, arena);
    if (!envelope)
        return no_memory(&p);
    *out = envelope;
    return HEDDLE_OK;
}

static heddle_status print_principal(const Common__MSPPrincipal *principal, base_buffer *out,
                                     heddle_error *err)
{
    heddle_view mspid = {NULL, 0};
    uint64_t role = 0;
    wire_reader reader = wire_reader_of(wire_view(principal->principal));
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.number == 1 && field.type == WIRE_TYPE_BYTES)
            mspid = field.bytes;
        else if (field.number == 2 && field.type == WIRE_TYPE_VARINT)
            role = field.varint;
    }
    if (principal->principal_classification != COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE ||
        reader.failed || role >= BASE_COUNT(roles))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "policy: a principal is no role, so it has no text form");
    return base_buffer_printf(out, "'%.*s.%s'", BASE_VIEW_ARG(mspid), roles[role]);
}

static heddle_status print_rule(const Common__SignaturePolicyEnvelope *policy,
                                const Common__SignaturePolicy *rule, base_buffer *out,
                                heddle_error *err)
{
    if (rule->type_case == COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY)
        return print_principal(policy->identities[rule->signed_by], out, err);
    const Common__SignaturePolicy__NOutOf *gate = rule->n_out_of;
    bool counted = gate->n != 1 && (gate->n < 0 || (size_t)gate->n != gate->n_rules);
    if (counted)
        BASE_TRY(base_buffer_printf(out, "OutOf(%d", gate->n));
    else
        BASE_TRY(base_buffer_append_str(out, gate->n == 1 ? "OR(" : "AND("));
    for (size_t i = 0; i < gate->n_rules; i++) {
        if (i > 0 || counted)
            BASE_TRY(base_buffer_append_str(out, ", "));
        BASE_TRY(print_rule(policy, gate->rules[i], out, err));
    }
    return base_buffer_append_byte(out, ')');
}

heddle_status wire_policy_print(const Common__SignaturePolicyEnvelope *policy, base_buffer *out,
                                heddle_error *err)
{
    /* A bare principal is no policy in text: "one of these" says the same. */
    bool bare = policy->rule->type_case == COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY;
    if (bare)
        BASE_TRY(base_buffer_append_str(out, "OR("));
    BASE_TRY(print_rule(policy, policy->rule, out, err));
    return bare ? base_buffer_append_byte(out, ')') : HEDDLE_OK;
}

Common__SignaturePolicyEnvelope *wire_policy_n_of_roles(size_t n, const heddle_view *mspids,
                                                        size_t count, crypto_role role,
                                                        base_arena *arena)
{
    Common__SignaturePolicy **rules = base_arena_zalloc(arena, count + 1, sizeof(*rules));
    Common__MSPPrincipal **principals = base_arena_zalloc(arena, count + 1, sizeof(*principals));
    if (!rules || !principals)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        principals[i] = new_role(mspids[i], (int)role, arena);
        rules[i] = new_signed_by(i, arena);
        if (!principals[i] || !rules[i])
            return NULL;
    }
    return new_envelope(new_gate((int32_t)n, rules, count, arena), principals, count, arena);
}
