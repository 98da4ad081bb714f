/* spool.c - a list in memory, and the same as a file that is emptied when the list is. */

#include "common/call/spool.h"

#include "common/base/digest.h"
#include "common/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line on disk: so many digits of its digest, a blank, the line. */
enum { DIGEST_DIGITS = 16, PREFIX = DIGEST_DIGITS + 1, MAX_FILES = 64 };

#define MAX_BYTES ((off_t)16 * 1024 * 1024)

struct line {
    STAILQ_ENTRY(line) next;
    size_t n;
    char text[];
};

struct spool {
    pthread_mutex_t lock;
    STAILQ_HEAD(, line) lines;
    size_t n;
    const char *dir; /* NULL = memory only */
    int fd;          /* our file; -1 = none */
    int number;      /* its number */
    off_t size;      /* its size */
};

static void append(struct spool *s, struct str text)
{
    struct line *l = malloc(sizeof(*l) + text.n);

    if (!l)
        abort();
    l->n = text.n;
    memcpy(l->text, text.p, text.n);
    STAILQ_INSERT_TAIL(&s->lines, l, next);
    s->n++;
}

static void write_prefix(struct str line, char out[PREFIX + 1])
{
    char hex[SHA256_HEX_SIZE];

    digest_hex(DIGEST_SHA256, line, hex);
    snprintf(out, PREFIX + 1, "%.*s ", DIGEST_DIGITS, hex);
}

/* ---- files ---- */

static bool write_whole(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno != EINTR)
            return false;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

/* On disk whole, or not at all. */
static bool write_line(struct spool *s, struct str line)
{
    char prefix[PREFIX + 1];
    struct buf b = {0};

    write_prefix(line, prefix);
    buf_add(&b, prefix, PREFIX);
    buf_add(&b, line.p, line.n);
    buf_char(&b, '\n');
    bool fits = s->size + (off_t)b.n <= MAX_BYTES;
    bool ok = fits && write_whole(s->fd, b.p, b.n) && fdatasync(s->fd) == 0;
    if (ok)
        s->size += (off_t)b.n;
    else if (ftruncate(s->fd, s->size) != 0)
        log_error(NULL, "spool.not_cut", F("error", strerror(errno)));
    buf_free(&b);
    return ok;
}

static bool read_whole(int fd, struct buf *b)
{
    struct stat st;
    ssize_t got = 1;

    if (fstat(fd, &st) != 0 || st.st_size > MAX_BYTES || !buf_reserve(b, (size_t)st.st_size + 1))
        return false;
    while (got > 0 && (off_t)b->n < st.st_size) {
        got = pread(fd, b->p + b->n, (size_t)st.st_size - b->n, (off_t)b->n);
        b->n += got > 0 ? (size_t)got : 0;
    }
    return (off_t)b->n == st.st_size;
}

static bool is_sound(struct str record)
{
    char prefix[PREFIX + 1];

    if (record.n <= PREFIX)
        return false;
    write_prefix((struct str){record.p + PREFIX, record.n - PREFIX}, prefix);
    return memcmp(prefix, record.p, PREFIX) == 0;
}

/* Whole lines, each to take(); returns how many bytes they are with what is damaged among them. */
static size_t split(struct spool *s, struct str text, const char *name,
                    bool (*take)(struct spool *s, struct str line))
{
    size_t at = 0, damaged = 0;
    const char *end;

    while (at < text.n && (end = memchr(text.p + at, '\n', text.n - at))) {
        struct str record = {text.p + at, (size_t)(end - text.p) - at};
        if (is_sound(record) && !take(s, (struct str){record.p + PREFIX, record.n - PREFIX}))
            return at;
        damaged += !is_sound(record);
        at += record.n + 1;
    }
    damaged += at < text.n;
    if (damaged)
        log_error(NULL, "spool.damaged", F("file", name), F("lines", (int64_t)damaged));
    return at;
}

static int open_file(const char *dir, int number, bool make, char *name, size_t size)
{
    snprintf(name, size, "%s/answers.%d", dir, number);
    return open(name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0), 0600);
}

static bool take_own(struct spool *s, struct str line)
{
    if (s->n < SPOOL_MAX_LINES)
        append(s, line);
    return true;
}

