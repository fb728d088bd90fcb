/*
 * The thread that has the store: what many callers ask for is done in one transaction of the
 * file and waits for the disk once ("group commit").
 *
 * Vocabulary: an op is one reading or writing of the journal, embedded in what waits for it.
 * Invariant: the function of an op that wrote runs after the write is on the disk, or with the
 * error that says that nothing was written.
 */
#ifndef JOURNAL_WRITER_H
#define JOURNAL_WRITER_H

#include "base/list.h"
#include "journal/store.h"

typedef struct journal_writer journal_writer;
typedef struct journal_op journal_op;

typedef enum journal_op_kind {
    JOURNAL_OP_FIND,       /* intent.key -> found, intent */
    JOURNAL_OP_PUT,        /* intent */
    JOURNAL_OP_OPEN_AFTER, /* intent.key -> found, intent */
    JOURNAL_OP_FORGET      /* time_s -> count */
} journal_op_kind;

/** All of it is the owner's; borrowed from journal_writer_start() until `done` is entered. */
struct journal_op {
    base_list link;
    journal_op_kind kind;
    journal_intent intent;
    base_arena *arena; /* takes what is read */
    int64_t time_s;
    bool found;
    uint64_t count;
    heddle_status status; /* and err, if it is not HEDDLE_OK */
    heddle_error err;
    void (*done)(journal_op *op); /* once, on the writer's thread; must not wait */
};

/** Open the store at @p path and start its thread. */
HEDDLE_MUST_USE heddle_status journal_writer_open(const char *path, journal_writer **out,
                                                  heddle_error *err);
/** Do what was started, then stop and join. Not in a function of an op. NULL is fine. */
void journal_writer_close(journal_writer *writer);

/** Any thread. Cannot fail; what fails is told to `done`. */
void journal_writer_start(journal_writer *writer, journal_op *op);

#endif
