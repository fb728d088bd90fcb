#include "devnet/deliver/seek.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "crypto/cert.h"
#include "orderer/ab.pb-c.h"
#include "wire/envelope.h"

enum {
    SUCCESS = COMMON__STATUS__SUCCESS,
    BAD_REQUEST = COMMON__STATUS__BAD_REQUEST,
    FORBIDDEN = COMMON__STATUS__FORBIDDEN,
    NOT_FOUND = COMMON__STATUS__NOT_FOUND,
    DEFAULT_WINDOW_MS = 15 * 60 * 1000
};

static int refuse(int code, heddle_error *err, const char *reason)
{
    heddle_status status = base_fail(err, HEDDLE_E_REFUSED, "%s", reason);
    (void)status;
    return code;
}

static int check_time(const dn_deliver_options *options, const wire_header *header,
                      heddle_error *err)
{
    uint64_t window_s =
        (options->time_window_ms ? options->time_window_ms : DEFAULT_WINDOW_MS) / 1000;
    int64_t now = base_wall_now().seconds;
    int64_t then = header->time.seconds;
    if (then == 0 && header->time.nanos == 0)
        return refuse(BAD_REQUEST, err, "channel header in envelope must contain timestamp");
    if (then < 0 || (uint64_t)(now > then ? now - then : then - now) > window_s)
        return refuse(BAD_REQUEST, err, "envelope timestamp is too far from the server's time");
    return SUCCESS;
}

/** Under mutual TLS the header names the certificate of the connection. */
static int check_binding(const dn_deliver_options *options, const wire_header *header,
                         heddle_view client_cert, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!options->check_binding)
        return SUCCESS;
    if (header->tls_cert_hash.len == 0)
        return refuse(BAD_REQUEST, err, "client didn't include its TLS cert hash");
    if (client_cert.len == 0)
        return refuse(BAD_REQUEST, err, "client didn't send a TLS certificate");
    if (crypto_cert_parse(client_cert, &cert, err) != HEDDLE_OK)
        return BAD_REQUEST;
    heddle_view actual = heddle_view_of(crypto_cert_sha256(cert), CRYPTO_SHA256_LEN);
    if (!base_view_equal(actual, header->tls_cert_hash))
        return refuse(BAD_REQUEST, err, "claimed TLS cert hash is not that of the connection");
    return SUCCESS;
}

static int check_policy(const dn_deliver_options *options, const wire_bundle *bundle,
                        const wire_signed *set, base_arena *arena, heddle_error *err)
{
    const char *path = options->policy;
    if (!path)
        path = wire_channel_config_acl(wire_bundle_config(bundle), options->resource, arena);
    if (!path)
        return refuse(FORBIDDEN, err, "no policy for this resource");
    return wire_bundle_evaluate(bundle, path, set, 1, err) == HEDDLE_OK ? SUCCESS : FORBIDDEN;
}

static int check_time_left(const dn_seek *seek, heddle_error *err)
{
    if (base_wall_now().seconds > seek->not_after_s)
        return refuse(FORBIDDEN, err, "deliver client identity expired");
    return SUCCESS;
}

/** Under the configuration that the channel has now. */
static int check_creator(const dn_deliver_options *options, base_arena *arena, dn_seek *seek,
                         heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    base_auto(wire_bundle) wire_bundle *bundle =
        dn_config_holder_acquire(seek->source.channel->config);
    wire_signed set = {
        .data = {seek->payload}, .identity = seek->creator, .signature = seek->signature};
    if (wire_bundle_identify(bundle, seek->creator, &identity, err) != HEDDLE_OK)
        return FORBIDDEN;
    seek->not_after_s = crypto_cert_not_after_s(crypto_identity_cert(identity));
    seek->sequence = wire_bundle_config(bundle)->sequence;
    int code = check_time_left(seek, err);
    return code == SUCCESS ? check_policy(options, bundle, &set, arena, err) : code;
}

int dn_seek_check(const dn_deliver_options *options, dn_seek *seek, heddle_error *err)
{
    if (dn_config_holder_sequence(seek->source.channel->config) == seek->sequence)
        return check_time_left(seek, err);
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (arena)
        return check_creator(options, arena, seek, err);
    return refuse(COMMON__STATUS__INTERNAL_SERVER_ERROR, err, "out of memory");
}

