#include "h2/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "h2/loop_state.h"
#include "h2/timer.h"

enum { EVENTS = 64 };

struct h2_loop {
    int epoll;
    h2_watch wake; /* an eventfd: written when the thread sleeps and a task or timer is new */
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    h2_task *tasks;
    h2_task **last_task;
    h2_timer *timers;
    bool is_sleeping;
    bool is_stopping;

    struct epoll_event events[EVENTS]; /* the thread's own, as what follows */
    int event_count;
    base_buffer plain;
    uint8_t room[H2_READ_ROOM];
};

static _Thread_local const h2_loop *current;

bool h2_loop_is_current(const h2_loop *loop)
{
    return current == loop;
}

uint8_t *h2_loop_read_room(h2_loop *loop)
{
    return loop->room;
}

base_buffer *h2_loop_plain(h2_loop *loop)
{
    return &loop->plain;
}

/* Waking */

static void unlock_and_wake(h2_loop *loop)
{
    bool sleeps = loop->is_sleeping;
    loop->is_sleeping = false;
    pthread_mutex_unlock(&loop->lock);
    uint64_t one = 1;
    if (sleeps)
        (void)!write(loop->wake.fd, &one, sizeof(one));
}

static void drain_wake(h2_watch *watch, uint32_t events)
{
    (void)events;
    uint64_t count;
    (void)!read(watch->fd, &count, sizeof(count));
}

/* Tasks */

void h2_loop_run(h2_loop *loop, h2_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&loop->lock);
    *loop->last_task = task;
    loop->last_task = &task->next;
    unlock_and_wake(loop);
}

typedef struct posted {
    h2_task task;
    h2_task_fn *run;
    void *user;
} posted;

static void run_posted(void *user)
{
    posted own = *(posted *)user;
    base_free(user);
    own.run(own.user);
}

heddle_status h2_loop_post(h2_loop *loop, h2_task_fn *run, void *user, heddle_error *err)
{
    posted *post = base_malloc(sizeof(*post));
    if (!post)
        return base_fail_memory(err, "task");
    *post = (posted){.task = {.run = run_posted, .user = post}, .run = run, .user = user};
    h2_loop_run(loop, &post->task);
    return HEDDLE_OK;
}

static void run_tasks(h2_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    h2_task *task = loop->tasks;
    loop->tasks = NULL;
    loop->last_task = &loop->tasks;
    pthread_mutex_unlock(&loop->lock);
    while (task) {
        h2_task *next = task->next;
        task->run(task->user);
        task = next;
    }
}

/* Timers */

void h2_timer_start(h2_loop *loop, h2_timer *timer, uint64_t delay_ms, h2_task_fn *run, void *user)
{
    uint64_t now = base_now_ms();
    pthread_mutex_lock(&loop->lock);
    if (timer->is_set)
        loop->timers = h2_timer_remove(loop->timers, timer);
    timer->at_ms = delay_ms > UINT64_MAX - now ? UINT64_MAX : now + delay_ms;
    timer->run = run;
    timer->user = user;
    loop->timers = h2_timer_push(loop->timers, timer);
    if (loop->timers == timer) {
        unlock_and_wake(loop);
        return;
    }
    pthread_mutex_unlock(&loop->lock);
}

bool h2_timer_cancel(h2_loop *loop, h2_timer *timer)
{
    pthread_mutex_lock(&loop->lock);
    bool was_set = timer->is_set;
    if (was_set)
        loop->timers = h2_timer_remove(loop->timers, timer);
    pthread_mutex_unlock(&loop->lock);
    return was_set;
}

static void run_timers(h2_loop *loop)
{
    uint64_t now = base_now_ms();
    pthread_mutex_lock(&loop->lock);
    while (loop->timers && loop->timers->at_ms <= now) {
        h2_timer *timer = loop->timers;
        loop->timers = h2_timer_remove(loop->timers, timer);
        h2_task_fn *run = timer->run;
        void *user = timer->user;
        pthread_mutex_unlock(&loop->lock);
        run(user);
        pthread_mutex_lock(&loop->lock);
    }
    pthread_mutex_unlock(&loop->lock);
}

/* Watches */

heddle_status h2_loop_watch(h2_loop *loop, h2_watch *watch, uint32_t events, heddle_error *err)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) != 0)
        return base_fail_errno(err, "watch a file descriptor");
    return HEDDLE_OK;
}

void h2_loop_rewatch(h2_loop *loop, h2_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void h2_loop_unwatch(h2_loop *loop, h2_watch *watch)
{
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->event_count; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}

/* The thread */

/* How long to sleep; false: end. */
static bool before_sleep(h2_loop *loop, int *timeout)
{
    uint64_t now = base_now_ms();
    pthread_mutex_lock(&loop->lock);
    bool goes_on = !loop->is_stopping || loop->tasks;
    *timeout = -1;
    if (loop->tasks)
        *timeout = 0;
    else if (loop->timers) {
        uint64_t left = loop->timers->at_ms > now ? loop->timers->at_ms - now : 0;
        *timeout = left > 60000 ? 60000 : (int)left;
    }
    loop->is_sleeping = *timeout != 0;
    pthread_mutex_unlock(&loop->lock);
    return goes_on;
}

static void after_sleep(h2_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->is_sleeping = false;
    pthread_mutex_unlock(&loop->lock);
}

static void *thread_main(void *user)
{
    h2_loop *loop = user;
    current = loop;
    int timeout;
    while (before_sleep(loop, &timeout)) {
        int count = epoll_wait(loop->epoll, loop->events, EVENTS, timeout);
        after_sleep(loop);
        loop->event_count = count > 0 ? count : 0;
        for (int i = 0; i < loop->event_count; i++) {
            h2_watch *watch = loop->events[i].data.ptr;
            if (watch)
                watch->ready(watch, loop->events[i].events);
        }
        loop->event_count = 0;
        run_timers(loop);
        run_tasks(loop);
    }
    return NULL;
}

/* Signals are for the program's own threads. */
static int start_thread(h2_loop *loop)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&loop->thread, NULL, thread_main, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void loop_release(h2_loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    if (loop->wake.fd >= 0)
        close(loop->wake.fd);
    base_buffer_done(&loop->plain);
    pthread_mutex_destroy(&loop->lock);
    base_free(loop);
}

heddle_status h2_loop_new(h2_loop **out, heddle_error *err)
{
    h2_loop *loop = base_malloc(sizeof(*loop));
    if (!loop)
        return base_fail_memory(err, "loop");
    memset(loop, 0, offsetof(h2_loop, room)); /* `room` is not to be touched before its use */
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = (h2_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = drain_wake};
    loop->last_task = &loop->tasks;
    pthread_mutex_init(&loop->lock, NULL);
    heddle_status st = HEDDLE_OK;
    if (loop->epoll < 0 || loop->wake.fd < 0)
        st = base_fail_errno(err, "make a loop");
    if (st == HEDDLE_OK)
        st = h2_loop_watch(loop, &loop->wake, EPOLLIN, err);
    if (st == HEDDLE_OK && (errno = start_thread(loop)) != 0)
        st = base_fail_errno(err, "start the loop's thread");
    if (st == HEDDLE_OK)
        *out = loop;
    else
        loop_release(loop);
    return st;
}

void h2_loop_free(h2_loop *loop)
{
    if (!loop)
        return;
    pthread_mutex_lock(&loop->lock);
    loop->is_stopping = true;
    unlock_and_wake(loop);
    pthread_join(loop->thread, NULL);
    loop_release(loop);
}
