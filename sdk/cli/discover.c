/* heddle discover: what peers know of each other, and who can endorse. */
#include "heddle/discovery.h"

#include "base/fail.h"
#include "cli/groups.h"
#include "cli/session.h"

BASE_AUTO_DEFINE(heddle_discovery, heddle_discovery *, heddle_discovery_free)

static void put_peer(cli_document *doc, const heddle_found_peer *peer, bool in_channel)
{
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "address", peer->address);
    cli_put_text(doc, "mspid", peer->mspid);
    if (in_channel) {
        cli_put_number(doc, "height", peer->height);
        cli_begin_list(doc, "chaincodes");
        for (size_t i = 0; i < peer->chaincode_count; i++) {
            cli_begin_object(doc, NULL);
            cli_put_text(doc, "name", peer->chaincodes[i].name);
            cli_put_text(doc, "version", peer->chaincodes[i].version);
            cli_end_object(doc);
        }
        cli_end_list(doc);
    }
    cli_end_object(doc);
}

static heddle_status ask_channel(cli_session *session, heddle_discovery **out, heddle_error *err)
{
    const heddle_call_options options = cli_call_options(session);
    heddle_gateway *network;
    const char *channel;
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_network(session, &network, err));
    cli_progress(session, "asking a peer");
    return heddle_discover_channel(network, channel, &options, out, err);
}

/* peers */

struct peers {
    bool local;
};

static const cli_option peers_options[] = {
    {.name = "local",
     .type = CLI_FLAG,
     CLI_AT(struct peers, local),
     .help = "all that the peer sees, on whatever channel; peers tell that to administrators"},
};

static heddle_status ask_local(cli_session *session, heddle_discovery **out, heddle_error *err)
{
    const heddle_call_options options = cli_call_options(session);
    heddle_gateway *network;
    BASE_TRY(cli_network(session, &network, err));
    heddle_status status = heddle_discover_local(network, &options, out, err);
    if (status == HEDDLE_E_REFUSED)
        cli_hint(session, "ask as an administrator of the organisation: --identity");
    return status;
}

