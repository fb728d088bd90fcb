#include "bed.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "fakes.h"
#include "support/fixture.h"
#include "wire/error_details.h"
#include "wire/identity.h"
#include "wire/proposal.h"

#define ORG1 HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com"
#define USER ORG1 "/users/User1@org1.example.com/msp"

/* Messages by hand. */

static void put_varint(base_buffer *out, uint64_t value)
{
    do {
        uint8_t byte = value & 0x7f;
        value >>= 7;
        ck_assert_int_eq(base_buffer_append_byte(out, value ? byte | 0x80 : byte), HEDDLE_OK);
    } while (value);
}

void pb_bytes(base_buffer *out, unsigned field, heddle_view bytes)
{
    put_varint(out, field << 3 | 2);
    put_varint(out, bytes.len);
    ck_assert_int_eq(base_buffer_append(out, bytes), HEDDLE_OK);
}

void pb_text(base_buffer *out, unsigned field, const char *text)
{
    pb_bytes(out, field, heddle_view_str(text));
}

void pb_number(base_buffer *out, unsigned field, uint64_t number)
{
    put_varint(out, field << 3);
    put_varint(out, number);
}

/* The bytes to the arena of the bed. */
static heddle_view keep(bed *b, base_buffer *bytes)
{
    heddle_view kept = base_arena_view(b->arena, base_buffer_view(bytes));
    base_buffer_done(bytes);
    return kept;
}

/* Life. */

static void read_identity(bed *b)
{
    base_buffer cert = {0}, identity = {0};
    heddle_error err;
    ck_assert_int_eq(
        base_read_file(USER "/signcerts/User1@org1.example.com-cert.pem", 0, &cert, &err),
        HEDDLE_OK);
    ck_assert_int_eq(wire_identity_write(VIEW("Org1MSP"), base_buffer_view(&cert), &identity),
                     HEDDLE_OK);
    b->identity = keep(b, &identity);
    base_buffer_done(&cert);
    ck_assert_int_eq(crypto_key_load(USER "/keystore/priv_sk", &b->key, &err), HEDDLE_OK);
}

bed *bed_new(size_t peers, size_t orderers)
{
    static const char *const msps[BED_PEERS] = {"Org1MSP", "Org1MSP", "Org2MSP", "Org2MSP"};
    bed *b = base_calloc(1, sizeof(*b));
    pthread_mutex_init(&b->lock, NULL);
    b->arena = base_arena_new(0);
    b->fake_arena = base_arena_new(0);
    b->dir = fixture_dir_new();
    b->peer_count = peers;
    b->orderer_count = orderers;
    b->height = 10;
    b->has_config = true;
    b->layouts[0][0] = b->layouts[0][1] = 1;
    b->layout_count = 1;
    for (size_t i = 0; i < peers; i++) {
        b->peers[i].bed = b;
        b->peers[i].mspid = msps[i];
        b->peers[i].height = 10;
    }
    for (size_t i = 0; i < orderers; i++)
        b->orderers[i].bed = b;
    read_identity(b);
    return b;
}

