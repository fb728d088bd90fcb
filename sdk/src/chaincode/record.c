#include "chaincode/record.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "chaincode/recording.h"

enum { NAME_PART = 100, SAME_NAME_LIMIT = 1000 };

struct cc_record {
    char *dir;
    cc_execute *execute;
    const void *user;
    atomic_size_t left; /* files that may be written yet */
};

heddle_status cc_record_new(const char *dir, size_t files, cc_execute *execute,
                            const void *execute_user, cc_record **out, heddle_error *err)
{
    BASE_TRY(base_make_dirs(dir, 0700, err));
    cc_record *record = base_calloc(1, sizeof(*record));
    char *copy = base_strdup(dir);
    if (!record || !copy) {
        base_free(record);
        base_free(copy);
        return base_fail_memory(err, "recordings");
    }
    record->dir = copy;
    record->execute = execute;
    record->user = execute_user;
    atomic_init(&record->left, files ? files : CC_RECORD_FILES);
    *out = record;
    return HEDDLE_OK;
}

void cc_record_free(cc_record *record)
{
    if (!record)
        return;
    base_free(record->dir);
    base_free(record);
}

/* Both parts are a stranger's: what might mean something to a file system becomes '_'. */
static void write_part(heddle_view text, char out[NAME_PART + 1])
{
    size_t len = text.len < NAME_PART ? text.len : NAME_PART;
    for (size_t i = 0; i < len; i++) {
        char c = (char)text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out[i] = is_plain || c == '-' || (c == '.' && i) ? c : '_';
    }
    out[len] = '\0';
}

/* A chaincode may have a transaction more than once, if another one calls it again. */
static heddle_status choose_path(const cc_record *record, const cc_message *start, base_buffer *out,
                                 heddle_error *err)
{
    char channel[NAME_PART + 1], tx_id[NAME_PART + 1];
    write_part(start->channel, channel);
    write_part(start->tx_id, tx_id);
    for (unsigned n = 1; n <= SAME_NAME_LIMIT; n++) {
        char again[16] = "";
        if (n > 1)
            snprintf(again, sizeof(again), "-%u", n);
        base_buffer_clear(out);
        if (base_buffer_printf(out, "%s/%s-%s%s.heddlecc", record->dir, channel, tx_id, again) !=
                HEDDLE_OK ||
            !base_buffer_cstr(out))
            return base_fail_memory(err, "recording");
        if (access((const char *)out->data, F_OK) != 0)
            return HEDDLE_OK;
    }
    return base_fail(err, HEDDLE_E_EXISTS, "recording: a transaction comes too often");
}

static heddle_status save(const cc_record *record, const cc_recording *recording, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    base_auto_buffer base_buffer bytes = {.limit = CC_RECORDING_BYTES};
    cc_message start;
    BASE_TRY(cc_message_read(recording->start, &start, err));
    BASE_TRY(cc_recording_write(recording, &bytes, err));
    BASE_TRY(choose_path(record, &start, &path, err));
    return base_write_file(base_buffer_cstr(&path), base_buffer_view(&bytes), 0600, err);
}

/* Whether there is room for a file more. */
static bool take_one(cc_record *record)
{
    size_t left = atomic_load(&record->left);
    while (left && !atomic_compare_exchange_weak(&record->left, &left, left - 1))
        ;
    if (left == 1)
        log_at(LOG_WARN, "chaincode", "this is the last recording", LOG_STR("dir", record->dir));
    return left != 0;
}

heddle_status cc_record_execute(const void *user, heddle_view start, const cc_port *port,
                                const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    cc_record *record = (cc_record *)(uintptr_t)user;
    cc_recording recording;
    heddle_error why;
    base_auto(cc_recorder) cc_recorder *recorder = cc_recorder_new(port, 0);
    if (!recorder || !take_one(record))
        return record->execute(record->user, start, port, limits, out_last, err);
    BASE_TRY(
        record->execute(record->user, start, cc_recorder_port(recorder), limits, out_last, err));
    heddle_status st =
        cc_recorder_take(recorder, start, limits, base_blob_view(*out_last), &recording, &why);
    if (st == HEDDLE_OK)
        st = save(record, &recording, &why);
    if (st != HEDDLE_OK)
        log_at(LOG_WARN, "chaincode", "transaction not recorded", LOG_ERR(&why));
    return HEDDLE_OK;
}
