/*
 * An application of the asset-transfer contract, on the client interface of libheddle: it
 * creates assets, changes, transfers and deletes some, and shows what a conflict looks like.
 * Every run uses assets of its own, so it can be repeated.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heddle/heddle.h"

struct options {
    const char *gateway;
    const char *tls_ca;
    const char *name_override;
    const char *msp_id;
    const char *msp_dir;
    const char *channel;
    const char *chaincode;
};

static const char usage[] =
    "usage: asset-transfer-client --gateway HOST:PORT --tls-ca FILE --msp-dir DIR\n"
    "         [--msp-id Org1MSP] [--channel mychannel] [--chaincode basic]\n"
    "         [--name-override NAME]\n";

static int read_options(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {{"gateway", required_argument, NULL, 'g'},
                                          {"tls-ca", required_argument, NULL, 't'},
                                          {"msp-dir", required_argument, NULL, 'd'},
                                          {"msp-id", required_argument, NULL, 'i'},
                                          {"channel", required_argument, NULL, 'c'},
                                          {"chaincode", required_argument, NULL, 'n'},
                                          {"name-override", required_argument, NULL, 'o'},
                                          {NULL, 0, NULL, 0}};
    *out = (struct options){.msp_id = "Org1MSP", .channel = "mychannel", .chaincode = "basic"};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        const char **slot = c == 'g'   ? &out->gateway
                            : c == 't' ? &out->tls_ca
                            : c == 'd' ? &out->msp_dir
                            : c == 'i' ? &out->msp_id
                            : c == 'c' ? &out->channel
                            : c == 'n' ? &out->chaincode
                            : c == 'o' ? &out->name_override
                                       : NULL;
        if (!slot)
            return -1;
        *slot = optarg;
    }
    return out->gateway && out->tls_ca && out->msp_dir && optind == argc ? 0 : -1;
}

static int complain(const char *what, const heddle_error *err)
{
    fprintf(stderr, "%s: %s: %s\n", what, heddle_status_name(err->status), err->message);
    return EXIT_FAILURE;
}

/* Submit and say in one line what became of it. */
static heddle_status submit(heddle_contract *contract, const char *what,
                            const heddle_request *request, heddle_error *err)
{
    heddle_outcome outcome;
    heddle_status status = heddle_submit(contract, request, NULL, &outcome, err);
    if (status != HEDDLE_OK)
        return status;
    printf("%-38s block %llu  %.12s…  %.*s\n", what, (unsigned long long)outcome.block_number,
           outcome.tx_id, (int)outcome.result.len, (const char *)outcome.result.data);
    heddle_outcome_done(&outcome);
    return HEDDLE_OK;
}

static heddle_status endorse(heddle_contract *contract, const heddle_request *request,
                             heddle_transaction **out, heddle_error *err)
{
    heddle_proposal *proposal;
    heddle_status status = heddle_proposal_new(contract, request, &proposal, err);
    if (status != HEDDLE_OK)
        return status;
    status = heddle_proposal_endorse(proposal, NULL, out, err);
    heddle_proposal_free(proposal);
    return status;
}

/* Submit an endorsed transaction and wait for the ledger's verdict. Takes the transaction. */
static heddle_status settle(heddle_transaction *transaction, heddle_commit_status *out,
                            heddle_error *err)
{
    heddle_commit *commit;
    heddle_status status = heddle_transaction_submit(transaction, NULL, &commit, err);
    heddle_transaction_free(transaction);
    if (status != HEDDLE_OK)
        return status;
    status = heddle_commit_wait(commit, NULL, out, err);
    heddle_commit_free(commit);
    return status;
}

/*
 * Two transactions that read the same version of an asset: both are endorsed before either
 * is submitted, so the ledger takes the first and refuses the second. A program would now
 * build a new proposal and try again.
 */
