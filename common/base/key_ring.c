/* key_ring.c - a small file, read into locked memory. */

#include "common/base/key_ring.h"

#include "common/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 8192 };

struct ring_key {
    char id[RING_KEY_ID_SIZE];
    unsigned char bytes[RING_KEY_BYTES];
};

struct key_ring {
    pthread_mutex_t lock;
    char *path;
    struct ring_key *keys; /* of RING_KEYS_MAX, locked */
    char *text;            /* room for the file, locked */
    int n;
    pid_t locked_by; /* locks are not inherited */
    struct stat seen;
    const char *complaint;
};

static void *locked_memory(size_t n)
{
    void *p = sodium_init() < 0 ? NULL : sodium_malloc(n);

    if (!p)
        abort();
    sodium_memzero(p, n);
    return p;
}

static bool is_id(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(s[i] >= '0' && s[i] <= '9') && !(s[i] >= 'a' && s[i] <= 'z')
            && !(s[i] >= 'A' && s[i] <= 'Z') && !strchr("._-", s[i]))
            return false;
    return n > 0 && n < RING_KEY_ID_SIZE;
}

static bool read_line(struct ring_key *k, const char *line, size_t n)
{
    const char *space = memchr(line, ' ', n), *end;
    size_t id = space ? (size_t)(space - line) : 0, got;

    if (!is_id(line, id))
        return false;
    memcpy(k->id, line, id);
    k->id[id] = '\0';
    return sodium_base642bin(k->bytes, sizeof(k->bytes), space + 1, n - id - 1, NULL, &got, &end,
                             sodium_base64_VARIANT_ORIGINAL)
               == 0
           && got == sizeof(k->bytes) && end == line + n;
}

static const char *read_lines(struct key_ring *r, size_t size)
{
    for (size_t at = 0, n; at < size; at += n + 1) {
        const char *line = r->text + at, *end = memchr(line, '\n', size - at);
        n = end ? (size_t)(end - line) : size - at;
        if (n == 0 || *line == '#')
            continue;
        if (r->n == RING_KEYS_MAX)
            return "it has more keys than are read";
        if (!read_line(&r->keys[r->n], line, n))
            return "a line of it is not an id and 32 bytes in base64";
        r->n++;
    }
    return r->n ? NULL : "it has no key";
}

/* As careful as PostgreSQL is with its own. */
static const char *complaint_of_mode(const struct stat *s)
{
    if (!S_ISREG(s->st_mode))
        return "it is no file";
    if (s->st_mode & S_IRWXO)
        return "others may use it";
    if (s->st_mode & (S_IWGRP | S_IXGRP) || (s->st_mode & S_IRGRP && s->st_uid != 0))
        return "its group may use it";
    return NULL;
}

static const char *read_fd(struct key_ring *r, int fd)
{
    size_t n = 0;
    ssize_t got = 0;

    if (fstat(fd, &r->seen) != 0)
        return "it cannot be read";
    const char *wrong = complaint_of_mode(&r->seen);
    if (wrong)
        return wrong;
    while (n < FILE_BYTES_MAX && (got = read(fd, r->text + n, FILE_BYTES_MAX - n)) > 0)
        n += (size_t)got;
    if (got < 0 || n == FILE_BYTES_MAX)
        return "it cannot be read";
    wrong = read_lines(r, n);
    sodium_memzero(r->text, FILE_BYTES_MAX);
    return wrong;
}

static void reread(struct key_ring *r)
{
    int fd = open(r->path, O_RDONLY | O_CLOEXEC);

    r->n = 0;
    r->complaint = fd >= 0 ? read_fd(r, fd) : "there is no such file, or it may not be read";
    if (fd >= 0)
        close(fd);
    if (!r->complaint)
        return;
    r->n = 0;
    log_error(NULL, "secrets.no_key", F("file", r->path), F("reason", r->complaint));
}

/* Also what a file put in its place within the same second is: another one. */
static bool has_changed(const struct key_ring *r)
{
    struct stat now;

    return r->path && stat(r->path, &now) == 0
           && (now.st_ino != r->seen.st_ino || now.st_size != r->seen.st_size
               || now.st_mode != r->seen.st_mode || now.st_uid != r->seen.st_uid
               || memcmp(&now.st_mtim, &r->seen.st_mtim, sizeof(now.st_mtim)) != 0);
}

static void lock(struct key_ring *r)
{
    pthread_mutex_lock(&r->lock);
    if (r->locked_by != getpid())
        sodium_mlock(r->keys, RING_KEYS_MAX * sizeof(*r->keys));
    r->locked_by = getpid();
}

static void unlock(struct key_ring *r)
{
    pthread_mutex_unlock(&r->lock);
}

struct key_ring *key_ring_open(const char *path)
{
    struct key_ring *r = calloc(1, sizeof(*r));

    if (!r)
        abort();
    pthread_mutex_init(&r->lock, NULL);
    r->locked_by = getpid();
    r->keys = locked_memory(RING_KEYS_MAX * sizeof(*r->keys));
    r->text = locked_memory(FILE_BYTES_MAX);
    r->complaint = "SECRETS_KEY_FILE is not set";
    if (path && (r->path = strdup(path)))
        reread(r);
    return r;
}

