#include <heddle/chaincode_server.h>

#include "behaviour.h"

int main(int argc, char **argv)
{
    return heddle_cc_main(&behaviour_chaincode, argc, argv);
}
