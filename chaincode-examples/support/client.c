#include "client.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: %s (--gateway HOST:PORT --tls-ca FILE [--name-override NAME] | --profile FILE)\n"
    "         [--msp-id Org1MSP] --msp-dir DIR … [--channel mychannel] [--chaincode %s]\n"
    "         [--threads 16] [--rounds 50]\n"
    "Each --msp-dir is a member (this program needs %zu), reached as the options before it say.\n";

/* Options */

static const struct option known[] = {{"gateway", required_argument, NULL, 'g'},
                                      {"tls-ca", required_argument, NULL, 't'},
                                      {"name-override", required_argument, NULL, 'o'},
                                      {"profile", required_argument, NULL, 'p'},
                                      {"msp-id", required_argument, NULL, 'i'},
                                      {"msp-dir", required_argument, NULL, 'd'},
                                      {"channel", required_argument, NULL, 'c'},
                                      {"chaincode", required_argument, NULL, 'n'},
                                      {"threads", required_argument, NULL, 'x'},
                                      {"rounds", required_argument, NULL, 'r'},
                                      {NULL, 0, NULL, 0}};

static bool add_member(example_client *client, const example_member *member)
{
    bool is_reachable = member->profile || (member->gateway_address && member->tls_ca);
    if (client->member_count == EXAMPLE_MEMBERS || !is_reachable)
        return false;
    client->members[client->member_count++] = *member;
    return true;
}

static bool read_count(const char *text, unsigned *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return *text && !*end && value >= 1 && value <= 10000;
}

static bool take_option(example_client *client, example_member *next, int option)
{
    const char **slot = option == 'g'   ? &next->gateway_address
                        : option == 't' ? &next->tls_ca
                        : option == 'o' ? &next->name_override
                        : option == 'p' ? &next->profile
                        : option == 'i' ? &next->msp_id
                        : option == 'd' ? &next->msp_dir
                        : option == 'c' ? &client->channel
                        : option == 'n' ? &client->chaincode
                                        : NULL;
    if (option == 'x' || option == 'r')
        return read_count(optarg, option == 'x' ? &client->threads : &client->rounds);
    if (!slot)
        return false;
    *slot = optarg;
    return option != 'd' || add_member(client, next);
}

static bool read_options(int argc, char **argv, const example_program *program, example_client *out)
{
    example_member next = {.msp_id = "Org1MSP"};
    *out = (example_client){
        .channel = "mychannel", .chaincode = program->chaincode, .threads = 16, .rounds = 50};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;)
        if (!take_option(out, &next, c))
            return false;
    return optind == argc && out->member_count >= program->members &&
           out->threads <= EXAMPLE_THREADS_MAX;
}

/* Connecting */

static heddle_status open_profile(const example_member *member, heddle_gateway **out,
                                  heddle_error *err)
{
    heddle_profile *profile;
    heddle_status status = heddle_profile_load(member->profile, NULL, &profile, err);
    if (status != HEDDLE_OK)
        return status;
    heddle_network *network;
    status = heddle_profile_network(profile, member->identity, false, &network, err);
    heddle_profile_free(profile);
    if (status != HEDDLE_OK)
        return status;
    status = heddle_network_open(network, NULL, out, err);
    heddle_network_free(network);
    return status;
}

static heddle_status open_gateway(const example_member *member, heddle_gateway **out,
                                  heddle_error *err)
{
    if (member->profile)
        return open_profile(member, out, err);
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = member->gateway_address;
    options.tls_roots_file = member->tls_ca;
    options.name_override = member->name_override;
    return heddle_gateway_open(&options, out, err);
}

static heddle_status open_member(example_client *client, example_member *member, heddle_error *err)
{
    heddle_status status =
        heddle_identity_from_msp(member->msp_id, member->msp_dir, &member->identity, err);
    if (status == HEDDLE_OK)
        status = open_gateway(member, &member->gateway, err);
    if (status == HEDDLE_OK)
        status = heddle_contract_new(member->gateway, member->identity, client->channel,
                                     client->chaincode, &member->contract, err);
    return status;
}

static void close_members(example_client *client)
{
    for (size_t i = 0; i < client->member_count; i++) {
        heddle_contract_unref(client->members[i].contract);
        heddle_gateway_close(client->members[i].gateway);
        heddle_identity_unref(client->members[i].identity);
    }
}

static heddle_status run(example_client *client, const example_program *program, heddle_error *err)
{
    for (size_t i = 0; i < client->member_count; i++) {
        heddle_status status = open_member(client, &client->members[i], err);
        if (status != HEDDLE_OK)
            return status;
    }
    return program->run(client, err);
}

static void complain(const example_client *client, const heddle_error *err)
{
    fprintf(stderr, "%s: %s: %s\n", heddle_stage_name(err->stage), heddle_status_name(err->status),
            err->message);
    for (size_t i = 0; i < heddle_details_count(client->details); i++) {
        const heddle_detail *detail = heddle_details_at(client->details, i);
        fprintf(stderr, "  %s %s: %s\n", detail->mspid, detail->address, detail->message);
    }
}

