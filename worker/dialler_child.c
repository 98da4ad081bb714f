/* dialler_child.c - read a question, ask the provider, write the answer. */

#include "worker/dialler_child.h"

#include "common/base/clock.h"
#include "common/base/secret_box.h"
#include "common/provider/http.h"
#include "worker/dialler_wire.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

struct dialler {
    const struct provider *provider;
    int fd;
    struct dialler_page *page;
    timer_t killer;
    bool armed;
};

static void *need(void *p)
{
    if (!p || p == MAP_FAILED)
        _exit(1);
    return p;
}

/* At the instant, or never for 0.  SIGKILL ends a stopped process too. */
static void set_killer(struct dialler *d, int64_t at_us)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000}};

    if (timer_settime(d->killer, TIMER_ABSTIME, &when, NULL) != 0)
        _exit(1);
    d->armed = at_us != 0;
}

static void on_sending(void *ctx)
{
    struct dialler *d = ctx;

    atomic_store(&d->page->sending, 1);
}

static void on_arrived(void *ctx)
{
    set_killer(ctx, 0);
}

static bool answer(struct dialler *d, const struct http_reply *reply)
{
    struct dialler_answer head = {
        .status = reply->status,
        .sent = reply->sent,
        .retry_after_seconds = reply->retry_after_seconds,
        .body_size = (uint32_t)reply->body.n + 1,
        .problem_size = reply->problem ? (uint32_t)strlen(reply->problem) + 1 : 0,
    };
    struct iovec parts[] = {{&head, sizeof(head)},
                            {(void *)(uintptr_t)reply->body.p, head.body_size},
                            {(void *)(uintptr_t)reply->problem, head.problem_size}};

    return dialler_send(d->fd, parts, ARRAY_LEN(parts), 0);
}

/* The killer is set before there is a connection and rests once nothing more can leave. */
static bool ask(struct dialler *d, const struct dialler_question *q, const char *url,
                const char *body, const struct sealed *key)
{
    struct provider workspace = *d->provider;
    const struct http_watch watch = {on_sending, on_arrived, d};
    const struct http_request request = {
        .method = q->method,
        .url = url,
        .body = body,
        .once = q->once,
        .timeout_ms = q->timeout_ms,
        .send_before_us = q->send_before_us,
        .watch = &watch,
        .max_reply = (size_t)q->max_reply,
    };
    struct op op = {0};
    struct http_reply reply;

    workspace.key = key;
    if (q->send_before_us)
        set_killer(d, q->send_before_us);
    workspace.exchange(&op, &workspace, &request, &reply);
    if (d->armed)
        set_killer(d, 0);
    bool ok = answer(d, &reply);
    op_end(&op);
    return ok;
}

static bool reseal(struct dialler *d, struct sealed *key)
{
    struct op op = {0};
    bool done = d->provider->reseal(&op, d->provider, key);
    char *body = arena_alloc(&op.arena, sizeof(*key) + 1);

    memcpy(body, key, sizeof(*key));
    const struct http_reply reply = {
        .status = done ? 200 : 0,
        .body = {body, done ? sizeof(*key) : 0},
        .problem = done           ? NULL
                   : op.err.cause ? op.err.cause
                                  : op.err.message,
    };
    bool ok = answer(d, &reply);

    op_end(&op);
    return ok;
}

static bool serve_one(struct dialler *d)
{
    struct dialler_inbox in;
    struct dialler_question q;
    struct arena texts = {0};

    dialler_inbox_open(&in);
    if (!dialler_receive(&in, d->fd, &q, sizeof(q), 0))
        return false;
    char *url = arena_alloc(&texts, (size_t)q.url_size + q.body_size);
    struct sealed key;
    bool ok = (q.key_size == 0 || q.key_size == sizeof(key))
              && dialler_receive(&in, d->fd, url, (size_t)q.url_size + q.body_size, 0)
              && dialler_receive(&in, d->fd, &key, q.key_size, 0)
              && (*q.method ? ask(d, &q, url, q.body_size ? url + q.url_size : NULL,
                                  q.key_size ? &key : NULL)
                            : q.key_size && reseal(d, &key));
    arena_end(&texts);
    return ok;
}

static void be_a_dialler(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before it could be noticed */
        _exit(1);
    prctl(PR_SET_NAME, "dialler");
    prctl(PR_SET_DUMPABLE, 0);
}

void dialler_serve(const struct provider *p, int fd, int page_fd, pid_t parent)
{
    struct dialler d = {.provider = p, .fd = fd};
    struct sigevent kill_me = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};

    be_a_dialler(parent);
    d.page = need(mmap(NULL, sizeof(*d.page), PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0));
    close(page_fd);
    http_prepare();
    if (timer_create(CLOCK_BOOTTIME, &kill_me, &d.killer) != 0 || !dialler_confine())
        _exit(1);
    while (serve_one(&d)) {
    }
    _exit(0);
}
