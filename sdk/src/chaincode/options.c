#include "chaincode/options.h"

#include <limits.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

typedef enum kind { TEXT, COUNT, DURATION, SIZE, SWITCH, RECONNECT } kind;

/* When a variable counts. */
typedef enum group {
    ALWAYS,
    SERVER_TLS, /* unless CHAINCODE_TLS_DISABLED is true */
    PEER,       /* unless there is an address to listen on */
    PEER_TLS    /* and only if CORE_PEER_TLS_ENABLED is true */
} group;

/* One setting. The first of its variables that is set counts. */
typedef struct setting {
    const char *flag;
    const char *variables[6];
    kind kind;
    group group;
    size_t offset;
    const char *help;
} setting;

#define AT(field) offsetof(heddle_cc_server_options, field)

static const setting settings[] = {
    {"chaincode-id",
     {"CHAINCODE_ID", "CORE_CHAINCODE_ID_NAME", "CORE_CHAINCODE_ID"},
     TEXT,
     ALWAYS,
     AT(chaincode_id),
     "the package id, label:hash"},
    {"chaincode-address",
     {"CHAINCODE_SERVER_ADDRESS", "CORE_CHAINCODE_ADDRESS"},
     TEXT,
     ALWAYS,
     AT(address),
     "host:port to listen on, as a service"},
    {"chaincode-tls-key-file",
     {"CHAINCODE_TLS_KEY_FILE", "CHAINCODE_TLS_KEY", "CORE_CHAINCODE_TLS_KEY_FILE",
      "CHAINCODE_TLS_KEY_PATH", "CORE_CHAINCODE_TLS_KEY_PATH"},
     TEXT,
     SERVER_TLS,
     AT(tls_key_file),
     "the service's key; with its certificate, turns TLS on"},
    {"chaincode-tls-cert-file",
     {"CHAINCODE_TLS_CERT_FILE", "CHAINCODE_TLS_CERT", "CORE_CHAINCODE_TLS_CERT_FILE",
      "CHAINCODE_TLS_CERT_PATH", "CORE_CHAINCODE_TLS_CERT_PATH"},
     TEXT,
     SERVER_TLS,
     AT(tls_cert_file),
     "the service's certificate"},
    {"chaincode-tls-client-cacert-file",
     {"CHAINCODE_TLS_CLIENT_CACERT_FILE", "CHAINCODE_CLIENT_CA_CERT",
      "CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE", "CHAINCODE_TLS_CLIENT_CACERT_PATH",
      "CORE_CHAINCODE_TLS_CLIENT_CACERT_PATH"},
     TEXT,
     SERVER_TLS,
     AT(tls_client_ca_file),
     "peers must show a certificate of this CA"},
    {"peer.address",
     {"CORE_PEER_ADDRESS"},
     TEXT,
     PEER,
     AT(peer_address),
     "host:port of a peer to dial, as it launches chaincode, or in its development mode"},
    {"peer.tls.rootcert.file",
     {"CORE_PEER_TLS_ROOTCERT_FILE"},
     TEXT,
     PEER_TLS,
     AT(peer_tls_root_file),
     "the CA of the peer's certificate; turns TLS on"},
    {"tls.client.key.file",
     {"CORE_TLS_CLIENT_KEY_FILE", "CORE_TLS_CLIENT_KEY_PATH"},
     TEXT,
     PEER_TLS,
     AT(peer_tls_key_file),
     "what the peer is shown: the key"},
    {"tls.client.cert.file",
     {"CORE_TLS_CLIENT_CERT_FILE", "CORE_TLS_CLIENT_CERT_PATH"},
     TEXT,
     PEER_TLS,
     AT(peer_tls_cert_file),
     "and its certificate"},
    {"ssl-target-name-override",
     {"HEDDLE_CC_PEER_SERVER_NAME"},
     TEXT,
     PEER_TLS,
     AT(peer_server_name),
     "the host that the peer's certificate is for, if not that of its address"},
    {"reconnect",
     {"HEDDLE_CC_RECONNECT"},
     RECONNECT,
     ALWAYS,
     AT(reconnect),
     "always, never, auto (not if the id is that of a package): when the peer dialled is gone"},
    {"workers", {"HEDDLE_CC_WORKERS"}, COUNT, ALWAYS, AT(workers), "transactions at a time (64)"},
    {"queue-limit",
     {"HEDDLE_CC_QUEUE_LIMIT"},
     COUNT,
     ALWAYS,
     AT(queue_limit),
     "transactions that may wait for a worker (10000)"},
    {"stack-size",
     {"HEDDLE_CC_STACK_SIZE"},
     SIZE,
     ALWAYS,
     AT(stack_size),
     "of each worker (512KiB)"},
    {"memory-limit",
     {"HEDDLE_CC_MEMORY_LIMIT"},
     SIZE,
     ALWAYS,
     AT(memory_limit),
     "of one transaction (256MiB)"},
    {"answer-timeout",
     {"HEDDLE_CC_ANSWER_TIMEOUT"},
     DURATION,
     ALWAYS,
     AT(answer_timeout_ms),
     "for the peer's answer to one request (120s)"},
    {"drain",
     {"HEDDLE_CC_DRAIN"},
     DURATION,
     ALWAYS,
     AT(drain_ms),
     "for what is in flight when the program is told to stop (30s)"},
    {"processes",
     {"HEDDLE_CC_PROCESSES"},
     COUNT,
     ALWAYS,
     AT(processes),
     "worker processes, which contain crashes, instead of threads (none)"},
    {"execute-timeout",
     {"HEDDLE_CC_EXECUTE_TIMEOUT"},
     DURATION,
     ALWAYS,
     AT(execute_timeout_ms),
     "of a transaction; with processes, its worker is killed then (none)"},
    {"admin-address",
     {"HEDDLE_CC_ADMIN_ADDRESS"},
     TEXT,
     ALWAYS,
     AT(admin_address),
     "host:port for GET /metrics, /livez, /readyz (none)"},
    {"lint",
     {"HEDDLE_CC_LINT"},
     SWITCH,
     ALWAYS,
     AT(lint),
     "true: run each transaction twice, and fail it if the two differ"},
    {"record",
     {"HEDDLE_CC_RECORD"},
     TEXT,
     ALWAYS,
     AT(record_dir),
     "a folder for a recording of each transaction, for --replay"},
};

