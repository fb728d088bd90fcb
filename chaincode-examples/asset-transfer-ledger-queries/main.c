#include "contract.h"

int main(int argc, char **argv)
{
    return heddle_cc_main(&asset_transfer_ledger_queries, argc, argv);
}
