#include "chaincode/admin.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/list.h"
#include "base/view.h"
#include "h2/socket.h"

enum { MAX_VISITORS = 16, MAX_REQUEST = 8 * 1024, VISIT_MS = 5000, PAUSE_MS = 100 };

/* All on the loop. */
typedef struct visitor {
    cc_admin *admin;
    base_list entry;
    h2_watch watch;
    h2_timer timer;
    base_buffer request;
    base_buffer answer;
    size_t sent;
} visitor;

struct cc_admin {
    cc_admin_options options;
    h2_loop *loop;
    h2_watch watch;
    h2_timer pause;
    uint16_t port;
    base_list visitors;
    unsigned visitor_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool closed;
};

static void visitor_free(visitor *v)
{
    h2_loop_unwatch(v->admin->loop, &v->watch);
    h2_timer_cancel(v->admin->loop, &v->timer);
    close(v->watch.fd);
    base_list_remove(&v->entry);
    v->admin->visitor_count--;
    base_buffer_done(&v->request);
    base_buffer_done(&v->answer);
    base_free(v);
}

static void send_off(void *user)
{
    visitor_free(user);
}

/* Requests */

typedef struct answer {
    const char *status;
    const char *type;
    base_buffer body;
} answer;

#define TEXT "text/plain; charset=utf-8"

static heddle_status answer_ready(const cc_admin_options *o, answer *out)
{
    if (o->ready(o->user, &out->body))
        return base_buffer_append_str(&out->body, "ok\n");
    out->status = "503 Service Unavailable";
    return base_buffer_append_str(&out->body, "\n");
}

static heddle_status answer_path(const cc_admin_options *o, heddle_view path, answer *out)
{
    if (base_view_is(path, "/livez"))
        return base_buffer_append_str(&out->body, "ok\n");
    if (base_view_is(path, "/readyz"))
        return answer_ready(o, out);
    if (base_view_is(path, "/metrics")) {
        out->type = "text/plain; version=0.0.4; charset=utf-8";
        return o->metrics(o->user, &out->body);
    }
    out->status = "404 Not Found";
    return base_buffer_append_str(&out->body, "there are /metrics, /livez and /readyz\n");
}

/* Up to the next space; what follows stays in *rest. */
static heddle_view word(heddle_view *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != ' ' && rest->data[len] != '\r')
        len++;
    heddle_view found = base_view_slice(*rest, 0, len);
    *rest = base_view_slice(*rest, len + 1, rest->len);
    return found;
}

static heddle_status answer_request(const cc_admin_options *o, heddle_view request, answer *out,
                                    bool *out_head)
{
    heddle_view method = word(&request), target = word(&request), version = word(&request);
    const uint8_t *query = target.len ? memchr(target.data, '?', target.len) : NULL;
    *out_head = base_view_is(method, "HEAD");
    if (!base_view_starts(version, VIEW("HTTP/1."))) {
        out->status = "400 Bad Request";
        return base_buffer_append_str(&out->body, "this is no request of HTTP/1\n");
    }
    if (!*out_head && !base_view_is(method, "GET")) {
        out->status = "405 Method Not Allowed";
        return base_buffer_append_str(&out->body, "there is only GET\n");
    }
    if (query)
        target.len = (size_t)(query - target.data);
    return answer_path(o, target, out);
}

static heddle_status write_answer(const answer *a, bool head, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out,
                                "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                                "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
                                a->status, a->type, a->body.len));
    return head ? HEDDLE_OK : base_buffer_append(out, base_buffer_view(&a->body));
}

static heddle_status make_answer(visitor *v)
{
    bool head = false;
    answer a = {.status = "200 OK", .type = TEXT};
    heddle_status st = answer_request(&v->admin->options, base_buffer_view(&v->request), &a, &head);
    if (st == HEDDLE_OK)
        st = write_answer(&a, head, &v->answer);
    base_buffer_done(&a.body);
    return st;
}

/* Sockets */

static void send_answer(visitor *v)
{
    while (v->sent < v->answer.len) {
        ssize_t count = send(v->watch.fd, v->answer.data + v->sent, v->answer.len - v->sent,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            h2_loop_rewatch(v->admin->loop, &v->watch, EPOLLOUT);
            return;
        }
        if (count < 0 && errno != EINTR)
            break;
        v->sent += count > 0 ? (size_t)count : 0;
    }
    visitor_free(v);
}