int example_main(int argc, char **argv, const example_program *program)
{
    example_client client;
    if (!read_options(argc, argv, program, &client)) {
        fprintf(stderr, usage, program->name, program->chaincode, program->members);
        return 2;
    }
    client.details = heddle_details_new();
    if (!client.details)
        return EXIT_FAILURE;
    heddle_error err = {0};
    heddle_status status = run(&client, program, &err);
    close_members(&client);
    if (status != HEDDLE_OK)
        complain(&client, &err);
    heddle_details_free(client.details);
    return status == HEDDLE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Steps */

static heddle_call_options told(example_client *client)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = client->details;
    return options;
}

void example_say(const char *what, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    printf("%-44s ", what);
    vprintf(fmt, args);
    putchar('\n');
    va_end(args);
}

heddle_status example_fail(heddle_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    *err = (heddle_error){.status = HEDDLE_E_REFUSED};
    vsnprintf(err->message, sizeof(err->message), fmt, args);
    va_end(args);
    return HEDDLE_E_REFUSED;
}

/* Until a peer of the member's organisation has the transaction. */
static heddle_status await_at(const example_member *member, const char *channel, const char *tx_id,
                              heddle_error *err)
{
    enum { ATTEMPTS = 600 };
    static const struct timespec pause = {.tv_nsec = 50000000};
    heddle_contract *ledger;
    heddle_status status =
        heddle_contract_new(member->gateway, member->identity, channel, "qscc", &ledger, err);
    if (status != HEDDLE_OK)
        return status;
    const heddle_request *request =
        EXAMPLE_CALL_AT("GetTransactionByID", member->msp_id, channel, tx_id);
    for (int left = ATTEMPTS; left > 0; left--) {
        status = heddle_evaluate(ledger, request, NULL, NULL, err);
        if (status == HEDDLE_OK)
            break;
        nanosleep(&pause, NULL);
    }
    heddle_contract_unref(ledger);
    return status;
}

/*
 * Members of several organisations take turns here, and the peers of one may learn of a block
 * later than those of another.
 */
static heddle_status await_everywhere(const example_client *client, const char *tx_id,
                                      heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; status == HEDDLE_OK && client->member_count > 1 && i < client->member_count;
         i++)
        status = await_at(&client->members[i], client->channel, tx_id, err);
    return status;
}

/*
 * A peer that is a block behind refuses what another one endorses, or endorses something else.
 * Nothing is submitted then, so it is asked again for a while.
 */
static heddle_status submit(example_client *client, size_t member, const heddle_request *request,
                            heddle_outcome *out, heddle_error *err)
{
    enum { ATTEMPTS = 20 };
    static const struct timespec pause = {.tv_nsec = 100000000};
    heddle_call_options options = told(client);
    for (int left = ATTEMPTS;; left--) {
        heddle_status status =
            heddle_submit(client->members[member].contract, request, &options, out, err);
        if (status == HEDDLE_OK || err->stage != HEDDLE_STAGE_ENDORSE || left == 1)
            return status;
        nanosleep(&pause, NULL);
    }
}

heddle_status example_submit(example_client *client, size_t member, const char *what,
                             const heddle_request *request, heddle_error *err)
{
    heddle_outcome outcome;
    heddle_status status = submit(client, member, request, &outcome, err);
    if (status != HEDDLE_OK)
        return status;
    example_say(what, "block %llu  %.*s", (unsigned long long)outcome.block_number,
                (int)outcome.result.len, (const char *)outcome.result.data);
    status = await_everywhere(client, outcome.tx_id, err);
    heddle_outcome_done(&outcome);
    return status;
}

char *example_answer(example_client *client, size_t member, const heddle_request *request,
                     heddle_error *err)
{
    heddle_call_options options = told(client);
    heddle_bytes answer;
    heddle_status status =
        heddle_evaluate(client->members[member].contract, request, &options, &answer, err);
    if (status != HEDDLE_OK)
        return NULL;
    char *text = strndup((const char *)answer.data, answer.len);
    heddle_bytes_done(&answer);
    if (!text)
        (void)example_fail(err, "no memory is left");
    return text;
}

heddle_status example_show(example_client *client, size_t member, const char *what,
                           const heddle_request *request, heddle_error *err)
{
    char *text = example_answer(client, member, request, err);
    if (!text)
        return err->status;
    example_say(what, "%s", text);
    free(text);
    return HEDDLE_OK;
}

static const char *refusal(const example_client *client, const heddle_error *err)
{
    if (err->status == HEDDLE_E_TX_INVALID)
        return heddle_validation_code_name(err->validation_code);
    const heddle_detail *detail = heddle_details_at(client->details, 0);
    return detail ? detail->message : err->message;
}

heddle_status example_refused(example_client *client, size_t member, const char *what,
                              const heddle_request *request, const char *reason, heddle_error *err)
{
    heddle_call_options options = told(client);
    heddle_status status =
        heddle_submit(client->members[member].contract, request, &options, NULL, err);
    if (status == HEDDLE_OK)
        return example_fail(err, "%s: it was not refused", what);
    const char *said = refusal(client, err);
    if (!strstr(said, reason))
        return status;
    example_say(what, "refused: %s", said);
    return HEDDLE_OK;
}

const char *example_unique(const char *word, char out[64])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(out, 64, "%.30s-%llx", word,
             (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    return out;
}
