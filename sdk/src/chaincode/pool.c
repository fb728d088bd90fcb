#include "chaincode/pool.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"

typedef struct worker {
    cc_pool *pool;
    pthread_t thread;
    pthread_cond_t woken;
    struct worker *below; /* in the stack of idle ones */
    cc_job *job;          /* given to it while it was idle */
    bool leaves;
} worker;

/* `lock` guards everything below it. Invariant: jobs wait only while no worker is idle. */
struct cc_pool {
    cc_pool_options options;
    worker *workers;
    pthread_mutex_t lock;
    pthread_cond_t became_idle;
    base_list jobs;
    worker *idle;
    unsigned started;
    cc_pool_load load;
    bool closed;
    bool stopping;
};

/* With the lock held: what to do next; NULL: leave. */
static cc_job *next_job(cc_pool *pool, worker *self)
{
    base_list *link = base_list_pop(&pool->jobs);
    if (link) {
        cc_job *job = base_list_entry(link, cc_job, link);
        pool->load.waiting--;
        pool->load.waiting_size -= job->size;
        return job;
    }
    if (--pool->load.running == 0)
        pthread_cond_broadcast(&pool->became_idle);
    if (pool->stopping)
        return NULL;
    self->below = pool->idle;
    pool->idle = self;
    while (!self->job && !self->leaves)
        pthread_cond_wait(&self->woken, &pool->lock);
    return base_steal(&self->job);
}

static void *worker_main(void *arg)
{
    worker *self = arg;
    cc_pool *pool = self->pool;
    pthread_mutex_lock(&pool->lock);
    for (cc_job *job = base_steal(&self->job); job; job = next_job(pool, self)) {
        pthread_mutex_unlock(&pool->lock);
        job->run(job);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

heddle_status cc_pool_new(const cc_pool_options *options, cc_pool **out, heddle_error *err)
{
    cc_pool *pool = base_calloc(1, sizeof(*pool));
    worker *workers = base_calloc(options->threads, sizeof(*workers));
    if (!pool || !workers) {
        base_free(pool);
        base_free(workers);
        return base_fail_memory(err, "worker threads");
    }
    pool->options = *options;
    pool->workers = workers;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->became_idle, &attributes);
    pthread_condattr_destroy(&attributes);
    base_list_init(&pool->jobs);
    *out = pool;
    return HEDDLE_OK;
}

/* Signals are for the program's own threads; those that tell of a crash stay with the thread
 * that crashed. */
static void block_signals(sigset_t *out_old)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t all;
    sigfillset(&all);
    for (size_t i = 0; i < BASE_COUNT(crashes); i++)
        sigdelset(&all, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &all, out_old);
}

static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
    if (size < least)
        size = least;
    return (size + page - 1) / page * page;
}

static bool create_thread(const cc_pool *pool, worker *self)
{
    sigset_t old;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    bool fits = pool->options.stack_size == 0 ||
                pthread_attr_setstacksize(&attributes, whole_pages(pool->options.stack_size)) == 0;
    block_signals(&old);
    bool started = fits && pthread_create(&self->thread, &attributes, worker_main, self) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

/* With the lock held. */
static bool start_worker(cc_pool *pool, cc_job *job)
{
    if (pool->started == pool->options.threads)
        return false;
    worker *self = &pool->workers[pool->started];
    *self = (worker){.pool = pool, .job = job};
    pthread_cond_init(&self->woken, NULL);
    if (!create_thread(pool, self)) {
        pthread_cond_destroy(&self->woken);
        return false;
    }
    pool->started++;
    pool->load.running++;
    return true;
}

/* To be woken by the caller; NULL: none is idle. */
static worker *give_to_idle(cc_pool *pool, cc_job *job)
{
    worker *self = pool->idle;
    if (!self)
        return NULL;
    pool->idle = self->below;
    self->job = job;
    pool->load.running++;
    return self;
}

static bool is_full(const cc_pool *pool, const cc_job *job)
{
    const cc_pool_options *o = &pool->options;
    return pool->load.waiting >= o->limit ||
           (o->size_limit && job->size > o->size_limit - pool->load.waiting_size);
}

static heddle_status enqueue(cc_pool *pool, cc_job *job, heddle_error *err)
{
    if (pool->started == 0)
        return base_fail(err, HEDDLE_E_NO_MEMORY, "no worker thread could be started");
    if (is_full(pool, job)) {
        return base_fail_retry(err, HEDDLE_E_TOO_LARGE, HEDDLE_RETRY_SAFE,
                               "the chaincode is busy: %u transactions run and %u wait already",
                               pool->load.running, pool->load.waiting);
    }
    base_list_append(&pool->jobs, &job->link);
    pool->load.waiting++;
    pool->load.waiting_size += job->size;
    return HEDDLE_OK;
}

heddle_status cc_pool_submit(cc_pool *pool, cc_job *job, heddle_error *err)
{
    heddle_status st = HEDDLE_OK;
    worker *given = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->closed)
        st = base_fail_retry(err, HEDDLE_E_BAD_STATE, HEDDLE_RETRY_SAFE,
                             "the chaincode is stopping and takes no more transactions");
    else if (!(given = give_to_idle(pool, job)) && !start_worker(pool, job))
        st = enqueue(pool, job, err);
    pool->load.refused += st != HEDDLE_OK;
    pthread_mutex_unlock(&pool->lock);
    if (given) /* without the lock, or it would wake only to wait for that */
        pthread_cond_signal(&given->woken);
    return st;
}

void cc_pool_close(cc_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    pthread_mutex_unlock(&pool->lock);
}

cc_pool_load cc_pool_load_now(cc_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    cc_pool_load load = pool->load;
    pthread_mutex_unlock(&pool->lock);
    return load;
}

static struct timespec later(uint64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    uint64_t nanos = (uint64_t)at.tv_nsec + ms % 1000 * 1000000;
    at.tv_sec += (time_t)(ms / 1000 + nanos / 1000000000);
    at.tv_nsec = (long)(nanos % 1000000000);
    return at;
}

bool cc_pool_wait_idle(cc_pool *pool, uint64_t timeout_ms)
{
    struct timespec end = later(timeout_ms);
    bool on_time = true;
    pthread_mutex_lock(&pool->lock);
    while (pool->load.running > 0 && on_time)
        on_time = pthread_cond_timedwait(&pool->became_idle, &pool->lock, &end) == 0;
    bool idle = pool->load.running == 0;
    pthread_mutex_unlock(&pool->lock);
    return idle;
}

static void dismiss(cc_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closed = pool->stopping = true;
    for (worker *idle = pool->idle; idle; idle = idle->below) {
        idle->leaves = true;
        pthread_cond_signal(&idle->woken);
    }
    pool->idle = NULL;
    pthread_mutex_unlock(&pool->lock);
}

void cc_pool_free(cc_pool *pool)
{
    if (!pool)
        return;
    dismiss(pool);
    for (unsigned i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        pthread_cond_destroy(&pool->workers[i].woken);
    }
    pthread_cond_destroy(&pool->became_idle);
    pthread_mutex_destroy(&pool->lock);
    base_free(pool->workers);
    base_free(pool);
}
