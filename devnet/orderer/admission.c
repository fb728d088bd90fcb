#include "devnet/orderer/admission.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "crypto/cert.h"
#include "wire/envelope.h"
#include "wire/identity.h"

enum {
    SUCCESS = COMMON__STATUS__SUCCESS,
    BAD_REQUEST = COMMON__STATUS__BAD_REQUEST,
    FORBIDDEN = COMMON__STATUS__FORBIDDEN,
    SERVICE_UNAVAILABLE = COMMON__STATUS__SERVICE_UNAVAILABLE
};

static int refuse(int code, heddle_error *err, const char *info)
{
    heddle_status status = base_fail(err, HEDDLE_E_REFUSED, "%s", info);
    (void)status;
    return code;
}

static int check_type(int32_t type, heddle_error *err)
{
    switch (type) {
    case COMMON__HEADER_TYPE__CONFIG:
        return refuse(BAD_REQUEST, err, "message is of type that cannot be processed directly");
    case COMMON__HEADER_TYPE__ORDERER_TRANSACTION:
        return refuse(BAD_REQUEST, err, "message is of type that is no longer supported");
    default:
        return SUCCESS;
    }
}

static int check_size(const wire_bundle *bundle, const dn_frame *frame, heddle_error *err)
{
    uint32_t limit = wire_bundle_config(bundle)->batch_max_bytes;
    size_t size = frame->payload.len + frame->signature.len;
    if (size <= limit)
        return SUCCESS;
    heddle_status status =
        base_fail(err, HEDDLE_E_TOO_LARGE,
                  "message payload is %zu bytes and exceeds maximum allowed %u bytes", size, limit);
    (void)status;
    return BAD_REQUEST;
}

static int check_not_after(const crypto_cert *cert, heddle_error *err)
{
    if (base_wall_now().seconds >= crypto_cert_not_after_s(cert))
        return refuse(BAD_REQUEST, err, "broadcast client identity expired");
    return SUCCESS;
}

/** An identity that cannot be read does not expire: the signature check refuses it. Known
 *  identities are kept parsed. */
static int check_expiry(const wire_bundle *bundle, heddle_view creator, heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *known = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    wire_identity identity;
    if (wire_bundle_identify(bundle, creator, &known, NULL) == HEDDLE_OK)
        return check_not_after(crypto_identity_cert(known), err);
    if (wire_identity_read(creator, &identity, NULL) != HEDDLE_OK ||
        crypto_cert_parse(identity.cert, &cert, NULL) != HEDDLE_OK)
        return SUCCESS;
    return check_not_after(cert, err);
}

static int check_signature(const wire_bundle *bundle, const wire_envelope *envelope,
                           heddle_error *err)
{
    wire_signed set = {.data = {envelope->payload},
                       .identity = envelope->header.creator,
                       .signature = envelope->signature};
    heddle_error why;
    if (wire_bundle_evaluate(bundle, "/Channel/Writers", &set, 1, &why) == HEDDLE_OK)
        return SUCCESS;
    heddle_status status =
        base_fail(err, HEDDLE_E_DENIED, "%.300s: permission denied", why.message);
    (void)status;
    return FORBIDDEN;
}

/** In maintenance the ordering service is reconfigured by its own organisations. */
static int check_maintenance(const wire_bundle *bundle, const wire_envelope *envelope,
                             heddle_error *err)
{
    int32_t type = envelope->header.type;
    if (!wire_bundle_config(bundle)->in_maintenance || type == COMMON__HEADER_TYPE__CONFIG_UPDATE ||
        type == COMMON__HEADER_TYPE__CONFIG)
        return SUCCESS;
    return refuse(SERVICE_UNAVAILABLE, err, "normal transactions are rejected: maintenance mode");
}

static int check(const wire_bundle *bundle, const wire_envelope *envelope, const dn_frame *frame,
                 heddle_error *err)
{
    int code = check_maintenance(bundle, envelope, err);
    if (code != SUCCESS)
        return code;
    code = check_size(bundle, frame, err);
    if (code == SUCCESS)
        code = check_expiry(bundle, envelope->header.creator, err);
    if (code == SUCCESS)
        code = check_signature(bundle, envelope, err);
    if (code != SUCCESS && envelope->header.type == COMMON__HEADER_TYPE__CONFIG_UPDATE)
        base_error_prefix(err, "config update for existing channel did not pass initial checks");
    return code;
}

int dn_admission_check(const dn_channel *channel, heddle_view bytes, const dn_frame *frame,
                       dn_admitted *out, heddle_error *err)
{
    wire_envelope envelope;
    if (wire_envelope_read(bytes, &envelope, err) != HEDDLE_OK) {
        base_error_prefix(err, "could not determine channel ID");
        return BAD_REQUEST;
    }
    if (!channel || !base_view_is(envelope.header.channel, channel->name))
        return refuse(BAD_REQUEST, err, "channel does not exist");
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(channel->config);
    int code = check_type(envelope.header.type, err);
    if (code == SUCCESS)
        code = check(bundle, &envelope, frame, err);
    if (code == SUCCESS)
        *out =
            (dn_admitted){.sequence = wire_bundle_config(bundle)->sequence,
                          .is_update = envelope.header.type == COMMON__HEADER_TYPE__CONFIG_UPDATE};
    return code;
}

int dn_admission_recheck(const wire_bundle *bundle, heddle_view bytes, const dn_frame *frame,
                         heddle_error *err)
{
    wire_envelope envelope;
    if (wire_envelope_read(bytes, &envelope, err) != HEDDLE_OK)
        return BAD_REQUEST;
    return check(bundle, &envelope, frame, err);
}
