/*
 * compute ORIGINAL EDITED CHANNEL OUT: the ConfigUpdate that makes one common.Config of the other,
 * as configtxlator compute_update writes it. Ends with 1 and a text when there is none.
 */
#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "wire/config_update.h"

static heddle_error err;

static heddle_status compute(char **args)
{
    base_auto_buffer base_buffer original = {0};
    base_auto_buffer base_buffer edited = {0};
    base_auto_buffer base_buffer update = {0};
    BASE_TRY(base_read_file(args[1], 0, &original, &err));
    BASE_TRY(base_read_file(args[2], 0, &edited, &err));
    BASE_TRY(wire_config_update_compute(base_buffer_view(&original), base_buffer_view(&edited),
                                        args[3], &update, &err));
    return base_write_file(args[4], base_buffer_view(&update), 0644, &err);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: compute ORIGINAL EDITED CHANNEL OUT\n");
        return 2;
    }
    if (compute(argv) == HEDDLE_OK)
        return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
