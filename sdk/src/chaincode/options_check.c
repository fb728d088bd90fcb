/* What options must be, and their defaults. */
#include "base/fail.h"
#include "base/text.h"
#include "chaincode/options.h"

enum {
    DEFAULT_WORKERS = 64,
    MAX_WORKERS = 4096,
    MAX_PROCESSES = 256,
    DEFAULT_QUEUE = 10000,
    DEFAULT_ANSWER_TIMEOUT_MS = 120000,
    DEFAULT_DRAIN_MS = 30000,
    DEFAULT_STACK = 512 * 1024,
    MIN_STACK = 64 * 1024,
    HASH_LENGTH = 64
};

static heddle_status check_addresses(const heddle_cc_server_options *o, heddle_error *err)
{
    if (!o->chaincode_id)
        return base_fail(err, HEDDLE_E_CONFIG, "no chaincode id (CHAINCODE_ID)");
    if (!o->address && !o->peer_address)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "no address to listen on (CHAINCODE_SERVER_ADDRESS), and no peer to dial "
                         "(--peer.address)");
    if (o->address && o->peer_address)
        return base_fail(err, HEDDLE_E_CONFIG, "an address to listen on and a peer to dial");
    return HEDDLE_OK;
}

static heddle_status check_tls(const heddle_cc_server_options *o, heddle_error *err)
{
    if (!o->tls_key_file != !o->tls_cert_file)
        return base_fail(err, HEDDLE_E_CONFIG, "TLS needs both a key and a certificate");
    if (o->tls_client_ca_file && !o->tls_key_file)
        return base_fail(err, HEDDLE_E_CONFIG, "a CA for clients, but no key and certificate");
    if (!o->peer_tls_key_file != !o->peer_tls_cert_file)
        return base_fail(err, HEDDLE_E_CONFIG, "a peer is shown a key and a certificate, or none");
    if (o->peer_tls_key_file && !o->peer_tls_root_file)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "a certificate to show a peer, but no CA of the peer");
    return HEDDLE_OK;
}

static heddle_status check_numbers(const heddle_cc_server_options *o, heddle_error *err)
{
    if (o->workers > MAX_WORKERS)
        return base_fail(err, HEDDLE_E_CONFIG, "%u workers: at most %d", o->workers, MAX_WORKERS);
    if (o->processes > MAX_PROCESSES)
        return base_fail(err, HEDDLE_E_CONFIG, "%u processes: at most %d", o->processes,
                         MAX_PROCESSES);
    if (o->stack_size && o->stack_size < MIN_STACK)
        return base_fail(err, HEDDLE_E_CONFIG, "stacks of %zu bytes: at least %d", o->stack_size,
                         MIN_STACK);
    return HEDDLE_OK;
}

heddle_status cc_options_take(const heddle_cc_server_options *given, heddle_cc_server_options *out,
                              heddle_error *err)
{
    heddle_cc_server_options taken = {0};
    if (given->size < offsetof(heddle_cc_server_options, stack_size) || given->size > sizeof(taken))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "options of another version of the library");
    memcpy(&taken, given, given->size);
    taken.size = sizeof(taken);
    *out = taken;
    return HEDDLE_OK;
}

heddle_status cc_options_check(const heddle_cc_server_options *o, heddle_error *err)
{
    BASE_TRY(check_addresses(o, err));
    BASE_TRY(check_tls(o, err));
    return check_numbers(o, err);
}

static void fill_unsigned(unsigned *slot, unsigned otherwise)
{
    if (*slot == 0)
        *slot = otherwise;
}

static bool is_package_id(const char *id)
{
    const char *hash = strrchr(id, ':');
    return hash && hash != id && strspn(hash + 1, "0123456789abcdef") == HASH_LENGTH &&
           hash[1 + HASH_LENGTH] == 0;
}

heddle_cc_server_options cc_options_complete(const heddle_cc_server_options *options)
{
    heddle_cc_server_options o = *options;
    fill_unsigned(&o.workers, DEFAULT_WORKERS);
    fill_unsigned(&o.queue_limit, DEFAULT_QUEUE);
    fill_unsigned(&o.answer_timeout_ms, DEFAULT_ANSWER_TIMEOUT_MS);
    fill_unsigned(&o.drain_ms, DEFAULT_DRAIN_MS);
    if (o.stack_size == 0)
        o.stack_size = DEFAULT_STACK;
    if (o.processes)
        o.workers = o.processes; /* threads that speak for them */
    if (o.reconnect == HEDDLE_CC_RECONNECT_AUTO)
        o.reconnect =
            is_package_id(o.chaincode_id) ? HEDDLE_CC_RECONNECT_NEVER : HEDDLE_CC_RECONNECT_ALWAYS;
    return o;
}

heddle_status cc_pem_read(const char *file, base_buffer *out, heddle_error *err)
{
    if (!file)
        return HEDDLE_OK;
    base_auto_buffer base_buffer plain = {0};
    BASE_TRY(base_read_file(file, 0, &plain, err));
    heddle_view bytes = base_buffer_view(&plain);
    heddle_status st = base_buffer_reserve(out, bytes.len); /* so that no key is left behind */
    if (st == HEDDLE_OK)
        st = bytes.len && !memmem(bytes.data, bytes.len, "-----BEGIN", 10)
                 ? base_unbase64(bytes, out)
                 : base_buffer_append(out, bytes);
    base_buffer_wipe(&plain);
    if (st == HEDDLE_E_DECODE || st == HEDDLE_E_BAD_ARGUMENT)
        return base_fail(err, HEDDLE_E_CONFIG, "%s: neither PEM nor base64 of it", file);
    return st == HEDDLE_OK ? st : base_fail_memory(err, file);
}
