/* The sections client, certificateAuthorities, organizations and channels. */
#include "base/fail.h"
#include "base/view.h"
#include "profile/profile.h"

size_t profile_entry_count(const profile_section *in)
{
    return in->node ? in->node->count : 0;
}

heddle_status profile_entry_at(const profile_reader *r, const profile_section *in, size_t index,
                               const char **out_name, profile_section *out)
{
    const char *name = in->node->pairs[index].key;
    BASE_TRY(profile_field_section(r, in, name, out));
    if (!out->node)
        return profile_fail(r, in->node->pairs[index].line, in->where, name,
                            "a mapping is expected");
    *out_name = name;
    return HEDDLE_OK;
}

void *profile_array(const profile_reader *r, size_t count, size_t size)
{
    return base_arena_zalloc(r->arena, count ? count : 1, size);
}

heddle_status profile_keep_secret(const profile_reader *r, heddle_profile *profile,
                                  heddle_view bytes)
{
    profile_secret *secret = base_arena_zalloc(r->arena, 1, sizeof(*secret));
    if (!secret) {
        base_wipe((void *)bytes.data, bytes.len);
        return base_arena_fail(r->arena, r->err, "profile");
    }
    *secret = (profile_secret){.bytes = bytes, .next = profile->secrets};
    profile->secrets = secret;
    return HEDDLE_OK;
}

/* A private key at a key of a section. */
static heddle_status read_key(const profile_reader *r, const profile_section *in, const char *key,
                              heddle_profile *profile, heddle_view *out)
{
    BASE_TRY(profile_field_pem(r, in, key, out));
    return out->len ? profile_keep_secret(r, profile, *out) : HEDDLE_OK;
}

/* {client: {key, cert}} of tlsCerts and tlsCACerts. */
static heddle_status read_client_tls(const profile_reader *r, const profile_section *in,
                                     const char *name, heddle_profile *profile,
                                     heddle_view *out_cert, heddle_view *out_key)
{
    profile_section tls, pair;
    BASE_TRY(profile_field_section(r, in, name, &tls));
    BASE_TRY(profile_field_section(r, &tls, "client", &pair));
    BASE_TRY(profile_field_pem(r, &pair, "cert", out_cert));
    BASE_TRY(read_key(r, &pair, "key", profile, out_key));
    if (!out_cert->len != !out_key->len)
        return profile_fail(r, pair.node->line, pair.where, "", "cert and key go together");
    return HEDDLE_OK;
}

/* Seconds, as the Node SDK counts them, or a time with a unit. */
static heddle_status read_timeouts(const profile_reader *r, const profile_section *client,
                                   heddle_profile_client *out)
{
    profile_section connection, timeout, peer;
    BASE_TRY(profile_field_section(r, client, "connection", &connection));
    BASE_TRY(profile_field_section(r, &connection, "timeout", &timeout));
    BASE_TRY(profile_field_ms(r, &timeout, "orderer", 1000, &out->orderer_timeout_ms));
    BASE_TRY(profile_field_section(r, &timeout, "peer", &peer));
    BASE_TRY(profile_field_ms(r, &peer, "endorser", 1000, &out->endorser_timeout_ms));
    return profile_field_ms(r, &peer, "eventHub", 1000, &out->event_hub_timeout_ms);
}

heddle_status profile_read_client(const profile_reader *r, const profile_section *root,
                                  heddle_profile *profile)
{
    heddle_profile_client *out = &profile->client;
    profile_section client, store;
    out->size = sizeof(*out);
    BASE_TRY(profile_field_section(r, root, "client", &client));
    BASE_TRY(profile_field_text(r, &client, "organization", &out->organization));
    BASE_TRY(read_timeouts(r, &client, out));
    BASE_TRY(profile_field_section(r, &client, "credentialStore", &store));
    const conf_node *path = profile_field(&store, "path");
    if (path)
        BASE_TRY(profile_path(r, path, store.where, "path", &out->credential_store));
    return read_client_tls(r, &client, "tlsCerts", profile, &out->cert_pem, &out->key_pem);
}

/* Certification authorities. */

/* One registrar, or the first of a list. */
static heddle_status read_registrar(const profile_reader *r, const profile_section *in,
                                    heddle_profile *profile, heddle_profile_ca *ca)
{
    const conf_node *node = profile_field(in, "registrar");
    if (node && node->kind == CONF_SEQUENCE)
        node = node->count ? node->items[0] : NULL;
    if (!node)
        return HEDDLE_OK;
    profile_section registrar = {.node = node, .where = in->where};
    if (node->kind != CONF_MAPPING)
        return profile_fail(r, node->line, in->where, "registrar", "a mapping is expected");
    BASE_TRY(profile_field_text(r, &registrar, "enrollId", &ca->enroll_id));
    BASE_TRY(profile_field_text(r, &registrar, "enrollSecret", &ca->enroll_secret));
    return ca->enroll_secret ? profile_keep_secret(r, profile, heddle_view_str(ca->enroll_secret))
                             : HEDDLE_OK;
}

