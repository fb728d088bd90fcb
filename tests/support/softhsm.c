#include "support/softhsm.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "support/fixture.h"

struct softhsm {
    char *dir;
};

const char *softhsm_module(void)
{
    static const char *const paths[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                        "/usr/lib64/softhsm/libsofthsm2.so",
                                        "/usr/lib64/pkcs11/libsofthsm2.so"};
    const char *chosen = getenv("HEDDLE_SOFTHSM");
    for (size_t i = 0; !chosen && i < BASE_COUNT(paths); i++)
        if (access(paths[i], R_OK) == 0)
            chosen = paths[i];
    return chosen;
}

static void path_of(const softhsm *hsm, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", hsm->dir, name);
}

softhsm *softhsm_start(void)
{
    ck_assert_msg(softhsm_module() != NULL, "SoftHSM is not installed (tests/packages.txt)");
    softhsm *hsm = base_calloc(1, sizeof(*hsm));
    base_auto_buffer base_buffer text = {0};
    char path[4096];
    hsm->dir = fixture_dir_new();
    path_of(hsm, "tokens", path, sizeof(path));
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(base_buffer_printf(&text,
                                        "directories.tokendir = %s\nobjectstore.backend = file\n"
                                        "log.level = ERROR\n",
                                        path),
                     HEDDLE_OK);
    path_of(hsm, "softhsm2.conf", path, sizeof(path));
    ck_assert_int_eq(base_write_file(path, base_buffer_view(&text), 0600, NULL), HEDDLE_OK);
    ck_assert_int_eq(setenv("SOFTHSM2_CONF", path, 1), 0);
    return hsm;
}

void softhsm_free(softhsm *hsm)
{
    if (!hsm)
        return;
    fixture_dir_free(hsm->dir);
    base_free(hsm);
}

static void run(const char *const argv[])
{
    int status = 0;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s %s failed", argv[0], argv[1]);
}

void softhsm_add_token(const softhsm *hsm, const char *label)
{
    (void)hsm;
    run((const char *const[]){"softhsm2-util", "--init-token", "--free", "--label", label, "--pin",
                              SOFTHSM_PIN, "--so-pin", SOFTHSM_PIN, NULL});
}

void softhsm_import(const softhsm *hsm, const char *token, const char *label, const char *id,
                    const char *key_path)
{
    (void)hsm;
    run((const char *const[]){"softhsm2-util", "--import", key_path, "--token", token, "--label",
                              label, "--id", id, "--pin", SOFTHSM_PIN, NULL});
}
