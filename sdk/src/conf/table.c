#include "conf/table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "conf/parts.h"
#include "conf/value.h"

enum { MAX_FILE = 1 << 20, NAME_SIZE = 128 };

struct conf_snapshot {
    base_arena *arena;
    void *values;
};

/* Edit distance, for short names; longer ones are simply far. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(b);
    size_t row[NAME_SIZE];
    if (n >= NAME_SIZE)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < step ? change : step;
        }
    }
    return row[n];
}

static const char *nearest(const conf_key *keys, size_t count, const char *name)
{
    const char *best = NULL;
    size_t least = strlen(name) / 2 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(name, keys[i].name);
        if (d < least) {
            least = d;
            best = keys[i].name;
        }
    }
    return best;
}

static heddle_status fail_unknown(const struct conf_place *place, const conf_key *keys,
                                  size_t count, const char *where, const char *name)
{
    const char *hint = nearest(keys, count, name);
    return base_fail(place->err, HEDDLE_E_CONFIG, "%s: unknown key \"%s\"%s%s%s", where, name,
                     hint ? "; did you mean \"" : "", hint ? hint : "", hint ? "\"?" : "");
}

static const conf_key *find(const conf_key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

/* A flag may have "-" for "_" and for "."; it was read with "_" for "-". */
static const conf_key *find_flag(const conf_table *table, const char *name)
{
    const conf_key *exact = find(table->keys, table->count, name);
    for (size_t i = 0; i < table->count && !exact; i++) {
        const char *a = table->keys[i].name, *b = name;
        while (*a && (*a == *b || (*a == '.' && *b == '_')))
            a++, b++;
        if (!*a && !*b)
            return &table->keys[i];
    }
    return exact;
}

static bool is_section(const conf_key *keys, size_t count, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(keys[i].name, name, len) == 0 && keys[i].name[len] == '.')
            return true;
    return false;
}

static heddle_status load_pair(const struct conf_place *place, const conf_key *keys, size_t count,
                               const char *prefix, const conf_pair *pair, void *values)
{
    char name[NAME_SIZE], where[300];
    snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] ? "." : "", pair->key);
    const conf_key *key = find(keys, count, name);
    if (key)
        return conf_value_load(place, key, pair->value, values);
    if (pair->value->kind == CONF_MAPPING && is_section(keys, count, name))
        return conf_values_load(place, keys, count, name, pair->value, values);
    snprintf(where, sizeof(where), "%s:%u", place->file, pair->line);
    return fail_unknown(place, keys, count, where, name);
}

heddle_status conf_values_load(const struct conf_place *place, const conf_key *keys, size_t count,
                               const char *prefix, const conf_node *node, void *values)
{
    for (size_t i = 0; i < node->count; i++)
        BASE_TRY(load_pair(place, keys, count, prefix, &node->pairs[i], values));
    return HEDDLE_OK;
}

static heddle_status load_file(const conf_table *table, const char *path, base_arena *arena,
                               void *values, heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    BASE_TRY(conf_blame("--config", base_read_file(path, MAX_FILE, &text, err), err));
    const conf_node *root;
    BASE_TRY(conf_yaml_parse(base_buffer_view(&text), path, arena, &root, err));
    if (!root)
        return HEDDLE_OK;
    if (root->kind != CONF_MAPPING)
        return base_fail(err, HEDDLE_E_CONFIG, "%s:%u: must be a mapping of keys", path,
                         root->line);
    const char *slash = strrchr(path, '/');
    heddle_view folder = heddle_view_of(path, slash ? (size_t)(slash - path) : 0);
    const struct conf_place place = {
        .arena = arena,
        .file = path,
        .folder = slash ? base_arena_str(arena, folder) : "",
        .err = err,
    };
    if (!place.folder)
        return base_arena_fail(arena, err, path);
    return conf_values_load(&place, table->keys, table->count, "", root, values);
}

