/*
 * Configuration by one table: a row a key drives the YAML file, the environment, the
 * command line, --help, the reference page and reload.
 *
 * A program declares a struct for its values and a table of rows that say where each value
 * goes. Loading gives an immutable snapshot: defaults, then file, environment, flags.
 *
 *   struct gw_conf { const char *listen; uint64_t dial_timeout_ms; conf_list peers; };
 *   static const conf_key keys[] = {
 *       {.name = "listen", .type = CONF_TEXT, CONF_AT(struct gw_conf, listen),
 *        .value = "127.0.0.1:7080", .help = "address clients connect to"}, … };
 *
 * Key "pool.dial_timeout" is `pool: {dial_timeout: 5s}` in the file,
 * PREFIX_POOL_DIAL_TIMEOUT in the environment and --pool-dial-timeout on the command line
 * ("-" stands for "_" and ".", which work too).
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include "base/buffer.h"
#include "conf/yaml.h"

typedef enum conf_type {
    CONF_TEXT,     /* const char *; never NULL, "" when not set */
    CONF_BOOL,     /* bool */
    CONF_NUMBER,   /* uint64_t, within min and max */
    CONF_DURATION, /* uint64_t of milliseconds, written 250ms, 10s, 2m, 1h */
    CONF_SIZE,     /* uint64_t of bytes, written 512, 64KB, 100MB */
    CONF_CHOICE,   /* int: index into choices */
    CONF_TEXTS,    /* conf_list of const char *; a flag is repeated, a variable has commas */
    CONF_TEXT_MAP, /* conf_list of conf_text_pair; as flag and variable: name=value */
    CONF_ITEMS     /* conf_list of structs by the rows of `items`; only in the file */
} conf_type;

enum {
    CONF_LIVE = 1,     /* a reload takes it over; others need a restart */
    CONF_SECRET = 2,   /* never shown */
    CONF_REQUIRED = 4, /* an empty value is an error */
    CONF_PATH = 8,     /* a relative path in the file is taken from the file's folder */
    CONF_WHOLE = 16    /* of CONF_TEXTS: commas belong to the text, so a variable holds one */
};

typedef struct conf_list {
    size_t count;
    const void *items;
} conf_list;

typedef struct conf_text_pair {
    const char *name;
    const char *value;
} conf_text_pair;

typedef struct conf_key {
    const char *name;
    conf_type type;
    size_t offset;
    const char *value; /* default, written as in a variable; NULL: empty, zero or false */
    uint64_t min;      /* of number, duration, size */
    uint64_t max;      /* 0: no bound */
    unsigned flags;
    const char *const *choices; /* ends with NULL */
    const struct conf_key *items;
    size_t item_count;
    size_t item_size;
    const char *help;
} conf_key;

#define CONF_AT(type, member) .offset = offsetof(type, member)

typedef struct conf_table {
    const char *program; /* "heddle-gateway" */
    const char *summary; /* one line for --help */
    const char *prefix;  /* of variables: "HEDDLE_GATEWAY_" */
    const conf_key *keys;
    size_t count;
    size_t size; /* of the struct of values */
} conf_table;

/** An immutable snapshot. */
typedef struct conf_snapshot conf_snapshot;

typedef enum conf_action {
    CONF_RUN,
    CONF_CHECK,    /* --check: the configuration was valid; stop with 0 */
    CONF_HELP,     /* --help */
    CONF_VERSION,  /* --version */
    CONF_REFERENCE /* --reference: print conf_reference() */
} conf_action;

typedef struct conf_request {
    int argc;
    char *const *argv;        /* borrowed for the call; argv[0] is skipped */
    char *const *environment; /* NULL: the process's */
} conf_request;

/**
 * Read everything. `--config FILE` names the file (also PREFIX_CONFIG). With an action
 * other than run and check there is no snapshot (*out NULL). Errors name the file and line,
 * the variable or the flag; an unknown key is an error that names the nearest known one.
 */
HEDDLE_MUST_USE heddle_status conf_load(const conf_table *table, const conf_request *request,
                                        conf_snapshot **out, conf_action *out_action,
                                        heddle_error *err);
void conf_snapshot_free(conf_snapshot *snapshot);

/** The struct of values; it lives as long as the snapshot. */
const void *conf_values(const conf_snapshot *snapshot);

/**
 * Compare two snapshots of one table. Appends the names of changed keys that are not
 * CONF_LIVE to @p out_fixed, separated by spaces; *out_live says whether a live one changed.
 */
HEDDLE_MUST_USE heddle_status conf_compare(const conf_table *table, const conf_snapshot *before,
                                           const conf_snapshot *after, base_buffer *out_fixed,
                                           bool *out_live);

/** The text of --help. */
HEDDLE_MUST_USE heddle_status conf_help(const conf_table *table, base_buffer *out);

/** The reference page of all keys, in Markdown. */
HEDDLE_MUST_USE heddle_status conf_reference(const conf_table *table, base_buffer *out);

#endif
