#include "support/stack.h"

#include <check.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "support/fixture.h"
#include "support/postgres.h"

enum { PATH_SIZE = 512, DEVNET_PORTS = 7, READY_MS = 60000, MOST_ARGS = 24 };

struct stack {
    const char *bin;
    const char *const *devnet_args; /* NULL: none beyond the usual */
    char *dir;
    postgres *pg;
    process *parts[STACK_PARTS];
    uint16_t devnet_port; /* the orderer's; the peers' follow */
    uint16_t chaincode_port;
    uint16_t gateway_port;
    uint16_t admin_port;
    char peer[128];    /* of Org1, host:port */
    char orderer[128]; /* host:port */
    char gateway[64];
    char gateway_ca[PATH_SIZE]; /* of the peer, too */
    char orderer_ca[PATH_SIZE];
    char user_msp[PATH_SIZE];
};

static const char *const names[] = {"chaincode", "devnet", "gateway", "sync"};

static const char *in_dir(const stack *s, const char *name)
{
    static char rooms[4][PATH_SIZE];
    static unsigned next;
    char *room = rooms[next++ % 4];
    snprintf(room, PATH_SIZE, "%s/%s", s->dir, name);
    return room;
}

static process *start_program(const stack *s, stack_part part, const char *const args[])
{
    char log[PATH_SIZE];
    snprintf(log, sizeof(log), "%s/%s.log", s->dir, names[part]);
    return process_start(log, args);
}

static process *start_chaincode(const stack *s)
{
    char program[PATH_SIZE], address[64];
    snprintf(program, sizeof(program), "%s/asset-transfer", s->bin);
    snprintf(address, sizeof(address), "127.0.0.1:%u", s->chaincode_port);
    setenv("CHAINCODE_ID", "basic:1.0", 1);
    setenv("CHAINCODE_SERVER_ADDRESS", address, 1);
    return start_program(s, STACK_CHAINCODE, (const char *const[]){program, NULL});
}

static process *start_devnet(const stack *s)
{
    char program[PATH_SIZE], chaincode[64], base_port[16];
    snprintf(program, sizeof(program), "%s/heddle-devnet", s->bin);
    snprintf(base_port, sizeof(base_port), "%u", s->devnet_port);
    snprintf(chaincode, sizeof(chaincode), "basic=127.0.0.1:%u", s->chaincode_port);
    const char *args[MOST_ARGS] = {program,
                                   "--dir",
                                   in_dir(s, "net"),
                                   "--base-port",
                                   base_port,
                                   "--chaincode",
                                   chaincode,
                                   "--batch-timeout",
                                   "50ms",
                                   "--ready-file",
                                   in_dir(s, "devnet.ready")};
    size_t count = 11;
    for (const char *const *more = s->devnet_args; more && *more; more++) {
        ck_assert_uint_lt(count, MOST_ARGS - 1);
        args[count++] = *more;
    }
    return start_program(s, STACK_DEVNET, args);
}

static process *start_configured(const stack *s, stack_part part, const char *program_name)
{
    char program[PATH_SIZE], config[PATH_SIZE];
    snprintf(program, sizeof(program), "%s/%s", s->bin, program_name);
    snprintf(config, sizeof(config), "%s/%s.yaml", s->dir, names[part]);
    return start_program(s, part, (const char *const[]){program, "--config", config, NULL});
}

void stack_resume(stack *s, stack_part part)
{
    ck_assert_ptr_null(s->parts[part]);
    switch (part) {
    case STACK_CHAINCODE:
        s->parts[part] = start_chaincode(s);
        break;
    case STACK_DEVNET:
        s->parts[part] = start_devnet(s);
        break;
    case STACK_GATEWAY:
        s->parts[part] = start_configured(s, part, "heddle-gateway");
        break;
    default:
        s->parts[part] = start_configured(s, part, "heddle-sync");
        break;
    }
}

static int end(stack *s, stack_part part, int signal)
{
    if (!s->parts[part])
        return 0;
    int code = process_stop(s->parts[part], signal);
    s->parts[part] = NULL;
    return code;
}

void stack_kill(stack *s, stack_part part)
{
    end(s, part, SIGKILL);
}

int stack_stop(stack *s, stack_part part)
{
    return end(s, part, SIGTERM);
}

static bool part_listens(void *user)
{
    const uint16_t *port = user;
    return process_port_open(*port);
}

static void wait_port(stack *s, stack_part part, uint16_t port)
{
    ck_assert_msg(process_until(part_listens, &port, READY_MS) &&
                      process_is_running(s->parts[part]),
                  "%s does not serve; see %s", names[part], s->dir);
}

/* The word after "name=" in the ready line. */
static void ready_word(const stack *s, const char *name, char *out, size_t size)
{
    base_auto_buffer base_buffer text = {0};
    heddle_error err;
    ck_assert_int_eq(base_read_file(in_dir(s, "devnet.ready"), 0, &text, &err), HEDDLE_OK);
    const char *at = strstr(base_buffer_cstr(&text), name);
    ck_assert_ptr_nonnull(at);
    at += strlen(name) + 1;
    snprintf(out, size, "%.*s", (int)strcspn(at, " \n"), at);
}

static void first_match(const stack *s, const char *pattern, char *out)
{
    char full[PATH_SIZE];
    snprintf(full, sizeof(full), "%s/net/crypto-config/peerOrganizations/org1.example.com/%s",
             s->dir, pattern);
    glob_t found;
    ck_assert_msg(glob(full, 0, NULL, &found) == 0, "%s", full);
    snprintf(out, PATH_SIZE, "%s", found.gl_pathv[0]);
    globfree(&found);
}

