/* Any bytes as an identity of a wallet, in both forms; what is read is written and read again. */
#include "base/view.h"
#include "profile/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool equal(const base_buffer *a, const base_buffer *b)
{
    return base_view_equal(base_buffer_view(a), base_buffer_view(b));
}

static void write_and_read(const profile_entry *entry)
{
    profile_auto_entry profile_entry again = {0};
    base_auto_buffer base_buffer document = {0};
    if (profile_entry_write(entry, &document, NULL) ||
        profile_entry_read(base_buffer_view(&document), &again, NULL) ||
        !equal(&again.mspid, &entry->mspid) || !equal(&again.cert_pem, &entry->cert_pem) ||
        !equal(&again.key_pem, &entry->key_pem))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_view bytes = heddle_view_of(data, size);
    heddle_error err;
    profile_entry entry = {0};
    base_buffer key_name = {0};
    if (profile_entry_read(bytes, &entry, &err) == HEDDLE_OK)
        write_and_read(&entry);
    profile_entry_done(&entry);
    if (profile_entry_read_user(bytes, &entry, &key_name, &err) == HEDDLE_OK)
        write_and_read(&entry);
    profile_entry_done(&entry);
    base_buffer_done(&key_name);
    return 0;
}
