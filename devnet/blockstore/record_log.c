#include "devnet/blockstore/record_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/digest.h"

enum {
    MARKER_LEN = 8,
    FILE_HEADER_LEN = 24,
    NUMBER_AT = 8,
    LENGTH_AT = 16,
    DIGEST_AT = 24,
    DIGEST_LEN = 16,
    CHECK_AT = 40,
    RECORD_HEADER_LEN = 48
};

static const char MAGIC[8] = {'H', 'D', 'R', 'E', 'C', 'L', 'O', 'G'};

struct dn_log {
    char *path;
    int fd;
    size_t max_body;
    bool one_by_one;
    uint8_t marker[MARKER_LEN];
    uint64_t first;

    pthread_mutex_t lock; /* of what follows */
    uint64_t *offsets;    /* of each record's header */
    size_t count;
    size_t room;
    uint64_t end; /* where the next record goes */
    bool broken;
};

typedef struct record_header {
    uint64_t number;
    uint64_t length;
    uint8_t digest[DIGEST_LEN];
} record_header;

static void put_u64(uint8_t *at, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

static uint64_t get_u64(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | at[i];
    return value;
}

static heddle_status digest_start(heddle_view bytes, uint8_t *out, size_t len)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    BASE_TRY(crypto_sha256(bytes, digest));
    memcpy(out, digest, len);
    return HEDDLE_OK;
}

static heddle_status header_write(const dn_log *log, const record_header *header, uint8_t *out)
{
    memcpy(out, log->marker, MARKER_LEN);
    put_u64(out + NUMBER_AT, header->number);
    put_u64(out + LENGTH_AT, header->length);
    memcpy(out + DIGEST_AT, header->digest, DIGEST_LEN);
    return digest_start(heddle_view_of(out, CHECK_AT), out + CHECK_AT,
                        RECORD_HEADER_LEN - CHECK_AT);
}

/** False if these bytes are no header of this log. */
static bool header_read(const dn_log *log, const uint8_t *bytes, record_header *out)
{
    uint8_t check[RECORD_HEADER_LEN - CHECK_AT];
    if (memcmp(bytes, log->marker, MARKER_LEN) != 0 ||
        digest_start(heddle_view_of(bytes, CHECK_AT), check, sizeof(check)) != HEDDLE_OK ||
        memcmp(bytes + CHECK_AT, check, sizeof(check)) != 0)
        return false;
    out->number = get_u64(bytes + NUMBER_AT);
    out->length = get_u64(bytes + LENGTH_AT);
    memcpy(out->digest, bytes + DIGEST_AT, DIGEST_LEN);
    return out->length <= log->max_body;
}

static heddle_status read_exactly(const dn_log *log, uint64_t at, uint8_t *out, size_t len,
                                  heddle_error *err)
{
    while (len) {
        ssize_t got = pread(log->fd, out, len, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return base_fail_errno(err, "reading %s", log->path);
        if (got == 0)
            return base_fail(err, HEDDLE_E_DECODE, "%s ends before byte %llu", log->path,
                             (unsigned long long)(at + len));
        out += got;
        at += (uint64_t)got;
        len -= (size_t)got;
    }
    return HEDDLE_OK;
}

static heddle_status body_read(const dn_log *log, uint64_t at, const record_header *header,
                               base_buffer *out, heddle_error *err)
{
    size_t before = out->len;
    if (base_buffer_reserve(out, header->length) != HEDDLE_OK)
        return base_fail_memory(err, "a record");
    BASE_TRY(read_exactly(log, at + RECORD_HEADER_LEN, out->data + before, header->length, err));
    uint8_t digest[DIGEST_LEN];
    BASE_TRY(digest_start(heddle_view_of(out->data + before, header->length), digest, DIGEST_LEN));
    if (memcmp(digest, header->digest, DIGEST_LEN) != 0)
        return base_fail(err, HEDDLE_E_DECODE, "%s: record %llu at byte %llu is damaged", log->path,
                         (unsigned long long)header->number, (unsigned long long)at);
    out->len = before + header->length;
    return HEDDLE_OK;
}

static heddle_status remember(dn_log *log, uint64_t offset)
{
    if (log->count == log->room) {
        size_t room = log->room ? log->room * 2 : 256;
        uint64_t *offsets = base_realloc(log->offsets, room * sizeof(*offsets));
        if (!offsets)
            return HEDDLE_E_NO_MEMORY;
        log->offsets = offsets;
        log->room = room;
    }
    log->offsets[log->count++] = offset;
    return HEDDLE_OK;
}

/* Opening. */

static heddle_status make_file(const dn_log_options *options, heddle_error *err)
{
    uint8_t header[FILE_HEADER_LEN];
    memcpy(header, MAGIC, sizeof(MAGIC));
    if (crypto_random(header + sizeof(MAGIC), MARKER_LEN) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "no random bytes for %s", options->path);
    put_u64(header + sizeof(MAGIC) + MARKER_LEN, options->first);
    return base_write_file(options->path, heddle_view_of(header, sizeof(header)), 0600, err);
}

static heddle_status read_file_header(dn_log *log, heddle_error *err)
{
    uint8_t header[FILE_HEADER_LEN];
    BASE_TRY(read_exactly(log, 0, header, sizeof(header), err));
    if (memcmp(header, MAGIC, sizeof(MAGIC)) != 0)
        return base_fail(err, HEDDLE_E_DECODE, "%s is no record log", log->path);
    memcpy(log->marker, header + sizeof(MAGIC), MARKER_LEN);
    log->first = get_u64(header + sizeof(MAGIC) + MARKER_LEN);
    log->end = FILE_HEADER_LEN;
    return HEDDLE_OK;
}

static bool holds_header(const dn_log *log, const uint8_t *bytes, size_t len)
{
    while (len >= RECORD_HEADER_LEN) {
        const uint8_t *at = memmem(bytes, len, log->marker, MARKER_LEN);
        record_header header;
        if (!at || len - (size_t)(at - bytes) < RECORD_HEADER_LEN)
            return false;
        if (header_read(log, at, &header))
            return true;
        len -= (size_t)(at - bytes) + 1;
        bytes = at + 1;
    }
    return false;
}

/** Whether a whole header lies in the file somewhere after byte @p from. */
static heddle_status holds_record_after(const dn_log *log, uint64_t from, uint64_t size, bool *out,
                                        heddle_error *err)
{
    *out = false;
    if (from >= size)
        return HEDDLE_OK;
    uint8_t *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, log->fd, 0);
    if (map == MAP_FAILED)
        return base_fail_errno(err, "mapping %s", log->path);
    *out = holds_header(log, map + from, size - from);
    munmap(map, size);
    return HEDDLE_OK;
}

