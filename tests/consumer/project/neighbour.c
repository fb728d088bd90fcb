/*
 * The library in a program that uses gRPC and OpenSSL itself, before, beside and after it, and
 * has functions with names of the library's inside: neither gets into the other's way.
 */
#include <grpc/grpc.h>
#include <heddle/heddle.h>
#include <openssl/evp.h>
#include <stdio.h>

static int strayed;

/* Exported by the program: whatever the library calls by these names must be its own. */
int base_fail(void);
int base_alloc(void);
int crypto_init(void);
int rpc_init(void);
int wire_decode(void);
int common__envelope__unpack(void);

#define OURS(name)                                                                                 \
    int name(void)                                                                                 \
    {                                                                                              \
        return ++strayed;                                                                          \
    }
OURS(base_fail)
OURS(base_alloc)
OURS(crypto_init)
OURS(rpc_init)
OURS(wire_decode)
OURS(common__envelope__unpack)

static int own_digest(void)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    return EVP_Digest("abc", 3, out, &len, EVP_sha256(), NULL) == 1 && len == 32 && out[0] == 0xba;
}

static int own_queue(void)
{
    grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
    grpc_completion_queue_shutdown(queue);
    grpc_event event = grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
    grpc_completion_queue_destroy(queue);
    return event.type == GRPC_QUEUE_SHUTDOWN;
}

int main(void)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_gateway *gateway = NULL;
    heddle_identity *who = NULL;
    heddle_error err = {0};
    options.target = "localhost:1";
    options.plaintext = true;
    grpc_init();
    int failed = !own_queue() || !own_digest() ||
                 heddle_gateway_open(&options, &gateway, &err) != HEDDLE_OK || !own_queue() ||
                 heddle_identity_from_pem("Org1MSP", heddle_view_str("no"), heddle_view_str("no"),
                                          &who, &err) == HEDDLE_OK;
    heddle_gateway_close(gateway);
    failed = failed || !own_queue() || !own_digest() || strayed;
    grpc_shutdown();
    if (failed)
        fprintf(stderr, "strayed %d, last error %s\n", strayed, err.message);
    return failed;
}