/* Values */

static heddle_status set_unsigned(uint64_t value, void *slot, const char *name, heddle_error *err)
{
    if (value > UINT_MAX)
        return base_fail(err, HEDDLE_E_CONFIG, "%s: too large", name);
    *(unsigned *)slot = (unsigned)value;
    return HEDDLE_OK;
}

static heddle_status set_size(uint64_t value, void *slot, const char *name, heddle_error *err)
{
    if (value > SIZE_MAX)
        return base_fail(err, HEDDLE_E_CONFIG, "%s: too large", name);
    *(size_t *)slot = (size_t)value;
    return HEDDLE_OK;
}

static heddle_status set_reconnect(const char *text, heddle_cc_reconnect *slot, const char *name,
                                   heddle_error *err)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            *slot = (heddle_cc_reconnect)i;
            return HEDDLE_OK;
        }
    }
    return base_fail(err, HEDDLE_E_CONFIG, "%s: \"%s\" is not auto, always or never", name, text);
}

static heddle_status set_switch(const char *text, bool *slot, const char *name, heddle_error *err)
{
    bool on = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!on && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return base_fail(err, HEDDLE_E_CONFIG, "%s: \"%s\" is not true or false", name, text);
    *slot = on;
    return HEDDLE_OK;
}

static heddle_status set_value(const setting *row, const char *name, const char *text,
                               heddle_cc_server_options *options, heddle_error *err)
{
    void *slot = (char *)options + row->offset;
    heddle_view view = heddle_view_str(text);
    uint64_t value;
    switch (row->kind) {
    case TEXT:
        *(const char **)slot = text;
        return HEDDLE_OK;
    case COUNT:
        if (base_parse_u64(view, &value))
            return set_unsigned(value, slot, name, err);
        return base_fail(err, HEDDLE_E_CONFIG, "%s: \"%s\" is not a number", name, text);
    case DURATION:
        if (base_parse_duration_ms(view, &value))
            return set_unsigned(value, slot, name, err);
        return base_fail(err, HEDDLE_E_CONFIG, "%s: \"%s\" is not a time such as 30s or 500ms",
                         name, text);
    case SIZE:
        if (base_parse_size(view, &value))
            return set_size(value, slot, name, err);
        return base_fail(err, HEDDLE_E_CONFIG, "%s: \"%s\" is not a size such as 64MiB", name,
                         text);
    case SWITCH:
        return set_switch(text, slot, name, err);
    case RECONNECT:
        return set_reconnect(text, slot, name, err);
    }
    return HEDDLE_OK;
}

