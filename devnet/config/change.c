#include "devnet/config/change.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "common/common.pb-c.h"
#include "rpc/latch.h"
#include "wire/config_update.h"
#include "wire/envelope.h"
#include "wire/txid.h"

enum { TRIES = 8, WAIT_MS = 30000 };

typedef struct change {
    dn_chain *chain;
    const dn_material *material;
    dn_config_edit_fn *edit;
    void *user;
    base_arena *arena; /* of one try */
    heddle_error *err;
} change;

/* Making the update. */

static heddle_status compute(const change *c, const wire_bundle *bundle, heddle_view *out)
{
    heddle_view original, edited;
    Common__Config *config;
    base_auto_buffer base_buffer update = {0};
    BASE_TRY(
        wire_encode_arena(&wire_bundle_config(bundle)->config->base, c->arena, &original, c->err));
    BASE_TRY(wire_decode(common__config, original, c->arena, &config, c->err));
    BASE_TRY(c->edit(config, c->arena, c->user, c->err));
    BASE_TRY(wire_encode_arena(&config->base, c->arena, &edited, c->err));
    BASE_TRY(wire_config_update_compute(original, edited, c->chain->channel.name, &update, c->err));
    *out = base_arena_view(c->arena, base_buffer_view(&update));
    return out->data ? HEDDLE_OK : base_arena_fail(c->arena, c->err, "a config update");
}

/* Signing it. */

static heddle_status load_admin(const change *c, const dn_org *org, dn_signer **out)
{
    char *dir = base_arena_printf(c->arena, "%s/users/Admin@%s/msp", org->dir, org->domain);
    if (!dir)
        return base_arena_fail(c->arena, c->err, "a config update");
    return dn_signer_load(dir, org->msp_id, out, c->err);
}

static heddle_status keep(const change *c, const crypto_signature *signature, heddle_view *out)
{
    *out = base_arena_view(c->arena, crypto_signature_view(signature));
    return out->data ? HEDDLE_OK : base_arena_fail(c->arena, c->err, "a config update");
}

static heddle_status make_nonce(const change *c, heddle_view *out)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    if (crypto_random(nonce, sizeof(nonce)) != HEDDLE_OK)
        return base_fail(c->err, HEDDLE_E_CRYPTO, "no random bytes");
    *out = base_arena_view(c->arena, heddle_view_of(nonce, sizeof(nonce)));
    return out->data ? HEDDLE_OK : base_arena_fail(c->arena, c->err, "a config update");
}

static heddle_status sign(const change *c, const dn_org *org, heddle_view update,
                          Common__ConfigSignature **out)
{
    base_auto(dn_signer) dn_signer *admin = NULL;
    Common__SignatureHeader header = COMMON__SIGNATURE_HEADER__INIT;
    Common__ConfigSignature *made = wire_new(common__config_signature, c->arena);
    crypto_signature signature;
    heddle_view nonce, bytes, kept;
    if (!made)
        return base_arena_fail(c->arena, c->err, "a config update");
    BASE_TRY(load_admin(c, org, &admin));
    BASE_TRY(make_nonce(c, &nonce));
    header.creator = wire_bytes(dn_signer_identity(admin));
    header.nonce = wire_bytes(nonce);
    BASE_TRY(wire_encode_arena(&header.base, c->arena, &bytes, c->err));
    heddle_view parts[] = {bytes, update};
    BASE_TRY(dn_signer_sign(admin, parts, BASE_COUNT(parts), &signature, c->err));
    BASE_TRY(keep(c, &signature, &kept));
    made->signature_header = wire_bytes(bytes);
    made->signature = wire_bytes(kept);
    *out = made;
    return HEDDLE_OK;
}

static heddle_status sign_all(const change *c, heddle_view update, heddle_view *out)
{
    const dn_material *material = c->material;
    Common__ConfigUpdateEnvelope envelope = COMMON__CONFIG_UPDATE_ENVELOPE__INIT;
    envelope.config_update = wire_bytes(update);
    envelope.signatures =
        base_arena_zalloc(c->arena, material->org_count + 1, sizeof(*envelope.signatures));
    if (!envelope.signatures)
        return base_arena_fail(c->arena, c->err, "a config update");
    BASE_TRY(sign(c, &material->orderer, update, &envelope.signatures[0]));
    for (size_t i = 0; i < material->org_count; i++)
        BASE_TRY(sign(c, &material->orgs[i], update, &envelope.signatures[i + 1]));
    envelope.n_signatures = material->org_count + 1;
    return wire_encode_arena(&envelope.base, c->arena, out, c->err);
}

static heddle_status seal(const change *c, heddle_view data, heddle_view *out)
{
    base_auto(dn_signer) dn_signer *admin = NULL;
    crypto_signature signature;
    heddle_view payload;
    BASE_TRY(load_admin(c, &c->material->orderer, &admin));
    wire_header header = {.type = COMMON__HEADER_TYPE__CONFIG_UPDATE,
                          .time = base_wall_now(),
                          .channel = heddle_view_str(c->chain->channel.name),
                          .creator = dn_signer_identity(admin)};
    BASE_TRY(make_nonce(c, &header.nonce));
    BASE_TRY(wire_payload_write(&header, data, c->arena, &payload, c->err));
    BASE_TRY(dn_signer_sign(admin, &payload, 1, &signature, c->err));
    return wire_envelope_write(payload, crypto_signature_view(&signature), c->arena, out, c->err);
}

/* Ordering it. */

typedef struct ordered {
    dn_order base;
    rpc_latch done;
    heddle_status status;
    heddle_error err;
} ordered;