static heddle_status cut_tail(dn_log *log, uint64_t size, heddle_error *err)
{
    bool more = false;
    if (log->one_by_one)
        BASE_TRY(holds_record_after(log, log->end + 1, size, &more, err));
    if (more)
        return base_fail(err, HEDDLE_E_DECODE,
                         "%s is damaged: no record %llu at byte %llu, but good ones after it",
                         log->path, (unsigned long long)(log->first + log->count),
                         (unsigned long long)log->end);
    if (ftruncate(log->fd, (off_t)log->end) != 0 || fsync(log->fd) != 0)
        return base_fail_errno(err, "cutting %s", log->path);
    return HEDDLE_OK;
}

/** Walk the headers; log->end is after the last record that lies in the file whole. */
static heddle_status scan(dn_log *log, uint64_t size, heddle_error *err)
{
    uint8_t bytes[RECORD_HEADER_LEN];
    record_header header;
    while (size - log->end >= RECORD_HEADER_LEN) {
        BASE_TRY(read_exactly(log, log->end, bytes, sizeof(bytes), err));
        if (!header_read(log, bytes, &header) || header.number != log->first + log->count ||
            header.length > size - log->end - RECORD_HEADER_LEN)
            break;
        if (remember(log, log->end) != HEDDLE_OK)
            return base_fail_memory(err, "the index of a record log");
        log->end += RECORD_HEADER_LEN + header.length;
    }
    return HEDDLE_OK;
}

/** The last header may have reached the disk before its body did. */
static heddle_status check_last_body(dn_log *log, heddle_error *err)
{
    base_auto_buffer base_buffer body = {0};
    if (log->count == 0)
        return HEDDLE_OK;
    heddle_status status = dn_log_read(log, log->first + log->count - 1, &body, err);
    if (status == HEDDLE_E_DECODE) {
        log->end = log->offsets[--log->count];
        base_error_clear(err);
        return HEDDLE_OK;
    }
    return status;
}

static heddle_status load(dn_log *log, const dn_log_options *options, heddle_error *err)
{
    if (access(options->path, F_OK) != 0)
        BASE_TRY(make_file(options, err));
    log->fd = open(options->path, O_RDWR | O_CLOEXEC);
    struct stat info;
    if (log->fd < 0 || fstat(log->fd, &info) != 0)
        return base_fail_errno(err, "opening %s", options->path);
    BASE_TRY(read_file_header(log, err));
    BASE_TRY(scan(log, (uint64_t)info.st_size, err));
    BASE_TRY(check_last_body(log, err));
    if (log->end < (uint64_t)info.st_size)
        return cut_tail(log, (uint64_t)info.st_size, err);
    return HEDDLE_OK;
}

heddle_status dn_log_open(const dn_log_options *options, dn_log **out, heddle_error *err)
{
    dn_log *log = base_calloc(1, sizeof(*log));
    if (!log)
        return base_fail_memory(err, "a record log");
    log->fd = -1;
    log->max_body = options->max_body;
    log->one_by_one = options->one_by_one;
    pthread_mutex_init(&log->lock, NULL);
    log->path = base_strdup(options->path);
    heddle_status status = log->path ? load(log, options, err) : base_fail_memory(err, "a path");
    if (status != HEDDLE_OK) {
        dn_log_close(log);
        return status;
    }
    *out = log;
    return HEDDLE_OK;
}

