/*
 * Proposals built and signed, beside the same OpenSSL signature in a bare loop. The two take
 * turns, and the time is the thread's own, so that other work on the machine does not count.
 *
 *   signing MSP_DIR KEY_FILE ROUNDS EACH
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/proposal.h"
#include "heddle/heddle.h"

static void die(const char *what, const heddle_error *err)
{
    fprintf(stderr, "signing: %s%s%s\n", what, err ? ": " : "", err ? err->message : "");
    exit(EXIT_FAILURE);
}

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "r");
    EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (!key)
        die(path, NULL);
    fclose(file);
    return key;
}

static double sign_bare(EVP_PKEY_CTX *ctx, unsigned long count)
{
    unsigned char digest[32] = {1}, signature[144];
    double start = thread_seconds();
    for (unsigned long i = 0; i < count; i++) {
        size_t len = sizeof(signature);
        digest[1] = (unsigned char)i;
        if (EVP_PKEY_sign(ctx, signature, &len, digest, sizeof(digest)) != 1)
            die("bare signature", NULL);
    }
    return thread_seconds() - start;
}

/* As heddle_submit_start() does before its first call goes out. */
static double sign_proposals(heddle_contract *contract, unsigned long count)
{
    heddle_error err;
    double start = thread_seconds();
    for (unsigned long i = 0; i < count; i++) {
        heddle_proposal *proposal;
        base_buffer request = {0};
        if (heddle_proposal_new(contract,
                                HEDDLE_CALL("CreateAsset", "asset7", "blue", "5", "Tomoko", "300"),
                                &proposal, &err) ||
            client_proposal_request(proposal, &request, &err))
            die("proposal", &err);
        base_buffer_done(&request);
        heddle_proposal_free(proposal);
    }
    return thread_seconds() - start;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: signing MSP_DIR KEY_FILE ROUNDS EACH\n", stderr);
        return 2;
    }
    unsigned long rounds = strtoul(argv[3], NULL, 10), each = strtoul(argv[4], NULL, 10);
    heddle_error err;
    heddle_identity *who = NULL;
    heddle_gateway *gateway = NULL;
    heddle_contract *contract = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = "localhost:1";
    options.plaintext = true;
    if (heddle_identity_from_msp("Org1MSP", argv[1], &who, &err) ||
        heddle_gateway_open(&options, &gateway, &err) ||
        heddle_contract_new(gateway, who, "mychannel", "basic", &contract, &err))
        die("start", &err);
    EVP_PKEY *key = read_key(argv[2]);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1)
        die("bare key", NULL);

    sign_bare(ctx, each);
    sign_proposals(contract, each);
    double bare = 0, proposals = 0;
    for (unsigned long i = 0; i < rounds; i++) {
        bare += sign_bare(ctx, each);
        proposals += sign_proposals(contract, each);
    }
    double count = (double)(rounds * each);
    printf("{\"bare_per_second\":%.0f,\"proposals_per_second\":%.0f,\"percent\":%.1f}\n",
           count / bare, count / proposals, 100 * bare / proposals);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    heddle_identity_unref(who);
    return 0;
}
