#include "contract.h"

int main(int argc, char **argv)
{
    return heddle_cc_main(&token_erc_20, argc, argv);
}