static bool is_empty(const setting *row, const heddle_cc_server_options *options)
{
    const void *slot = (const char *)options + row->offset;
    switch (row->kind) {
    case TEXT:
        return *(const char *const *)slot == NULL;
    case SIZE:
        return *(const size_t *)slot == 0;
    case SWITCH:
        return !*(const bool *)slot;
    case RECONNECT:
        return *(const heddle_cc_reconnect *)slot == HEDDLE_CC_RECONNECT_AUTO;
    default:
        return *(const unsigned *)slot == 0;
    }
}

/* Variables */

/* The words of Go's strconv.ParseBool, with which the official shim reads its switches: what it
 * takes for true must not be plain text here. */
static heddle_status read_switch(const char *name, bool *out, heddle_error *err)
{
    static const char *const words[][6] = {{"0", "f", "F", "false", "FALSE", "False"},
                                           {"1", "t", "T", "true", "TRUE", "True"}};
    const char *text = getenv(name);
    if (!text || !text[0]) {
        *out = false;
        return HEDDLE_OK;
    }
    for (size_t i = 0; i < 2 * BASE_COUNT(words[0]); i++) {
        bool on = i >= BASE_COUNT(words[0]);
        if (strcmp(text, words[on][i % BASE_COUNT(words[0])]) == 0) {
            *out = on;
            return HEDDLE_OK;
        }
    }
    return base_fail(err, HEDDLE_E_CONFIG, "%s: \"%s\" is not true or false", name, text);
}

/* What the variables say about TLS. */
typedef struct switches {
    bool is_server_plain;
    bool is_peer_tls;
} switches;

static heddle_status fill_from_env(const setting *row, heddle_cc_server_options *options,
                                   heddle_error *err)
{
    if (!is_empty(row, options))
        return HEDDLE_OK;
    for (size_t i = 0; i < BASE_COUNT(row->variables) && row->variables[i]; i++) {
        const char *text = getenv(row->variables[i]);
        if (text && text[0])
            return set_value(row, row->variables[i], text, options, err);
    }
    return HEDDLE_OK;
}

static bool counts(group g, const switches *s, const heddle_cc_server_options *options)
{
    switch (g) {
    case SERVER_TLS:
        return !s->is_server_plain;
    case PEER:
        return !options->address;
    case PEER_TLS:
        return options->peer_address && s->is_peer_tls;
    default:
        return true;
    }
}

heddle_status heddle_cc_options_from_env(heddle_cc_server_options *options, heddle_error *err)
{
    heddle_cc_server_options filled;
    switches said = {0};
    size_t size = options->size;
    BASE_TRY(cc_options_take(options, &filled, err));
    BASE_TRY(read_switch("CHAINCODE_TLS_DISABLED", &said.is_server_plain, err));
    BASE_TRY(read_switch("CORE_PEER_TLS_ENABLED", &said.is_peer_tls, err));
    for (size_t i = 0; i < BASE_COUNT(settings); i++) {
        if (settings[i].offset == AT(address) && filled.peer_address)
            continue;
        if (counts(settings[i].group, &said, &filled))
            BASE_TRY(fill_from_env(&settings[i], &filled, err));
    }
    if (counts(PEER_TLS, &said, &filled) && !filled.peer_tls_root_file)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "CORE_PEER_TLS_ENABLED, but no CORE_PEER_TLS_ROOTCERT_FILE");
    memcpy(options, &filled, size);
    options->size = size;
    return HEDDLE_OK;
}