/* In place of the host, which ends at the port or the path. */
static const char *url_to_localhost(base_arena *arena, const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t len = strcspn(host, ":/");
    return base_arena_printf(arena, "%.*slocalhost%s", (int)(host - url), url, host + len);
}

static heddle_status place_ca(const profile_reader *r, const heddle_profile *profile,
                              heddle_profile_ca *ca)
{
    profile_match match;
    heddle_status status;
    bool found = profile_matchers_find(&profile->ca_matchers, ca->name, r->arena, &match, &status);
    if (!found && status == HEDDLE_OK)
        found = profile_matchers_find(&profile->ca_matchers, ca->url, r->arena, &match, &status);
    if (found && match.address && *match.address)
        ca->url = match.address;
    if (status == HEDDLE_OK && profile->as_localhost)
        ca->url = url_to_localhost(r->arena, ca->url);
    return status || !ca->url ? base_fail_memory(r->err, "profile") : HEDDLE_OK;
}

static heddle_status read_ca(const profile_reader *r, const profile_section *in,
                             heddle_profile *profile, heddle_profile_ca *ca)
{
    profile_section http;
    ca->verify = true;
    BASE_TRY(profile_field_text(r, in, "url", &ca->url));
    if (!ca->url)
        return profile_fail(r, in->node->line, in->where, "url", "is missing");
    BASE_TRY(profile_field_text(r, in, "caName", &ca->ca_name));
    BASE_TRY(profile_field_pem(r, in, "tlsCACerts", &ca->tls_roots_pem));
    BASE_TRY(profile_field_section(r, in, "httpOptions", &http));
    BASE_TRY(profile_field_bool(r, &http, "verify", &ca->verify));
    BASE_TRY(
        read_client_tls(r, in, "tlsCACerts", profile, &ca->client_cert_pem, &ca->client_key_pem));
    BASE_TRY(read_registrar(r, in, profile, ca));
    return place_ca(r, profile, ca);
}

heddle_status profile_read_cas(const profile_reader *r, const profile_section *root,
                               heddle_profile *profile)
{
    profile_section section, in;
    BASE_TRY(profile_matchers_read(r, root, "certificateAuthority", &profile->ca_matchers));
    BASE_TRY(profile_field_section(r, root, "certificateAuthorities", &section));
    size_t count = profile_entry_count(&section);
    profile->cas = profile_array(r, count, sizeof(*profile->cas));
    if (!profile->cas)
        return base_arena_fail(r->arena, r->err, "profile");
    for (size_t i = 0; i < count; i++) {
        heddle_profile_ca *ca = &profile->cas[i];
        ca->size = sizeof(*ca);
        BASE_TRY(profile_entry_at(r, &section, i, &ca->name, &in));
        BASE_TRY(read_ca(r, &in, profile, ca));
        profile->ca_count++;
    }
    return HEDDLE_OK;
}

/* Organisations. */

static heddle_status fail_unknown(const profile_reader *r, const profile_section *in,
                                  const char *key, const profile_names *names, size_t i)
{
    return profile_fail(r, names->lines[i], in->where, key, "\"%s\" is not defined in the profile",
                        names->items[i]);
}

/* The nodes that a list names. */
static heddle_status read_members(const profile_reader *r, const profile_section *in,
                                  const char *key, const profile_nodes *nodes,
                                  heddle_profile_node ***out, size_t *out_count)
{
    profile_names names;
    BASE_TRY(profile_field_names(r, in, key, &names));
    *out = profile_array(r, names.count, sizeof(**out));
    if (!*out)
        return base_arena_fail(r->arena, r->err, "profile");
    for (size_t i = 0; i < names.count; i++) {
        (*out)[i] = profile_find_node(nodes, names.items[i]);
        if (!(*out)[i])
            return fail_unknown(r, in, key, &names, i);
    }
    *out_count = names.count;
    return HEDDLE_OK;
}

static void claim(heddle_profile_node **nodes, size_t count, const char *mspid)
{
    for (size_t i = 0; i < count; i++)
        if (!nodes[i]->mspid)
            nodes[i]->mspid = mspid;
}

static heddle_status read_org_cas(const profile_reader *r, const profile_section *in,
                                  const heddle_profile *profile, heddle_profile_org *org)
{
    profile_names names;
    BASE_TRY(profile_field_names(r, in, "certificateAuthorities", &names));
    const heddle_profile_ca **cas = profile_array(r, names.count, sizeof(*cas));
    if (!cas)
        return base_arena_fail(r->arena, r->err, "profile");
    for (size_t i = 0; i < names.count; i++) {
        cas[i] = heddle_profile_get_ca(profile, names.items[i]);
        if (!cas[i])
            return fail_unknown(r, in, "certificateAuthorities", &names, i);
    }
    org->cas = cas;
    org->ca_count = names.count;
    return HEDDLE_OK;
}

static heddle_status read_admin(const profile_reader *r, const profile_section *in,
                                heddle_profile *profile, heddle_profile_org *org)
{
    heddle_view key, cert;
    heddle_error why = {0};
    BASE_TRY(read_key(r, in, "adminPrivateKey", profile, &key));
    BASE_TRY(profile_field_pem(r, in, "signedCert", &cert));
    if (!key.len || !cert.len)
        return HEDDLE_OK;
    heddle_status status = heddle_identity_from_pem(org->mspid, cert, key, &org->admin, &why);
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(r->err, "profile");
    return status ? profile_fail(r, profile_field(in, "adminPrivateKey")->line, in->where,
                                 "adminPrivateKey", "%s", why.message)
                  : HEDDLE_OK;
}

