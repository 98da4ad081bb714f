/* mail.c - a queue, a thread, libcurl's SMTP. */

#include "common/identity/mail.h"

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WAITING_MAX = 1000,
    TRIES = 5,
    FIRST_PAUSE_US = 2000000,
    TIMEOUT_MS = 15000,
    LAST_TRIES_US = 5000000, /* for all that waits when the process ends */
};

struct parcel {
    struct parcel *next;
    char *to;
    struct buf text; /* the whole message, with its headers */
    int tries;
    int64_t due_us; /* CLOCK_MONOTONIC */
};

struct mailer {
    const struct conf *conf;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct parcel *first;
    int waiting;
    bool ending;
    int64_t end_by_us;
};

static void free_parcel(struct parcel *p)
{
    /* There is a secret in it. */
    if (p->text.p)
        explicit_bzero(p->text.p, p->text.cap);
    buf_free(&p->text);
    free(p->to);
    free(p);
}

static bool append(const char *path, const struct buf *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text->p, text->n) == (ssize_t)text->n;

    if (fd >= 0)
        close(fd);
    return ok;
}

struct reading {
    struct str left;
};

static size_t read_text(char *into, size_t size, size_t n, void *ctx)
{
    struct reading *r = ctx;
    size_t take = size * n < r->left.n ? size * n : r->left.n;

    memcpy(into, r->left.p, take);
    r->left.p += take;
    r->left.n -= take;
    return take;
}

static CURLcode send_smtp(const struct conf *c, const struct parcel *p)
{
    struct curl_slist *to = curl_slist_append(NULL, p->to);
    struct reading r = {buf_view(&p->text)};
    CURL *h = curl_easy_init();
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    if (h && to) {
        curl_easy_setopt(h, CURLOPT_URL, c->mail_url);
        curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        curl_easy_setopt(h, CURLOPT_PROXY, "");
        curl_easy_setopt(h, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
        curl_easy_setopt(h, CURLOPT_MAIL_FROM, c->mail_from);
        curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(h, CURLOPT_READFUNCTION, read_text);
        curl_easy_setopt(h, CURLOPT_READDATA, &r);
        curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
        curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
        rc = curl_easy_perform(h);
    }
    curl_slist_free_all(to);
    curl_easy_cleanup(h);
    return rc;
}

static bool hand_over(const struct conf *c, const struct parcel *p)
{
    if (c->mail_file)
        return append(c->mail_file, &p->text);
    CURLcode rc = send_smtp(c, p);
    if (rc != CURLE_OK)
        log_warning(NULL, "mail.refused", F("why", curl_easy_strerror(rc)), F("try", p->tries + 1));
    return rc == CURLE_OK;
}

/* The first that is due, taken out; under the lock. */
static struct parcel *take_due(struct mailer *m, int64_t *next_us)
{
    int64_t now = clock_mono_us();

    *next_us = now + INT64_C(3600) * 1000000;
    for (struct parcel **at = &m->first; *at; at = &(*at)->next) {
        struct parcel *p = *at;
        if (p->due_us <= now || m->ending) {
            *at = p->next;
            m->waiting--;
            return p;
        }
        if (p->due_us < *next_us)
            *next_us = p->due_us;
    }
    return NULL;
}

static void put(struct mailer *m, struct parcel *p)
{
    struct parcel **at = &m->first;

    while (*at)
        at = &(*at)->next;
    p->next = NULL;
    *at = p;
    m->waiting++;
}

/* Without the lock; true = to be tried again. */
static bool try_one(struct mailer *m, struct parcel *p)
{
    bool late = m->ending && clock_mono_us() > m->end_by_us;

    if (!late && hand_over(m->conf, p)) {
        metric_add(M_MAILS, 1, LABELS("sent"));
        return false;
    }
    p->due_us = clock_mono_us() + ((int64_t)FIRST_PAUSE_US << 2 * p->tries);
    if (++p->tries < TRIES && !m->ending) {
        metric_add(M_MAILS, 1, LABELS("retried"));
        return true;
    }
    metric_add(M_MAILS, 1, LABELS("lost"));
    log_error(NULL, "mail.lost", F("tries", p->tries));
    return false;
}

static void *deliver(void *ctx)
{
    struct mailer *m = ctx;
    int64_t next_us;

    pthread_mutex_lock(&m->lock);
    for (;;) {
        struct parcel *p = take_due(m, &next_us);
        if (!p && m->ending)
            break;
        if (!p) {
            struct timespec until = {next_us / 1000000, next_us % 1000000 * 1000};
            pthread_cond_clockwait(&m->changed, &m->lock, CLOCK_MONOTONIC, &until);
            continue;
        }
        pthread_mutex_unlock(&m->lock);
        bool again = try_one(m, p);
        pthread_mutex_lock(&m->lock);
        if (again)
            put(m, p);
        else
            free_parcel(p);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

struct mailer *mailer_open(const struct conf *conf)
{
    struct mailer *m;

    if (!conf->mail_url && !conf->mail_file)
        return NULL;
    if (!(m = calloc(1, sizeof(*m))))
        abort();
    m->conf = conf;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, NULL);
    if (pthread_create(&m->thread, NULL, deliver, m) != 0)
        abort();
    return m;
}

void mailer_close(struct mailer *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->ending = true;
    m->end_by_us = clock_mono_us() + LAST_TRIES_US;
    pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL);
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

bool mail_possible(struct op *op)
{
    return op->app->mailer || fail(op, E_SERVICE_UNAVAILABLE, "No mail is set up here");
}

static void write_message(struct buf *b, const char *from, const struct letter *l)
{
    char date[64], id[UUID_SIZE];
    time_t now = time(NULL);
    struct tm tm;

    uuid_make(id);
    gmtime_r(&now, &tm);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
    buf_printf(b, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\n", from, l->to, l->subject,
               date);
    buf_printf(b, "Message-ID: <%s@agoralia>\r\nMIME-Version: 1.0\r\n", id);
    buf_str(b, "Content-Type: text/plain; charset=utf-8\r\nAuto-Submitted: auto-generated\r\n\r\n");
    for (const char *p = l->text; *p; p++)
        buf_add(b, *p == '\n' ? "\r\n" : p, *p == '\n' ? 2 : 1);
}

bool mail_post(struct op *op, const struct letter *l)
{
    struct mailer *m = op->app->mailer;
    struct parcel *p;
    bool room;

    if (!mail_possible(op))
        return false;
    if (!(p = calloc(1, sizeof(*p))) || !(p->to = strdup(l->to)))
        abort();
    write_message(&p->text, m->conf->mail_from, l);
    pthread_mutex_lock(&m->lock);
    if ((room = m->waiting < WAITING_MAX))
        put(m, p);
    pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->lock);
    if (room)
        return true;
    free_parcel(p);
    return fail(op, E_SERVICE_UNAVAILABLE, "Too much mail waits to be sent, try again later");
}
