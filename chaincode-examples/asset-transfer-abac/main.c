#include "contract.h"

int main(int argc, char **argv)
{
    return heddle_cc_main(&asset_transfer_abac, argc, argv);
}
