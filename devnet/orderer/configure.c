#include "devnet/orderer/configure.h"

#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "common/common.pb-c.h"
#include "devnet/orderer/admission.h"
#include "wire/config_update.h"
#include "wire/envelope.h"
#include "wire/txid.h"

/* Consenters are the orderers of this process, which come and go with it alone. */

static heddle_status encode(const ProtobufCMessage *message, base_arena *arena, heddle_view *out,
                            heddle_error *err)
{
    *out = (heddle_view){0};
    return message ? wire_encode_arena(message, arena, out, err) : HEDDLE_OK;
}

static heddle_status list_consenters(const wire_channel_config *config, base_arena *arena,
                                     heddle_view *out, heddle_error *err)
{
    if (!config->raft)
        return encode(config->consenters ? &config->consenters->base : NULL, arena, out, err);
    Etcdraft__ConfigMetadata only = ETCDRAFT__CONFIG_METADATA__INIT;
    only.consenters = config->raft->consenters;
    only.n_consenters = config->raft->n_consenters;
    return encode(&only.base, arena, out, err);
}

static heddle_status check_consenters(const wire_bundle *from, const wire_bundle *to,
                                      heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_view before, after;
    const char *is = wire_bundle_config(from)->consensus_type;
    const char *wanted = wire_bundle_config(to)->consensus_type;
    if (!arena)
        return base_fail_memory(err, "a configuration");
    if (strcmp(is, wanted) != 0)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "attempted to change consensus type from %.32s to %.32s", is, wanted);
    BASE_TRY(list_consenters(wire_bundle_config(from), arena, &before, err));
    BASE_TRY(list_consenters(wire_bundle_config(to), arena, &after, err));
    if (base_view_equal(before, after))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED,
                     "consensus metadata update for channel config update is invalid: the "
                     "consenters of this network cannot be changed");
}

/* The envelope. */

static heddle_status seal(const wire_bundle *bundle, const dn_signer *signer, heddle_view data,
                          base_arena *arena, heddle_view *out, heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    crypto_signature signature;
    heddle_view payload;
    if (crypto_random(nonce, sizeof(nonce)) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "no random bytes");
    wire_header header = {.type = COMMON__HEADER_TYPE__CONFIG,
                          .time = base_wall_now(),
                          .channel = heddle_view_str(wire_bundle_config(bundle)->channel),
                          .creator = dn_signer_identity(signer),
                          .nonce = heddle_view_of(nonce, sizeof(nonce))};
    BASE_TRY(wire_payload_write(&header, data, arena, &payload, err));
    BASE_TRY(dn_signer_sign(signer, &payload, 1, &signature, err));
    return wire_envelope_write(payload, crypto_signature_view(&signature), arena, out, err);
}

static heddle_status make(const wire_bundle *bundle, const dn_signer *signer, heddle_view update,
                          base_buffer *out, wire_bundle **out_next, heddle_error *err)
{
    base_auto_buffer base_buffer data = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    base_auto(wire_bundle) wire_bundle *next = NULL;
    heddle_view envelope;
    if (!arena)
        return base_fail_memory(err, "a configuration");
    BASE_TRY(wire_config_update_apply(bundle, update, &data, &next, err));
    BASE_TRY(check_consenters(bundle, next, err));
    BASE_TRY(seal(bundle, signer, base_buffer_view(&data), arena, &envelope, err));
    if (base_buffer_append(out, envelope) != HEDDLE_OK)
        return base_fail_memory(err, "a configuration");
    *out_next = base_steal(&next);
    return HEDDLE_OK;
}

static int code_of(heddle_status status)
{
    return status == HEDDLE_E_NO_MEMORY ? COMMON__STATUS__SERVICE_UNAVAILABLE
                                        : COMMON__STATUS__BAD_REQUEST;
}

/** What became of it goes through the same checks as every envelope. */
static int check_made(const wire_bundle *bundle, const base_buffer *made, heddle_error *err)
{
    dn_frame frame;
    heddle_status status = dn_frame_read(base_buffer_view(made), &frame, err);
    int code = status == HEDDLE_OK
                   ? dn_admission_recheck(bundle, base_buffer_view(made), &frame, err)
                   : code_of(status);
    if (code != COMMON__STATUS__SUCCESS)
        base_error_prefix(err, "config update for existing channel did not pass final checks");
    return code;
}

int dn_configure(const wire_bundle *bundle, const dn_signer *signer, heddle_view update,
                 base_buffer *out, wire_bundle **out_next, heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *next = NULL;
    heddle_status status = make(bundle, signer, update, out, &next, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "error applying config update to existing channel '%s'",
                          wire_bundle_config(bundle)->channel);
        return code_of(status);
    }
    int code = check_made(bundle, out, err);
    if (code == COMMON__STATUS__SUCCESS)
        *out_next = base_steal(&next);
    return code;
}
