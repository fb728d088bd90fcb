/* A contract of another project: its server opens and closes. */
#include <heddle/chaincode.h>
#include <stdio.h>

static heddle_status greet(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply_text(stub, "hello", err);
}

int main(void)
{
    static const heddle_cc_transaction transactions[] = {{"Greet", greet}};
    static const heddle_cc_contract contract = {.size = sizeof(contract),
                                                .name = "Greeter",
                                                .transactions = transactions,
                                                .transaction_count = 1};
    static const heddle_cc_contract *const contracts[] = {&contract};
    static const heddle_cc_chaincode chaincode = {
        .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    heddle_cc_server *server = NULL;
    heddle_error err;
    options.address = "127.0.0.1:0";
    options.chaincode_id = "greeter:1";
    if (heddle_cc_server_open(&options, &chaincode, &server, &err) != HEDDLE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    int status = heddle_cc_server_port(server) == 0;
    heddle_cc_server_close(server);
    return status;
}