static heddle_status read_org(const profile_reader *r, const profile_section *in,
                              heddle_profile *profile, heddle_profile_org *org)
{
    heddle_profile_node **peers, **orderers;
    size_t orderer_count;
    BASE_TRY(profile_field_text(r, in, "mspid", &org->mspid));
    if (!org->mspid)
        return profile_fail(r, in->node->line, in->where, "mspid", "is missing");
    BASE_TRY(read_members(r, in, "peers", &profile->peers, &peers, &org->peer_count));
    org->peers = (const heddle_profile_node *const *)peers;
    claim(peers, org->peer_count, org->mspid);
    BASE_TRY(read_members(r, in, "orderers", &profile->orderers, &orderers, &orderer_count));
    claim(orderers, orderer_count, org->mspid);
    BASE_TRY(read_org_cas(r, in, profile, org));
    return read_admin(r, in, profile, org);
}

heddle_status profile_read_orgs(const profile_reader *r, const profile_section *root,
                                heddle_profile *profile)
{
    profile_section section, in;
    BASE_TRY(profile_field_section(r, root, "organizations", &section));
    size_t count = profile_entry_count(&section);
    profile->orgs = profile_array(r, count + 1, sizeof(*profile->orgs)); /* see the free */
    if (!profile->orgs)
        return base_arena_fail(r->arena, r->err, "profile");
    for (; profile->org_count < count; profile->org_count++) {
        heddle_profile_org *org = &profile->orgs[profile->org_count];
        org->size = sizeof(*org);
        BASE_TRY(profile_entry_at(r, &section, profile->org_count, &org->name, &in));
        BASE_TRY(read_org(r, &in, profile, org));
    }
    const char *own = profile->client.organization;
    if (own && !heddle_profile_get_org(profile, own))
        return profile_fail(r, conf_node_get(root->node, "client")->line, "client", "organization",
                            "\"%s\" is not defined in the profile", own);
    return HEDDLE_OK;
}

/* Channels. */

static heddle_status read_role(const profile_reader *r, const profile_section *peers,
                               const char *name, heddle_profile_role *role)
{
    profile_section in;
    role->size = sizeof(*role);
    role->endorsing_peer = role->chaincode_query = role->ledger_query = role->event_source = true;
    if (peers->node->kind != CONF_MAPPING)
        return HEDDLE_OK;
    BASE_TRY(profile_field_section(r, peers, name, &in));
    BASE_TRY(profile_field_bool(r, &in, "endorsingPeer", &role->endorsing_peer));
    BASE_TRY(profile_field_bool(r, &in, "chaincodeQuery", &role->chaincode_query));
    BASE_TRY(profile_field_bool(r, &in, "ledgerQuery", &role->ledger_query));
    return profile_field_bool(r, &in, "eventSource", &role->event_source);
}

static heddle_status read_channel(const profile_reader *r, const profile_section *in,
                                  const heddle_profile *profile, heddle_profile_channel *channel)
{
    heddle_profile_node **peers, **orderers;
    BASE_TRY(read_members(r, in, "peers", &profile->peers, &peers, &channel->peer_count));
    heddle_profile_role *roles = profile_array(r, channel->peer_count, sizeof(*roles));
    if (!roles)
        return base_arena_fail(r->arena, r->err, "profile");
    const char *where = base_arena_printf(r->arena, "%s.peers", in->where);
    profile_section section = {.node = profile_field(in, "peers"), .where = where};
    if (!where)
        return base_arena_fail(r->arena, r->err, "profile");
    for (size_t i = 0; i < channel->peer_count; i++) {
        roles[i].peer = peers[i];
        BASE_TRY(read_role(r, &section, peers[i]->name, &roles[i]));
    }
    channel->peers = roles;
    BASE_TRY(
        read_members(r, in, "orderers", &profile->orderers, &orderers, &channel->orderer_count));
    channel->orderers = (const heddle_profile_node *const *)orderers;
    return HEDDLE_OK;
}

heddle_status profile_read_channels(const profile_reader *r, const profile_section *root,
                                    heddle_profile *profile)
{
    profile_section section, in;
    BASE_TRY(profile_field_section(r, root, "channels", &section));
    size_t count = profile_entry_count(&section);
    profile->channels = profile_array(r, count, sizeof(*profile->channels));
    if (!profile->channels)
        return base_arena_fail(r->arena, r->err, "profile");
    for (; profile->channel_count < count; profile->channel_count++) {
        heddle_profile_channel *channel = &profile->channels[profile->channel_count];
        channel->size = sizeof(*channel);
        BASE_TRY(profile_entry_at(r, &section, profile->channel_count, &channel->name, &in));
        BASE_TRY(read_channel(r, &in, profile, channel));
    }
    return HEDDLE_OK;
}
