/* Modules: loading, and what their return values mean. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "crypto/token_impl.h"

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static base_list registry = {&registry, &registry};

#define RV(name)                                                                                   \
    {                                                                                              \
        name, #name                                                                                \
    }

static const char *rv_name(CK_RV rv)
{
    static const struct {
        CK_RV rv;
        const char *name;
    } names[] = {RV(CKR_HOST_MEMORY),
                 RV(CKR_SLOT_ID_INVALID),
                 RV(CKR_GENERAL_ERROR),
                 RV(CKR_FUNCTION_FAILED),
                 RV(CKR_ARGUMENTS_BAD),
                 RV(CKR_CANT_LOCK),
                 RV(CKR_ATTRIBUTE_SENSITIVE),
                 RV(CKR_ATTRIBUTE_TYPE_INVALID),
                 RV(CKR_ATTRIBUTE_VALUE_INVALID),
                 RV(CKR_DATA_LEN_RANGE),
                 RV(CKR_DEVICE_ERROR),
                 RV(CKR_DEVICE_MEMORY),
                 RV(CKR_DEVICE_REMOVED),
                 RV(CKR_FUNCTION_NOT_SUPPORTED),
                 RV(CKR_KEY_HANDLE_INVALID),
                 RV(CKR_KEY_CHANGED),
                 RV(CKR_KEY_TYPE_INCONSISTENT),
                 RV(CKR_KEY_FUNCTION_NOT_PERMITTED),
                 RV(CKR_MECHANISM_INVALID),
                 RV(CKR_OBJECT_HANDLE_INVALID),
                 RV(CKR_OPERATION_ACTIVE),
                 RV(CKR_PIN_INCORRECT),
                 RV(CKR_PIN_INVALID),
                 RV(CKR_PIN_LEN_RANGE),
                 RV(CKR_PIN_EXPIRED),
                 RV(CKR_PIN_LOCKED),
                 RV(CKR_SESSION_CLOSED),
                 RV(CKR_SESSION_COUNT),
                 RV(CKR_SESSION_HANDLE_INVALID),
                 RV(CKR_SESSION_READ_ONLY),
                 RV(CKR_TEMPLATE_INCONSISTENT),
                 RV(CKR_TOKEN_NOT_PRESENT),
                 RV(CKR_TOKEN_NOT_RECOGNIZED),
                 RV(CKR_TOKEN_WRITE_PROTECTED),
                 RV(CKR_USER_NOT_LOGGED_IN),
                 RV(CKR_USER_PIN_NOT_INITIALIZED),
                 RV(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
                 RV(CKR_CRYPTOKI_NOT_INITIALIZED)};
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        if (names[i].rv == rv)
            return names[i].name;
    return NULL;
}

bool crypto_token_is_refused(CK_RV rv)
{
    return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
           rv == CKR_PIN_EXPIRED || rv == CKR_PIN_LOCKED || rv == CKR_USER_PIN_NOT_INITIALIZED;
}

static bool is_away(CK_RV rv)
{
    return rv == CKR_DEVICE_REMOVED || rv == CKR_DEVICE_ERROR || rv == CKR_TOKEN_NOT_PRESENT ||
           rv == CKR_TOKEN_NOT_RECOGNIZED || rv == CKR_SLOT_ID_INVALID;
}

/* A module in a bad way, or its connection to the device, often answers the two general ones. */
bool crypto_token_is_lost(CK_RV rv)
{
    return is_away(rv) || rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED ||
           rv == CKR_OPERATION_ACTIVE || rv == CKR_USER_NOT_LOGGED_IN ||
           rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID ||
           rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_GENERAL_ERROR ||
           rv == CKR_FUNCTION_FAILED;
}

static heddle_status status_of(CK_RV rv)
{
    if (rv == CKR_HOST_MEMORY)
        return HEDDLE_E_NO_MEMORY;
    if (crypto_token_is_refused(rv))
        return HEDDLE_E_DENIED;
    if (rv == CKR_KEY_CHANGED)
        return HEDDLE_E_NOT_FOUND;
    return is_away(rv) || rv == CKR_SESSION_COUNT ? HEDDLE_E_UNAVAILABLE : HEDDLE_E_CRYPTO;
}

