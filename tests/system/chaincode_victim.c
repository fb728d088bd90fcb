/* A chaincode that does what chaincode should not. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "heddle/chaincode_server.h"

static heddle_status greet(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply_text(stub, "hello", err);
}

/* Asks for a key that names the process it runs in. */
static heddle_status get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    const char *key = heddle_cc_printf(stub, "%d", (int)getpid());
    heddle_status st = heddle_cc_get_state(stub, heddle_view_str(key), &value, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

static heddle_status crash(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    signal(SIGSEGV, SIG_DFL); /* sanitizers have a handler */
    raise(SIGSEGV);
    return HEDDLE_OK;
}

static heddle_status leave(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    _exit(7);
}

static heddle_status loop(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    while (getpid() > 0)
        pause();
    return HEDDLE_OK;
}

static heddle_status differ(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    static int runs;
    (void)context;
    const char *text = heddle_cc_printf(stub, "%d", runs++);
    return heddle_cc_reply_text(stub, text, err);
}

int main(int argc, char **argv)
{
    static const heddle_cc_transaction transactions[] = {
        {"Greet", .function = greet}, {"Get", .function = get},   {"Crash", .function = crash},
        {"Leave", .function = leave}, {"Loop", .function = loop}, {"Differ", .function = differ}};
    static const heddle_cc_contract contract = {.size = sizeof(contract),
                                                .name = "Victim",
                                                .transactions = transactions,
                                                .transaction_count = 6};
    static const heddle_cc_contract *const contracts[] = {&contract};
    static const heddle_cc_chaincode chaincode = {
        .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};
    return heddle_cc_main(&chaincode, argc, argv);
}
