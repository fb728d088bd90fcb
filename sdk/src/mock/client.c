/* Clients of organisations, with certificates as a Fabric CA issues them. */
#include "base/fail.h"
#include "chaincode/json.h"
#include "mock/channel.h"
#include "wire/identity.h"

/* The clock of a mock may stand anywhere: certificates are good at any time. */
enum { NOT_BEFORE = 946684800 };
static const int64_t not_after = 4102444800;

static heddle_status make_ca(mock_org *org, heddle_error *err)
{
    if (org->ca_cert)
        return HEDDLE_OK;
    base_auto(crypto_key) crypto_key *key = NULL;
    crypto_cert_spec spec = {.organization = org->msp_id,
                             .common_name = "ca",
                             .key_usage = CRYPTO_USAGE_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN,
                             .is_ca = true,
                             .not_before_s = NOT_BEFORE,
                             .not_after_s = not_after};
    BASE_TRY(crypto_key_generate(CRYPTO_KEY_P256, &key, err));
    BASE_TRY(crypto_issue_self_signed(&spec, key, &org->ca_cert, err));
    org->ca_key = base_steal(&key);
    return HEDDLE_OK;
}

/* {"attrs":{…}} */
static heddle_status write_attributes(const heddle_cc_mock_entry *attributes, size_t count,
                                      base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, "{\"attrs\":{"));
    for (size_t i = 0; i < count; i++) {
        if (i)
            BASE_TRY(base_buffer_append_byte(out, ','));
        BASE_TRY(cc_json_write_text(heddle_view_str(attributes[i].name), out));
        BASE_TRY(base_buffer_append_byte(out, ':'));
        BASE_TRY(cc_json_write_text(attributes[i].value, out));
    }
    return base_buffer_append_str(out, "}}");
}

static heddle_status issue(const mock_org *org, const char *name,
                           const heddle_cc_mock_entry *attributes, size_t count,
                           const crypto_key *key, crypto_cert **out, heddle_error *err)
{
    base_auto_buffer base_buffer json = {0};
    crypto_cert_spec spec = {.organizational_unit = "client",
                             .common_name = name,
                             .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE,
                             .not_before_s = NOT_BEFORE,
                             .not_after_s = not_after};
    if (count) {
        heddle_status st = write_attributes(attributes, count, &json);
        if (st != HEDDLE_OK)
            return base_fail(err, st, "attributes of a client");
        spec.attributes = base_buffer_view(&json);
    }
    return crypto_issue(&spec, crypto_key_public(key), org->ca_cert, org->ca_key, out, err);
}

static heddle_status keep_identity(heddle_cc_mock *mock, const mock_org *org,
                                   const crypto_cert *cert, heddle_view *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    if (wire_identity_write(heddle_view_str(org->msp_id), crypto_cert_pem(cert), &bytes) !=
        HEDDLE_OK)
        return base_fail_memory(err, "client");
    *out = base_arena_view(mock->arena, base_buffer_view(&bytes));
    return out->data ? HEDDLE_OK : base_arena_fail(mock->arena, err, "client");
}

static mock_client *find_client(const heddle_cc_mock *mock, const char *name)
{
    base_list_each (it, &mock->clients) {
        mock_client *client = base_list_entry(it, mock_client, link);
        if (strcmp(client->name, name) == 0)
            return client;
    }
    return NULL;
}

static heddle_status add(heddle_cc_mock *mock, const char *name, const char *msp_id,
                         const heddle_cc_mock_entry *attributes, size_t count, mock_client **out,
                         heddle_error *err)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    mock_org *org = NULL;
    if (!name || !*name)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a client needs a name");
    if (find_client(mock, name))
        return base_fail(err, HEDDLE_E_EXISTS, "the mock has a client %s", name);
    mock_client *made = base_arena_zalloc(mock->arena, 1, sizeof(*made));
    if (!made)
        return base_arena_fail(mock->arena, err, "client");
    BASE_TRY(mock_add_org(mock, msp_id, &org, err));
    BASE_TRY(make_ca(org, err));
    BASE_TRY(crypto_key_generate(CRYPTO_KEY_P256, &key, err));
    BASE_TRY(issue(org, name, attributes, count, key, &cert, err));
    BASE_TRY(mock_keep_text(mock, name, &made->name, err));
    BASE_TRY(keep_identity(mock, org, cert, &made->identity, err));
    made->org = org;
    made->key = base_steal(&key);
    base_list_append(&mock->clients, &made->link);
    *out = made;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_client(heddle_cc_mock *mock, const char *name, const char *msp_id,
                                    const heddle_cc_mock_entry *attributes, size_t count,
                                    heddle_error *err)
{
    mock_client *made = NULL;
    return add(mock, name, msp_id, attributes, count, &made, err);
}

heddle_status heddle_cc_mock_use_client(heddle_cc_mock *mock, const char *name, heddle_error *err)
{
    return mock_need_client(mock, name, &mock->client, err);
}

heddle_status mock_need_client(heddle_cc_mock *mock, const char *name, const mock_client **out,
                               heddle_error *err)
{
    static const char standard[] = "user";
    const mock_client *found = name ? find_client(mock, name) : mock->client;
    mock_client *made = NULL;
    if (!name || strcmp(name, standard) == 0) {
        if (!found)
            found = find_client(mock, standard);
        if (!found) {
            BASE_TRY(add(mock, standard, "Org1MSP", NULL, 0, &made, err));
            found = made;
        }
    }
    if (!found)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "the mock has no client %s", name);
    *out = found;
    return HEDDLE_OK;
}
