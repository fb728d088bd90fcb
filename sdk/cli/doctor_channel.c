/* The channel: who has joined it, how far it is, and who is a member. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cli/doctor.h"
#include "client/identity.h"
#include "common/ledger.pb-c.h"
#include "heddle/channel.h"
#include "wire/block.h"
#include "wire/codec.h"

enum { BEHIND_WARNING = 10 /* blocks */ };

#define READERS "/Channel/Application/Readers"

static void check_joined(doctor *d, doctor_peer *peer)
{
    heddle_error err;
    heddle_names *names;
    if (heddle_peer_channels(peer->peer, NULL, &names, &err)) {
        doctor_fail(d, "joined", peer->node->name,
                    "ask with an administrator of the peer's organisation: `admin` in the context",
                    &err);
        return;
    }
    for (size_t i = 0; i < heddle_names_count(names); i++)
        peer->has_joined = peer->has_joined || strcmp(heddle_names_at(names, i), d->channel) == 0;
    heddle_names_free(names);
    if (!peer->has_joined)
        doctor_say(d, DOCTOR_PROBLEM, "joined", peer->node->name, "heddle channel join",
                   "the peer has not joined %s", d->channel);
}

static heddle_status ask(doctor *d, const doctor_peer *peer, const char *chaincode,
                         const char *function, const char *number, heddle_view *out,
                         heddle_error *err)
{
    heddle_question question = HEDDLE_QUESTION(chaincode, function);
    const char *texts[] = {d->channel, number};
    question.texts = texts;
    question.arg_count = number ? 2 : 1;
    return doctor_ask(d, peer, &question, out, err);
}

static void take_config(doctor *d, const doctor_peer *peer)
{
    heddle_error err;
    heddle_view block;
    if (d->bundle || ask(d, peer, "cscc", "GetConfigBlock", NULL, &block, NULL))
        return;
    if (wire_bundle_from_block(block, &d->bundle, &err))
        doctor_fail(d, "configuration", d->channel, NULL, &err);
}

static heddle_status read_height(doctor *d, doctor_peer *peer, heddle_error *err)
{
    Common__BlockchainInfo *info;
    heddle_view bytes;
    BASE_TRY(ask(d, peer, "qscc", "GetChainInfo", NULL, &bytes, err));
    BASE_TRY(
        wire_decode(common__blockchain_info, bytes, cli_session_arena(d->session), &info, err));
    peer->height = info->height;
    return HEDDLE_OK;
}

static void check_height(doctor *d, doctor_peer *peer)
{
    heddle_error err;
    if (read_height(d, peer, &err))
        doctor_fail(d, "access", peer->node->name,
                    "see below whether the identity is a member of the channel", &err);
}

/* A transaction from the future shows that this machine's clock, or its maker's, is wrong; old
   ones say nothing. */
static heddle_status check_newest(doctor *d, const doctor_peer *peer, heddle_error *err)
{
    base_arena *arena = cli_session_arena(d->session);
    heddle_view bytes;
    wire_block block;
    const char *number = base_arena_printf(arena, "%" PRIu64, peer->height - 1);
    if (!number)
        return base_arena_fail(arena, err, "block");
    BASE_TRY(ask(d, peer, "qscc", "GetBlockByNumber", number, &bytes, err));
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    for (size_t i = 0; i < block.tx_count; i++) {
        wire_tx tx = {0};
        wire_tx_read_header(block.envelopes[i], &tx);
        if (tx.has_timestamp && tx.timestamp.seconds > base_wall_now().seconds) {
            doctor_clock(d, "newest transaction", tx.timestamp.seconds);
            break;
        }
    }
    return HEDDLE_OK;
}

static uint64_t greatest_height(const doctor *d)
{
    uint64_t greatest = 0;
    for (size_t i = 0; i < d->peer_count; i++)
        greatest = d->peers[i].height > greatest ? d->peers[i].height : greatest;
    return greatest;
}

static void tell_heights(doctor *d)
{
    uint64_t greatest = greatest_height(d);
    for (size_t i = 0; i < d->peer_count; i++) {
        const doctor_peer *peer = &d->peers[i];
        if (!peer->height)
            continue;
        bool is_behind = peer->height + BEHIND_WARNING < greatest;
        doctor_say(d, is_behind ? DOCTOR_WARNING : DOCTOR_FINE, "access", peer->node->name,
                   is_behind ? "see its log: whether it reaches the orderers" : NULL,
                   "has %" PRIu64 " blocks of %s%s", peer->height, d->channel,
                   is_behind ? ", and is behind" : "");
    }
}

/* Whether the channel takes the identity for a member that may read. */
static void check_member(doctor *d, const cli_org *org)
{
    heddle_error err;
    heddle_identity *identity;
    base_auto(crypto_identity) crypto_identity *member = NULL;
    if (cli_identity(d->session, org->name, &identity, NULL))
        return;
    if (!wire_bundle_msp(d->bundle, heddle_view_str(org->mspid)))
        doctor_say(d, DOCTOR_PROBLEM, "membership", org->name,
                   "an administrator of the channel adds it: heddle channel org add",
                   "%s is not an organisation of %s", org->mspid, d->channel);
    else if (wire_bundle_identify(d->bundle, client_identity_creator(identity), &member, &err))
        doctor_fail(d, "membership", org->name,
                    "enroll with a CA that the channel knows for this organisation", &err);
    else
        doctor_say(d, DOCTOR_FINE, "membership", org->name, NULL, "the identity is a member of %s",
                   org->mspid);
}

void doctor_channel(doctor *d)
{
    bool has_newest = false;
    for (size_t i = 0; i < d->peer_count; i++) {
        doctor_peer *peer = &d->peers[i];
        if (!peer->peer)
            continue;
        cli_progress(d->session, "asking %s", peer->node->name);
        check_joined(d, peer);
        if (!peer->has_joined)
            continue;
        check_height(d, peer);
        take_config(d, peer);
        heddle_error err;
        if (peer->height && !has_newest) {
            has_newest = true;
            if (check_newest(d, peer, &err))
                doctor_fail(d, "access", peer->node->name, NULL, &err);
        }
    }
    tell_heights(d);
    for (size_t i = 0; d->bundle && i < d->org_count; i++)
        check_member(d, &d->orgs[i]);
    if (!d->bundle)
        doctor_say(d, DOCTOR_SKIPPED, "membership", d->channel, NULL,
                   "no peer tells the channel's configuration");
}
