/* A program that uses the installed library, as far as that goes without a network. */
#include <heddle/heddle.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_gateway *gateway = NULL;
    heddle_error err;
    options.target = "localhost:7051";
    if (heddle_gateway_open(&options, &gateway, &err) != HEDDLE_E_BAD_ARGUMENT ||
        !strstr(err.message, "TLS roots")) {
        fprintf(stderr, "a connection without TLS was not refused\n");
        return 1;
    }
    options.plaintext = true;
    if (heddle_gateway_open(&options, &gateway, &err) != HEDDLE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    heddle_gateway_close(gateway);
    return 0;
}
