#include "contract.h"

int main(void)
{
    return heddle_cc_main(&asset_transfer_contract);
}
