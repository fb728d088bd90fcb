#include "devnet/fault/fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"

typedef struct row {
    base_list link;
    dn_fault fault;
    uint32_t passed; /* calls that were let through for `after` */
} row;

struct dn_faults {
    atomic_size_t count; /* of rows: without any nobody takes the lock */
    pthread_mutex_t lock;
    base_list rows;
    pthread_mutex_t watch_lock;
    base_list watches;
};

dn_faults *dn_faults_new(void)
{
    dn_faults *faults = base_calloc(1, sizeof(*faults));
    if (!faults)
        return NULL;
    pthread_mutex_init(&faults->lock, NULL);
    pthread_mutex_init(&faults->watch_lock, NULL);
    base_list_init(&faults->rows);
    base_list_init(&faults->watches);
    return faults;
}

/** Under the lock. */
static void row_free(dn_faults *faults, row *r)
{
    base_list_remove(&r->link);
    atomic_fetch_sub(&faults->count, 1);
    base_free(r);
}

void dn_faults_free(dn_faults *faults)
{
    if (!faults)
        return;
    while (!base_list_is_empty(&faults->rows))
        row_free(faults, base_list_entry(faults->rows.next, row, link));
    pthread_mutex_destroy(&faults->lock);
    pthread_mutex_destroy(&faults->watch_lock);
    base_free(faults);
}

/* Changes. */

static void tell(dn_faults *faults)
{
    pthread_mutex_lock(&faults->watch_lock);
    base_list_each (link, &faults->watches) {
        dn_faults_watch *watch = base_list_entry(link, dn_faults_watch, link);
        watch->changed(watch);
    }
    pthread_mutex_unlock(&faults->watch_lock);
}

static void log_fault(const char *what, const dn_fault *fault)
{
    base_auto_buffer base_buffer text = {0};
    if (dn_fault_print(fault, &text) == HEDDLE_OK)
        log_at(LOG_WARN, "fault", what, LOG_STR("fault", base_buffer_cstr(&text)));
}

heddle_status dn_faults_set(dn_faults *faults, const dn_fault *fault, heddle_error *err)
{
    BASE_TRY(dn_fault_check(fault, err));
    row *made = base_calloc(1, sizeof(*made));
    if (!made)
        return base_fail_memory(err, "a fault");
    made->fault = *fault;
    pthread_mutex_lock(&faults->lock);
    base_list_append(&faults->rows, &made->link);
    atomic_fetch_add(&faults->count, 1);
    pthread_mutex_unlock(&faults->lock);
    log_fault("fault set", fault);
    tell(faults);
    return HEDDLE_OK;
}

size_t dn_faults_clear(dn_faults *faults, const char *node)
{
    size_t cleared = 0;
    pthread_mutex_lock(&faults->lock);
    base_list_each_safe (link, &faults->rows) {
        row *r = base_list_entry(link, row, link);
        if (*node && strcmp(r->fault.node, node) != 0)
            continue;
        log_fault("fault cleared", &r->fault);
        row_free(faults, r);
        cleared++;
    }
    pthread_mutex_unlock(&faults->lock);
    tell(faults);
    return cleared;
}

bool dn_faults_at(dn_faults *faults, size_t index, dn_fault *out)
{
    bool found = false;
    pthread_mutex_lock(&faults->lock);
    base_list_each (link, &faults->rows) {
        if (index-- > 0)
            continue;
        *out = base_list_entry(link, row, link)->fault;
        found = true;
        break;
    }
    pthread_mutex_unlock(&faults->lock);
    return found;
}

void dn_faults_watch_add(dn_faults *faults, dn_faults_watch *watch)
{
    pthread_mutex_lock(&faults->watch_lock);
    base_list_append(&faults->watches, &watch->link);
    pthread_mutex_unlock(&faults->watch_lock);
}

void dn_faults_watch_remove(dn_faults *faults, dn_faults_watch *watch)
{
    pthread_mutex_lock(&faults->watch_lock);
    base_list_remove(&watch->link);
    pthread_mutex_unlock(&faults->watch_lock);
}

/* Questions. */

static bool concerns(const dn_fault *fault, const char *node, const char *method, unsigned kinds)
{
    return (kinds & 1U << fault->kind) && !strcmp(fault->node, node) &&
           (!*fault->method || !strcmp(fault->method, method));
}

/** Whether enough has gone by; counts calls that are no stream. */
static bool is_due(row *r, int64_t carried)
{
    if (carried != DN_FAULT_UNARY)
        return carried >= (int64_t)r->fault.after;
    if (r->passed >= r->fault.after)
        return true;
    r->passed++;
    return false;
}

static void use_up(dn_faults *faults, row *r)
{
    if (r->fault.times && --r->fault.times == 0)
        row_free(faults, r);
}

bool dn_faults_meet(dn_faults *faults, const char *node, const char *method, unsigned kinds,
                    int64_t carried, dn_fault *out)
{
    bool met = false;
    if (!faults || !atomic_load(&faults->count))
        return false;
    pthread_mutex_lock(&faults->lock);
    base_list_each (link, &faults->rows) {
        row *r = base_list_entry(link, row, link);
        if (!concerns(&r->fault, node, method, kinds) || !is_due(r, carried))
            continue;
        *out = r->fault;
        met = true;
        use_up(faults, r);
        break;
    }
    pthread_mutex_unlock(&faults->lock);
    return met;
}

bool dn_faults_stand(dn_faults *faults, const char *node, dn_fault_kind kind, dn_fault *out)
{
    bool found = false;
    if (!faults || !atomic_load(&faults->count))
        return false;
    pthread_mutex_lock(&faults->lock);
    base_list_each (link, &faults->rows) {
        const dn_fault *fault = &base_list_entry(link, row, link)->fault;
        if (fault->kind != kind || strcmp(fault->node, node) != 0)
            continue;
        *out = *fault;
        found = true;
        break;
    }
    pthread_mutex_unlock(&faults->lock);
    return found;
}

uint64_t dn_faults_height(dn_faults *faults, const char *node, uint64_t height)
{
    dn_fault fault;
    return dn_faults_stand(faults, node, DN_FAULT_HEIGHT, &fault) ? fault.height : height;
}
