#include "chaincode/pool.h"

#include <pthread.h>

#include "base/fail.h"

/* `lock` guards everything below it. */
struct cc_pool {
    unsigned max_threads;
    unsigned limit;
    pthread_t *threads;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    base_list jobs;
    unsigned waiting_jobs;
    unsigned thread_count;
    unsigned idle;
    bool stopping;
};

static void *worker_main(void *arg)
{
    cc_pool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        base_list *link = base_list_pop(&pool->jobs);
        if (link) {
            pool->waiting_jobs--;
            pthread_mutex_unlock(&pool->lock);
            cc_job *job = base_list_entry(link, cc_job, link);
            job->run(job);
            pthread_mutex_lock(&pool->lock);
            continue;
        }
        if (pool->stopping)
            break;
        pool->idle++;
        pthread_cond_wait(&pool->changed, &pool->lock);
        pool->idle--;
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

heddle_status cc_pool_new(unsigned threads, unsigned limit, cc_pool **out, heddle_error *err)
{
    cc_pool *pool = base_calloc(1, sizeof(*pool));
    pthread_t *handles = base_calloc(threads, sizeof(*handles));
    if (!pool || !handles) {
        base_free(pool);
        base_free(handles);
        return base_fail_memory(err, "worker threads");
    }
    pool->max_threads = threads;
    pool->limit = limit;
    pool->threads = handles;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    base_list_init(&pool->jobs);
    *out = pool;
    return HEDDLE_OK;
}

/* With the lock held. One more thread if the idle ones do not do for the jobs; false if there
 * is none at all to run a job. */
static bool have_thread(cc_pool *pool)
{
    if (pool->idle > pool->waiting_jobs || pool->thread_count == pool->max_threads)
        return true;
    if (pthread_create(&pool->threads[pool->thread_count], NULL, worker_main, pool) == 0)
        pool->thread_count++;
    return pool->thread_count > 0;
}

heddle_status cc_pool_submit(cc_pool *pool, cc_job *job, heddle_error *err)
{
    heddle_status st = HEDDLE_OK;
    pthread_mutex_lock(&pool->lock);
    if (pool->waiting_jobs >= pool->limit) {
        st = base_fail(err, HEDDLE_E_TOO_LARGE, "%u transactions wait for a worker already",
                       pool->waiting_jobs);
    } else if (!have_thread(pool)) {
        st = base_fail(err, HEDDLE_E_NO_MEMORY, "no worker thread could be started");
    } else {
        base_list_append(&pool->jobs, &job->link);
        pool->waiting_jobs++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return st;
}

void cc_pool_free(cc_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    unsigned count = pool->thread_count;
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    base_free(pool->threads);
    base_free(pool);
}