void key_ring_close(struct key_ring *r)
{
    if (!r)
        return;
    sodium_free(r->keys);
    sodium_free(r->text);
    pthread_mutex_destroy(&r->lock);
    free(r->path);
    free(r);
}

const char *key_ring_complaint(struct key_ring *r)
{
    lock(r);
    if (has_changed(r))
        reread(r);
    const char *complaint = r->complaint;
    unlock(r);
    return complaint;
}

static const struct ring_key *find(struct key_ring *r, const char *id)
{
    for (int i = r->n - 1; i >= 0; i--)
        if (strcmp(r->keys[i].id, id) == 0)
            return &r->keys[i];
    return NULL;
}

/* What is not known may have been added. */
static const struct ring_key *look(struct key_ring *r, const char *id)
{
    const struct ring_key *k = find(r, id);

    if (k || !has_changed(r))
        return k;
    reread(r);
    return find(r, id);
}

bool key_ring_has(struct key_ring *r, const char *id)
{
    lock(r);
    bool has = look(r, id) != NULL;
    unlock(r);
    return has;
}

static bool fail_without(struct op *op, const char *complaint)
{
    return fail_because(op, E_SERVICE_UNAVAILABLE, complaint,
                        "Secrets cannot be kept here: there is no key to seal them with");
}

bool key_ring_newest(struct op *op, struct key_ring *r, char id[RING_KEY_ID_SIZE])
{
    if (!r)
        return fail_without(op, "this process has no keys");
    lock(r);
    if (has_changed(r))
        reread(r);
    bool found = r->n > 0;
    if (found)
        memcpy(id, r->keys[r->n - 1].id, RING_KEY_ID_SIZE);
    const char *complaint = r->complaint;
    unlock(r);
    return found || fail_without(op, complaint);
}

bool key_ring_use(struct op *op, struct key_ring *r, const char *id,
                  bool (*use)(const unsigned char key[RING_KEY_BYTES], void *ctx), void *ctx)
{
    if (!r)
        return fail_without(op, "this process has no keys");
    lock(r);
    const struct ring_key *k = look(r, id);
    bool done = k && use(k->bytes, ctx);
    unlock(r);
    if (k)
        return done;
    return fail_because(op, E_SERVICE_UNAVAILABLE, "its key is not in SECRETS_KEY_FILE",
                        "A secret cannot be opened");
}

/* ---- a new key ---- */

static void name_key(char id[RING_KEY_ID_SIZE])
{
    unsigned char some[3];
    char hex[2 * sizeof(some) + 1];
    time_t now = time(NULL);
    struct tm tm;

    randombytes_buf(some, sizeof(some));
    sodium_bin2hex(hex, sizeof(hex), some, sizeof(some));
    gmtime_r(&now, &tm);
    size_t n = strftime(id, RING_KEY_ID_SIZE, "%Y%m%dT%H%M%SZ-", &tm);
    snprintf(id + n, RING_KEY_ID_SIZE - n, "%s", hex);
}

static size_t write_line(char *line, size_t size, const char *id)
{
    enum { BASE64 = sodium_base64_ENCODED_LEN(RING_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL) };
    unsigned char *bytes = locked_memory(RING_KEY_BYTES);
    size_t n = (size_t)snprintf(line, size, "%s ", id);

    randombytes_buf(bytes, RING_KEY_BYTES);
    sodium_bin2base64(line + n, BASE64, bytes, RING_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL);
    sodium_free(bytes);
    n = strlen(line);
    line[n] = '\n';
    return n + 1;
}

static size_t read_old(const char *path, char *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    ssize_t got;

    if (fd < 0)
        return errno == ENOENT ? 0 : FILE_BYTES_MAX;
    while (n < FILE_BYTES_MAX && (got = read(fd, text + n, FILE_BYTES_MAX - n)) > 0)
        n += (size_t)got;
    close(fd);
    if (n && n < FILE_BYTES_MAX && text[n - 1] != '\n')
        text[n++] = '\n';
    return n;
}

/* Whole or not at all, with the old one's owner: a process may be reading it. */
static bool replace(const char *path, const char *draft, const char *text, size_t n)
{
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct stat was;

    if (fd < 0)
        return false;
    bool ok = write(fd, text, n) == (ssize_t)n;
    if (ok && stat(path, &was) == 0)
        ok = fchown(fd, was.st_uid, was.st_gid) == 0 && fchmod(fd, was.st_mode & 0640) == 0;
    ok = ok && fsync(fd) == 0;
    close(fd);
    ok = ok && rename(draft, path) == 0;
    if (!ok)
        unlink(draft);
    return ok;
}

bool key_ring_add(struct op *op, const char *path, char id[RING_KEY_ID_SIZE])
{
    enum { LINE = 128 };
    char *text = locked_memory(FILE_BYTES_MAX + LINE);
    size_t n = read_old(path, text);
    bool ok = n < FILE_BYTES_MAX - LINE;

    name_key(id);
    if (ok) {
        n += write_line(text + n, LINE, id);
        ok = replace(path, arena_printf(&op->arena, "%s.draft", path), text, n);
    }
    sodium_free(text);
    return ok || fail(op, E_INTERNAL_ERROR, "%s could not be written", path);
}
