#include <stdio.h>

#include "devnet/ca/registration.h"

enum { SECRET_LEN = 12 };

bool dn_ca_set_password(dn_ca_call *call, dn_ca_identity *identity, const char *password)
{
    return (crypto_random(identity->salt, sizeof(identity->salt)) == HEDDLE_OK &&
            crypto_password_hash(heddle_view_str(password), identity->salt, identity->password) ==
                HEDDLE_OK) ||
           dn_ca_refuse(call, 500, DN_CA_UNKNOWN, "the password could not be kept");
}

/* Letters of 64, so that each is as likely as another. */
static bool new_secret(dn_ca_call *call, const char **out)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    uint8_t bytes[SECRET_LEN];
    char *text = base_arena_zalloc(call->arena, SECRET_LEN + 1, 1);
    if (!text || crypto_random(bytes, sizeof(bytes)) != HEDDLE_OK)
        return dn_ca_refuse_memory(call);
    for (size_t i = 0; i < SECRET_LEN; i++)
        text[i] = letters[bytes[i] % 64];
    *out = text;
    return true;
}

static bool read_fields(dn_ca_call *call, dn_ca_identity *out, dn_ca_attributes *attributes,
                        const char **secret)
{
    return dn_ca_read_text(call, call->body, "id", &out->id) &&
           dn_ca_read_text(call, call->body, "type", &out->type) &&
           dn_ca_read_text(call, call->body, "affiliation", &out->affiliation) &&
           dn_ca_read_text(call, call->body, "secret", secret) &&
           dn_ca_read_number(call, call->body, "max_enrollments", &out->max_enrollments) &&
           dn_ca_read_attributes(call, call->body, attributes);
}

static void fill_defaults(const dn_ca_call *call, dn_ca_identity *out)
{
    if (!*out->affiliation)
        out->affiliation = call->caller->affiliation;
    else if (strcmp(out->affiliation, ".") == 0)
        out->affiliation = "";
    if (!*out->type)
        out->type = call->caller->type;
}

static bool check_allowed(dn_ca_call *call, const dn_ca_identity *wanted,
                          const dn_ca_attributes *attributes)
{
    if (!dn_ca_check_type(call, wanted->type) ||
        !dn_ca_check_affiliation(call, wanted->affiliation))
        return false;
    if (*wanted->affiliation &&
        !dn_ca_registry_affiliation(call->ca->registry, wanted->affiliation))
        return dn_ca_refuse_action(call, "no such affiliation");
    return dn_ca_check_attributes(call, attributes, NULL);
}

static bool check_new(dn_ca_call *call, dn_ca_identity *wanted)
{
    if (wanted->max_enrollments < -1)
        return dn_ca_refuse(call, 400, DN_CA_MAX_ENROLLMENTS,
                            "Max enrollment in registration request may not be less than -1, but "
                            "was %lld",
                            (long long)wanted->max_enrollments);
    if (wanted->max_enrollments == 0)
        wanted->max_enrollments = -1; /* as many as the CA lets, which has no limit */
    if (dn_ca_registry_identity(call->ca->registry, wanted->id))
        return dn_ca_refuse(call, 409, DN_CA_REGISTERED, "Identity '%.128s' is already registered",
                            wanted->id);
    return true;
}

bool dn_ca_read_registration(dn_ca_call *call, dn_ca_identity *out, const char **out_secret)
{
    dn_ca_attributes attributes = {0};
    if (!read_fields(call, out, &attributes, out_secret))
        return false;
    if (!*out->id)
        return dn_ca_refuse(call, 400, DN_CA_ADD_IDENTITY,
                            "Missing 'ID' in request to add a new identity");
    fill_defaults(call, out);
    if (!check_allowed(call, out, &attributes) || !check_new(call, out))
        return false;
    if (!dn_ca_set_fixed(call, &attributes, "hf.EnrollmentID", out->id) ||
        !dn_ca_set_fixed(call, &attributes, "hf.Type", out->type) ||
        !dn_ca_set_fixed(call, &attributes, "hf.Affiliation", out->affiliation))
        return false;
    out->attributes = attributes.items;
    out->attribute_count = attributes.count;
    if (!**out_secret && !new_secret(call, out_secret))
        return false;
    return dn_ca_set_password(call, out, *out_secret);
}

/* The path of the new identity, for the header Location. */
static const char *location_of(dn_ca_call *call, const char *id)
{
    static const char start[] = "/api/v1/identities/", plain[] = "-_.~$&+=:@";
    char *out = base_arena_zalloc(call->arena, sizeof(start) + 3 * strlen(id) + 1, 1);
    if (!out)
        return NULL;
    memcpy(out, start, sizeof(start));
    char *at = out + sizeof(start) - 1;
    for (const char *c = id; *c; c++) {
        bool is_plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                        (*c >= 'A' && *c <= 'Z') || strchr(plain, *c);
        at += is_plain ? snprintf(at, 4, "%c", *c) : snprintf(at, 4, "%%%02X", (unsigned char)*c);
    }
    return out;
}

bool dn_ca_register(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    dn_ca_identity wanted = {0};
    const char *secret = NULL;
    dn_ca_change_begin(&change);
    if (!dn_ca_need_body(call) || !dn_ca_authenticate(call) ||
        !dn_ca_read_registration(call, &wanted, &secret))
        return false;
    json_begin(&call->json, '{');
    dn_ca_put_text(call, "secret", secret);
    json_end(&call->json, '}');
    call->location = location_of(call, wanted.id);
    dn_ca_change_put_identity(&change, &wanted);
    return dn_ca_commit(call, &change);
}