/* Arguments */

static const setting *find_flag(heddle_view name)
{
    for (size_t i = 0; i < BASE_COUNT(settings); i++) {
        if (base_view_is(name, settings[i].flag))
            return &settings[i];
    }
    return NULL;
}

/* The name without its dashes; empty: this is no flag. */
static heddle_view flag_name(const char *argument)
{
    if (argument[0] != '-')
        return heddle_view_of(NULL, 0);
    const char *name = argument + (argument[1] == '-' ? 2 : 1);
    return heddle_view_of(name, strcspn(name, "="));
}

static bool is_command(heddle_view name, cc_command *out)
{
    if (base_view_is(name, "help") || base_view_is(name, "h"))
        *out = CC_COMMAND_HELP;
    else if (base_view_is(name, "version"))
        *out = CC_COMMAND_VERSION;
    else if (base_view_is(name, "metadata"))
        *out = CC_COMMAND_METADATA;
    else if (base_view_is(name, "replay"))
        *out = CC_COMMAND_REPLAY;
    else
        return false;
    return true;
}

static heddle_status take_argument(int argc, char *const *argv, int *at,
                                   heddle_cc_server_options *options, heddle_error *err)
{
    const char *argument = argv[*at];
    const setting *row = find_flag(flag_name(argument));
    if (!row)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: no such option; --help tells them",
                         argument);
    const char *value = strchr(argument, '=');
    if (value)
        value++;
    else if (row->kind == SWITCH)
        value = "true";
    else if (*at + 1 < argc)
        value = argv[++*at];
    if (!value || !value[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--%s: its value is missing", row->flag);
    return set_value(row, argument, value, options, err);
}

heddle_status cc_options_from_args(int argc, char *const *argv, heddle_cc_server_options *options,
                                   cc_command *out_command, int *out_at, heddle_error *err)
{
    cc_command command = CC_COMMAND_SERVE;
    int at = 1;
    for (; at < argc; at++) {
        if (is_command(flag_name(argv[at]), &command))
            break;
        BASE_TRY(take_argument(argc, argv, &at, options, err));
    }
    if (command == CC_COMMAND_REPLAY && at + 1 >= argc)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--replay: no files are named");
    *out_command = command;
    *out_at = at;
    return HEDDLE_OK;
}

static heddle_status describe(const setting *row, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "  --%s\n        %s\n       ", row->flag, row->help));
    for (size_t i = 0; i < BASE_COUNT(row->variables) && row->variables[i]; i++)
        BASE_TRY(base_buffer_printf(out, " %s", row->variables[i]));
    return base_buffer_append_str(out, "\n");
}

heddle_status cc_options_help(const char *program, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out,
                                "usage: %s [option...]\n"
                                "       %s --replay FILE...\n"
                                "       %s --metadata | --version | --help\n\n"
                                "Runs this chaincode until SIGTERM or SIGINT; or runs recorded\n"
                                "transactions once more and tells how they differ; or prints\n"
                                "the metadata of its contracts.\n\n"
                                "Options, and the variables that do the same:\n",
                                program, program, program));
    for (size_t i = 0; i < BASE_COUNT(settings); i++)
        BASE_TRY(describe(&settings[i], out));
    return base_buffer_append_str(
        out, "\n"
             "CHAINCODE_TLS_DISABLED=true: the service's TLS variables do not count.\n"
             "CORE_PEER_TLS_ENABLED=true: the variables for TLS to a peer count.\n"
             "CORE_CHAINCODE_LOGGING_LEVEL: debug, info, warn, error.\n");
}
