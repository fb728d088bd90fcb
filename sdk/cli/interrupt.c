/*
 * Ctrl-C and SIGTERM. They are blocked before the first thread is made and taken by a thread
 * that waits for nothing else, so that what they call may take locks.
 */
#include <signal.h>
#include <unistd.h>

#include "base/fail.h"
#include "cli/exits.h"
#include "cli/state.h"

static sigset_t watched(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1); /* of cli_interrupt_done() */
    return signals;
}

static void *watch(void *user)
{
    cli_session *session = user;
    sigset_t signals = watched();
    int signal;
    while (sigwait(&signals, &signal) == 0 && signal != SIGUSR1) {
        bool is_second = atomic_exchange(&session->interrupted, true);
        pthread_mutex_lock(&session->lock);
        cli_interrupt_fn *fn = is_second ? NULL : session->on_interrupt;
        if (fn)
            fn(session->interrupt_user);
        else
            _exit(CLI_EXIT_INTERRUPTED);
        pthread_mutex_unlock(&session->lock);
    }
    return NULL;
}

heddle_status cli_interrupt_watch(cli_session *session, heddle_error *err)
{
    sigset_t signals = watched();
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&session->watcher, NULL, watch, session) != 0)
        return base_fail(err, HEDDLE_E_NO_MEMORY, "no thread for signals could be made");
    session->is_watched = true;
    return HEDDLE_OK;
}

void cli_interrupt_done(cli_session *session)
{
    if (!session->is_watched)
        return;
    pthread_kill(session->watcher, SIGUSR1);
    pthread_join(session->watcher, NULL);
    session->is_watched = false;
}

void cli_interrupt_set(cli_session *session, cli_interrupt_fn *fn, void *user)
{
    pthread_mutex_lock(&session->lock);
    session->on_interrupt = fn;
    session->interrupt_user = user;
    pthread_mutex_unlock(&session->lock);
}

bool cli_interrupted(const cli_session *session)
{
    return atomic_load(&session->interrupted);
}

heddle_status cli_interrupt_check(const cli_session *session, heddle_error *err)
{
    return cli_interrupted(session) ? base_fail(err, HEDDLE_E_CANCELLED, "interrupted") : HEDDLE_OK;
}
