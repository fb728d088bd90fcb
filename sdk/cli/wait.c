#include "cli/wait.h"

#include "base/fail.h"

static void cancel(void *user)
{
    cli_wait *wait = user;
    pthread_mutex_lock(&wait->lock);
    if (wait->call)
        heddle_call_cancel(wait->call);
    pthread_mutex_unlock(&wait->lock);
}

static void remember(void *user)
{
    (void)user;
}

void cli_wait_init(cli_session *session, cli_wait *wait)
{
    *wait = (cli_wait){.session = session};
    pthread_mutex_init(&wait->lock, NULL);
    pthread_cond_init(&wait->ended, NULL);
    cli_interrupt_set(session, cancel, wait);
}

void cli_wait_done(cli_wait *wait)
{
    cli_interrupt_set(wait->session, remember, NULL);
    pthread_mutex_destroy(&wait->lock);
    pthread_cond_destroy(&wait->ended);
}

void cli_wait_end(cli_wait *wait, const heddle_error *err)
{
    pthread_mutex_lock(&wait->lock);
    if (err) {
        wait->status = err->status;
        wait->err = *err;
    }
    wait->is_over = true;
    pthread_cond_signal(&wait->ended);
    pthread_mutex_unlock(&wait->lock);
}

heddle_status cli_wait_for(cli_wait *wait, heddle_status started, heddle_call *call,
                           heddle_error *err)
{
    if (started != HEDDLE_OK)
        return started;
    pthread_mutex_lock(&wait->lock);
    wait->call = call;
    if (cli_interrupted(wait->session))
        heddle_call_cancel(call);
    while (!wait->is_over)
        pthread_cond_wait(&wait->ended, &wait->lock);
    wait->call = NULL;
    pthread_mutex_unlock(&wait->lock);
    heddle_call_unref(call);
    if (wait->status != HEDDLE_OK)
        *err = wait->err;
    return wait->status;
}
