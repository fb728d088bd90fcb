#include "support/postgres.h"

#include <check.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/process.h"

enum { START_TIMEOUT_MS = 60000, ARGS_MAX = 24 };

struct postgres {
    char *dir;
    char bin[256];
    char data[300];
    char log[300];
    char url[400];
    process *server;
};

/* The newest server that is installed. */
static void find_bin(postgres *pg)
{
    glob_t found;
    ck_assert_msg(glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0,
                  "no PostgreSQL server is installed (initdb is missing)");
    snprintf(pg->bin, sizeof(pg->bin), "%s", found.gl_pathv[found.gl_pathc - 1]);
    *strrchr(pg->bin, '/') = '\0';
    globfree(&found);
}

/* The folder belongs to the user that the server runs as. */
static void lend_dir(const char *dir)
{
    if (getuid() != 0)
        return;
    const struct passwd *user = getpwnam("postgres");
    ck_assert_msg(user != NULL, "as root a user postgres is needed: initdb refuses root");
    ck_assert_int_eq(chown(dir, user->pw_uid, user->pw_gid), 0);
}

/* Run a program of the server as that user. @p args ends with NULL. */
static process *run(const postgres *pg, const char *program, const char *const *args)
{
    static const char *const as_user[] = {"/usr/bin/setpriv", "--reuid=postgres",
                                          "--regid=postgres", "--clear-groups",
                                          "--pdeathsig=KILL", "--"};
    const char *argv[ARGS_MAX];
    size_t count = 0;
    if (getuid() == 0)
        for (size_t i = 0; i < sizeof(as_user) / sizeof(as_user[0]); i++)
            argv[count++] = as_user[i];
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", pg->bin, program);
    argv[count++] = path;
    while (*args && count < ARGS_MAX - 1)
        argv[count++] = *args++;
    argv[count] = NULL;
    return process_start(pg->log, argv);
}

static void show_log(const postgres *pg)
{
    FILE *log = fopen(pg->log, "r");
    char line[512];
    while (log && fgets(line, sizeof(line), log))
        fprintf(stderr, "postgres: %s", line);
    if (log)
        fclose(log);
}

/* The server writes "ready" into the last line of its pid file. */
static bool is_ready(void *user)
{
    const postgres *pg = user;
    char path[400], line[256];
    bool ready = false;
    snprintf(path, sizeof(path), "%s/postmaster.pid", pg->data);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        ready = strncmp(line, "ready", 5) == 0;
    if (file)
        fclose(file);
    return ready || !process_is_running(pg->server);
}

void postgres_resume(postgres *pg)
{
    const char *const args[] = {"-D",
                                pg->data,
                                "-k",
                                pg->dir,
                                "-h",
                                "",
                                "-F",
                                "-c",
                                "max_connections=40",
                                "-c",
                                "shared_buffers=16MB",
                                NULL};
    char path[400];
    snprintf(path, sizeof(path), "%s/postmaster.pid", pg->data);
    remove(path);
    pg->server = run(pg, "postgres", args);
    bool ready = process_until(is_ready, pg, START_TIMEOUT_MS) && process_is_running(pg->server);
    if (!ready)
        show_log(pg);
    ck_assert_msg(ready, "PostgreSQL did not start");
}

static void make_cluster(postgres *pg)
{
    const char *const args[] = {"-D", pg->data, "-U",   "heddle",           "-A", "trust",
                                "-N", "-E",     "UTF8", "--locale=C.UTF-8", NULL};
    int code = process_wait(run(pg, "initdb", args), START_TIMEOUT_MS);
    if (code != 0)
        show_log(pg);
    ck_assert_int_eq(code, 0);
}

static void make_database(postgres *pg)
{
    const char *const args[] = {"-h", pg->dir, "-U", "heddle", "heddle", NULL};
    ck_assert_int_eq(process_wait(run(pg, "createdb", args), START_TIMEOUT_MS), 0);
}

postgres *postgres_start(void)
{
    postgres *pg = calloc(1, sizeof(*pg));
    ck_assert_ptr_nonnull(pg);
    find_bin(pg);
    pg->dir = fixture_dir_new();
    lend_dir(pg->dir);
    snprintf(pg->data, sizeof(pg->data), "%s/data", pg->dir);
    snprintf(pg->log, sizeof(pg->log), "%s/log", pg->dir);
    snprintf(pg->url, sizeof(pg->url), "host=%s user=heddle dbname=heddle", pg->dir);
    make_cluster(pg);
    postgres_resume(pg);
    make_database(pg);
    return pg;
}

const char *postgres_url(const postgres *pg)
{
    return pg->url;
}

char *postgres_url_of(const postgres *pg, const char *name)
{
    char *url = NULL;
    ck_assert_int_gt(asprintf(&url, "host=%s user=heddle dbname=%s", pg->dir, name), 0);
    return url;
}

void postgres_kill(postgres *pg)
{
    /* SIGQUIT ends the backends too and leaves the recovery to the next start */
    process_stop(pg->server, SIGQUIT);
    pg->server = NULL;
}

void postgres_free(postgres *pg)
{
    if (!pg)
        return;
    if (pg->server)
        process_stop(pg->server, SIGQUIT);
    fixture_dir_free(pg->dir);
    free(pg);
}
