#include "channel/update.h"

#include "base/clock.h"
#include "base/fail.h"
#include "channel/config.h"
#include "client/identity.h"
#include "client/proposal.h"
#include "common/common.pb-c.h"
#include "crypto/digest.h"
#include "wire/channel_config.h"
#include "wire/config_tree_parts.h"
#include "wire/envelope.h"
#include "wire/identity.h"
#include "wire/txid.h"

enum { ARENA_MAX = 256 << 20 };

static heddle_status no_memory(const heddle_config_update *update, heddle_error *err)
{
    return base_arena_fail(update->arena, err, "configuration update");
}

void heddle_config_update_free(heddle_config_update *update)
{
    if (!update)
        return;
    base_arena_free(update->arena);
    base_free(update);
}

/* @p bytes: a ConfigUpdate. */
static heddle_status take(heddle_config_update *update, heddle_view bytes, heddle_error *err)
{
    Common__ConfigUpdate *read;
    update->bytes = base_arena_view(update->arena, bytes);
    if (bytes.len && !update->bytes.data)
        return no_memory(update, err);
    BASE_TRY(wire_decode(common__config_update, bytes, update->arena, &read, err));
    if (!read->channel_id || !*read->channel_id || !read->write_set)
        return base_fail(err, HEDDLE_E_DECODE,
                         "these bytes are no update of a channel's configuration");
    update->channel = read->channel_id;
    return HEDDLE_OK;
}

static heddle_config_update *update_new(heddle_error *err)
{
    heddle_config_update *update = base_calloc(1, sizeof(*update));
    if (update)
        update->arena = base_arena_new(ARENA_MAX);
    if (update && update->arena)
        return update;
    base_free(update);
    base_fail_memory(err, "configuration update");
    return NULL;
}

heddle_status heddle_config_update_new(const heddle_config *config, heddle_config_update **out,
                                       heddle_error *err)
{
    base_auto_buffer base_buffer edited = {0}, bytes = {0};
    base_auto(heddle_config_update) heddle_config_update *update = update_new(err);
    if (!update)
        return HEDDLE_E_NO_MEMORY;
    BASE_TRY(wire_encode(&config->edited->base, &edited, err));
    heddle_status status = wire_config_update_compute(config->original, base_buffer_view(&edited),
                                                      config->channel, &bytes, err);
    if (status == HEDDLE_E_EXISTS)
        return base_fail(err, status, "channel %s: the edited configuration is the present one",
                         config->channel);
    if (status)
        return status;
    BASE_TRY(take(update, base_buffer_view(&bytes), err));
    *out = base_steal(&update);
    return HEDDLE_OK;
}

/* Signatures. */

static heddle_status make_room(heddle_config_update *update, size_t count, heddle_error *err)
{
    channel_signature *more = base_arena_zalloc(update->arena, count, sizeof(*more));
    if (!more)
        return no_memory(update, err);
    if (update->count)
        memcpy(more, update->signatures, update->count * sizeof(*more));
    update->signatures = more;
    return HEDDLE_OK;
}

/* In the place of an earlier one of the same signer. */
static void keep(heddle_config_update *update, channel_signature signature)
{
    size_t at = 0;
    while (at < update->count &&
           !base_view_equal(update->signatures[at].creator, signature.creator))
        at++;
    update->signatures[at] = signature;
    update->count += at == update->count;
}

static heddle_status take_signatures(heddle_config_update *update,
                                     const Common__ConfigUpdateEnvelope *envelope,
                                     heddle_error *err)
{
    BASE_TRY(make_room(update, envelope->n_signatures + 1, err));
    for (size_t i = 0; i < envelope->n_signatures; i++) {
        Common__SignatureHeader *header;
        heddle_view bytes = wire_view(envelope->signatures[i]->signature_header);
        BASE_TRY(wire_decode(common__signature_header, bytes, update->arena, &header, err));
        keep(update, (channel_signature){bytes, wire_view(header->creator),
                                         wire_view(envelope->signatures[i]->signature)});
    }
    return HEDDLE_OK;
}

/* E_DECODE, or E_REFUSED for an envelope of another kind. */
static heddle_status take_envelope(heddle_config_update *update, heddle_view bytes,
                                   heddle_error *err)
{
    wire_envelope envelope;
    Common__ConfigUpdateEnvelope *content;
    BASE_TRY(wire_envelope_read(bytes, &envelope, err));
    if (envelope.header.type != COMMON__HEADER_TYPE__CONFIG_UPDATE)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "this envelope is of type %d, and not an update of a configuration",
                         envelope.header.type);
    BASE_TRY(
        wire_decode(common__config_update_envelope, envelope.data, update->arena, &content, err));
    BASE_TRY(take(update, wire_view(content->config_update), err));
    return take_signatures(update, content, err);
}