static void variable_name(const conf_table *table, const char *key, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%s%s", table->prefix, key);
    for (char *c = out; *c; c++)
        *c = *c == '.' || *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

static const char *variable(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (char *const *e = environment; *e; e++)
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
            return *e + len + 1;
    return NULL;
}

static heddle_status load_environment(const conf_table *table, char *const *environment,
                                      const struct conf_place *place, void *values)
{
    for (size_t i = 0; i < table->count; i++) {
        char name[NAME_SIZE];
        variable_name(table, table->keys[i].name, name);
        const char *text = variable(environment, name);
        if (text)
            BASE_TRY(conf_value_parse(place, &table->keys[i], name, text, values));
    }
    return HEDDLE_OK;
}

/* One flag of the command line: "--name=value", "--name value" or, for a bool, "--name". */
struct flag {
    char name[NAME_SIZE]; /* without dashes before, "_" for "-" */
    const char *value;    /* NULL: none was attached */
};

static heddle_status read_flag(const char *word, struct flag *out, heddle_error *err)
{
    if (strncmp(word, "--", 2) != 0 || !word[2])
        return base_fail(err, HEDDLE_E_CONFIG, "\"%s\" is no flag; see --help", word);
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
    if (len >= NAME_SIZE)
        return base_fail(err, HEDDLE_E_CONFIG, "\"%.40s…\" is no flag; see --help", word);
    for (size_t i = 0; i < len; i++)
        out->name[i] = word[2 + i] == '-' ? '_' : word[2 + i];
    out->name[len] = '\0';
    out->value = equals ? equals + 1 : NULL;
    return HEDDLE_OK;
}

static bool is_action(const char *name, conf_action *out)
{
    static const struct {
        const char *name;
        conf_action action;
    } actions[] = {{"help", CONF_HELP},
                   {"version", CONF_VERSION},
                   {"check", CONF_CHECK},
                   {"reference", CONF_REFERENCE}};
    for (size_t i = 0; i < BASE_COUNT(actions); i++) {
        if (strcmp(name, actions[i].name) == 0) {
            *out = actions[i].action;
            return true;
        }
    }
    return false;
}

/* The value of a flag, which may be the next word. */
static heddle_status flag_value(const conf_request *request, int *index, bool is_bool,
                                struct flag *flag, heddle_error *err)
{
    if (flag->value)
        return HEDDLE_OK;
    if (is_bool) {
        flag->value = "true";
        return HEDDLE_OK;
    }
    if (*index + 1 >= request->argc)
        return base_fail(err, HEDDLE_E_CONFIG, "--%s needs a value", flag->name);
    flag->value = request->argv[++*index];
    return HEDDLE_OK;
}

static heddle_status load_flag(const conf_table *table, const conf_request *request, int *index,
                               const struct conf_place *place, bool *seen, void *values)
{
    struct flag flag;
    conf_action action;
    BASE_TRY(read_flag(request->argv[*index], &flag, place->err));
    if (is_action(flag.name, &action))
        return HEDDLE_OK;
    if (strcmp(flag.name, "config") == 0)
        return flag_value(request, index, false, &flag, place->err);
    const conf_key *key = find_flag(table, flag.name);
    if (!key)
        return fail_unknown(place, table->keys, table->count, "command line", flag.name);
    BASE_TRY(flag_value(request, index, key->type == CONF_BOOL, &flag, place->err));
    char where[NAME_SIZE + 2];
    snprintf(where, sizeof(where), "--%s", flag.name);
    bool again = seen[key - table->keys];
    seen[key - table->keys] = true;
    return again ? conf_value_add(place, key, where, flag.value, values)
                 : conf_value_parse(place, key, where, flag.value, values);
}

static heddle_status load_flags(const conf_table *table, const conf_request *request,
                                const struct conf_place *place, void *values)
{
    bool *seen = base_arena_zalloc(place->arena, table->count, sizeof(*seen));
    if (!seen)
        return base_arena_fail(place->arena, place->err, "flags");
    for (int i = 1; i < request->argc; i++)
        BASE_TRY(load_flag(table, request, &i, place, seen, values));
    return HEDDLE_OK;
}

/* The action and the file are needed before anything else is read. */
static heddle_status scan_flags(const conf_request *request, conf_action *out_action,
                                const char **out_file, heddle_error *err)
{
    for (int i = 1; i < request->argc; i++) {
        struct flag flag;
        if (read_flag(request->argv[i], &flag, NULL) != HEDDLE_OK)
            continue;
        if (is_action(flag.name, out_action) && *out_action != CONF_CHECK)
            return HEDDLE_OK;
        if (strcmp(flag.name, "config") != 0)
            continue;
        BASE_TRY(flag_value(request, &i, false, &flag, err));
        *out_file = flag.value;
    }
    return HEDDLE_OK;
}

static heddle_status load_all(const conf_table *table, const conf_request *request,
                              char *const *environment, const char *file, conf_snapshot *snapshot,
                              heddle_error *err)
{
    const struct conf_place place = {
        .arena = snapshot->arena, .file = file ? file : "", .folder = "", .err = err};
    BASE_TRY(conf_value_defaults(&place, table->keys, table->count, snapshot->values));
    if (file)
        BASE_TRY(load_file(table, file, snapshot->arena, snapshot->values, err));
    BASE_TRY(load_environment(table, environment, &place, snapshot->values));
    BASE_TRY(load_flags(table, request, &place, snapshot->values));
    return conf_values_complete(&place, table->keys, table->count, "", snapshot->values);
}

static conf_snapshot *snapshot_new(size_t size)
{
    conf_snapshot *snapshot = base_calloc(1, sizeof(*snapshot));
    if (!snapshot)
        return NULL;
    snapshot->arena = base_arena_new((size_t)64 << 20);
    if (snapshot->arena)
        snapshot->values = base_arena_zalloc(snapshot->arena, 1, size);
    if (snapshot->values)
        return snapshot;
    conf_snapshot_free(snapshot);
    return NULL;
}

heddle_status conf_load(const conf_table *table, const conf_request *request, conf_snapshot **out,
                        conf_action *out_action, heddle_error *err)
{
    char *const *environment = request->environment ? request->environment : environ;
    char name[NAME_SIZE];
    variable_name(table, "config", name);
    const char *file = variable(environment, name);
    conf_action action = CONF_RUN;
    BASE_TRY(scan_flags(request, &action, &file, err));
    conf_snapshot *snapshot = NULL;
    if (action == CONF_RUN || action == CONF_CHECK) {
        snapshot = snapshot_new(table->size);
        if (!snapshot)
            return base_fail_memory(err, "configuration");
        heddle_status status = load_all(table, request, environment, file, snapshot, err);
        if (status != HEDDLE_OK) {
            conf_snapshot_free(snapshot);
            return status;
        }
    }
    *out = snapshot;
    *out_action = action;
    return HEDDLE_OK;
}

void conf_snapshot_free(conf_snapshot *snapshot)
{
    if (!snapshot)
        return;
    base_arena_free(snapshot->arena);
    base_free(snapshot);
}

const void *conf_values(const conf_snapshot *snapshot)
{
    return snapshot->values;
}

heddle_status conf_compare(const conf_table *table, const conf_snapshot *before,
                           const conf_snapshot *after, base_buffer *out_fixed, bool *out_live)
{
    bool live = false;
    for (size_t i = 0; i < table->count; i++) {
        const conf_key *key = &table->keys[i];
        if (conf_value_equal(key, before->values, after->values))
            continue;
        if (key->flags & CONF_LIVE)
            live = true;
        else
            BASE_TRY(base_buffer_printf(out_fixed, "%s%s", out_fixed->len ? " " : "", key->name));
    }
    *out_live = live;
    return HEDDLE_OK;
}
