#include "cli/wait.h"

#include "base/fail.h"

void cli_wait_init(cli_wait *wait)
{
    *wait = (cli_wait){0};
    pthread_mutex_init(&wait->lock, NULL);
    pthread_cond_init(&wait->ended, NULL);
}

void cli_wait_done(cli_wait *wait)
{
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

static void cancel(void *user)
{
    heddle_call_cancel(user);
}

heddle_status cli_wait_for(cli_session *session, cli_wait *wait, heddle_status started,
                           heddle_call *call, heddle_error *err)
{
    if (started != HEDDLE_OK)
        return started;
    cli_interrupt_set(session, cancel, call);
    if (cli_interrupted(session))
        heddle_call_cancel(call);
    pthread_mutex_lock(&wait->lock);
    while (!wait->is_over)
        pthread_cond_wait(&wait->ended, &wait->lock);
    pthread_mutex_unlock(&wait->lock);
    cli_interrupt_set(session, NULL, NULL);
    heddle_call_unref(call);
    if (wait->status != HEDDLE_OK)
        *err = wait->err;
    return wait->status;
}