static void write_config(const stack *s, const char *name, const base_buffer *text)
{
    heddle_error err;
    ck_assert_int_eq(base_write_file(in_dir(s, name), base_buffer_view(text), 0600, &err),
                     HEDDLE_OK);
}

static void configure_gateway(stack *s)
{
    char cert[PATH_SIZE], key[PATH_SIZE], tls_cert[PATH_SIZE], tls_key[PATH_SIZE];
    first_match(s, "users/Admin@org1.example.com/msp/signcerts/*", cert);
    first_match(s, "users/Admin@org1.example.com/msp/keystore/*", key);
    first_match(s, "peers/peer0.org1.example.com/tls/server.crt", tls_cert);
    first_match(s, "peers/peer0.org1.example.com/tls/server.key", tls_key);
    base_auto_buffer base_buffer text = {0};
    ck_assert_int_eq(
        base_buffer_printf(&text,
                           "listen: %s\ntls: {certificate: %s, key: %s}\n"
                           "identity: {msp_id: Org1MSP, certificate: %s, key: %s}\n"
                           "peers: [{address: \"%s\", tls_roots: %s}]\nchannels: [mychannel]\n"
                           "admin: {listen: \"127.0.0.1:%u\"}\n",
                           s->gateway, tls_cert, tls_key, cert, key, s->peer, s->gateway_ca,
                           s->admin_port),
        HEDDLE_OK);
    write_config(s, "gateway.yaml", &text);
}

static void sync_config(const stack *s, const char *database, const char *name)
{
    char msp[PATH_SIZE];
    first_match(s, "users/Admin@org1.example.com/msp", msp);
    base_auto_buffer base_buffer text = {0};
    ck_assert_int_eq(base_buffer_printf(&text,
                                        "channel: mychannel\n"
                                        "peers: [{address: \"%s\", tls_roots: %s}]\n"
                                        "identity: {msp_id: Org1MSP, msp_dir: %s}\n"
                                        "database: \"%s\"\n",
                                        s->peer, s->gateway_ca, msp, database),
                     HEDDLE_OK);
    write_config(s, name, &text);
}

stack *stack_start(const char *bin)
{
    return stack_start_with(bin, NULL);
}

stack *stack_start_with(const char *bin, const char *const devnet_args[])
{
    stack *s = calloc(1, sizeof(*s));
    ck_assert_ptr_nonnull(s);
    s->bin = bin;
    s->devnet_args = devnet_args;
    s->dir = fixture_dir_new();
    s->pg = postgres_start();
    s->devnet_port = process_free_ports(DEVNET_PORTS);
    s->chaincode_port = process_free_port();
    stack_resume(s, STACK_CHAINCODE);
    wait_port(s, STACK_CHAINCODE, s->chaincode_port);
    stack_resume(s, STACK_DEVNET);
    process_wait_file(s->parts[STACK_DEVNET], in_dir(s, "devnet.ready"), READY_MS);
    ready_word(s, "peer0.org1.example.com", s->peer, sizeof(s->peer));
    ready_word(s, "orderer", s->orderer, sizeof(s->orderer));
    first_match(s, "tlsca/*-cert.pem", s->gateway_ca);
    snprintf(s->orderer_ca, sizeof(s->orderer_ca), "%s/net/%s", s->dir,
             "crypto-config/ordererOrganizations/example.com/tlsca/tlsca.example.com-cert.pem");
    first_match(s, "users/User1@org1.example.com/msp", s->user_msp);
    s->gateway_port = process_free_port();
    s->admin_port = process_free_port();
    snprintf(s->gateway, sizeof(s->gateway), "localhost:%u", s->gateway_port);
    configure_gateway(s);
    sync_config(s, postgres_url(s->pg), "sync.yaml");
    stack_resume(s, STACK_GATEWAY);
    stack_resume(s, STACK_SYNC);
    wait_port(s, STACK_GATEWAY, s->gateway_port);
    return s;
}

void stack_free(stack *s)
{
    if (!s)
        return;
    for (int part = 0; part < STACK_PARTS; part++)
        end(s, (stack_part)part, SIGKILL);
    postgres_free(s->pg);
    fixture_dir_free(s->dir);
    free(s);
}

const char *stack_dir(const stack *s)
{
    return s->dir;
}

const char *stack_gateway(const stack *s)
{
    return s->gateway;
}

const char *stack_gateway_ca(const stack *s)
{
    return s->gateway_ca;
}

const char *stack_peer(const stack *s)
{
    return s->peer;
}

const char *stack_orderer(const stack *s)
{
    return s->orderer;
}

const char *stack_orderer_ca(const stack *s)
{
    return s->orderer_ca;
}

uint16_t stack_admin_port(const stack *s)
{
    return s->admin_port;
}

process *stack_process(stack *s, stack_part part)
{
    return s->parts[part];
}

const char *stack_user_msp(const stack *s)
{
    return s->user_msp;
}

const char *stack_database(const stack *s)
{
    return postgres_url(s->pg);
}

char *stack_database_named(const stack *s, const char *name)
{
    return postgres_url_of(s->pg, name);
}

int stack_sync_once(stack *s, const char *database)
{
    char program[PATH_SIZE], config[PATH_SIZE], log[PATH_SIZE];
    sync_config(s, database, "once.yaml");
    snprintf(program, sizeof(program), "%s/heddle-sync", s->bin);
    snprintf(config, sizeof(config), "%s/once.yaml", s->dir);
    snprintf(log, sizeof(log), "%s/once.log", s->dir);
    process *once =
        process_start(log, (const char *const[]){program, "--config", config, "--once", NULL});
    return process_wait(once, READY_MS);
}
