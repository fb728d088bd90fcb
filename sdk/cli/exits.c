#include "cli/exits.h"

const cli_exit cli_exits[] = {
    {CLI_EXIT_OK, "done", NULL},
    {CLI_EXIT_FAILED, "anything without a code of its own", NULL},
    {CLI_EXIT_USAGE, "bad usage, or a bad file of contexts", NULL},
    {CLI_EXIT_NOT_FOUND, "what was named is not there", NULL},
    {CLI_EXIT_DENIED,
     "access denied: a wrong password, a revoked or expired certificate, a PIN, "
     "or no right to do it",
     NULL},
    {CLI_EXIT_EXISTS, "it is there already", NULL},
    {CLI_EXIT_UNAVAILABLE, "nobody answers there, or a token is away",
     "see that it is running and that the address is right (heddle context show)"},
    {CLI_EXIT_TIMED_OUT, "no answer in time", "allow more time with --timeout"},
    {CLI_EXIT_INVALID, "the transaction is on the ledger, but was marked invalid", NULL},
    {CLI_EXIT_REFUSED, "the other side refused, or the chaincode failed", NULL},
    {CLI_EXIT_OPEN, "the outcome of a transaction is open", NULL},
    {CLI_EXIT_IDENTITY, "an identity or a certificate is not acceptable, or a key does not fit",
     NULL},
    {CLI_EXIT_DATA, "bytes that are not what they should be", NULL},
    {CLI_EXIT_LOCAL, "a file, the disk or the memory of this machine", NULL},
    {CLI_EXIT_INTERRUPTED, "interrupted by Ctrl-C or SIGTERM", NULL},
    {CLI_EXIT_CUT, "nobody reads the answer any more (a pipe that was closed)", NULL},
};

static int code_of_status(heddle_status status)
{
    switch (status) {
    case HEDDLE_E_BAD_ARGUMENT:
    case HEDDLE_E_CONFIG:
        return CLI_EXIT_USAGE;
    case HEDDLE_E_NOT_FOUND:
        return CLI_EXIT_NOT_FOUND;
    case HEDDLE_E_DENIED:
        return CLI_EXIT_DENIED;
    case HEDDLE_E_EXISTS:
        return CLI_EXIT_EXISTS;
    case HEDDLE_E_UNAVAILABLE:
        return CLI_EXIT_UNAVAILABLE;
    case HEDDLE_E_TIMED_OUT:
        return CLI_EXIT_TIMED_OUT;
    case HEDDLE_E_TX_INVALID:
        return CLI_EXIT_INVALID;
    case HEDDLE_E_RPC:
    case HEDDLE_E_REFUSED:
    case HEDDLE_E_POLICY:
        return CLI_EXIT_REFUSED;
    case HEDDLE_E_BAD_IDENTITY:
    case HEDDLE_E_BAD_SIGNATURE:
    case HEDDLE_E_CRYPTO:
        return CLI_EXIT_IDENTITY;
    case HEDDLE_E_DECODE:
    case HEDDLE_E_TOO_LARGE:
    case HEDDLE_E_BROKEN_CHAIN:
        return CLI_EXIT_DATA;
    case HEDDLE_E_IO:
    case HEDDLE_E_DATABASE:
    case HEDDLE_E_LOCKED:
    case HEDDLE_E_NO_MEMORY:
        return CLI_EXIT_LOCAL;
    case HEDDLE_E_CANCELLED:
        return CLI_EXIT_INTERRUPTED;
    default:
        return CLI_EXIT_FAILED;
    }
}

/* What a gRPC code says more exactly than the status; 0: nothing. */
static int code_of_rpc(int grpc_code)
{
    enum { DEADLINE = 4, NOT_FOUND = 5, EXISTS = 6, DENIED = 7, UNAVAILABLE = 14, WHO = 16 };
    switch (grpc_code) {
    case DEADLINE:
        return CLI_EXIT_TIMED_OUT;
    case NOT_FOUND:
        return CLI_EXIT_NOT_FOUND;
    case EXISTS:
        return CLI_EXIT_EXISTS;
    case DENIED:
    case WHO:
        return CLI_EXIT_DENIED;
    case UNAVAILABLE:
        return CLI_EXIT_UNAVAILABLE;
    default:
        return 0;
    }
}

static int code_of(const heddle_error *err)
{
    if (err->retry == HEDDLE_RETRY_ASK_STATUS && err->tx_id[0] && err->status != HEDDLE_E_CANCELLED)
        return CLI_EXIT_OPEN;
    int rpc = err->status == HEDDLE_E_RPC ? code_of_rpc(err->grpc_code) : 0;
    return rpc ? rpc : code_of_status(err->status);
}

const cli_exit *cli_exit_of(const heddle_error *err)
{
    int code = err->status == HEDDLE_OK ? CLI_EXIT_OK : code_of(err);
    const cli_exit *found = cli_exits;
    while (found->code != code)
        found++;
    return found;
}