heddle_status heddle_config_update_from_bytes(heddle_view bytes, heddle_config_update **out,
                                              heddle_error *err)
{
    base_auto(heddle_config_update) heddle_config_update *update = update_new(err);
    if (!update)
        return HEDDLE_E_NO_MEMORY;
    heddle_view own = base_arena_view(update->arena, bytes);
    if (bytes.len && !own.data)
        return no_memory(update, err);
    heddle_error why;
    heddle_status status = take_envelope(update, own, &why);
    if (status == HEDDLE_E_DECODE)
        status = take(update, own, &why) == HEDDLE_OK ? HEDDLE_OK : why.status;
    if (status) {
        if (err)
            *err = why;
        return status;
    }
    *out = base_steal(&update);
    return HEDDLE_OK;
}

const char *heddle_config_update_channel(const heddle_config_update *update)
{
    return update->channel;
}

static heddle_status write_header(heddle_config_update *update, heddle_view creator,
                                  heddle_view *out, heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    Common__SignatureHeader header = COMMON__SIGNATURE_HEADER__INIT;
    if (crypto_nonce(nonce, sizeof(nonce)))
        return base_fail_memory(err, "nonce of a signature");
    header.creator = wire_bytes(creator);
    header.nonce = wire_bytes(heddle_view_of(nonce, sizeof(nonce)));
    return wire_encode_arena(&header.base, update->arena, out, err);
}

heddle_status heddle_config_update_sign(heddle_config_update *update, heddle_identity *given,
                                        heddle_error *err)
{
    base_auto_buffer base_buffer message = {0};
    channel_signature made;
    crypto_signature signature;
    if (!given)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "configuration update: nobody is to sign");
    base_auto(heddle_identity) heddle_identity *identity = client_identity_hold(given);
    made.creator = base_arena_view(update->arena, client_identity_creator(identity));
    if (!made.creator.data)
        return no_memory(update, err);
    BASE_TRY(write_header(update, made.creator, &made.header, err));
    if (base_buffer_append(&message, made.header) || base_buffer_append(&message, update->bytes))
        return base_fail_memory(err, "configuration update");
    BASE_TRY(client_identity_sign(identity, base_buffer_view(&message), &signature, err));
    made.signature = base_arena_view(update->arena, crypto_signature_view(&signature));
    if (!made.signature.data)
        return no_memory(update, err);
    BASE_TRY(make_room(update, update->count + 1, err));
    keep(update, made);
    return HEDDLE_OK;
}

heddle_status heddle_config_update_signers(const heddle_config_update *update, heddle_names **out,
                                           heddle_error *err)
{
    base_auto(heddle_names) heddle_names *names = channel_names_new(update->count);
    if (!names)
        return base_fail_memory(err, "signers");
    for (size_t i = 0; i < update->count; i++) {
        wire_identity signer;
        BASE_TRY(wire_identity_read(update->signatures[i].creator, &signer, err));
        base_auto(chars) char *mspid = base_strdup_view(signer.mspid);
        if (!mspid || !channel_names_add(names, mspid))
            return base_fail_memory(err, "signers");
    }
    *out = base_steal(&names);
    return HEDDLE_OK;
}

/* The envelope. */

static heddle_status write_content(const heddle_config_update *update, base_arena *arena,
                                   heddle_view *out, heddle_error *err)
{
    Common__ConfigUpdateEnvelope content = COMMON__CONFIG_UPDATE_ENVELOPE__INIT;
    content.config_update = wire_bytes(update->bytes);
    content.signatures = base_arena_zalloc(arena, update->count + 1, sizeof(*content.signatures));
    if (!content.signatures)
        return base_arena_fail(arena, err, "configuration update");
    for (size_t i = 0; i < update->count; i++) {
        Common__ConfigSignature *signature = wire_new(common__config_signature, arena);
        if (!signature)
            return base_arena_fail(arena, err, "configuration update");
        signature->signature_header = wire_bytes(update->signatures[i].header);
        signature->signature = wire_bytes(update->signatures[i].signature);
        content.signatures[content.n_signatures++] = signature;
    }
    return wire_encode_arena(&content.base, arena, out, err);
}

