/* Changes of the registry as they are written down: an array of steps, each an object. */
#include "base/text.h"
#include "devnet/ca/registry.h"

void dn_ca_change_begin(dn_ca_change *change)
{
    *change = (dn_ca_change){0};
    change->json.out = &change->text;
    json_begin(&change->json, '[');
}

void dn_ca_change_done(dn_ca_change *change)
{
    base_buffer_wipe(&change->text);
}

static void put_text(json_writer *json, const char *name, const char *value)
{
    json_name(json, heddle_view_str(name));
    json_text(json, heddle_view_str(value));
}

static void put_number(json_writer *json, const char *name, int64_t value)
{
    json_name(json, heddle_view_str(name));
    json_printf(json, "%lld", (long long)value);
}

static void put_bytes(json_writer *json, const char *name, const uint8_t *bytes, size_t len)
{
    char hex[2 * CRYPTO_PASSWORD_LEN + 1];
    base_hex(heddle_view_of(bytes, len), hex);
    put_text(json, name, hex);
}

static json_writer *begin_step(dn_ca_change *change, const char *name)
{
    json_writer *json = &change->json;
    json_element(json);
    json_begin(json, '{');
    put_text(json, "step", name);
    return json;
}

void dn_ca_write_attributes(json_writer *json, const dn_ca_identity *identity)
{
    if (identity->attribute_count == 0)
        return;
    json_name(json, VIEW("attrs"));
    json_begin(json, '[');
    for (size_t i = 0; i < identity->attribute_count; i++) {
        json_element(json);
        json_begin(json, '{');
        put_text(json, "name", identity->attributes[i].name);
        put_text(json, "value", identity->attributes[i].value);
        if (identity->attributes[i].ecert) {
            json_name(json, VIEW("ecert"));
            json_word(json, "true");
        }
        json_end(json, '}');
    }
    json_end(json, ']');
}

void dn_ca_change_put_identity(dn_ca_change *change, const dn_ca_identity *identity)
{
    json_writer *json = begin_step(change, "identity");
    put_text(json, "id", identity->id);
    put_text(json, "type", identity->type);
    put_text(json, "affiliation", identity->affiliation);
    dn_ca_write_attributes(json, identity);
    put_number(json, "max", identity->max_enrollments);
    put_number(json, "enrollments", identity->enrollments);
    put_number(json, "wrong", identity->wrong_passwords);
    put_bytes(json, "salt", identity->salt, sizeof(identity->salt));
    put_bytes(json, "password", identity->password, sizeof(identity->password));
    json_end(json, '}');
}

void dn_ca_change_drop_identity(dn_ca_change *change, const char *id)
{
    json_writer *json = begin_step(change, "identityGone");
    put_text(json, "id", id);
    json_end(json, '}');
}

void dn_ca_change_put_certificate(dn_ca_change *change, const dn_ca_certificate *certificate)
{
    json_writer *json = begin_step(change, "certificate");
    put_text(json, "id", certificate->id);
    put_text(json, "serial", certificate->serial);
    put_text(json, "aki", certificate->aki);
    put_number(json, "notAfter", certificate->not_after_s);
    put_number(json, "revokedAt", certificate->revoked_at_s);
    put_text(json, "pem", certificate->pem);
    json_end(json, '}');
}

void dn_ca_change_add_affiliation(dn_ca_change *change, const char *name)
{
    json_writer *json = begin_step(change, "affiliation");
    put_text(json, "name", name);
    json_end(json, '}');
}

void dn_ca_change_drop_affiliation(dn_ca_change *change, const char *name)
{
    json_writer *json = begin_step(change, "affiliationGone");
    put_text(json, "name", name);
    json_end(json, '}');
}