/* Positions, with Fabric's answers to the odd ones: a start past the height is NOT_FOUND, a
 * position without a kind is NOT_FOUND as a start and block 0 as a stop. */

static void place_start(const Orderer__SeekPosition *start, uint64_t height, dn_seek *seek)
{
    switch (start->type_case) {
    case ORDERER__SEEK_POSITION__TYPE_OLDEST:
        seek->next = 0;
        break;
    case ORDERER__SEEK_POSITION__TYPE_NEWEST:
        seek->next = height ? height - 1 : 0;
        break;
    case ORDERER__SEEK_POSITION__TYPE_NEXT_COMMIT:
        seek->next = height;
        break;
    case ORDERER__SEEK_POSITION__TYPE_SPECIFIED:
        seek->next = start->specified->number;
        seek->is_missing = seek->next > height;
        break;
    default:
        seek->is_missing = true;
    }
    if (seek->is_missing)
        seek->next = 0;
}

static int place_stop(const Orderer__SeekInfo *info, uint64_t height, dn_seek *seek,
                      heddle_error *err)
{
    switch (info->stop->type_case) {
    case ORDERER__SEEK_POSITION__TYPE_OLDEST:
        seek->stop = seek->next;
        break;
    case ORDERER__SEEK_POSITION__TYPE_NEWEST:
        seek->stop =
            info->start->type_case == ORDERER__SEEK_POSITION__TYPE_NEWEST ? seek->next : height - 1;
        break;
    case ORDERER__SEEK_POSITION__TYPE_SPECIFIED:
        seek->stop = info->stop->specified->number;
        if (seek->stop < seek->next)
            return refuse(BAD_REQUEST, err, "start number greater than stop number");
        break;
    default:
        seek->stop = 0;
    }
    return SUCCESS;
}

static int place(const Orderer__SeekInfo *info, dn_seek *seek, heddle_error *err)
{
    if (!info->start || !info->stop)
        return refuse(BAD_REQUEST, err, "seekInfo with missing start or stop");
    uint64_t height = dn_blockstore_height(seek->source.blocks);
    seek->fail_if_not_ready =
        info->behavior == ORDERER__SEEK_INFO__SEEK_BEHAVIOR__FAIL_IF_NOT_READY;
    seek->headers_only =
        info->content_type == ORDERER__SEEK_INFO__SEEK_CONTENT_TYPE__HEADER_WITH_SIG;
    place_start(info->start, height, seek);
    return place_stop(info, height, seek, err);
}

/** What follows once the channel is known. */
static int open_source(const dn_deliver_options *options, const wire_envelope *envelope,
                       base_arena *arena, dn_seek *seek, heddle_error *err)
{
    Orderer__SeekInfo *info;
    if (wire_decode(orderer__seek_info, envelope->data, arena, &info, err) != HEDDLE_OK)
        return BAD_REQUEST;
    seek->creator = envelope->header.creator;
    seek->payload = envelope->payload;
    seek->signature = envelope->signature;
    int code = check_creator(options, arena, seek, err);
    return code == SUCCESS ? place(info, seek, err) : code;
}

int dn_seek_open(const dn_deliver_options *options, heddle_view bytes, heddle_view client_cert,
                 dn_seek *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_envelope envelope;
    dn_seek seek = {0};
    if (!arena || wire_envelope_read(bytes, &envelope, err) != HEDDLE_OK)
        return BAD_REQUEST;
    int code = check_time(options, &envelope.header, err);
    if (code == SUCCESS)
        code = check_binding(options, &envelope.header, client_cert, err);
    if (code != SUCCESS)
        return code;
    if (!options->find(options->user, envelope.header.channel, &seek.source))
        return refuse(NOT_FOUND, err, "channel not found");
    code = open_source(options, &envelope, arena, &seek, err);
    if (code == SUCCESS)
        *out = seek;
    else if (options->release)
        options->release(&seek.source);
    return code;
}