/* What is cut off would swallow the line that is written after it. */
static void load(struct spool *s, const char *name)
{
    struct buf b = {.max = (size_t)MAX_BYTES + 1};

    if (read_whole(s->fd, &b)) {
        s->size = (off_t)split(s, buf_view(&b), name, take_own);
        if (ftruncate(s->fd, s->size) != 0)
            log_error(NULL, "spool.not_cut", F("error", strerror(errno)));
    } else {
        log_error(NULL, "spool.unreadable", F("file", name));
        close(s->fd);
        s->fd = -1;
    }
    buf_free(&b);
    if (s->n)
        log_warning(NULL, "spool.found", F("file", name), F("lines", (int64_t)s->n));
}

/* The first file that nobody living has. */
static void choose_file(struct spool *s)
{
    char name[4096];

    for (s->number = 0; s->number < MAX_FILES; s->number++) {
        s->fd = open_file(s->dir, s->number, true, name, sizeof(name));
        if (s->fd >= 0 && flock(s->fd, LOCK_EX | LOCK_NB) == 0)
            break;
        if (s->fd < 0)
            log_error(NULL, "spool.not_opened", F("file", name), F("error", strerror(errno)));
        else
            close(s->fd);
        s->fd = -1;
    }
    if (s->fd >= 0)
        load(s, name);
}

static bool take_over(struct spool *s, struct str line)
{
    return spool_keep(s, line);
}

/* Its lines are on our disk before they leave its own; what has no room with us stays there. */
static void adopt(struct spool *s, int fd, const char *name)
{
    struct buf b = {.max = (size_t)MAX_BYTES + 1};
    struct stat st;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_size > 0
        && read_whole(fd, &b)) {
        size_t taken = split(s, buf_view(&b), name, take_over);
        bool all = !memchr(b.p + taken, '\n', b.n - taken);
        if (all && ftruncate(fd, 0) != 0)
            log_error(NULL, "spool.not_cut", F("error", strerror(errno)));
        log_warning(NULL, "spool.adopted", F("file", name), F("bytes", (int64_t)taken));
    }
    buf_free(&b);
}

void spool_adopt(struct spool *s)
{
    char name[4096];

    for (int i = 0; s->fd >= 0 && i < MAX_FILES; i++) {
        int fd = i == s->number ? -1 : open_file(s->dir, i, false, name, sizeof(name));
        if (fd < 0)
            continue;
        adopt(s, fd, name);
        close(fd);
    }
}

/* ---- the list ---- */

struct spool *spool_open(const char *dir)
{
    struct spool *s = calloc(1, sizeof(*s));

    if (!s)
        abort();
    pthread_mutex_init(&s->lock, NULL);
    STAILQ_INIT(&s->lines);
    s->dir = dir;
    s->fd = -1;
    if (dir)
        choose_file(s);
    return s;
}

void spool_close(struct spool *s)
{
    struct line *l;

    while ((l = STAILQ_FIRST(&s->lines))) {
        STAILQ_REMOVE_HEAD(&s->lines, next);
        free(l);
    }
    if (s->fd >= 0)
        close(s->fd);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool spool_keep(struct spool *s, struct str line)
{
    bool room = line.n > 0 && line.n <= SPOOL_MAX_LINE && !memchr(line.p, '\n', line.n);

    pthread_mutex_lock(&s->lock);
    room = room && s->n < SPOOL_MAX_LINES;
    if (room) {
        append(s, line);
        if (s->fd >= 0 && !write_line(s, line))
            log_error(NULL, "spool.not_written", F("error", strerror(errno)));
    }
    pthread_mutex_unlock(&s->lock);
    if (!room)
        log_error(NULL, "spool.refused", F("bytes", (int64_t)line.n));
    return room;
}

static struct line *oldest(struct spool *s)
{
    pthread_mutex_lock(&s->lock);
    struct line *l = STAILQ_FIRST(&s->lines);
    pthread_mutex_unlock(&s->lock);
    return l;
}

/* The file goes on holding what is done with until nothing is left: it may be done again. */
static void forget_oldest(struct spool *s)
{
    pthread_mutex_lock(&s->lock);
    struct line *l = STAILQ_FIRST(&s->lines);
    STAILQ_REMOVE_HEAD(&s->lines, next);
    s->n--;
    if (s->n == 0 && s->size > 0 && ftruncate(s->fd, 0) == 0)
        s->size = 0;
    pthread_mutex_unlock(&s->lock);
    free(l);
}

bool spool_drain(struct op *op, struct spool *s, bool (*deal)(struct op *op, struct str line))
{
    struct line *l;

    while ((l = oldest(s))) {
        struct op part = op_part(op);
        bool dealt = deal(&part, (struct str){l->text, l->n});
        if (!dealt)
            op_fail_like(op, &part);
        op_end(&part);
        if (!dealt)
            return false;
        forget_oldest(s);
    }
    return true;
}
