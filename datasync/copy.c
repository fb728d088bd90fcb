#include "datasync/copy.h"

#include "base/fail.h"
#include "datasync/json.h"

enum { TEXT_OID = 25, JSONB_VERSION = 1 };

static const uint8_t header[] = {'P',  'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n',
                                 '\0', 0,   0,   0,   0,   0,   0,    0,    0};
static const uint8_t trailer[] = {0xff, 0xff};

const heddle_view sync_copy_header = {header, sizeof(header)};
const heddle_view sync_copy_trailer = {trailer, sizeof(trailer)};

void sync_copy_done(sync_copy *copy)
{
    base_buffer_done(&copy->bytes);
    *copy = (sync_copy){0};
}

void sync_copy_clear(sync_copy *copy)
{
    sync_copy_cut(copy, 0, 0);
}

void sync_copy_cut(sync_copy *copy, size_t bytes, size_t rows)
{
    copy->bytes.len = bytes;
    copy->rows = rows;
    copy->status = HEDDLE_OK;
}

static void append(sync_copy *copy, const void *data, size_t len)
{
    if (copy->status == HEDDLE_OK)
        copy->status = base_buffer_append(&copy->bytes, heddle_view_of(data, len));
}

static void append_number(sync_copy *copy, uint64_t value, size_t octets)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < octets; i++)
        bytes[i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
    append(copy, bytes, octets);
}

static void append_column(sync_copy *copy, uint64_t value, size_t octets)
{
    append_number(copy, octets, 4);
    append_number(copy, value, octets);
}

void sync_copy_row(sync_copy *copy, int columns)
{
    append_number(copy, (uint64_t)columns, 2);
    copy->rows++;
}

void sync_copy_null(sync_copy *copy)
{
    append_number(copy, UINT32_MAX, 4);
}

void sync_copy_bool(sync_copy *copy, bool value)
{
    append_column(copy, value, 1);
}

void sync_copy_i16(sync_copy *copy, int16_t value)
{
    append_column(copy, (uint64_t)(int64_t)value, 2);
}

void sync_copy_i32(sync_copy *copy, int32_t value)
{
    append_column(copy, (uint64_t)(int64_t)value, 4);
}

void sync_copy_i64(sync_copy *copy, int64_t value)
{
    append_column(copy, (uint64_t)value, 8);
}

void sync_copy_bytes(sync_copy *copy, heddle_view value)
{
    append_number(copy, value.len, 4);
    append(copy, value.data, value.len);
}

void sync_copy_text(sync_copy *copy, heddle_view value)
{
    if (value.len)
        sync_copy_bytes(copy, value);
    else
        sync_copy_null(copy);
}

void sync_copy_jsonb(sync_copy *copy, heddle_view value)
{
    if (!sync_json_is(value)) {
        sync_copy_null(copy);
        return;
    }
    append_number(copy, value.len + 1, 4);
    append_number(copy, JSONB_VERSION, 1);
    append(copy, value.data, value.len);
}

void sync_copy_time(sync_copy *copy, bool has, int64_t seconds, int32_t nanos)
{
    const int64_t year_1 = -62135596800, year_10000 = 253402300800, year_2000 = 946684800;
    if (!has || seconds < year_1 || seconds >= year_10000 || nanos < 0 || nanos >= 1000000000)
        sync_copy_null(copy);
    else
        sync_copy_i64(copy, (seconds - year_2000) * 1000000 + nanos / 1000);
}

void sync_copy_text_array(sync_copy *copy, const heddle_view *values, size_t count)
{
    size_t len = count ? 20 : 12;
    for (size_t i = 0; i < count; i++)
        len += 4 + values[i].len;
    append_number(copy, len, 4);
    append_number(copy, count ? 1 : 0, 4); /* dimensions */
    append_number(copy, 0, 4);             /* no NULL among them */
    append_number(copy, TEXT_OID, 4);
    if (!count)
        return;
    append_number(copy, count, 4);
    append_number(copy, 1, 4); /* first index */
    for (size_t i = 0; i < count; i++)
        sync_copy_bytes(copy, values[i]);
}

heddle_status sync_copy_status(const sync_copy *copy, heddle_error *err)
{
    return copy->status == HEDDLE_OK ? HEDDLE_OK : base_fail_memory(err, "rows of a block");
}
