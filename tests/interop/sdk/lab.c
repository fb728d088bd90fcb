#include "lab.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "conf/yaml.h"

/* What OpenSSL keeps for a thread is freed as the thread ends, and gRPC's own threads may end
 * together with the process, under the eyes of the leak check; c-ares keeps names it looked up. */
__attribute__((visibility("default"), weak)) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcrypto.so\nleak:libcares.so";
}

static const conf_node *network(void)
{
    static base_arena *arena; /* kept: texts are given out */
    static const conf_node *root;
    heddle_error err;
    base_auto_buffer base_buffer text = {0};
    const char *path = getenv("HEDDLE_NETWORK");
    if (root)
        return root;
    ck_assert_msg(path != NULL, "HEDDLE_NETWORK is not set: run by tests/interop/run.js");
    arena = base_arena_new(0);
    if (base_read_file(path, 0, &text, &err) != HEDDLE_OK ||
        conf_yaml_parse(base_buffer_view(&text), path, arena, &root, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return root;
}

static const conf_node *child(const conf_node *node, const char *name)
{
    char *end;
    if (node->kind != CONF_SEQUENCE)
        return conf_node_get(node, name);
    unsigned long index = strtoul(name, &end, 10);
    return *end || index >= node->count ? NULL : node->items[index];
}

static const conf_node *find(const char *path)
{
    char word[64];
    const conf_node *node = network();
    while (node && *path) {
        size_t len = strcspn(path, ".");
        snprintf(word, sizeof(word), "%.*s", (int)len, path);
        node = child(node, word);
        path += len + (path[len] == '.');
    }
    return node;
}

const char *lab_text_or(const char *path, const char *otherwise)
{
    const conf_node *node = find(path);
    return node && node->kind == CONF_SCALAR ? node->text : otherwise;
}

const char *lab_text(const char *path)
{
    const char *text = lab_text_or(path, NULL);
    ck_assert_msg(text != NULL, "the network's description has no %s", path);
    return text;
}

size_t lab_count(const char *path)
{
    const conf_node *node = find(path);
    return node && node->kind == CONF_SEQUENCE ? node->count : 0;
}

const char *lab_fresh(const char *word)
{
    static char names[16][96];
    static unsigned next;
    char *name = names[next++ % 16];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, sizeof(names[0]), "%s-%d-%ld-%ld-%u", word, (int)getpid(), (long)now.tv_sec,
             now.tv_nsec, next);
    return name;
}