conf_snapshot *bed_conf(bed *b)
{
    base_buffer text = {0};
    bool has_interval = b->more_conf && strstr(b->more_conf, "discovery.interval");
    ck_assert_int_eq(base_buffer_printf(&text,
                                        "listen: 127.0.0.1:%u\n"
                                        "identity: {msp_id: Org1MSP, certificate: %s, key: %s}\n"
                                        "peers:\n"
                                        "  - {address: \"%s\"}\n"
                                        "  - {address: \"%s\"}\n"
                                        "reactors: 2\n"
                                        "log.level: \"off\"\n"
                                        "%s%s",
                                        b->listen_port,
                                        USER "/signcerts/User1@org1.example.com-cert.pem",
                                        USER "/keystore/priv_sk", b->peers[0].endpoint,
                                        b->peers[b->peer_count > 1 ? 1 : 0].endpoint,
                                        has_interval ? "" : "discovery.interval: 1h\n",
                                        b->more_conf ? b->more_conf : ""),
                     HEDDLE_OK);
    char path[256];
    heddle_error err;
    snprintf(path, sizeof(path), "%s/gateway.yaml", b->dir);
    ck_assert_int_eq(base_write_file(path, base_buffer_view(&text), 0600, &err), HEDDLE_OK);
    base_buffer_done(&text);
    char program[] = "gateway", flag[] = "--config";
    char *argv[] = {program, flag, path, NULL};
    char *environment[] = {NULL};
    conf_request request = {.argc = 3, .argv = argv, .environment = environment};
    conf_snapshot *snapshot = NULL;
    conf_action action;
    heddle_status status = conf_load(&gw_conf_table, &request, &snapshot, &action, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    return snapshot;
}

void bed_listen(bed *b)
{
    for (size_t i = 0; i < b->peer_count; i++)
        fake_peer_start(&b->peers[i]);
    for (size_t i = 0; i < b->orderer_count; i++)
        fake_orderer_start(&b->orderers[i]);
    b->is_listening = true;
}

void bed_start(bed *b)
{
    heddle_error err;
    if (!b->is_listening)
        bed_listen(b);
    heddle_status status = gw_gateway_start(bed_conf(b), &b->gw, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    char target[64];
    snprintf(target, sizeof(target), "127.0.0.1:%u", gw_gateway_port(b->gw));
    rpc_client_creds *creds = NULL;
    ck_assert_int_eq(rpc_client_creds_insecure(&creds, &err), HEDDLE_OK);
    rpc_channel_options options = {.target = target};
    ck_assert_int_eq(rpc_channel_open(&options, creds, &b->client, &err), HEDDLE_OK);
    rpc_client_creds_free(creds);
}

void bed_free(bed *b)
{
    rpc_channel_close(b->client);
    gw_gateway_stop(b->gw);
    for (size_t i = 0; i < b->peer_count; i++)
        fake_peer_stop(&b->peers[i]);
    for (size_t i = 0; i < b->orderer_count; i++)
        fake_orderer_stop(&b->orderers[i]);
    base_buffer_done(&b->interest);
    base_buffer_done(&b->ledger_block);
    crypto_key_unref(b->key);
    base_arena_free(b->arena);
    base_arena_free(b->fake_arena);
    fixture_dir_free(b->dir);
    pthread_mutex_destroy(&b->lock);
    base_free(b);
}

void bed_peer_stop(bed *b, size_t peer)
{
    fake_peer_stop(&b->peers[peer]);
}

void bed_peer_restart(bed *b, size_t peer)
{
    fake_peer_start(&b->peers[peer]);
}

void bed_orderer_stop(bed *b, size_t orderer)
{
    fake_orderer_stop(&b->orderers[orderer]);
}

int bed_count(bed *b, const int *counter)
{
    pthread_mutex_lock(&b->lock);
    int n = *counter;
    pthread_mutex_unlock(&b->lock);
    return n;
}

int bed_proposals(bed *b, size_t peer)
{
    return bed_count(b, &b->peers[peer].proposals);
}

/* Calls. */

static void on_reply(const rpc_reply *reply, void *user)
{
    bed_outcome *out = user;
    out->code = reply->status.code;
    snprintf(out->message, sizeof(out->message), "%.*s", BASE_VIEW_ARG(reply->status.message));
    ck_assert_int_eq(base_buffer_append(&out->details, reply->status.details), HEDDLE_OK);
    out->response = reply->response ? rpc_bytes_ref(reply->response) : NULL;
    rpc_latch_down(&out->latch);
}

void bed_call_start(bed *b, const char *method, heddle_view request, uint64_t timeout_ms,
                    bed_outcome *out)
{
    heddle_error err;
    *out = (bed_outcome){.code = -1};
    rpc_latch_init(&out->latch, 1);
    rpc_call_options options = {.method = method, .deadline_ms = base_now_ms() + timeout_ms};
    ck_assert_int_eq(rpc_call_start(b->client, &options, request, on_reply, out, NULL, &err),
                     HEDDLE_OK);
}

void bed_wait(bed_outcome *out)
{
    ck_assert(rpc_latch_wait_ms(&out->latch, 30000));
}

void bed_call(bed *b, const char *method, heddle_view request, bed_outcome *out)
{
    bed_call_start(b, method, request, 20000, out);
    bed_wait(out);
}

void bed_outcome_done(bed_outcome *out)
{
    rpc_bytes_unref(out->response);
    base_buffer_done(&out->details);
    rpc_latch_done(&out->latch);
    *out = (bed_outcome){0};
    rpc_latch_init(&out->latch, 0);
}

const char *bed_detail(bed *b, const bed_outcome *out, size_t index)
{
    wire_error_details details = {0};
    heddle_error err;
    if (!out->details.len)
        return "";
    ck_assert_int_eq(
        wire_error_details_read(base_buffer_view(&out->details), b->arena, &details, &err),
        HEDDLE_OK);
    if (index >= details.count)
        return "";
    const wire_error_detail *item = &details.items[index];
    return base_arena_printf(b->arena, "%s|%s|%s", item->address, item->mspid, item->message);
}

/* Requests. */

static heddle_view sign(bed *b, heddle_view message, bool is_bad)
{
    crypto_signature signature;
    heddle_error err;
    ck_assert_int_eq(crypto_key_sign(b->key, CRYPTO_SHA256, message, &signature, &err), HEDDLE_OK);
    heddle_view kept = base_arena_view(b->arena, crypto_signature_view(&signature));
    if (is_bad)
        ((uint8_t *)(uintptr_t)kept.data)[kept.len - 1] ^= 1;
    return kept;
}

heddle_view bed_signed(bed *b, heddle_view message, bool bad_signature)
{
    base_buffer out = {0};
    pb_bytes(&out, 1, message);
    pb_bytes(&out, 2, sign(b, message, bad_signature));
    return keep(b, &out);
}

bed_proposal bed_propose(bed *b, const char *channel, const char *chaincode, bool is_transient)
{
    static unsigned serial;
    char nonce[25];
    heddle_error err;
    heddle_view args[] = {VIEW("create"), VIEW("a1")}, proposal;
    wire_transient transient = {VIEW("secret"), VIEW("do not tell")};
    snprintf(nonce, sizeof(nonce), "%024u", ++serial);
    wire_proposal_draft draft = {.channel = heddle_view_str(channel),
                                 .chaincode = heddle_view_str(chaincode),
                                 .creator = b->identity,
                                 .nonce = heddle_view_of(nonce, 24),
                                 .time = base_wall_now(),
                                 .args = args,
                                 .arg_count = 2,
                                 .transient = &transient,
                                 .transient_count = is_transient};
    bed_proposal made;
    ck_assert_int_eq(wire_proposal_write(&draft, b->arena, &proposal, made.tx_id, &err), HEDDLE_OK);
    made.signed_proposal = bed_signed(b, proposal, false);
    return made;
}

heddle_view bed_proposal_request(bed *b, const bed_proposal *proposal, const char *const *orgs)
{
    base_buffer out = {0};
    pb_text(&out, 1, proposal->tx_id);
    pb_text(&out, 2, "mychannel");
    pb_bytes(&out, 3, proposal->signed_proposal);
    for (; orgs && *orgs; orgs++)
        pb_text(&out, 4, *orgs);
    return keep(b, &out);
}

heddle_view bed_envelope(bed *b, const char *payload, const char *signature)
{
    base_buffer out = {0};
    pb_text(&out, 1, payload);
    if (signature[0])
        pb_text(&out, 2, signature);
    return keep(b, &out);
}

heddle_view bed_submit_request(bed *b, const char *channel, heddle_view envelope)
{
    base_buffer out = {0};
    pb_text(&out, 1, "tx");
    pb_text(&out, 2, channel);
    if (envelope.data)
        pb_bytes(&out, 3, envelope);
    return keep(b, &out);
}

heddle_view bed_status_request(bed *b, const char *channel, const char *tx_id, bool bad_signature)
{
    base_buffer out = {0};
    pb_text(&out, 1, tx_id);
    pb_text(&out, 2, channel);
    pb_bytes(&out, 3, b->identity);
    return bed_signed(b, keep(b, &out), bad_signature);
}
