#include "contract.h"

int main(int argc, char **argv)
{
    return heddle_cc_main(&NEW_CHAINCODE, argc, argv);
}