static heddle_status run_peers(cli_session *session, const void *values, heddle_error *err)
{
    const struct peers *asked = values;
    cli_auto_document cli_document doc;
    base_auto(heddle_discovery) heddle_discovery *found = NULL;
    cli_document_init(&doc);
    BASE_TRY(asked->local ? ask_local(session, &found, err) : ask_channel(session, &found, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_discovery_peer_count(found); i++)
        put_peer(&doc, heddle_discovery_peer(found, i), !asked->local);
    cli_end_list(&doc);
    return cli_print(session, &doc, asked->local ? "address mspid" : "address mspid height", err);
}

/* config */

static heddle_status run_config(cli_session *session, const void *values, heddle_error *err)
{
    cli_auto_document cli_document doc;
    base_auto(heddle_discovery) heddle_discovery *found = NULL;
    (void)values;
    cli_document_init(&doc);
    BASE_TRY(ask_channel(session, &found, err));
    cli_begin_object(&doc, NULL);
    cli_begin_list(&doc, "orderers");
    for (size_t i = 0; i < heddle_discovery_orderer_count(found); i++) {
        const heddle_found_orderer *orderer = heddle_discovery_orderer(found, i);
        cli_begin_object(&doc, NULL);
        cli_put_text(&doc, "address", orderer->address);
        cli_put_text(&doc, "mspid", orderer->mspid);
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    bool with_pem = cli_session_common(session)->form != CLI_TABLE;
    cli_begin_list(&doc, "msps");
    for (size_t i = 0; i < heddle_discovery_msp_count(found); i++) {
        const heddle_found_msp *msp = heddle_discovery_msp(found, i);
        cli_begin_object(&doc, NULL);
        cli_put_text(&doc, "mspid", msp->mspid);
        if (with_pem) {
            cli_put_text(&doc, "roots_pem", msp->roots_pem);
            cli_put_text(&doc, "tls_roots_pem", msp->tls_roots_pem);
        }
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

/* endorsers */

struct endorsers {
    cli_texts chaincodes;
    cli_texts collections;
    bool no_private_reads;
};

static const cli_option endorsers_arguments[] = {
    {.name = "CHAINCODE",
     .type = CLI_TEXTS,
     CLI_AT(struct endorsers, chaincodes),
     .flags = CLI_REQUIRED,
     .help = "chaincode that is called, and those that it calls"},
};
static const cli_option endorsers_options[] = {
    {.name = "collection",
     .type = CLI_TEXTS,
     CLI_AT(struct endorsers, collections),
     .flags = CLI_COMMAS,
     .shown = "NAME",
     .help = "private data of the first chaincode that is read or written"},
    {.name = "no-private-reads",
     .type = CLI_FLAG,
     CLI_AT(struct endorsers, no_private_reads),
     .help = "private data is only written: endorsers need not be members"},
};

static void put_groups(cli_document *doc, const heddle_discovery *found)
{
    cli_begin_list(doc, "groups");
    for (size_t i = 0; i < heddle_discovery_group_count(found); i++) {
        const heddle_found_group *group = heddle_discovery_group(found, i);
        cli_begin_object(doc, NULL);
        cli_put_text(doc, "name", group->name);
        cli_begin_list(doc, "peers");
        for (size_t k = 0; k < group->peer_count; k++) {
            cli_begin_object(doc, NULL);
            cli_put_text(doc, "address", group->peers[k]->address);
            cli_put_text(doc, "mspid", group->peers[k]->mspid);
            cli_put_number(doc, "height", group->peers[k]->height);
            cli_end_object(doc);
        }
        cli_end_list(doc);
        cli_end_object(doc);
    }
    cli_end_list(doc);
}

static void put_layouts(cli_document *doc, const heddle_discovery *found)
{
    cli_begin_list(doc, "layouts");
    for (size_t i = 0; i < heddle_discovery_layout_count(found); i++) {
        const heddle_found_layout *layout = heddle_discovery_layout(found, i);
        cli_begin_object(doc, NULL);
        for (size_t k = 0; k < layout->quantity_count; k++)
            cli_put_number(doc, layout->quantities[k].group->name, layout->quantities[k].count);
        cli_end_object(doc);
    }
    cli_end_list(doc);
}

/* For people: a line for each peer of each group, and one for each layout. */
static void put_rows(cli_document *doc, const heddle_discovery *found)
{
    cli_begin_list(doc, "endorsers");
    for (size_t i = 0; i < heddle_discovery_group_count(found); i++) {
        const heddle_found_group *group = heddle_discovery_group(found, i);
        for (size_t k = 0; k < group->peer_count; k++) {
            cli_begin_object(doc, NULL);
            cli_put_text(doc, "group", group->name);
            cli_put_text(doc, "address", group->peers[k]->address);
            cli_put_text(doc, "mspid", group->peers[k]->mspid);
            cli_put_number(doc, "height", group->peers[k]->height);
            cli_end_object(doc);
        }
    }
    cli_end_list(doc);
    put_layouts(doc, found);
}

static heddle_status ask_endorsers(cli_session *session, const struct endorsers *asked,
                                   heddle_discovery **out, heddle_error *err)
{
    const heddle_call_options options = cli_call_options(session);
    base_arena *arena = cli_session_arena(session);
    size_t count = asked->chaincodes.count;
    heddle_interest *made = base_arena_zalloc(arena, count, sizeof(*made));
    const heddle_interest **interests = base_arena_zalloc(arena, count, sizeof(*interests));
    heddle_gateway *network;
    const char *channel;
    if (!made || !interests)
        return base_fail_memory(err, "chaincodes");
    for (size_t i = 0; i < count; i++) {
        made[i] = (heddle_interest)HEDDLE_INTEREST(asked->chaincodes.items[i]);
        interests[i] = &made[i];
    }
    made[0].collections = asked->collections.items;
    made[0].collection_count = asked->collections.count;
    made[0].no_private_reads = asked->no_private_reads;
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_network(session, &network, err));
    cli_progress(session, "asking a peer");
    return heddle_discover_endorsers(network, channel, interests, count, &options, out, err);
}

static heddle_status run_endorsers(cli_session *session, const void *values, heddle_error *err)
{
    cli_auto_document cli_document doc;
    base_auto(heddle_discovery) heddle_discovery *found = NULL;
    cli_document_init(&doc);
    BASE_TRY(ask_endorsers(session, values, &found, err));
    cli_begin_object(&doc, NULL);
    if (cli_session_common(session)->form == CLI_TABLE) {
        put_rows(&doc, found);
    } else {
        put_groups(&doc, found);
        put_layouts(&doc, found);
    }
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

static const cli_command commands[] = {
    {.verb = "peers",
     .summary = "list the peers of the channel and how far they are",
     CLI_OPTIONS(peers_options),
     .size = sizeof(struct peers),
     .run = run_peers},
    {.verb = "config", .summary = "list the orderers and MSPs of the channel", .run = run_config},
    {.verb = "endorsers",
     .summary = "tell whose endorsements a transaction needs",
     .details = "A layout says how many peers of which groups are enough; there may be several.",
     .example = "heddle discover endorsers basic\n"
                "heddle discover endorsers secured --collection assets",
     CLI_ARGUMENTS(endorsers_arguments),
     CLI_OPTIONS(endorsers_options),
     .size = sizeof(struct endorsers),
     .run = run_endorsers},
};

const cli_group cli_group_discover = {
    .name = "discover",
    .summary = "what peers know: peers, orderers, endorsers",
    CLI_COMMANDS(commands),
};