heddle_status crypto_token_fail(heddle_error *err, CK_RV rv, const char *fmt, ...)
{
    char text[256];
    char number[32];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    snprintf(number, sizeof(number), "PKCS#11 error 0x%lx", rv);
    heddle_status status = status_of(rv);
    return base_fail_retry(err, status,
                           status == HEDDLE_E_UNAVAILABLE ? HEDDLE_RETRY_SAFE : HEDDLE_RETRY_NO,
                           "%s: %s", text, rv_name(rv) ? rv_name(rv) : number);
}

static CK_RV initialise(crypto_module *module)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_RV rv = module->fn->C_Initialize(&args);
    module->is_ours |= rv == CKR_OK;
    return rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
}

/* A library stays loaded: few vendors' survive being unloaded, with threads of their own and
 * handlers for the exit of the process. */
static heddle_status load(crypto_module *module, heddle_error *err)
{
    void *library = dlopen(module->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library)
        return base_fail(err, HEDDLE_E_CONFIG, "PKCS#11 module: %s", dlerror());
    CK_RV (*get_list)(CK_FUNCTION_LIST **) = NULL;
    *(void **)&get_list = dlsym(library, "C_GetFunctionList");
    if (!get_list || get_list(&module->fn) != CKR_OK || !module->fn) {
        dlclose(library);
        return base_fail(err, HEDDLE_E_CONFIG, "%s is no PKCS#11 module", module->path);
    }
    dlclose(library);
    CK_RV rv = initialise(module);
    return rv ? crypto_token_fail(err, rv, "initialising %s", module->path) : HEDDLE_OK;
}

static crypto_module *registered(const char *path)
{
    base_list_each (link, &registry) {
        crypto_module *module = base_list_entry(link, crypto_module, link);
        if (module->pid == getpid() && strcmp(module->path, path) == 0)
            return module;
    }
    return NULL;
}

static void module_free(crypto_module *module)
{
    base_free(module->path);
    base_free(module);
}
BASE_AUTO_DEFINE(module, crypto_module *, module_free)

static heddle_status module_new(const char *path, crypto_module **out, heddle_error *err)
{
    base_auto(module) crypto_module *module = base_calloc(1, sizeof(*module));
    if (!module)
        return base_fail_memory(err, "PKCS#11 module");
    base_list_init(&module->link);
    module->pid = getpid();
    module->path = base_strdup(path);
    if (!module->path)
        return base_fail_memory(err, "PKCS#11 module");
    BASE_TRY(load(module, err));
    *out = base_steal(&module);
    return HEDDLE_OK;
}

heddle_status crypto_module_open(const char *path, crypto_module **out, heddle_error *err)
{
    char resolved[PATH_MAX];
    const char *name = strchr(path, '/') && realpath(path, resolved) ? resolved : path;
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&registry_lock);
    crypto_module *module = registered(name);
    if (!module) {
        status = module_new(name, &module, err);
        if (status == HEDDLE_OK)
            base_list_append(&registry, &module->link);
    }
    if (status == HEDDLE_OK) {
        module->users++;
        *out = module;
    }
    pthread_mutex_unlock(&registry_lock);
    return status;
}

void crypto_module_close(crypto_module *module)
{
    if (!module)
        return;
    pthread_mutex_lock(&registry_lock);
    bool last = --module->users == 0;
    if (last) {
        base_list_remove(&module->link);
        if (module->is_ours && module->pid == getpid())
            module->fn->C_Finalize(NULL);
    }
    pthread_mutex_unlock(&registry_lock);
    if (last)
        module_free(module);
}

void crypto_module_revive(crypto_module *module)
{
    pthread_mutex_lock(&registry_lock);
    (void)initialise(module);
    pthread_mutex_unlock(&registry_lock);
}

heddle_status crypto_module_check(const crypto_module *module, heddle_error *err)
{
    if (module->pid == getpid())
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_STATE,
                     "a forked child cannot use the token that its parent opened");
}