static heddle_status write_envelope(const heddle_config_update *update,
                                    const heddle_identity *given, base_arena *arena,
                                    heddle_view *out, heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *submitter =
        given ? client_identity_hold(given) : NULL;
    uint8_t nonce[WIRE_NONCE_LEN];
    crypto_signature signature = {0};
    heddle_view content, payload;
    if (crypto_nonce(nonce, sizeof(nonce)))
        return base_fail_memory(err, "nonce of an envelope");
    wire_header header = {.type = COMMON__HEADER_TYPE__CONFIG_UPDATE,
                          .time = base_wall_now(),
                          .channel = heddle_view_str(update->channel)};
    if (submitter) {
        header.creator = client_identity_creator(submitter);
        header.nonce = heddle_view_of(nonce, sizeof(nonce));
    }
    BASE_TRY(write_content(update, arena, &content, err));
    BASE_TRY(wire_payload_write(&header, content, arena, &payload, err));
    if (submitter)
        BASE_TRY(client_identity_sign(submitter, payload, &signature, err));
    return wire_envelope_write(
        payload, submitter ? crypto_signature_view(&signature) : heddle_view_of(NULL, 0), arena,
        out, err);
}

heddle_status channel_update_envelope(const heddle_config_update *update,
                                      const heddle_identity *submitter, base_buffer *out,
                                      heddle_error *err)
{
    heddle_view bytes;
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "configuration update");
    BASE_TRY(write_envelope(update, submitter, arena, &bytes, err));
    return base_buffer_append(out, bytes) ? base_fail_memory(err, "configuration update")
                                          : HEDDLE_OK;
}

heddle_status heddle_config_update_bytes(const heddle_config_update *update, heddle_bytes *out,
                                         heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(channel_update_envelope(update, NULL, &bytes, err));
    return client_bytes_give(&bytes, out, err);
}

/* What it changes. */

static bool is_change(const config_part *written, const config_parts *read)
{
    const config_part *seen = wire_config_parts_find(read, written->key);
    return !seen || wire_config_member_version(&seen->member) !=
                        wire_config_member_version(&written->member);
}

static heddle_status list_changes(const config_parts *read, const config_parts *write,
                                  heddle_names **out, heddle_error *err)
{
    size_t count = 0;
    for (const config_part *part = write->first; part; part = part->next)
        count++;
    base_auto(heddle_names) heddle_names *names = channel_names_new(count);
    if (!names)
        return base_fail_memory(err, "changes");
    for (const config_part *part = write->first; part; part = part->next)
        if (is_change(part, read) && !channel_names_add(names, part->key))
            return base_fail_memory(err, "changes");
    *out = base_steal(&names);
    return HEDDLE_OK;
}

heddle_status heddle_config_update_changes(const heddle_config_update *update, heddle_names **out,
                                           heddle_error *err)
{
    Common__ConfigUpdate *sets;
    config_parts read = {0}, write = {0};
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "changes");
    BASE_TRY(wire_decode(common__config_update, update->bytes, arena, &sets, err));
    heddle_status status = wire_config_parts_init(&read, sets->read_set, arena, err);
    if (status == HEDDLE_OK)
        status = wire_config_parts_init(&write, sets->write_set, arena, err);
    if (status == HEDDLE_OK)
        status = list_changes(&read, &write, out, err);
    wire_config_parts_done(&read);
    wire_config_parts_done(&write);
    return status;
}

/* What orderers think of it. */

static heddle_status rename_failure(heddle_error *err, heddle_status status, heddle_retry retry,
                                    const char *says)
{
    err->status = status;
    err->retry = retry;
    base_error_prefix(err, "%s", says);
    return status;
}

heddle_status channel_update_judge(heddle_error *err)
{
    const char *text = err->message;
    if (strstr(text, "at version") || strstr(text, "was in the read set") ||
        strstr(text, "key does not exist"))
        return rename_failure(err, HEDDLE_E_BAD_STATE, HEDDLE_RETRY_NEW_TX,
                              "the configuration was changed meanwhile; fetch it anew and make "
                              "the update again");
    if (strstr(text, "not satisfied") || strstr(text, "sub-policies were satisfied"))
        return rename_failure(err, HEDDLE_E_POLICY, HEDDLE_RETRY_NO, "more signatures are needed");
    return err->status;
}

heddle_status heddle_config_update_check(const heddle_config_update *update,
                                         const heddle_config *present, heddle_error *err)
{
    heddle_error own;
    base_auto_buffer base_buffer envelope = {0}, result = {0};
    base_auto(wire_bundle) wire_bundle *bundle = NULL;
    err = err ? err : &own;
    BASE_TRY(wire_bundle_from_config(present->original, present->channel, &bundle, err));
    BASE_TRY(channel_update_envelope(update, NULL, &envelope, err));
    heddle_status status =
        wire_config_update_apply(bundle, base_buffer_view(&envelope), &result, NULL, err);
    return status == HEDDLE_E_BAD_STATE || status == HEDDLE_E_POLICY ? channel_update_judge(err)
                                                                     : status;
}
