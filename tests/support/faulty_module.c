/* The module itself: a shared library of its own. */
#include "support/faulty_module.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((visibility("default"))) faulty_module controls;

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST list;
static atomic_int open_now, signing_now;

static int fails(atomic_int *left)
{
    int now = atomic_load(left);
    while (now > 0 && !atomic_compare_exchange_weak(left, &now, now - 1)) {
    }
    return now > 0;
}

static CK_RV faulty_initialize(void *args)
{
    atomic_fetch_add(&controls.initialises, 1);
    return real->C_Initialize(args);
}

static CK_RV faulty_finalize(void *reserved)
{
    atomic_fetch_add(&controls.finalises, 1);
    atomic_store(&open_now, 0);
    return real->C_Finalize(reserved);
}

static CK_RV faulty_slots(unsigned char present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    if (fails(&controls.slots_failures))
        return atomic_load(&controls.slots_rv);
    return real->C_GetSlotList(present, slots, count);
}

static CK_RV faulty_open(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                         CK_SESSION_HANDLE *session)
{
    int limit = atomic_load(&controls.session_limit);
    atomic_fetch_add(&controls.opens, 1);
    if (fails(&controls.open_failures))
        return atomic_load(&controls.open_rv);
    if (atomic_fetch_add(&open_now, 1) >= limit && limit) {
        atomic_fetch_sub(&open_now, 1);
        return CKR_SESSION_COUNT;
    }
    CK_RV rv = real->C_OpenSession(slot, flags, application, notify, session);
    if (rv)
        atomic_fetch_sub(&open_now, 1);
    return rv;
}

static CK_RV faulty_close(CK_SESSION_HANDLE session)
{
    atomic_fetch_add(&controls.closes, 1);
    CK_RV rv = real->C_CloseSession(session);
    if (rv == CKR_OK)
        atomic_fetch_sub(&open_now, 1);
    return rv;
}

static CK_RV faulty_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
                          CK_ULONG len)
{
    if (user == CKU_CONTEXT_SPECIFIC) {
        atomic_fetch_add(&controls.logins_for_use, 1);
        return CKR_OK;
    }
    atomic_fetch_add(&controls.logins, 1);
    if (fails(&controls.login_failures))
        return atomic_load(&controls.login_rv);
    return real->C_Login(session, user, pin, len);
}

static CK_RV faulty_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                               CK_ATTRIBUTE *template, CK_ULONG count)
{
    static const unsigned char yes = CK_TRUE;
    if (count != 1 || template->type != CKA_ALWAYS_AUTHENTICATE ||
        !atomic_load(&controls.always_authenticate))
        return real->C_GetAttributeValue(session, object, template, count);
    template->ulValueLen = sizeof(yes);
    if (template->pValue)
        *(unsigned char *)template->pValue = yes;
    return CKR_OK;
}

static CK_RV faulty_sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
                         unsigned char *signature, CK_ULONG *signature_len)
{
    int now = atomic_fetch_add(&signing_now, 1) + 1, most = atomic_load(&controls.signing_most);
    while (now > most && !atomic_compare_exchange_weak(&controls.signing_most, &most, now)) {
    }
    while (atomic_load(&controls.sign_held))
        usleep(1000);
    atomic_fetch_add(&controls.signs, 1);
    const char *wait_us = getenv("HEDDLE_FAULTY_WAIT_US");
    if (wait_us)
        usleep((useconds_t)strtoul(wait_us, NULL, 10));
    int failing = fails(&controls.sign_failures);
    CK_RV rv = real->C_Sign(session, data, len, signature, signature_len);
    atomic_fetch_sub(&signing_now, 1);
    return failing ? atomic_load(&controls.sign_rv) : rv;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
    CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
    void *library = dlopen(getenv("HEDDLE_FAULTY_REAL"), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library)
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (!get || get(&real))
        return CKR_GENERAL_ERROR;
    list = *real;
    list.C_Initialize = faulty_initialize;
    list.C_Finalize = faulty_finalize;
    list.C_GetSlotList = faulty_slots;
    list.C_OpenSession = faulty_open;
    list.C_CloseSession = faulty_close;
    list.C_Login = faulty_login;
    list.C_GetAttributeValue = faulty_attributes;
    list.C_Sign = faulty_sign;
    *out = &list;
    return CKR_OK;
}
