/* The table of tests/interop/behaviour, read. Its form is told in table.js there. */
#ifndef BEHAVIOUR_TABLE_H
#define BEHAVIOUR_TABLE_H

#include "base/arena.h"
#include "base/buffer.h"

enum { TABLE_MAX_WORDS = 600, TABLE_MAX_LINES = 40 };

typedef struct table_step {
    char *words[64];
    size_t count;
    const char *expected;
} table_step;

/** "= what text" */
typedef struct table_aspect {
    const char *what;
    const char *text;
} table_aspect;

typedef struct table_transaction {
    const char *kind; /* submit, evaluate, endorse */
    int client;       /* 1 or 2 */
    int peer;         /* 0: all */
    const char *chaincode;
    char *transient[4];
    size_t transient_count;
    char *call[64];
    size_t call_count; /* 0: steps */
    table_step steps[TABLE_MAX_LINES];
    size_t step_count;
    table_aspect aspects[8];
    size_t aspect_count;
} table_transaction;

/** What is told as the table is read; @p name of a case, then each of its transactions. */
typedef struct table_reader {
    void (*on_case)(const char *name, void *user);
    void (*on_transaction)(const table_transaction *transaction, void *user);
    void *user;
} table_reader;

/** Read @p path whole. */
void table_read(const char *path, const table_reader *reader);

/** What <name> stands for; NULL: nothing. */
typedef const char *table_name_fn(const char *name, void *user);

/** The bytes of a word. */
heddle_view table_word(const char *word, table_name_fn *name_of, void *user, base_arena *arena);

/** What is expected, with all names put in; false if it has one that stands for nothing. */
bool table_fill(const char *expected, table_name_fn *name_of, void *user, base_buffer *out);

/** Bytes as the contract shows them. */
void table_show(heddle_view bytes, base_buffer *out);

#endif
