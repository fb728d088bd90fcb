/* Blocks from files block_0.pb, block_1.pb, … of a folder. A file appears whole, by rename. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "datasync/source.h"
#include "wire/block.h"

enum { POLL_MS = 200, FILE_MAX = 512 * 1024 * 1024 };

typedef struct folder {
    sync_source source;
    const sync_conf *conf;
    sync_queue *queue;
    uint64_t next;
    pthread_t thread;
} folder;

static void block_path(char *out, size_t size, const char *dir, uint64_t number)
{
    snprintf(out, size, "%s/block_%" PRIu64 ".pb", dir, number);
}

/* The number in "block_N.pb". */
static bool block_number(const char *name, uint64_t *out)
{
    heddle_view text = heddle_view_str(name);
    if (text.len <= 9 || !base_view_starts(text, VIEW("block_")) ||
        !base_view_is(base_view_slice(text, text.len - 3, 3), ".pb"))
        return false;
    return base_parse_u64(base_view_slice(text, 6, text.len - 9), out);
}

/* The lowest number of a file that is at least @p from; *out_found says if there is one. */
static heddle_status lowest(const char *path, uint64_t from, bool *out_found, uint64_t *out,
                            heddle_error *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return base_fail_errno(err, "folder of blocks %s", path);
    *out_found = false;
    for (struct dirent *entry; (entry = readdir(dir));) {
        uint64_t number;
        if (!block_number(entry->d_name, &number) || number < from)
            continue;
        if (!*out_found || number < *out)
            *out = number;
        *out_found = true;
    }
    closedir(dir);
    return HEDDLE_OK;
}

static void release_bytes(void *owner)
{
    base_free(owner);
}

static heddle_status read_block(const char *dir, uint64_t number, base_buffer *out,
                                heddle_error *err)
{
    char path[4096];
    block_path(path, sizeof(path), dir, number);
    return base_read_file(path, FILE_MAX, out, err);
}

static heddle_status push_block(folder *f, heddle_error *err)
{
    base_auto_buffer base_buffer content = {0};
    BASE_TRY(read_block(f->conf->blocks, f->next, &content, err));
    size_t len;
    uint8_t *bytes = base_buffer_take(&content, &len);
    sync_item *item = sync_item_new(heddle_view_of(bytes, len), bytes, release_bytes);
    if (!item)
        return base_fail_memory(err, "block");
    if (!sync_queue_push(f->queue, item) && !sync_queue_wait_room(f->queue))
        return base_fail(err, HEDDLE_E_CANCELLED, "stopped");
    f->next++;
    return HEDDLE_OK;
}

static bool is_there(const folder *f)
{
    char path[4096];
    struct stat st;
    block_path(path, sizeof(path), f->conf->blocks, f->next);
    return stat(path, &st) == 0;
}

/* The next file is not there: the tip, or a hole. It may come, and the one after it, while the
 * folder is read, which then shows either or both: hence the second look. */
static heddle_status look_ahead(folder *f, bool *out_tip, heddle_error *err)
{
    bool found;
    uint64_t number = 0;
    BASE_TRY(lowest(f->conf->blocks, f->next, &found, &number, err));
    *out_tip = !found;
    if (found && number > f->next && !is_there(f))
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN,
                         "block_%" PRIu64 ".pb is missing in %s, though block_%" PRIu64
                         ".pb is there",
                         f->next, f->conf->blocks, number);
    if (!found && f->next == 0 && f->conf->once)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "there are no files block_N.pb in %s",
                         f->conf->blocks);
    return HEDDLE_OK;
}

static heddle_status run(folder *f, heddle_error *err)
{
    while (!sync_queue_is_stopped(f->queue)) {
        bool tip = false;
        if (is_there(f)) {
            BASE_TRY(push_block(f, err));
            continue;
        }
        BASE_TRY(look_ahead(f, &tip, err));
        if (tip && f->conf->once)
            return HEDDLE_OK;
        if (sync_queue_pause(f->queue, POLL_MS))
            break;
    }
    return base_fail(err, HEDDLE_E_CANCELLED, "stopped");
}

static void *folder_main(void *user)
{
    folder *f = user;
    heddle_error end;
    base_error_clear(&end);
    (void)!run(f, &end);
    sync_queue_end(f->queue, &end);
    return NULL;
}

static void stop(sync_source *source)
{
    folder *f = base_container_of(source, folder, source);
    sync_queue_stop(f->queue);
    pthread_join(f->thread, NULL);
    base_free(f);
}

heddle_status sync_folder_start(const sync_conf *conf, uint64_t first, sync_queue *queue,
                                sync_source **out, heddle_error *err)
{
    folder *f = base_calloc(1, sizeof(*f));
    if (!f)
        return base_fail_memory(err, "source of blocks");
    *f = (folder){.source.stop = stop, .conf = conf, .queue = queue, .next = first};
    int rc = pthread_create(&f->thread, NULL, folder_main, f);
    if (rc != 0) {
        base_free(f);
        errno = rc;
        return base_fail_errno(err, "thread of the source");
    }
    *out = &f->source;
    return HEDDLE_OK;
}

heddle_status sync_folder_channel(const char *path, base_buffer *out, heddle_error *err)
{
    bool found;
    uint64_t number;
    base_auto_buffer base_buffer content = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block block;
    heddle_view channel;
    BASE_TRY(lowest(path, 0, &found, &number, err));
    if (!found)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "there are no files block_N.pb in %s", path);
    if (!arena)
        return base_fail_memory(err, "block");
    BASE_TRY(read_block(path, number, &content, err));
    BASE_TRY(wire_block_read(base_buffer_view(&content), arena, &block, err));
    BASE_TRY(wire_block_channel(&block, arena, &channel, err));
    if (base_buffer_append(out, channel) != HEDDLE_OK)
        return base_fail_memory(err, "name of the channel");
    return HEDDLE_OK;
}
