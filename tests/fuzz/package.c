/* Any bytes as a package; and, so that the fuzzer need not find checksums and frames by itself,
 * any bytes as the archives in it. */
#include "package/package.h"
#include "package/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_it(heddle_view bytes)
{
    heddle_package *package = NULL;
    if (heddle_package_read(bytes, &package, NULL) == HEDDLE_OK)
        for (size_t i = 0; i < heddle_package_file_count(package); i++)
            if (!package_path_is_inside(heddle_package_file_at(package, i)->path))
                __builtin_trap();
    heddle_package_free(package);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_view bytes = heddle_view_of(data, size);
    base_buffer outer = {0}, framed = {0}, code = {0};
    read_it(bytes);
    if (package_gzip(bytes, &framed) == HEDDLE_OK)
        read_it(base_buffer_view(&framed));
    if (package_tar_append(&outer, PACKAGE_METADATA,
                           heddle_view_str("{\"label\":\"a\",\"type\":\"ccaas\"}"),
                           NULL) == HEDDLE_OK &&
        package_tar_append(&outer, PACKAGE_CODE, base_buffer_view(&framed), NULL) == HEDDLE_OK &&
        package_tar_finish(&outer) == HEDDLE_OK &&
        package_gzip(base_buffer_view(&outer), &code) == HEDDLE_OK)
        read_it(base_buffer_view(&code));
    base_buffer_done(&outer);
    base_buffer_done(&framed);
    base_buffer_done(&code);
    return 0;
}