static bool is_whole(const base_buffer *request)
{
    return request->len >= 4 && memmem(request->data, request->len, "\r\n\r\n", 4);
}

/* False: nothing more can come of it. */
static bool read_request(visitor *v)
{
    char bytes[1024];
    ssize_t count = recv(v->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return count > 0 &&
           base_buffer_append(&v->request, heddle_view_of(bytes, (size_t)count)) == HEDDLE_OK;
}

static void on_visitor(h2_watch *watch, uint32_t events)
{
    visitor *v = base_container_of(watch, visitor, watch);
    (void)events;
    if (v->answer.len) {
        send_answer(v);
        return;
    }
    if (!read_request(v))
        visitor_free(v);
    else if (is_whole(&v->request) && make_answer(v) == HEDDLE_OK)
        send_answer(v);
    else if (is_whole(&v->request))
        visitor_free(v);
}

static void admit(cc_admin *admin, int fd)
{
    visitor *v = admin->visitor_count < MAX_VISITORS ? base_calloc(1, sizeof(*v)) : NULL;
    if (!v) {
        close(fd);
        return;
    }
    v->admin = admin;
    v->request.limit = MAX_REQUEST;
    v->watch = (h2_watch){.fd = fd, .ready = on_visitor};
    base_list_init(&v->entry);
    if (h2_loop_watch(admin->loop, &v->watch, EPOLLIN, NULL) != HEDDLE_OK) {
        close(fd);
        base_free(v);
        return;
    }
    base_list_append(&admin->visitors, &v->entry);
    admin->visitor_count++;
    h2_timer_start(admin->loop, &v->timer, VISIT_MS, send_off, v);
}

static void listen_again(void *user)
{
    cc_admin *admin = user;
    h2_loop_rewatch(admin->loop, &admin->watch, EPOLLIN);
}

/* While there are no descriptors the visitor stays at the door: not to look there all the time. */
static void on_listener(h2_watch *watch, uint32_t events)
{
    cc_admin *admin = base_container_of(watch, cc_admin, watch);
    (void)events;
    int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        admit(admin, fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        h2_loop_rewatch(admin->loop, watch, 0);
        h2_timer_start(admin->loop, &admin->pause, PAUSE_MS, listen_again, admin);
    }
}

heddle_status cc_admin_open(h2_loop *loop, const cc_admin_options *options, cc_admin **out,
                            heddle_error *err)
{
    h2_address address;
    BASE_TRY(h2_address_parse(options->address, &address, err));
    cc_admin *admin = base_calloc(1, sizeof(*admin));
    if (!admin)
        return base_fail_memory(err, "admin address");
    admin->options = *options;
    admin->loop = loop;
    admin->watch = (h2_watch){.fd = -1, .ready = on_listener};
    base_list_init(&admin->visitors);
    heddle_status st = h2_socket_listen(&address, &admin->watch.fd, &admin->port, err);
    if (st == HEDDLE_OK)
        st = h2_loop_watch(loop, &admin->watch, EPOLLIN, err);
    if (st != HEDDLE_OK) {
        if (admin->watch.fd >= 0)
            close(admin->watch.fd);
        base_free(admin);
        return st;
    }
    pthread_mutex_init(&admin->lock, NULL);
    pthread_cond_init(&admin->changed, NULL);
    *out = admin;
    return HEDDLE_OK;
}

static void close_on_loop(void *user)
{
    cc_admin *admin = user;
    h2_loop_unwatch(admin->loop, &admin->watch);
    h2_timer_cancel(admin->loop, &admin->pause);
    close(admin->watch.fd);
    base_list_each_safe (it, &admin->visitors)
        visitor_free(base_list_entry(it, visitor, entry));
    pthread_mutex_lock(&admin->lock);
    admin->closed = true;
    pthread_cond_signal(&admin->changed);
    pthread_mutex_unlock(&admin->lock);
}

void cc_admin_close(cc_admin *admin)
{
    if (!admin)
        return;
    h2_task task = {.run = close_on_loop, .user = admin};
    h2_loop_run(admin->loop, &task);
    pthread_mutex_lock(&admin->lock);
    while (!admin->closed)
        pthread_cond_wait(&admin->changed, &admin->lock);
    pthread_mutex_unlock(&admin->lock);
    pthread_cond_destroy(&admin->changed);
    pthread_mutex_destroy(&admin->lock);
    base_free(admin);
}

unsigned cc_admin_port(const cc_admin *admin)
{
    return admin->port;
}