static heddle_status conflict(heddle_contract *contract, const char *asset, heddle_error *err)
{
    heddle_transaction *first, *second;
    heddle_status status =
        endorse(contract, HEDDLE_CALL("TransferAsset", asset, "Ada"), &first, err);
    if (status != HEDDLE_OK)
        return status;
    status = endorse(contract, HEDDLE_CALL("TransferAsset", asset, "Grace"), &second, err);
    if (status != HEDDLE_OK) {
        heddle_transaction_free(first);
        return status;
    }
    heddle_commit_status verdicts[2];
    status = settle(first, &verdicts[0], err);
    if (status != HEDDLE_OK) {
        heddle_transaction_free(second);
        return status;
    }
    status = settle(second, &verdicts[1], err);
    for (int i = 0; status == HEDDLE_OK && i < 2; i++)
        printf("%-38s block %llu  %.12s…  %s\n",
               i ? "transfer the same asset to Grace" : "transfer an asset to Ada",
               (unsigned long long)verdicts[i].block_number, verdicts[i].tx_id,
               heddle_validation_code_name(verdicts[i].validation_code));
    return status;
}

static heddle_status show(heddle_contract *contract, const char *asset, heddle_error *err)
{
    heddle_bytes answer;
    heddle_status status =
        heddle_evaluate(contract, HEDDLE_CALL("ReadAsset", asset), NULL, &answer, err);
    if (status != HEDDLE_OK)
        return status;
    printf("%-38s %.*s\n", "read it back", (int)answer.len, (const char *)answer.data);
    heddle_bytes_done(&answer);
    return HEDDLE_OK;
}

static heddle_status tour(heddle_contract *contract, heddle_error *err)
{
    char boat[40], car[40], house[40];
    unsigned long long run = (unsigned long long)time(NULL);
    snprintf(boat, sizeof(boat), "boat-%llx", run);
    snprintf(car, sizeof(car), "car-%llx", run);
    snprintf(house, sizeof(house), "house-%llx", run);
    const struct {
        const char *what;
        const heddle_request *request;
    } steps[] = {
        {"create a boat", HEDDLE_CALL("CreateAsset", boat, "white", "12", "Tomoko", "1300")},
        {"create a car", HEDDLE_CALL("CreateAsset", car, "red", "4", "Brad", "400")},
        {"create a house", HEDDLE_CALL("CreateAsset", house, "grey", "90", "Jin Soo", "5000")},
        {"update the boat", HEDDLE_CALL("UpdateAsset", boat, "blue", "12", "Tomoko", "1250")},
        {"transfer the boat to Max", HEDDLE_CALL("TransferAsset", boat, "Max")},
        {"delete the car", HEDDLE_CALL("DeleteAsset", car)},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        heddle_status status = submit(contract, steps[i].what, steps[i].request, err);
        if (status != HEDDLE_OK)
            return status;
    }
    heddle_status status = conflict(contract, house, err);
    return status == HEDDLE_OK ? show(contract, boat, err) : status;
}

static int run(const struct options *options)
{
    heddle_error err;
    heddle_identity *identity;
    if (heddle_identity_from_msp(options->msp_id, options->msp_dir, &identity, &err) != HEDDLE_OK)
        return complain("identity", &err);
    heddle_gateway_options connect = HEDDLE_GATEWAY_OPTIONS;
    connect.target = options->gateway;
    connect.tls_roots_file = options->tls_ca;
    connect.name_override = options->name_override;
    heddle_gateway *gateway;
    if (heddle_gateway_open(&connect, &gateway, &err) != HEDDLE_OK) {
        heddle_identity_unref(identity);
        return complain("gateway", &err);
    }
    heddle_contract *contract = NULL;
    heddle_status status = heddle_contract_new(gateway, identity, options->channel,
                                               options->chaincode, &contract, &err);
    if (status == HEDDLE_OK)
        status = tour(contract, &err);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    heddle_identity_unref(identity);
    return status == HEDDLE_OK ? EXIT_SUCCESS : complain(heddle_stage_name(err.stage), &err);
}

int main(int argc, char **argv)
{
    struct options options;
    if (read_options(argc, argv, &options) != 0) {
        fputs(usage, stderr);
        return 2;
    }
    return run(&options);
}
