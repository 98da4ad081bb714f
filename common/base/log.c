/* log.c - a bounded ring of lines and the one thread that may wait for stderr. */

#include "common/base/log.h"

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/tstamp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { RING_BYTES = 1 << 20 };

static const char *const level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

/* The log is the one thing every layer may reach without an op, so it is the process's own. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    struct buf pending; /* filled by everybody, swapped out by the writer */
    const char *service;
    enum log_level level;
    bool running, stopping;
    bool asleep; /* the writer waits to be woken */
} out = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .level = LOG_INFO};

static void write_all(const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(STDERR_FILENO, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        p += done;
        n -= (size_t)done;
    }
}

static void *write_lines(void *unused)
{
    struct buf taken = {.max = RING_BYTES};

    (void)unused;
    pthread_mutex_lock(&out.lock);
    while (!out.stopping || out.pending.n) {
        while (!out.stopping && out.pending.n == 0) {
            out.asleep = true;
            pthread_cond_wait(&out.wake, &out.lock);
        }
        out.asleep = false;
        struct buf full = out.pending;
        out.pending = taken;
        pthread_mutex_unlock(&out.lock);
        write_all(full.p, full.n);
        buf_reset(&full);
        taken = full;
        pthread_mutex_lock(&out.lock);
    }
    pthread_mutex_unlock(&out.lock);
    buf_free(&taken);
    return NULL;
}

static enum log_level level_named(const char *name)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return (enum log_level)i;
    return LOG_INFO;
}

void log_start(const char *service, const char *level)
{
    out.service = service;
    out.level = level_named(level);
    out.pending = (struct buf){.max = RING_BYTES};
    out.stopping = false;
    out.running = pthread_create(&out.thread, NULL, write_lines, NULL) == 0;
}

void log_stop(void)
{
    if (!out.running)
        return;
    pthread_mutex_lock(&out.lock);
    out.stopping = true;
    pthread_cond_signal(&out.wake);
    pthread_mutex_unlock(&out.lock);
    pthread_join(out.thread, NULL);
    out.running = false;
    buf_free(&out.pending);
}

void phone_mask(struct buf *b, const char *e164)
{
    size_t n = strlen(e164);

    if (n < 9) {
        buf_str(b, "•••");
        return;
    }
    buf_add(b, e164, n - 6 < 6 ? n - 6 : 6);
    buf_str(b, "•••");
    buf_add(b, e164 + n - 3, 3);
}

static void write_field(struct buf *line, const struct log_field *f)
{
    struct buf masked = {0};

    buf_char(line, ',');
    buf_json_string(line, str_of(f->key));
    buf_char(line, ':');
    if (f->kind == LF_INT) {
        buf_i64(line, f->number);
    } else if (f->text && f->kind == LF_PHONE) {
        phone_mask(&masked, f->text);
        buf_json_string(line, buf_view(&masked));
        buf_free(&masked);
    } else {
        buf_json_text(line, f->text);
    }
}

static void queue_line(const struct buf *line)
{
    if (!out.running) {
        write_all(line->p, line->n);
        return;
    }
    pthread_mutex_lock(&out.lock);
    bool fits = out.pending.n + line->n <= RING_BYTES;
    if (fits)
        buf_add(&out.pending, line->p, line->n);
    if (out.asleep)
        pthread_cond_signal(&out.wake);
    pthread_mutex_unlock(&out.lock);
    if (!fits)
        metric_add(M_LOG_DROPPED, 1, NULL);
}

void log_line(enum log_level level, const struct op *op, const char *msg,
              const struct log_field *fields)
{
    struct buf line = {0};

    if (level < out.level)
        return;
    buf_printf(&line, "{\"level\":\"%s\",\"ts\":\"", level_names[level]);
    tstamp_write(&line, (struct tstamp){clock_now_us()});
    buf_str(&line, "\",\"msg\":");
    buf_json_string(&line, str_of(msg));
    if (out.service)
        write_field(&line, &(struct log_field){"service", LF_TEXT, out.service, 0});
    if (op && op->request_id)
        write_field(&line, &(struct log_field){"request_id", LF_TEXT, op->request_id, 0});
    if (op && op->tenant_id)
        write_field(&line, &(struct log_field){"tenant_id", LF_INT, NULL, op->tenant_id});
    for (const struct log_field *f = fields; f->kind != LF_END; f++)
        write_field(&line, f);
    buf_add(&line, "}\n", 2);
    queue_line(&line);
    buf_free(&line);
}

void log_failure(const struct op *op, const char *msg)
{
    enum err_class class = err_class(op->err.code);
    enum log_level level = class == EC_FAULT                          ? LOG_ERROR
                           : class == EC_BUSY || class == EC_UPSTREAM ? LOG_WARNING
                                                                      : LOG_INFO;

    LOG_LINE(level, op, msg, F("code", err_name(op->err.code)), F("error", op->err.message),
             F("cause", op->err.cause));
}
