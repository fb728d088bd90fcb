// The library as C++ uses it: options, requests, views, errors.
#include <cstdio>
#include <cstring>
#include <heddle/heddle.h>

int main()
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_gateway *gateway = nullptr;
    heddle_identity *who = nullptr;
    heddle_error err;
    options.target = "localhost:7051";
    options.plaintext = true;
    if (heddle_gateway_open(&options, &gateway, &err) != HEDDLE_OK) {
        std::fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    heddle_request request = HEDDLE_REQUEST("ReadAsset");
    const char *texts[] = {"asset1"};
    request.texts = texts;
    request.arg_count = 1;
    heddle_call_options call = HEDDLE_CALL_OPTIONS;
    heddle_view nothing = heddle_view_str("no certificate");
    heddle_status status = heddle_identity_from_pem("Org1MSP", nothing, nothing, &who, &err);
    heddle_gateway_close(gateway);
    return status == HEDDLE_OK || call.size != sizeof(call) || !std::strlen(err.message);
}
