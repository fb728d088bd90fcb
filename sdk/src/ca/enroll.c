/* Enrolling by password, and again by the certificate that is to be renewed. */
#include "base/fail.h"
#include "ca/body.h"
#include "ca/client.h"
#include "ca/enrollment.h"
#include "client/gateway.h"
#include "client/identity.h"

/* What the two have in common. */
struct order {
    ca_request request; /* without its body */
    const char *profile;
    const char *label;
    const heddle_attribute_request *attributes;
    size_t attribute_count;
    crypto_cert_spec spec;
};

static void take_csr(struct order *order, const heddle_csr *csr, const char *id)
{
    order->spec = (crypto_cert_spec){.country = csr->country,
                                     .province = csr->province,
                                     .locality = csr->locality,
                                     .organization = csr->organization,
                                     .organizational_unit = csr->organizational_unit,
                                     .common_name = csr->common_name ? csr->common_name : id,
                                     .sans = csr->hosts,
                                     .san_count = csr->host_count};
}

static heddle_status write_body(const heddle_ca *ca, const struct order *order, heddle_view csr,
                                ca_body *body, heddle_view *out, heddle_error *err)
{
    ca_body_texts(body, "hosts", order->spec.sans, order->spec.san_count);
    ca_body_view(body, "certificate_request", csr);
    ca_body_text(body, "profile", order->profile);
    ca_body_text(body, "crl_override", "");
    ca_body_text(body, "label", order->label);
    ca_body_time(body, "NotBefore", 0);
    ca_body_time(body, "NotAfter", 0);
    ca_body_flag(body, "ReturnPrecert", false);
    ca_body_text(body, "CAName", ca_name(ca));
    ca_body_requests(body, order->attributes, order->attribute_count);
    return ca_body_end(body, out, err);
}

static heddle_status ask(heddle_ca *ca, const struct order *order, ca_key *key,
                         heddle_enrollment **out, heddle_error *err)
{
    base_auto_buffer base_buffer csr = {0};
    ca_auto_body ca_body body;
    ca_auto_answer ca_answer answer = {0};
    ca_request request = order->request;
    ca_body_begin(&body);
    BASE_TRY(ca_key_request(key, &order->spec, &csr, err));
    BASE_TRY(write_body(ca, order, base_buffer_view(&csr), &body, &request.body, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return ca_enrollment_new(ca, answer.result, order->profile, key, out, err);
}

/* @p key is done with in each case. */
static heddle_status carry_out(heddle_ca *ca, const struct order *order, ca_key *key,
                               heddle_enrollment **out, heddle_error *err)
{
    heddle_status status = ask(ca, order, key, out, err);
    if (status)
        ca_key_discard(key);
    ca_key_done(key);
    return status;
}

static heddle_status check_hosts(const heddle_csr *csr, heddle_error *err)
{
    for (size_t i = 0; i < csr->host_count; i++)
        if (!csr->hosts[i] || !*csr->hosts[i])
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "CSR: host %zu is empty", i);
    return HEDDLE_OK;
}

static heddle_status copy_csr(const heddle_csr *given, heddle_csr *out, heddle_error *err)
{
    BASE_TRY(client_options_copy(out, sizeof(*out), given, "HEDDLE_CSR", err));
    return check_hosts(out, err);
}

static heddle_status check_password(const heddle_enroll_options *options, heddle_error *err)
{
    if (!options->id || !*options->id)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "enroll: the id is not given");
    if (strchr(options->id, ':'))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "enroll: with ':' in its id an identity cannot be enrolled");
    if (!options->secret)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "enroll: the secret of %s is not given",
                         options->id);
    return HEDDLE_OK;
}