void dn_log_close(dn_log *log)
{
    if (!log)
        return;
    if (log->fd >= 0)
        close(log->fd);
    pthread_mutex_destroy(&log->lock);
    base_free(log->offsets);
    base_free(log->path);
    base_free(log);
}

/* Use. */

static pthread_mutex_t *lock_of(const dn_log *log)
{
    return &((dn_log *)log)->lock;
}

uint64_t dn_log_first(const dn_log *log)
{
    return log->first;
}

uint64_t dn_log_next(const dn_log *log)
{
    pthread_mutex_lock(lock_of(log));
    uint64_t next = log->first + log->count;
    pthread_mutex_unlock(lock_of(log));
    return next;
}

uint64_t dn_log_bytes(const dn_log *log)
{
    pthread_mutex_lock(lock_of(log));
    uint64_t end = log->end;
    pthread_mutex_unlock(lock_of(log));
    return end;
}

static heddle_status write_parts(const dn_log *log, uint64_t at, struct iovec *parts, int count,
                                 heddle_error *err)
{
    while (count) {
        ssize_t wrote = pwritev(log->fd, parts, count, (off_t)at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return base_fail_errno(err, "writing %s", log->path);
        at += (uint64_t)wrote;
        for (; count && (size_t)wrote >= parts->iov_len; parts++, count--)
            wrote -= (ssize_t)parts->iov_len;
        if (count) {
            parts->iov_base = (uint8_t *)parts->iov_base + wrote;
            parts->iov_len -= (size_t)wrote;
        }
    }
    return HEDDLE_OK;
}

static heddle_status check_usable(const dn_log *log, heddle_error *err)
{
    if (log->broken)
        return base_fail(err, HEDDLE_E_IO, "%s: an earlier write to disk failed", log->path);
    return HEDDLE_OK;
}

heddle_status dn_log_append(dn_log *log, heddle_view body, heddle_error *err)
{
    uint8_t bytes[RECORD_HEADER_LEN];
    record_header header = {.number = dn_log_next(log), .length = body.len};
    BASE_TRY(check_usable(log, err));
    if (body.len > log->max_body)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "a record of %zu bytes, the limit is %zu",
                         body.len, log->max_body);
    BASE_TRY(digest_start(body, header.digest, DIGEST_LEN));
    BASE_TRY(header_write(log, &header, bytes));
    struct iovec parts[] = {{bytes, sizeof(bytes)}, {(void *)body.data, body.len}};
    heddle_status status = write_parts(log, log->end, parts, body.len ? 2 : 1, err);
    if (status != HEDDLE_OK) {
        log->broken = ftruncate(log->fd, (off_t)log->end) != 0;
        return status;
    }
    pthread_mutex_lock(&log->lock);
    status = remember(log, log->end);
    if (status == HEDDLE_OK)
        log->end += RECORD_HEADER_LEN + body.len;
    pthread_mutex_unlock(&log->lock);
    return status == HEDDLE_OK ? HEDDLE_OK : base_fail_memory(err, "the index of a record log");
}

heddle_status dn_log_sync(dn_log *log, heddle_error *err)
{
    BASE_TRY(check_usable(log, err));
    if (fdatasync(log->fd) == 0)
        return HEDDLE_OK;
    log->broken = true;
    return base_fail_errno(err, "writing %s to disk", log->path);
}

heddle_status dn_log_cut(dn_log *log, uint64_t number, heddle_error *err)
{
    pthread_mutex_lock(&log->lock);
    if (number >= log->first && number - log->first < log->count) {
        log->count = number - log->first;
        log->end = log->offsets[log->count];
    }
    pthread_mutex_unlock(&log->lock);
    if (ftruncate(log->fd, (off_t)log->end) == 0)
        return HEDDLE_OK;
    log->broken = true;
    return base_fail_errno(err, "cutting %s", log->path);
}

static bool find(const dn_log *log, uint64_t number, uint64_t *offset)
{
    pthread_mutex_lock(lock_of(log));
    bool found = number >= log->first && number - log->first < log->count;
    if (found)
        *offset = log->offsets[number - log->first];
    pthread_mutex_unlock(lock_of(log));
    return found;
}

heddle_status dn_log_read(const dn_log *log, uint64_t number, base_buffer *out, heddle_error *err)
{
    uint64_t offset;
    uint8_t bytes[RECORD_HEADER_LEN];
    record_header header;
    if (!find(log, number, &offset))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "%s has no record %llu", log->path,
                         (unsigned long long)number);
    BASE_TRY(read_exactly(log, offset, bytes, sizeof(bytes), err));
    if (!header_read(log, bytes, &header) || header.number != number)
        return base_fail(err, HEDDLE_E_DECODE, "%s: record %llu at byte %llu is damaged", log->path,
                         (unsigned long long)number, (unsigned long long)offset);
    return body_read(log, offset, &header, out, err);
}