static void on_answer(dn_order *base, heddle_status status, const heddle_error *err)
{
    ordered *o = base_container_of(base, ordered, base);
    o->status = status;
    if (status != HEDDLE_OK)
        o->err = *err;
    rpc_latch_down(&o->done);
}

static heddle_status order(const change *c, heddle_view envelope, uint64_t sequence)
{
    ordered o = {.base = {.answer = on_answer,
                          .size = envelope.len,
                          .admitted = {.sequence = sequence, .is_update = true}}};
    o.base.envelope = rpc_bytes_copy(envelope);
    if (!o.base.envelope)
        return base_fail_memory(c->err, "a config update");
    rpc_latch_init(&o.done, 1);
    dn_sequencer_submit(c->chain->sequencer, &o.base);
    rpc_latch_wait(&o.done);
    rpc_latch_done(&o.done);
    rpc_bytes_unref(o.base.envelope);
    if (o.status != HEDDLE_OK && c->err)
        *c->err = o.err;
    return o.status;
}

/** Until the block of the configuration is there, which comes after the configuration. */
static heddle_status wait_for(const change *c, uint64_t sequence)
{
    const dn_config_holder *holder = c->chain->channel.config;
    uint64_t end = base_now_ms() + WAIT_MS;
    for (;;) {
        uint64_t height = dn_blockstore_height(c->chain->blocks);
        uint64_t now = base_now_ms();
        if (dn_config_holder_sequence(holder) >= sequence &&
            dn_config_holder_block(holder) < height)
            return HEDDLE_OK;
        BASE_TRY(dn_blockstore_wait(c->chain->blocks, height, end > now ? end - now : 0, c->err));
    }
}

static heddle_status try_once(const change *c, const wire_bundle *bundle)
{
    uint64_t sequence = wire_bundle_config(bundle)->sequence;
    heddle_view update, data, envelope;
    heddle_status status = compute(c, bundle, &update);
    if (status == HEDDLE_E_EXISTS)
        return HEDDLE_OK;
    BASE_TRY(status);
    BASE_TRY(sign_all(c, update, &data));
    BASE_TRY(seal(c, data, &envelope));
    BASE_TRY(order(c, envelope, sequence));
    return wait_for(c, sequence + 1);
}

/** Whether another configuration came in between: then it is tried upon that. */
static bool is_overtaken(const change *c, const wire_bundle *bundle)
{
    return dn_config_holder_sequence(c->chain->channel.config) !=
           wire_bundle_config(bundle)->sequence;
}

heddle_status dn_chain_change(dn_chain *chain, const dn_material *material, dn_config_edit_fn *edit,
                              void *user, heddle_error *err)
{
    for (unsigned n = 1;; n++) {
        base_auto(arena) base_arena *arena = base_arena_new(0);
        base_auto(wire_bundle) wire_bundle *bundle =
            dn_config_holder_acquire(chain->channel.config);
        change c = {chain, material, edit, user, arena, err};
        heddle_status status =
            arena ? try_once(&c, bundle) : base_fail_memory(err, "a config update");
        if (status != HEDDLE_E_REFUSED || n == TRIES || !is_overtaken(&c, bundle))
            return status;
    }
}

/* Revocation. */

typedef struct revocation {
    const char *msp_id;
    heddle_view crl;
    bool is_found;
} revocation;

/** In the organisation of a group, if it has this MSP. */
static heddle_status revoke_in(const Common__ConfigGroup *org, base_arena *arena, revocation *r,
                               heddle_error *err)
{
    Common__ConfigValue *value = (Common__ConfigValue *)(uintptr_t)wire_config_value(org, "MSP");
    Msp__MSPConfig *wrapper;
    Msp__FabricMSPConfig *msp;
    heddle_view bytes;
    ProtobufCBinaryData list = wire_bytes(r->crl);
    if (!value)
        return HEDDLE_OK;
    BASE_TRY(wire_decode(msp__mspconfig, wire_view(value->value), arena, &wrapper, err));
    BASE_TRY(wire_decode(msp__fabric_mspconfig, wire_view(wrapper->config), arena, &msp, err));
    if (strcmp(msp->name, r->msp_id) != 0)
        return HEDDLE_OK;
    r->is_found = true;
    msp->revocation_list = &list;
    msp->n_revocation_list = r->crl.len > 0;
    BASE_TRY(wire_encode_arena(&msp->base, arena, &bytes, err));
    wrapper->config = wire_bytes(bytes);
    BASE_TRY(wire_encode_arena(&wrapper->base, arena, &bytes, err));
    value->value = wire_bytes(bytes);
    return HEDDLE_OK;
}

static heddle_status revoke(Common__Config *config, base_arena *arena, void *user,
                            heddle_error *err)
{
    static const char *const sections[] = {"Application", "Orderer"};
    revocation *r = user;
    for (size_t i = 0; i < BASE_COUNT(sections); i++) {
        const Common__ConfigGroup *section =
            wire_config_subgroup(config->channel_group, heddle_view_str(sections[i]));
        for (size_t k = 0; section && k < section->n_groups; k++) {
            if (section->groups[k]->value)
                BASE_TRY(revoke_in(section->groups[k]->value, arena, r, err));
        }
    }
    return r->is_found ? HEDDLE_OK
                       : base_fail(err, HEDDLE_E_NOT_FOUND,
                                   "no organisation of the channel has the MSP %.64s", r->msp_id);
}

heddle_status dn_chain_revoke(dn_chain *chain, const dn_material *material, const char *msp_id,
                              heddle_view crl, heddle_error *err)
{
    revocation r = {.msp_id = msp_id, .crl = crl};
    return dn_chain_change(chain, material, revoke, &r, err);
}