heddle_status heddle_ca_enroll(heddle_ca *ca, const heddle_enroll_options *options,
                               heddle_enrollment **out, heddle_error *err)
{
    heddle_enroll_options own = {0};
    heddle_csr csr = {0};
    ca_key key = {0};
    BASE_TRY(client_options_copy(&own, sizeof(own), options, "HEDDLE_ENROLL_OPTIONS", err));
    BASE_TRY(check_password(&own, err));
    BASE_TRY(copy_csr(own.csr, &csr, err));
    struct order order = {
        .request = {.method = "POST", .path = "/enroll", .id = own.id, .secret = own.secret},
        .profile = own.profile,
        .label = own.label,
        .attributes = own.attributes,
        .attribute_count = own.attribute_count};
    take_csr(&order, &csr, own.id);
    BASE_TRY(ca_key_make(&csr, own.id, &key, err));
    return carry_out(ca, &order, &key, out, err);
}

static heddle_status check_new_key(const heddle_identity *identity, const heddle_csr *csr,
                                   bool same_key, heddle_error *err)
{
    bool is_placed = csr->key_pem.len || csr->token || csr->token_key_id.len;
    if (same_key && is_placed)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "reenroll: the same key is asked for, and another one given");
    if (!same_key && !is_placed && !client_identity_key(identity))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "reenroll: the key of the identity is in a token or behind a signer; ask "
                         "for the same key, or for a new one in a token");
    return HEDDLE_OK;
}

/* The names in the certificate; the array is the caller's to base_free(). */
static heddle_status take_cert(struct order *order, const crypto_cert *cert, heddle_error *err)
{
    size_t count = crypto_cert_san_count(cert);
    const char **names = base_calloc(count + 1, sizeof(*names));
    if (!names)
        return base_fail_memory(err, "certificate request");
    for (size_t i = 0; i < count; i++)
        names[i] = crypto_cert_san(cert, i);
    order->spec = (crypto_cert_spec){.subject_of = cert, .sans = names, .san_count = count};
    return HEDDLE_OK;
}

static heddle_status make_key(heddle_identity *identity, heddle_csr *csr,
                              const heddle_reenroll_options *options, ca_key *out,
                              heddle_error *err)
{
    const crypto_cert *cert = client_identity_cert(identity);
    if (options->same_key) {
        ca_key_of(identity, out);
        return HEDDLE_OK;
    }
    if (!options->csr &&
        crypto_public_key_get_kind(crypto_cert_public_key(cert)) == CRYPTO_KEY_P384)
        csr->key_kind = HEDDLE_KEY_P384;
    return ca_key_make(csr, crypto_cert_common_name(cert), out, err);
}

static heddle_status reenroll(heddle_ca *ca, heddle_identity *identity, struct order *order,
                              heddle_csr *csr, const heddle_reenroll_options *options,
                              heddle_enrollment **out, heddle_error *err)
{
    ca_key key = {0};
    BASE_TRY(make_key(identity, csr, options, &key, err));
    return carry_out(ca, order, &key, out, err);
}

static heddle_status renew(heddle_ca *ca, heddle_identity *identity,
                           const heddle_reenroll_options *options, heddle_enrollment **out,
                           heddle_error *err)
{
    heddle_reenroll_options own = {0};
    heddle_csr csr = {0};
    const crypto_cert *cert = client_identity_cert(identity);
    BASE_TRY(client_options_copy(&own, sizeof(own), options, "HEDDLE_REENROLL_OPTIONS", err));
    BASE_TRY(copy_csr(own.csr, &csr, err));
    BASE_TRY(check_new_key(identity, &csr, own.same_key, err));
    struct order order = {.request = {.method = "POST",
                                      .path = "/reenroll",
                                      .caller = identity,
                                      .is_repeatable = true},
                          .profile = own.profile,
                          .label = own.label,
                          .attributes = own.attributes,
                          .attribute_count = own.attribute_count};
    if (own.csr && !own.same_names) {
        take_csr(&order, &csr, crypto_cert_common_name(cert));
        return reenroll(ca, identity, &order, &csr, &own, out, err);
    }
    BASE_TRY(take_cert(&order, cert, err));
    heddle_status status = reenroll(ca, identity, &order, &csr, &own, out, err);
    base_free((void *)order.spec.sans);
    return status;
}

heddle_status heddle_ca_reenroll(heddle_ca *ca, heddle_identity *identity,
                                 const heddle_reenroll_options *options, heddle_enrollment **out,
                                 heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *holder = client_identity_hold(identity);
    return renew(ca, holder, options, out, err);
}
